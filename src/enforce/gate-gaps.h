/*
 * gate-gaps.h: what a reader could not read of a request, kept for the gate.
 */
#ifndef BW_ENFORCE_GATE_GAPS_H
#define BW_ENFORCE_GATE_GAPS_H

#include "base/arena.h"
#include "enforce/gate.h"
#include "extract/document.h"

/* Gaps of one request; of more, whether one of them is blocking is kept. */
#define BW_GATE_GAPS_MAX 100u

struct bw_gate_gaps {
    struct bw_arena *arena;
    size_t n;
    bool short_of_memory; /* a gap was lost: nothing can be decided */
    struct bw_gate_gap v[BW_GATE_GAPS_MAX];
};

/* Empties the gaps; texts are copied into the arena. The sink is for a reader. */
struct bw_reader_sink bw_gate_gaps_sink(struct bw_gate_gaps *gaps, struct bw_arena *arena);

#endif
