#include "report/materials.h"

#include <stdio.h>

#include "model/licence.h"
#include "report/output.h"
#include "wrap/json.h"
#include "wrap/sha256.h"

/* Package URLs and references: as much as the facts themselves may take. */
#define ARENA_MAX ((size_t)2 << 30)
#define REFS_MAX  20000000u

/* A property of a subject or package as JSON: names of hostile databases. */
#define VALUE_MAX ((size_t)256 << 20)

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "no memory for the bill of materials");
}

/* No purl has a '#' of its own, so that what is made here is no other's name. */
struct bw_str bw_materials_ref(struct bw_materials *materials, struct bw_str wanted)
{
    struct bw_map_item *item = bw_map_at(&materials->refs, wanted);
    if (!item)
        return (struct bw_str){0};
    size_t times = (size_t)(uintptr_t)item->value + 1;
    item->value = (void *)(uintptr_t)times;
    if (times == 1)
        return wanted;
    return bw_arena_printf(materials->arena, "%" BW_STR_F "#%zu", BW_STR_A(wanted), times);
}

static struct bw_str key_of(const struct bw_package *const *package)
{
    return bw_str_n(package, sizeof *package);
}

struct bw_str bw_materials_ref_of(const struct bw_materials *materials,
                                  const struct bw_package *package)
{
    const struct bw_str *ref = bw_map_get(&materials->by_package, key_of(&package));
    return ref ? *ref : BW_STR("");
}

static int name_package(struct bw_materials *materials, struct bw_materials_of_subject *of,
                        const struct bw_subject *subject, size_t i, struct bw_err *err)
{
    const struct bw_package *const *package = &subject->packages[i].package;
    struct bw_str purl = bw_package_purl(*package, &subject->distribution, materials->arena);
    struct bw_str wanted = purl.n ? purl : BW_STR("package"), ref;
    struct bw_str name =
        bw_arena_printf(materials->arena, "%s%c%" BW_STR_F, bw_package_type_name((*package)->type),
                        0, BW_STR_A((*package)->name));
    ref = bw_materials_ref(materials, wanted);
    struct bw_map_item *by_package = bw_map_at(&materials->by_package, key_of(package));
    struct bw_map_item *by_name = name.p ? bw_map_at(&of->by_name, name) : NULL;
    if (!ref.p || !by_package || !by_name)
        return no_memory(err);
    of->purls[i] = purl;
    of->refs[i] = ref;
    by_package->value = &of->refs[i];
    if (!by_name->value)
        by_name->value = &subject->packages[i];
    return 0;
}

static int name_subject(struct bw_materials *materials, size_t s, size_t first, struct bw_err *err)
{
    const struct bw_subject *subject = &materials->report->subjects[s];
    struct bw_materials_of_subject *of = &materials->subjects[s];
    of->first = first;
    of->by_name = BW_MAP(REFS_MAX);
    of->purls = bw_arena_array(materials->arena, subject->packages_n, sizeof *of->purls);
    of->refs = bw_arena_array(materials->arena, subject->packages_n, sizeof *of->refs);
    int rc = of->purls && of->refs ? 0 : no_memory(err);
    for (size_t i = 0; i < subject->packages_n && rc == 0; i++)
        rc = name_package(materials, of, subject, i, err);
    return rc;
}

/* --- the document's own name --- */

/* A NUL ends each part, as in a finding's fingerprint. */
static void hash_str(struct bw_sha256 *sha, struct bw_str s)
{
    bw_sha256_update(sha, s.p, s.n);
    bw_sha256_update(sha, "", 1);
}

static void hash_subject(struct bw_sha256 *sha, const struct bw_materials *materials, size_t s)
{
    const struct bw_subject *subject = &materials->report->subjects[s];
    hash_str(sha, bw_str(bw_subject_kind_name(subject->kind)));
    hash_str(sha, subject->name);
    hash_str(sha, subject->digest);
    hash_str(sha, subject->platform);
    for (size_t i = 0; i < subject->layers_n; i++) {
        hash_str(sha, subject->layers[i].digest);
        hash_str(sha, subject->layers[i].diff_id);
    }
    for (size_t i = 0; i < subject->packages_n; i++) {
        hash_str(sha, materials->subjects[s].refs[i]);
        hash_str(sha, subject->packages[i].path);
        hash_str(sha, subject->packages[i].inner);
    }
    for (size_t i = 0; i < subject->all_files_n; i++) {
        hash_str(sha, subject->all_files[i].path);
        bw_sha256_update(sha, subject->all_files[i].file->digest.bytes, BW_DIGEST_SIZE_MAX);
    }
}

