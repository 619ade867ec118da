/*
 * policy-helper.h: sets of policies from texts, and objects from JSON, for the tests of policies.
 */
#ifndef POLICY_HELPER_H
#define POLICY_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "check/policy.h"
#include "model/value-json.h"

#define VAP                                                                                        \
    "apiVersion: admissionregistration.k8s.io/v1\n"                                                \
    "kind: ValidatingAdmissionPolicy\n"
#define RULES(group, resource)                                                                     \
    "  matchConstraints:\n"                                                                        \
    "    resourceRules:\n"                                                                         \
    "      - apiGroups: [\"" group "\"]\n"                                                         \
    "        apiVersions: [v1]\n"                                                                  \
    "        operations: [CREATE, UPDATE]\n"                                                       \
    "        resources: [" resource "]\n"

/* A policy on config maps (which have no types) with one validation. */
#define SIMPLE(name, expression)                                                                   \
    VAP "metadata: {name: " name                                                                   \
        "}\nspec:\n" RULES("", "configmaps") "  validations:\n"                                    \
                                             "    - expression: \"" expression "\"\n"

/* BW_OK, or the code with the first problem in err. */
static inline int build_set(const char *text, struct bw_policy_set **ret_set, struct bw_err *err)
{
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, err);
    assert_non_null(loader);
    int rc = bw_policy_load(loader, BW_STR("p.yaml"), bw_str(text), err);
    return rc ? rc : bw_policy_set_build(loader, ret_set, err);
}

static inline struct bw_policy_set *set_of(const char *text)
{
    struct bw_policy_set *set = NULL;
    struct bw_err err = {0};
    if (build_set(text, &set, &err))
        fail_msg("%s", err.msg);
    return set;
}

static inline struct bw_value json_value(struct bw_arena *arena, const char *json)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_value value = {0};
    struct bw_err err = {0};
    if (bw_value_from_json(&make, bw_str(json), &value, &err))
        fail_msg("%s: %s", json, err.msg);
    return value;
}

#endif
