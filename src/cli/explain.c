#include "cli/explain.h"

#include "base/clock.h"
#include "report/text.h"

#define LABEL       15u
#define PREFIX_MIN  8u
#define SOURCES_MAX 20u

struct explaining {
    struct bw_text text;
    const struct bw_report *report;
};

static void label(struct explaining *x, const char *name)
{
    bw_text_put(&x->text, BW_STYLE_FAINT, bw_str(name));
    bw_text_tab(&x->text, LABEL);
}

static void line(struct explaining *x, const char *name, struct bw_str value)
{
    if (!value.n)
        return;
    label(x, name);
    bw_text_flow(&x->text, BW_STYLE_PLAIN, value, LABEL);
    bw_text_newline(&x->text);
}

static void more(struct explaining *x, const char *before, struct bw_str value, const char *after)
{
    bw_text_flow(&x->text, BW_STYLE_PLAIN, bw_str(before), LABEL);
    bw_text_flow(&x->text, BW_STYLE_STRONG, value, LABEL);
    bw_text_flow(&x->text, BW_STYLE_PLAIN, bw_str(after), LABEL);
}

/* --- names --- */

static bool has_name(const struct bw_advisory *a, struct bw_str name)
{
    if (bw_str_eq_nocase(a->id, name))
        return true;
    for (size_t i = 0; i < a->aliases.n; i++)
        if (bw_str_eq_nocase(a->aliases.v[i], name))
            return true;
    for (size_t i = 0; i < a->cves.n; i++)
        if (bw_str_eq_nocase(a->cves.v[i], name))
            return true;
    return false;
}

static bool goes_by(const struct bw_finding *f, struct bw_str name)
{
    if (bw_str_eq_nocase(f->id, name) ||
        (name.n >= PREFIX_MIN && bw_str_starts(f->fingerprint, name)) ||
        (f->advisory && has_name(f->advisory, name)))
        return true;
    for (size_t i = 0; i < f->others_n; i++)
        if (has_name(f->others[i], name))
            return true;
    for (size_t i = 0; i < f->aliases.n; i++)
        if (bw_str_eq_nocase(f->aliases.v[i], name))
            return true;
    return false;
}

/* --- parts --- */

static void explain_package(struct explaining *x, const struct bw_finding *f)
{
    const struct bw_package *p = f->package;
    if (!p)
        return;
    label(x, "package");
    more(x, "", p->name, "");
    more(x, " ", p->version, "");
    if (bw_package_is_os(p->type) && !bw_str_eq(p->source_name, p->name))
        more(x, ", built from the source package ", p->source_name, "");
    bw_text_newline(&x->text);
    line(x, "", f->purl);
}

static void explain_place(struct explaining *x, const struct bw_finding *f)
{
    const struct bw_subject *s = &x->report->subjects[f->subject];
    label(x, "found in");
    bw_text_flow(&x->text, BW_STYLE_PLAIN,
                 f->location.path.n ? f->location.path : BW_STR("the configuration of the image"),
                 LABEL);
    if (f->location.inner.n)
        more(x, f->location.path.n ? "!/" : ": ", f->location.inner, "");
    if (f->location.line)
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL, ", line %u", f->location.line);
    if (f->location.line && f->column)
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL, ", column %u", f->column);
    bw_text_newline(&x->text);
    if (f->location.path.n && f->location.layer < s->layers_n && s->layers_n > 1) {
        const struct bw_layer *layer = &s->layers[f->location.layer];
        label(x, "layer");
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL, "%u of %zu", f->location.layer + 1,
                      s->layers_n);
        if (layer->digest.n || layer->diff_id.n)
            more(x, ", ", bw_str_take(layer->digest.n ? layer->digest : layer->diff_id, 19), "");
        if (f->in_base)
            more(x, ", of the base image ", s->base.name, "");
        bw_text_newline(&x->text);
        line(x, "made by", layer->created_by);
    }
    if (f->deleted) {
        label(x, "deleted");
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL,
                      "in layer %u; layer %u still carries it, for everybody who has the image",
                      f->deleted_in + 1, f->location.layer + 1);
        bw_text_newline(&x->text);
    }
}

