#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/secret.h"
#include "wrap/crc32.h"

#define TOKENS_MAX 200
#define TOKEN_SIZE 41

static struct bw_secret_scanner *scanner;
static struct bw_buf said = {.max = (size_t)1 << 20};

/* A token with a valid checksum, different for each number. */
static struct bw_str token(unsigned number)
{
    static char tokens[TOKENS_MAX][TOKEN_SIZE];
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char *t = tokens[number % TOKENS_MAX];
    snprintf(t, TOKEN_SIZE, "%s%s%03uZkTq7YcR2mWvB8nLxJ4sHdG6f3A", "gh", "p_", number);
    uint32_t crc = bw_crc32(0, t + 4, 30);
    for (int i = 39; i >= 34; i--, crc /= 62)
        t[i] = digits[crc % 62];
    t[40] = 0;
    return bw_str_n(t, 40);
}

static int on_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    const struct bw_secret *s = &fact->secret;
    (void)ctx, (void)err;
    assert_int_equal(fact->kind, BW_FACT_SECRET);
    bw_buf_printf(&said, "%" BW_STR_F ":%u:%u %" BW_STR_F " %s %" BW_STR_F "%s x%u\n",
                  BW_STR_A(fact->place.path), fact->place.line, s->column, BW_STR_A(s->rule),
                  bw_severity_name(s->severity), BW_STR_A(s->match), s->encoded ? " encoded" : "",
                  s->count);
    return 0;
}

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx;
    bw_buf_printf(&said, "%s %" BW_STR_F " %" BW_STR_F ": %" BW_STR_F "\n",
                  bw_gap_class_name(class), BW_STR_A(where), BW_STR_A(what), BW_STR_A(why));
}

static const struct bw_extract_sink sink = {.fact = on_fact, .gap = on_gap};

/* What the scanner says of bytes that come in blocks of a size. */
static const char *scan(const char *path, struct bw_str bytes, uint64_t size, size_t block)
{
    struct bw_err err = {0};
    bw_buf_clear(&said);
    bw_secret_begin(scanner, bw_str(path), size);
    for (size_t i = 0; i < bytes.n; i += block) {
        /* On the heap and no longer than told, so that a read past the end is seen. */
        size_t n = bytes.n - i < block ? bytes.n - i : block;
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, bytes.p + i, n);
        assert_int_equal(bw_secret_feed(scanner, copy, n, &err), 0);
        free(copy);
    }
    assert_int_equal(bw_secret_end(scanner, &sink, &err), 0);
    bw_buf_byte(&said, 0);
    assert_false(bw_buf_failed(&said));
    return (const char *)said.p;
}

static const char *scan_str(const char *path, const char *text)
{
    size_t n = strlen(text);
    return scan(path, bw_str(text), n, n ? n : 1);
}

static void findings_have_places(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text, "a\nb = '%.40s'\r\n\n  x: %.40s\n%.40s", token(1).p, token(2).p,
             token(1).p);
    assert_string_equal(scan_str("srv/x", text),
                        "srv/x:2:6 github-pat critical ghp_************************ x2\n"
                        "srv/x:4:6 github-pat critical ghp_************************ x1\n");
    assert_string_equal(scan_str("srv/x", ""), "");
    assert_string_equal(scan_str("srv/x", "nothing at all\n"), "");
}

/* Filler of lines that is no base64 run, with tokens at the offsets. */
static void fill(struct bw_buf *buf, size_t n, const size_t *at, size_t count)
{
    for (size_t i = 0; buf->n < n;) {
        if (i < count && buf->n + 2 >= at[i]) {
            bw_buf_printf(buf, "%s\n", token((unsigned)i).p);
            i++;
        } else {
            bw_buf_str(buf, BW_STR("z\n"));
        }
    }
    assert_false(bw_buf_failed(buf));
}

static void blocks_make_no_difference(void **state)
{
    (void)state;
    static const size_t at[] = {0,      4090,   262100, 262144, 266240, 266250, 278520, 282600,
                                282624, 300000, 520000, 524270, 524288, 544760, 786400, 799990};
    static const size_t blocks[] = {977, 4096, 65537, 262144, 300001};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)2 << 20);
    fill(&buf, 800000, at, BW_ARRAY_LEN(at));
    char *whole = strdup(scan("srv/x", bw_buf_slice(&buf), buf.n, buf.n));
    assert_non_null(whole);
    size_t lines = 0;
    for (const char *p = whole; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, BW_ARRAY_LEN(at));
    for (size_t i = 0; i < BW_ARRAY_LEN(blocks); i++) {
        assert_string_equal(scan("srv/x", bw_buf_slice(&buf), buf.n, blocks[i]), whole);
        assert_string_equal(scan("srv/x", bw_buf_slice(&buf), BW_SECRET_SIZE_UNKNOWN, blocks[i]),
                            whole);
    }
    free(whole);
}

