/*
 * A pattern up to the first newline, and a text: the automaton and the machine agree, a match lies
 * inside the text, and what was compiled is sound when it is opened again.
 */
#include <stdlib.h>

#include "cel/regex.h"

#define SLOTS 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct bw_cel_regex *regex, struct bw_str text, bool wanted)
{
    size_t slots[SLOTS];
    bool matches = !wanted;
    if (bw_cel_regex_match(regex, text, &matches, NULL) || matches != wanted)
        abort();
    if (bw_cel_regex_find(regex, text, 0, slots, SLOTS, &matches, NULL) || matches != wanted)
        abort();
    if (matches && (slots[0] > slots[1] || slots[1] > text.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)16 << 20);
    struct bw_str text = bw_str_n(data, size), pattern;
    const struct bw_cel_regex *slow, *fast;
    if (!arena || !bw_str_split(&text, '\n', &pattern) || !text.p || text.n > 4096)
        return 0;
    int rc = bw_cel_regex_compile(pattern, 0, arena, &slow, NULL);
    if (rc != bw_cel_regex_compile(pattern, BW_CEL_REGEX_AUTOMATON, arena, &fast, NULL))
        abort();
    if (rc)
        return 0;
    fast = bw_cel_regex_open(bw_cel_regex_bytes(fast), NULL);
    bool matches;
    if (!fast || bw_cel_regex_match(slow, text, &matches, NULL))
        abort();
    check(slow, text, matches);
    check(fast, text, matches);
    return 0;
}
