/*
 * gate-state.h: what the rules of a gate look like inside; for the files gate-*.c alone.
 */
#ifndef BW_ENFORCE_GATE_STATE_H
#define BW_ENFORCE_GATE_STATE_H

#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"
#include "enforce/gate.h"

/* Words of one list of a configuration. */
#define BW_GATE_WORDS_MAX 10000u

/* What is read of a configuration, as pointers. */
#define BW_GATE_RULES_MAX ((size_t)128 << 20)

/* Where an index of profiles stands. */
#define BW_GATE_NOT_SAID UINT32_MAX /* as it is without the scope */
#define BW_GATE_NO_LIBRARY                                                                         \
    (UINT32_MAX - 1) /* "profiles": [] or ["off"], and no further policies                         \
                      */

struct bw_gate_scope {
    struct bw_strs namespaces, users, groups; /* globs; p is NULL where they are not given */
    struct bw_strs profiles;
    bool has_profiles, has_enforce;
    enum bw_policy_action enforce;
    uint32_t selection; /* of the library; BW_GATE_NOT_SAID, BW_GATE_NO_LIBRARY */
};

struct bw_gate_exception {
    struct bw_strs ids, namespaces, names, users, groups, images; /* globs, as above */
    struct bw_str reason, owner, expires;
    int64_t until;     /* seconds since 1970: the first of the day after the last */
    struct bw_str why; /* for a person */
};

/* Groups of one user. */
struct bw_gate_member {
    struct bw_str user;
    struct bw_strs groups;
};

/* As it was written, strings copied. bw_gate_configuration_json writes every member. */
struct bw_gate_configuration {
    struct bw_strs profiles, policies, except, mended, mutate;
    bool library;
    enum bw_policy_action enforce;
    BW_VEC_TYPE(bw_gate_scopes, struct bw_gate_scope) scopes;
    BW_VEC_TYPE(bw_gate_exceptions, struct bw_gate_exception) exceptions;
    struct bw_value namespaces; /* a map from names to Namespace objects; or ABSENT */
    bool namespace_labels;
    BW_VEC_TYPE(bw_gate_members, struct bw_gate_member) members;
};

/* A set, and what of it is judged. */
struct bw_gate_lane {
    const struct bw_policy_set *set;
    struct bw_policy_selection *selection;
};

/* A mutating policy that was chosen. */
struct bw_gate_mutator {
    uint32_t lane;   /* of its set, whatever that selects */
    uint32_t policy; /* index in the set */
};

struct bw_gate_rules {
    atomic_uint references;
    struct bw_arena *arena; /* of the configuration's strings and lists */
    struct bw_gate_configuration configuration;
    struct bw_policy_set *library; /* NULL: left out */
    struct bw_policy_set *sets[BW_GATE_SETS_MAX];
    size_t sets_n;
    /* The sets that were handed over, then the library: a lane for each list of profiles. */
    BW_VEC_TYPE(bw_gate_lanes, struct bw_gate_lane) lanes;
    uint32_t selection;     /* of the library, where no scope says another: an index of a lane */
    struct bw_map labelled; /* by the name of a Namespace whose label names a profile: an index of a
                               lane, and one more */
    BW_VEC_TYPE(bw_gate_mutators, struct bw_gate_mutator) mutators; /* in the order they apply */
};

/* --- judges --- */

#define BW_GATE_WEIGHTS 4u

struct bw_gate_bucket {
    struct bw_gate_reason v[BW_GATE_REASONS_MAX];
    size_t n, more; /* more: found no room */
};

struct bw_gate_judge {
    struct bw_gate_rules *rules;
    struct bw_policy_judge **judges; /* one a lane, made when it is first asked */
    struct bw_arena *arena;          /* of a decision's texts */
    struct bw_buf text;
    struct bw_gate_bucket buckets[BW_GATE_WEIGHTS]; /* by weight */
    struct bw_gate_reason reasons[BW_GATE_REASONS_MAX];
};

/* An object, and what of the rules is for it. */
struct bw_gate_asking {
    struct bw_gate_judge *judge;
    const struct bw_gate_request *request;
    struct bw_policy_around around;
    const struct bw_object *object;
    uint32_t index; /* of the object */
    struct bw_str namespace, name;
    struct bw_str called; /* for a person; p is NULL until it is wanted */
    uint32_t selection;
    enum bw_policy_action enforce;
    uint32_t evaluated;
};

/* Fills in all that is of one object of the document. (gate-decide.c) */
void bw_gate_begin_object(struct bw_gate_asking *asking, uint32_t index);

/* The exception that is for a policy and the object at hand, or NULL. */
const struct bw_gate_exception *bw_gate_exception_for(const struct bw_gate_asking *asking,
                                                      const struct bw_policy *policy);

uint64_t bw_gate_clock_ns(void); /* monotonic */

/* Chooses the mutating policies of rules that are complete but for these. BW_EUSAGE: a profile that
 * no mutating policy is of. (gate-mutate.c) */
int bw_gate_choose_mutators(struct bw_gate_rules *rules, struct bw_err *err) BW_MUST_USE;

/* --- reading --- */

/* "namespaces": a map of Namespace objects. BW_EFORMAT. (gate-namespace.c) */
struct bw_json;
int bw_gate_namespaces_read(const struct bw_json *json, struct bw_arena *arena,
                            struct bw_value *ret_namespaces, struct bw_err *err) BW_MUST_USE;

/* Where a configuration is wrong, for who knows where it was written. */
struct bw_gate_fault {
    const char *list; /* "scopes", "exceptions"; NULL at the top */
    size_t index;     /* in that list */
    char member[64];  /* which may not be there; empty: the whole */
};

/* Reads a configuration strictly. BW_EFORMAT names the member. `fault` may be NULL. (gate-read.c)
 */
int bw_gate_configuration_read(struct bw_str json, struct bw_arena *arena,
                               struct bw_gate_configuration *configuration,
                               struct bw_gate_fault *fault, struct bw_err *err) BW_MUST_USE;
void bw_gate_configuration_free(struct bw_gate_configuration *configuration);

/* As bw_gate_rules_open; where a word is of no policy or profile, fault->member is that word. */
int bw_gate_rules_open_telling(struct bw_str configuration, const struct bw_str *sets,
                               size_t sets_n, struct bw_gate_fault *fault,
                               struct bw_gate_rules **ret_rules, struct bw_err *err) BW_MUST_USE;

/* A YAML text, checked (gate-yaml.c). BW_EFORMAT with "FILE:LINE: ". */
int bw_gate_yaml_read(struct bw_str file, struct bw_str text, bool is_exceptions,
                      struct bw_arena *arena, struct bw_gate_configuration *configuration,
                      struct bw_err *err) BW_MUST_USE;

/* The line of the first scalar that is this word; 0: there is none. */
uint32_t bw_gate_yaml_find(struct bw_str text, struct bw_str word);

/* What bw_gate_configuration_read reads (gate-yaml.c). */
void bw_gate_configuration_json(const struct bw_gate_configuration *configuration,
                                struct bw_buf *json);

/* Whether a pattern describes the whole of a text: '*' is any bytes, '?' is one. */
bool bw_gate_fits(struct bw_str pattern, struct bw_str text);
bool bw_gate_fits_any(struct bw_strs patterns, struct bw_str text);

/* A policy that an exception's id is for: by id, alias, or a glob over these. */
bool bw_gate_names_policy(struct bw_str id, const struct bw_policy *policy);

#endif
