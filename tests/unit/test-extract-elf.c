/* The files are those of the fuzz corpus, which tests/tools/make-elf writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"

#define CORPUS "fuzz/corpus/elf/"
#define BARE   "elf program static"

static struct collected got;

static void load(const char *name, struct bw_buf *ret_bytes)
{
    char path[256];
    struct bw_err err = {0};
    snprintf(path, sizeof path, CORPUS "%s", name);
    *ret_bytes = BW_BUF(COLLECT_MAX);
    assert_int_equal(bw_fd_slurp_path(path, ret_bytes, &err), 0);
}

static void expect_file(const char *name, const char *as, const char *want)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = {0};
    load(name, &bytes);
    assert_string_equal(collect(&got, as, bytes.p, bytes.n), want);
}

#define MODULE(path, version) "package " path " " version " source " path " " version " line 0:\n"

#define GO_MODULES                                                                                 \
    "package example.org/c v1.2.4 source example.org/c v1.2.4 checksum h1:y= line 0:\n" MODULE(    \
        "example.org/a", "v3.0.1")

/* The replaced module, and the main one with the version that the linker was told. */
static void go_modules_of_both_formats(void **state)
{
    (void)state;
    static const struct {
        const char *name, *version;
    } cases[] = {{"go-inline", "1.21.3"},
                 {"go-inline-bare", "1.22.0-rc.1"},
                 {"go-pointers-64", "1.16"},
                 {"go-pointers-32-big", "1.17.1"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char want[512];
        snprintf(want, sizeof want,
                 BARE " go relro none\npackage stdlib %s source stdlib %s line 0:\n" GO_MODULES,
                 cases[i].version, cases[i].version);
        expect_file(cases[i].name, "usr/bin/a", want);
    }
}

static void rust_crates(void **state)
{
    (void)state;
    expect_file(
        "rust", "usr/bin/a",
        BARE " relro none\npackage b 1.0.2 source b 1.0.2 needs c line 0:\n" MODULE("c", "2.0.0"));
    expect_file(
        "rust-panics", "usr/bin/a",
        BARE " relro none\n" MODULE("smallvec", "1.6.1") MODULE(
            "wasm-bindgen",
            "0.2.80-alpha.1") "note usr/bin/a: a Rust program without a list of its crates (cargo "
                              "auditable): 2 "
                              "were recognised by the file names in it, others may be missing\n");
}

static void damaged_crates_are_a_gap(void **state)
{
    (void)state;
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = {0};
    load("rust", &bytes);
    bytes.p[140] ^= 0xff;
    const char *text = collect(&got, "usr/bin/a", bytes.p, bytes.n);
    assert_non_null(strstr(text, "blocking usr/bin/a: the list of crates (.dep-v0) is unreadable"));
    assert_int_equal(got.packages, 0);
}

/* One file holds the literals of many products; its name says which are looked for. */
static void products_by_name_and_literal(void **state)
{
    (void)state;
    static const struct {
        const char *as, *product, *version;
    } cases[] = {
        {"usr/sbin/nginx", "nginx", "1.25.3"},
        {"usr/local/bin/redis-server", "redis", "7.0.15"},
        {"usr/lib/libpython3.11.so.1.0", "python", "3.11.2"},
        {"opt/bin/minio", "minio", "2023.12.20"},
        {"usr/sbin/sshd", "openssh", "9.2p1"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        char want[256];
        snprintf(want, sizeof want, BARE " relro none\npackage %s %s source %s %s line 0:\n",
                 cases[i].product, cases[i].version, cases[i].product, cases[i].version);
        expect_file("products", cases[i].as, want);
    }
    expect_file("sqlite", "usr/lib/libsqlite3.so.0",
                BARE " relro none\n" MODULE("sqlite", "3.40.1"));
    expect_file("products", "usr/bin/other", BARE " relro none\n");
    expect_file("products", "usr/lib/libpython3.9.so.1.0", BARE " relro none\n");
}

static void files_that_tell_a_version(void **state)
{
    (void)state;
    assert_string_equal(collect_str(&got, "opt/jdk/release", "A=1\nJAVA_VERSION=\"1.8.0_392\"\n"),
                        MODULE("java", "8.0.392"));
    assert_string_equal(collect_str(&got, "opt/jdk/release", "JAVA_VERSION=\"17.0.9\"\n"),
                        MODULE("java", "17.0.9"));
    assert_string_equal(collect_str(&got, "opt/jdk/release", "JAVA_VERSION=\"21\"\n"),
                        MODULE("java", "21.0.0"));
    assert_string_equal(collect_str(&got, "usr/local/go/VERSION", "go1.22rc1\ntime 2024\n"),
                        MODULE("golang", "1.22-rc1"));
    assert_string_equal(collect_str(&got, "srv/wp-includes/version.php", "$wp_version = '6.4.1';"),
                        MODULE("wordpress", "6.4.1"));
    assert_string_equal(collect_str(&got, "opt/jdk/release", "something else"), "");
}

static void built_by_a_compiler(void **state)
{
    (void)state;
    expect_file("hello-64", "usr/bin/hello", "elf program pie nx relro partial\n");
}

/* Every cut of a file is a file: never a crash, and never a package that is not in it. */
static void cut_and_foreign_files(void **state)
{
    (void)state;
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = {0};
    load("go-pointers-64", &bytes);
    for (size_t n = 64; n < bytes.n; n++)
        (void)collect(&got, "usr/bin/a", bytes.p, n);
    assert_string_equal(collect(&got, "usr/bin/a", bytes.p, 100),
                        "note usr/bin/a: an ELF file that cannot be loaded: the program headers do "
                        "not lie within the file\n");
    bytes.p[16] = 1; /* an object file */
    assert_null(bw_parser_sniff(bytes.p, bytes.n));
    assert_null(bw_parser_sniff(bytes.p, 20));
}

static int end(void **state)
{
    (void)state;
    bw_buf_free(&got.text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_modules_of_both_formats),
        cmocka_unit_test(rust_crates),
        cmocka_unit_test(damaged_crates_are_a_gap),
        cmocka_unit_test(products_by_name_and_literal),
        cmocka_unit_test(files_that_tell_a_version),
        cmocka_unit_test(built_by_a_compiler),
        cmocka_unit_test(cut_and_foreign_files),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
