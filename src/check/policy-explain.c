/*
 * What decided, in the words of the document: a path through a variable of the policy becomes the
 * path in the object, where the variable holds a part of it.
 */
#include <stdlib.h>

#include "check/policy-judge.h"

/* Values of an object that are looked through for the one a path begins at. */
#define LOOKED_AT_MAX 20000u
#define DEPTH_MAX     16u

#define PATH_BYTES ((size_t)1 << 20)

struct seeker {
    const void *wanted; /* a list or map */
    uint32_t left;
    struct bw_value containers[DEPTH_MAX]; /* from the object down to what was found */
    uint32_t steps[DEPTH_MAX];
    unsigned depth;
};

static bool seek(struct seeker *seeker, struct bw_value value, unsigned depth)
{
    bool list = value.kind == BW_VALUE_LIST;
    if ((!list && value.kind != BW_VALUE_MAP) || !seeker->left)
        return false;
    seeker->left--;
    seeker->depth = depth;
    if (value.foreign == seeker->wanted)
        return true;
    for (uint32_t i = 0; depth < DEPTH_MAX && i < bw_value_count(value); i++) {
        seeker->containers[depth] = value;
        seeker->steps[depth] = i;
        if (seek(seeker, list ? value.list->v[i] : value.map->v[i].value, depth + 1))
            return true;
    }
    return false;
}

static struct bw_str write_path(const struct seeker *seeker, struct bw_arena *arena,
                                struct bw_str rest)
{
    struct bw_buf path BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_BYTES);
    bw_buf_str(&path, BW_STR("object"));
    for (unsigned i = 0; i < seeker->depth; i++) {
        struct bw_value value = seeker->containers[i];
        struct bw_str key = value.kind == BW_VALUE_MAP
                                ? bw_value_text(value.map->v[seeker->steps[i]].key)
                                : BW_STR("");
        if (value.kind == BW_VALUE_LIST)
            bw_buf_printf(&path, "[%u]", seeker->steps[i]);
        else if (bw_str_find(key, '.') == SIZE_MAX && bw_str_find(key, '/') == SIZE_MAX)
            bw_buf_printf(&path, ".%" BW_STR_F, BW_STR_A(key));
        else
            bw_buf_printf(&path, "['%" BW_STR_F "']", BW_STR_A(key));
    }
    bw_buf_str(&path, rest);
    return bw_buf_failed(&path) ? (struct bw_str){0} : bw_arena_str(arena, bw_buf_slice(&path));
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
    struct seeker seeker;
    size_t n = 0;
    uint64_t i;
    if (!bw_str_starts(path, BW_STR("variables.")))
        return path;
    struct bw_value value = variable_of(judge, path, &n);
    struct bw_str rest = bw_str_from(path, n), found = {0};
    seeker.left = LOOKED_AT_MAX;
    for (unsigned step = 0; step < 2 && !found.p; step++) {
        if (step && !take_index(&rest, &i))
            break;
        value = step ? bw_value_index(value, (size_t)i) : value;
        if (value.kind != BW_VALUE_LIST && value.kind != BW_VALUE_MAP)
            break;
        seeker.wanted = value.foreign;
        if (seek(&seeker, judge->value, 0))
            found = write_path(&seeker, judge->arena, rest);
    }
    return found.p ? found : path;
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
