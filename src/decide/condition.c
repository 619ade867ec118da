#include "decide/condition.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *word;
    enum bw_test_subject subject;
    int64_t value;
} words[] = {
    {"any", BW_TEST_ANY, 0},
    {"kev", BW_TEST_KEV, 0},
    {"ransomware", BW_TEST_RANSOMWARE, 0},
    {"fixable", BW_TEST_FIXABLE, 0},
    {"base", BW_TEST_BASE, 0},
    {"deleted", BW_TEST_DELETED, 0},
    {"loaded", BW_TEST_LOADED, 0},
    {"vulnerability", BW_TEST_KIND, BW_FINDING_VULNERABILITY},
    {"secret", BW_TEST_KIND, BW_FINDING_SECRET},
    {"file", BW_TEST_KIND, BW_FINDING_FILE},
    {"licence", BW_TEST_KIND, BW_FINDING_LICENCE},
    {"license", BW_TEST_KIND, BW_FINDING_LICENCE},
    {"policy", BW_TEST_KIND, BW_FINDING_POLICY},
    {"deny", BW_TEST_ACTION, BW_POLICY_DENY},
    {"warn", BW_TEST_ACTION, BW_POLICY_WARN},
};

static const struct {
    const char *name;
    enum bw_test_subject subject;
    double scale, max; /* the value is the number times scale; max as people write it */
} fields[] = {
    {"severity", BW_TEST_SEVERITY, 1, 0}, {"cvss", BW_TEST_CVSS, 10, 10},
    {"epss", BW_TEST_EPSS, 1000000, 1},   {"percentile", BW_TEST_PERCENTILE, 1000000, 1},
    {"risk", BW_TEST_RISK, 10, 100},
};

static const struct {
    const char *text;
    enum bw_test_relation relation;
} relations[] = {
    {">=", BW_TEST_AT_LEAST}, {"<=", BW_TEST_AT_MOST}, {">", BW_TEST_ABOVE},
    {"<", BW_TEST_BELOW},     {"=", BW_TEST_EQUAL},
};

static int unknown_word(struct bw_str word, struct bw_err *err)
{
    return bw_err_set(err, BW_EUSAGE,
                      "--fail-on does not know '%" BW_STR_F
                      "'; it takes critical, high, medium, low, negligible, any, kev, ransomware, "
                      "fixable, base, deleted, vulnerability, secret, file, licence, policy, deny, "
                      "warn, gap or none, "
                      "and comparisons such as risk>=70, epss>10%% or cvss>=9, joined by '&' (and) "
                      "and ',' (or)",
                      BW_STR_A(bw_str_take(word, 60)));
}

static int parse_number(struct bw_str text, double scale, double max, int64_t *ret_value)
{
    char copy[32], *end;
    bool percent = bw_str_ends(text, BW_STR("%"));
    if (percent)
        text = bw_str_take(text, text.n - 1);
    if (text.n == 0 || text.n >= sizeof copy || text.p[0] == '.')
        return -1;
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < '0' || text.p[i] > '9') && text.p[i] != '.')
            return -1;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    double value = strtod(copy, &end);
    if (percent)
        value /= 100;
    if (*end || !(value >= 0 && value <= max))
        return -1;
    *ret_value = (int64_t)(value * scale + 0.5);
    return 0;
}

static int parse_comparison(struct bw_str text, struct bw_str name, size_t field, size_t relation,
                            struct bw_test *test, struct bw_err *err)
{
    enum bw_severity severity;
    size_t skip = name.n;
    while (skip < text.n && text.p[skip] == ' ')
        skip++;
    struct bw_str value = bw_str_trim(bw_str_from(text, skip + strlen(relations[relation].text)));
    test->subject = fields[field].subject;
    test->relation = relations[relation].relation;
    if (test->subject != BW_TEST_SEVERITY) {
        if (parse_number(value, fields[field].scale, fields[field].max, &test->value))
            return bw_err_set(
                err, BW_EUSAGE,
                "--fail-on: %s is compared with a number from 0 to %.0f, not with '%" BW_STR_F "'",
                fields[field].name, fields[field].max, BW_STR_A(bw_str_take(value, 60)));
        return 0;
    }
    if (!bw_severity_parse(value, &severity))
        return bw_err_set(err, BW_EUSAGE,
                          "--fail-on: severity is compared with critical, high, medium, low or "
                          "negligible, not with '%" BW_STR_F "'",
                          BW_STR_A(bw_str_take(value, 60)));
    test->value = severity;
    return 0;
}

