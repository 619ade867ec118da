#include "report/cyclonedx.h"

#include <stdio.h>

#include "base/clock.h"

/* Findings that are one vulnerability to the reader: same advisory, rating and waiver. */
struct group {
    const struct bw_finding *first;
    uint32_t *last; /* where the index + 1 of the next finding goes */
    uint32_t head;  /* index + 1 of the first */
};

struct groups {
    struct bw_cyclonedx *c;
    struct bw_map by_key;
    uint32_t *next; /* one a finding: index + 1 of the next of its group */
};

static const char *severity_word(enum bw_severity severity)
{
    return severity == BW_SEVERITY_NEGLIGIBLE ? "info" : bw_severity_name(severity);
}

static const char *method_of(struct bw_str vector)
{
    static const struct {
        const char *prefix, *method;
    } known[] = {{"CVSS:4.0/", "CVSSv4"},
                 {"CVSS:3.1/", "CVSSv31"},
                 {"CVSS:3.0/", "CVSSv3"},
                 {"AV:", "CVSSv2"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_starts(vector, bw_str(known[i].prefix)))
            return known[i].method;
    return "other";
}

static void begin_list(struct bw_json_writer *w, const char *key)
{
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
}

static void put_source(struct bw_json_writer *w, struct bw_str name, struct bw_str url)
{
    if (!name.n && !url.n)
        return;
    bw_json_key(w, BW_STR("source"));
    bw_json_begin_object(w);
    bw_cyclonedx_text(w, "name", name);
    bw_cyclonedx_text(w, "url", url);
    bw_json_end(w);
}

static void put_references(struct bw_json_writer *w, const struct bw_advisory *advisory)
{
    begin_list(w, "references");
    for (size_t i = 0; i < advisory->cves.n; i++) {
        if (bw_str_eq(advisory->cves.v[i], advisory->id))
            continue;
        bw_json_begin_object(w);
        bw_json_member_str(w, "id", advisory->cves.v[i]);
        put_source(w, BW_STR("CVE"), BW_STR("https://www.cve.org/"));
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_ratings(struct bw_json_writer *w, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    begin_list(w, "ratings");
    bw_json_begin_object(w);
    put_source(w, advisory->severity_from, BW_STR(""));
    if (advisory->score_tenths >= 0) {
        bw_json_key(w, BW_STR("score"));
        bw_json_put_double(w, advisory->score_tenths / 10.0);
    }
    bw_json_member_str(w, "severity", bw_str(severity_word(finding->severity)));
    bw_json_member_str(w, "method", bw_str(method_of(advisory->vector)));
    bw_cyclonedx_text(w, "vector", advisory->vector);
    bw_json_end(w);
    bw_json_end(w);
}

static const char *state_of(enum bw_vex_status status)
{
    switch (status) {
    case BW_VEX_NOT_AFFECTED:
        return "not_affected";
    case BW_VEX_AFFECTED:
        return "exploitable";
    case BW_VEX_FIXED:
        return "resolved";
    case BW_VEX_UNDER_INVESTIGATION:
        return "in_triage";
    default:
        return "";
    }
}

/* The labels of OpenVEX 0.2.0 in CycloneDX's words; NULL for one that has none. */
static const char *justification_of(struct bw_str label)
{
    static const struct {
        const char *label, *word;
    } known[] = {
        {"component_not_present", "code_not_present"},
        {"vulnerable_code_not_present", "code_not_present"},
        {"vulnerable_code_not_in_execute_path", "code_not_reachable"},
        {"vulnerable_code_cannot_be_controlled_by_adversary", "requires_environment"},
        {"inline_mitigations_already_exist", "protected_by_mitigating_control"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_eq(label, bw_str(known[i].label)))
            return known[i].word;
    return NULL;
}

/* An ignore file says that nobody will act, and nothing of the vulnerability itself. */
static void put_analysis(struct bw_json_writer *w, const struct bw_waiver *waiver)
{
    if (!waiver)
        return;
    bw_json_key(w, BW_STR("analysis"));
    bw_json_begin_object(w);
    bw_cyclonedx_text(w, "state", bw_str(state_of(waiver->status)));
    const char *justification = justification_of(waiver->justification);
    if (justification)
        bw_json_member_str(w, "justification", bw_str(justification));
    if (waiver->status == BW_VEX_NONE) {
        begin_list(w, "response");
        bw_json_put_str(w, BW_STR("will_not_fix"));
        bw_json_end(w);
    }
    bw_cyclonedx_text(w, "detail", waiver->reason);
    bw_json_end(w);
}

static void put_version(struct bw_json_writer *w, struct bw_str version, const char *status)
{
    if (!version.n)
        return;
    bw_json_begin_object(w);
    bw_json_member_str(w, "version", version);
    bw_json_member_str(w, "status", bw_str(status));
    bw_json_end(w);
}

static void put_affected(struct bw_cyclonedx *c, const struct bw_finding *finding)
{
    struct bw_json_writer *w = &c->w;
    struct bw_str ref = bw_materials_ref_of(&c->materials, finding->package);
    if (!ref.n)
        return;
    bw_json_begin_object(w);
    bw_json_member_str(w, "ref", ref);
    begin_list(w, "versions");
    put_version(w, finding->package->version, "affected");
    put_version(w, finding->fixed_version, "unaffected");
    bw_json_end(w);
    bw_json_end(w);
    bw_gatherer_drain(&c->stream);
}

/* Of the whole vulnerability, so what holds for all packages. */
static void put_properties(struct bw_json_writer *w, const struct bw_finding *finding)
{
    char text[24];
    begin_list(w, "properties");
    if (finding->advisory->kev)
        bw_cyclonedx_property(w, BW_BILL_PREFIX "kev", BW_STR("true"));
    if (finding->epss_millionths >= 0) {
        snprintf(text, sizeof text, "%.6f", finding->epss_millionths / 1e6);
        bw_cyclonedx_property(w, BW_BILL_PREFIX "epss", bw_str(text));
    }
    if (finding->waiver)
        bw_cyclonedx_property(w, BW_BILL_PREFIX "waived-by", finding->waiver->source);
    bw_json_end(w);
}

/* As the schema wants it, whatever the database says. */
static void put_time(struct bw_json_writer *w, const char *key, struct bw_str time)
{
    int64_t wall;
    char text[BW_CLOCK_RFC3339_SIZE];
    if (!bw_clock_parse(time, &wall))
        return;
    bw_clock_rfc3339(wall, text);
    bw_json_member_str(w, key, bw_str(text));
}

static void put_group(struct groups *groups, const struct group *group)
{
    struct bw_cyclonedx *c = groups->c;
    struct bw_json_writer *w = &c->w;
    const struct bw_finding *finding = group->first;
    const struct bw_advisory *advisory = finding->advisory;
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", finding->id);
    if (bw_str_starts(advisory->url, BW_STR("http")))
        put_source(w, BW_STR(""), advisory->url);
    put_references(w, advisory);
    put_ratings(w, finding);
    bw_cyclonedx_text(w, "description", advisory->summary);
    if (finding->fixed_version.n)
        bw_json_member_str(w, "recommendation", BW_STR("Install the unaffected version"));
    put_time(w, "updated", advisory->modified);
    put_analysis(w, finding->waiver);
    begin_list(w, "affects");
    for (uint32_t at = group->head; at; at = groups->next[at - 1])
        put_affected(c, &c->materials.report->findings[at - 1]);
    bw_json_end(w);
    put_properties(w, finding);
    bw_json_end(w);
    bw_gatherer_drain(&c->stream);
}

static int add(struct groups *groups, uint32_t i)
{
    struct bw_arena *arena = groups->c->materials.arena;
    const struct bw_finding *finding = &groups->c->materials.report->findings[i];
    struct bw_str key = bw_arena_printf(arena, "%d %p %" BW_STR_F, finding->severity,
                                        (const void *)finding->waiver, BW_STR_A(finding->id));
    struct bw_map_item *item = key.p ? bw_map_at(&groups->by_key, key) : NULL;
    if (!item)
        return BW_ENOMEM;
    struct group *group = item->value;
    if (!group) {
        group = item->value = bw_arena_alloc(arena, sizeof *group);
        if (!group)
            return BW_ENOMEM;
        *group = (struct group){.first = finding, .last = &group->head};
    }
    *group->last = i + 1;
    group->last = &groups->next[i];
    return 0;
}

int bw_cyclonedx_vulnerabilities(struct bw_cyclonedx *c, struct bw_err *err)
{
    const struct bw_report *report = c->materials.report;
    struct groups groups = {
        .c = c,
        .by_key = BW_MAP(report->findings_n),
        .next = bw_arena_array(c->materials.arena, report->findings_n, sizeof *groups.next),
    };
    int rc = groups.next ? 0 : BW_ENOMEM;
    for (uint32_t i = 0; i < report->findings_n && rc == 0; i++)
        if (report->findings[i].kind == BW_FINDING_VULNERABILITY && report->findings[i].package)
            rc = add(&groups, i);
    if (rc == 0 && groups.by_key.n) {
        begin_list(&c->w, "vulnerabilities");
        for (size_t i = 0; i < groups.by_key.n; i++)
            put_group(&groups, groups.by_key.items[i].value);
        bw_json_end(&c->w);
    }
    bw_map_free(&groups.by_key);
    return rc ? bw_err_set(err, BW_ENOMEM, "no memory for the vulnerabilities") : 0;
}
