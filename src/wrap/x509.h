/*
 * x509.h: certificates for a server (RFC 5280), by OpenSSL: made, and looked at.
 *
 * Keys are ECDSA on P-256. Times are seconds since 1970. Everything is PEM.
 */
#ifndef BW_WRAP_X509_H
#define BW_WRAP_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Names of one certificate, and bytes of one; longer is BW_ELIMIT. */
#define BW_X509_NAMES_MAX 100u
#define BW_X509_NAME_MAX  253u

/* Valid from this much before it is made: the clocks of machines differ. */
#define BW_X509_BACKDATE_S 3600

/* What is made. Buffers are appended to. */
struct bw_x509_made {
    struct bw_buf certificate_pem, key_pem;
};

/* A certificate authority that may sign servers alone (path length 0). BW_ENOMEM, BW_EINTERNAL. */
int bw_x509_make_ca(const char *common_name, int64_t now, int64_t life_s, struct bw_x509_made *made,
                    struct bw_err *err) BW_MUST_USE;

/* A server's certificate (serverAuth) for DNS names and IP addresses, told apart by their form. It
 * ends no later than its CA. BW_EFORMAT where the CA's are not usable or a name is none. */
int bw_x509_make_server(struct bw_str ca_pem, struct bw_str ca_key_pem, const struct bw_str *names,
                        size_t names_n, int64_t now, int64_t life_s, struct bw_x509_made *made,
                        struct bw_err *err) BW_MUST_USE;

struct bw_x509_about {
    int64_t not_before, not_after;
    bool ca;
    struct bw_str pem; /* the certificate itself, a slice of what was read */
};

/* Reads the next certificate of a bundle; what is between certificates is passed over. false at the
 * end, or at one that cannot be read (*ret_bad is set then). `names`: one subject alternative name
 * (DNS, IP address) a line is appended; may be NULL. */
bool bw_x509_next(struct bw_str *rest, struct bw_x509_about *ret_about, struct bw_buf *names,
                  bool *ret_bad);

/* Whether the key is that of the (first) certificate. */
bool bw_x509_is_pair(struct bw_str certificate_pem, struct bw_str key_pem);

/* Whether the (first) certificate was signed by the (first) CA. */
bool bw_x509_is_signed_by(struct bw_str certificate_pem, struct bw_str ca_pem);

/* "10.0.0.1", "::1": the text that bw_x509_next gives for an address; a DNS name in lower case.
 * false where it is neither: too long, no such characters. */
bool bw_x509_name(struct bw_str name, char ret_text[BW_X509_NAME_MAX + 1]);

#endif