static void hash_report(struct bw_sha256 *sha, const struct bw_materials *materials,
                        const char *format)
{
    const struct bw_report *report = materials->report;
    hash_str(sha, bw_str(format));
    hash_str(sha, bw_str(report->version));
    for (size_t s = 0; s < report->subjects_n; s++)
        hash_subject(sha, materials, s);
    for (size_t i = 0; i < report->findings_n; i++) {
        hash_str(sha, report->findings[i].fingerprint);
        hash_str(sha, bw_str(report->findings[i].waiver ? "waived" : ""));
    }
    for (size_t i = 0; i < report->gaps_n; i++) {
        hash_str(sha, report->gaps[i].where);
        hash_str(sha, report->gaps[i].what);
        hash_str(sha, report->gaps[i].why);
    }
}

static int name_document(struct bw_materials *materials, const char *format, struct bw_err *err)
{
    uint8_t d[BW_SHA256_SIZE];
    struct bw_sha256 *sha BW_CLEANUP(bw_sha256_freep) = bw_sha256_new();
    if (!sha)
        return no_memory(err);
    hash_report(sha, materials, format);
    if (bw_sha256_final(sha, d))
        return bw_err_set(err, BW_EINTERNAL, "OpenSSL gives no digest");
    d[6] = (uint8_t)(0x80 | (d[6] & 0x0f)); /* RFC 9562 5.8: version 8 */
    d[8] = (uint8_t)(0x80 | (d[8] & 0x3f)); /* 4.1: the variant */
    snprintf(materials->uuid, sizeof materials->uuid,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
             d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14],
             d[15]);
    return 0;
}

int bw_materials_new(const struct bw_report *report, const char *format,
                     struct bw_materials *ret_materials, struct bw_err *err)
{
    *ret_materials = (struct bw_materials){
        .report = report,
        .arena = bw_arena_new(ARENA_MAX),
        .refs = BW_MAP(REFS_MAX),
        .by_package = BW_MAP(REFS_MAX),
    };
    if (ret_materials->arena)
        ret_materials->subjects = bw_arena_array(ret_materials->arena, report->subjects_n,
                                                 sizeof *ret_materials->subjects);
    int rc = ret_materials->subjects ? 0 : no_memory(err);
    for (size_t s = 0, first = 0; s < report->subjects_n && rc == 0; s++) {
        rc = name_subject(ret_materials, s, first, err);
        first += report->subjects[s].packages_n;
    }
    return rc ? rc : name_document(ret_materials, format, err);
}

void bw_materials_free(struct bw_materials *materials)
{
    for (size_t s = 0; materials->subjects && s < materials->report->subjects_n; s++)
        bw_map_free(&materials->subjects[s].by_name);
    bw_map_free(&materials->refs);
    bw_map_free(&materials->by_package);
    bw_arena_free(materials->arena);
    *materials = (struct bw_materials){0};
}

/* --- dependencies --- */

static bool same_name(const struct bw_package *a, const struct bw_package *b)
{
    return a->type == b->type && bw_str_eq(a->name, b->name);
}

/* Of several packages of the name (two versions of one npm package) each may be the one. They stand
 * together: a subject's packages are sorted. */
static void each_named(const struct bw_subject *subject, const struct bw_installed_package *first,
                       size_t package, void (*each)(void *ctx, size_t needed), void *ctx)
{
    for (size_t i = (size_t)(first - subject->packages);
         i < subject->packages_n && same_name(subject->packages[i].package, first->package); i++)
        if (i != package)
            each(ctx, i);
}

