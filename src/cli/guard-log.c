/*
 * guard log: what gates wrote down, verified and made readable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "cli/guard.h"
#include "cli/terminal.h"
#include "enforce/evidence.h"
#include "report/escape.h"
#include "wrap/json.h"

/* Breaks that are told one by one; gates that are counted apart; decisions of --tail. */
#define PROBLEMS_MAX 1000u
#define GATES_MAX    32u
#define TAIL_MAX     100000u

#define GATE_NAME_MAX 40u

enum {
    OPTION_CONTAINS = 1,
    OPTION_SHOW,
    OPTION_DENIED,
    OPTION_TAIL,
    OPTION_FORMAT,
    OPTION_OUTPUT,
};

const struct bw_option bw_guard_log_options[] = {
    {OPTION_CONTAINS, 0, "contains", "HASH", "whether a line with this hash stands in the log"},
    {OPTION_SHOW, 's', "show", NULL, "print the decisions, the newest last"},
    {OPTION_DENIED, 'd', "denied", NULL, "print those alone that were denied, or not taken"},
    {OPTION_TAIL, 'n', "tail", "N", "print the last N of them alone"},
    {OPTION_FORMAT, 0, "format", "FORMAT", "text (the default) or json"},
    {OPTION_OUTPUT, 'o', "output", "FILE", "write there instead of to standard output"},
    {0},
};

struct gate {
    char name[GATE_NAME_MAX];
    uint64_t allowed, denied, undecided;
};

struct broken {
    char *file, *what;
    uint64_t line;
};

struct viewing {
    const char *path, *contains, *output;
    bool show, denied, json;
    uint64_t tail; /* 0: all */
    struct bw_output_file file;
    struct bw_buf text;
    struct bw_json_writer writer;
    struct bw_json_pool *pool;
    struct gate gates[GATES_MAX]; /* the last one is of all that found no room */
    size_t gates_n;
    BW_VEC_TYPE(viewing_breaks, struct broken) breaks;
    char **last; /* of --tail, a ring */
    uint64_t last_n;
    bool failed; /* memory was short, or the output could not be written */
};

/* --- one decision --- */

static struct bw_str text_of(const struct bw_json *record, const char *key)
{
    return bw_json_string(bw_json_get(record, bw_str(key)));
}

static void add_word(struct bw_buf *buf, const char *before, struct bw_str word)
{
    if (!word.n)
        return;
    bw_buf_str(buf, bw_str(before));
    bw_escape_line(buf, word);
}

/* What was asked for, in whatever words the gate has for it. */
static void add_what(struct bw_buf *buf, const struct bw_json *record)
{
    static const char *const words[] = {"method", "operation", "verb",     "command",
                                        "uri",    "route",     "resource", "container"};
    bool uri = text_of(record, "uri").n > 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (!uri || strcmp(words[i], "route") != 0)
            add_word(buf, " ", text_of(record, words[i]));
    add_word(buf, " ", text_of(record, "namespace"));
    add_word(buf, text_of(record, "namespace").n ? "/" : " ", text_of(record, "name"));
}

static void add_reasons(struct bw_buf *buf, const struct bw_json *record)
{
    const struct bw_json *reasons = bw_json_get(record, BW_STR("reasons"));
    struct bw_json_iter it = bw_json_iter(reasons);
    const struct bw_json *first = bw_json_next(&it);
    size_t n = bw_json_size(reasons);
    struct bw_str why = first ? text_of(first, "message") : text_of(record, "why");
    if (!why.n)
        return;
    bw_buf_str(buf, BW_STR("\n   "));
    if (first && !bw_str_eq(text_of(first, "weight"), BW_STR("deny")))
        add_word(buf, " ", text_of(first, "weight"));
    add_word(buf, " ", first ? text_of(first, "object") : BW_STR(""));
    bw_buf_byte(buf, ' ');
    bw_escape_line(buf, why);
    if (first && text_of(first, "policy").n) {
        add_word(buf, " [", text_of(first, "policy"));
        bw_buf_byte(buf, ']');
    }
    if (n > 1)
        bw_buf_printf(buf, ", and %zu more", n - 1);
}

