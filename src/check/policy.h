/*
 * policy.h: policies: documents that say what an object must look like, and their verdicts.
 *
 * A policy is a document of Kubernetes' kind: ValidatingAdmissionPolicy with its bindings,
 * MutatingAdmissionPolicy in JSONPatch form, a Gatekeeper template that carries CEL with its
 * constraints, a Kyverno ValidatingPolicy. What one of them uses beyond CEL over the object (Rego,
 * look-ups over the network, signatures of images) is an error that names it. Nothing that is half
 * understood is taken.
 *
 *     loader = bw_policy_loader_new(NULL, NULL, &err);
 *     bw_policy_load(loader, BW_STR("my.yaml"), text, &err);          any number of files
 *     bw_policy_set_build(loader, &set, &err);                        or bw_policy_set_builtin()
 *     bw_policy_select(set, &choice, &selection, &err);
 *     judge = bw_policy_judge_new(set, selection, &err);              one a thread
 *     bw_policy_judge_object(judge, object, &around, &outcomes, &n, &err);  for each object
 *
 * or, for a report, bw_policy_check() over all documents of a subject.
 *
 * Annotations under "bulwark.dev/" say what Kubernetes has no field for: title, severity, remedy,
 * references, aliases, profiles, action, harden, docker, fix. The name of the document is the
 * policy's id.
 *
 * A set is immutable; any number of threads may use it at a time. It consists of bytes that hold
 * everything, programs too, and are mapped as they stand: opening checks them and allocates a
 * fixed number of times, however many policies there are.
 */
#ifndef BW_CHECK_POLICY_H
#define BW_CHECK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"
#include "check/check.h"
#include "model/finding.h"
#include "model/object.h"
#include "model/result.h"

/* One file of policies; policies of a set; and of one policy: rules it matches by, variables,
 * conditions and validations together, bindings, parameter objects. */
#define BW_POLICY_TEXT_MAX        ((size_t)8 << 20)
#define BW_POLICY_FILES_MAX       100000u
#define BW_POLICY_POLICIES_MAX    20000u
#define BW_POLICY_RULES_MAX       1000u
#define BW_POLICY_EXPRESSIONS_MAX 1000u
#define BW_POLICY_VARIABLES_MAX   100u
#define BW_POLICY_BINDINGS_MAX    1000u
#define BW_POLICY_PARAMS_MAX      10000u

/* Bytes of a compiled set, and of what one object's evaluation may hold at a time. */
#define BW_POLICY_SET_MAX   ((size_t)256 << 20)
#define BW_POLICY_ARENA_MAX ((size_t)64 << 20)

/* Profiles that mean something to the program; a policy may name others. */
#define BW_POLICY_PROFILE_DEFAULT "hosting"

/* --- loading --- */

struct bw_policy_loader;
struct bw_policy_set;

/* What is wrong with a document. Slices are short-lived. */
struct bw_policy_problem {
    struct bw_str file;
    uint32_t line, column; /* from 1; within an expression the place of the fault; 0: the file */
    struct bw_str policy;  /* its name, or empty */
    const char *message;   /* one line for a person */
};

/* "FILE:LINE:COLUMN: policy NAME: MESSAGE" as an error. Returns BW_EFORMAT. */
int bw_policy_problem_text(const struct bw_policy_problem *problem, struct bw_err *err);

typedef void (*bw_policy_on_problem)(void *ctx, const struct bw_policy_problem *problem);

/* on_problem may be NULL. It is told every problem, which is more than the first, that errors
 * name. NULL when memory is short. */
struct bw_policy_loader *bw_policy_loader_new(bw_policy_on_problem on_problem, void *ctx,
                                              struct bw_err *err) BW_MUST_USE;
void bw_policy_loader_free(struct bw_policy_loader *loader); /* takes NULL */
void bw_policy_loader_freep(struct bw_policy_loader **loader);