void bw_materials_depends(const struct bw_materials *materials, size_t subject, size_t package,
                          void (*each)(void *ctx, size_t needed), void *ctx)
{
    const struct bw_subject *of = &materials->report->subjects[subject];
    const struct bw_package *p = of->packages[package].package;
    struct bw_buf key BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    struct bw_map seen BW_CLEANUP(bw_map_free) = BW_MAP(REFS_MAX);
    for (size_t i = 0; i < p->depends.n; i++) {
        bw_buf_clear(&key);
        bw_buf_printf(&key, "%s%c", bw_package_type_name(p->type), 0);
        bw_buf_str(&key, p->depends.v[i]);
        const struct bw_installed_package *first =
            bw_map_get(&materials->subjects[subject].by_name, bw_buf_slice(&key));
        struct bw_map_item *item = first ? bw_map_at(&seen, p->depends.v[i]) : NULL;
        if (!item || item->value)
            continue;
        item->value = item;
        each_named(of, first, package, each, ctx);
    }
}

/* --- properties --- */

static void put_text(bw_materials_put put, void *ctx, const char *name, struct bw_str value)
{
    if (value.n)
        put(ctx, name, value);
}

static void put_fields(const struct bw_bill_field *fields, const void *record, bw_materials_put put,
                       void *ctx)
{
    for (; fields->name; fields++)
        put_text(put, ctx, fields->name, bw_bill_text(record, fields));
}

static void put_number(bw_materials_put put, void *ctx, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put(ctx, name, bw_str(text));
}

static void put_layers(const struct bw_subject *subject, bw_materials_put put, void *ctx)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    for (size_t i = 0; i < subject->layers_n; i++) {
        const struct bw_layer *layer = &subject->layers[i];
        bw_buf_clear(&buf);
        struct bw_json_writer w = bw_json_writer(&buf, false);
        bw_json_begin_object(&w);
        bw_json_member_str(&w, "digest", layer->digest);
        bw_json_member_str(&w, "diff_id", layer->diff_id);
        bw_json_member_str(&w, "created_by", layer->created_by);
        bw_json_member_u64(&w, "size", layer->size);
        bw_json_end(&w);
        put(ctx, BW_BILL_PREFIX "layer", bw_buf_slice(&buf));
    }
}

static void put_base(const struct bw_base_image *base, bw_materials_put put, void *ctx)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    if (!base->name.n && !base->digest.n && !base->layers_n)
        return;
    struct bw_json_writer w = bw_json_writer(&buf, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "name", base->name);
    bw_json_member_str(&w, "digest", base->digest);
    bw_json_member_str(&w, "how", base->how);
    bw_json_member_u64(&w, "layers", base->layers_n);
    bw_json_end(&w);
    put(ctx, BW_BILL_PREFIX "base", bw_buf_slice(&buf));
}

/* What judging left open depends on the advisories of that day: the next reader of the document has
 * its own. */
static bool is_of_judging(const struct bw_gap *gap)
{
    return gap->subject == BW_GAP_NO_SUBJECT || bw_str_eq(gap->where, BW_STR("advisories"));
}

static void put_gaps(const struct bw_report *report, size_t subject, bw_materials_put put,
                     void *ctx)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    for (size_t i = 0; i < report->gaps_n; i++) {
        const struct bw_gap *gap = &report->gaps[i];
        if (gap->subject != subject && (gap->subject < report->subjects_n || subject))
            continue;
        bw_buf_clear(&buf);
        struct bw_json_writer w = bw_json_writer(&buf, false);
        bw_json_begin_object(&w);
        bw_json_member_str(&w, "class", bw_str(bw_gap_class_name(gap->class)));
        bw_json_member_str(&w, "where", gap->where);
        bw_json_member_str(&w, "what", gap->what);
        bw_json_member_str(&w, "why", gap->why);
        bw_json_end(&w);
        put(ctx, is_of_judging(gap) ? BW_BILL_PREFIX "scan-gap" : BW_BILL_PREFIX "gap",
            bw_buf_slice(&buf));
    }
}

