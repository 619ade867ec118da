#include "cli/policy-suite.h"

#include <stdio.h>

#include "cel/cel.h"
#include "extract/manifest-set.h"

static void print_name(const struct bw_suite_run *run, bool ok, const char *fmt, va_list args)
{
    printf("%s %u - ", ok ? "ok" : "not ok", run->passed + run->failed + run->skipped);
    vprintf(fmt, args);
}

void bw_suite_tell(struct bw_suite_run *run, const char *why, const char *fmt, ...)
{
    va_list args;
    run->passed += !why;
    run->failed += why != NULL;
    if (!why && run->quiet)
        return;
    va_start(args, fmt);
    print_name(run, !why, fmt, args);
    va_end(args);
    putchar('\n');
    struct bw_str rest = bw_str(why), line;
    while (why && bw_str_line(&rest, &line))
        printf("#   %" BW_STR_F "\n", BW_STR_A(line));
}

void bw_suite_skip(struct bw_suite_run *run, const char *why, const char *fmt, ...)
{
    va_list args;
    run->skipped++;
    if (run->quiet)
        return;
    va_start(args, fmt);
    print_name(run, true, fmt, args);
    va_end(args);
    printf(" # SKIP %s\n", why);
}

/* --- reading --- */

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct bw_suite_document *document = ctx;
    if (class == BW_GAP_BLOCKING && !document->gap[0])
        snprintf(document->gap, sizeof document->gap, "%" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F,
                 BW_STR_A(where), BW_STR_A(what), BW_STR_A(why));
}

/* What a file of that syntax is called. */
static const char *const usual_names[BW_SYNTAX_COUNT] = {
    [BW_SYNTAX_MANIFEST] = "manifest.yaml",
    [BW_SYNTAX_DOCKERFILE] = "Dockerfile",
    [BW_SYNTAX_COMPOSE] = "compose.yaml",
    [BW_SYNTAX_DOCKER_CREATE] = "create.json",
    [BW_SYNTAX_DOCKER_INSPECT] = "inspect.json",
    [BW_SYNTAX_OCI_SPEC] = "config.json",
    [BW_SYNTAX_IMAGE] = "image.json",
    [BW_SYNTAX_DOCKER_REQUEST] = "request.json",
};

/* By its syntax; both of Docker's forms have one reader. */
static const struct bw_reader *reader_of(enum bw_syntax syntax)
{
    for (size_t i = 0; bw_readers[i]; i++)
        if (bw_readers[i]->syntax == syntax)
            return bw_readers[i];
    if (syntax == BW_SYNTAX_DOCKER_INSPECT)
        return reader_of(BW_SYNTAX_DOCKER_CREATE);
    return NULL;
}

/* The manifests of an example are a set, as those of a target are. */
static int add_set(struct bw_arena *arena, struct bw_document *document, struct bw_err *err)
{
    const struct bw_document *documents[] = {document};
    struct bw_object set;
    bool any = false;
    int rc = bw_manifest_set(documents, 1, BW_STR(""), arena, &set, &any, err);
    if (rc || !any)
        return rc;
    struct bw_object *objects = bw_arena_array(arena, document->objects_n + 1, sizeof *objects);
    if (!objects)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a set of manifests");
    memcpy(objects, document->objects, document->objects_n * sizeof *objects);
    objects[document->objects_n++] = set;
    document->objects = objects;
    return 0;
}

int bw_suite_read(struct bw_suite_run *run, enum bw_syntax syntax, struct bw_str text,
                  struct bw_suite_document *ret_document, struct bw_err *err)
{
    const struct bw_reader *reader = reader_of(syntax);
    const struct bw_reader_sink sink = {ret_document, on_gap};
    const struct bw_reader_request request = {.path = bw_str(usual_names[syntax]), .text = text};
    struct bw_str *wanted;
    size_t wanted_n;
    *ret_document = (struct bw_suite_document){.gap = ""};
    if (!reader)
        return bw_err_set(err, BW_EUNSUPPORTED, "there is no reader for %s",
                          bw_syntax_name(syntax));
    int rc = bw_reader_read(reader, &request, &sink, run->arena, &ret_document->document, &wanted,
                            &wanted_n, err);
    return rc ? rc : add_set(run->arena, &ret_document->document, err);
}

