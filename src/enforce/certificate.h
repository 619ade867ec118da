/*
 * certificate.h: the certificate of a server, from a directory that keeps itself in order.
 *
 *   ca.pem    certificates of our own authority, the newest first: what clients trust
 *   ca.key    its key
 *   tls.crt   the server's certificate
 *   tls.key   its key
 *
 * An empty directory is filled. The server's certificate is made anew at two thirds of its life,
 * when it has expired, when names are others, and when its files do not fit together. So is the
 * authority, at two thirds of its life; the old one stays in ca.pem until it expires and what it
 * signed is served on, so that clients have time to take up the bundle. Files are written aside and
 * renamed, mode 0600, in an order in which a crash leaves what is mended at the next look.
 *
 * Where tls.crt and tls.key are there and ca.key is not, they are somebody else's (a
 * kubernetes.io/tls secret, a file of an ACME client): they are only looked at, taken up when they
 * change, and served on when they have expired, which is said. ca.crt, where it is there, is their
 * authority.
 */
#ifndef BW_ENFORCE_CERTIFICATE_H
#define BW_ENFORCE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "enforce/service.h"

#define BW_CERTIFICATE_CA_LIFE_S ((int64_t)3650 * 86400)
#define BW_CERTIFICATE_LIFE_S    ((int64_t)90 * 86400)

struct bw_certificate;

struct bw_certificate_options {
    const char *directory;      /* made where it is not there */
    const struct bw_str *names; /* DNS names and IP addresses; copied */
    size_t names_n;
};

/* Looks at nothing yet. BW_ENOMEM; BW_EFORMAT for a name that is none. */
int bw_certificate_new(const struct bw_certificate_options *options,
                       struct bw_certificate **ret_certificate, struct bw_err *err) BW_MUST_USE;
void bw_certificate_free(struct bw_certificate *certificate); /* takes NULL */

/* Looks at the directory at a moment (seconds since 1970) and mends what is ours. *ret_changed: it
 * is another one than at the last call, in `into`. into->trouble is filled as long as there is
 * some. As bw_service_options.certificate wants it. Not thread-safe. BW_EFORMAT where files of
 * somebody else cannot be used (or are half replaced), BW_EACCESS, BW_EIO: what was served before
 * is served on. */
int bw_certificate_look(struct bw_certificate *certificate, int64_t now,
                        struct bw_service_certificate *into, bool *ret_changed,
                        struct bw_err *err) BW_MUST_USE;

/* What clients are to trust: a bundle of PEM, as of the last look; empty where somebody else's
 * authority is not there. Valid until the next look. */
struct bw_str bw_certificate_authorities(const struct bw_certificate *certificate);

/* The end of what is served, seconds since 1970; 0 before the first look. */
int64_t bw_certificate_expires(const struct bw_certificate *certificate);

#endif
