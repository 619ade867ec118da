/*
 * Certificates that are made, renewed and taken up, on a clock of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "enforce/certificate.h"
#include "wrap/x509.h"

#define DAY ((int64_t)86400)

static char dir[64];
static struct bw_service_certificate got;
static int64_t start;

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/bw-certificate-XXXXXX");
    start = bw_clock_wall();
    got = (struct bw_service_certificate){.chain_pem = BW_BUF((size_t)1 << 20),
                                          .key_pem = BW_BUF((size_t)1 << 20),
                                          .trouble = BW_BUF(512)};
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_dir(void **state)
{
    (void)state;
    bw_buf_free(&got.chain_pem);
    bw_buf_free(&got.key_pem);
    bw_buf_free(&got.trouble);
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct bw_certificate *new_certificate(const char *extra)
{
    struct bw_str names[] = {BW_STR("Gate.example"), BW_STR("127.0.0.1"), BW_STR("0::1"),
                             bw_str(extra)};
    struct bw_certificate_options options = {
        .directory = dir, .names = names, .names_n = extra ? 4 : 3};
    struct bw_certificate *c = NULL;
    assert_int_equal(bw_certificate_new(&options, &c, NULL), 0);
    return c;
}

/* Whether there is another one. */
static bool look(struct bw_certificate *c, int64_t now)
{
    struct bw_err err = {0};
    bool changed = false;
    bw_buf_clear(&got.chain_pem);
    bw_buf_clear(&got.key_pem);
    bw_buf_clear(&got.trouble);
    if (bw_certificate_look(c, now, &got, &changed, &err))
        fail_msg("%s", err.msg);
    return changed;
}

static size_t count(struct bw_str bundle)
{
    struct bw_x509_about about;
    bool bad = false;
    size_t n = 0;
    while (bw_x509_next(&bundle, &about, NULL, &bad))
        n++;
    assert_false(bad);
    return n;
}

static void path_to(const char *name, char path[256])
{
    assert_in_range(snprintf(path, 256, "%s/%s", dir, name), 1, 255);
}

static void put(const char *name, struct bw_str bytes)
{
    char path[256];
    path_to(name, path);
    assert_int_equal(bw_fd_replace_file(path, bytes.p, bytes.n, 0644, NULL), 0);
}

