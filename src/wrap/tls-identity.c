#include "wrap/tls-identity.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CHAIN_MAX 8u

struct bw_tls_identity {
    _Atomic unsigned refs;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned chain_n;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t clients;
};

void bw_tls_identity_unref(struct bw_tls_identity *identity)
{
    if (!identity || atomic_fetch_sub(&identity->refs, 1) != 1)
        return;
    for (unsigned i = 0; i < identity->chain_n; i++)
        gnutls_pcert_deinit(&identity->chain[i]);
    if (identity->key)
        gnutls_privkey_deinit(identity->key);
    if (identity->clients)
        gnutls_x509_trust_list_deinit(identity->clients, 1);
    free(identity);
}

static gnutls_datum_t datum(struct bw_str s)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)s.p, .size = (unsigned)s.n};
}

static int key_id_of_private(gnutls_privkey_t key, unsigned char *id, size_t *n)
{
    gnutls_pubkey_t public;
    int rc = gnutls_pubkey_init(&public);
    if (rc < 0)
        return rc;
    rc = gnutls_pubkey_import_privkey(public, key, 0, 0);
    if (rc >= 0)
        rc = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, id, n);
    gnutls_pubkey_deinit(public);
    return rc;
}

static int check_pair(const struct bw_tls_identity *identity)
{
    unsigned char a[64], b[64];
    size_t a_n = sizeof a, b_n = sizeof b;
    int rc = gnutls_pubkey_get_key_id(identity->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, a, &a_n);
    if (rc >= 0)
        rc = key_id_of_private(identity->key, b, &b_n);
    if (rc < 0)
        return rc;
    return a_n == b_n && memcmp(a, b, a_n) == 0 ? 0 : GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
}

static int load_chain(struct bw_tls_identity *identity, struct bw_str chain_pem,
                      struct bw_str key_pem)
{
    gnutls_datum_t chain = datum(chain_pem), key = datum(key_pem);
    unsigned n = CHAIN_MAX;
    int rc = gnutls_pcert_list_import_x509_raw(identity->chain, &n, &chain, GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0)
        return rc;
    identity->chain_n = n;
    rc = gnutls_privkey_init(&identity->key);
    if (rc >= 0)
        rc = gnutls_privkey_import_x509_raw(identity->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    return rc < 0 ? rc : check_pair(identity);
}

static int load_clients(struct bw_tls_identity *identity, struct bw_str client_ca_pem)
{
    if (!client_ca_pem.n)
        return 0;
    gnutls_datum_t pem = datum(client_ca_pem);
    int rc = gnutls_x509_trust_list_init(&identity->clients, 0);
    if (rc >= 0)
        rc = gnutls_x509_trust_list_add_trust_mem(identity->clients, &pem, NULL,
                                                  GNUTLS_X509_FMT_PEM, 0, 0);
    return rc == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : rc;
}

static void free_chain(gnutls_x509_crt_t *chain, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(chain[i]);
}

static bool import_chain(const gnutls_datum_t *raw, unsigned n, gnutls_x509_crt_t *chain)
{
    for (unsigned i = 0; i < n; i++) {
        if (gnutls_x509_crt_init(&chain[i]) < 0) {
            free_chain(chain, i);
            return false;
        }
        if (gnutls_x509_crt_import(chain[i], &raw[i], GNUTLS_X509_FMT_DER) < 0) {
            free_chain(chain, i + 1);
            return false;
        }
    }
    return true;
}

static bool is_of_ca(const struct bw_tls_identity *identity, gnutls_x509_crt_t *chain, unsigned n)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned status = ~0u;
    return identity->clients &&
           gnutls_x509_trust_list_verify_crt2(identity->clients, chain, n, &purpose, 1, 0, &status,
                                              NULL) >= 0 &&
           !status;
}

bool bw_tls_identity_believes(const struct bw_tls_identity *identity, void *session,
                              bool *ret_shown, char ret_name[BW_TLS_NAME_MAX])
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned n = 0;
    const gnutls_datum_t *raw = gnutls_certificate_get_peers(session, &n);
    size_t size = BW_TLS_NAME_MAX;
    ret_name[0] = '\0';
    *ret_shown = raw && n > 0;
    if (!*ret_shown || n > CHAIN_MAX || !import_chain(raw, n, chain))
        return false;
    bool believed = is_of_ca(identity, chain, n);
    if (!believed || gnutls_x509_crt_get_dn_by_oid(chain[0], GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                                   ret_name, &size) < 0)
        ret_name[0] = '\0';
    free_chain(chain, n);
    return believed;
}

struct bw_tls_identity *bw_tls_identity_ref(struct bw_tls_identity *identity)
{
    atomic_fetch_add(&identity->refs, 1);
    return identity;
}

void bw_tls_identity_show(struct bw_tls_identity *identity, void **ret_chain, unsigned *ret_n,
                          void **ret_key)
{
    *ret_chain = identity->chain;
    *ret_n = identity->chain_n;
    *ret_key = identity->key;
}

int bw_tls_identity_new(struct bw_str chain, struct bw_str key, struct bw_str client_ca,
                        struct bw_tls_identity **ret_identity, struct bw_err *err)
{
    if (chain.n > INT_MAX || key.n > INT_MAX || client_ca.n > INT_MAX)
        return bw_err_set(err, BW_EFORMAT, "too long a certificate");
    struct bw_tls_identity *identity = calloc(1, sizeof *identity);
    if (!identity)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a certificate");
    atomic_init(&identity->refs, 1);
    const char *what = "certificate";
    int rc = load_chain(identity, chain, key);
    if (rc >= 0) {
        what = "clients' CA";
        rc = load_clients(identity, client_ca);
    }
    if (rc < 0) {
        bw_tls_identity_unref(identity);
        return bw_err_set(err, BW_EFORMAT, "the %s cannot be used: %s", what, gnutls_strerror(rc));
    }
    *ret_identity = identity;
    return 0;
}
