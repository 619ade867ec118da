/*
 * policy-load.h: policies as they are read, before they are compiled; for the files policy-*.c
 * alone.
 *
 * Reading is strict: a field that is not known, stands twice or has another type is a problem with
 * a place. What is read is a draft in the loader's arena; all slices point into it or into the
 * YAML, which the loader keeps.
 */
#ifndef BW_CHECK_POLICY_LOAD_H
#define BW_CHECK_POLICY_LOAD_H

#include "base/map.h"
#include "check/policy-state.h"
#include "wrap/yaml.h"

/* Drafts of all documents. */
#define BW_POLICY_DRAFT_MAX ((size_t)128 << 20)

/* A file. */
struct bw_policy_source {
    struct bw_str file, text;
    struct bw_yaml_stream *stream;
    uint32_t *lines; /* where each begins in the text */
    size_t lines_n;
};

/* A scalar of a file: an expression, or words for a person. text.p is NULL where it is absent. */
struct bw_policy_scalar {
    struct bw_str text;
    const struct bw_yaml *node;
};

struct bw_policy_draft_requirement {
    struct bw_policy_scalar key, operator;
    struct bw_strs values;
};

struct bw_policy_draft_requirements {
    BW_VEC(struct bw_policy_draft_requirement);
};

struct bw_policy_draft_rule {
    struct bw_strs groups, versions, resources, kinds, names;
    uint32_t operations;
    uint32_t scope;
};

struct bw_policy_draft_rules {
    BW_VEC(struct bw_policy_draft_rule);
};

struct bw_policy_draft_match {
    struct bw_policy_draft_rules rules, excluded;
    struct bw_policy_draft_requirements namespace_requirements, label_requirements;
    struct bw_strs namespaces, excluded_namespaces;
    struct bw_policy_scalar name;
    bool present, any_resource, exact;
};

/* A condition, variable, validation, audit annotation or mutation. */
struct bw_policy_draft_part {
    struct bw_policy_scalar name, expression, message, message_expression, reason;
    struct bw_policy_scalar patch_type;
};

struct bw_policy_draft_parts {
    BW_VEC(struct bw_policy_draft_part);
};

/* Who wrote the policy, which decides what its expressions may use. */
enum bw_policy_author {
    BW_POLICY_KUBERNETES,
    BW_POLICY_GATEKEEPER,
    BW_POLICY_KYVERNO
};

struct bw_policy_draft {
    const struct bw_policy_source *source;
    uint32_t line, column;
    enum bw_policy_author author;
    enum bw_policy_kind kind;
    struct bw_str id, title, remedy, harden, docker;
    struct bw_strs references, aliases, profiles;
    enum bw_severity severity;
    enum bw_policy_action action;
    bool has_action;
    bool ignores_errors;
    bool has_params;
    struct bw_str param_version, param_kind; /* "rules.example.com/v1", "ReplicaLimit" */
    struct bw_policy_draft_match match;
    struct bw_policy_draft_parts conditions, variables, validations, audits, mutations, fixes;
    struct bw_str constraint_kind; /* of a Gatekeeper template */
};

struct bw_policy_draft_binding {
    const struct bw_policy_source *source;
    uint32_t line, column;
    struct bw_str name, policy;
    enum bw_policy_kind kind;
    enum bw_policy_action action;
    bool has_action;
    struct bw_policy_draft_match match;
    bool refers, deny_without, has_selector;
    struct bw_str param_name, param_namespace;
    struct bw_policy_draft_requirements param_requirements;
    const struct bw_yaml *constraint; /* of Gatekeeper: the parameter itself */
};

/* Any other object. */
struct bw_policy_draft_object {
    const struct bw_policy_source *source;
    const struct bw_yaml *root;
    struct bw_str version, kind, namespace, name;
};

struct bw_policy_loader {
    bw_policy_on_problem on_problem;
    void *ctx;
    struct bw_arena *arena;
    BW_VEC_TYPE(bw_policy_sources, struct bw_policy_source *) sources;
    BW_VEC_TYPE(bw_policy_drafts, struct bw_policy_draft *) policies;
    BW_VEC_TYPE(bw_policy_draft_bindings, struct bw_policy_draft_binding *) bindings;
    BW_VEC_TYPE(bw_policy_draft_objects, struct bw_policy_draft_object) objects;
    struct bw_err first; /* problem; code 0: none */
};

/* What a document's readers pass on. */
struct bw_policy_reader {
    struct bw_policy_loader *loader;
    const struct bw_policy_source *source;
    struct bw_str policy; /* the name that problems tell */
};

/* --- problems (policy-load.c) --- */

/* Tells a problem at a place and returns BW_EFORMAT. */
int bw_policy_problem(struct bw_policy_reader *reader, uint32_t line, uint32_t column,
                      const char *fmt, ...) BW_PRINTF(4, 5);

/* As bw_policy_problem, where a value begins. */
int bw_policy_problem_at(struct bw_policy_reader *reader, const struct bw_yaml *value,
                         const char *fmt, ...) BW_PRINTF(3, 4);

