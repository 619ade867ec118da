/*
 * The report as an SPDX 2.3 bill of materials (ISO/IEC 5962), JSON: each subject is a package that
 * contains its operating system and its packages, and files where they were listed. What SPDX has
 * no words for stands in annotations: see model/bill.h. Findings are not part of it.
 *
 * A licence that SPDX does not list is quoted as one of the document's own (section 10, "Other
 * licensing information").
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "report/gatherer.h"
#include "report/materials.h"
#include "report/output.h"
#include "wrap/checksum.h"
#include "wrap/json.h"

#define LICENCES_MAX   1000000u
#define ID_SIZE        128
#define ANNOTATION_MAX BW_OUTPUT_ELEMENT_MAX

static const char *const checksum_names[5] = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"};

struct spdx {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    struct bw_materials materials;
    struct bw_map licences; /* text -> number */
    char created[BW_CLOCK_RFC3339_SIZE];
    char tool[64]; /* "Tool: bulwark-0.1.0" */
};

static void begin_list(struct spdx *spdx, const char *key)
{
    bw_json_key(&spdx->w, bw_str(key));
    bw_json_begin_array(&spdx->w);
}

static void end_element(struct spdx *spdx)
{
    bw_json_end(&spdx->w);
    bw_gatherer_drain(&spdx->stream);
}

static void put_text(struct spdx *spdx, const char *key, struct bw_str value)
{
    if (value.n)
        bw_json_member_str(&spdx->w, key, value);
}

/* --- identifiers: letters, digits, '.' and '-' --- */

static struct bw_str id_of(const char *what, size_t number, char out[ID_SIZE])
{
    snprintf(out, ID_SIZE, "SPDXRef-%s-%zu", what, number);
    return bw_str(out);
}

static struct bw_str package_id(const struct spdx *spdx, size_t s, size_t i, char out[ID_SIZE])
{
    const struct bw_package *p = spdx->materials.report->subjects[s].packages[i].package;
    int n = snprintf(out, ID_SIZE, "SPDXRef-Package-%s-", bw_package_type_name(p->type));
    for (size_t at = 0; at < p->name.n && at < 64; at++) {
        char c = p->name.p[at];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        out[n++] = plain || c == '.' ? c : '-';
    }
    snprintf(out + n, ID_SIZE - (size_t)n, "-%zu", spdx->materials.subjects[s].first + i + 1);
    return bw_str(out);
}

/* --- annotations --- */

struct annotation {
    struct bw_buf text;
    struct bw_json_writer w;
};

static void begin_annotation(struct annotation *annotation)
{
    annotation->text = BW_BUF(ANNOTATION_MAX);
    annotation->w = bw_json_writer(&annotation->text, false);
    bw_json_begin_array(&annotation->w);
}

static void put_property(void *ctx, const char *name, struct bw_str value)
{
    struct annotation *annotation = ctx;
    bw_json_begin_object(&annotation->w);
    bw_json_member_str(&annotation->w, "name", bw_str(name));
    bw_json_member_str(&annotation->w, "value", value);
    bw_json_end(&annotation->w);
}

static void end_annotation(struct spdx *spdx, struct annotation *annotation)
{
    struct bw_json_writer *w = &spdx->w;
    bw_json_end(&annotation->w);
    begin_list(spdx, "annotations");
    bw_json_begin_object(w);
    bw_json_member_str(w, "annotationDate", bw_str(spdx->created));
    bw_json_member_str(w, "annotationType", BW_STR("OTHER"));
    bw_json_member_str(w, "annotator", bw_str(spdx->tool));
    bw_json_member_str(w, "comment", bw_buf_slice(&annotation->text));
    bw_json_end(w);
    bw_json_end(w);
    if (bw_buf_failed(&annotation->text))
        spdx->stream.buf.failed = true;
    bw_buf_free(&annotation->text);
}

/* --- the files of a subject --- */