/* --- judging --- */

struct surroundings {
    const struct bw_document *document;
};

static struct bw_value namespace_named(void *ctx, struct bw_str name)
{
    const struct bw_document *document = ((const struct surroundings *)ctx)->document;
    for (size_t i = 0; i < document->objects_n; i++)
        if (bw_str_eq(document->objects[i].resource, BW_STR("namespaces")) &&
            bw_str_eq(document->objects[i].name, name))
            return document->objects[i].value;
    return (struct bw_value){0};
}

static int rank(enum bw_status status)
{
    switch (status) {
    case BW_STATUS_FAIL:
        return 3;
    case BW_STATUS_NOT_EVALUATED:
        return 2;
    case BW_STATUS_PASS:
        return 1;
    default:
        return 0;
    }
}

static struct bw_str because(struct bw_arena *arena, const struct bw_policy_outcome *outcome)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_err ignored;
    if (!outcome->path.n || outcome->value.kind == BW_VALUE_ABSENT ||
        bw_cel_json(outcome->value, &json, &ignored))
        return bw_arena_str(arena, outcome->path.n ? outcome->path : outcome->expression);
    return bw_arena_printf(arena, "%" BW_STR_F " is %" BW_STR_F, BW_STR_A(outcome->path),
                           BW_STR_A(bw_str_take(bw_buf_slice(&json), 200)));
}

/* Keeps the gravest, and of those the first. */
static void take_outcome(struct bw_arena *arena, const struct bw_policy_outcome *outcome,
                         bool first, struct bw_suite_verdict *verdict)
{
    verdict->failures += outcome->status == BW_STATUS_FAIL;
    if (!first && rank(outcome->status) <= rank(verdict->status))
        return;
    verdict->status = outcome->status;
    verdict->action = outcome->action;
    verdict->error = outcome->error;
    verdict->message = bw_arena_str(arena, outcome->message);
    verdict->because = because(arena, outcome);
}

static int judge_all(struct bw_suite_run *run, struct bw_policy_judge *judge,
                     const struct bw_document *document,
                     bool (*wanted)(void *ctx, const struct bw_document *document,
                                    const struct bw_object *object),
                     void *ctx, struct bw_suite_verdict *verdict, struct bw_err *err)
{
    struct surroundings surroundings = {document};
    const struct bw_policy_around around = {.namespace_named = namespace_named,
                                            .ctx = &surroundings};
    bool first = true;
    for (size_t i = 0; i < document->objects_n; i++) {
        const struct bw_policy_outcome *outcomes = NULL;
        size_t n = 0;
        if (wanted && !wanted(ctx, document, &document->objects[i]))
            continue;
        int rc = bw_policy_judge_object(judge, &document->objects[i], &around, &outcomes, &n, err);
        if (rc)
            return rc;
        for (size_t j = 0; j < n; j++, first = false)
            take_outcome(run->arena, &outcomes[j], first, verdict);
    }
    return 0;
}

int bw_suite_judge(struct bw_suite_run *run, const struct bw_policy_set *set, size_t policy,
                   const struct bw_document *document,
                   bool (*wanted)(void *ctx, const struct bw_document *document,
                                  const struct bw_object *object),
                   void *ctx, struct bw_suite_verdict *ret_verdict, struct bw_err *err)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_str id = bw_policy_at(set, policy)->id;
    struct bw_policy_choice choice = {.only = {&id, 1}};
    struct bw_suite_verdict verdict = {
        .status = BW_STATUS_NOT_APPLICABLE,
        .message = BW_STR("the policy looks at nothing in the document"),
    };
    int rc = bw_policy_select(set, &choice, &selection, err);
    if (rc)
        return rc;
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, err);
    rc = judge ? judge_all(run, judge, document, wanted, ctx, &verdict, err) : BW_ENOMEM;
    if (rc == 0)
        *ret_verdict = verdict;
    return rc;
}