static void put_base64(struct bw_buf *out, struct bw_str in, size_t line)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = (const uint8_t *)in.p;
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < in.n ? (uint32_t)p[i + 1] << 8 : 0) |
                        (i + 2 < in.n ? p[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            bw_buf_byte(out, i + k <= in.n ? (uint8_t)letters[bits >> (18 - 6 * k) & 63] : '=');
        if (line && (i + 3) % line == 0)
            bw_buf_byte(out, '\n');
    }
}

static void base64_is_looked_into(void **state)
{
    (void)state;
    char text[128];
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    snprintf(text, sizeof text, "user=app password_file=x token=%.40s end", token(3).p);
    bw_buf_str(&buf, BW_STR("first\nk: "));
    put_base64(&buf, bw_str(text), 0);
    assert_string_equal(scan("srv/x", bw_buf_slice(&buf), buf.n, buf.n),
                        "srv/x:2:4 github-pat critical ghp_************************ encoded x1\n");
    bw_buf_clear(&buf);
    put_base64(&buf, bw_str(text), 48); /* the token goes over the end of a line */
    assert_string_equal(scan("srv/x", bw_buf_slice(&buf), buf.n, buf.n),
                        "srv/x:1:1 github-pat critical ghp_************************ encoded x1\n");
    /* One level: base64 of base64 is not looked into. */
    struct bw_buf twice BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    put_base64(&twice, bw_buf_slice(&buf), 0);
    assert_string_equal(scan("srv/x", bw_buf_slice(&twice), twice.n, twice.n), "");
}

static void long_base64_is_decoded_in_pieces(void **state)
{
    (void)state;
    static const size_t at[] = {10, 49100, 65500, 86016, 150000, 196608, 210000, 400000, 599990};
    static const size_t lines[] = {0, 57};
    struct bw_buf plain BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)2 << 20);
    fill(&plain, 600000, at, BW_ARRAY_LEN(at));
    for (size_t i = 0; i < BW_ARRAY_LEN(lines); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 20);
        put_base64(&buf, bw_buf_slice(&plain), lines[i]);
        for (size_t block = 5000; block <= buf.n; block = block * 7 < buf.n ? block * 7 : buf.n) {
            size_t found = 0;
            for (const char *p = scan("srv/x", bw_buf_slice(&buf), buf.n, block);
                 (p = strstr(p, "encoded x1\n")); p++)
                found++;
            assert_int_equal(found, BW_ARRAY_LEN(at));
            if (block == buf.n)
                break;
        }
    }
}

static void the_number_is_bounded(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    for (unsigned i = 0; i < BW_SECRET_FINDINGS_MAX + 5; i++)
        bw_buf_printf(&buf, "%s\n", token(i).p);
    const char *got = scan("srv/x", bw_buf_slice(&buf), buf.n, 1000);
    const char *gap = strstr(got, "blocking srv/x secrets: more different secrets than");
    assert_non_null(gap);
    size_t lines = 0;
    for (const char *p = got; p < gap; p = strchr(p, '\n') + 1)
        lines++;
    assert_int_equal(lines, BW_SECRET_FINDINGS_MAX);
    /* The next file is not touched by it. */
    assert_string_equal(scan_str("srv/y", "nothing"), "");
}

static void values_are_masked(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text, "%.40s\nDB_PASSWORD=\"Xy7!kkeQ2\"\ntoken_%.37s\n", token(9).p,
             token(10).p + 3);
    scan_str("srv/.env", text);
    assert_null(memmem(said.p, said.n, token(9).p + 4, 5));
    assert_null(memmem(said.p, said.n, "Xy7", 3));
    assert_non_null(memmem(said.p, said.n, "ghp_***", 7));
}

static void samples_are_silent(void **state)
{
    (void)state;
    const char *generic = "api_key = \"q7Xm2kZp9vRb4tYw8sLd\"\n";
    assert_string_equal(scan_str("srv/conf.py", generic),
                        "srv/conf.py:1:12 generic-api-key medium ******************** x1\n");
    assert_string_equal(scan_str("usr/share/doc/x/conf.py", generic), "");
    assert_string_equal(scan_str("srv/tests/conf.py", generic), "");
    assert_string_equal(scan_str("app/node_modules/x/README.md", generic), "");
    assert_string_equal(scan_str("srv/x", "api_key = \"your_api_key_2x7Q9\"\n"), "");
    assert_string_equal(scan_str("srv/x", "key AKIAIOSFODNN7"
                                          "EXAMPLE\n"),
                        "");
    /* What proves itself speaks everywhere. */
    assert_string_equal(scan_str("srv/tests/conf.py", token(4).p),
                        "srv/tests/conf.py:1:1 github-pat critical "
                        "ghp_************************ x1\n");
    /* Words as passwords: silent in libraries alone. */
    assert_string_equal(scan_str("srv/x", "postgres://bob:"
                                          "mouse@db/x\n"),
                        "srv/x:1:16 postgres-url high ***** x1\n");
    assert_string_equal(scan_str("usr/lib/python3/dist-packages/x.py", "postgres://bob:"
                                                                       "mouse@db/x\n"),
                        "");
}

