/*
 * registry-auth.h: the authorization at one registry or mirror; private to src/acquire.
 */
#ifndef BW_ACQUIRE_REGISTRY_AUTH_H
#define BW_ACQUIRE_REGISTRY_AUTH_H

#include "acquire/registry-challenge.h"
#include "acquire/registry-credentials.h"
#include "acquire/source.h"
#include "wrap/curl.h"

/* Longest token sent. */
#define BW_REGISTRY_TOKEN_MAX ((size_t)64 << 10)

struct bw_registry_auth {
    bool looked; /* for credentials */
    bool basic;  /* send them with every request */
    struct bw_credential credential;
    struct bw_str from; /* where they were found, or looked for */
    char *token;        /* send this with every request */
};

void bw_registry_auth_free(struct bw_registry_auth *auth);

/* What a request needs. */
void bw_registry_auth_use(const struct bw_registry_auth *auth, struct bw_curl_request *request);

/* What is asked with: the members of the registry's own requests. */
struct bw_registry_peer {
    struct bw_str host, repository;
    const char *ca_file;
    bool insecure; /* certificates are not verified */
    bool plain;    /* it speaks http */
};

/* Answers a challenge: looks for credentials the first time, and gets a token where one is wanted.
 * BW_EACCESS: a login is wanted or was refused. */
int bw_registry_auth_answer(struct bw_registry_auth *auth, const struct bw_acquire *acquire,
                            struct bw_curl *curl, const struct bw_registry_peer *peer,
                            const struct bw_challenge *challenge, struct bw_err *err) BW_MUST_USE;

/* The error where an authorization did not help, with the remedy: BW_EACCESS. */
int bw_registry_auth_refused(const struct bw_registry_auth *auth,
                             const struct bw_registry_peer *peer, struct bw_err *err);

/* The token of a token server's answer, owned; BW_EFORMAT. */
int bw_registry_token_in(struct bw_str json, char **ret_token, struct bw_err *err) BW_MUST_USE;

#endif
