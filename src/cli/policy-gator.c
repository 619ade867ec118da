/*
 * suite.yaml, as Gatekeeper's gator has it (test.gatekeeper.sh, kind Suite): tests, each of a
 * template and a constraint, with cases of objects and how many violations are wanted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/policy-suite.h"
#include "scan/policy-files.h"
#include "wrap/pcre2.h"

struct gator {
    struct bw_suite_run *run;
    const char *path;
    struct bw_str test;
    struct bw_policy_files files;
};

static char *beside(const char *suite, struct bw_str name)
{
    char *path;
    const char *slash = strrchr(suite, '/');
    int length = slash && (!name.n || name.p[0] != '/') ? (int)(slash - suite + 1) : 0;
    return asprintf(&path, "%.*s%" BW_STR_F, length, suite, BW_STR_A(name)) < 0 ? NULL : path;
}

static bool message_fits(struct bw_str pattern, struct bw_str message, struct bw_err *err)
{
    struct bw_regex *regex BW_CLEANUP(bw_regex_freep) = NULL;
    struct bw_regex_room *room = bw_regex_room_new();
    char *copy = strndup(pattern.p, pattern.n);
    struct bw_regex_match match;
    bool fits = room && copy && bw_regex_compile(&regex, copy, err) == 0 &&
                bw_regex_search(regex, room, message, 0, &match, err) == 1;
    bw_regex_room_free(room);
    free(copy);
    return fits;
}

/* "yes" is any, "no" is none; nothing said is "yes". */
static bool count_fits(struct bw_str wanted, unsigned found)
{
    uint64_t n;
    if (!wanted.n || bw_str_eq(wanted, BW_STR("yes")) || bw_str_eq(wanted, BW_STR("true")))
        return found > 0;
    if (bw_str_eq(wanted, BW_STR("no")) || bw_str_eq(wanted, BW_STR("false")))
        return found == 0;
    return bw_str_to_u64(wanted, &n) && n == found;
}

static void check_assertion(const struct bw_yaml *assertion, const struct bw_suite_verdict *verdict,
                            char why[1024])
{
    struct bw_str wanted = bw_yaml_text(bw_yaml_get(assertion, "violations"));
    struct bw_str message = bw_yaml_text(bw_yaml_get(assertion, "message"));
    struct bw_err err = {0};
    if (!count_fits(wanted, verdict->failures))
        snprintf(why, 1024, "line %u: wanted violations: %" BW_STR_F ", got %u: %" BW_STR_F,
                 bw_yaml_line(assertion), BW_STR_A(wanted), verdict->failures,
                 BW_STR_A(verdict->message));
    else if (message.n && verdict->failures && !message_fits(message, verdict->message, &err))
        snprintf(why, 1024, "line %u: the message is '%" BW_STR_F "'%s%s", bw_yaml_line(assertion),
                 BW_STR_A(verdict->message), err.code ? "; " : "", err.msg);
}

static int judge_case(struct gator *g, const struct bw_yaml *one, struct bw_suite_verdict *verdict,
                      struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    struct bw_suite_document read;
    char *path = beside(g->path, bw_yaml_text(bw_yaml_get(one, "object")));
    int rc =
        path ? bw_fd_slurp_path(path, &text, err) : bw_err_set(err, BW_ENOMEM, "out of memory");
    free(path);
    if (rc == 0)
        rc = bw_suite_read(g->run, BW_SYNTAX_MANIFEST, bw_buf_slice(&text), &read, err);
    if (rc == 0 && read.gap[0])
        rc = bw_err_set(err, BW_EFORMAT, "%s", read.gap);
    return rc ? rc
              : bw_suite_judge(g->run, g->files.set, 0, &read.document, NULL, NULL, verdict, err);
}

static void run_case(struct gator *g, const struct bw_yaml *one)
{
    struct bw_str name = bw_yaml_text(bw_yaml_get(one, "name"));
    struct bw_suite_verdict verdict = {0};
    struct bw_err err = {0};
    char why[1024] = "";
    if (bw_yaml_get(one, "inventory")) {
        bw_suite_skip(g->run, "it looks at an inventory", "%" BW_STR_F " %" BW_STR_F " (%s:%u)",
                      BW_STR_A(g->test), BW_STR_A(name), g->path, bw_yaml_line(one));
        return;
    }
    bw_arena_reset(g->run->arena);
    if (judge_case(g, one, &verdict, &err))
        snprintf(why, sizeof why, "%s", err.msg);
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(one, "assertions"));
    for (const struct bw_yaml *assertion; !why[0] && (assertion = bw_yaml_next(&it));)
        check_assertion(assertion, &verdict, why);
    bw_suite_tell(g->run, why[0] ? why : NULL, "%" BW_STR_F " %" BW_STR_F " (%s:%u)",
                  BW_STR_A(g->test), BW_STR_A(name), g->path, bw_yaml_line(one));
}

static void run_test(struct gator *g, const struct bw_yaml *test)
{
    struct bw_err err = {0};
    char *template = beside(g->path, bw_yaml_text(bw_yaml_get(test, "template")));
    char *constraint = beside(g->path, bw_yaml_text(bw_yaml_get(test, "constraint")));
    const char *paths[] = {template, constraint};
    g->test = bw_yaml_text(bw_yaml_get(test, "name"));
    int rc = template && constraint ? bw_policy_files_open(&g->files, paths, 2, &err)
                                    : bw_err_set(&err, BW_ENOMEM, "out of memory");
    if (rc == 0 && bw_policy_count(g->files.set) != 1)
        rc = bw_err_set(&err, BW_EFORMAT, "the template is not one policy");
    if (rc)
        bw_suite_tell(g->run, err.msg, "%" BW_STR_F " (%s:%u)", BW_STR_A(g->test), g->path,
                      bw_yaml_line(test));
    struct bw_yaml_iter it = bw_yaml_iter(rc ? NULL : bw_yaml_get(test, "cases"));
    for (const struct bw_yaml *one; (one = bw_yaml_next(&it));)
        run_case(g, one);
    bw_policy_files_close(&g->files);
    free(template);
    free(constraint);
}

void bw_suite_gator(struct bw_suite_run *run, const char *path)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct gator g = {.run = run, .path = path};
    struct bw_err err = {0};
    int rc = bw_fd_slurp_path(path, &text, &err);
    if (rc == 0)
        rc = bw_yaml_parse(&stream, bw_buf_slice(&text), &err);
    if (rc) {
        bw_suite_tell(run, err.msg, "%s", path);
        return;
    }
    const struct bw_yaml *root = bw_yaml_first(stream);
    if (!bw_str_starts(bw_yaml_text(bw_yaml_get(root, "apiVersion")),
                       BW_STR("test.gatekeeper.sh/")))
        return; /* another tool's */
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, "tests"));
    for (const struct bw_yaml *test; (test = bw_yaml_next(&it));)
        run_test(&g, test);
}
