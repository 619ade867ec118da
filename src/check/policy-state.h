/*
 * policy-state.h: what a set of policies looks like inside; for the files policy-*.c alone.
 *
 * A set is one run of bytes: a head, then tables of the structs below, then strings and programs.
 * Nothing in it is a pointer: a string is an offset into the strings, a list is a run of a table's
 * entries. What is wanted as pointers (struct bw_policy, programs) is made when the set is opened,
 * in one allocation each.
 */
#ifndef BW_CHECK_POLICY_STATE_H
#define BW_CHECK_POLICY_STATE_H

#include "base/arena.h"
#include "base/vec.h"
#include "cel/cel.h"
#include "check/policy.h"

/* "None of them" where an index stands. */
#define BW_POLICY_NONE UINT32_MAX

/* Slots of a program's variables. `params` is there only where the policy has a paramKind. */
enum bw_policy_slot {
    BW_POLICY_SLOT_OBJECT,
    BW_POLICY_SLOT_OLD_OBJECT,
    BW_POLICY_SLOT_REQUEST,
    BW_POLICY_SLOT_NAMESPACE,
    BW_POLICY_SLOT_AUTHORIZER,
    BW_POLICY_SLOT_RESOURCE, /* authorizer.requestResource */
    BW_POLICY_SLOT_PARAMS,
    BW_POLICY_SLOTS, /* then the policy's own variables */
};

/* n entries of a table, or n bytes of the strings (a NUL stands behind them). */
struct bw_policy_run {
    uint32_t at, n;
};

enum bw_policy_table {
    BW_POLICY_TABLE_STRINGS,  /* char */
    BW_POLICY_TABLE_CODE,     /* char: programs, each aligned to 8 */
    BW_POLICY_TABLE_PROGRAMS, /* struct bw_policy_run of CODE */
    BW_POLICY_TABLE_WORDS,    /* struct bw_policy_run of STRINGS */
    BW_POLICY_TABLE_REQUIREMENTS,
    BW_POLICY_TABLE_RULES,
    BW_POLICY_TABLE_MATCHES,
    BW_POLICY_TABLE_PARAMS,
    BW_POLICY_TABLE_BINDINGS,
    BW_POLICY_TABLE_PARTS,
    BW_POLICY_TABLE_POLICIES,
    BW_POLICY_TABLES,
};

#define BW_POLICY_BUILD_MAX 64u

#define BW_POLICY_MAGIC                                                                            \
    {                                                                                              \
        'b', 'w', 'p', 'o', 'l', 's', 'e', 't'                                                     \
    }

struct bw_policy_head {
    char magic[8];
    uint32_t size; /* of everything */
    uint32_t memos;
    uint32_t build_n; /* bytes of `build`; 0: part of the program */
    uint8_t build[BW_POLICY_BUILD_MAX];
    uint32_t spare;
    struct bw_policy_run tables[BW_POLICY_TABLES]; /* offset in bytes, number of entries */
};

enum bw_policy_operator {
    BW_POLICY_IN,
    BW_POLICY_NOT_IN,
    BW_POLICY_EXISTS,
    BW_POLICY_NOT_EXISTS
};

/* Of a label selector (meta/v1 LabelSelectorRequirement). */
struct bw_policy_requirement {
    struct bw_policy_run key;
    uint32_t operator;           /* enum bw_policy_operator */
    struct bw_policy_run values; /* WORDS */
};

enum bw_policy_scope {
    BW_POLICY_SCOPE_ANY,
    BW_POLICY_SCOPE_CLUSTER,
    BW_POLICY_SCOPE_NAMESPACED
};

/* NamedRuleWithOperations; Gatekeeper names kinds in place of resources and versions. */
struct bw_policy_rule {
    struct bw_policy_run groups, versions, resources, kinds, names; /* WORDS */
    uint32_t operations; /* bits of enum bw_policy_operation */
    uint32_t scope;      /* enum bw_policy_scope */
};

enum bw_policy_operation {
    BW_POLICY_CREATE = 1,
    BW_POLICY_UPDATE = 2,
    BW_POLICY_DELETE = 4,
    BW_POLICY_CONNECT = 8,
};

/* MatchResources. */
struct bw_policy_match {
    struct bw_policy_run rules, excluded;                            /* RULES */
    struct bw_policy_run namespace_requirements, label_requirements; /* REQUIREMENTS */
    struct bw_policy_run namespaces, excluded_namespaces;            /* WORDS: Gatekeeper's globs */
    struct bw_policy_run name;                                       /* Gatekeeper's glob */
    uint32_t any_resource; /* no rules mean all, as in a binding */
    uint32_t exact;        /* matchPolicy Exact */
};

struct bw_policy_param {
    struct bw_policy_run group, kind, namespace, name;
    struct bw_policy_run json;
};