#define SHA1_SIZE 20u
#define CODE_SIZE (2 * SHA1_SIZE + 1)

/* Without SHA-1 a file may not stand in SPDX (section 8.4). */
static bool has_checksum(const struct bw_listed_file *file)
{
    return file->file->digest.algorithm == BW_DIGEST_SHA1;
}

static int compare_sha1(const void *a, const void *b)
{
    return memcmp(a, b, SHA1_SIZE);
}

static void put_hex(const uint8_t digest[SHA1_SIZE], char out[CODE_SIZE])
{
    for (size_t i = 0; i < SHA1_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int hash_sorted(uint8_t (*digests)[SHA1_SIZE], size_t n, char out[CODE_SIZE])
{
    uint8_t code[BW_CHECKSUM_SIZE_MAX];
    struct bw_checksum *sum BW_CLEANUP(bw_checksum_freep) = bw_checksum_new(BW_CHECKSUM_SHA1);
    if (!sum)
        return BW_ENOMEM;
    qsort(digests, n, SHA1_SIZE, compare_sha1);
    for (size_t i = 0; i < n; i++) {
        put_hex(digests[i], out);
        bw_checksum_update(sum, out, 2 * SHA1_SIZE);
    }
    if (bw_checksum_final(sum, code))
        return BW_EINTERNAL;
    put_hex(code, out);
    return 0;
}

/* Section 7.9: SHA-1 over the sorted SHA-1s of all files, in hexadecimal. False where there are no
 * files, or memory is short: then no files may be said to be the subject's. */
static bool verification_code(const struct bw_subject *subject, char out[CODE_SIZE])
{
    uint8_t(*digests)[SHA1_SIZE] =
        subject->all_files_n ? calloc(subject->all_files_n, SHA1_SIZE) : NULL;
    size_t n = 0;
    for (size_t i = 0; digests && i < subject->all_files_n; i++)
        if (has_checksum(&subject->all_files[i]))
            memcpy(digests[n++], subject->all_files[i].file->digest.bytes, SHA1_SIZE);
    bool known = n && hash_sorted(digests, n, out) == 0;
    free(digests);
    return known;
}

static void put_verification_code(struct spdx *spdx, const struct bw_subject *subject)
{
    char code[CODE_SIZE];
    bool known = verification_code(subject, code);
    bw_json_member_bool(&spdx->w, "filesAnalyzed", known);
    if (!known)
        return;
    bw_json_key(&spdx->w, BW_STR("packageVerificationCode"));
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "packageVerificationCodeValue", bw_str(code));
    bw_json_end(&spdx->w);
}

/* --- packages --- */

static void put_checksums(struct spdx *spdx, struct bw_str digest)
{
    const char *name;
    struct bw_str hex;
    if (!bw_materials_digest(digest, checksum_names, &name, &hex))
        return;
    begin_list(spdx, "checksums");
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "algorithm", bw_str(name));
    bw_json_member_str(&spdx->w, "checksumValue", hex);
    bw_json_end(&spdx->w);
    bw_json_end(&spdx->w);
}

static void begin_package(struct spdx *spdx, struct bw_str id, struct bw_str name,
                          struct bw_str version, const char *purpose)
{
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "SPDXID", id);
    bw_json_member_str(&spdx->w, "name", name.n ? name : BW_STR("NOASSERTION"));
    put_text(spdx, "versionInfo", version);
    bw_json_member_str(&spdx->w, "primaryPackagePurpose", bw_str(purpose));
    bw_json_member_str(&spdx->w, "downloadLocation", BW_STR("NOASSERTION"));
}

static const char *subject_purpose(enum bw_subject_kind kind)
{
    return kind == BW_SUBJECT_IMAGE        ? "CONTAINER"
           : kind == BW_SUBJECT_SOURCE     ? "SOURCE"
           : kind == BW_SUBJECT_FILESYSTEM ? "OPERATING_SYSTEM"
                                           : "OTHER";
}

