/*
 * condition.h: conditions on findings, as --fail-on takes them.
 *
 *   LIST  = TERM { "," TERM }          any of them
 *   TERM  = TEST { "&" TEST }          all of them
 *   TEST  = [ "!" ] WORD | FIELD OP VALUE
 *   WORD  = critical | high | medium | low | negligible      this severity or worse
 *         | any | kev | ransomware | fixable | base | deleted | loaded
 *         | vulnerability | secret | file | licence | policy
 *         | deny | warn                                  what the policy asks for, or stricter
 *   FIELD = severity | cvss | epss | percentile | risk
 *   OP    = ">=" | ">" | "<=" | "<" | "="
 *
 * severity takes a severity's name, cvss 0 to 10, epss and percentile 0 to 1 (or a number with
 * "%"), risk 0 to 100. A finding without a score, EPSS or risk fulfils no comparison with it; one
 * whose severity nobody rated is over every threshold, unless it is told otherwise.
 */
#ifndef BW_DECIDE_CONDITION_H
#define BW_DECIDE_CONDITION_H

#include <stdbool.h>

#include "base/err.h"
#include "model/finding.h"

#define BW_TERM_TESTS_MAX 8u

enum bw_test_subject {
    BW_TEST_SEVERITY,
    BW_TEST_CVSS,       /* tenths */
    BW_TEST_EPSS,       /* millionths */
    BW_TEST_PERCENTILE, /* millionths */
    BW_TEST_RISK,       /* tenths */
    BW_TEST_ANY,
    BW_TEST_KEV,
    BW_TEST_RANSOMWARE,
    BW_TEST_FIXABLE,
    BW_TEST_BASE,
    BW_TEST_DELETED,
    BW_TEST_LOADED,
    BW_TEST_KIND,   /* value: enum bw_finding_kind */
    BW_TEST_ACTION, /* value: enum bw_policy_action; a policy's finding with that or a stricter one
                     */
};

enum bw_test_relation {
    BW_TEST_AT_LEAST,
    BW_TEST_ABOVE,
    BW_TEST_AT_MOST,
    BW_TEST_BELOW,
    BW_TEST_EQUAL,
};

struct bw_test {
    enum bw_test_subject subject;
    enum bw_test_relation relation; /* of numbers */
    bool negated;
    int64_t value;
};

struct bw_term {
    struct bw_test tests[BW_TERM_TESTS_MAX];
    size_t n;
    struct bw_str text; /* as it was given; borrowed */
};

/* Reads one term, in which blanks around words count for nothing. BW_EUSAGE says what was expected.
 */
int bw_term_parse(struct bw_str text, struct bw_term *ret_term, struct bw_err *err) BW_MUST_USE;

/* Whether a finding fulfils all tests. */
bool bw_term_holds(const struct bw_term *term, const struct bw_finding *finding,
                   bool unknown_passes);

#endif
