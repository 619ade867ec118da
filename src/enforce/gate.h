/*
 * gate.h: what an enforcement point decides about a document, and what it says of it.
 *
 * Three gates ask: the Docker authorization plugin, the Kubernetes webhook and the OCI runtime
 * wrapper. Each brings a document that a reader made of a request (model/object.h) and what is
 * known of the request, and gets one decision. What is written down is the same for all three: a
 * *configuration*, compiled policies, and exceptions.
 *
 *     bw_gate_rules_open(configuration, sets, n, &rules, &err);       at start and at every reload
 *     judge = bw_gate_judge_new(rules, &err);                         one a thread
 *     bw_gate_decide(judge, &request, &decision, &err);               for each request
 *
 * A doubt is a denial: a policy that would deny and could not be evaluated, an expression that
 * failed, a blocking gap of the document. The reason says what would settle it.
 */
#ifndef BW_ENFORCE_GATE_H
#define BW_ENFORCE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"
#include "check/policy.h"
#include "model/object.h"

/* Compiled sets beside the library; scopes and exceptions of a configuration; reasons of a
 * decision: more end in one that says how many. */
#define BW_GATE_SETS_MAX       4u
#define BW_GATE_SCOPES_MAX     10000u
#define BW_GATE_EXCEPTIONS_MAX 10000u
#define BW_GATE_USERS_MAX      1000u
#define BW_GATE_REASONS_MAX    200u
#define BW_GATE_CONFIG_MAX     ((size_t)16 << 20)

/* The profile of a gate where nobody chose one: ordinary use works on the first day. */
#define BW_GATE_PROFILE_DEFAULT "baseline"

/* Of a Namespace: the profile for what is in it. */
#define BW_GATE_PROFILE_LABEL "bulwark.dev/profile"

/*
 * A configuration is JSON, so that the runtime wrapper reads it without a YAML parser; `guard`
 * makes it of its options and of YAML files. Every member may be left out; one that is not known is
 * an error.
 *
 *   {
 *     "profiles": ["baseline"],     of the library; [] or ["off"] is none of it
 *     "policies": ["ID"],           further ones of the library, by id or alias
 *     "except": ["ID"],             ones left out, of whatever set
 *     "library": true,              false: the sets that are handed over alone
 *     "enforce": "deny",            "warn": what would be denied is a warning; "audit": it is for
 *                                   the log alone. Blocking gaps follow it, too
 *     "mended": ["pids-limit"],     words of bulwark.dev/harden that a later gate sees to (or this
 *                                   one has mended): policies that have one of them only warn.
 *                                   ["*"]: all that have one
 *     "mutate": ["harden"],         profiles of mutating policies (gate-mutate.h)
 *     "namespaces": {               Namespace objects, for policies that ask for them
 *       "shop": {"labels": {"team": "green"}, "annotations": {}}
 *     },
 *     "namespaceLabels": true,      where no scope fits, the label bulwark.dev/profile of the
 *                                   Namespace names the profile: who may write labels may weaken
 *                                   what is enforced. A label that names none says nothing
 *     "scopes": [{
 *       "namespaces": ["kube-*"],   globs; at least one of these three, and all that are given
 *       "users": ["ci-*"],          must fit; of groups any
 *       "groups": ["system:*"],
 *       "profiles": ["off"],        the first scope that fits replaces what it has: one of these
 *       "enforce": "warn"           two, or both
 *     }],
 *     "exceptions": [{
 *       "id": ["container-*"],      ids, aliases or globs of policies
 *       "namespaces": ["ops"],      globs; at least one of these five, and all that are given
 *       "names": ["agent-?"],       must fit; of groups any
 *       "users": ["anna"],
 *       "groups": ["ops"],
 *       "images": ["r.example*"],   of every container, as the document writes it
 *       "reason": "it reads /proc", required
 *       "owner": "ops@example.org",
 *       "expires": "2027-06-30"     required: its last day (UTC)
 *     }],
 *     "userGroups": {               for engines that know users and no groups (bw_gate_groups_of);
 *       "anna": ["ops"]             "" is whoever has no name
 *     }
 *   }
 *
 * The sets that are handed over are judged wholly, whatever the profiles, but for what "except"
 * leaves out. In a glob '*' is any bytes, none included, and '?' is one; it describes the whole. An
 * id without them must be of a policy that is there: a slip of the pen would otherwise show when it
 * is too late.
 *
 * An exception makes of a denial, or a warning, a reason of weight WAIVED. Each finding is waived
 * by one exception wholly, or not at all: two never add up. Annotations of the object itself
 * ("bulwark.dev/ignore") waive nothing here: whoever asks wrote them.
 */
struct bw_gate_rules;

