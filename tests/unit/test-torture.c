/*
 * Allocation-failure torture of the base: what fails must say so, leave what it worked on valid,
 * and leak nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/map.h"
#include "base/vec.h"
#include "torture.h"

/* The scenarios ---------------------------------------------------------------------------------
 */

static bool arena_scenario(void)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)8 << 20);
    if (!arena)
        return false;
    bool worked = true;
    for (unsigned i = 0; i < 40; i++) {
        unsigned char *p = bw_arena_array(arena, 100 + i * 50, 4);
        struct bw_str copy = bw_arena_str(arena, BW_STR("copied"));
        struct bw_str text = bw_arena_printf(arena, "%u of %s", i, "them");
        worked = worked && p && copy.p && text.p;
        if (p)
            memset(p, 0xaa, (size_t)(100 + i * 50) * 4);
        if (copy.p)
            assert_memory_equal(copy.p, "copied", 7);
        assert_false(bw_arena_is_full(arena));
    }
    return worked;
}

static bool buf_scenario(void)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    size_t good = 0;
    for (unsigned i = 0; i < 3000; i++) {
        bw_buf_str(&buf, BW_STR("abcdefg"));
        bw_buf_byte(&buf, 'h');
        if (!bw_buf_failed(&buf))
            good = buf.n;
    }
    bw_buf_printf(&buf, "%06d", 42);
    /* What was appended before the failure is whole, and nothing came after it. */
    for (size_t i = 0; i + 8 <= good; i += 8)
        assert_memory_equal(buf.p + i, "abcdefgh", 8);
    assert_true(buf.n <= good + 8);
    bool worked = !bw_buf_failed(&buf);
    bw_buf_clear(&buf);
    assert_int_equal(buf.n, 0);
    return worked;
}

static bool vec_scenario(void)
{
    struct {
        BW_VEC(uint64_t);
    } numbers = {0};
    bool worked = true;
    uint64_t pushed = 0;
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t *slot = BW_VEC_PUSH(&numbers, 500);
        worked = worked && slot;
        if (slot)
            *slot = pushed++;
    }
    assert_int_equal(numbers.n, pushed);
    for (size_t i = 0; i < numbers.n; i++)
        assert_int_equal(numbers.v[i], i);
    BW_VEC_FREE(&numbers);
    return worked;
}

static bool map_scenario(void)
{
    static char keys[300][8];
    struct bw_map map BW_CLEANUP(bw_map_free) = BW_MAP(1000);
    bool worked = true, there[300] = {false};
    for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++) {
        snprintf(keys[i], sizeof keys[i], "key%zu", i);
        struct bw_map_item *item = bw_map_at(&map, bw_str(keys[i]));
        there[i] = item != NULL;
        worked = worked && item;
        if (item)
            item->value = keys[i];
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++)
        assert_ptr_equal(bw_map_get(&map, bw_str(keys[i])), there[i] ? keys[i] : NULL);
    return worked;
}

static char directory[] = "/tmp/bulwark-torture-XXXXXX";

static bool fd_scenario(void)
{
    char path[64], deep[64];
    snprintf(path, sizeof path, "%s/file", directory);
    snprintf(deep, sizeof deep, "%s/a/b/c", directory);
    static uint8_t content[200000];
    struct bw_err err = {0};
    unlink(path);
    bool worked = bw_fd_make_dirs(deep, 0700, &err) == 0;
    worked = bw_fd_replace_file(path, content, sizeof content, 0600, &err) == 0 && worked;
    if (access(path, F_OK) != 0)
        return false;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    int rc = bw_fd_slurp_path(path, &buf, &err);
    if (rc)
        assert_int_equal(rc, BW_ENOMEM);
    else
        assert_int_equal(buf.n, sizeof content);
    return worked && rc == 0;
}

/* The tests -------------------------------------------------------------------------------------
 */

static void test_arena(void **state)
{
    (void)state;
    torture(arena_scenario, 7);
}

static void test_buf(void **state)
{
    (void)state;
    torture(buf_scenario, 7);
}

static void test_vec(void **state)
{
    (void)state;
    torture(vec_scenario, 6);
}

static void test_map(void **state)
{
    (void)state;
    torture(map_scenario, 12);
}

static void test_fd(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    torture(fd_scenario, 4);
    char path[64];
    const char *const left[] = {"/file", "/a/b/c", "/a/b", "/a", ""};
    for (size_t i = 0; i < BW_ARRAY_LEN(left); i++) {
        snprintf(path, sizeof path, "%s%s", directory, left[i]);
        assert_int_equal(remove(path), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena), cmocka_unit_test(test_buf), cmocka_unit_test(test_vec),
        cmocka_unit_test(test_map),   cmocka_unit_test(test_fd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
