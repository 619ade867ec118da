#include "wrap/x509.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SERIAL_BITS 127

static void free_x509(X509 **x)
{
    X509_free(*x);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* OpenSSL keeps errors for the thread: none is left behind for whoever comes next. */
static int failed(struct bw_err *err, const char *what)
{
    char detail[128];
    ERR_error_string_n(ERR_get_error(), detail, sizeof detail);
    ERR_clear_error();
    return bw_err_set(err, BW_EINTERNAL, "%s: %s", what, detail);
}

/* No key here has a passphrase: nobody is asked for one. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static X509 *read_certificate(struct bw_str pem)
{
    BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return x;
}

static EVP_PKEY *read_key(struct bw_str pem)
{
    BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

/* --- names --- */

static bool is_dns_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '*';
}

bool bw_x509_name(struct bw_str name, char ret_text[BW_X509_NAME_MAX + 1])
{
    unsigned char address[16];
    char copy[BW_X509_NAME_MAX + 1];
    if (name.n == 0 || name.n > BW_X509_NAME_MAX || memchr(name.p, '\0', name.n))
        return false;
    memcpy(copy, name.p, name.n);
    copy[name.n] = '\0';
    if (inet_pton(AF_INET, copy, address) == 1)
        return inet_ntop(AF_INET, address, ret_text, BW_X509_NAME_MAX) != NULL;
    if (inet_pton(AF_INET6, copy, address) == 1)
        return inet_ntop(AF_INET6, address, ret_text, BW_X509_NAME_MAX) != NULL;
    for (char *c = copy; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
        if (!is_dns_byte(*c))
            return false;
    }
    memcpy(ret_text, copy, name.n + 1);
    return true;
}

/* "DNS:a,IP:::1" as OpenSSL's configuration has it. */
static int write_names(const struct bw_str *names, size_t n, struct bw_buf *to, struct bw_err *err)
{
    if (n == 0 || n > BW_X509_NAMES_MAX)
        return bw_err_set(err, BW_ELIMIT, "a certificate has 1 to %u names", BW_X509_NAMES_MAX);
    for (size_t i = 0; i < n; i++) {
        char text[BW_X509_NAME_MAX + 1];
        unsigned char address[16];
        if (!bw_x509_name(names[i], text))
            return bw_err_set(err, BW_EFORMAT, "no DNS name and no address: %" BW_STR_F,
                              BW_STR_A(names[i]));
        bool ip = inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
        bw_buf_printf(to, "%s%s:%s", i ? "," : "", ip ? "IP" : "DNS", text);
    }
    bw_buf_byte(to, 0);
    return bw_buf_failed(to) ? bw_err_set(err, BW_ENOMEM, "out of memory") : 0;
}

static void put_address(const ASN1_OCTET_STRING *octets, struct bw_buf *names)
{
    char text[64];
    int n = ASN1_STRING_length(octets);
    if ((n == 4 || n == 16) &&
        inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text, sizeof text))
        bw_buf_printf(names, "%s\n", text);
}

static void read_names(X509 *x, struct bw_buf *names)
{
    GENERAL_NAMES *list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
        char text[BW_X509_NAME_MAX + 1];
        if (name->type == GEN_IPADD)
            put_address(name->d.iPAddress, names);
        else if (name->type == GEN_DNS &&
                 bw_x509_name(bw_str_n(ASN1_STRING_get0_data(name->d.dNSName),
                                       (size_t)ASN1_STRING_length(name->d.dNSName)),
                              text))
            bw_buf_printf(names, "%s\n", text);
    }
    GENERAL_NAMES_free(list);
}

/* --- making --- */

static bool set_serial(X509 *x)
{
    BIGNUM *serial = BN_new();
    bool ok = serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
    BN_free(serial);
    return ok;
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static bool set_common_name(X509 *x, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0);
}

/* What both kinds have. The issuer's key signs at last (`sign`). */
static X509 *begin(EVP_PKEY *key, const char *common_name, int64_t from, int64_t until)
{
    X509 *x = X509_new();
    if (x && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
        ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
        ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until) && X509_set_pubkey(x, key) &&
        set_common_name(x, common_name))
        return x;
    X509_free(x);
    return NULL;
}

static bool put_pem(X509 *x, EVP_PKEY *key, struct bw_x509_made *made)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    bool ok = bio && PEM_write_bio_X509(bio, x);
    if (ok) {
        long n = BIO_get_mem_data(bio, &p);
        bw_buf_add(&made->certificate_pem, p, (size_t)n);
        (void)BIO_reset(bio);
        ok = PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    }
    if (ok) {
        long n = BIO_get_mem_data(bio, &p);
        bw_buf_add(&made->key_pem, p, (size_t)n);
        OPENSSL_cleanse(p, (size_t)n);
    }
    BIO_free(bio);
    return ok && !bw_buf_failed(&made->certificate_pem) && !bw_buf_failed(&made->key_pem);
}

