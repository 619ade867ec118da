/*
 * The report as JSON, as docs/schema/report.schema.json states it. A text that is not known is
 * null, a list that is empty is there. A change that breaks a reader raises SCHEMA_VERSION.
 */
#include "wrap/json.h"
#include "report/gatherer.h"
#include "report/json.h"
#include "report/score.h"

#include "base/clock.h"

#define SCHEMA_VERSION 1

/* A package URL needs some hundred bytes; names of hostile databases need more. */
#define PURL_ARENA_MAX ((size_t)1 << 20)

struct json {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    const struct bw_report *report;
};

static void member_text(struct bw_json_writer *w, const char *key, struct bw_str s)
{
    bw_json_key(w, bw_str(key));
    if (s.n)
        bw_json_put_str(w, s);
    else
        bw_json_put_null(w);
}

static void member_time(struct bw_json_writer *w, const char *key, int64_t wall)
{
    char text[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(wall, text);
    bw_json_member_str(w, key, bw_str(text));
}

static void member_strs(struct bw_json_writer *w, const char *key, struct bw_strs strs)
{
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    for (size_t i = 0; i < strs.n; i++)
        bw_json_put_str(w, strs.v[i]);
    bw_json_end(w);
}

/* part / whole, or null for none of nothing. */
static void member_ratio(struct bw_json_writer *w, const char *key, size_t part, size_t whole)
{
    bw_json_key(w, bw_str(key));
    if (whole)
        bw_json_put_double(w, (double)part / (double)whole);
    else
        bw_json_put_null(w);
}

static void begin_list(struct json *j, const char *key)
{
    bw_json_key(&j->w, bw_str(key));
    bw_json_begin_array(&j->w);
}

static void end_element(struct json *j)
{
    bw_json_end(&j->w);
    bw_gatherer_drain(&j->stream);
}

static const struct bw_subject *subject_at(const struct json *j, uint32_t index)
{
    return index < j->report->subjects_n ? &j->report->subjects[index] : NULL;
}

static void put_layer(struct json *j, const char *key, const struct bw_subject *subject,
                      uint32_t index)
{
    bw_json_key(&j->w, bw_str(key));
    bw_json_begin_object(&j->w);
    bw_json_member_u64(&j->w, "index", index);
    member_text(&j->w, "digest",
                subject && index < subject->layers_n ? subject->layers[index].digest : BW_STR(""));
    bw_json_end(&j->w);
}

/* null and null where the subject is none of the report's. */
static void put_subject_ref(struct json *j, uint32_t index)
{
    const struct bw_subject *subject = subject_at(j, index);
    bw_json_key(&j->w, BW_STR("subject"));
    if (!subject) {
        bw_json_put_null(&j->w);
        bw_json_key(&j->w, BW_STR("subject_index"));
        bw_json_put_null(&j->w);
        return;
    }
    bw_json_put_str(&j->w, subject->name);
    bw_json_member_u64(&j->w, "subject_index", index);
}

static void put_distribution(struct bw_json_writer *w, const struct bw_distribution *d)
{
    bw_json_key(w, BW_STR("distribution"));
    if (!d->id.n) {
        bw_json_put_null(w);
        return;
    }
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", d->id);
    member_text(w, "version_id", d->version_id);
    member_text(w, "name", d->name);
    member_text(w, "pretty_name", d->pretty_name);
    member_text(w, "codename", d->codename);
    bw_json_end(w);
}

static void put_base(struct bw_json_writer *w, const struct bw_base_image *base)
{
    bw_json_key(w, BW_STR("base"));
    if (!base->name.n && !base->layers_n) {
        bw_json_put_null(w);
        return;
    }
    bw_json_begin_object(w);
    member_text(w, "name", base->name);
    member_text(w, "digest", base->digest);
    member_text(w, "how", base->how);
    bw_json_member_u64(w, "layers", base->layers_n);
    bw_json_end(w);
}

static void put_layers(struct json *j, const struct bw_subject *subject)
{
    begin_list(j, "layers");
    for (size_t i = 0; i < subject->layers_n; i++) {
        const struct bw_layer *layer = &subject->layers[i];
        bw_json_begin_object(&j->w);
        member_text(&j->w, "digest", layer->digest);
        member_text(&j->w, "diff_id", layer->diff_id);
        member_text(&j->w, "created_by", layer->created_by);
        bw_json_key(&j->w, BW_STR("size"));
        if (layer->size)
            bw_json_put_u64(&j->w, layer->size);
        else
            bw_json_put_null(&j->w);
        end_element(j);
    }
    bw_json_end(&j->w);
}

static void put_removed(struct json *j, const struct bw_subject *subject,
                        const struct bw_removed_package *removed)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(PURL_ARENA_MAX);
    const struct bw_package *package = removed->package;
    bw_json_begin_object(&j->w);
    bw_json_member_str(&j->w, "name", package->name);
    bw_json_member_str(&j->w, "version", package->version);
    /* A name that no package URL holds leaves null, as every other text that is not known. */
    member_text(&j->w, "purl",
                arena ? bw_package_purl(package, &subject->distribution, arena) : BW_STR(""));
    put_layer(j, "installed_in", subject, removed->installed_in);
    put_layer(j, "removed_in", subject, removed->removed_in);
    end_element(j);
}