/* Opens the library and the sets (bytes of bw_policy_set_bytes, aligned to 8, outliving the rules),
 * selects and checks. BW_EFORMAT, BW_EUSAGE (an id or profile that is none's, with the nearest),
 * BW_ENOMEM. */
int bw_gate_rules_open(struct bw_str configuration, const struct bw_str *sets, size_t sets_n,
                       struct bw_gate_rules **ret_rules, struct bw_err *err) BW_MUST_USE;

/* Reference-counted; immutable, so any thread may use them. */
struct bw_gate_rules *bw_gate_rules_ref(struct bw_gate_rules *rules);
void bw_gate_rules_unref(struct bw_gate_rules *rules); /* takes NULL */
void bw_gate_rules_unrefp(struct bw_gate_rules **rules);

size_t bw_gate_rules_policies(const struct bw_gate_rules *rules); /* selected where no scope fits */
size_t bw_gate_rules_expired(const struct bw_gate_rules *rules, int64_t now_ns); /* exceptions */

/* For one thread. Holds a reference. */
struct bw_gate_judge;
struct bw_gate_judge *bw_gate_judge_new(struct bw_gate_rules *rules,
                                        struct bw_err *err) BW_MUST_USE;
void bw_gate_judge_free(struct bw_gate_judge *judge); /* takes NULL */
void bw_gate_judge_freep(struct bw_gate_judge **judge);

/* The groups that the configuration has a user in; none is NULL. As long as the judge. */
const struct bw_str *bw_gate_groups_of(const struct bw_gate_judge *judge, struct bw_str user,
                                       size_t *ret_n);

/* Something of the document that was not read; readers report them. */
struct bw_gate_gap {
    bool blocking;
    struct bw_str where, what, why;
};

/* The Namespace of that name as the configuration has it, or ABSENT; of it the labels and the
 * annotations are known. Lives as long as the judge. */
struct bw_value bw_gate_namespace(const struct bw_gate_judge *judge, struct bw_str name);

struct bw_gate_request {
    const struct bw_document *document; /* all its objects are judged, views too; one without any
                                           is a doubt where no gap says why. May be NULL. */
    const struct bw_gate_gap *gaps;
    size_t gaps_n;
    struct bw_str user; /* empty: not known */
    const struct bw_str *groups;
    size_t groups_n;
    struct bw_str namespace, name; /* empty: of the object */
    /* now_ns is filled by the caller (0: no exception holds); brief is the gate's. */
    struct bw_policy_around around;
};

enum bw_gate_weight {
    BW_GATE_DENIES,
    BW_GATE_WARNS, /* the policy warns, or what it denies is mended later, or scoped to a warning */
    BW_GATE_AUDITS, /* for the log alone: also a gap that blocks nothing, and a doubt about what
                       would warn or has failurePolicy Ignore */
    BW_GATE_WAIVED, /* an exception is for it */
};

struct bw_gate_reason {
    enum bw_gate_weight weight;
    bool doubt; /* not evaluated, failed, or a gap: no finding, but no pass either */
    const struct bw_policy *policy; /* NULL: a gap, or where more reasons are counted */
    struct bw_str object;           /* "Pod shop/web", "container web" */
    struct bw_str message;          /* what is wrong, one line */
    bool docker;                    /* the object is in Docker's words */
    struct bw_str path;             /* "object.spec.hostNetwork"; or empty */
    struct bw_str exception;        /* WAIVED: its reason, owner and last day, for a person */
};

struct bw_gate_decision {
    bool allowed; /* nothing DENIES */
    const struct bw_gate_reason
        *reasons; /* the weightiest first; each policy, object and message once: what a
                     workload and the Pod view of it both fail is said once */
    size_t reasons_n;
    uint32_t evaluated; /* verdicts: of each policy about each object */
    uint64_t cost_ns;   /* spent in bw_gate_decide */
};

/* Valid until the next call, and while the document is. BW_ENOMEM and BW_ELIMIT alone: whoever
 * asked denies then. */
int bw_gate_decide(struct bw_gate_judge *judge, const struct bw_gate_request *request,
                   struct bw_gate_decision *ret_decision, struct bw_err *err) BW_MUST_USE;

/* For a person at a terminal: what is denied and why, one line a reason, each with the policy's id
 * and its remedy, and at the end how an exception is asked for. At most max bytes; what is left out
 * is counted. */
void bw_gate_message(const struct bw_gate_decision *decision, size_t max, struct bw_buf *buf);

/* The members "verdict" ("allow", "deny"), "reasons" [{policy, weight, doubt, object, message,
 * path, exception}], "evaluated" and "cost_us" of the record of a decision, into an object under
 * way. */
struct bw_json_writer;
void bw_gate_record(const struct bw_gate_decision *decision, struct bw_json_writer *writer);

#endif
