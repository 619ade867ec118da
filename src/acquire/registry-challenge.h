/*
 * registry-challenge.h: how a registry wants to be asked: the header WWW-Authenticate; private to
 * src/acquire.
 *
 * Specifications: RFC 9110 section 11.6.1; github.com/distribution/distribution,
 * docs/content/spec/auth/token.md.
 */
#ifndef BW_ACQUIRE_REGISTRY_CHALLENGE_H
#define BW_ACQUIRE_REGISTRY_CHALLENGE_H

#include <stdbool.h>

#include "base/str.h"

/* Longest value of a parameter; a challenge with a longer one is none. */
#define BW_CHALLENGE_VALUE_MAX 1023u

/* Most challenges and parameters looked at in one header. */
#define BW_CHALLENGE_PARTS_MAX 64u

enum bw_challenge_scheme {
    BW_CHALLENGE_NONE, /* nothing that is known here */
    BW_CHALLENGE_BASIC,
    BW_CHALLENGE_BEARER,
};

struct bw_challenge {
    enum bw_challenge_scheme scheme;
    char realm[BW_CHALLENGE_VALUE_MAX + 1]; /* BEARER: the URL of the token server */
    char service[BW_CHALLENGE_VALUE_MAX + 1];
    char scope[BW_CHALLENGE_VALUE_MAX + 1];
};

/* Reads one field's value, which may hold several challenges, and takes the best of them and of
 * what *challenge has already (from another field of that name): Bearer before Basic. What is
 * malformed ends the reading of that field. */
void bw_challenge_read(struct bw_str value, struct bw_challenge *challenge);

#endif
