/*
 * engine.h: the container engine of this machine, by its own program: docker or podman.
 *
 * What a verb starts in the end is the engine's program in place of this one, so that the terminal,
 * signals and the exit code are the engine's.
 */
#ifndef BW_CLI_ENGINE_H
#define BW_CLI_ENGINE_H

#include "enforce/run-plan.h"

#define BW_ENGINE_WORD_MAX 256u

struct bw_engine {
    enum bw_run_engine kind;
    char log_driver[BW_ENGINE_WORD_MAX]; /* its default */
    bool has_init;                       /* what --init needs */
};

/* The one of that name, or with NULL the first that answers. BW_EUSAGE for another name, BW_ENOENT
 * where none answers, with what each of them said. */
int bw_engine_choose(const char *name, struct bw_engine *ret_engine,
                     struct bw_err *err) BW_MUST_USE;

/* What it says of an image that it has; the user is in the arena. *ret_there is false where it has
 * none of that name. */
int bw_engine_image(const struct bw_engine *engine, const char *image, struct bw_arena *arena,
                    bool *ret_there, struct bw_run_image *ret_image,
                    struct bw_err *err) BW_MUST_USE;

/* Whether it has a network of that name, and whether bulwark made it: *ret_label is the value of
 * its label, in the arena, or empty. */
int bw_engine_network(const struct bw_engine *engine, const char *name, struct bw_arena *arena,
                      bool *ret_there, struct bw_str *ret_label, struct bw_err *err) BW_MUST_USE;

/* Runs a command of the engine to its end; what it prints goes to standard error. BW_EIO where it
 * fails, after it has said why. */
int bw_engine_call(const char *const *argv, struct bw_err *err) BW_MUST_USE;

/* Becomes the command. Returns on failure alone: the exit code, after it has said why. */
int bw_engine_become(const char *const *argv);

#endif
