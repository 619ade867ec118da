#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/value.h"

static void maps_keep_order_and_find(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_value_maker make = {.arena = arena};
    for (uint32_t n = 0; n < 3000; n = n * 2 + 1) {
        struct bw_value map = bw_value_map(&make, 0);
        char key[16];
        for (uint32_t i = 0; i < n; i++) {
            snprintf(key, sizeof key, "key-%u", i);
            bw_value_set(&make, &map, key, bw_value_int(i));
        }
        assert_int_equal(bw_value_count(map), n);
        for (uint32_t i = 0; i < n; i++) {
            snprintf(key, sizeof key, "key-%u", i);
            assert_int_equal(bw_value_get(map, bw_str(key)).i, i);
            assert_int_equal(bw_value_find(map, bw_value_string(&make, bw_str(key))).i, i);
            assert_true(bw_str_eq(bw_value_text(map.map->v[i].key), bw_str(key)));
        }
        assert_int_equal(bw_value_get(map, BW_STR("key-3000")).kind, BW_VALUE_ABSENT);
    }
    assert_false(make.failed);
}

static void a_key_stands_once(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value map = bw_value_map(&make, 1);
    struct bw_value written = bw_value_string(&make, BW_STR("a"));
    written.place = 7;
    bw_value_put(&make, &map, written, bw_value_int(1));
    bw_value_set(&make, &map, "b", bw_value_null());
    bw_value_set(&make, &map, "a", bw_value_int(2));
    bw_value_set(&make, &map, "absent", (struct bw_value){0});
    assert_int_equal(bw_value_count(map), 2);
    assert_int_equal(bw_value_get(map, BW_STR("a")).i, 2);
    assert_int_equal(bw_value_member(map, written)->key.place, 7);
    bw_value_put(&make, &map, bw_value_int(1), bw_value_bool(true));
    bw_value_put(&make, &map, bw_value_uint(1), bw_value_bool(false));
    bw_value_put(&make, &map, bw_value_bool(true), bw_value_bool(true));
    assert_int_equal(bw_value_count(map), 5);
    assert_true(bw_value_is_true(bw_value_find(map, bw_value_int(1))));
}

static void unknown_stays_unknown(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value map = bw_value_map(&make, 1);
    bw_value_set(&make, &map, "user",
                 bw_value_unknown(&make, BW_UNKNOWN_MISSING, BW_STR("no image")));
    struct bw_value found = bw_value_at(map, "user", "name", NULL);
    assert_int_equal(found.kind, BW_VALUE_UNKNOWN);
    assert_true(bw_str_eq(found.unknown->why, BW_STR("no image")));
    assert_int_equal(bw_value_at(map, "no", "name", NULL).kind, BW_VALUE_ABSENT);
}

static void a_full_arena_fails_once(void **state)
{
    (void)state;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(8192);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value list = bw_value_list(&make, 1);
    for (int i = 0; i < 10000; i++)
        bw_value_add(&make, &list, bw_value_int(i));
    assert_true(make.failed);
    assert_true(bw_value_count(list) < 10000);
    assert_int_equal(bw_value_index(list, 3).i, 3);
    assert_int_equal(bw_value_string(&make, BW_STR("x")).kind, BW_VALUE_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_keep_order_and_find),
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(unknown_stays_unknown),
        cmocka_unit_test(a_full_arena_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
