/* The cases of BuildKit's own tests, where they are at hand. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "extract/dockerfile-expand.h"
#include "extract/dockerfile-lines.h"
#include "extract/dockerfile-syntax.h"

#define DATA "../shared/data/dockerfile/"

static bool read_file(const char *path, struct bw_buf *buf)
{
    FILE *file = fopen(path, "rb");
    char block[4096];
    for (size_t n; file && (n = fread(block, 1, sizeof block, file));)
        bw_buf_add(buf, block, n);
    if (file)
        fclose(file);
    return file;
}

/* Go's strconv.Quote of what is in the data. */
static void quote(struct bw_buf *out, struct bw_str s)
{
    static const char names[] = "\aa\bb\ff\nn\rr\tt\vv\"\"\\\\";
    bw_buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        const char *name = s.p[i] ? strchr(names, s.p[i]) : NULL;
        if (name && (name - names) % 2 == 0)
            bw_buf_printf(out, "\\%c", name[1]);
        else if ((uint8_t)s.p[i] < ' ')
            bw_buf_printf(out, "\\x%02x", s.p[i]);
        else
            bw_buf_byte(out, (uint8_t)s.p[i]);
    }
    bw_buf_byte(out, '"');
}

static void lower(struct bw_buf *out, struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        bw_buf_byte(out, (uint8_t)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]));
}

/* Node.Dump of BuildKit's parser. */
static void dump(struct bw_buf *out, const struct bw_dockerfile_instruction *it)
{
    bool pairs = it->keyword == BW_DOCKERFILE_ENV || it->keyword == BW_DOCKERFILE_LABEL;
    bw_buf_str(out, it->onbuild.text.n ? BW_STR("(onbuild (") : BW_STR("("));
    lower(out, it->original.text);
    for (size_t i = 0; i < it->flags.n; i++) {
        bw_buf_str(out, i ? BW_STR(" ") : BW_STR(" ["));
        quote(out, it->flags.v[i].text);
    }
    bw_buf_str(out, it->flags.n ? BW_STR("]") : BW_STR(""));
    for (size_t i = 0; i < it->args.n; i++) {
        bw_buf_byte(out, ' ');
        quote(out, it->args.v[i].text);
        if (pairs && i % 2 == 1)
            bw_buf_str(out, it->legacy ? BW_STR(" \"\"") : BW_STR(" \"=\""));
    }
    bw_buf_str(out, it->onbuild.text.n ? BW_STR("))\n") : BW_STR(")\n"));
}

/* 0, or what the parser says against the text. */
static int parse(struct bw_str text, struct bw_buf *out)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    struct bw_dockerfile_instruction it = {0};
    struct bw_dockerfile_lines lines;
    struct bw_dockerfile_line line;
    size_t n = 0;
    int rc;
    bw_dockerfile_lines_open(&lines, text, NULL);
    while ((rc = bw_dockerfile_lines_next(&lines, &line, NULL)) == 1) {
        rc = bw_dockerfile_parse(&it, line.text, lines.escape, arena, NULL);
        if (rc)
            break;
        dump(out, &it);
        n++;
    }
    bw_dockerfile_lines_close(&lines);
    bw_dockerfile_instruction_free(&it);
    bw_arena_free(arena);
    return rc ? rc : n ? 0 : BW_EFORMAT;
}

/* Calls one for each folder; the number of them, 0 where the data is absent. */
static size_t each_case(const char *folder, void (*one)(const char *folder, const char *name))
{
    DIR *dir = opendir(folder);
    size_t n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.') {
            one(folder, entry->d_name);
            n++;
        }
    if (dir)
        closedir(dir);
    if (!n) {
        print_message("# SKIP: no %s\n", folder);
        skip();
    }
    return n;
}

static void pair(const char *folder, const char *name)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_buf want BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_buf got BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    char path[1024];
    snprintf(path, sizeof path, "%s%s/Dockerfile", folder, name);
    assert_true(read_file(path, &text));
    snprintf(path, sizeof path, "%s%s/result", folder, name);
    assert_true(read_file(path, &want));
    assert_int_equal(parse(bw_buf_slice(&text), &got), 0);
    bw_buf_byte(&want, 0);
    bw_buf_byte(&got, 0);
    if (strcmp((char *)want.p, (char *)got.p) != 0)
        print_message("# %s\n", name);
    assert_string_equal((char *)want.p, (char *)got.p);
}

static void negative(const char *folder, const char *name)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_buf got BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    char path[1024];
    snprintf(path, sizeof path, "%s%s/Dockerfile", folder, name);
    assert_true(read_file(path, &text));
    if (parse(bw_buf_slice(&text), &got) == 0)
        fail_msg("%s was taken", name);
}

