/*
 * What a mutating policy must make of an object, and what it must leave alone.
 */
#include "cel/cel.h"
#include "cli/policy-suite.h"
#include "model/value-json.h"

/* The operations live until the judge is asked again. */
static int keep(struct bw_value_maker *make, struct bw_value *value, struct bw_err *err)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    bw_object_json(*value, false, &json);
    return bw_value_from_json(make, bw_buf_slice(&json), value, err);
}

/* The object of a document, as the policy leaves it. */
static int mutate(struct bw_suite_run *run, struct bw_policy_judge *judge, size_t policy,
                  struct bw_object object, struct bw_value *ret_value, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = run->arena};
    const struct bw_policy_around around = {0};
    struct bw_value operations = {0};
    int rc = bw_policy_mutate(judge, policy, &object, &around, &operations, err);
    if (rc == 0)
        rc = keep(&make, &operations, err);
    return rc ? rc : bw_policy_patch(&make, object.value, operations, ret_value, err);
}

static int read_object(struct bw_suite_run *run, enum bw_syntax syntax, struct bw_str text,
                       struct bw_object *ret_object, struct bw_err *err)
{
    struct bw_suite_document read;
    int rc = bw_suite_read(run, syntax, text, &read, err);
    if (rc == 0 && read.gap[0])
        return bw_err_set(err, BW_EFORMAT, "%s", read.gap);
    if (rc == 0 && !read.document.objects_n)
        return bw_err_set(err, BW_EFORMAT, "the example has no object");
    if (rc == 0)
        *ret_object = read.document.objects[0];
    return rc;
}

static int differ(struct bw_value value, struct bw_value wanted, const char *when,
                  struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    if (bw_cel_equal(value, wanted))
        return 0;
    bw_object_json(value, false, &text);
    return bw_err_set(err, BW_EFORMAT, "%s it is %" BW_STR_F, when,
                      BW_STR_A(bw_str_take(bw_buf_slice(&text), BW_ERR_MSG_MAX - 60)));
}

/* Once, and again, which must change nothing more. */
static int compare(struct bw_suite_run *run, struct bw_policy_judge *judge, size_t policy,
                   const struct bw_object *before, const struct bw_object *after,
                   struct bw_err *err)
{
    struct bw_object once = *before;
    struct bw_value twice = {0};
    int rc = mutate(run, judge, policy, *before, &once.value, err);
    if (rc == 0)
        rc = differ(once.value, after->value, "after the policy", err);
    if (rc == 0)
        rc = mutate(run, judge, policy, once, &twice, err);
    return rc ? rc : differ(twice, after->value, "after the policy was applied twice", err);
}

int bw_suite_mutate(struct bw_suite_run *run, const struct bw_policy_set *set, size_t policy,
                    enum bw_syntax syntax, struct bw_str before, struct bw_str after,
                    struct bw_err *err)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    const struct bw_policy_choice all = {0};
    struct bw_object old = {0}, new = {0};
    int rc = bw_policy_select(set, &all, &selection, err);
    if (rc)
        return rc;
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, err);
    rc = judge ? read_object(run, syntax, before, &old, err) : BW_ENOMEM;
    if (rc == 0)
        rc = read_object(run, syntax, after, &new, err);
    return rc ? rc : compare(run, judge, policy, &old, &new, err);
}
