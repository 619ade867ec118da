#include "enforce/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wrap/x509.h"

#define FILE_MAX   ((size_t)1 << 20)
#define AUTHORITY  "bulwark webhook authority"
#define BUNDLE_MAX 16u

struct bw_certificate {
    char *directory;
    struct bw_str *names;
    size_t names_n;
    struct bw_buf wanted;             /* the names as bw_x509_next gives them, each in a line */
    struct bw_buf chain, key, bundle; /* as last seen */
    int64_t expires;
};

/* The directory's files, as they are now. */
struct files {
    struct bw_buf ca, ca_key, chain, key;
    bool has_ca_key, has_chain, has_key;
};

/* --- files --- */

static int path_of(const struct bw_certificate *c, const char *name, char *path, size_t room,
                   struct bw_err *err)
{
    if ((size_t)snprintf(path, room, "%s/%s", c->directory, name) >= room)
        return bw_err_set(err, BW_EUSAGE, "too long a path: %s", c->directory);
    return 0;
}

/* *ret_there: false for a file that is not; that is no failure. */
static int read_file(const struct bw_certificate *c, const char *name, struct bw_buf *to,
                     bool *ret_there, struct bw_err *err)
{
    char path[4096];
    struct bw_err local = {0};
    bw_buf_clear(to);
    int rc = path_of(c, name, path, sizeof path, err);
    if (rc)
        return rc;
    rc = bw_fd_slurp_path(path, to, &local);
    *ret_there = rc == 0;
    if (rc == 0 || rc == BW_ENOENT)
        return 0;
    return bw_err_set(err, (enum bw_code)rc, "%s", local.msg);
}

static int write_file(const struct bw_certificate *c, const char *name, struct bw_str bytes,
                      struct bw_err *err)
{
    char path[4096];
    int rc = path_of(c, name, path, sizeof path, err);
    return rc ? rc : bw_fd_replace_file(path, bytes.p, bytes.n, 0600, err);
}

static int read_files(const struct bw_certificate *c, struct files *f, struct bw_err *err)
{
    bool has_ca;
    int rc = read_file(c, "ca.key", &f->ca_key, &f->has_ca_key, err);
    if (rc == 0)
        rc = read_file(c, "tls.crt", &f->chain, &f->has_chain, err);
    if (rc == 0)
        rc = read_file(c, "tls.key", &f->key, &f->has_key, err);
    bool ours = f->has_ca_key || !(f->has_chain || f->has_key);
    return rc ? rc : read_file(c, ours ? "ca.pem" : "ca.crt", &f->ca, &has_ca, err);
}

static void free_files(struct files *f)
{
    if (f->ca_key.p)
        explicit_bzero(f->ca_key.p, f->ca_key.n);
    bw_buf_free(&f->ca);
    bw_buf_free(&f->ca_key);
    bw_buf_free(&f->chain);
    bw_buf_free(&f->key);
}

/* --- our authority --- */

static bool is_past(int64_t now, int64_t from, int64_t until, int64_t of, int64_t parts)
{
    return now < from || now >= from + (until - from) / parts * of;
}

/* The certificate of the bundle whose key this is. */
static bool find_signer(struct bw_str bundle, struct bw_str key, struct bw_x509_about *ret_signer)
{
    struct bw_x509_about about;
    bool bad = false;
    while (bw_x509_next(&bundle, &about, NULL, &bad)) {
        if (!about.ca || !bw_x509_is_pair(about.pem, key))
            continue;
        *ret_signer = about;
        return true;
    }
    return false;
}

/* The old authorities that are still good, behind the new one. */
static void keep_authorities(struct bw_str old, int64_t now, struct bw_buf *bundle)
{
    struct bw_x509_about about;
    bool bad = false;
    for (unsigned n = 0; n < BUNDLE_MAX && bw_x509_next(&old, &about, NULL, &bad);) {
        if (now >= about.not_after)
            continue;
        bw_buf_str(bundle, about.pem);
        bw_buf_byte(bundle, '\n');
        n++;
    }
}