struct bw_policy_binding {
    uint32_t action; /* enum bw_policy_action */
    uint32_t match;  /* MATCHES, or NONE */
    uint32_t refers; /* it has a paramRef: params of the policy's kind that fit what follows */
    uint32_t deny_without;             /* parameterNotFoundAction is Deny */
    struct bw_policy_run params;       /* PARAMS of the policy's kind; they stand together */
    struct bw_policy_run param_name;   /* empty: any */
    struct bw_policy_run param_space;  /* empty: the object's, where the param has one */
    struct bw_policy_run requirements; /* of the param's labels */
};

struct bw_policy_use {
    struct bw_policy_run name, message, reason;
    uint32_t kind;            /* enum bw_policy_part_kind */
    uint32_t program;         /* PROGRAMS */
    uint32_t message_program; /* or NONE */
    uint32_t memo; /* of a variable: where its value is kept for all policies that have the same;
                      NONE where it depends on parameters */
    uint32_t line, column;
};

struct bw_policy_record {
    struct bw_policy_run id, title, remedy, harden, docker, file;
    struct bw_policy_run references, aliases, profiles, resources; /* WORDS */
    uint32_t line;
    uint32_t kind, severity, action, ignores_errors;
    uint32_t has_params;
    uint32_t match; /* MATCHES */
    struct bw_policy_run bindings;
    /* PARTS, in this order one behind the other */
    struct bw_policy_run conditions, variables, validations, audits, mutations, fixes;
};

struct bw_policy_set {
    const uint8_t *base;
    struct bw_str bytes;
    void *owned; /* the bytes, where the set owns them */
    const struct bw_policy_head *head;
    const char *strings;
    const struct bw_policy_run *words;
    const struct bw_policy_requirement *requirements;
    const struct bw_policy_rule *rules;
    const struct bw_policy_match *matches;
    const struct bw_policy_param *params;
    const struct bw_policy_binding *bindings;
    const struct bw_policy_use *parts;
    const struct bw_policy_record *records;
    size_t policies_n;
    const struct bw_cel_program **programs;
    struct bw_policy *policies;
    struct bw_str *texts;   /* one for each word: what the lists of `policies` point to */
    const char **cstrings;  /* references, a NULL behind those of each policy */
    struct bw_arena *arena; /* of params_values; NULL where there are none */
    struct bw_value *param_values;
};

static inline struct bw_str bw_policy_text(const struct bw_policy_set *set,
                                           struct bw_policy_run run)
{
    return (struct bw_str){set->strings + run.at, run.n};
}

static inline struct bw_str bw_policy_word(const struct bw_policy_set *set,
                                           struct bw_policy_run list, uint32_t i)
{
    return bw_policy_text(set, set->words[list.at + i]);
}

/* Bytes of one entry of a table. */
size_t bw_policy_entry_size(enum bw_policy_table table);

/* Of this source, which sets name: another source may lay them out in another way, or know other
 * functions. Programs that are built from one source share it. */
struct bw_str bw_policy_identity(void);

/* Opens bytes of a build: `build` is what the head must name; empty for the program's own. Takes
 * `owned` over where it succeeds. */
int bw_policy_set_open_as(struct bw_str bytes, struct bw_str build, void *owned,
                          struct bw_policy_set **ret_set, struct bw_err *err) BW_MUST_USE;

/* Opens the library, which is part of the executable: it was checked when it was built, and is not
 * looked at again, since a run of the runtime wrapper is shorter than that takes. */
int bw_policy_set_open_own(struct bw_str bytes, struct bw_policy_set **ret_set,
                           struct bw_err *err) BW_MUST_USE;

/* As bw_policy_set_build, for the program's own library. */
int bw_policy_set_build_as(struct bw_policy_loader *loader, struct bw_str build,
                           struct bw_policy_set **ret_set, struct bw_err *err) BW_MUST_USE;

/* --- matching (policy-match.c) --- */

/* Three answers: a policy may be for an object, or not, or nobody can say. */
enum bw_policy_answer {
    BW_POLICY_NO,
    BW_POLICY_YES,
    BW_POLICY_INEXPRESSIBLE,
    BW_POLICY_MISSING,
};

/* Whether a rule is for such objects at all, by group, resource or kind, and operation. */
bool bw_policy_match_kind(const struct bw_policy_set *set, const struct bw_policy_match *match,
                          const struct bw_object *object, uint32_t operation);

/* Everything. Labels of the object as it was (ABSENT or null: it was not) select as well. */
enum bw_policy_answer bw_policy_match_object(const struct bw_policy_set *set,
                                             const struct bw_policy_match *match,
                                             const struct bw_object *object, uint32_t operation,
                                             struct bw_value old_object,
                                             struct bw_value namespace_object);

/* Whether labels (a map, ABSENT or UNKNOWN) meet all requirements. */
enum bw_policy_answer bw_policy_match_labels(const struct bw_policy_set *set,
                                             struct bw_policy_run requirements,
                                             struct bw_value labels);

/* Whether objects of a resource belong to no namespace. */
bool bw_policy_is_cluster_scoped(const struct bw_object *object);

/* "default" where the object names none. */
struct bw_str bw_policy_namespace_of(const struct bw_object *object);

#endif
