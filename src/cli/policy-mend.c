/*
 * Whether the fix of a policy mends an example that the policy finds fault with, and harms nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy-suite.h"
#include "report/edits.h"

struct mending {
    struct bw_suite_run *run;
    const struct bw_policy_set *set;
    size_t policy;
    struct bw_policy_judge *judge;
    char why[2048];             /* it does not; empty: it does */
    char style[BW_ERR_MSG_MAX]; /* an edit was refused for how the text is written */
};

/* What the policy says of an object, the gravest of it. */
static enum bw_status judge(struct mending *m, const struct bw_object *object)
{
    static const struct bw_policy_around nothing = {.brief = true};
    const struct bw_policy_outcome *outcomes;
    enum bw_status status = BW_STATUS_NOT_APPLICABLE;
    size_t n = 0;
    struct bw_err err = {0};
    if (bw_policy_judge_object(m->judge, object, &nothing, &outcomes, &n, &err))
        return status;
    for (size_t i = 0; i < n && status != BW_STATUS_FAIL; i++)
        status = outcomes[i].status;
    return status;
}

static void add_object(struct mending *m, const struct bw_document *document,
                       const struct bw_object *object, struct bw_edits *edits)
{
    struct bw_value changes = {0};
    struct bw_err err = {0};
    int rc = bw_policy_fix(m->judge, m->policy, document, object, NULL, &changes, &err);
    for (uint32_t i = 0; rc == 0 && i < bw_value_count(changes); i++) {
        rc = bw_edits_add(edits, bw_value_index(changes, i), &err);
        if (rc == BW_EUNSUPPORTED) {
            snprintf(m->style, sizeof m->style, "%s", err.msg);
            rc = 0;
        }
    }
    if (rc)
        snprintf(m->why, sizeof m->why, "%s", err.msg);
}

/* Asks for the changes of what the policy says `status` of. Returns of how many objects. */
static unsigned mend(struct mending *m, const struct bw_document *document, enum bw_status status,
                     struct bw_edits *edits)
{
    unsigned n = 0;
    for (size_t i = 0; i < document->objects_n; i++) {
        const struct bw_object *object = &document->objects[i];
        if (!bw_policy_mends(m->set, m->policy, object) || judge(m, object) != status)
            continue;
        add_object(m, document, object, edits);
        n++;
    }
    return n;
}

/* --- what other policies say --- */

/* Counts, by policy of the library, what it finds fault with. */
static int count_failures(const struct bw_policy_set *library, const struct bw_document *document,
                          unsigned *failures, struct bw_err *err)
{
    static const struct bw_policy_around nothing = {.brief = true};
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    int rc = bw_policy_select(library, &(struct bw_policy_choice){0}, &selection, err);
    if (rc)
        return rc;
    struct bw_policy_judge *all BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(library, selection, err);
    for (size_t i = 0; all && rc == 0 && i < document->objects_n; i++) {
        const struct bw_policy_outcome *outcomes;
        size_t n = 0;
        rc = bw_policy_judge_object(all, &document->objects[i], &nothing, &outcomes, &n, err);
        for (size_t j = 0; rc == 0 && j < n; j++)
            failures[outcomes[j].policy] += outcomes[j].status == BW_STATUS_FAIL;
    }
    return all ? rc : BW_ENOMEM;
}

