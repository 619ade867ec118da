/*
 * What decided, in the words of the document: a path through a variable of the policy becomes the
 * path in the object, where the variable holds a part of it.
 */
#include <stdlib.h>

#include "check/policy-judge.h"

/* Values of an object that are looked through for the one a path begins at. */
#define LOOKED_AT_MAX 20000u
#define DEPTH_MAX     16u

struct seeker {
    const void *wanted; /* a list or map */
    struct bw_arena *arena;
    uint32_t left;
};

static struct bw_str member_path(struct seeker *seeker, struct bw_str path, struct bw_value key)
{
    struct bw_str text = bw_value_text(key);
    bool plain = text.n && bw_str_find(text, '.') == SIZE_MAX && bw_str_find(text, '/') == SIZE_MAX;
    return bw_arena_printf(seeker->arena,
                           plain ? "%" BW_STR_F ".%" BW_STR_F : "%" BW_STR_F "['%" BW_STR_F "']",
                           BW_STR_A(path), BW_STR_A(text));
}

/* The path of the wanted value below `value`; p is NULL where it is not there. */
static struct bw_str seek(struct seeker *seeker, struct bw_value value, struct bw_str path,
                          unsigned depth)
{
    struct bw_str found = {0};
    bool container = value.kind == BW_VALUE_LIST || value.kind == BW_VALUE_MAP;
    if (!container || depth > DEPTH_MAX || !seeker->left)
        return found;
    seeker->left--;
    if (value.foreign == seeker->wanted)
        return path;
    for (uint32_t i = 0; i < bw_value_count(value) && !found.p; i++) {
        bool list = value.kind == BW_VALUE_LIST;
        struct bw_value child = list ? value.list->v[i] : value.map->v[i].value;
        if (child.kind != BW_VALUE_LIST && child.kind != BW_VALUE_MAP)
            continue;
        struct bw_str below =
            list ? bw_arena_printf(seeker->arena, "%" BW_STR_F "[%u]", BW_STR_A(path), i)
                 : member_path(seeker, path, value.map->v[i].key);
        if (below.p)
            found = seek(seeker, child, below, depth + 1);
    }
    return found;
}

/* The policy's variable whose name a path begins with; *ret_n: bytes of "variables.NAME". */
static struct bw_value variable_of(const struct bw_policy_judge *judge, struct bw_str path,
                                   size_t *ret_n)
{
    const struct bw_policy_record *record = judge->record;
    uint32_t first = bw_policy_first_variable(judge);
    struct bw_str rest = bw_str_from(path, sizeof "variables." - 1);
    for (uint32_t i = 0; i < record->variables.n; i++) {
        struct bw_str name =
            bw_policy_text(judge->set, judge->set->parts[record->variables.at + i].name);
        if (!bw_str_starts(rest, name) ||
            (rest.n > name.n && rest.p[name.n] != '[' && rest.p[name.n] != '.'))
            continue;
        *ret_n = path.n - rest.n + name.n;
        return judge->variables[first + i];
    }
    return (struct bw_value){0};
}

/* "[12]" at the front of a path. */
static bool take_index(struct bw_str *path, uint64_t *ret_index)
{
    size_t end = bw_str_find(*path, ']');
    if (!path->n || path->p[0] != '[' || end == SIZE_MAX ||
        !bw_str_to_u64(bw_str_n(path->p + 1, end - 1), ret_index))
        return false;
    *path = bw_str_from(*path, end + 1);
    return true;
}

static struct bw_str path_in_object(struct bw_policy_judge *judge, struct bw_str path)
{
    size_t n = 0;
    uint64_t i;
    if (!bw_str_starts(path, BW_STR("variables.")))
        return path;
    struct bw_value value = variable_of(judge, path, &n);
    struct bw_str rest = bw_str_from(path, n);
    struct seeker seeker = {.arena = judge->arena, .left = LOOKED_AT_MAX};
    struct bw_str found = {0};
    for (unsigned step = 0; step < 2 && !found.p; step++) {
        if (step && !take_index(&rest, &i))
            break;
        value = step ? bw_value_index(value, (size_t)i) : value;
        if (value.kind != BW_VALUE_LIST && value.kind != BW_VALUE_MAP)
            break;
        seeker.wanted = value.foreign;
        found = seek(&seeker, judge->value, BW_STR("object"), 1);
    }
    if (!found.p)
        return path;
    struct bw_str whole =
        bw_arena_printf(judge->arena, "%" BW_STR_F "%" BW_STR_F, BW_STR_A(found), BW_STR_A(rest));
    return whole.p ? whole : path;
}

void bw_policy_explain(struct bw_policy_judge *judge, const struct bw_policy_use *use,
                       struct bw_policy_outcome *outcome)
{
    const struct bw_cel_program *program = judge->set->programs[use->program];
    struct bw_cel_reason reason = {0};
    struct bw_cel_budget budget = judge->budget;
    struct bw_err ignored;
    outcome->place = judge->object->place;
    if (judge->around->brief)
        return;
    judge->budget = (struct bw_cel_budget){BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    int rc = bw_cel_explain(program, &judge->run, &reason, &ignored);
    judge->budget = budget;
    if (rc)
        return;
    outcome->expression =
        bw_str_take(bw_str_from(bw_cel_source(program), reason.offset), reason.length);
    outcome->path = path_in_object(judge, reason.path);
    outcome->value = reason.found;
    if (reason.place)
        outcome->place = reason.place;
}