/* Takes the documents of one file: policies, bindings, constraints, and any other objects, which
 * may be parameters. `file` is how the person calls it. Documents of kinds that look like policies
 * and are not understood are errors. BW_EFORMAT ("FILE:LINE:COLUMN: policy NAME: REASON") for the
 * first problem: the other documents are taken, and building fails. BW_ELIMIT, BW_ENOMEM. */
int bw_policy_load(struct bw_policy_loader *loader, struct bw_str file, struct bw_str text,
                   struct bw_err *err) BW_MUST_USE;

/* Whether a text has a document of one of the kinds that are policies; cheap, by words alone. */
bool bw_policy_is_policy_text(struct bw_str text);

/* Brings policies, bindings and parameters together and compiles. BW_EFORMAT as above, also where a
 * name stands twice or a binding's policy is not there. The loader is of no use afterwards. */
int bw_policy_set_build(struct bw_policy_loader *loader, struct bw_policy_set **ret_set,
                        struct bw_err *err) BW_MUST_USE;

/* --- sets --- */

/* The library that is part of the program. */
int bw_policy_set_builtin(struct bw_policy_set **ret_set, struct bw_err *err) BW_MUST_USE;

/* The set in bytes, as bw_policy_set_bytes gave them to a program of the same source: they are
 * aligned to 8 and outlive the set. Every index is checked. BW_EFORMAT for other bytes and other
 * sources. */
int bw_policy_set_open(struct bw_str bytes, struct bw_policy_set **ret_set,
                       struct bw_err *err) BW_MUST_USE;
struct bw_str bw_policy_set_bytes(const struct bw_policy_set *set);
void bw_policy_set_free(struct bw_policy_set *set); /* takes NULL */
void bw_policy_set_freep(struct bw_policy_set **set);

enum bw_policy_kind {
    BW_POLICY_VALIDATING,
    BW_POLICY_MUTATING, /* judges nothing: it is asked for its patches */
};

/* Slices are valid while the set is, and a NUL stands behind each. */
struct bw_policy {
    struct bw_check check; /* id, title, remedy, references */
    struct bw_str id;
    enum bw_policy_kind kind;
    enum bw_severity severity;
    enum bw_policy_action action;
    bool ignores_errors;      /* failurePolicy is Ignore */
    struct bw_strs aliases;   /* other tools' ids */
    struct bw_strs profiles;  /* it is part of */
    struct bw_strs resources; /* it looks at, for a person: "pods", "apps/deployments",
                                 "dockerfiles", "kind Ingress" */
    struct bw_str harden;     /* what the runtime gate can mend; empty: nothing */
    struct bw_str docker;     /* the remedy in the words of Docker's command line; or empty */
    bool fixable;             /* bw_policy_fix() may mend it */
    struct bw_str file;       /* as it was called when it was loaded */
    uint32_t line;
};

size_t bw_policy_count(const struct bw_policy_set *set);
const struct bw_policy *bw_policy_at(const struct bw_policy_set *set, size_t i);

/* By id, else by alias; case matters for neither. SIZE_MAX where there is none. A policy that has
 * the word as its alias may not be the only one: see bw_policy_answers_to. */
size_t bw_policy_find(const struct bw_policy_set *set, struct bw_str id_or_alias);
bool bw_policy_answers_to(const struct bw_policy *policy, struct bw_str id_or_alias);

/* The expressions of a policy, for a person, in the order they are evaluated. */
enum bw_policy_part_kind {
    BW_POLICY_PART_CONDITION,
    BW_POLICY_PART_VARIABLE,
    BW_POLICY_PART_VALIDATION,
    BW_POLICY_PART_AUDIT,
    BW_POLICY_PART_MUTATION,
    BW_POLICY_PART_FIX, /* named "compose" where it is for a service of a compose file */
};

struct bw_policy_part {
    enum bw_policy_part_kind kind;
    struct bw_str name;    /* of a condition, variable or audit annotation */
    struct bw_str source;  /* the expression */
    struct bw_str message; /* of a validation: as it stands, or the expression that computes it */
    uint32_t line, column; /* where the expression begins in policy->file */
};