static void put_subject(struct json *j, const struct bw_subject *subject)
{
    struct bw_json_writer *w = &j->w;
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", subject->name);
    bw_json_member_str(w, "kind", bw_str(bw_subject_kind_name(subject->kind)));
    member_text(w, "source", subject->source);
    member_text(w, "digest", subject->digest);
    member_text(w, "platform", subject->platform);
    member_strs(w, "tags", subject->tags);
    put_layers(j, subject);
    put_distribution(w, &subject->distribution);
    put_base(w, &subject->base);
    bw_json_member_u64(w, "packages", subject->packages_n);
    begin_list(j, "removed_packages");
    for (size_t i = 0; i < subject->removed_n; i++)
        put_removed(j, subject, &subject->removed[i]);
    bw_json_end(w);
    end_element(j);
}

static void put_result(struct json *j, const struct bw_result *result)
{
    bw_json_begin_object(&j->w);
    bw_json_member_str(&j->w, "check", bw_str(result->check->id));
    put_subject_ref(j, result->subject);
    bw_json_member_str(&j->w, "status", bw_str(bw_status_name(result->status)));
    bw_json_member_u64(&j->w, "evaluated", result->evaluated);
    bw_json_member_u64(&j->w, "findings", result->findings);
    member_text(&j->w, "evidence", result->evidence);
    end_element(j);
}

static void put_advisory(struct bw_json_writer *w, const struct bw_advisory *advisory)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", advisory->id);
    member_strs(w, "aliases", advisory->aliases);
    member_strs(w, "cves", advisory->cves);
    bw_json_member_bool(w, "kev", advisory->kev);
    member_text(w, "summary", advisory->summary);
    bw_json_key(w, BW_STR("score"));
    if (advisory->score_tenths >= 0)
        bw_json_put_double(w, advisory->score_tenths / 10.0);
    else
        bw_json_put_null(w);
    member_text(w, "vector", advisory->vector);
    member_text(w, "modified", advisory->modified);
    member_text(w, "url", advisory->url);
    bw_json_end(w);
}

/* A number in parts of a whole, or null for one that is not known. */
static void member_part(struct bw_json_writer *w, const char *key, int n, double whole)
{
    bw_json_key(w, bw_str(key));
    if (n >= 0)
        bw_json_put_double(w, n / whole);
    else
        bw_json_put_null(w);
}

