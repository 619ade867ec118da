/*
 * act.h: what is done about one call: judged, mended, executed or refused.
 */
#ifndef BW_RUNTIME_ACT_H
#define BW_RUNTIME_ACT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "runtime/args.h"
#include "runtime/config.h"
#include "runtime/judge.h"
#include "runtime/tell.h"

/* One call under way. */
struct bw_runtime_call {
    struct bw_runtime_args *args;
    const struct bw_runtime_config *config;
    struct bw_arena *arena;
    struct bw_runtime_judge *judge;
    struct bw_str given;    /* what the runtime will be given to read: the bytes that are judged */
    struct bw_value mended; /* operations (RFC 6902) that made it of what the engine wrote */
    /* --- what came of it --- */
    struct bw_buf reason; /* for a person; empty where it is allowed */
    struct bw_buf record; /* members for the log: what was decided (enforce/evidence.h) */
};

/*
 * Each returns 0 when the call has been decided: `reason` is empty and the runtime may be executed
 * with args->argv, or it says why not. An error means that nothing could be decided: the caller
 * refuses then, too, with the error's text.
 */

/* create, run, restore: the bundle's config.json is mended, judged and written back. */
int bw_runtime_create(struct bw_runtime_call *call, struct bw_err *err) BW_MUST_USE;

/* exec: the process is judged as if it were the container's first. The runtime is handed the very
 * bytes that were judged, as an unnamed file. */
int bw_runtime_exec(struct bw_runtime_call *call, struct bw_err *err) BW_MUST_USE;

/* update: limits that are mended at creation are not lifted, and the container with its new limits
 * is judged. */
int bw_runtime_update(struct bw_runtime_call *call, struct bw_err *err) BW_MUST_USE;

/* A createRuntime hook (config.md "POSIX-platform Hooks"): the state is on standard input, and the
 * bundle it names is judged as it stands. Nothing is mended. */
int bw_runtime_hook(struct bw_runtime_call *call, struct bw_err *err) BW_MUST_USE;

/* Keeps a decision: the reason of a denial, and the record, which has the digest of what is given
 * and the paths that were mended. */
void bw_runtime_settle(struct bw_runtime_call *call, const struct bw_gate_decision *decision);

/* Whether a text is one JSON object and nothing else, so that it can stand in the midst of another
 * text. runc reads the first value of a file and passes over what stands behind it. BW_EFORMAT. */
int bw_runtime_check_object(struct bw_str json, const char *what, struct bw_err *err) BW_MUST_USE;

/* An anonymous file with the bytes, sealed, at a number that stays clear of those an engine hands
 * over; it stays open over execve. Returns it, or -1 with the error set. */
int bw_runtime_memory_file(const char *name, struct bw_str bytes, struct bw_err *err);

#endif