static void binaries_hold_tokens_and_no_names(void **state)
{
    (void)state;
    char text[256] = "\x7f"
                     "ELF\0api_key = \"q7Xm2kZp9vRb4tYw8sLd\"";
    memcpy(text + 64, token(5).p, 40);
    assert_string_equal(scan("bin/x", bw_str_n(text, sizeof text), sizeof text, sizeof text),
                        "bin/x:1:65 github-pat critical ghp_************************ x1\n");
}

static void texts_are_variables(void **state)
{
    (void)state;
    struct bw_err err = {0};
    bw_buf_clear(&said);
    char redacted[] = "ADMIN_SECRET=k3vX9qLm2w run k3vX9qLm2w";
    assert_int_equal(
        bw_secret_text(scanner, BW_STR("environment"), bw_str(redacted), NULL, &sink, &err), 0);
    struct bw_str text = BW_STR("ADMIN_SECRET=k3vX9qLm2w run k3vX9qLm2w");
    bw_buf_clear(&said);
    assert_int_equal(bw_secret_text(scanner, BW_STR("environment"), text, redacted, &sink, &err),
                     0);
    assert_null(strstr(redacted, "k3vX"));
    assert_int_equal(strlen(redacted), text.n);
    assert_int_equal(bw_secret_text(scanner, BW_STR("environment"),
                                    BW_STR("GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D"),
                                    NULL, &sink, &err),
                     0);
    assert_int_equal(bw_secret_text(scanner, BW_STR("environment"), BW_STR(""), NULL, &sink, &err),
                     0);
    bw_buf_byte(&said, 0);
    assert_string_equal((char *)said.p, "environment:1:14 variable-secret high ********** x1\n");
}

static void a_file_may_be_given_up(void **state)
{
    (void)state;
    struct bw_err err = {0};
    bw_secret_begin(scanner, BW_STR("srv/a"), BW_SECRET_SIZE_UNKNOWN);
    assert_int_equal(bw_secret_feed(scanner, (const uint8_t *)token(6).p, 20, &err), 0);
    assert_string_equal(scan_str("srv/b", token(6).p + 20), "");
    /* In the middle of a run of base64, of which a part is decoded. */
    struct bw_buf plain BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_buf run BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    const size_t at[] = {205000};
    fill(&plain, 300000, at, 1);
    put_base64(&run, bw_buf_slice(&plain), 0);
    bw_secret_begin(scanner, BW_STR("srv/a"), BW_SECRET_SIZE_UNKNOWN);
    assert_int_equal(bw_secret_feed(scanner, run.p, 290000, &err), 0);
    assert_string_equal(scan("srv/b", bw_str_n(run.p + 280000, 100), 100, 100), "");
}

/* Linear time: a quadratic scanner would not be done within the test's time. */
static void long_lines_are_endured(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",    "eyJ",      "password=",     "-----BEGIN ",
                                         "AKIA", "sk-",      "postgres://a:", "api_key=\"",
                                         "\\",   "{\"d\":\""};
    for (size_t i = 0; i < BW_ARRAY_LEN(pieces); i++) {
        struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)8 << 20);
        while (buf.n < (size_t)2 << 20)
            bw_buf_str(&buf, bw_str(pieces[i]));
        assert_string_equal(scan("srv/x", bw_buf_slice(&buf), buf.n, 262144), "");
    }
}

static int set_up(void **state)
{
    struct bw_err err = {0};
    (void)state;
    return bw_secret_scanner_new(&scanner, &err);
}

static int tear_down(void **state)
{
    (void)state;
    bw_secret_scanner_freep(&scanner);
    bw_buf_free(&said);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_have_places),
        cmocka_unit_test(blocks_make_no_difference),
        cmocka_unit_test(base64_is_looked_into),
        cmocka_unit_test(long_base64_is_decoded_in_pieces),
        cmocka_unit_test(the_number_is_bounded),
        cmocka_unit_test(values_are_masked),
        cmocka_unit_test(samples_are_silent),
        cmocka_unit_test(binaries_hold_tokens_and_no_names),
        cmocka_unit_test(texts_are_variables),
        cmocka_unit_test(a_file_may_be_given_up),
        cmocka_unit_test(long_lines_are_endured),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
