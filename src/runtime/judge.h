/*
 * judge.h: specifications as the gate sees them, and what it decides.
 */
#ifndef BW_RUNTIME_JUDGE_H
#define BW_RUNTIME_JUDGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "enforce/gate.h"
#include "runtime/config.h"

/* What one run of the wrapper may hold: the configuration, and a specification in several states.
 */
#define BW_RUNTIME_ARENA_MAX ((size_t)512 << 20)

/* Gaps of one specification; more are one. */
#define BW_RUNTIME_GAPS_MAX 200u

struct bw_runtime_judge;

/* Opens the gate's rules and maps the site's set. Whoever may write to the set's file is checked as
 * that of the configuration is. The configuration outlives it. */
int bw_runtime_judge_open(const struct bw_runtime_config *config, struct bw_arena *arena,
                          struct bw_runtime_judge **ret_judge, struct bw_err *err) BW_MUST_USE;
/* Where the bundle is, which tells the engine and so who wrote its annotations. */
void bw_runtime_judge_place(struct bw_runtime_judge *judge, const char *bundle);
void bw_runtime_judge_free(struct bw_runtime_judge *judge); /* takes NULL */
void bw_runtime_judge_freep(struct bw_runtime_judge **judge);

/* A config.json as it was read. */
struct bw_runtime_spec {
    struct bw_str text; /* outlives it */
    struct bw_document document;
    struct bw_value value; /* the native object; ABSENT where there is none */
    BW_VEC_TYPE(bw_runtime_gaps, struct bw_gate_gap) gaps;
};
void bw_runtime_spec_free(struct bw_runtime_spec *spec); /* also for BW_CLEANUP */

/* `path` names it: "CONTAINER/config.json". BW_EFORMAT, BW_ELIMIT, BW_ENOMEM. */
int bw_runtime_spec_read(struct bw_arena *arena, struct bw_str path, struct bw_str text,
                         struct bw_runtime_spec *ret_spec, struct bw_err *err) BW_MUST_USE;

/* The text with operations applied, in the arena; as it stands where there are none. */
int bw_runtime_patched(struct bw_arena *arena, struct bw_str text, struct bw_value operations,
                       struct bw_str *ret_text, struct bw_err *err) BW_MUST_USE;

/* Whether the site has policies that mutate. */
bool bw_runtime_mutates(const struct bw_runtime_judge *judge);

/* Appends the operations that the site's mutating policies want for a specification, each of which
 * sees it as it is before all of them. */
int bw_runtime_mutate(struct bw_runtime_judge *judge, const struct bw_runtime_spec *spec,
                      struct bw_value_maker *make, struct bw_value *operations,
                      struct bw_err *err) BW_MUST_USE;

/* Decides about a specification. `name` is the container's. The decision is valid until the judge
 * is asked again. */
int bw_runtime_decide(struct bw_runtime_judge *judge, const struct bw_runtime_spec *spec,
                      struct bw_str name, struct bw_gate_decision *ret_decision,
                      struct bw_err *err) BW_MUST_USE;

/* Decides about a change of a container that runs: only what the changed specification is denied
 * for and the one before (its text, which is read where that matters) is not counts, so that a
 * policy that came later stops no health check. The reasons that remain live in the arena. */
int bw_runtime_decide_change(struct bw_runtime_judge *judge, struct bw_arena *arena,
                             struct bw_str before, const struct bw_runtime_spec *after,
                             struct bw_str name, struct bw_gate_decision *ret_decision,
                             struct bw_err *err) BW_MUST_USE;

#endif
