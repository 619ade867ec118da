#include "cel/pattern.h"

#include <stdlib.h>

#include "base/map.h"

#define PATTERNS_MAX       256u
#define PATTERNS_BYTES_MAX ((size_t)8 << 20)

/* Compiling costs about this for a byte of the pattern. */
#define PATTERN_COST 8u

struct bw_cel_patterns {
    struct bw_arena *arena;
    struct bw_map compiled; /* by their text */
};

struct bw_cel_patterns *bw_cel_patterns_new(void)
{
    struct bw_cel_patterns *patterns = calloc(1, sizeof *patterns);
    struct bw_arena *arena = patterns ? bw_arena_new(PATTERNS_BYTES_MAX) : NULL;
    if (!arena) {
        free(patterns);
        return NULL;
    }
    *patterns = (struct bw_cel_patterns){arena, BW_MAP(PATTERNS_MAX)};
    return patterns;
}

void bw_cel_patterns_free(struct bw_cel_patterns *patterns)
{
    if (!patterns)
        return;
    bw_map_free(&patterns->compiled);
    bw_arena_free(patterns->arena);
    free(patterns);
}

static void empty(struct bw_cel_patterns *patterns)
{
    bw_map_free(&patterns->compiled);
    bw_arena_reset(patterns->arena);
}

/* NULL where it is none, or does not fit. */
static const struct bw_cel_regex *kept(struct bw_cel_patterns *patterns, struct bw_str pattern)
{
    const struct bw_cel_regex *regex = bw_map_get(&patterns->compiled, pattern);
    if (regex)
        return regex;
    if (patterns->compiled.n == PATTERNS_MAX || bw_arena_is_full(patterns->arena))
        empty(patterns);
    struct bw_str text = bw_arena_str(patterns->arena, pattern);
    if (!text.p || bw_cel_regex_compile(pattern, 0, patterns->arena, &regex, NULL))
        return NULL;
    struct bw_map_item *item = bw_map_at(&patterns->compiled, text);
    if (item)
        item->value = (void *)regex;
    return regex;
}

struct bw_value bw_cel_pattern(struct bw_cel_call *call, struct bw_value pattern,
                               const struct bw_cel_regex **ret_regex)
{
    struct bw_err err = {0};
    *ret_regex = call->regex;
    if (call->regex)
        return (struct bw_value){0};
    if (!bw_cel_charge(call, (uint64_t)pattern.text->n * PATTERN_COST))
        return bw_cel_fail_budget();
    if (call->patterns && (*ret_regex = kept(call->patterns, bw_value_text(pattern))))
        return (struct bw_value){0};
    int code = bw_cel_regex_compile(bw_value_text(pattern), 0, call->arena, ret_regex, &err);
    if (code == BW_ENOMEM || (code && bw_arena_is_full(call->arena)))
        return bw_cel_fail_memory(call->arena);
    return code ? bw_cel_fail(call, "error parsing regexp: %s", err.msg) : (struct bw_value){0};
}
