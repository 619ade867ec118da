/*
 * registry-credentials.h: who we are to a registry; private to src/acquire.
 *
 * Asked, the first that knows the registry: the file that REGISTRY_AUTH_FILE names; Docker's
 * config.json in DOCKER_CONFIG, else in ~/.docker; containers/auth.json in XDG_RUNTIME_DIR, then in
 * XDG_CONFIG_HOME (else ~/.config). In a file: a helper of credHelpers or credsStore
 * (github.com/docker/docker-credential-helpers), then auths (docs.docker.com, `docker login`;
 * containers-auth.json(5)). A helper is a program that the person has configured; nothing else is
 * ever started.
 */
#ifndef BW_ACQUIRE_REGISTRY_CREDENTIALS_H
#define BW_ACQUIRE_REGISTRY_CREDENTIALS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Largest file read, and longest answer of a helper. */
#define BW_CREDENTIALS_FILE_MAX   ((size_t)1 << 20)
#define BW_CREDENTIALS_ANSWER_MAX ((size_t)64 << 10)

/* Patience with a helper, which may ask the person for a password. */
#define BW_CREDENTIALS_HELPER_MS 60000

/* Owned strings; freed, and wiped before, with bw_credential_free. */
struct bw_credential {
    char *user, *password; /* both or none */
    char *identity_token;  /* to be changed for an access token; or NULL */
    char *helper;          /* bw_credentials_in: the helper to ask instead, "pass" */
};
void bw_credential_free(struct bw_credential *credential); /* also for BW_CLEANUP */

/* What a configuration file says of a repository of a host: all NULL where nothing. BW_EFORMAT
 * where it is no such file, BW_ENOMEM. */
int bw_credentials_in(struct bw_str json, struct bw_str host, struct bw_str repository,
                      struct bw_credential *ret, struct bw_err *err) BW_MUST_USE;

/* What a helper answered (its standard output). BW_EFORMAT. */
int bw_credentials_of_helper(struct bw_str json, struct bw_credential *ret,
                             struct bw_err *err) BW_MUST_USE;

/* Looks everywhere. All NULL where nobody knows the registry; ret_from then says where was looked,
 * else where it was found; in the arena. A file that is malformed, and a helper that fails, are
 * errors: to go on without would ask the wrong question. */
int bw_credentials_find(struct bw_str host, struct bw_str repository, struct bw_arena *arena,
                        struct bw_credential *ret, struct bw_str *ret_from,
                        struct bw_err *err) BW_MUST_USE;

/* Starts `docker-credential-NAME get` with the host on its standard input, and appends its standard
 * output. BW_ENOENT: there is no such program, or it knows no such host. */
int bw_credential_helper(const char *name, struct bw_str host, struct bw_buf *buf,
                         struct bw_err *err) BW_MUST_USE;

#endif
