/*
 * The vulnerabilities of a report as OpenVEX 0.2.0, to be completed and handed on: what is waived
 * carries its status and reason, everything else is under investigation, since a scan does not know
 * what can be exploited.
 *
 * The product of an image that has a name and a digest is its package URL ("pkg:oci/NAME@DIGEST")
 * with the packages as subcomponents; of anything else the packages are the products. A finding of
 * a package that no package URL names is left out: nobody could recognise it. The specification
 * wants at least one statement; a report without vulnerabilities gives a document without any.
 */
#include "base/clock.h"
#include "report/escape.h"
#include "report/gatherer.h"
#include "report/materials.h"
#include "wrap/json.h"

#define CONTEXT "https://openvex.dev/ns/v0.2.0"

struct openvex {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    const struct bw_report *report;
    char time[BW_CLOCK_RFC3339_SIZE];
};

#define TEXT_MAX ((size_t)1 << 20)

/* A text from outside as one line that shows what it holds. */
static void put_line(struct openvex *v, struct bw_str s)
{
    struct bw_buf line BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    bw_escape_line(&line, bw_str_take(s, TEXT_MAX / 4));
    bw_json_put_str(&v->w, bw_buf_slice(&line));
}

static void member_line(struct openvex *v, const char *key, struct bw_str s)
{
    bw_json_key(&v->w, bw_str(key));
    put_line(v, s);
}

static void member_time(struct openvex *v, const char *key)
{
    bw_json_member_str(&v->w, key, bw_str(v->time));
}

static void put_vulnerability(struct openvex *v, const struct bw_finding *f)
{
    const struct bw_strs lists[] = {f->advisory->aliases, f->advisory->cves};
    bw_json_key(&v->w, BW_STR("vulnerability"));
    bw_json_begin_object(&v->w);
    member_line(v, "name", f->id);
    bw_json_key(&v->w, BW_STR("aliases"));
    bw_json_begin_array(&v->w);
    for (size_t l = 0; l < BW_ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < lists[l].n; i++) {
            bool known = bw_str_eq(lists[l].v[i], f->id);
            for (size_t k = 0; k < l * lists[0].n && !known; k++)
                known = bw_str_eq(lists[0].v[k], lists[l].v[i]);
            if (!known)
                put_line(v, lists[l].v[i]);
        }
    bw_json_end(&v->w);
    bw_json_end(&v->w);
}

static void put_component(struct openvex *v, struct bw_str purl)
{
    member_line(v, "@id", purl);
    bw_json_key(&v->w, BW_STR("identifiers"));
    bw_json_begin_object(&v->w);
    member_line(v, "purl", purl);
    bw_json_end(&v->w);
}

/* "pkg:oci/app@sha256%3Aab12", from a tag "registry/team/app:1"; false where the image has no name
 * or no digest. */
static bool image_purl(const struct bw_subject *s, struct bw_buf *purl)
{
    if (s->kind != BW_SUBJECT_IMAGE || !s->tags.n || !s->digest.n)
        return false;
    struct bw_str name = s->tags.v[0];
    size_t slash = bw_str_rfind(name, '/');
    name = slash == SIZE_MAX ? name : bw_str_from(name, slash + 1);
    name = bw_str_take(name, bw_str_find(name, '@'));
    name = bw_str_take(name, bw_str_find(name, ':'));
    bw_buf_str(purl, BW_STR("pkg:oci/"));
    bw_escape_uri(purl, name);
    bw_buf_byte(purl, '@');
    bw_escape_uri(purl, s->digest);
    return name.n && !bw_buf_failed(purl);
}

static void put_products(struct openvex *v, const struct bw_finding *f)
{
    struct bw_buf purl BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    bool image = image_purl(&v->report->subjects[f->subject], &purl);
    bw_json_key(&v->w, BW_STR("products"));
    bw_json_begin_array(&v->w);
    bw_json_begin_object(&v->w);
    put_component(v, image ? bw_buf_slice(&purl) : f->purl);
    if (image) {
        bw_json_key(&v->w, BW_STR("subcomponents"));
        bw_json_begin_array(&v->w);
        bw_json_begin_object(&v->w);
        put_component(v, f->purl);
        bw_json_end(&v->w);
        bw_json_end(&v->w);
    }
    bw_json_end(&v->w);
    bw_json_end(&v->w);
}

static bool is_justification(struct bw_str word)
{
    static const char *const words[] = {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(word, bw_str(words[i])))
            return true;
    return false;
}