static void explain_policy(struct explaining *x, const struct bw_finding *f)
{
    if (f->kind != BW_FINDING_POLICY)
        return;
    line(x, "object", f->object);
    line(x, "because", f->because);
    line(x, "action", bw_str(bw_policy_action_name(f->action)));
    if (!f->aliases.n)
        return;
    label(x, "also known as");
    for (size_t i = 0; i < f->aliases.n; i++)
        more(x, i ? ", " : "", f->aliases.v[i], "");
    bw_text_newline(&x->text);
}

static void explain_severity(struct explaining *x, const struct bw_finding *f)
{
    const struct bw_advisory *a = f->advisory;
    label(x, "severity");
    bw_text_put(&x->text, bw_style_of_severity(f->severity), bw_str(bw_severity_name(f->severity)));
    if (a && a->severity_from.n)
        more(x, ", as rated by ", a->severity_from, "");
    else if (a)
        more(x, ", since nobody has rated it", BW_STR(""), "");
    if (a && a->score_tenths >= 0)
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL, ", score %d.%d", a->score_tenths / 10,
                      a->score_tenths % 10);
    bw_text_newline(&x->text);
    if (a)
        line(x, "", a->vector);
}

static void explain_risk(struct explaining *x, const struct bw_finding *f)
{
    struct bw_text *t = &x->text;
    if (f->advisory && f->advisory->kev) {
        label(x, "exploited");
        bw_text_flow(t, BW_STYLE_ALARM,
                     f->ransomware ? BW_STR("known to be, also by ransomware (CISA)")
                                   : BW_STR("known to be (CISA)"),
                     LABEL);
        bw_text_newline(t);
    }
    if (f->epss_millionths >= 0) {
        label(x, "EPSS");
        bw_text_flowf(t, BW_STYLE_PLAIN, LABEL,
                      "%.2f%% chance of exploitation within 30 days, more than %.1f%% of all "
                      "vulnerabilities",
                      f->epss_millionths / 1e4, f->epss_percentile_millionths / 1e4);
        bw_text_newline(t);
    }
    if (f->risk_tenths >= 0) {
        label(x, "risk");
        bw_text_flowf(t, BW_STYLE_STRONG, LABEL, "%d.%d of 100", f->risk_tenths / 10,
                      f->risk_tenths % 10);
        bw_text_flow(t, BW_STYLE_FAINT,
                     BW_STR(": from severity or score, EPSS, known exploitation and whether there "
                            "is a fix"),
                     LABEL);
        bw_text_newline(t);
    }
}

static void put_source(struct explaining *x, const char *name, const struct bw_advisory *a)
{
    label(x, name);
    bw_text_flow(&x->text, BW_STYLE_STRONG, a->id, LABEL);
    if (a->modified.n)
        more(x, ", changed ", bw_str_take(a->modified, 10), "");
    if (a->url.n)
        more(x, "  ", a->url, "");
    bw_text_newline(&x->text);
}

static void explain_sources(struct explaining *x, const struct bw_finding *f)
{
    if (!f->advisory)
        return;
    put_source(x, "sources", f->advisory);
    for (size_t i = 0; i < f->others_n && i < SOURCES_MAX; i++)
        put_source(x, "", f->others[i]);
    if (f->others_n > SOURCES_MAX) {
        bw_text_tab(&x->text, LABEL);
        bw_text_printf(&x->text, BW_STYLE_FAINT, "and %zu more", f->others_n - SOURCES_MAX);
        bw_text_newline(&x->text);
    }
    label(x, "aliases");
    const struct bw_strs lists[] = {f->advisory->cves, f->advisory->aliases};
    bool any = false;
    for (size_t l = 0; l < BW_ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++) {
            more(x, any ? ", " : "", lists[l].v[i], "");
            any = true;
        }
    if (!any)
        bw_text_put(&x->text, BW_STYLE_FAINT, BW_STR("none"));
    bw_text_newline(&x->text);
}

