#include "enforce/kubernetes-update.h"

#include "cel/cel.h"

/* --- what changes --- */

static bool is_one_of(struct bw_value key, const char *const *words)
{
    for (; *words; words++)
        if (bw_value_is(key, *words))
            return true;
    return false;
}

/* What one map has, but for some of its keys, the other has as well. */
static bool holds(struct bw_value map, struct bw_value other, const char *const *besides)
{
    for (uint32_t i = 0; i < bw_value_count(map); i++) {
        const struct bw_value_member *member = &map.map->v[i];
        struct bw_value value = bw_value_find(other, member->key);
        if (!is_one_of(member->key, besides) &&
            (value.kind == BW_VALUE_ABSENT || !bw_cel_equal(member->value, value)))
            return false;
    }
    return true;
}

static bool same(struct bw_value a, struct bw_value b, const char *const *besides)
{
    if (a.kind != BW_VALUE_MAP || b.kind != BW_VALUE_MAP)
        return a.kind == BW_VALUE_ABSENT && b.kind == BW_VALUE_ABSENT;
    return holds(a, b, besides) && holds(b, a, besides);
}

/* Of a subresource nobody knows what it changes. */
static bool changes_little(const struct bw_admission_review *review)
{
    static const char *const parts[] = {"metadata", "spec", "status", NULL};
    static const char *const replicas[] = {"replicas", NULL};
    struct bw_value new = review->object, old = review->old_object;
    return bw_str_eq(review->operation, BW_STR("UPDATE")) && old.kind == BW_VALUE_MAP &&
           !bw_value_text(bw_value_get(review->request, BW_STR("subResource"))).n &&
           same(new, old, parts) &&
           same(bw_value_get(new, BW_STR("spec")), bw_value_get(old, BW_STR("spec")), replicas);
}

/* --- what was wrong before --- */

struct faults {
    struct bw_gate_reason *v; /* of weight DENIES; their texts are copied */
    size_t n;
    bool gap; /* the old object could not be read wholly */
};

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct faults *faults = ctx;
    (void)where, (void)what, (void)why;
    faults->gap |= class == BW_GAP_BLOCKING;
}

static int keep(const struct bw_gate_decision *decision, struct bw_arena *arena,
                struct faults *faults, struct bw_err *err)
{
    faults->v = bw_arena_array(arena, decision->reasons_n, sizeof *faults->v);
    for (size_t i = 0; faults->v && i < decision->reasons_n; i++) {
        struct bw_gate_reason reason = decision->reasons[i];
        reason.message = bw_arena_str(arena, reason.message);
        reason.path = bw_arena_str(arena, reason.path);
        if (!reason.message.p || !reason.path.p)
            return bw_err_set(err, BW_ELIMIT, "no room for the reasons of a decision");
        if (reason.weight == BW_GATE_DENIES)
            faults->v[faults->n++] = reason;
    }
    return faults->v ? 0 : bw_err_set(err, BW_ELIMIT, "no room for the reasons of a decision");
}

/* The object is judged as one that is about to be made by nobody in particular. */
static int judge_old(struct bw_gate_judge *judge, const struct bw_admission_review *review,
                     struct bw_gate_request request, struct bw_arena *arena, struct faults *faults,
                     struct bw_err *err)
{
    const struct bw_reader_sink sink = {faults, on_gap};
    struct bw_document document;
    struct bw_gate_decision decision;
    int rc = bw_admission_review_before(review, &sink, arena, &document, err);
    if (rc)
        return rc;
    request.document = &document;
    request.gaps_n = 0;
    request.around.request = request.around.old_object = (struct bw_value){0};
    rc = bw_gate_decide(judge, &request, &decision, err);
    return rc ? rc : keep(&decision, arena, faults, err);
}

static bool stood_before(const struct faults *faults, const struct bw_gate_reason *reason)
{
    for (size_t i = 0; i < faults->n; i++)
        if (faults->v[i].policy == reason->policy &&
            bw_str_eq(faults->v[i].message, reason->message) &&
            bw_str_eq(faults->v[i].path, reason->path))
            return true;
    return false;
}

/* A doubt, a gap, and what was left out of the reasons are nothing that anybody has seen before. */
static bool all_stood_before(const struct faults *faults, const struct bw_gate_decision *decision)
{
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (reason->weight == BW_GATE_DENIES &&
            (!reason->policy || reason->doubt || !stood_before(faults, reason)))
            return false;
    }
    return true;
}

int bw_kubernetes_was_so_before(struct bw_gate_judge *judge,
                                const struct bw_admission_review *review,
                                const struct bw_gate_request *request, struct bw_arena *arena,
                                struct bw_gate_decision *decision, bool *ret_was_so,
                                struct bw_err *err)
{
    struct faults faults = {0};
    *ret_was_so = false;
    if (!changes_little(review) || request->gaps_n || !review->document.objects_n)
        return 0;
    int rc = judge_old(judge, review, *request, arena, &faults, err);
    if (rc == 0)
        rc = bw_gate_decide(judge, request, decision, err);
    if (rc == 0)
        *ret_was_so = !faults.gap && all_stood_before(&faults, decision);
    return rc;
}