static void put_status(struct openvex *v, const struct bw_finding *f)
{
    const struct bw_waiver *waiver = f->waiver;
    if (!waiver) {
        bw_json_member_str(&v->w, "status", BW_STR("under_investigation"));
        if (f->fixed_version.n) {
            struct bw_buf notes BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
            bw_buf_printf(&notes, "fixed in %" BW_STR_F, BW_STR_A(f->fixed_version));
            member_line(v, "status_notes", bw_buf_slice(&notes));
        }
        return;
    }
    bool fixed = waiver->status == BW_VEX_FIXED;
    bw_json_member_str(&v->w, "status", fixed ? BW_STR("fixed") : BW_STR("not_affected"));
    if (is_justification(waiver->justification))
        bw_json_member_str(&v->w, "justification", waiver->justification);
    member_line(v, fixed ? "status_notes" : "impact_statement",
                waiver->reason.n ? waiver->reason : BW_STR("waived without a reason"));
}

static void put_statement(struct openvex *v, const struct bw_finding *f)
{
    bw_json_begin_object(&v->w);
    put_vulnerability(v, f);
    member_time(v, "timestamp");
    put_products(v, f);
    put_status(v, f);
    bw_json_end(&v->w);
    bw_gatherer_drain(&v->stream);
}

/* The same package in several places makes one statement. *ret_new: it was not made yet. */
static int note_statement(struct bw_materials *materials, struct bw_map *made,
                          const struct bw_finding *f, bool *ret_new, struct bw_err *err)
{
    struct bw_str key =
        bw_arena_printf(materials->arena, "%u%c%" BW_STR_F "%c%" BW_STR_F "%c%d", f->subject, 0,
                        BW_STR_A(f->id), 0, BW_STR_A(f->purl), 0, f->waiver != NULL);
    struct bw_map_item *item = key.p ? bw_map_at(made, key) : NULL;
    if (!item)
        return bw_err_set(err, BW_ENOMEM, "no memory for the statements");
    *ret_new = item->value == NULL;
    item->value = made;
    return 0;
}

static int put_statements(struct openvex *v, struct bw_materials *materials, struct bw_err *err)
{
    struct bw_map made BW_CLEANUP(bw_map_free) = BW_MAP(v->report->findings_n);
    for (size_t i = 0; i < v->report->findings_n; i++) {
        const struct bw_finding *f = &v->report->findings[i];
        bool is_new = false;
        if (f->kind != BW_FINDING_VULNERABILITY || !f->purl.n)
            continue;
        int rc = note_statement(materials, &made, f, &is_new, err);
        if (rc)
            return rc;
        if (is_new)
            put_statement(v, f);
    }
    return 0;
}

static int write_report(const struct bw_report *report, const struct bw_output_options *options,
                        const struct bw_output_sink *sink, struct bw_err *err)
{
    struct bw_materials materials BW_CLEANUP(bw_materials_free) = {0};
    struct openvex v = {.stream = bw_gatherer(sink, err), .report = report};
    char id[sizeof "urn:uuid:" + BW_MATERIALS_UUID_SIZE] = "urn:uuid:";
    (void)options;
    int rc = bw_materials_new(report, "openvex", &materials, err);
    if (rc)
        return rc;
    memcpy(id + sizeof "urn:uuid:" - 1, materials.uuid, sizeof materials.uuid);
    bw_clock_rfc3339(report->started, v.time);
    v.w = bw_json_writer(&v.stream.buf, true);
    bw_json_begin_object(&v.w);
    bw_json_member_str(&v.w, "@context", BW_STR(CONTEXT));
    bw_json_member_str(&v.w, "@id", bw_str(id));
    bw_json_member_str(&v.w, "author", BW_STR("bulwark"));
    bw_json_member_str(&v.w, "role", BW_STR("scanner"));
    member_time(&v, "timestamp");
    bw_json_member_u64(&v.w, "version", 1);
    bw_json_member_str(&v.w, "tooling", bw_str(report->version));
    bw_json_key(&v.w, BW_STR("statements"));
    bw_json_begin_array(&v.w);
    rc = put_statements(&v, &materials, err);
    bw_json_end(&v.w);
    bw_json_end(&v.w);
    int written = bw_gatherer_finish(&v.stream);
    return rc ? rc : written;
}

const struct bw_output bw_output_openvex = {
    .name = "openvex",
    .summary = "the vulnerabilities as OpenVEX 0.2.0 statements, to be completed",
    .write = write_report,
};