/* false where there is no i-th one. */
bool bw_policy_part_at(const struct bw_policy_set *set, size_t policy, size_t i,
                       struct bw_policy_part *ret_part);

/* --- selections --- */

/* Empty lists choose everything. */
struct bw_policy_choice {
    struct bw_strs profiles; /* policies of any of these */
    struct bw_strs also;     /* ids and aliases: these as well, whatever their profiles */
    struct bw_strs only;     /* ids and aliases: these alone, whatever their profiles */
    struct bw_strs except;   /* ids and aliases: not these */
    enum bw_severity at_least;
};

struct bw_policy_selection;

/* BW_EUSAGE where an id, alias or profile is of no policy, with the nearest. */
int bw_policy_select(const struct bw_policy_set *set, const struct bw_policy_choice *choice,
                     struct bw_policy_selection **ret_selection, struct bw_err *err) BW_MUST_USE;
void bw_policy_selection_free(struct bw_policy_selection *selection); /* takes NULL */
void bw_policy_selection_freep(struct bw_policy_selection **selection);
bool bw_policy_is_selected(const struct bw_policy_selection *selection, size_t policy);
size_t bw_policy_selected_count(const struct bw_policy_selection *selection);

/* --- judging --- */

/* Evaluates the selected policies, one object at a time; not thread-safe, one for each thread. The
 * set and the selection outlive it. */
struct bw_policy_judge;
struct bw_policy_judge *bw_policy_judge_new(const struct bw_policy_set *set,
                                            const struct bw_policy_selection *selection,
                                            struct bw_err *err) BW_MUST_USE;
void bw_policy_judge_free(struct bw_policy_judge *judge); /* takes NULL */
void bw_policy_judge_freep(struct bw_policy_judge **judge);

/* What stands around an object. Zeroed: a document on its own, about to be created. */
struct bw_policy_around {
    struct bw_value request;    /* AdmissionRequest; ABSENT: one is made from the object, operation
                                   CREATE, whose userInfo is UNKNOWN. For an object of another
                                   resource its `kind` and `resource` are the object's */
    struct bw_value old_object; /* ABSENT: null */
    /* The Namespace object of that name, or ABSENT where it is not at hand: then its labels are
     * UNKNOWN but for kubernetes.io/metadata.name. May be NULL. The empty name is "default". */
    struct bw_value (*namespace_named)(void *ctx, struct bw_str name);
    void *ctx;
    int64_t now_ns;
    bool brief; /* do not find out what decided */
};

/*
 * What a policy says of an object. PASS; FAIL, one outcome for each validation that fails;
 * NOT_APPLICABLE, where it looks at such objects, and a condition or what the form cannot say
 * leaves it out; NOT_EVALUATED, where what it asks for is not at hand, or it failed and ignores
 * errors. A policy that looks at other kinds of objects has no outcome.
 *
 * A policy may name what is wrong in a variable "offending", a list of parts of the object. Where
 * the messageExpression of a validation that fails speaks of it, each element is an outcome of its
 * own, with the element's place and a message for it alone; unless the answer is to be brief.
 */
struct bw_policy_outcome {
    uint32_t policy; /* index in the set */
    enum bw_status status;
    enum bw_policy_action action; /* the policy's, or the strictest of its bindings' */
    bool error;                   /* FAIL or NOT_EVALUATED because an expression failed */
    struct bw_str message;    /* FAIL: the policy's, or the expression's error. NOT_*: why, and for
                                 NOT_EVALUATED the same words for the same reason. */
    struct bw_str reason;     /* FAIL: "Invalid", "Forbidden", ... as the validation has it */
    struct bw_str expression; /* the part that decided, as it stands in the policy; or empty */
    struct bw_str path;       /* of the value that decided: "object.spec.hostNetwork"; or empty */
    struct bw_value value;    /* that value; ABSENT where it is not there */
    uint32_t place;           /* where it was written: an index into the document's places */
};

