/*
 * From what was found to the report.
 */
#include "base/clock.h"
#include "check/check.h"
#include "check/policy.h"
#include "know/advisories.h"
#include "scan/target.h"

/* A database older than this is worth a note. */
#define STALE_DAYS 7

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for the report");
}

struct gap_place {
    struct bw_scan *scan;
    uint32_t subject;
    bool lost; /* a gap found no room */
};

static void add_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                    struct bw_str why)
{
    struct gap_place *place = ctx;
    struct bw_arena *arena = place->scan->arena;
    struct bw_gap *gap = BW_VEC_PUSH(&place->scan->gaps, BW_SCAN_GAPS_MAX);
    if (!gap) {
        place->lost = true;
        return;
    }
    *gap = (struct bw_gap){.class = class,
                           .subject = place->subject,
                           .where = bw_arena_str(arena, where),
                           .what = bw_arena_str(arena, what),
                           .why = bw_arena_str(arena, why)};
    place->lost |= !gap->where.p || !gap->what.p || !gap->why.p;
}

/* A target that failed as a whole has its gap already. */
static bool failed_whole(const struct bw_subject *subject)
{
    return subject->layers_n == 0 && !subject->source.n;
}

struct judging {
    const struct bw_scan *scan;
    const struct bw_judge_options *options; /* may be NULL */
    struct bw_check_input input;
    struct bw_check_output output;
};

static int leave_unread(const struct judging *judging, struct bw_err *err)
{
    int rc = 0;
    for (const struct bw_check_suite *const *suite = bw_check_suites; *suite; suite++)
        for (const struct bw_check *const *check = (*suite)->checks; *check && rc == 0; check++) {
            struct bw_result result = {.check = *check,
                                       .subject = judging->input.subject_index,
                                       .status = BW_STATUS_NOT_EVALUATED,
                                       .evidence = BW_STR("the target could not be read")};
            rc = bw_check_add_result(&judging->output, &result, err);
        }
    return rc;
}

/* Those of one subject stand together. */
static int documents_of(const struct bw_scan *scan, uint32_t subject,
                        struct bw_policy_documents *ret_documents, struct bw_err *err)
{
    size_t first = 0, n = 0;
    while (first < scan->documents.n && scan->documents.v[first].subject != subject)
        first++;
    while (first + n < scan->documents.n && scan->documents.v[first + n].subject == subject)
        n++;
    struct bw_document *v = bw_arena_array(scan->arena, n, sizeof *v);
    if (!v)
        return full(err);
    for (size_t i = 0; i < n; i++)
        v[i] = scan->documents.v[first + i].document;
    *ret_documents = (struct bw_policy_documents){v, n};
    return 0;
}

struct telling {
    const struct bw_judge_options *options;
    const struct bw_judge_policies *policies;
};

static void tell(void *ctx, const struct bw_finding *finding, size_t policy,
                 const struct bw_document *document, const struct bw_object *object)
{
    const struct telling *telling = ctx;
    telling->options->found(telling->options->found_ctx, telling->policies, finding, policy,
                            document, object);
}

static int judge_objects(const struct judging *judging, struct bw_err *err)
{
    struct bw_policy_documents documents;
    int rc = documents_of(judging->scan, judging->input.subject_index, &documents, err);
    for (size_t i = 0; rc == 0 && i < judging->options->policies_n; i++) {
        const struct bw_judge_policies *policies = &judging->options->policies[i];
        struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
            bw_policy_judge_new(policies->set, policies->selection, err);
        struct telling telling = {judging->options, policies};
        if (judge && judging->options->found)
            bw_policy_judge_tell(judge, tell, &telling);
        rc = judge ? bw_policy_check(judge, &documents, &judging->input, &judging->output, err)
                   : (int)err->code;
    }
    return rc;
}

static int judge_subject(const struct judging *judging, struct bw_err *err)
{
    int rc = 0;
    bool suites = !judging->options || !judging->options->only_policies;
    if (suites && failed_whole(judging->input.subject))
        return leave_unread(judging, err);
    for (const struct bw_check_suite *const *suite = bw_check_suites; suites && *suite && rc == 0;
         suite++)
        rc = (*suite)->run(&judging->input, &judging->output, err);
    return rc || !judging->options ? rc : judge_objects(judging, err);
}