static void put_subject(struct spdx *spdx, size_t s)
{
    const struct bw_subject *subject = &spdx->materials.report->subjects[s];
    struct annotation annotation;
    char id[ID_SIZE];
    begin_package(spdx, id_of("Subject", s + 1, id), subject->name, subject->digest,
                  subject_purpose(subject->kind));
    put_verification_code(spdx, subject);
    put_checksums(spdx, subject->digest);
    begin_annotation(&annotation);
    bw_materials_subject_properties(&spdx->materials, s, put_property, &annotation);
    end_annotation(spdx, &annotation);
    end_element(spdx);
}

static void put_system(struct spdx *spdx, size_t s)
{
    const struct bw_distribution *d = &spdx->materials.report->subjects[s].distribution;
    char id[ID_SIZE];
    if (!d->id.n)
        return;
    begin_package(spdx, id_of("OperatingSystem", s + 1, id), d->id, d->version_id,
                  "OPERATING_SYSTEM");
    bw_json_member_bool(&spdx->w, "filesAnalyzed", false);
    put_text(spdx, "summary", d->pretty_name);
    end_element(spdx);
}

/* An expression, or "LicenseRef-bulwark-N": the same text is the same licence. */
static void put_licence(struct spdx *spdx, struct bw_str licence)
{
    char id[ID_SIZE] = "NOASSERTION";
    struct bw_str expression = bw_materials_licence(&spdx->materials, licence);
    struct bw_map_item *item =
        licence.n && !expression.n ? bw_map_at(&spdx->licences, licence) : NULL;
    if (item && !item->value)
        item->value = (void *)(uintptr_t)spdx->licences.n;
    if (item)
        snprintf(id, sizeof id, "LicenseRef-bulwark-%zu", (size_t)(uintptr_t)item->value);
    bw_json_member_str(&spdx->w, "licenseConcluded", BW_STR("NOASSERTION"));
    bw_json_member_str(&spdx->w, "licenseDeclared", expression.n ? expression : bw_str(id));
    bw_json_member_str(&spdx->w, "copyrightText", BW_STR("NOASSERTION"));
}

static void put_purl(struct spdx *spdx, struct bw_str purl)
{
    if (!purl.n)
        return;
    begin_list(spdx, "externalRefs");
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "referenceCategory", BW_STR("PACKAGE-MANAGER"));
    bw_json_member_str(&spdx->w, "referenceType", BW_STR("purl"));
    bw_json_member_str(&spdx->w, "referenceLocator", purl);
    bw_json_end(&spdx->w);
    bw_json_end(&spdx->w);
}

/* "NAME <EMAIL>" as SPDX writes it: "NAME (EMAIL)". */
static void put_supplier(struct spdx *spdx, struct bw_str vendor)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(ANNOTATION_MAX);
    if (!vendor.n)
        return;
    bw_buf_str(&text, BW_STR("Organization: "));
    for (size_t i = 0; i < vendor.n; i++)
        bw_buf_byte(&text, vendor.p[i] == '<'   ? '('
                           : vendor.p[i] == '>' ? ')'
                                                : (uint8_t)vendor.p[i]);
    bw_json_member_str(&spdx->w, "supplier", bw_buf_slice(&text));
}

static void put_package(struct spdx *spdx, size_t s, size_t i)
{
    const struct bw_installed_package *installed = &spdx->materials.report->subjects[s].packages[i];
    const struct bw_package *p = installed->package;
    struct annotation annotation;
    char id[ID_SIZE];
    begin_package(spdx, package_id(spdx, s, i, id), p->name, p->version,
                  p->type == BW_PACKAGE_BITNAMI ? "APPLICATION" : "LIBRARY");
    bw_json_member_bool(&spdx->w, "filesAnalyzed", false);
    put_supplier(spdx, p->vendor);
    put_checksums(spdx, p->checksum);
    put_licence(spdx, p->licence);
    put_purl(spdx, spdx->materials.subjects[s].purls[i]);
    begin_annotation(&annotation);
    bw_materials_package_properties(&spdx->materials, s, i, put_property, &annotation);
    end_annotation(spdx, &annotation);
    end_element(spdx);
}

