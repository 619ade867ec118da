/*
 * The report as a CycloneDX 1.6 bill of materials (ECMA-424), JSON: each subject with its operating
 * system, packages, files where they were listed, and, where it was judged, vulnerabilities. The
 * properties of model/bill.h make a scan of the document equal to one of the subject.
 */
#include "report/cyclonedx.h"

#include <stdio.h>

#include "base/clock.h"
#include "report/output.h"

/* "operating-system-" and a number. */
#define REF_SIZE 48

static const char *const hash_names[5] = {"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"};

void bw_cyclonedx_text(struct bw_json_writer *w, const char *key, struct bw_str value)
{
    if (value.n)
        bw_json_member_str(w, key, value);
}

void bw_cyclonedx_property(struct bw_json_writer *w, const char *name, struct bw_str value)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", bw_str(name));
    bw_json_member_str(w, "value", value);
    bw_json_end(w);
}

static void put_property(void *ctx, const char *name, struct bw_str value)
{
    bw_cyclonedx_property(ctx, name, value);
}

static void begin_list(struct bw_cyclonedx *c, const char *key)
{
    bw_json_key(&c->w, bw_str(key));
    bw_json_begin_array(&c->w);
}

static void end_element(struct bw_cyclonedx *c)
{
    bw_json_end(&c->w);
    bw_gatherer_drain(&c->stream);
}

static void put_hashes(struct bw_cyclonedx *c, struct bw_str digest)
{
    const char *name;
    struct bw_str hex;
    if (!bw_materials_digest(digest, hash_names, &name, &hex))
        return;
    begin_list(c, "hashes");
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "alg", bw_str(name));
    bw_json_member_str(&c->w, "content", hex);
    bw_json_end(&c->w);
    bw_json_end(&c->w);
}

/* --- subjects --- */

/* No package URL begins so. */
static struct bw_str subject_ref(size_t s, char out[REF_SIZE])
{
    snprintf(out, REF_SIZE, "subject-%zu", s + 1);
    return bw_str(out);
}

static struct bw_str system_ref(size_t s, char out[REF_SIZE])
{
    snprintf(out, REF_SIZE, "operating-system-%zu", s + 1);
    return bw_str(out);
}

static const char *subject_type(const struct bw_subject *subject)
{
    switch (subject->kind) {
    case BW_SUBJECT_IMAGE:
        return "container";
    case BW_SUBJECT_FILESYSTEM:
        return subject->distribution.id.n ? "operating-system" : "file";
    default:
        return "application";
    }
}

static void put_subject(struct bw_cyclonedx *c, size_t s)
{
    const struct bw_subject *subject = &c->materials.report->subjects[s];
    char ref[REF_SIZE];
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "type", bw_str(subject_type(subject)));
    bw_json_member_str(&c->w, "bom-ref", subject_ref(s, ref));
    bw_json_member_str(&c->w, "name", subject->name);
    bw_cyclonedx_text(&c->w, "version", subject->digest);
    begin_list(c, "properties");
    bw_materials_subject_properties(&c->materials, s, put_property, &c->w);
    bw_json_end(&c->w);
    end_element(c);
}