static void explain_fix(struct explaining *x, const struct bw_finding *f)
{
    if (f->kind != BW_FINDING_VULNERABILITY) {
        line(x, "remedy", f->remedy);
        return;
    }
    label(x, "fix");
    if (f->fixed_version.n && f->package) {
        more(x, "update ", f->package->name, "");
        more(x, " to ", f->fixed_version, " or later");
    } else {
        bw_text_flow(&x->text, BW_STYLE_WARN, BW_STR("none is known"), LABEL);
    }
    bw_text_newline(&x->text);
}

static void explain_waiver(struct explaining *x, const struct bw_waiver *w)
{
    char date[BW_CLOCK_RFC3339_SIZE];
    if (!w)
        return;
    label(x, "waived");
    bw_text_flow(&x->text, BW_STYLE_WARN, w->reason.n ? w->reason : BW_STR("without a reason"),
                 LABEL);
    if (w->owner.n)
        more(x, ", by ", w->owner, "");
    if (w->expires) {
        bw_clock_rfc3339(w->expires - 1, date);
        more(x, ", until ", bw_str_n(date, 10), "");
    }
    more(x, " (", w->source, "");
    if (w->line)
        bw_text_flowf(&x->text, BW_STYLE_PLAIN, LABEL, " line %u", w->line);
    bw_text_put(&x->text, BW_STYLE_PLAIN, BW_STR(")"));
    bw_text_newline(&x->text);
}

static void explain(struct explaining *x, const struct bw_finding *f)
{
    struct bw_str title = f->title;
    if (!title.n && f->advisory)
        title = f->advisory->summary;
    bw_text_rule(&x->text, BW_STYLE_STRONG, f->id);
    if (title.n) {
        bw_text_flow(&x->text, BW_STYLE_STRONG, title, 0);
        bw_text_newline(&x->text);
    }
    line(x, "target", x->report->subjects[f->subject].name);
    explain_package(x, f);
    explain_place(x, f);
    line(x, "seen", f->match);
    explain_policy(x, f);
    explain_severity(x, f);
    explain_risk(x, f);
    explain_sources(x, f);
    explain_fix(x, f);
    explain_waiver(x, f->waiver);
    line(x, "fingerprint", f->fingerprint);
    bw_text_newline(&x->text);
}

static void explain_nothing(struct explaining *x, struct bw_str name)
{
    struct bw_text *t = &x->text;
    bw_text_flow(t, BW_STYLE_STRONG, name, 0);
    bw_text_flow(t, BW_STYLE_PLAIN, BW_STR(" is the name of no finding. What was compared:"), 0);
    bw_text_newline(t);
    for (size_t i = 0; i < x->report->results_n; i++) {
        const struct bw_result *r = &x->report->results[i];
        if (r->check->policy && !bw_str_eq(bw_str(r->check->id), name))
            continue;
        bw_text_flow(t, BW_STYLE_PLAIN, x->report->subjects[r->subject].name, 2);
        bw_text_flowf(t, BW_STYLE_PLAIN, 2, ", %s: %s, ", r->check->id, bw_status_name(r->status));
        bw_text_flow(t, BW_STYLE_PLAIN, r->evidence, 2);
        bw_text_newline(t);
    }
}

int bw_explain(const struct bw_report *report, struct bw_str name,
               const struct bw_output_options *options, const struct bw_output_sink *sink,
               size_t *ret_n, struct bw_err *err)
{
    struct explaining x = {.text = bw_text_begin(options, sink, err), .report = report};
    size_t n = 0;
    for (size_t i = 0; i < report->findings_n; i++)
        if (goes_by(&report->findings[i], name)) {
            explain(&x, &report->findings[i]);
            n++;
        }
    if (n == 0)
        explain_nothing(&x, name);
    int rc = bw_text_end(&x.text);
    if (rc == 0)
        *ret_n = n;
    return rc;
}
