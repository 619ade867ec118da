#include "cli/run-judge.h"

#include "base/clock.h"
#include "enforce/gate.h"
#include "extract/document.h"
#include "scan/policy-files.h"
#include "wrap/json.h"

#define CONFIGURATION_MAX ((size_t)1 << 20)
#define GAPS_MAX          100u

struct gaps {
    struct bw_gate_gap v[GAPS_MAX];
    size_t n;
    struct bw_arena *arena;
    bool full;
};

static void note_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    struct gaps *gaps = ctx;
    if (class != BW_GAP_BLOCKING)
        return;
    struct bw_gate_gap gap = {true, bw_arena_str(gaps->arena, where),
                              bw_arena_str(gaps->arena, what), bw_arena_str(gaps->arena, why)};
    if (gaps->n == GAPS_MAX || !gap.where.p || !gap.what.p || !gap.why.p)
        gaps->full = true;
    else
        gaps->v[gaps->n++] = gap;
}

/* The plan as an object that policies judge. */
static int read_plan(const struct bw_run_plan *plan, struct bw_arena *arena,
                     struct bw_document *document, struct gaps *gaps, struct bw_err *err)
{
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUN_BODY_MAX);
    const struct bw_reader_sink sink = {gaps, note_gap};
    struct bw_str *wanted;
    size_t wanted_n;
    bw_run_plan_body(plan, &body);
    if (bw_buf_failed(&body))
        return bw_err_set(err, BW_ELIMIT, "the options of the container are too long");
    struct bw_str text = bw_arena_str(arena, bw_buf_slice(&body));
    if (!text.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    const struct bw_reader_request request = {.path = BW_STR("the command line"), .text = text};
    int rc = bw_reader_read(bw_reader_named(BW_STR("docker-container")), &request, &sink, arena,
                            document, &wanted, &wanted_n, err);
    if (rc == 0 && gaps->full)
        rc = bw_err_set(err, BW_ELIMIT, "too much of the options could not be judged");
    return rc;
}

/* --- which policies --- */

static void put_passed_over(struct bw_json_writer *w, unsigned allowed)
{
    const struct bw_run_point *point;
    bw_json_key(w, BW_STR("except"));
    bw_json_begin_array(w);
    for (size_t i = 0; (point = bw_run_point_at(i)); i++) {
        struct bw_str rest = bw_str(point->policies), id;
        while ((allowed & point->point) && bw_str_split(&rest, ' ', &id))
            bw_json_put_str(w, id);
    }
    bw_json_end(w);
}

static int open_library(const struct bw_run_judging *judging, unsigned allowed,
                        struct bw_gate_rules **ret_rules, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(CONFIGURATION_MAX);
    struct bw_json_writer w = bw_json_writer(&text, false);
    bw_json_begin_object(&w);
    bw_json_key(&w, BW_STR("profiles"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < judging->profiles_n; i++)
        bw_json_put_str(&w, judging->profiles[i]);
    if (!judging->profiles_n)
        bw_json_put_str(&w, BW_STR(BW_POLICY_PROFILE_DEFAULT));
    bw_json_end(&w);
    put_passed_over(&w, allowed);
    bw_json_end(&w);
    if (bw_buf_failed(&text))
        return bw_err_set(err, BW_EUSAGE, "too many profiles");
    return bw_gate_rules_open(bw_buf_slice(&text), NULL, 0, ret_rules, err);
}

static int open_own(const struct bw_run_judging *judging, struct bw_policy_files *files,
                    struct bw_gate_rules **ret_rules, struct bw_err *err)
{
    int rc = bw_policy_files_open(files, judging->paths, judging->paths_n, err);
    if (rc)
        return rc;
    struct bw_str set = bw_policy_set_bytes(files->set);
    return bw_gate_rules_open(BW_STR("{\"library\":false}"), &set, 1, ret_rules, err);
}

/* --- what they say --- */

struct verdict {
    bool lenient;  /* only what is of high severity, and certain, is denied */
    bool no_image; /* doubts are its absence's */
    bool allowed;
    struct bw_buf *said;
};

static bool denies(const struct verdict *verdict, const struct bw_gate_reason *reason)
{
    if (reason->weight != BW_GATE_DENIES || (reason->doubt && verdict->no_image))
        return false;
    return !verdict->lenient || !reason->policy ||
           (!reason->doubt && (reason->policy->severity == BW_SEVERITY_UNKNOWN ||
                               reason->policy->severity >= BW_SEVERITY_HIGH));
}

static void say(struct verdict *verdict, const struct bw_gate_reason *reason)
{
    const struct bw_policy *policy = reason->policy;
    bool denied = denies(verdict, reason);
    bool quietly = reason->doubt && verdict->no_image; /* a remark says that it is not here */
    verdict->allowed &= !denied;
    bw_buf_printf(verdict->said, "%s%" BW_STR_F,
                  denied    ? "denied: "
                  : quietly ? ""
                            : "warning: ",
                  BW_STR_A(reason->message));
    if (policy)
        bw_buf_printf(verdict->said, " [%" BW_STR_F "]", BW_STR_A(policy->id));
    bw_buf_byte(verdict->said, '\n');
    if (policy && policy->check.remedy && *policy->check.remedy && !quietly)
        bw_buf_printf(verdict->said, "    %s\n", policy->check.remedy);
}

static int decide(struct bw_gate_rules *rules, const struct bw_document *document,
                  const struct gaps *gaps, struct verdict *verdict, struct bw_err *err)
{
    struct bw_gate_judge *judge BW_CLEANUP(bw_gate_judge_freep) = bw_gate_judge_new(rules, err);
    const struct bw_gate_request request = {
        .document = document,
        .gaps = gaps->v,
        .gaps_n = gaps->n,
        .around.now_ns = bw_clock_wall() * 1000000000,
    };
    struct bw_gate_decision decision = {0};
    int rc = judge ? bw_gate_decide(judge, &request, &decision, err) : (int)err->code;
    for (size_t i = 0; rc == 0 && i < decision.reasons_n; i++)
        if (decision.reasons[i].weight == BW_GATE_DENIES ||
            decision.reasons[i].weight == BW_GATE_WARNS)
            say(verdict, &decision.reasons[i]);
    return rc;
}

int bw_run_judge(const struct bw_run_judging *judging, const struct bw_run_plan *plan,
                 struct bw_arena *arena, bool *ret_allowed, struct bw_buf *said, struct bw_err *err)
{
    struct bw_policy_files files BW_CLEANUP(bw_policy_files_close) = {0};
    struct bw_gate_rules *library BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_gate_rules *own BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_document document = {0};
    struct gaps gaps = {.arena = arena};
    struct verdict verdict = {.allowed = true,
                              .said = said,
                              .no_image = !plan->request->about,
                              .lenient = !judging->profiles_n};
    int rc = read_plan(plan, arena, &document, &gaps, err);
    if (rc == 0)
        rc = open_library(judging, plan->request->allowed, &library, err);
    if (rc == 0)
        rc = decide(library, &document, &gaps, &verdict, err);
    verdict.lenient = false;
    if (rc == 0 && judging->paths_n)
        rc = open_own(judging, &files, &own, err);
    if (rc == 0 && own)
        rc = decide(own, &document, &gaps, &verdict, err);
    if (rc == 0)
        *ret_allowed = verdict.allowed;
    return rc;
}