static void put_packages(struct spdx *spdx)
{
    const struct bw_report *report = spdx->materials.report;
    begin_list(spdx, "packages");
    for (size_t s = 0; s < report->subjects_n; s++) {
        put_subject(spdx, s);
        put_system(spdx, s);
        for (size_t i = 0; i < report->subjects[s].packages_n; i++)
            put_package(spdx, s, i);
    }
    bw_json_end(&spdx->w);
}

/* --- files --- */

static void put_file(struct spdx *spdx, const struct bw_listed_file *file, size_t number)
{
    struct bw_buf name BW_CLEANUP(bw_buf_free) = BW_BUF(ANNOTATION_MAX);
    char id[ID_SIZE], digest[BW_MATERIALS_DIGEST_SIZE];
    bw_buf_str(&name, BW_STR("./"));
    bw_buf_str(&name, file->path);
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "SPDXID", id_of("File", number, id));
    bw_json_member_str(&spdx->w, "fileName", bw_buf_slice(&name));
    put_checksums(spdx, bw_materials_file_digest(&file->file->digest, digest));
    end_element(spdx);
}

typedef void (*file_visitor)(struct spdx *spdx, size_t s, const struct bw_listed_file *file,
                             size_t number);

/* The files of all subjects, numbered from 1. Returns how many there are. */
static size_t each_file(struct spdx *spdx, file_visitor visit)
{
    const struct bw_report *report = spdx->materials.report;
    size_t n = 0;
    for (size_t s = 0; s < report->subjects_n; s++)
        for (size_t i = 0; i < report->subjects[s].all_files_n; i++)
            if (has_checksum(&report->subjects[s].all_files[i]))
                visit(spdx, s, &report->subjects[s].all_files[i], ++n);
    return n;
}

static void list_file(struct spdx *spdx, size_t s, const struct bw_listed_file *file, size_t number)
{
    (void)s;
    if (number == 1)
        begin_list(spdx, "files");
    put_file(spdx, file, number);
}

/* --- relationships --- */

static void relate(struct spdx *spdx, struct bw_str from, const char *how, struct bw_str to)
{
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "spdxElementId", from);
    bw_json_member_str(&spdx->w, "relationshipType", bw_str(how));
    bw_json_member_str(&spdx->w, "relatedSpdxElement", to);
    end_element(spdx);
}

struct needs {
    struct spdx *spdx;
    size_t subject, package;
};

static void put_need(void *ctx, size_t needed)
{
    const struct needs *needs = ctx;
    char from[ID_SIZE], to[ID_SIZE];
    relate(needs->spdx, package_id(needs->spdx, needs->subject, needs->package, from), "DEPENDS_ON",
           package_id(needs->spdx, needs->subject, needed, to));
}

static void relate_file(struct spdx *spdx, size_t s, const struct bw_listed_file *file,
                        size_t number)
{
    char from[ID_SIZE], to[ID_SIZE];
    (void)file;
    relate(spdx, id_of("Subject", s + 1, from), "CONTAINS", id_of("File", number, to));
}

static void relate_subject(struct spdx *spdx, size_t s)
{
    const struct bw_subject *subject = &spdx->materials.report->subjects[s];
    char from[ID_SIZE], to[ID_SIZE];
    id_of("Subject", s + 1, from);
    relate(spdx, BW_STR("SPDXRef-DOCUMENT"), "DESCRIBES", bw_str(from));
    if (subject->distribution.id.n)
        relate(spdx, bw_str(from), "CONTAINS", id_of("OperatingSystem", s + 1, to));
    for (size_t i = 0; i < subject->packages_n; i++)
        relate(spdx, bw_str(from), "CONTAINS", package_id(spdx, s, i, to));
    for (size_t i = 0; i < subject->packages_n; i++) {
        struct needs needs = {.spdx = spdx, .subject = s, .package = i};
        bw_materials_depends(&spdx->materials, s, i, put_need, &needs);
    }
}