static void an_empty_directory_is_filled(void **state)
{
    (void)state;
    struct bw_certificate *c = new_certificate(NULL);
    assert_true(look(c, start));
    assert_int_equal(got.trouble.n, 0);
    struct bw_x509_about about;
    struct bw_buf names = BW_BUF(4096);
    struct bw_str rest = bw_buf_slice(&got.chain_pem);
    bool bad = false;
    assert_true(bw_x509_next(&rest, &about, &names, &bad));
    assert_false(about.ca);
    assert_int_equal(about.not_after, start + 90 * DAY);
    assert_true(bw_str_eq(bw_buf_slice(&names), BW_STR("gate.example\n127.0.0.1\n::1\n")));
    assert_true(bw_x509_is_pair(bw_buf_slice(&got.chain_pem), bw_buf_slice(&got.key_pem)));
    assert_true(bw_x509_is_signed_by(bw_buf_slice(&got.chain_pem), bw_certificate_authorities(c)));
    static const char *const files[] = {"ca.pem", "ca.key", "tls.crt", "tls.key"};
    for (size_t i = 0; i < BW_ARRAY_LEN(files); i++) {
        char path[256];
        struct stat st;
        path_to(files[i], path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_false(look(c, start + DAY));
    bw_certificate_free(c);
    /* Another process takes up what is there. */
    c = new_certificate(NULL);
    assert_true(look(c, start + DAY));
    bw_certificate_free(c);
    bw_buf_free(&names);
}

static void it_is_made_anew_in_time(void **state)
{
    (void)state;
    struct bw_certificate *c = new_certificate(NULL);
    assert_true(look(c, start));
    assert_false(look(c, start + 59 * DAY));
    assert_true(look(c, start + 61 * DAY));
    assert_int_equal(bw_certificate_expires(c), start + 151 * DAY);
    assert_int_equal(count(bw_certificate_authorities(c)), 1);
    /* A clock that was wrong, and is set back: what is not valid yet is made anew. */
    assert_true(look(c, start + 500 * DAY));
    assert_true(look(c, start));
    bw_certificate_free(c);
    /* Other names. */
    c = new_certificate("other.example");
    assert_true(look(c, start));
    assert_false(look(c, start));
    bw_certificate_free(c);
}

static void authorities_overlap(void **state)
{
    (void)state;
    struct bw_certificate *c = new_certificate(NULL);
    assert_true(look(c, start));
    int64_t late = start + BW_CERTIFICATE_CA_LIFE_S / 3 * 2 + DAY;
    assert_true(look(c, late - 50 * DAY));
    assert_int_equal(count(bw_certificate_authorities(c)), 1);
    /* The new authority is offered while the old one's certificate is served. */
    assert_false(look(c, late));
    assert_int_equal(count(bw_certificate_authorities(c)), 2);
    assert_true(look(c, late + 50 * DAY));
    assert_int_equal(count(bw_certificate_authorities(c)), 2);
    assert_true(bw_x509_is_signed_by(bw_buf_slice(&got.chain_pem), bw_certificate_authorities(c)));
    bw_certificate_free(c);
}

static void what_a_crash_leaves_is_mended(void **state)
{
    (void)state;
    struct bw_certificate *c = new_certificate(NULL);
    char path[256];
    assert_true(look(c, start));
    path_to("tls.crt", path);
    assert_int_equal(unlink(path), 0);
    assert_true(look(c, start));
    put("tls.key", BW_STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
    assert_true(look(c, start));
    put("ca.pem", BW_STR("garbage"));
    assert_true(look(c, start));
    assert_true(bw_x509_is_pair(bw_buf_slice(&got.chain_pem), bw_buf_slice(&got.key_pem)));
    /* A bundle with a new authority whose key was never written: the old key goes on. */
    struct bw_x509_made made = {BW_BUF(8192), BW_BUF(8192)};
    assert_int_equal(bw_x509_make_ca("x", start, DAY, &made, NULL), 0);
    bw_buf_str(&made.certificate_pem, bw_certificate_authorities(c));
    put("ca.pem", bw_buf_slice(&made.certificate_pem));
    assert_false(look(c, start));
    assert_int_equal(count(bw_certificate_authorities(c)), 2);
    bw_buf_free(&made.certificate_pem);
    bw_buf_free(&made.key_pem);
    bw_certificate_free(c);
}

/* As the kubelet does: a directory beside, and a link that is renamed over another. */
static void somebody_elses_is_only_looked_at(void **state)
{
    (void)state;
    struct bw_x509_made ca = {BW_BUF(8192), BW_BUF(8192)};
    assert_int_equal(bw_x509_make_ca("theirs", start, 3650 * DAY, &ca, NULL), 0);
    struct bw_str name = BW_STR("gate.example");
    struct bw_certificate *c = new_certificate(NULL);
    for (int round = 0; round < 2; round++) {
        struct bw_x509_made made = {BW_BUF(8192), BW_BUF(8192)};
        char inner[128], link[256], data[256];
        assert_int_equal(bw_x509_make_server(bw_buf_slice(&ca.certificate_pem),
                                             bw_buf_slice(&ca.key_pem), &name, 1, start, 10 * DAY,
                                             &made, NULL),
                         0);
        snprintf(inner, sizeof inner, "%s/..%d", dir, round);
        assert_int_equal(mkdir(inner, 0755), 0);
        snprintf(inner, sizeof inner, "..%d/tls.crt", round);
        put(inner, bw_buf_slice(&made.certificate_pem));
        snprintf(inner, sizeof inner, "..%d/tls.key", round);
        put(inner, bw_buf_slice(&made.key_pem));
        path_to("..data", data);
        path_to("..next", link);
        snprintf(inner, sizeof inner, "..%d", round);
        assert_int_equal(symlink(inner, link), 0);
        assert_int_equal(rename(link, data), 0);
        if (round == 0) {
            path_to("tls.crt", link);
            assert_int_equal(symlink("..data/tls.crt", link), 0);
            path_to("tls.key", link);
            assert_int_equal(symlink("..data/tls.key", link), 0);
        }
        assert_true(look(c, start));
        assert_true(bw_str_eq(bw_buf_slice(&got.chain_pem), bw_buf_slice(&made.certificate_pem)));
        assert_false(look(c, start + 9 * DAY));
        assert_int_equal(got.trouble.n, 0);
        bw_buf_free(&made.certificate_pem);
        bw_buf_free(&made.key_pem);
    }
    assert_false(look(c, start + 11 * DAY));
    bw_buf_byte(&got.trouble, 0);
    assert_non_null(strstr((char *)got.trouble.p, "has expired"));
    char path[256];
    path_to("ca.key", path);
    assert_int_equal(access(path, F_OK), -1);
    /* Half of a change is no certificate, and the old one stays. */
    bool changed = false;
    path_to("tls.key", path);
    assert_int_equal(unlink(path), 0);
    put("tls.key", bw_buf_slice(&ca.key_pem));
    assert_int_equal(bw_certificate_look(c, start, &got, &changed, NULL), BW_EFORMAT);
    assert_false(changed);
    bw_certificate_free(c);
    bw_buf_free(&ca.certificate_pem);
    bw_buf_free(&ca.key_pem);
}

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a b", "a,DNS:evil", "x\n", "dirName:x", "a/b"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        struct bw_str name = bw_str(bad[i]);
        struct bw_certificate_options options = {.directory = dir, .names = &name, .names_n = 1};
        struct bw_certificate *c = NULL;
        assert_int_equal(bw_certificate_new(&options, &c, NULL), BW_EFORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_directory_is_filled, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(it_is_made_anew_in_time, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(authorities_overlap, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_a_crash_leaves_is_mended, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(somebody_elses_is_only_looked_at, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(names_are_checked, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