static int compare(struct mending *m, const struct bw_policy_set *library,
                   const struct bw_document *before, const struct bw_document *after,
                   struct bw_err *err)
{
    size_t n = bw_policy_count(library);
    unsigned *failures = bw_arena_array(m->run->arena, 2 * n, sizeof *failures);
    if (!failures)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    memset(failures, 0, 2 * n * sizeof *failures);
    int rc = count_failures(library, before, failures, err);
    if (rc == 0)
        rc = count_failures(library, after, failures + n, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (failures[n + i] > failures[i])
            snprintf(m->why + strlen(m->why), sizeof m->why - strlen(m->why), "then %s fails\n",
                     bw_policy_at(library, i)->check.id);
    return rc;
}

/* --- one example --- */

static struct bw_edits edits_of(struct mending *m, const struct bw_document *document,
                                struct bw_str text)
{
    return (struct bw_edits){.text = text,
                             .file = document->file,
                             .places = document->places,
                             .places_n = document->places_n,
                             .arena = m->run->arena};
}

static void check_mended(struct mending *m, const struct bw_suite_example *example,
                         struct bw_str text, const struct bw_policy_set *library)
{
    struct bw_suite_verdict verdict = {0};
    struct bw_suite_document after;
    struct bw_err err = {0};
    int rc = bw_suite_read(m->run, example->syntax, text, &after, &err);
    if (rc == 0)
        rc = bw_suite_judge(m->run, m->set, m->policy, &after.document, NULL, NULL, &verdict, &err);
    if (rc == 0)
        rc = compare(m, library, &example->read->document, &after.document, &err);
    if (rc) {
        snprintf(m->why, sizeof m->why, "%s", err.msg);
        return;
    }
    struct bw_edits again BW_CLEANUP(bw_edits_free) = edits_of(m, &after.document, text);
    mend(m, &after.document, BW_STATUS_PASS, &again);
    if (after.gap[0] && !example->read->gap[0])
        snprintf(m->why, sizeof m->why, "then it cannot be read: %s", after.gap);
    else if (verdict.status == BW_STATUS_FAIL && !m->why[0])
        snprintf(m->why, sizeof m->why, "it still fails: %" BW_STR_F, BW_STR_A(verdict.message));
    else if (again.n && !m->why[0])
        snprintf(m->why, sizeof m->why, "a second run would change it again");
}

static void tell(struct mending *m, const struct bw_suite_example *example, struct bw_str text)
{
    struct bw_str id = bw_policy_at(m->set, m->policy)->id;
    size_t n = strlen(m->why);
    if (m->why[0] && text.n)
        snprintf(m->why + n, sizeof m->why - n, "%s%" BW_STR_F, m->why[n - 1] == '\n' ? "" : "\n",
                 BW_STR_A(text));
    bw_suite_tell(m->run, m->why[0] ? m->why : NULL, "%" BW_STR_F " %s is mended (%s:%u)",
                  BW_STR_A(id), bw_syntax_name(example->syntax), example->path, example->line);
}

static enum bw_suite_mended mend_example(struct mending *m, const struct bw_suite_example *example,
                                         const struct bw_policy_set *library)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_SUITE_TEXT_MAX);
    struct bw_edits edits BW_CLEANUP(bw_edits_free) =
        edits_of(m, &example->read->document, example->text);
    if (!mend(m, &example->read->document, BW_STATUS_FAIL, &edits))
        return BW_SUITE_NO_FIX;
    if (!edits.n && !m->why[0]) {
        bw_suite_skip(m->run, m->style[0] ? m->style : "its fix leaves this one alone",
                      "%" BW_STR_F " %s is mended (%s:%u)",
                      BW_STR_A(bw_policy_at(m->set, m->policy)->id),
                      bw_syntax_name(example->syntax), example->path, example->line);
        return BW_SUITE_LEFT_ALONE;
    }
    if (edits.n) {
        bw_edits_apply(&edits, &text);
        check_mended(m, example, bw_buf_slice(&text), library);
    }
    tell(m, example, bw_buf_slice(&text));
    return BW_SUITE_MENDED;
}

enum bw_suite_mended bw_suite_mend(struct bw_suite_run *run, const struct bw_policy_set *set,
                                   size_t policy, const struct bw_suite_example *example)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_set *library BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_str id = bw_policy_at(set, policy)->id;
    struct bw_policy_choice choice = {.only = {&id, 1}};
    struct mending m = {.run = run, .set = set, .policy = policy};
    struct bw_err err = {0};
    if (!bw_policy_at(set, policy)->fixable)
        return BW_SUITE_NO_FIX;
    int rc = bw_policy_set_builtin(&library, &err);
    if (rc == 0)
        rc = bw_policy_select(set, &choice, &selection, &err);
    struct bw_policy_judge *own BW_CLEANUP(bw_policy_judge_freep) =
        rc ? NULL : bw_policy_judge_new(set, selection, &err);
    m.judge = own;
    if (own)
        return mend_example(&m, example, library);
    bw_suite_tell(run, err.msg, "%" BW_STR_F " is mended", BW_STR_A(id));
    return BW_SUITE_MENDED;
}