/* Outcomes and what they point to are valid until the next call, and while the object is. An object
 * that takes more memory than BW_POLICY_ARENA_MAX makes expressions fail. BW_ENOMEM where outcomes
 * find no room: there are then none. */
int bw_policy_judge_object(struct bw_policy_judge *judge, const struct bw_object *object,
                           const struct bw_policy_around *around,
                           const struct bw_policy_outcome **ret_outcomes, size_t *ret_n,
                           struct bw_err *err) BW_MUST_USE;

/* The operations (RFC 6902, a list of maps) that a mutating policy wants for an object: an empty
 * list where it does not apply. Valid as outcomes are. BW_EFORMAT when an expression fails and the
 * policy does not ignore errors. */
int bw_policy_mutate(struct bw_policy_judge *judge, size_t policy, const struct bw_object *object,
                     const struct bw_policy_around *around, struct bw_value *ret_operations,
                     struct bw_err *err) BW_MUST_USE;

/*
 * What mends an object that a policy found fault with: the annotation bulwark.dev/fix is an
 * expression over the object and the policy's variables, which gives a list of changes to the text
 * as report/edits.h takes them: {"at": dyn(VALUE), "replace": TEXT} and the like. Of a Pod view of
 * a compose service the object is the service itself, and the annotation bulwark.dev/fix-compose,
 * which sees no variables. `at` is the line and column of a finding, of which alone the changes are
 * where the policy tells each part that offends by itself; NULL: all. An empty list where the
 * policy has no such expression. Valid as outcomes are. BW_EFORMAT where the expression fails or
 * gives no list.
 */
bool bw_policy_mends(const struct bw_policy_set *set, size_t policy,
                     const struct bw_object *object); /* has an expression for such an object */
int bw_policy_fix(struct bw_policy_judge *judge, size_t policy, const struct bw_document *document,
                  const struct bw_object *object, const struct bw_value_place *at,
                  struct bw_value *ret_changes, struct bw_err *err) BW_MUST_USE;

/* --- for a report --- */

/* The documents of one subject: each is asked for the Namespace objects that others name. */
struct bw_policy_documents {
    const struct bw_document *v;
    size_t n;
};

/* Called by bw_policy_check for each finding that is not waived. */
typedef void (*bw_policy_found)(void *ctx, const struct bw_finding *finding, size_t policy,
                                const struct bw_document *document, const struct bw_object *object);
void bw_policy_judge_tell(struct bw_policy_judge *judge, bw_policy_found found, void *ctx);

/* Judges all objects of all documents: appends one result for each selected validating policy, in
 * the order of the set, a finding for each failure, the worst first, and a note gap for each reason
 * why something was not evaluated. Findings are waived by annotations of the object
 * ("bulwark.dev/ignore", "checkov.io/skipN", "ignore-check.kube-linter.io/NAME") and by the
 * document's comments; one that has expired waives nothing and is a note gap. BW_ELIMIT where the
 * arena or a vector is full. */
int bw_policy_check(struct bw_policy_judge *judge, const struct bw_policy_documents *documents,
                    const struct bw_check_input *input, const struct bw_check_output *output,
                    struct bw_err *err) BW_MUST_USE;

/* How a person calls an object: "Deployment default/web", "service web", "Dockerfile". A view is
 * called as its origin. Appended. */
void bw_policy_object_name(const struct bw_document *document, const struct bw_object *object,
                           struct bw_buf *buf);

/* --- patches --- */

/* Operations in one patch. */
#define BW_POLICY_PATCH_MAX 10000u

/* Applies a JSON Patch (RFC 6902: a list of {op, path, from, value}) to a tree: what changes is
 * made anew in the maker's arena, the rest is shared, the given tree stays as it is. All or
 * nothing: BW_EFORMAT names the operation that cannot be done, also a `test` that fails;
 * BW_ELIMIT. */
int bw_policy_patch(struct bw_value_maker *make, struct bw_value tree, struct bw_value operations,
                    struct bw_value *ret_tree, struct bw_err *err) BW_MUST_USE;

#endif
