/*
 * run-plan.h: how a container is started safely: an engine's command line with hardened defaults.
 *
 * `bulwark run` takes the usual options of `docker run`. A plan is what they become: the person's
 * options, some of them made stricter (a port without an address is published on the loopback
 * address, a directory of the host is mounted read-only), and the defaults that the person has not
 * replaced. Each flag knows what it is there for, so that a person can read it; the same flags give
 * the body of POST /containers/create that policies judge, so that what is judged is what is
 * started.
 *
 * A default gives way to an option of the same name, and the points of enum bw_run_loosening to a
 * word of their own. Nothing here opens a file or asks an engine.
 */
#ifndef BW_ENFORCE_RUN_PLAN_H
#define BW_ENFORCE_RUN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "enforce/run-points.h"

#define BW_RUN_FLAGS_MAX 10000u
#define BW_RUN_BODY_MAX  ((size_t)16 << 20)

/* The network that a container is in where the person names none, and the label that tells what was
 * started, and how it was loosened. */
#define BW_RUN_NETWORK "bulwark"
#define BW_RUN_LABEL   "bulwark.dev/run"

enum bw_run_engine {
    BW_RUN_DOCKER,
    BW_RUN_PODMAN,
};
const char *bw_run_engine_name(enum bw_run_engine engine); /* "docker": its program, too */

/* An option as `docker run` has it, by its long name. */
struct bw_run_word {
    const char *name;  /* "publish" */
    const char *value; /* "8080:80"; NULL: a flag */
};

/* What the engine says of the image's configuration. */
struct bw_run_image {
    struct bw_str user; /* empty: root */
    bool healthcheck;
};

struct bw_run_request {
    enum bw_run_engine engine;
    const struct bw_run_word *words;
    size_t words_n;
    const char *image;
    const char *const *command; /* what follows the image; may be NULL */
    size_t command_n;
    unsigned allowed; /* enum bw_run_loosening */

    /* What is known of the place it runs in. */
    const struct bw_run_image *about; /* NULL: the image is not at hand */
    const char *seccomp;              /* path of our profile */
    const char *apparmor;             /* name of our profile where the kernel has it; else NULL */
    const char *log_driver;           /* the engine's default; NULL: not known */
    const char *directory;            /* the working directory, for sources like "./data" */
    bool no_init;                     /* the engine has no first process to lend */
    uint64_t files_max;               /* the hard limit of open files here: an engine without
                                         privileges raises none */
};

enum bw_run_origin {
    BW_RUN_ADDED,   /* a default */
    BW_RUN_GIVEN,   /* the person's */
    BW_RUN_CHANGED, /* the person's, made stricter */
};

struct bw_run_flag {
    const char *name;    /* without the dashes */
    struct bw_str value; /* p is NULL for a flag */
    const char *why;     /* ADDED: what it prevents; CHANGED: what was changed; GIVEN: NULL */
    enum bw_run_origin origin;
};

struct bw_run_plan {
    const struct bw_run_request *request; /* outlives the plan */
    struct bw_run_flag *flags;
    size_t flags_n;
};

/* Everything is in the arena. BW_EUSAGE as the functions of run-check.h, BW_ENOMEM, BW_ELIMIT. */
int bw_run_plan_make(const struct bw_run_request *request, struct bw_arena *arena,
                     struct bw_run_plan *ret_plan, struct bw_err *err) BW_MUST_USE;

/* The command: "docker", "run", ..., NULL at the end. NULL when the arena is full. */
const char *const *bw_run_plan_argv(const struct bw_run_plan *plan,
                                    struct bw_arena *arena) BW_MUST_USE;

/* Appends the body of POST /containers/create that the command gives. Variables that are taken from
 * the environment or a file have no values in it. */
void bw_run_plan_body(const struct bw_run_plan *plan, struct bw_buf *buf);

/* Whether a word of `name` was given; and the value of the last, or NULL. */
bool bw_run_has_word(const struct bw_run_request *request, const char *name);
const char *bw_run_word_of(const struct bw_run_request *request, const char *name);

/* A word as a shell wants it: quoted where it must be. */
void bw_run_shell_quote(struct bw_str word, struct bw_buf *buf);

#endif