/* *ret_found: it is one. */
static int try_comparison(struct bw_str text, struct bw_test *test, bool *ret_found,
                          struct bw_err *err)
{
    size_t at = 0;
    while (at < text.n && text.p[at] != '<' && text.p[at] != '>' && text.p[at] != '=')
        at++;
    *ret_found = at < text.n;
    if (!*ret_found)
        return 0;
    struct bw_str name = bw_str_trim(bw_str_take(text, at)), rest = bw_str_from(text, at);
    size_t field = 0, relation = 0;
    while (field < BW_ARRAY_LEN(fields) && !bw_str_eq(name, bw_str(fields[field].name)))
        field++;
    while (!bw_str_starts(rest, bw_str(relations[relation].text)))
        relation++;
    if (field == BW_ARRAY_LEN(fields))
        return unknown_word(name, err);
    return parse_comparison(text, name, field, relation, test, err);
}

static int parse_test(struct bw_str text, struct bw_test *test, struct bw_err *err)
{
    enum bw_severity severity;
    bool found = false;
    text = bw_str_trim(text);
    if (bw_str_starts(text, BW_STR("!"))) {
        test->negated = true;
        text = bw_str_trim(bw_str_from(text, 1));
    }
    int rc = try_comparison(text, test, &found, err);
    if (rc || found)
        return rc;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(text, bw_str(words[i].word))) {
            test->subject = words[i].subject;
            test->value = words[i].value;
            return 0;
        }
    if (!bw_severity_parse(text, &severity))
        return unknown_word(text, err);
    test->subject = BW_TEST_SEVERITY;
    test->relation = BW_TEST_AT_LEAST;
    test->value = severity;
    return 0;
}

int bw_term_parse(struct bw_str text, struct bw_term *ret_term, struct bw_err *err)
{
    struct bw_term term = {.text = bw_str_trim(text)};
    struct bw_str rest = term.text, part;
    while (bw_str_split(&rest, '&', &part)) {
        if (term.n == BW_TERM_TESTS_MAX)
            return bw_err_set(err, BW_EUSAGE, "--fail-on: more than %u conditions joined by '&'",
                              BW_TERM_TESTS_MAX);
        int rc = parse_test(part, &term.tests[term.n], err);
        if (rc)
            return rc;
        term.n++;
    }
    if (term.n == 0)
        return unknown_word(text, err);
    *ret_term = term;
    return 0;
}

static bool compare(enum bw_test_relation relation, int64_t value, int64_t with)
{
    switch (relation) {
    case BW_TEST_AT_LEAST:
        return value >= with;
    case BW_TEST_ABOVE:
        return value > with;
    case BW_TEST_AT_MOST:
        return value <= with;
    case BW_TEST_BELOW:
        return value < with;
    default:
        return value == with;
    }
}

static bool test_severity(const struct bw_test *test, enum bw_severity severity,
                          bool unknown_passes)
{
    bool threshold = test->relation == BW_TEST_AT_LEAST || test->relation == BW_TEST_ABOVE;
    if (severity == BW_SEVERITY_UNKNOWN && threshold && test->value != BW_SEVERITY_UNKNOWN)
        return !unknown_passes;
    return compare(test->relation, severity, test->value);
}

/* A number that is not known is -1. */
static bool test_number(const struct bw_test *test, int64_t value)
{
    return value >= 0 && compare(test->relation, value, test->value);
}

static bool holds(const struct bw_test *test, const struct bw_finding *f, bool unknown_passes)
{
    switch (test->subject) {
    case BW_TEST_SEVERITY:
        return test_severity(test, f->severity, unknown_passes);
    case BW_TEST_CVSS:
        return f->advisory && test_number(test, f->advisory->score_tenths);
    case BW_TEST_EPSS:
        return test_number(test, f->epss_millionths);
    case BW_TEST_PERCENTILE:
        return test_number(test, f->epss_percentile_millionths);
    case BW_TEST_RISK:
        return test_number(test, f->risk_tenths);
    case BW_TEST_ANY:
        return true;
    case BW_TEST_KEV:
        return f->advisory && f->advisory->kev;
    case BW_TEST_RANSOMWARE:
        return f->ransomware;
    case BW_TEST_FIXABLE:
        return f->fixed_version.n > 0;
    case BW_TEST_BASE:
        return f->in_base;
    case BW_TEST_DELETED:
        return f->deleted;
    case BW_TEST_LOADED:
        return f->loaded == BW_LOADED_YES;
    case BW_TEST_ACTION:
        return f->kind == BW_FINDING_POLICY && f->action <= (enum bw_policy_action)test->value;
    default:
        return f->kind == (enum bw_finding_kind)test->value;
    }
}

bool bw_term_holds(const struct bw_term *term, const struct bw_finding *finding,
                   bool unknown_passes)
{
    for (size_t i = 0; i < term->n; i++)
        if (holds(&term->tests[i], finding, unknown_passes) == term->tests[i].negated)
            return false;
    return true;
}
