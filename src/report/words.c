#include "report/words.h"

#include "base/clock.h"

void bw_words_place(struct bw_buf *buf, const struct bw_place *place)
{
    bw_buf_str(buf, place->path);
    if (place->path.n && place->inner.n)
        bw_buf_str(buf, BW_STR("!/"));
    bw_buf_str(buf, place->inner);
    if (place->line)
        bw_buf_printf(buf, ":%u", place->line);
}

static bool take_prefix(struct bw_str *s, const char *prefix)
{
    if (!bw_str_starts(*s, bw_str(prefix)))
        return false;
    *s = bw_str_trim(bw_str_from(*s, strlen(prefix)));
    return true;
}

/* Docker's classic builder writes "/bin/sh -c #(nop) COPY ..." and "/bin/sh -c apt-get ...";
 * BuildKit "RUN /bin/sh -c apt-get ... # buildkit" and "COPY ... # buildkit". */
void bw_words_step(struct bw_buf *buf, struct bw_str created_by)
{
    struct bw_str step = bw_str_trim(created_by);
    if (bw_str_ends(step, BW_STR("# buildkit")))
        step = bw_str_trim(bw_str_take(step, step.n - strlen("# buildkit")));
    bool run = take_prefix(&step, "RUN ");
    if (take_prefix(&step, "/bin/sh -c #(nop)")) {
        bw_buf_str(buf, step);
        return;
    }
    run |= take_prefix(&step, "/bin/sh -c ");
    if (run && step.n)
        bw_buf_str(buf, BW_STR("RUN "));
    bw_buf_str(buf, step);
}

static const struct bw_subject *subject_of(const struct bw_report *report,
                                           const struct bw_finding *finding)
{
    return finding->subject < report->subjects_n ? &report->subjects[finding->subject] : NULL;
}

const struct bw_layer *bw_words_layer(const struct bw_report *report,
                                      const struct bw_finding *finding)
{
    const struct bw_subject *subject = subject_of(report, finding);
    return subject && finding->location.layer < subject->layers_n
               ? &subject->layers[finding->location.layer]
               : NULL;
}

void bw_words_layer_of(struct bw_buf *buf, const struct bw_report *report,
                       const struct bw_finding *finding, uint32_t layer)
{
    const struct bw_subject *subject = subject_of(report, finding);
    if (!subject || subject->kind != BW_SUBJECT_IMAGE || layer >= subject->layers_n)
        return;
    bw_buf_printf(buf, "layer %u", layer);
    if (!subject->layers[layer].created_by.n)
        return;
    bw_buf_str(buf, BW_STR(": "));
    bw_words_step(buf, subject->layers[layer].created_by);
}

void bw_words_name(struct bw_buf *buf, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    if (!advisory || !advisory->cves.n) {
        bw_buf_str(buf, finding->id);
    } else if (advisory->cves.n > 1) {
        bw_buf_str(buf, finding->id);
        bw_buf_printf(buf, " (%zu CVEs)", advisory->cves.n);
    } else if (bw_str_ends(finding->id, advisory->cves.v[0])) { /* "ALPINE-CVE-2023-0464" */
        bw_buf_str(buf, advisory->cves.v[0]);
    } else {
        bw_buf_str(buf, finding->id);
        bw_buf_str(buf, BW_STR(" ("));
        bw_buf_str(buf, advisory->cves.v[0]);
        bw_buf_byte(buf, ')');
    }
}

/* "k8s/web.yaml:23:11, Deployment default/web" */
static void put_written(struct bw_buf *buf, const struct bw_finding *finding)
{
    bw_words_place(buf, &finding->location);
    if (finding->location.line && finding->column)
        bw_buf_printf(buf, ":%u", finding->column);
    if (finding->object.n) {
        if (finding->location.path.n)
            bw_buf_str(buf, BW_STR(", "));
        bw_buf_str(buf, finding->object);
    }
}

void bw_words_object(struct bw_buf *buf, const struct bw_finding *finding)
{
    if (finding->kind == BW_FINDING_POLICY) {
        put_written(buf, finding);
        return;
    }
    bool of_package =
        finding->kind == BW_FINDING_VULNERABILITY || finding->kind == BW_FINDING_LICENCE;
    if (!of_package || !finding->package) {
        bw_words_place(buf, &finding->location);
        return;
    }
    bw_buf_str(buf, finding->package->name);
    bw_buf_byte(buf, ' ');
    bw_buf_str(buf, finding->package->version);
}

void bw_words_headline(struct bw_buf *buf, const struct bw_finding *finding)
{
    if (finding->kind == BW_FINDING_VULNERABILITY) {
        bw_words_object(buf, finding);
        bw_buf_str(buf, BW_STR(": "));
        bw_words_name(buf, finding);
        return;
    }
    bw_buf_str(buf, finding->title.n ? finding->title : finding->id);
    bw_buf_str(buf, BW_STR(": "));
    bw_words_object(buf, finding);
}

void bw_words_chance(struct bw_buf *buf, int millionths)
{
    if (millionths >= 10000)
        bw_buf_printf(buf, "%d %%", (millionths + 5000) / 10000);
    else
        bw_buf_printf(buf, "%d.%02d %%", millionths / 10000, millionths % 10000 / 100);
}

/* --- facts --- */

struct teller {
    struct bw_buf buf; /* the value at hand */
    bw_words_fact fact;
    void *ctx;
};

static void tell(struct teller *teller, const char *label)
{
    if (teller->buf.n)
        teller->fact(teller->ctx, label, bw_buf_slice(&teller->buf));
    bw_buf_clear(&teller->buf);
}