static void put_vulnerability(struct bw_json_writer *w, const struct bw_finding *finding)
{
    static const char *const loaded[] = {
        [BW_LOADED_UNKNOWN] = "unknown", [BW_LOADED_NO] = "no", [BW_LOADED_YES] = "yes"};
    bw_json_key(w, BW_STR("advisory"));
    put_advisory(w, finding->advisory);
    bw_json_key(w, BW_STR("others"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < finding->others_n; i++)
        put_advisory(w, finding->others[i]);
    bw_json_end(w);
    member_part(w, "epss", finding->epss_millionths, 1e6);
    member_part(w, "epss_percentile", finding->epss_percentile_millionths, 1e6);
    bw_json_member_bool(w, "ransomware", finding->ransomware);
    member_part(w, "risk", finding->risk_tenths, 10);
    bw_json_member_str(w, "loaded", bw_str(loaded[finding->loaded]));
}

static void put_waiver(struct bw_json_writer *w, const struct bw_waiver *waiver)
{
    static const char *const statuses[] = {
        [BW_VEX_NONE] = "",
        [BW_VEX_NOT_AFFECTED] = "not_affected",
        [BW_VEX_AFFECTED] = "affected",
        [BW_VEX_FIXED] = "fixed",
        [BW_VEX_UNDER_INVESTIGATION] = "under_investigation",
    };
    bw_json_key(w, BW_STR("waiver"));
    if (!waiver) {
        bw_json_put_null(w);
        return;
    }
    bw_json_begin_object(w);
    member_text(w, "source", waiver->source);
    if (waiver->line)
        bw_json_member_u64(w, "line", waiver->line);
    member_text(w, "reason", waiver->reason);
    member_text(w, "owner", waiver->owner);
    if (waiver->expires)
        member_time(w, "expires", waiver->expires);
    else
        member_text(w, "expires", BW_STR(""));
    member_text(w, "status", bw_str(statuses[waiver->status]));
    member_text(w, "justification", waiver->justification);
    bw_json_end(w);
}

static void put_package(struct bw_json_writer *w, const struct bw_package *package,
                        struct bw_str purl)
{
    bw_json_key(w, BW_STR("package"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", package->name);
    bw_json_member_str(w, "version", package->version);
    bw_json_member_str(w, "type", bw_str(bw_package_type_name(package->type)));
    member_text(w, "arch", package->arch);
    member_text(w, "purl", purl);
    bw_json_key(w, BW_STR("source"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", package->source_name);
    member_text(w, "version", package->source_version);
    bw_json_end(w);
    bw_json_end(w);
}

static void put_location(struct json *j, const struct bw_finding *finding)
{
    bw_json_key(&j->w, BW_STR("location"));
    bw_json_begin_object(&j->w);
    member_text(&j->w, "path", finding->location.path);
    if (finding->location.inner.n)
        bw_json_member_str(&j->w, "inner", finding->location.inner);
    put_layer(j, "layer", subject_at(j, finding->subject), finding->location.layer);
    if (finding->location.line)
        bw_json_member_u64(&j->w, "line", finding->location.line);
    if (finding->location.line && finding->column)
        bw_json_member_u64(&j->w, "column", finding->column);
    bw_json_end(&j->w);
}

static void put_policy(struct bw_json_writer *w, const struct bw_finding *finding)
{
    bw_json_member_str(w, "policy", finding->id);
    bw_json_member_str(w, "action", bw_str(bw_policy_action_name(finding->action)));
    member_text(w, "object", finding->object);
    member_text(w, "because", finding->because);
    member_strs(w, "aliases", finding->aliases);
}

static void put_finding(struct json *j, const struct bw_finding *finding)
{
    struct bw_json_writer *w = &j->w;
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", finding->id);
    bw_json_member_str(w, "kind", bw_str(bw_finding_kind_name(finding->kind)));
    bw_json_member_str(w, "severity", bw_str(bw_severity_name(finding->severity)));
    if (finding->advisory)
        member_text(w, "severity_from", finding->advisory->severity_from);
    put_subject_ref(j, finding->subject);
    put_location(j, finding);
    bw_json_member_str(w, "fingerprint", finding->fingerprint);
    if (finding->kind == BW_FINDING_SECRET) {
        bw_json_member_str(w, "rule", finding->id);
        bw_json_member_bool(w, "encoded", finding->encoded);
    }
    if (finding->kind != BW_FINDING_VULNERABILITY) {
        member_text(w, "title", finding->title);
        member_text(w, "match", finding->match);
    }
    if (finding->kind == BW_FINDING_POLICY)
        put_policy(w, finding);
    if (finding->advisory)
        put_vulnerability(w, finding);
    if (finding->package) {
        put_package(w, finding->package, finding->purl);
        member_text(w, "fixed_version", finding->fixed_version);
    }
    member_text(w, "remedy", finding->remedy);
    bw_json_member_bool(w, "in_base", finding->in_base);
    if (finding->deleted)
        put_layer(j, "deleted_in", subject_at(j, finding->subject), finding->deleted_in);
    put_waiver(w, finding->waiver);
    end_element(j);
}

static void put_gap(struct json *j, const struct bw_gap *gap)
{
    bw_json_begin_object(&j->w);
    bw_json_member_str(&j->w, "class", bw_str(bw_gap_class_name(gap->class)));
    put_subject_ref(j, gap->subject);
    bw_json_member_str(&j->w, "where", gap->where);
    bw_json_member_str(&j->w, "what", gap->what);
    bw_json_member_str(&j->w, "why", gap->why);
    end_element(j);
}

static void put_verdict(struct json *j)
{
    bw_json_key(&j->w, BW_STR("verdict"));
    bw_json_begin_object(&j->w);
    bw_json_member_str(&j->w, "status", bw_str(bw_verdict_name(j->report->verdict)));
    bw_json_member_str(&j->w, "reason", j->report->verdict_reason);
    bw_json_member_u64(&j->w, "hidden_unfixed", j->report->hidden_unfixed);
    bw_json_member_u64(&j->w, "hidden_base", j->report->hidden_base);
    bw_json_member_u64(&j->w, "waived", j->report->waived);
    bw_json_end(&j->w);
}

static void put_score(struct json *j)
{
    struct bw_score score = bw_score_of(j->report);
    struct bw_json_writer *w = &j->w;
    bw_json_key(w, BW_STR("score"));
    bw_json_begin_object(w);
    bw_json_member_u64(w, "passed", score.passed);
    bw_json_member_u64(w, "failed", score.failed);
    member_ratio(w, "ratio", score.passed, score.passed + score.failed);
    bw_json_member_u64(w, "evaluated", score.evaluated);
    bw_json_member_u64(w, "applicable", score.applicable);
    member_ratio(w, "coverage", score.evaluated, score.applicable);
    bw_json_key(w, BW_STR("gaps"));
    bw_json_begin_object(w);
    bw_json_member_u64(w, "blocking", score.blocking);
    bw_json_member_u64(w, "note", score.notes);
    bw_json_end(w);
    bw_json_end(w);
}

static void put_database(struct json *j)
{
    const struct bw_database_info *database = &j->report->database;
    struct bw_json_writer *w = &j->w;
    bw_json_key(w, BW_STR("database"));
    if (!database->present) {
        bw_json_put_null(w);
        return;
    }
    bw_json_begin_object(w);
    bw_json_member_bool(w, "builtin", database->builtin);
    member_text(w, "digest", database->digest);
    bw_json_member_u64(w, "records", database->records);
    member_strs(w, "ecosystems", database->ecosystems);
    member_text(w, "newest", database->newest);
    member_text(w, "imported", database->imported);
    bw_json_end(w);
}

static void put_lists(struct json *j)
{
    const struct bw_report *report = j->report;
    begin_list(j, "subjects");
    for (size_t i = 0; i < report->subjects_n; i++)
        put_subject(j, &report->subjects[i]);
    bw_json_end(&j->w);
    begin_list(j, "results");
    for (size_t i = 0; i < report->results_n; i++)
        put_result(j, &report->results[i]);
    bw_json_end(&j->w);
    begin_list(j, "findings");
    for (size_t i = 0; i < report->findings_n; i++)
        put_finding(j, &report->findings[i]);
    bw_json_end(&j->w);
    begin_list(j, "gaps");
    for (size_t i = 0; i < report->gaps_n; i++)
        put_gap(j, &report->gaps[i]);
    bw_json_end(&j->w);
}

int bw_report_json(const struct bw_report *report, bool pretty, const struct bw_output_sink *sink,
                   struct bw_err *err)
{
    struct json j = {.stream = bw_gatherer(sink, err), .report = report};
    j.w = bw_json_writer(&j.stream.buf, pretty);
    bw_json_begin_object(&j.w);
    bw_json_member_u64(&j.w, "schema_version", SCHEMA_VERSION);
    bw_json_member_str(&j.w, "bulwark", bw_str(report->version));
    member_time(&j.w, "started", report->started);
    bw_json_member_i64(&j.w, "elapsed_ms", report->elapsed_ms);
    put_lists(&j);
    put_verdict(&j);
    put_score(&j);
    put_database(&j);
    bw_json_end(&j.w);
    return bw_gatherer_finish(&j.stream);
}

static int write_json(const struct bw_report *report, const struct bw_output_options *options,
                      const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    return bw_report_json(report, true, sink, err);
}

const struct bw_output bw_output_json = {
    .name = "json",
    .summary = "everything, for programs; its schema is report.schema.json",
    .write = write_json,
};