/* The bundle first: until the key is there, the old one finds its own certificate in it. */
static int make_authority(struct bw_certificate *c, struct files *f, int64_t now,
                          struct bw_err *err)
{
    struct bw_x509_made made = {BW_BUF(FILE_MAX), BW_BUF(FILE_MAX)};
    int rc = bw_x509_make_ca(AUTHORITY, now, BW_CERTIFICATE_CA_LIFE_S, &made, err);
    if (rc == 0) {
        keep_authorities(bw_buf_slice(&f->ca), now, &made.certificate_pem);
        if (bw_buf_failed(&made.certificate_pem))
            rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    if (rc == 0)
        rc = write_file(c, "ca.pem", bw_buf_slice(&made.certificate_pem), err);
    if (rc == 0)
        rc = write_file(c, "ca.key", bw_buf_slice(&made.key_pem), err);
    if (rc == 0) {
        bw_buf_free(&f->ca);
        f->ca = made.certificate_pem;
        made.certificate_pem = (struct bw_buf){0};
        bw_buf_clear(&f->ca_key);
        bw_buf_str(&f->ca_key, bw_buf_slice(&made.key_pem));
    }
    bw_buf_free(&made.certificate_pem);
    bw_buf_free(&made.key_pem);
    return rc;
}

/* --- our certificate --- */

static bool is_signed_by_one_of(struct bw_str chain, struct bw_str bundle, int64_t now)
{
    struct bw_x509_about about;
    bool bad = false;
    while (bw_x509_next(&bundle, &about, NULL, &bad))
        if (now < about.not_after && bw_x509_is_signed_by(chain, about.pem))
            return true;
    return false;
}

static bool is_good(const struct bw_certificate *c, const struct files *f, int64_t now)
{
    struct bw_buf names BW_CLEANUP(bw_buf_free) = BW_BUF(FILE_MAX);
    struct bw_x509_about about;
    struct bw_str chain = bw_buf_slice(&f->chain), rest = chain;
    bool bad = false;
    return f->has_chain && f->has_key && bw_x509_next(&rest, &about, &names, &bad) &&
           !is_past(now, about.not_before, about.not_after, 2, 3) &&
           bw_str_eq(bw_buf_slice(&names), bw_buf_slice(&c->wanted)) &&
           bw_x509_is_pair(chain, bw_buf_slice(&f->key)) &&
           is_signed_by_one_of(chain, bw_buf_slice(&f->ca), now);
}

static int make_certificate(struct bw_certificate *c, struct files *f, struct bw_str ca,
                            int64_t now, struct bw_err *err)
{
    struct bw_x509_made made = {BW_BUF(FILE_MAX), BW_BUF(FILE_MAX)};
    int rc = bw_x509_make_server(ca, bw_buf_slice(&f->ca_key), c->names, c->names_n, now,
                                 BW_CERTIFICATE_LIFE_S, &made, err);
    if (rc == 0)
        rc = write_file(c, "tls.key", bw_buf_slice(&made.key_pem), err);
    if (rc == 0)
        rc = write_file(c, "tls.crt", bw_buf_slice(&made.certificate_pem), err);
    if (rc) {
        bw_buf_free(&made.certificate_pem);
        bw_buf_free(&made.key_pem);
        return rc;
    }
    bw_buf_free(&f->chain);
    bw_buf_free(&f->key);
    f->chain = made.certificate_pem;
    f->key = made.key_pem;
    return 0;
}

static int mend(struct bw_certificate *c, struct files *f, int64_t now, struct bw_err *err)
{
    struct bw_x509_about signer;
    int rc = 0;
    bool there = find_signer(bw_buf_slice(&f->ca), bw_buf_slice(&f->ca_key), &signer);
    if (!there || is_past(now, signer.not_before, signer.not_after, 2, 3)) {
        rc = make_authority(c, f, now, err);
        if (rc)
            return rc;
        there = find_signer(bw_buf_slice(&f->ca), bw_buf_slice(&f->ca_key), &signer);
    }
    if (!there)
        return bw_err_set(err, BW_EINTERNAL, "an authority that was just made is not there");
    return is_good(c, f, now) ? 0 : make_certificate(c, f, signer.pem, now, err);
}

/* --- looking --- */

/* Others that use the directory (a second replica) wait for each other. */
static int lock_directory(const struct bw_certificate *c, int *ret_fd, struct bw_err *err)
{
    int rc = bw_fd_make_dirs(c->directory, 0700, err);
    if (rc)
        return rc;
    int fd = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", c->directory);
    /* Some file systems have no locks: that is no reason to serve nothing. */
    (void)!flock(fd, LOCK_EX);
    *ret_fd = fd;
    return 0;
}

static int check_foreign(const struct bw_certificate *c, const struct files *f, struct bw_err *err)
{
    if (!f->has_chain || !f->has_key)
        return bw_err_set(err, BW_ENOENT, "%s has tls.%s alone", c->directory,
                          f->has_chain ? "crt" : "key");
    if (!bw_x509_is_pair(bw_buf_slice(&f->chain), bw_buf_slice(&f->key)))
        return bw_err_set(err, BW_EFORMAT, "tls.crt and tls.key of %s are no pair", c->directory);
    return 0;
}

static int copy(struct bw_buf *to, const struct bw_buf *from, struct bw_err *err)
{
    bw_buf_clear(to);
    bw_buf_str(to, bw_buf_slice(from));
    return bw_buf_failed(to) ? bw_err_set(err, BW_ENOMEM, "out of memory") : 0;
}

static int take(struct bw_certificate *c, const struct files *f,
                struct bw_service_certificate *into, bool *ret_changed, struct bw_err *err)
{
    bool same = bw_str_eq(bw_buf_slice(&f->chain), bw_buf_slice(&c->chain)) &&
                bw_str_eq(bw_buf_slice(&f->key), bw_buf_slice(&c->key));
    int rc = copy(&c->bundle, &f->ca, err);
    if (rc == 0 && !same) {
        rc = copy(&into->chain_pem, &f->chain, err);
        if (rc == 0)
            rc = copy(&into->key_pem, &f->key, err);
        if (rc == 0)
            rc = copy(&c->chain, &f->chain, err);
        if (rc == 0)
            rc = copy(&c->key, &f->key, err);
    }
    if (rc == 0)
        *ret_changed = !same;
    return rc;
}

static void find_trouble(struct bw_certificate *c, int64_t now, struct bw_buf *trouble)
{
    struct bw_x509_about about;
    struct bw_str rest = bw_buf_slice(&c->chain);
    bool bad = false;
    char when[BW_CLOCK_RFC3339_SIZE];
    if (!bw_x509_next(&rest, &about, NULL, &bad))
        return;
    c->expires = about.not_after;
    if (now >= about.not_after) {
        bw_clock_rfc3339(about.not_after, when);
        bw_buf_printf(trouble, "the certificate in %s has expired on %s", c->directory, when);
    } else if (now < about.not_before) {
        bw_clock_rfc3339(about.not_before, when);
        bw_buf_printf(trouble, "the certificate in %s is not valid before %s", c->directory, when);
    }
}

int bw_certificate_look(struct bw_certificate *certificate, int64_t now,
                        struct bw_service_certificate *into, bool *ret_changed, struct bw_err *err)
{
    struct files f = {.ca = BW_BUF(FILE_MAX),
                      .ca_key = BW_BUF(FILE_MAX),
                      .chain = BW_BUF(FILE_MAX),
                      .key = BW_BUF(FILE_MAX)};
    int lock BW_CLEANUP(bw_fd_closep) = -1;
    int rc = lock_directory(certificate, &lock, err);
    if (rc == 0)
        rc = read_files(certificate, &f, err);
    if (rc == 0 && (f.has_ca_key || !(f.has_chain || f.has_key)))
        rc = mend(certificate, &f, now, err);
    else if (rc == 0)
        rc = check_foreign(certificate, &f, err);
    if (rc == 0)
        rc = take(certificate, &f, into, ret_changed, err);
    if (rc == 0)
        find_trouble(certificate, now, &into->trouble);
    free_files(&f);
    return rc;
}

struct bw_str bw_certificate_authorities(const struct bw_certificate *certificate)
{
    return bw_buf_slice(&certificate->bundle);
}

int64_t bw_certificate_expires(const struct bw_certificate *certificate)
{
    return certificate->expires;
}

/* --- birth and end --- */

static int take_names(struct bw_certificate *c, const struct bw_certificate_options *options,
                      struct bw_err *err)
{
    c->names = calloc(options->names_n + 1, sizeof *c->names);
    if (!c->names)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < options->names_n; i++) {
        char text[BW_X509_NAME_MAX + 1];
        if (!bw_x509_name(options->names[i], text))
            return bw_err_set(err, BW_EFORMAT, "no DNS name and no address: %" BW_STR_F,
                              BW_STR_A(options->names[i]));
        char *name = strdup(text);
        if (!name)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        c->names[c->names_n++] = bw_str(name);
        bw_buf_printf(&c->wanted, "%s\n", text);
    }
    return bw_buf_failed(&c->wanted) ? bw_err_set(err, BW_ENOMEM, "out of memory") : 0;
}

int bw_certificate_new(const struct bw_certificate_options *options,
                       struct bw_certificate **ret_certificate, struct bw_err *err)
{
    struct bw_certificate *c = calloc(1, sizeof *c);
    if (!c)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    c->wanted = c->chain = c->key = c->bundle = BW_BUF(FILE_MAX);
    c->directory = strdup(options->directory);
    int rc =
        c->directory ? take_names(c, options, err) : bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc) {
        bw_certificate_free(c);
        return rc;
    }
    *ret_certificate = c;
    return 0;
}

void bw_certificate_free(struct bw_certificate *certificate)
{
    if (!certificate)
        return;
    for (size_t i = 0; i < certificate->names_n; i++)
        free((void *)(uintptr_t)certificate->names[i].p);
    free(certificate->names);
    free(certificate->directory);
    bw_buf_free(&certificate->wanted);
    bw_buf_free(&certificate->chain);
    bw_buf_free(&certificate->key);
    bw_buf_free(&certificate->bundle);
    free(certificate);
}