static void put_metadata(struct bw_cyclonedx *c)
{
    const struct bw_report *report = c->materials.report;
    struct bw_json_writer *w = &c->w;
    char time[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(report->started, time);
    bw_json_key(w, BW_STR("metadata"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "timestamp", bw_str(time));
    bw_json_key(w, BW_STR("tools"));
    bw_json_begin_object(w);
    begin_list(c, "components");
    bw_json_begin_object(w);
    bw_json_member_str(w, "type", BW_STR("application"));
    bw_json_member_str(w, "name", BW_STR("bulwark"));
    bw_cyclonedx_text(w, "version", bw_str(report->version));
    bw_json_end(w);
    bw_json_end(w);
    bw_json_end(w);
    if (report->subjects_n == 1) {
        bw_json_key(w, BW_STR("component"));
        put_subject(c, 0);
    } else {
        char text[24];
        snprintf(text, sizeof text, "%zu", report->subjects_n);
        begin_list(c, "properties");
        bw_cyclonedx_property(w, BW_BILL_PREFIX "subjects", bw_str(text));
        bw_json_end(w);
    }
    bw_json_end(w);
}

/* --- components --- */

static void put_system(struct bw_cyclonedx *c, size_t s)
{
    const struct bw_distribution *d = &c->materials.report->subjects[s].distribution;
    char ref[REF_SIZE];
    if (!d->id.n)
        return;
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "type", BW_STR("operating-system"));
    bw_json_member_str(&c->w, "bom-ref", system_ref(s, ref));
    bw_json_member_str(&c->w, "name", d->id);
    bw_cyclonedx_text(&c->w, "version", d->version_id);
    bw_cyclonedx_text(&c->w, "description", d->pretty_name);
    end_element(c);
}

/* Group and name, where the package manager tells them apart. */
static void put_name(struct bw_cyclonedx *c, const struct bw_package *p)
{
    size_t at = p->type == BW_PACKAGE_MAVEN ? bw_str_rfind(p->name, ':')
                : p->type == BW_PACKAGE_NPM || p->type == BW_PACKAGE_COMPOSER
                    ? bw_str_rfind(p->name, '/')
                    : SIZE_MAX;
    if (at != SIZE_MAX && at > 0) {
        bw_json_member_str(&c->w, "group", bw_str_take(p->name, at));
        bw_json_member_str(&c->w, "name", bw_str_from(p->name, at + 1));
    } else {
        bw_json_member_str(&c->w, "name", p->name);
    }
}

static void put_licences(struct bw_cyclonedx *c, struct bw_str licence)
{
    if (!licence.n)
        return;
    struct bw_str expression = bw_materials_licence(&c->materials, licence);
    begin_list(c, "licenses");
    bw_json_begin_object(&c->w);
    if (expression.n) {
        bw_json_member_str(&c->w, "expression", expression);
    } else {
        bw_json_key(&c->w, BW_STR("license"));
        bw_json_begin_object(&c->w);
        bw_json_member_str(&c->w, "name", licence);
        bw_json_end(&c->w);
    }
    bw_json_end(&c->w);
    bw_json_end(&c->w);
}

static void put_evidence(struct bw_cyclonedx *c, const struct bw_installed_package *installed)
{
    if (!installed->path.n)
        return;
    bw_json_key(&c->w, BW_STR("evidence"));
    bw_json_begin_object(&c->w);
    begin_list(c, "occurrences");
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "location", installed->path);
    if (installed->line)
        bw_json_member_u64(&c->w, "line", installed->line);
    bw_cyclonedx_text(&c->w, "additionalContext", installed->inner);
    bw_json_end(&c->w);
    bw_json_end(&c->w);
    bw_json_end(&c->w);
}

static void put_package(struct bw_cyclonedx *c, size_t s, size_t i)
{
    const struct bw_installed_package *installed = &c->materials.report->subjects[s].packages[i];
    const struct bw_materials_of_subject *of = &c->materials.subjects[s];
    const struct bw_package *p = installed->package;
    struct bw_json_writer *w = &c->w;
    bw_json_begin_object(w);
    bw_json_member_str(w, "type",
                       p->type == BW_PACKAGE_BITNAMI ? BW_STR("application") : BW_STR("library"));
    bw_json_member_str(w, "bom-ref", of->refs[i]);
    bw_cyclonedx_text(w, "publisher", p->vendor);
    put_name(c, p);
    bw_cyclonedx_text(w, "version", p->version);
    put_hashes(c, p->checksum);
    put_licences(c, p->licence);
    bw_cyclonedx_text(w, "purl", of->purls[i]);
    put_evidence(c, installed);
    begin_list(c, "properties");
    bw_materials_package_properties(&c->materials, s, i, put_property, w);
    bw_json_end(w);
    end_element(c);
}

static void put_file(struct bw_cyclonedx *c, const struct bw_listed_file *file)
{
    char digest[BW_MATERIALS_DIGEST_SIZE], layer[24];
    snprintf(layer, sizeof layer, "%u", file->layer);
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "type", BW_STR("file"));
    bw_json_member_str(&c->w, "name", file->path);
    put_hashes(c, bw_materials_file_digest(&file->file->digest, digest));
    begin_list(c, "properties");
    bw_cyclonedx_property(&c->w, BW_BILL_PREFIX "layer", bw_str(layer));
    bw_json_end(&c->w);
    end_element(c);
}