static void put_relationships(struct spdx *spdx)
{
    begin_list(spdx, "relationships");
    for (size_t s = 0; s < spdx->materials.report->subjects_n; s++)
        relate_subject(spdx, s);
    each_file(spdx, relate_file);
    bw_json_end(&spdx->w);
}

static void put_extracted_licences(struct spdx *spdx)
{
    char id[ID_SIZE];
    if (!spdx->licences.n)
        return;
    begin_list(spdx, "hasExtractedLicensingInfos");
    for (size_t i = 0; i < spdx->licences.n; i++) {
        snprintf(id, sizeof id, "LicenseRef-bulwark-%zu", i + 1);
        bw_json_begin_object(&spdx->w);
        bw_json_member_str(&spdx->w, "licenseId", bw_str(id));
        bw_json_member_str(&spdx->w, "extractedText", spdx->licences.items[i].key);
        end_element(spdx);
    }
    bw_json_end(&spdx->w);
}

/* --- the document --- */

static void put_creation(struct spdx *spdx)
{
    bw_json_key(&spdx->w, BW_STR("creationInfo"));
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "created", bw_str(spdx->created));
    begin_list(spdx, "creators");
    bw_json_put_str(&spdx->w, bw_str(spdx->tool));
    bw_json_end(&spdx->w);
    bw_json_end(&spdx->w);
}

static void put_document(struct spdx *spdx)
{
    const struct bw_report *report = spdx->materials.report;
    char namespace[sizeof "https://spdx.org/spdxdocs/bulwark-" + BW_MATERIALS_UUID_SIZE];
    snprintf(namespace, sizeof namespace, "https://spdx.org/spdxdocs/bulwark-%s",
             spdx->materials.uuid);
    bw_json_begin_object(&spdx->w);
    bw_json_member_str(&spdx->w, "spdxVersion", BW_STR("SPDX-2.3"));
    bw_json_member_str(&spdx->w, "dataLicense", BW_STR("CC0-1.0"));
    bw_json_member_str(&spdx->w, "SPDXID", BW_STR("SPDXRef-DOCUMENT"));
    bw_json_member_str(&spdx->w, "name",
                       report->subjects_n ? report->subjects[0].name : BW_STR("nothing"));
    bw_json_member_str(&spdx->w, "documentNamespace", bw_str(namespace));
    put_creation(spdx);
    put_packages(spdx);
    if (each_file(spdx, list_file))
        bw_json_end(&spdx->w);
    put_relationships(spdx);
    put_extracted_licences(spdx);
    bw_json_end(&spdx->w);
}

static int write_spdx(const struct bw_report *report, const struct bw_output_options *options,
                      const struct bw_output_sink *sink, struct bw_err *err)
{
    (void)options;
    struct spdx spdx = {.stream = bw_gatherer(sink, err), .licences = BW_MAP(LICENCES_MAX)};
    spdx.w = bw_json_writer(&spdx.stream.buf, true);
    bw_clock_rfc3339(report->started, spdx.created);
    snprintf(spdx.tool, sizeof spdx.tool, "Tool: bulwark-%s",
             report->version ? report->version : "unknown");
    int rc = bw_materials_new(report, "SPDX", &spdx.materials, err);
    if (rc == 0)
        put_document(&spdx);
    int written = bw_gatherer_finish(&spdx.stream);
    bw_map_free(&spdx.licences);
    bw_materials_free(&spdx.materials);
    return rc ? rc : written;
}

const struct bw_output bw_output_spdx = {
    .name = "spdx",
    .summary = "an SPDX 2.3 bill of materials (JSON), without findings",
    .write = write_spdx,
};