int bw_x509_make_ca(const char *common_name, int64_t now, int64_t life_s, struct bw_x509_made *made,
                    struct bw_err *err)
{
    EVP_PKEY *key BW_CLEANUP(free_key) = EVP_EC_gen("P-256");
    X509 *x BW_CLEANUP(free_x509) =
        key ? begin(key, common_name, now - BW_X509_BACKDATE_S, now + life_s) : NULL;
    if (!x || !X509_set_issuer_name(x, X509_get_subject_name(x)) ||
        !add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(x, x, NID_subject_key_identifier, "hash") ||
        !X509_sign(x, key, EVP_sha256()) || !put_pem(x, key, made))
        return failed(err, "cannot make a certificate authority");
    return 0;
}

static int64_t time_of(const ASN1_TIME *time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) : 0;
}

int bw_x509_make_server(struct bw_str ca_pem, struct bw_str ca_key_pem, const struct bw_str *names,
                        size_t names_n, int64_t now, int64_t life_s, struct bw_x509_made *made,
                        struct bw_err *err)
{
    struct bw_buf list BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 << 10);
    int rc = write_names(names, names_n, &list, err);
    if (rc)
        return rc;
    X509 *ca BW_CLEANUP(free_x509) = read_certificate(ca_pem);
    EVP_PKEY *ca_key BW_CLEANUP(free_key) = read_key(ca_key_pem);
    if (!ca || !ca_key || X509_check_private_key(ca, ca_key) != 1) {
        ERR_clear_error();
        return bw_err_set(err, BW_EFORMAT, "the CA's certificate and key are no pair");
    }
    int64_t until = now + life_s, end = time_of(X509_get0_notAfter(ca));
    EVP_PKEY *key BW_CLEANUP(free_key) = EVP_EC_gen("P-256");
    X509 *x BW_CLEANUP(free_x509) =
        key ? begin(key, "bulwark", now - BW_X509_BACKDATE_S, until < end ? until : end) : NULL;
    if (!x || !X509_set_issuer_name(x, X509_get_subject_name(ca)) ||
        !add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(x, ca, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(x, ca, NID_ext_key_usage, "serverAuth") ||
        !add_extension(x, ca, NID_subject_key_identifier, "hash") ||
        !add_extension(x, ca, NID_authority_key_identifier, "keyid") ||
        !add_extension(x, ca, NID_subject_alt_name, (const char *)list.p) ||
        !X509_sign(x, ca_key, EVP_sha256()) || !put_pem(x, key, made))
        return failed(err, "cannot make a certificate");
    return 0;
}

/* --- looking --- */

bool bw_x509_next(struct bw_str *rest, struct bw_x509_about *ret_about, struct bw_buf *names,
                  bool *ret_bad)
{
    static const struct bw_str begins = {"-----BEGIN CERTIFICATE-----", 27};
    static const struct bw_str ends = {"-----END CERTIFICATE-----", 25};
    *ret_bad = false;
    size_t from = bw_str_find_str(*rest, begins);
    if (from == SIZE_MAX)
        return false;
    struct bw_str pem = bw_str_from(*rest, from);
    size_t n = bw_str_find_str(pem, ends);
    pem = n == SIZE_MAX ? pem : bw_str_take(pem, n + ends.n);
    X509 *x BW_CLEANUP(free_x509) = n == SIZE_MAX ? NULL : read_certificate(pem);
    if (!x) {
        *ret_bad = true;
        return false;
    }
    *rest = bw_str_from(*rest, from + pem.n);
    *ret_about = (struct bw_x509_about){
        .not_before = time_of(X509_get0_notBefore(x)),
        .not_after = time_of(X509_get0_notAfter(x)),
        .ca = X509_check_ca(x) != 0,
        .pem = pem,
    };
    if (names)
        read_names(x, names);
    ERR_clear_error();
    return true;
}

bool bw_x509_is_pair(struct bw_str certificate_pem, struct bw_str key_pem)
{
    X509 *x BW_CLEANUP(free_x509) = read_certificate(certificate_pem);
    EVP_PKEY *key BW_CLEANUP(free_key) = read_key(key_pem);
    bool pair = x && key && X509_check_private_key(x, key) == 1;
    ERR_clear_error();
    return pair;
}

bool bw_x509_is_signed_by(struct bw_str certificate_pem, struct bw_str ca_pem)
{
    X509 *x BW_CLEANUP(free_x509) = read_certificate(certificate_pem);
    X509 *ca BW_CLEANUP(free_x509) = read_certificate(ca_pem);
    EVP_PKEY *key = ca ? X509_get0_pubkey(ca) : NULL;
    bool is = x && key && X509_verify(x, key) == 1;
    ERR_clear_error();
    return is;
}
