#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unpack/tar.h"

static void paths_are_normalised(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        bool odd;
    } table[] = {
        {"a/b", "a/b", false},
        {"./a//b/.", "a/b", false},
        {"a/", "a", false},
        {"/a", "a", true},
        {"../../a", "a", true},
        {"a/../b", "b", true},
        {"a/b/../../c", "c", true},
        {"a/..", NULL, true},
        {".", NULL, false},
        {"./", NULL, false},
        {"/", NULL, true},
        {"", NULL, false},
        {"...", "...", false},
        {"a/..b/.c", "a/..b/.c", false},
        {"caf\xe9", "caf\xe9", true},
        {"caf\xc3\xa9", "caf\xc3\xa9", false},
        {"a/b/..", "a", true},
        {"//..//x", "x", true},
    };
    char out[BW_TAR_PATH_MAX + 1];
    struct bw_str path;
    bool odd;
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        bool ok = bw_tar_normalise(bw_str(table[i].from), out, &path, &odd);
        assert_int_equal(ok, table[i].to != NULL);
        assert_int_equal(odd, table[i].odd);
        assert_true(bw_str_eq(path, bw_str(table[i].to ? table[i].to : "")));
    }
    char long_one[300];
    memset(long_one, 'x', sizeof long_one);
    assert_true(bw_tar_normalise(bw_str_n(long_one, 255), out, &path, &odd));
    assert_false(bw_tar_normalise(bw_str_n(long_one, 256), out, &path, &odd));
    assert_null(path.p);
}

static void whiteouts_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int type; /* -1: none */
        const char *to;
    } table[] = {
        {"a/.wh.b", BW_FILE_WHITEOUT, "a/b"},
        {".wh.b", BW_FILE_WHITEOUT, "b"},
        {"a/b/.wh..c", BW_FILE_WHITEOUT, "a/b/.c"},
        {"a/.wh..wh..opq", BW_FILE_OPAQUE, "a"},
        {".wh..wh..opq", BW_FILE_OPAQUE, ""},
        {"a/.wh..wh.aufs", BW_FILE_WHITEOUT, ""},
        {".wh..wh.plnk", BW_FILE_WHITEOUT, ""},
        {"a/.wh.", BW_FILE_WHITEOUT, ""},
        {"a/.wh..", BW_FILE_WHITEOUT, ""},
        {"a/.wh...", BW_FILE_WHITEOUT, ""},
        {"a/b", -1, NULL},
        {"a/x.wh.b", -1, NULL},
        {"a/.wh", -1, NULL},
        {"a/.wh.b/c", -1, NULL},
        {".wh.a/.wh.b", BW_FILE_WHITEOUT, ".wh.a/b"},
    };
    char buffer[BW_TAR_PATH_MAX + 1];
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        enum bw_file_type type;
        struct bw_str path;
        bool is = bw_tar_whiteout(bw_str(table[i].from), buffer, &type, &path);
        assert_int_equal(is, table[i].type >= 0);
        if (!is)
            continue;
        assert_int_equal(type, table[i].type);
        assert_true(bw_str_eq(path, bw_str(table[i].to)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_normalised),
        cmocka_unit_test(whiteouts_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