/* "2026-11-26T19:37:48Z deny docker anna POST /containers/create", and the first reason. */
static void add_decision(struct bw_buf *buf, const struct bw_json *record)
{
    struct bw_str verdict = text_of(record, "verdict"), user = text_of(record, "user");
    bw_escape_line(buf, bw_str_take(text_of(record, "time"), 19));
    bw_buf_str(buf, BW_STR("Z"));
    add_word(buf, " ", verdict.n ? verdict : BW_STR("undecided"));
    add_word(buf, " ", text_of(record, "gate"));
    add_word(buf, " ", user.n ? user : BW_STR("-"));
    add_what(buf, record);
    add_reasons(buf, record);
    bw_buf_byte(buf, '\n');
}

/* --- all of them --- */

static void flush(struct viewing *v)
{
    struct bw_err err;
    if (bw_output_sink_write(&v->file, v->text.p, v->text.n, &err) || v->text.failed)
        v->failed = true;
    bw_buf_clear(&v->text);
}

static void show(struct viewing *v, const struct bw_json *record, struct bw_str line)
{
    if (v->json)
        bw_json_put_raw(&v->writer, line);
    else
        add_decision(&v->text, record);
    flush(v);
}

/* Kept until it is known which ones are the last. */
static void keep(struct viewing *v, struct bw_str line)
{
    if (!v->last)
        v->last = calloc(v->tail, sizeof *v->last);
    char *copy = v->last ? strndup(line.p, line.n) : NULL;
    if (!copy) {
        v->failed = true;
        return;
    }
    char **slot = &v->last[v->last_n++ % v->tail];
    free(*slot);
    *slot = copy;
}

static void show_last(struct viewing *v)
{
    uint64_t n = v->last_n < v->tail ? v->last_n : v->tail;
    for (uint64_t i = v->last_n - n; i < v->last_n; i++) {
        struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
        struct bw_str line = bw_str(v->last[i % v->tail]);
        if (bw_json_parse(&doc, line, v->pool, 0, NULL) == 0)
            show(v, bw_json_root(doc), line);
    }
}

static struct gate *gate_named(struct viewing *v, struct bw_str name)
{
    for (size_t i = 0; i < v->gates_n; i++)
        if (bw_str_eq(bw_str(v->gates[i].name), bw_str_take(name, GATE_NAME_MAX - 1)))
            return &v->gates[i];
    if (v->gates_n == GATES_MAX)
        return &v->gates[GATES_MAX - 1];
    struct gate *gate = &v->gates[v->gates_n++];
    if (v->gates_n == GATES_MAX)
        name = BW_STR("others");
    snprintf(gate->name, sizeof gate->name, "%" BW_STR_F,
             BW_STR_A(bw_str_take(name, GATE_NAME_MAX - 1)));
    return gate;
}

/* A line that is chained and yet no JSON was written by no gate: it is counted as undecided. */
static void each(void *ctx, struct bw_str line, bool intact)
{
    struct viewing *v = ctx;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    (void)intact;
    const struct bw_json *record = NULL;
    if (bw_json_parse(&doc, line, v->pool, 0, NULL) == 0)
        record = bw_json_root(doc);
    struct gate *gate = gate_named(v, text_of(record, "gate"));
    bool allowed = bw_str_eq(text_of(record, "verdict"), BW_STR("allow"));
    bool denied = bw_str_eq(text_of(record, "verdict"), BW_STR("deny"));
    gate->allowed += allowed;
    gate->denied += denied;
    gate->undecided += !allowed && !denied;
    if (!v->show || !record || (v->denied && allowed))
        return;
    if (v->tail)
        keep(v, line);
    else
        show(v, record, line);
}