/* The draft finds no room: BW_ELIMIT or BW_ENOMEM, for the caller to hand on. */
int bw_policy_no_room(struct bw_policy_reader *reader);

/* --- places within scalars (policy-place.c) --- */

/* Where byte `offset` of a scalar's text stands in the file: block scalars, folded lines, quotes
 * and escapes are followed. */
void bw_policy_place_of(const struct bw_policy_source *source, const struct bw_yaml *scalar,
                        size_t offset, uint32_t *ret_line, uint32_t *ret_column);

/* --- fields (policy-load-fields.c) --- */

typedef int (*bw_policy_take)(struct bw_policy_reader *reader, const struct bw_yaml *value,
                              void *at);

struct bw_policy_field {
    const char *name;
    bw_policy_take take; /* NULL: known, and of no meaning here */
    size_t offset;       /* of what `take` fills within the struct that is read */
    bool required;
    const char *beyond; /* why it cannot be taken: the problem tells it */
};

/* Reads a mapping into the struct at `out`. `what` names it for problems: "spec". */
int bw_policy_take_fields(struct bw_policy_reader *reader, const struct bw_yaml *mapping,
                          const char *what, const struct bw_policy_field *fields, size_t n,
                          void *out);

/* An explicit null, which is as good as nothing. */
bool bw_policy_is_null(const struct bw_yaml *value);

/* The word of `words` (n of them) nearest to a mistyped one, or NULL (policy-nearest.c). */
const char *bw_policy_nearest(struct bw_str word, const char *const *words, size_t n);

/* Takers: struct bw_policy_scalar, struct bw_str, struct bw_strs, bool. */
int bw_policy_take_scalar(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
int bw_policy_take_text(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
int bw_policy_take_words(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
int bw_policy_take_bool(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);

/* One of n words: its index as uint32_t. */
int bw_policy_take_choice(struct bw_policy_reader *reader, const struct bw_yaml *value,
                          const char *const *words, size_t n, uint32_t *ret);

/* Calls `take` for each element of a list. */
int bw_policy_each(struct bw_policy_reader *reader, const struct bw_yaml *list, bw_policy_take take,
                   void *at);

/* One more element of a draft's list, in the loader's arena; NULL at `max` or when it is full. */
#define BW_POLICY_PUSH(reader, vec, max)                                                           \
    ((__typeof__((vec)->v))bw_policy_push((reader)->loader->arena, (void **)&(vec)->v, &(vec)->n,  \
                                          &(vec)->cap, sizeof *(vec)->v, (max)))
void *bw_policy_push(struct bw_arena *arena, void **v, size_t *n, size_t *cap, size_t size,
                     size_t max) BW_MUST_USE;

/* --- kinds of documents --- */

/* policy-load-match.c: MatchResources, and a LabelSelector into its requirements. */
int bw_policy_take_match(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
int bw_policy_take_selector(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);

/* policy-load-parts.c: lists of parts, into struct bw_policy_draft_parts. */
int bw_policy_take_conditions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                              void *at);
int bw_policy_take_variables(struct bw_policy_reader *reader, const struct bw_yaml *value,
                             void *at);
int bw_policy_take_validations(struct bw_policy_reader *reader, const struct bw_yaml *value,
                               void *at);
int bw_policy_take_audits(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
int bw_policy_take_mutations(struct bw_policy_reader *reader, const struct bw_yaml *value,
                             void *at);
int bw_policy_take_failure(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at);
/* validationActions: the strictest, as enum bw_policy_action. */
int bw_policy_take_actions(struct bw_policy_reader *reader, const struct bw_yaml *value,
                           enum bw_policy_action *ret);

/* policy-load-metadata.c: metadata with our annotations, into a draft. */
int bw_policy_take_metadata(struct bw_policy_reader *reader, const struct bw_yaml *root,
                            struct bw_policy_draft *draft);

/* A new draft of the document, with metadata; NULL after a problem. */
struct bw_policy_draft *bw_policy_new_draft(struct bw_policy_reader *reader,
                                            const struct bw_yaml *root);
struct bw_policy_draft_binding *bw_policy_new_binding(struct bw_policy_reader *reader,
                                                      const struct bw_yaml *root);

/* Documents of a kind; `version` is the part behind the group. */
int bw_policy_read_validating(struct bw_policy_reader *reader, const struct bw_yaml *root);
int bw_policy_read_mutating(struct bw_policy_reader *reader, const struct bw_yaml *root);
int bw_policy_read_binding(struct bw_policy_reader *reader, const struct bw_yaml *root);
int bw_policy_read_template(struct bw_policy_reader *reader, const struct bw_yaml *root);
int bw_policy_read_constraint(struct bw_policy_reader *reader, const struct bw_yaml *root);
int bw_policy_read_kyverno(struct bw_policy_reader *reader, const struct bw_yaml *root);

/* --- parameters (policy-param.c) --- */

/* Writes an object as JSON, as Kubernetes reads YAML. BW_EFORMAT, BW_ELIMIT. */
int bw_policy_yaml_json(const struct bw_yaml *root, struct bw_buf *buf, struct bw_err *err);

#endif