void bw_materials_subject_properties(const struct bw_materials *materials, size_t subject,
                                     bw_materials_put put, void *ctx)
{
    const struct bw_subject *of = &materials->report->subjects[subject];
    put(ctx, BW_BILL_PREFIX "kind", bw_str(bw_subject_kind_name(of->kind)));
    put_text(put, ctx, BW_BILL_PREFIX "name", of->name);
    put_text(put, ctx, BW_BILL_PREFIX "digest", of->digest);
    put_text(put, ctx, BW_BILL_PREFIX "platform", of->platform);
    for (size_t i = 0; i < of->tags.n; i++)
        put(ctx, BW_BILL_PREFIX "tag", of->tags.v[i]);
    put_fields(bw_bill_distribution_fields, &of->distribution, put, ctx);
    put_layers(of, put, ctx);
    put_base(&of->base, put, ctx);
    put_gaps(materials->report, subject, put, ctx);
}

static void put_owner(const struct bw_package *owner, bw_materials_put put, void *ctx)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    bw_buf_printf(&buf, "%s/%" BW_STR_F "/%" BW_STR_F, bw_package_type_name(owner->type),
                  BW_STR_A(owner->name), BW_STR_A(owner->arch));
    put(ctx, BW_BILL_PREFIX "owner", bw_buf_slice(&buf));
}

void bw_materials_package_properties(const struct bw_materials *materials, size_t subject,
                                     size_t package, bw_materials_put put, void *ctx)
{
    const struct bw_subject *of = &materials->report->subjects[subject];
    const struct bw_installed_package *installed = &of->packages[package];
    const struct bw_package *p = installed->package;
    put(ctx, BW_BILL_PREFIX "type", bw_str(bw_package_type_name(p->type)));
    put_fields(bw_bill_package_fields, p, put, ctx);
    put_text(put, ctx, BW_BILL_PREFIX "path", installed->path);
    put_text(put, ctx, BW_BILL_PREFIX "inner", installed->inner);
    if (installed->line)
        put_number(put, ctx, BW_BILL_PREFIX "line", installed->line);
    put_number(put, ctx, BW_BILL_PREFIX "layer", installed->layer);
    if (p->locked)
        put(ctx, BW_BILL_PREFIX "locked", BW_STR("true"));
    if (p->development)
        put(ctx, BW_BILL_PREFIX "development", BW_STR("true"));
    if (installed->owner)
        put_owner(installed->owner, put, ctx);
}

struct bw_str bw_materials_licence(const struct bw_materials *materials, struct bw_str licence)
{
    struct bw_licence read;
    bool listed = licence.n && bw_licence_read(licence, NULL, materials->arena, &read, NULL) == 0 &&
                  read.listed && !bw_str_eq(read.expression, BW_STR("NOASSERTION"));
    return listed ? read.expression : BW_STR("");
}

/* --- digests --- */

bool bw_materials_digest(struct bw_str digest, const char *const names[5], const char **ret_name,
                         struct bw_str *ret_hex)
{
    static const struct {
        const char *prefix;
        size_t digits;
    } known[5] = {{"md5:", 32}, {"sha1:", 40}, {"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}};
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++) {
        struct bw_str prefix = bw_str(known[i].prefix), hex = bw_str_from(digest, prefix.n);
        if (!bw_str_starts(digest, prefix) || hex.n != known[i].digits)
            continue;
        for (size_t at = 0; at < hex.n; at++)
            if (!hex.p[at] || !strchr("0123456789abcdef", hex.p[at]))
                return false;
        *ret_name = names[i];
        *ret_hex = hex;
        return true;
    }
    return false;
}

struct bw_str bw_materials_file_digest(const struct bw_digest *digest,
                                       char out[BW_MATERIALS_DIGEST_SIZE])
{
    static const char *const names[BW_DIGEST_ALGORITHM_COUNT] = {
        [BW_DIGEST_MD5] = "md5:", [BW_DIGEST_SHA1] = "sha1:", [BW_DIGEST_SHA256] = "sha256:"};
    size_t n = bw_digest_size(digest->algorithm);
    if (!n)
        return BW_STR("");
    int at = snprintf(out, BW_MATERIALS_DIGEST_SIZE, "%s", names[digest->algorithm]);
    for (size_t i = 0; i < n; i++)
        at += snprintf(out + at, 3, "%02x", digest->bytes[i]);
    return bw_str_n(out, (size_t)at);
}