static void tell_str(struct teller *teller, const char *label, struct bw_str s)
{
    bw_buf_str(&teller->buf, bw_str_take(s, BW_WORDS_MAX));
    tell(teller, label);
}

static void list(struct bw_buf *buf, struct bw_str s)
{
    if (buf->n)
        bw_buf_str(buf, BW_STR(", "));
    bw_buf_str(buf, s);
}

static void tell_advisory(struct teller *teller, const struct bw_finding *finding)
{
    const struct bw_advisory *advisory = finding->advisory;
    if (advisory->score_tenths >= 0)
        bw_buf_printf(&teller->buf, "%d.%d%s", advisory->score_tenths / 10,
                      advisory->score_tenths % 10, advisory->vector.n ? " " : "");
    bw_buf_str(&teller->buf, advisory->vector);
    tell(teller, "CVSS");
    for (size_t i = 0; i < advisory->cves.n; i++)
        list(&teller->buf, advisory->cves.v[i]);
    tell(teller, "CVEs");
    list(&teller->buf, advisory->id);
    for (size_t i = 0; i < finding->others_n; i++)
        list(&teller->buf, finding->others[i]->id);
    tell(teller, "Sources");
}

static void tell_danger(struct teller *teller, const struct bw_finding *finding)
{
    if (finding->advisory && finding->advisory->kev)
        tell_str(teller, "Exploited",
                 finding->ransomware
                     ? BW_STR("known to be exploited (CISA KEV), also for extortion")
                     : BW_STR("known to be exploited (CISA KEV)"));
    if (finding->epss_millionths >= 0 && finding->kind == BW_FINDING_VULNERABILITY) {
        bw_words_chance(&teller->buf, finding->epss_millionths);
        bw_buf_str(&teller->buf, BW_STR(" chance of exploitation within 30 days (EPSS)"));
        tell(teller, "EPSS");
    }
    if (finding->risk_tenths >= 0 && finding->kind == BW_FINDING_VULNERABILITY) {
        bw_buf_printf(&teller->buf, "%d.%d of 100", finding->risk_tenths / 10,
                      finding->risk_tenths % 10);
        tell(teller, "Risk");
    }
    if (finding->loaded != BW_LOADED_UNKNOWN)
        tell_str(teller, "Loaded",
                 finding->loaded == BW_LOADED_YES ? BW_STR("the package's files are in use")
                                                  : BW_STR("the package's files were never used"));
}

static void tell_place(struct teller *teller, const struct bw_report *report,
                       const struct bw_finding *finding)
{
    bw_words_place(&teller->buf, &finding->location);
    tell(teller, "Place");
    bw_words_layer_of(&teller->buf, report, finding, finding->location.layer);
    tell(teller, "Layer");
    if (finding->in_base)
        tell_str(teller, "Base", BW_STR("comes with the base image"));
    if (finding->deleted) {
        bw_buf_str(&teller->buf, BW_STR("by "));
        bw_words_layer_of(&teller->buf, report, finding, finding->deleted_in);
        bw_buf_str(&teller->buf, BW_STR("; the image still carries it"));
        tell(teller, "Deleted");
    }
}

static void tell_waiver(struct teller *teller, const struct bw_waiver *waiver)
{
    char when[BW_CLOCK_RFC3339_SIZE];
    bw_buf_str(&teller->buf, waiver->reason.n ? waiver->reason : waiver->justification);
    if (waiver->owner.n) {
        bw_buf_str(&teller->buf, BW_STR(" ("));
        bw_buf_str(&teller->buf, waiver->owner);
        bw_buf_byte(&teller->buf, ')');
    }
    if (waiver->expires) {
        bw_clock_rfc3339(waiver->expires - 1, when);
        bw_buf_printf(&teller->buf, ", until %.10s", when);
    }
    if (!teller->buf.n)
        bw_buf_str(&teller->buf, BW_STR("without a reason"));
    tell(teller, "Waived");
}

void bw_words_facts(const struct bw_report *report, const struct bw_finding *finding,
                    bw_words_fact fact, void *ctx)
{
    struct teller teller = {.buf = BW_BUF(4 * BW_WORDS_MAX), .fact = fact, .ctx = ctx};
    if (finding->waiver)
        tell_waiver(&teller, finding->waiver);
    bw_buf_str(&teller.buf, bw_str(bw_severity_name(finding->severity)));
    if (finding->advisory && finding->advisory->severity_from.n) {
        bw_buf_str(&teller.buf, BW_STR(", from "));
        bw_buf_str(&teller.buf, finding->advisory->severity_from);
    }
    tell(&teller, "Severity");
    tell_danger(&teller, finding);
    if (finding->kind == BW_FINDING_VULNERABILITY)
        tell_str(&teller, "Fixed in",
                 finding->fixed_version.n ? finding->fixed_version : BW_STR("no version yet"));
    tell_str(&teller, finding->kind == BW_FINDING_SECRET ? "Value (masked)" : "Seen",
             finding->match);
    tell_str(&teller, "Because", finding->because);
    if (finding->kind == BW_FINDING_POLICY)
        tell_str(&teller, "Policy action", bw_str(bw_policy_action_name(finding->action)));
    tell_str(&teller, "Object", finding->object);
    if (finding->package) {
        bw_buf_str(&teller.buf, finding->package->name);
        bw_buf_byte(&teller.buf, ' ');
        bw_buf_str(&teller.buf, finding->package->version);
        tell(&teller, "Package");
    }
    tell_place(&teller, report, finding);
    if (finding->advisory)
        tell_advisory(&teller, finding);
    tell_str(&teller, "Remedy", finding->remedy);
    if (finding->advisory)
        tell_str(&teller, "More", finding->advisory->url);
    bw_buf_free(&teller.buf);
}
