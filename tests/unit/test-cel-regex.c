#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cel/regex.h"

#define SLOTS_MAX 20u

/* "0-3 1-2 ?": where the groups of the first match stand, "no", or the pattern's error. */
static struct bw_str found(struct bw_arena *arena, const char *pattern, const char *text,
                           unsigned flags)
{
    const struct bw_cel_regex *regex;
    struct bw_err err = {0};
    size_t slots[SLOTS_MAX];
    bool matches, again;
    if (bw_cel_regex_compile(bw_str(pattern), flags, arena, &regex, &err))
        return bw_arena_printf(arena, "%s", err.msg);
    regex = bw_cel_regex_open(bw_cel_regex_bytes(regex), &err);
    assert_non_null(regex);
    assert_int_equal(bw_cel_regex_find(regex, bw_str(text), 0, slots, SLOTS_MAX, &matches, &err),
                     0);
    assert_int_equal(bw_cel_regex_match(regex, bw_str(text), &again, &err), 0);
    assert_int_equal(matches, again);
    if (!matches)
        return BW_STR("no");
    char told[256] = "";
    size_t n = 0;
    for (unsigned i = 0; i < bw_cel_regex_groups(regex); i++) {
        const char *gap = i ? " " : "";
        if (slots[2 * i] == SIZE_MAX)
            n += (size_t)snprintf(told + n, sizeof told - n, "%s?", gap);
        else
            n += (size_t)snprintf(told + n, sizeof told - n, "%s%zu-%zu", gap, slots[2 * i],
                                  slots[2 * i + 1]);
    }
    return bw_arena_printf(arena, "%s", told);
}

/* What Go 1.24 answers. */
static const struct {
    const char *pattern, *text, *wanted;
} cases[] = {
    {"", "", "0-0"},
    {"b+", "abbbc", "1-4"},
    {"b+?", "abbbc", "1-2"},
    {"(?U)b+", "abbbc", "1-2"},
    {"(?U)b+?", "abbbc", "1-4"},
    {"a|ab", "ab", "0-1"}, /* leftmost, then preferred: not the longest */
    {"(a)|(b)", "b", "0-1 ? 0-1"},
    {"(a*)+", "b", "0-0 0-0"},
    {"(|a)*", "aa", "0-0 0-0"},
    {"(|a)+", "aa", "0-0 0-0"},
    {"(a|b)*c", "abc", "0-3 1-2"},
    {"(?:(a)|b)*", "ab", "0-2 0-1"},
    {"^abc$", "abc", "0-3"},
    {"^b", "a\nb", "no"},
    {"(?m)^b$", "a\nb\nc", "2-3"},
    {"(?m)\\Ab", "a\nb", "no"},
    {"a.b", "a\nb", "no"},
    {"(?s)a.b", "a\nb", "0-3"},
    {"\\bfoo\\b", "a foo.", "2-5"},
    {"\\Boo\\b", "a foo.", "3-5"},
    {"\\b", "\xc3\xa9", "no"}, /* a word is ASCII */
    {"x{2,3}", "xxxx", "0-3"},
    {"x{2,3}?", "xxxx", "0-2"},
    {"^(?:x{2}){3}$", "xxxxxx", "0-6"},
    {"x{0}y", "xy", "1-2"},
    {"x{,2}", "x{,2}", "0-5"}, /* no repetition */
    {"x{01}", "x{01}", "0-5"},
    {"(?i)straSSe", "STRASSE", "0-7"},
    {"(?i)\xc3\x9f", "\xe1\xba\x9e", "0-3"}, /* sharp s, and its capital */
    {"(?i)k", "\xe2\x84\xaa", "0-3"},        /* the sign of Kelvin */
    {"(?i)[^k]", "\xe2\x84\xaa", "no"},
    {"(?i:a)b", "Ab", "0-2"},
    {"(?i:a)b", "AB", "no"},
    {"a(?i)b|c", "C", "0-1"},
    {"[]a]+", "]a", "0-2"},
    {"[a-]+", "a-", "0-2"},
    {"[^a]", "a\n", "1-2"},
    {"[[:alpha:][:^ascii:]_]+", "-b\xc3\xa9_9", "1-5"},
    {"\\pL+", "1\xce\xa9\xd0\x96x", "1-6"},
    {"\\p{Greek}", "a\xce\xa9", "1-3"},
    {"\\p{^Greek}", "\xce\xa9x", "2-3"},
    {"[\\d\\s]+", "a1 2b", "1-4"},
    {"\\s", "\v", "no"}, /* as in Perl of old */
    {"\\Qa.b\\E+", "a.bb", "0-4"},
    {"\\x41\\x{1F600}\\101\\n",
     "A\xf0\x9f\x98\x80"
     "A\n",
     "0-7"},
    {"(?P<year>\\d{4})-(?<month>\\d\\d)", "on 2024-05", "3-10 3-7 8-10"},
    {".", "\xff", "0-1"},
    {"\\x{fffd}", "\xff", "0-1"},
    {"(", "", "missing closing ): `(`"},
    {")", "", "unexpected ): `)`"},
    {"a**", "", "invalid nested repetition operator: `**`"},
    {"*", "", "missing argument to repetition operator: `*`"},
    {"(?i)*", "", "missing argument to repetition operator: `*`"},
    {"x{1001}", "", "invalid repeat count: `{1001}`"},
    {"x{2,1}", "", "invalid repeat count: `{2,1}`"},
    {"(?:x{100}){11}", "", "invalid repeat count: `{11}`"},
    {"[a", "", "missing closing ]: `[a`"},
    {"[b-a]", "", "invalid character class range: `b-a`"},
    {"[[:no:]]", "", "invalid character class range: `[:no:]`"},
    {"\\p{Klingon}", "", "invalid character class range: `\\p{Klingon}`"},
    {"\\", "", "trailing backslash at end of expression: ``"},
    {"\\8", "", "invalid escape sequence: `\\8`"},
    {"\\C", "", "invalid escape sequence: `\\C`"},
    {"(?=a)", "", "invalid or unsupported Perl syntax: `(?=`"},
    {"(?P<n", "", "invalid named capture: `(?P<n`"},
    {"(?P<n m>a)", "", "invalid named capture: `(?P<n m>`"},
};

