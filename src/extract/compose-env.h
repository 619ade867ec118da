/*
 * compose-env.h: variables of a compose project, and what their references stand for.
 *
 * Variables come from the caller's environment, then from .env files (dotenv as compose-go reads
 * it), each of which sees what was there before it. References are those of the compose
 * specification's "Interpolation": $V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+a} ${V+a}, with
 * references in d, e and a, and $$.
 */
#ifndef BW_EXTRACT_COMPOSE_ENV_H
#define BW_EXTRACT_COMPOSE_ENV_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "extract/document.h"

/* References within the default of a reference, and so on. */
#define BW_COMPOSE_TEMPLATE_DEPTH_MAX 16u

/* Longest text that references make of a text. */
#define BW_COMPOSE_TEXT_MAX ((size_t)1 << 20)

/* Variables that one env file sets. */
#define BW_COMPOSE_ENV_MAX 10000u

/* One scope: what is in `outer` wins. Zeroed: nothing is set. */
struct bw_compose_env {
    const struct bw_compose_env *outer;
    struct bw_value variables; /* map of strings, or ABSENT; null is no value */
};

/* The value, a STRING with the place where it was set, or ABSENT. */
struct bw_value bw_compose_env_get(const struct bw_compose_env *env, struct bw_str name);

/* The variables of "NAME=value" strings. */
struct bw_value bw_compose_env_list(struct bw_value_maker *make, const struct bw_str *list,
                                    size_t n);

/*
 * Puts the variables of an env file into the map *variables, over what is there; references see
 * `env` first, then *variables. raw: lines are taken as they stand, as `format: raw` says. Values
 * have places in that file of the document. BW_EFORMAT with the line, BW_ELIMIT.
 */
int bw_compose_env_file(struct bw_reading *reading, uint32_t file, struct bw_str text, bool raw,
                        const struct bw_compose_env *env, struct bw_value *variables,
                        struct bw_err *err) BW_MUST_USE;

/* What came of a text with references. */
struct bw_compose_text {
    struct bw_buf *out; /* the text goes here */
    bool missing;       /* a variable without a value and without a default took part */
    void *ctx;
    void (*unset)(void *ctx, struct bw_str name, bool required); /* each such variable; or NULL */
};

/* Replaces the references in a text. BW_EFORMAT: what begins as a reference and is none. */
int bw_compose_substitute(struct bw_str text, const struct bw_compose_env *env,
                          struct bw_compose_text *result, struct bw_err *err) BW_MUST_USE;

#endif
