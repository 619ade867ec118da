/*
 * policy-report.h: from outcomes to results, findings and gaps; for the files policy-*.c alone.
 */
#ifndef BW_CHECK_POLICY_REPORT_H
#define BW_CHECK_POLICY_REPORT_H

#include "base/map.h"
#include "check/policy-state.h"

/* Gaps that one run tells. */
#define BW_POLICY_GAPS_MAX 10000u

/* What became of one policy. */
struct bw_policy_tally {
    uint32_t looked_at, failed, passed, not_evaluated, findings;
    struct bw_str why; /* of the first that was not evaluated, or not applicable */
};

/* Why something was not evaluated, and by which policies. */
#define BW_POLICY_DOUBT_SHOWN 5u

struct bw_policy_doubt {
    struct bw_str why, where;
    uint32_t shown[BW_POLICY_DOUBT_SHOWN]; /* the first few, each once */
    uint32_t n;
    bool more; /* than these */
    struct bw_str ids;
};

struct bw_policy_reporting {
    struct bw_policy_judge *judge;
    const struct bw_policy_set *set;
    const struct bw_policy_documents *documents;
    const struct bw_check_input *input;
    const struct bw_check_output *output;
    struct bw_policy_tally *tallies;
    struct bw_map namespaces; /* objects by name */
    struct bw_map doubts;     /* by why */
    struct bw_map told;       /* notes that were given, by their text */
};

/* The waiver that an object or its document has for a policy; NULL: none. One that has expired, or
 * is not understood, is a note gap. */
const struct bw_waiver *bw_policy_waiver(struct bw_policy_reporting *reporting,
                                         const struct bw_document *document,
                                         const struct bw_object *object,
                                         const struct bw_policy *policy, uint32_t place);

/* A note gap, once for the same words. */
void bw_policy_note(struct bw_policy_reporting *reporting, struct bw_str where, const char *what,
                    struct bw_str why);

#endif