static void parses_what_buildkit_parses(void **state)
{
    (void)state;
    each_case(DATA "parser/", pair);
}

static void refuses_what_buildkit_refuses(void **state)
{
    (void)state;
    each_case(DATA "parser-negative/", negative);
}

/* --- expansion --- */

struct variables {
    struct bw_str v[64]; /* NAME=VALUE; the last one of a name counts */
    size_t n;
};

static enum bw_expand_answer get(void *ctx, struct bw_str name, struct bw_str *ret_value)
{
    const struct variables *variables = ctx;
    for (size_t i = variables->n; i-- > 0;) {
        struct bw_str pair = variables->v[i];
        if (!bw_str_starts(pair, name) || pair.n <= name.n || pair.p[name.n] != '=')
            continue;
        *ret_value = bw_str_from(pair, name.n + 1);
        return BW_EXPAND_SET;
    }
    return BW_EXPAND_UNSET;
}

static void word_case(struct variables *variables, struct bw_str line, size_t *n)
{
    const struct bw_expand expand = {.escape = '\\', .ctx = variables, .get = get};
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_str platform = {0}, source = {0}, want = {0};
    struct bw_str rest = line;
    bw_str_split(&rest, '|', &platform);
    bw_str_split(&rest, '|', &source);
    bw_str_split(&rest, '|', &want);
    if (bw_str_eq(bw_str_trim(platform), BW_STR("W")))
        return;
    bool failed = bw_expand_word(&expand, bw_str_trim(source), &out, NULL);
    struct bw_str got = failed ? BW_STR("error") : bw_buf_slice(&out);
    if (!bw_str_eq(got, bw_str_trim(want)))
        fail_msg("%" BW_STR_F ": got %" BW_STR_F, BW_STR_A(line), BW_STR_A(got));
    ++*n;
}

static void expands_words_as_buildkit(void **state)
{
    (void)state;
    struct variables variables = {
        .v = {BW_STR("PWD=/home"), BW_STR("SHELL=bash"), BW_STR("KOREAN=한국어"), BW_STR("NULL=")},
        .n = 4};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    size_t n = 0;
    if (!read_file(DATA "envVarTest", &text)) {
        print_message("# SKIP: no " DATA "envVarTest\n");
        skip();
    }
    struct bw_str rest = bw_buf_slice(&text), line;
    while (bw_str_line(&rest, &line))
        if (bw_str_trim(line).n && !bw_str_starts(line, BW_STR("#")))
            word_case(&variables, line, &n);
    assert_true(n > 200);
}

static void words_case(struct variables *variables, struct bw_str line)
{
    const struct bw_expand expand = {.escape = '\\', .ctx = variables, .get = get};
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_buf got BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_expand_parts parts = {0};
    size_t bar = bw_str_find(line, '|');
    assert_true(bar != SIZE_MAX);
    struct bw_str want = bw_str_from(line, bar + 1);
    while (bw_str_starts(want, BW_STR(" ")))
        want = bw_str_from(want, 1);
    if (bw_expand_words(&expand, bw_str_trim(bw_str_take(line, bar)), &out, &parts, NULL)) {
        bw_buf_str(&got, BW_STR("error"));
        parts.n = 0;
    }
    for (size_t i = 0; i < parts.n; i++) {
        bw_buf_str(&got, i ? BW_STR(",") : BW_STR(""));
        bw_buf_add(&got, out.p + parts.v[i].start, parts.v[i].end - parts.v[i].start);
    }
    BW_VEC_FREE(&parts);
    if (!bw_str_eq(bw_buf_slice(&got), want))
        fail_msg("%" BW_STR_F ": got %" BW_STR_F, BW_STR_A(line), BW_STR_A(bw_buf_slice(&got)));
}

static void splits_words_as_buildkit(void **state)
{
    (void)state;
    struct variables variables = {0};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    size_t n = 0;
    if (!read_file(DATA "wordsTest", &text)) {
        print_message("# SKIP: no " DATA "wordsTest\n");
        skip();
    }
    struct bw_str rest = bw_buf_slice(&text), line;
    while (bw_str_line(&rest, &line)) {
        if (!bw_str_trim(line).n || bw_str_starts(line, BW_STR("#")))
            continue;
        if (bw_str_starts(line, BW_STR("ENV ")))
            variables.v[variables.n++] = bw_str_from(line, 4);
        else
            words_case(&variables, line);
        n++;
    }
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_buildkit_parses),
        cmocka_unit_test(refuses_what_buildkit_refuses),
        cmocka_unit_test(expands_words_as_buildkit),
        cmocka_unit_test(splits_words_as_buildkit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