static void test_go_answers_the_same(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++)
        for (unsigned flags = 0; flags <= BW_CEL_REGEX_AUTOMATON; flags++) {
            struct bw_str got = found(arena, cases[i].pattern, cases[i].text, flags);
            if (!bw_str_eq(got, bw_str(cases[i].wanted)))
                fail_msg("%s on %s: %" BW_STR_F ", not %s", cases[i].pattern, cases[i].text,
                         BW_STR_A(got), cases[i].wanted);
        }
}

static const struct bw_cel_regex *compiled(struct bw_arena *arena, struct bw_str pattern,
                                           unsigned flags)
{
    const struct bw_cel_regex *regex;
    struct bw_err err = {0};
    if (bw_cel_regex_compile(pattern, flags, arena, &regex, &err))
        fail_msg("%s", err.msg);
    return regex;
}

/* The pattern on which backtracking takes 2^n steps. */
static void test_time_is_linear(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    for (size_t i = 0; i < 100000; i++)
        bw_buf_byte(&text, 'a');
    bw_buf_byte(&text, '!');
    for (unsigned flags = 0; flags <= BW_CEL_REGEX_AUTOMATON; flags++) {
        bool matches = true;
        const struct bw_cel_regex *regex = compiled(arena, BW_STR("^(a|aa|a+)+$"), flags);
        assert_int_equal(bw_cel_regex_match(regex, bw_buf_slice(&text), &matches, NULL), 0);
        assert_false(matches);
    }
}

static void test_limits_are_errors(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_buf pattern BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    const struct bw_cel_regex *regex = NULL;
    for (unsigned i = 0; i <= BW_CEL_REGEX_DEPTH_MAX; i++)
        bw_buf_byte(&pattern, '(');
    assert_int_equal(bw_cel_regex_compile(bw_buf_slice(&pattern), 0, arena, &regex, NULL),
                     BW_EFORMAT);
    bw_buf_clear(&pattern);
    for (unsigned i = 0; i < 100; i++)
        bw_buf_str(&pattern, BW_STR("[a-z]{1000}"));
    assert_int_equal(bw_cel_regex_compile(bw_buf_slice(&pattern), 0, arena, &regex, NULL),
                     BW_ELIMIT);
    while (pattern.n <= BW_CEL_REGEX_PATTERN_MAX)
        bw_buf_byte(&pattern, 'a');
    assert_int_equal(bw_cel_regex_compile(bw_buf_slice(&pattern), 0, arena, &regex, NULL),
                     BW_ELIMIT);
    assert_null(regex);
}

static void test_what_is_too_large_for_an_automaton_still_matches(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    const struct bw_cel_regex *regex =
        compiled(arena, BW_STR("(a|b)*a(a|b){40}c"), BW_CEL_REGEX_AUTOMATON);
    assert_true(bw_cel_regex_weight(regex) > 1);
    bool matches = false;
    struct bw_str text = BW_STR("bbabababababababababababababababababababababac");
    assert_int_equal(bw_cel_regex_match(regex, text, &matches, NULL), 0);
    assert_true(matches);
    regex = compiled(arena, BW_STR("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"), BW_CEL_REGEX_AUTOMATON);
    assert_int_equal(bw_cel_regex_weight(regex), 1);
}

static void test_a_search_goes_on_from_somewhere(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    const struct bw_cel_regex *regex = compiled(arena, BW_STR("\\ba|^b"), 0);
    size_t slots[2] = {0};
    bool matches = false;
    assert_int_equal(bw_cel_regex_find(regex, BW_STR("xab a"), 1, slots, 2, &matches, NULL), 0);
    assert_true(matches);
    assert_int_equal(slots[0], 4);
}

/* Damage of any kind is found, or does no harm. */
static void test_damaged_bytes_are_refused(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_str bytes = bw_cel_regex_bytes(
        compiled(arena, BW_STR("(?i)\\b[a-z]+\\d{2,3}$"), BW_CEL_REGEX_AUTOMATON));
    assert_null(bw_cel_regex_open(bw_str_take(bytes, bytes.n - 1), NULL));
    assert_null(bw_cel_regex_open(bw_str_take(bytes, 8), NULL));
    for (size_t i = 0; i < bytes.n; i++) {
        char *copy = malloc(bytes.n);
        memcpy(copy, bytes.p, bytes.n);
        copy[i] = (char)(copy[i] ^ 0x55);
        const struct bw_cel_regex *regex = bw_cel_regex_open(bw_str_n(copy, bytes.n), NULL);
        size_t slots[4];
        bool matches;
        if (regex) {
            assert_int_equal(bw_cel_regex_match(regex, BW_STR("ab12 \xc3\xa9"), &matches, NULL), 0);
            assert_int_equal(
                bw_cel_regex_find(regex, BW_STR("ab12 \xc3\xa9"), 1, slots, 4, &matches, NULL), 0);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go_answers_the_same),
        cmocka_unit_test(test_time_is_linear),
        cmocka_unit_test(test_limits_are_errors),
        cmocka_unit_test(test_what_is_too_large_for_an_automaton_still_matches),
        cmocka_unit_test(test_a_search_goes_on_from_somewhere),
        cmocka_unit_test(test_damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