static void problem(void *ctx, const char *file, uint64_t line, const char *what)
{
    struct viewing *v = ctx;
    if (v->breaks.n >= PROBLEMS_MAX)
        return;
    struct broken *slot = BW_VEC_PUSH(&v->breaks, PROBLEMS_MAX);
    if (slot)
        *slot = (struct broken){strdup(file), strdup(what), line};
    v->failed |= !slot || !slot->file || !slot->what;
}

/* --- the summary --- */

static void summary_text(struct viewing *v, const struct bw_evidence_verdict *verdict)
{
    struct bw_buf *buf = &v->text;
    for (size_t i = 0; i < v->breaks.n; i++) {
        bw_escape_line(buf, bw_str(v->breaks.v[i].file));
        bw_buf_printf(buf, ":%llu: %s\n", (unsigned long long)v->breaks.v[i].line,
                      v->breaks.v[i].what);
    }
    if (verdict->problems > v->breaks.n)
        bw_buf_printf(buf, "and %llu more breaks\n",
                      (unsigned long long)(verdict->problems - v->breaks.n));
    bw_escape_line(buf, bw_str(v->path));
    if (verdict->problems)
        bw_buf_printf(buf, ": BROKEN in %llu place%s\n", (unsigned long long)verdict->problems,
                      verdict->problems == 1 ? "" : "s");
    else
        bw_buf_str(buf, BW_STR(": intact\n"));
    bw_buf_printf(buf, "  %llu line%s in %llu file%s", (unsigned long long)verdict->lines,
                  verdict->lines == 1 ? "" : "s", (unsigned long long)verdict->files,
                  verdict->files == 1 ? "" : "s");
    if (verdict->lines)
        bw_buf_printf(buf, ", sequence %llu to %llu\n  newest hash %s",
                      (unsigned long long)verdict->first, (unsigned long long)verdict->last,
                      verdict->newest);
    bw_buf_byte(buf, '\n');
    for (size_t i = 0; i < v->gates_n; i++) {
        const struct gate *gate = &v->gates[i];
        bw_buf_str(buf, BW_STR("  "));
        bw_escape_line(buf, gate->name[0] ? bw_str(gate->name) : BW_STR("no gate"));
        bw_buf_printf(buf, ": %llu allowed, %llu denied, %llu undecided\n",
                      (unsigned long long)gate->allowed, (unsigned long long)gate->denied,
                      (unsigned long long)gate->undecided);
    }
    if (v->contains)
        bw_buf_printf(buf, "  the hash %s %s\n", v->contains,
                      verdict->found ? "stands in it" : "DOES NOT stand in it");
}

static void summary_json(struct viewing *v, const struct bw_evidence_verdict *verdict)
{
    struct bw_json_writer *w = &v->writer;
    bw_json_member_str(w, "path", bw_str(v->path));
    bw_json_member_bool(w, "intact", !verdict->problems);
    bw_json_member_u64(w, "lines", verdict->lines);
    bw_json_member_u64(w, "files", verdict->files);
    bw_json_member_u64(w, "first", verdict->first);
    bw_json_member_u64(w, "last", verdict->last);
    bw_json_member_str(w, "newest", bw_str(verdict->newest));
    if (v->contains)
        bw_json_member_bool(w, "contains", verdict->found);
    bw_json_key(w, BW_STR("gates"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < v->gates_n; i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "gate", bw_str(v->gates[i].name));
        bw_json_member_u64(w, "allowed", v->gates[i].allowed);
        bw_json_member_u64(w, "denied", v->gates[i].denied);
        bw_json_member_u64(w, "undecided", v->gates[i].undecided);
        bw_json_end(w);
    }
    bw_json_end(w);
    bw_json_member_u64(w, "breaks", verdict->problems);
    bw_json_key(w, BW_STR("problems"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < v->breaks.n; i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "file", bw_str(v->breaks.v[i].file));
        bw_json_member_u64(w, "line", v->breaks.v[i].line);
        bw_json_member_str(w, "what", bw_str(v->breaks.v[i].what));
        bw_json_end(w);
    }
    bw_json_end(w);
    bw_json_end(w);
}

