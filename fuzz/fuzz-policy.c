/*
 * Policies: a text of YAML is loaded, compiled and put to an object; bytes that begin as a compiled
 * set do are opened and put to it, too; an object of JSON is a tree and a patch for it.
 */
#include <stdlib.h>

#include "check/policy-state.h"
#include "model/value-json.h"

#define ARENA_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char pod[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"labels\":{\"a\":\"b\"},"
    "\"annotations\":{\"bulwark.dev/ignore\":\"a\"}},\"spec\":{\"hostNetwork\":true,"
    "\"containers\":[{\"name\":\"a\",\"image\":\"a:latest\",\"securityContext\":{\"privileged\":"
    "true,\"capabilities\":{\"add\":[\"ALL\"]}}},{\"name\":\"b\",\"image\":\"b\"}]}}";

static void ignore_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                       struct bw_str why)
{
    (void)ctx, (void)class, (void)where, (void)what, (void)why;
}

static void mutate(struct bw_policy_judge *judge, const struct bw_policy_set *set,
                   const struct bw_object *object, struct bw_arena *arena)
{
    const struct bw_policy_around around = {0};
    struct bw_value_maker make = {.arena = arena};
    struct bw_value operations, patched;
    struct bw_err err = {0};
    for (size_t i = 0; i < bw_policy_count(set); i++)
        if (bw_policy_mutate(judge, i, object, &around, &operations, &err) == 0 &&
            bw_policy_patch(&make, object->value, operations, &patched, &err) && !err.msg[0])
            abort();
}

static void judge(const struct bw_policy_set *set)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_value_maker make = {.arena = arena};
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .version = BW_STR("v1"),
                               .resource = BW_STR("pods"),
                               .kind = BW_STR("Pod"),
                               .name = BW_STR("a")};
    const struct bw_document document = {.objects = &object, .objects_n = 1};
    const struct bw_policy_documents documents = {&document, 1};
    const struct bw_policy_choice all = {0};
    struct bw_findings findings = {0};
    struct bw_results results = {0};
    const struct bw_subject subject = {.kind = BW_SUBJECT_DOCUMENTS};
    const struct bw_check_input input = {.subject = &subject};
    const struct bw_check_output output = {
        .arena = arena, .findings = &findings, .results = &results, .gap = ignore_gap};
    struct bw_err err = {0};
    if (bw_value_from_json(&make, bw_str(pod), &object.value, &err) ||
        bw_policy_select(set, &all, &selection, &err))
        abort();
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    if (!judge || (bw_policy_check(judge, &documents, &input, &output, &err) && !err.msg[0]))
        abort();
    mutate(judge, set, &object, arena);
    BW_VEC_FREE(&findings);
    BW_VEC_FREE(&results);
}

static void load(struct bw_str text)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, &err);
    if (!loader)
        abort();
    int rc = bw_policy_load(loader, BW_STR("p.yaml"), text, &err);
    if (rc == 0)
        rc = bw_policy_set_build(loader, &set, &err);
    if (rc && !err.msg[0])
        abort();
    if (rc == 0)
        judge(set);
}

static void open_set(struct bw_str bytes)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    void *copy = aligned_alloc(8, (bytes.n + 7) & ~(size_t)7);
    if (!copy)
        abort();
    memcpy(copy, bytes.p, bytes.n);
    if (bw_policy_set_open_as(bw_str_n(copy, bytes.n), BW_STR(""), NULL, &set, &err) == 0)
        judge(set);
    else if (!err.msg[0])
        abort();
    bw_policy_set_freep(&set);
    free(copy);
}

static void patch(struct bw_str json)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_value_maker make = {.arena = arena};
    struct bw_value both, patched;
    struct bw_err err = {0};
    if (bw_value_from_json(&make, json, &both, &err))
        return;
    if (bw_policy_patch(&make, bw_value_at(both, "tree", NULL), bw_value_at(both, "patch", NULL),
                        &patched, &err) &&
        !err.msg[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_str text = bw_str_n(data, size);
    if (bw_str_starts(text, BW_STR("bwpolset")))
        open_set(text);
    else if (bw_str_starts(text, BW_STR("{\"")))
        patch(text);
    else
        load(text);
    return 0;
}
