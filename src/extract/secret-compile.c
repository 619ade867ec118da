/*
 * secret-compile: compiles the patterns of the secret rules, when bulwark is built.
 *
 *     secret-compile SET.bin SET.c
 *
 * SET.bin is the serialised set; SET.c takes it in, with the length of each rule's longest match.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/secret-rule.h"
#include "wrap/pcre2.h"
#include "wrap/vectorscan-compile.h"

#define SET_MAX ((size_t)64 << 20)

static void fail(const char *id, const char *why)
{
    fprintf(stderr, "secret-compile: %s: %s\n", id, why);
    exit(1);
}

/* Both engines take the pattern, and a group is there or the whole is the value. */
static void check_rule(const struct bw_secret_rule *rule)
{
    struct bw_err err = {0};
    struct bw_regex *regex BW_CLEANUP(bw_regex_freep) = NULL;
    if (bw_regex_compile(&regex, rule->pattern, &err))
        fail(rule->id, err.msg);
    if (!rule->title || !rule->remedy || !rule->severity)
        fail(rule->id, "title, remedy or severity is missing");
}

static size_t collect(struct bw_vectorscan_pattern *patterns)
{
    size_t n = 0;
    for (size_t i = 0; i < bw_secret_rules_count(); i++) {
        const struct bw_secret_rule *rule = bw_secret_rule_at(i);
        check_rule(rule);
        if (!rule->paths)
            patterns[n++] =
                (struct bw_vectorscan_pattern){.regex = rule->pattern, .id = (unsigned)i};
    }
    return n;
}

static void write_set(const char *path, const struct bw_buf *set)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(set->p, 1, set->n, file) != set->n || fclose(file))
        fail(path, "cannot write");
}

static void write_source(const char *path, const char *set_path,
                         const struct bw_vectorscan_pattern *patterns, size_t n)
{
    char *full = realpath(set_path, NULL);
    FILE *file = full ? fopen(path, "w") : NULL;
    if (!file)
        fail(path, "cannot write");
    fprintf(file, "#include \"extract/secret-rule.h\"\n\n");
    fprintf(file, "__asm__(\".section .rodata\\n.balign 64\\n\"\n");
    fprintf(file, "        \".globl bw_secret_set\\n.hidden bw_secret_set\\nbw_secret_set:\\n\"\n");
    fprintf(file, "        \".incbin \\\"%s\\\"\\n.Lset_end:\\n.balign 8\\n\"\n", full);
    fprintf(file, "        \".globl bw_secret_set_size\\n.hidden bw_secret_set_size\\n\"\n");
    fprintf(file,
            "        \"bw_secret_set_size: .8byte .Lset_end - bw_secret_set\\n.text\\n\");\n\n");
    fprintf(file, "const uint16_t bw_secret_spans[%zu] = {\n", bw_secret_rules_count());
    for (size_t i = 0; i < n; i++)
        fprintf(file, "    [%u] = %zu,\n", patterns[i].id, patterns[i].width);
    fprintf(file, "};\n");
    if (fclose(file))
        fail(path, "cannot write");
    free(full);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: secret-compile SET.bin SET.c\n");
        return 2;
    }
    struct bw_err err = {0};
    struct bw_buf set BW_CLEANUP(bw_buf_free) = BW_BUF(SET_MAX);
    struct bw_vectorscan_pattern *patterns = calloc(bw_secret_rules_count() + 1, sizeof *patterns);
    if (!patterns)
        fail("patterns", "out of memory");
    size_t n = collect(patterns);
    if (bw_vectorscan_compile(patterns, n, &set, &err))
        fail("patterns", err.msg);
    for (size_t i = 0; i < n; i++) {
        if (patterns[i].width > BW_SECRET_SPAN_MAX)
            fail(bw_secret_rule_at(patterns[i].id)->id, "matches more bytes than a rule may");
    }
    write_set(argv[1], &set);
    write_source(argv[2], argv[1], patterns, n);
    printf("%zu patterns, %zu bytes\n", n, set.n);
    free(patterns);
    return 0;
}