/* --- the verb --- */

static int take(struct viewing *v, int id, const char *value, struct bw_err *err)
{
    switch (id) {
    case BW_ARG_OPERAND:
        if (v->path)
            return bw_err_set(err, BW_EUSAGE, "one log at a time");
        v->path = value;
        return 0;
    case OPTION_CONTAINS:
        v->contains = value;
        return 0;
    case OPTION_SHOW:
        v->show = true;
        return 0;
    case OPTION_DENIED:
        v->show = v->denied = true;
        return 0;
    case OPTION_TAIL:
        v->show = true;
        if (!bw_str_to_u64(bw_str(value), &v->tail) || !v->tail || v->tail > TAIL_MAX)
            return bw_err_set(err, BW_EUSAGE, "--tail: '%s' is no number from 1 to %u", value,
                              TAIL_MAX);
        return 0;
    case OPTION_OUTPUT:
        v->output = value;
        return 0;
    default:
        v->json = strcmp(value, "json") == 0;
        if (!v->json && strcmp(value, "text") != 0)
            return bw_err_set(err, BW_EUSAGE, "--format: '%s' is neither text nor json", value);
        return 0;
    }
}

static void free_viewing(struct viewing *v)
{
    for (size_t i = 0; i < v->breaks.n; i++) {
        free(v->breaks.v[i].file);
        free(v->breaks.v[i].what);
    }
    BW_VEC_FREE(&v->breaks);
    for (uint64_t i = 0; v->last && i < v->tail; i++)
        free(v->last[i]);
    free(v->last);
    bw_buf_free(&v->text);
    bw_json_pool_free(v->pool);
}

/* Decisions go out as they are read; what the verification says of them stands behind. */
static int view(struct viewing *v, struct bw_evidence_verdict *ret_verdict, struct bw_err *err)
{
    struct bw_evidence_question question = {
        .path = v->path, .wanted = v->contains, .problem = problem, .each = each, .ctx = v};
    v->pool = bw_json_pool_new();
    v->text = BW_BUF((size_t)16 << 20);
    v->writer = bw_json_writer(&v->text, false);
    if (!v->pool)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the log");
    if (v->json)
        bw_json_begin_object(&v->writer);
    if (v->json && v->show) {
        bw_json_key(&v->writer, BW_STR("decisions"));
        bw_json_begin_array(&v->writer);
    }
    int rc = bw_evidence_verify(&question, ret_verdict, err);
    if (rc)
        return rc;
    show_last(v);
    if (v->json && v->show)
        bw_json_end(&v->writer);
    if (v->json)
        summary_json(v, ret_verdict);
    else
        summary_text(v, ret_verdict);
    if (v->json)
        bw_buf_byte(&v->text, '\n');
    flush(v);
    return v->failed ? bw_err_set(err, BW_EIO, "the log could not be shown as a whole") : 0;
}

static int run(struct viewing *v)
{
    struct bw_evidence_verdict verdict;
    struct bw_err err = {0}, closing = {0};
    int rc = bw_output_open(&v->file, v->output, &err);
    if (rc)
        return bw_cli_error(&err);
    rc = view(v, &verdict, &err);
    if (bw_output_close(&v->file, rc == 0, &closing) && rc == 0) {
        err = closing;
        rc = closing.code;
    }
    if (rc)
        return bw_cli_error(&err);
    return verdict.problems || (v->contains && !verdict.found) ? BW_EXIT_VERDICT : BW_EXIT_FINE;
}

int bw_guard_log(const struct bw_verb *verb, int argc, char **argv)
{
    struct viewing v BW_CLEANUP(free_viewing) = {0};
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_WRONG || take(&v, id, value, &err))
            return bw_cli_usage_error(verb, &err);
    }
    if (!v.path) {
        bw_err_set(&err, BW_EUSAGE, "which log?");
        return bw_cli_usage_error(verb, &err);
    }
    return run(&v);
}
