#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

static void str_splits(void **state)
{
    (void)state;
    struct bw_str rest = BW_STR("a,,b,"), part;
    const char *want[] = {"a", "", "b", ""};
    size_t n = 0;
    while (bw_str_split(&rest, ',', &part))
        assert_true(bw_str_eq(part, bw_str(want[n++])));
    assert_int_equal(n, 4);
    rest = bw_str("one\r\ntwo\n");
    assert_true(bw_str_line(&rest, &part) && bw_str_eq(part, BW_STR("one")));
    assert_true(bw_str_line(&rest, &part) && bw_str_eq(part, BW_STR("two")));
    assert_false(bw_str_line(&rest, &part));
}

static void str_numbers_refuse_overflow(void **state)
{
    (void)state;
    uint64_t v = 7;
    assert_true(bw_str_to_u64(BW_STR("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_false(bw_str_to_u64(BW_STR("18446744073709551616"), &v));
    assert_false(bw_str_to_u64(BW_STR(""), &v));
    assert_false(bw_str_to_u64(BW_STR("-1"), &v));
}

static void str_utf8(void **state)
{
    (void)state;
    assert_true(bw_str_is_utf8(BW_STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8b")));
    assert_false(bw_str_is_utf8(BW_STR("\xc0\xaf")));         /* overlong */
    assert_false(bw_str_is_utf8(BW_STR("\xed\xa0\x80")));     /* surrogate */
    assert_false(bw_str_is_utf8(BW_STR("\xf4\x90\x80\x80"))); /* past U+10FFFF */
    assert_false(bw_str_is_utf8(BW_STR("\xe2\x82")));         /* cut */
}

static void arena_has_a_maximum(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(10000);
    assert_non_null(arena);
    assert_non_null(bw_arena_alloc(arena, 4000));
    assert_null(bw_arena_alloc(arena, 9000));
    assert_true(bw_arena_is_full(arena));
    assert_null(bw_arena_array(arena, SIZE_MAX / 2, 16));
    struct bw_str s = bw_arena_printf(arena, "%d-%s", 7, "x");
    assert_true(bw_str_eq(s, BW_STR("7-x")));
}

static void buf_remembers_failure(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(8);
    bw_buf_str(&buf, BW_STR("12345"));
    assert_false(bw_buf_failed(&buf));
    bw_buf_str(&buf, BW_STR("6789"));
    assert_true(bw_buf_failed(&buf));
    bw_buf_byte(&buf, '6');
    assert_int_equal(buf.n, 5);
    bw_buf_clear(&buf);
    bw_buf_printf(&buf, "%s", "seven77");
    assert_false(bw_buf_failed(&buf));
    assert_int_equal(buf.n, 7);
}

static void map_keeps_order_and_maximum(void **state)
{
    (void)state;
    struct bw_map map BW_CLEANUP(bw_map_free) = BW_MAP(1000);
    char keys[1001][8];
    for (int i = 0; i < 1000; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        struct bw_map_item *item = bw_map_at(&map, bw_str(keys[i]));
        assert_non_null(item);
        item->value = keys[i];
    }
    assert_null(bw_map_at(&map, BW_STR("one more")));
    assert_ptr_equal(bw_map_get(&map, BW_STR("k777")), keys[777]);
    assert_null(bw_map_get(&map, BW_STR("k1000")));
    assert_true(bw_str_eq(map.items[999].key, BW_STR("k999")));
}

static void vec_has_a_maximum(void **state)
{
    (void)state;
    BW_VEC_TYPE(ints, int) ints = {0};
    for (int i = 0; i < 20; i++)
        *BW_VEC_PUSH(&ints, 20) = i;
    assert_null(BW_VEC_PUSH(&ints, 20));
    assert_int_equal(ints.v[19], 19);
    BW_VEC_FREE(&ints);
}

static void clock_reads_what_it_writes(void **state)
{
    (void)state;
    int64_t t = 0;
    char out[BW_CLOCK_RFC3339_SIZE];
    assert_true(bw_clock_parse(BW_STR("2026-11-22T02:38:18.5+01:30"), &t));
    bw_clock_rfc3339(t, out);
    assert_string_equal(out, "2026-11-22T01:08:18Z");
    assert_true(bw_clock_parse(BW_STR("2020-02-29"), &t));
    assert_false(bw_clock_parse(BW_STR("2020-13-01T00:00:00Z"), &t));
    assert_false(bw_clock_parse(BW_STR("2020-01-01T00:00:00"), &t));
}

static void err_is_cut_and_prefixed(void **state)
{
    (void)state;
    struct bw_err err = {0};
    assert_int_equal(bw_err_set(&err, BW_EFORMAT, "bad %d", 3), BW_EFORMAT);
    assert_int_equal(bw_err_prefix(&err, BW_EFORMAT, "file %s", "x"), BW_EFORMAT);
    assert_string_equal(err.msg, "file x: bad 3");
    bw_err_set(&err, BW_EIO, "%600s", "y");
    assert_string_equal(err.msg + BW_ERR_MSG_MAX - 4, "...");
    assert_string_equal(bw_code_name(BW_EDIGEST), "digest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_splits),
        cmocka_unit_test(str_numbers_refuse_overflow),
        cmocka_unit_test(str_utf8),
        cmocka_unit_test(arena_has_a_maximum),
        cmocka_unit_test(buf_remembers_failure),
        cmocka_unit_test(map_keeps_order_and_maximum),
        cmocka_unit_test(vec_has_a_maximum),
        cmocka_unit_test(clock_reads_what_it_writes),
        cmocka_unit_test(err_is_cut_and_prefixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