static int judge_subjects(struct bw_scan *scan, struct bw_know *know, struct judging *judging,
                          struct bw_err *err)
{
    struct bw_matcher *matcher BW_CLEANUP(bw_matcher_freep) = NULL;
    int rc = know ? bw_matcher_new(know, scan->arena, &matcher, err) : 0;
    judging->input.matcher = matcher;
    for (uint32_t i = 0; i < scan->subjects.n && rc == 0; i++) {
        struct gap_place place = {.scan = scan, .subject = i};
        judging->input.subject = &scan->subjects.v[i];
        judging->input.subject_index = i;
        judging->output.gap_ctx = &place;
        rc = judge_subject(judging, err);
        if (rc == 0 && place.lost)
            rc = full(err);
        judging->output.gap_ctx = NULL;
    }
    return rc;
}

static void note_age(struct gap_place *place, const struct bw_database_info *database)
{
    int64_t imported;
    if (!bw_clock_parse(database->imported, &imported))
        return;
    int64_t days = (bw_clock_wall() - imported) / 86400;
    if (days < STALE_DAYS)
        return;
    struct bw_str why = bw_arena_printf(place->scan->arena,
                                        "the database was last updated %lld days ago; run "
                                        "'bulwark db update'",
                                        (long long)days);
    add_gap(place, BW_GAP_NOTE, BW_STR("advisories"), BW_STR("newer vulnerabilities"), why);
}

/* What the database itself leaves unsaid. */
static int note_database(struct gap_place *place, struct bw_know *know,
                         const struct bw_database_info *database, struct bw_err *err)
{
    uint64_t unreadable = 0;
    if (database->builtin) {
        add_gap(place, BW_GAP_NOTE, BW_STR("advisories"), BW_STR("all but a few vulnerabilities"),
                BW_STR("only the small built-in set of well-known, exploited vulnerabilities is "
                       "there; run 'bulwark db update'"));
        return 0;
    }
    note_age(place, database);
    int rc = bw_know_unreadable(know, &unreadable, err);
    if (rc || unreadable == 0)
        return rc;
    struct bw_str why =
        bw_arena_printf(place->scan->arena,
                        "%llu records could not be read when the database was made; 'bulwark db "
                        "status' names them",
                        (unsigned long long)unreadable);
    add_gap(place, BW_GAP_NOTE, BW_STR("advisories"), BW_STR("vulnerabilities of these records"),
            why);
    return 0;
}

static int judge_database(struct bw_scan *scan, struct bw_know *know,
                          struct bw_database_info *ret_database, struct bw_err *err)
{
    struct gap_place place = {.scan = scan, .subject = BW_GAP_NO_SUBJECT};
    if (!know)
        return 0;
    int rc = bw_know_info(know, scan->arena, ret_database, err);
    if (rc == 0)
        rc = note_database(&place, know, ret_database, err);
    return rc == 0 && place.lost ? full(err) : rc;
}

/* What stands in the configuration has no path and no layer. */
static void mark_base(const struct bw_report *report, struct bw_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        struct bw_finding *f = &findings->v[i];
        f->in_base =
            f->location.path.n && f->location.layer < report->subjects[f->subject].base.layers_n;
    }
}

static int fill(struct bw_scan *scan, const struct judging *judging, struct bw_report *report,
                struct bw_err *err)
{
    struct bw_findings *findings = judging->output.findings;
    struct bw_results *results = judging->output.results;
    int rc = bw_scan_report(scan, report, err);
    if (rc)
        return rc;
    mark_base(report, findings);
    report->results = bw_scan_keep(scan->arena, results->v, results->n, sizeof *results->v);
    report->results_n = results->n;
    report->findings = bw_scan_keep(scan->arena, findings->v, findings->n, sizeof *findings->v);
    report->findings_n = findings->n;
    return report->findings && report->results ? 0 : full(err);
}

int bw_scan_judge(struct bw_scan *scan, struct bw_know *know,
                  const struct bw_judge_options *options, struct bw_report *ret_report,
                  struct bw_err *err)
{
    struct bw_findings findings = {0};
    struct bw_results results = {0};
    struct bw_database_info database = {0};
    struct bw_report report;
    struct judging judging = {
        .scan = scan,
        .options = options,
        .input = {.licences = options ? &options->licences : NULL},
        .output = {.arena = scan->arena,
                   .findings = &findings,
                   .results = &results,
                   .gap = add_gap},
    };
    int rc = judge_database(scan, know, &database, err);
    /* The built-in set has said so already. */
    judging.input.now = database.builtin ? 0 : bw_clock_wall();
    if (rc == 0)
        rc = judge_subjects(scan, know, &judging, err);
    if (rc == 0)
        rc = fill(scan, &judging, &report, err);
    BW_VEC_FREE(&findings);
    BW_VEC_FREE(&results);
    if (rc)
        return rc;
    report.database = database;
    *ret_report = report;
    return 0;
}
