#include "enforce/gate-gaps.h"

static void keep(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                 struct bw_str why)
{
    struct bw_gate_gaps *gaps = ctx;
    if (gaps->n == BW_GATE_GAPS_MAX) {
        gaps->v[gaps->n - 1].blocking |= class == BW_GAP_BLOCKING;
        return;
    }
    struct bw_gate_gap gap = {
        .blocking = class == BW_GAP_BLOCKING,
        .where = bw_arena_str(gaps->arena, where),
        .what = bw_arena_str(gaps->arena, what),
        .why = bw_arena_str(gaps->arena, why),
    };
    if (gap.where.p && gap.what.p && gap.why.p)
        gaps->v[gaps->n++] = gap;
    else
        gaps->short_of_memory = true;
}

struct bw_reader_sink bw_gate_gaps_sink(struct bw_gate_gaps *gaps, struct bw_arena *arena)
{
    gaps->arena = arena;
    gaps->n = 0;
    gaps->short_of_memory = false;
    return (struct bw_reader_sink){gaps, keep};
}