static void put_components(struct bw_cyclonedx *c)
{
    const struct bw_report *report = c->materials.report;
    begin_list(c, "components");
    for (size_t s = 0; s < report->subjects_n; s++) {
        const struct bw_subject *subject = &report->subjects[s];
        if (report->subjects_n > 1)
            put_subject(c, s);
        put_system(c, s);
        for (size_t i = 0; i < subject->packages_n; i++)
            put_package(c, s, i);
        for (size_t i = 0; i < subject->all_files_n; i++)
            put_file(c, &subject->all_files[i]);
    }
    bw_json_end(&c->w);
}

/* --- dependencies --- */

struct needs {
    struct bw_cyclonedx *c;
    size_t subject, package;
    bool any;
};

static void begin_dependency(struct bw_cyclonedx *c, struct bw_str ref)
{
    bw_json_begin_object(&c->w);
    bw_json_member_str(&c->w, "ref", ref);
    begin_list(c, "dependsOn");
}

static void put_need(void *ctx, size_t needed)
{
    struct needs *needs = ctx;
    const struct bw_str *refs = needs->c->materials.subjects[needs->subject].refs;
    if (!needs->any)
        begin_dependency(needs->c, refs[needs->package]);
    needs->any = true;
    bw_json_put_str(&needs->c->w, refs[needed]);
}

static void put_subject_dependencies(struct bw_cyclonedx *c, size_t s)
{
    const struct bw_subject *subject = &c->materials.report->subjects[s];
    char ref[REF_SIZE];
    begin_dependency(c, subject_ref(s, ref));
    if (subject->distribution.id.n)
        bw_json_put_str(&c->w, system_ref(s, ref));
    for (size_t i = 0; i < subject->packages_n; i++) {
        bw_json_put_str(&c->w, c->materials.subjects[s].refs[i]);
        bw_gatherer_drain(&c->stream);
    }
    bw_json_end(&c->w);
    end_element(c);
    for (size_t i = 0; i < subject->packages_n; i++) {
        struct needs needs = {.c = c, .subject = s, .package = i};
        bw_materials_depends(&c->materials, s, i, put_need, &needs);
        if (!needs.any)
            continue;
        bw_json_end(&c->w);
        end_element(c);
    }
}

static void put_dependencies(struct bw_cyclonedx *c)
{
    begin_list(c, "dependencies");
    for (size_t s = 0; s < c->materials.report->subjects_n; s++)
        put_subject_dependencies(c, s);
    bw_json_end(&c->w);
}

static int put_document(struct bw_cyclonedx *c, struct bw_err *err)
{
    char serial[sizeof "urn:uuid:" + BW_MATERIALS_UUID_SIZE];
    struct bw_json_writer *w = &c->w;
    snprintf(serial, sizeof serial, "urn:uuid:%s", c->materials.uuid);
    bw_json_begin_object(w);
    bw_json_member_str(w, "$schema", BW_STR("http://cyclonedx.org/schema/bom-1.6.schema.json"));
    bw_json_member_str(w, "bomFormat", BW_STR("CycloneDX"));
    bw_json_member_str(w, "specVersion", BW_STR("1.6"));
    bw_json_member_str(w, "serialNumber", bw_str(serial));
    bw_json_member_u64(w, "version", 1);
    put_metadata(c);
    put_components(c);
    put_dependencies(c);
    int rc = bw_cyclonedx_vulnerabilities(c, err);
    bw_json_end(w);
    return rc;
}

static int write_cyclonedx(const struct bw_report *report, const struct bw_output_options *options,
                           const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct bw_cyclonedx c = {.stream = bw_gatherer(sink, err)};
    c.w = bw_json_writer(&c.stream.buf, true);
    int rc = bw_materials_new(report, "CycloneDX", &c.materials, err);
    if (rc == 0)
        rc = put_document(&c, err);
    if (rc)
        bw_buf_clear(&c.stream.buf);
    int written = bw_gatherer_finish(&c.stream);
    bw_materials_free(&c.materials);
    return rc ? rc : written;
}

const struct bw_output bw_output_cyclonedx = {
    .name = "cyclonedx",
    .summary = "a CycloneDX 1.6 bill of materials (JSON) with its vulnerabilities",
    .write = write_cyclonedx,
};
