#include "know/osv.h"

#include <stdlib.h>

#include "know/fields.h"
#include "know/osv-rating.h"
#include "know/osv-reader.h"

bool bw_osv_is_id(struct bw_str id)
{
    if (id.n == 0 || id.n > BW_OSV_ID_MAX || id.p[0] == '.')
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (c <= ' ' || c > '~' || c == '/' || c == '\\')
            return false;
    }
    return true;
}

static bool digits(struct bw_str s, size_t min, size_t max)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= min && s.n <= max;
}

bool bw_osv_is_cve(struct bw_str id)
{
    if (!bw_str_starts(id, BW_STR("CVE-")) || id.n < 13 || id.p[8] != '-')
        return false;
    return digits(bw_str_take(bw_str_from(id, 4), 4), 4, 4) && digits(bw_str_from(id, 9), 4, 19);
}

static int by_bytes(const void *a, const void *b)
{
    return bw_str_cmp(*(const struct bw_str *)a, *(const struct bw_str *)b);
}

static void add_cves(struct bw_strs *cves, struct bw_strs from)
{
    for (size_t i = 0; i < from.n; i++)
        if (bw_osv_is_cve(from.v[i]))
            cves->v[cves->n++] = from.v[i];
}

/* "ALPINE-CVE-2021-3156", "UBUNTU-CVE-2021-3156" */
static struct bw_str cve_of_id(struct bw_str id)
{
    size_t at = bw_str_find_str(id, BW_STR("-CVE-"));
    return at == SIZE_MAX ? id : bw_str_from(id, at + 1);
}

static int collect_cves(struct bw_osv_reader *r, struct bw_strs upstream, struct bw_strs related)
{
    struct bw_osv_record *record = r->record;
    struct bw_str own = cve_of_id(record->id);
    size_t most = 1 + record->aliases.n + upstream.n + related.n;
    struct bw_strs cves = {.v = bw_arena_array(r->arena, most, sizeof *cves.v)};
    if (!cves.v)
        return bw_osv_no_memory(r);
    add_cves(&cves, (struct bw_strs){&own, 1});
    add_cves(&cves, record->aliases);
    add_cves(&cves, upstream);
    add_cves(&cves, related);
    qsort(cves.v, cves.n, sizeof *cves.v, by_bytes);
    size_t kept = 0;
    for (size_t i = 0; i < cves.n; i++)
        if (kept == 0 || !bw_str_eq(cves.v[i], cves.v[kept - 1]))
            cves.v[kept++] = cves.v[i];
    cves.n = kept;
    record->cves = cves;
    return 0;
}

static bool is_bugfix(struct bw_str id)
{
    return bw_str_starts(id, BW_STR("ALBA-")) || bw_str_starts(id, BW_STR("ALEA-"));
}

/* Errata that are bug fixes by name, and yet name a CVE now and then. */
static bool is_bugfix_without_cve(struct bw_str id)
{
    static const struct bw_str prefixes[] = {
        {"RLBA-", 5},    {"RLEA-", 5},    {"RHBA-", 5},    {"RHEA-", 5},        {"ELBA-", 5},
        {"SUSE-RU-", 8}, {"SUSE-FU-", 8}, {"SUSE-OU-", 8}, {"openSUSE-RU-", 12}};
    for (size_t i = 0; i < BW_ARRAY_LEN(prefixes); i++)
        if (bw_str_starts(id, prefixes[i]))
            return true;
    return false;
}

/* One line: the first of the text, control characters as blanks, cut at a whole character. */
static int take_summary(struct bw_osv_reader *r, struct bw_str text)
{
    text = bw_str_trim(text);
    text = bw_str_trim(bw_str_take(text, bw_str_find(text, '\n')));
    if (text.n > BW_OSV_SUMMARY_MAX) {
        size_t n = BW_OSV_SUMMARY_MAX;
        while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
            n--;
        text.n = n;
    }
    char *p = bw_arena_alloc(r->arena, text.n);
    if (!p)
        return bw_osv_no_memory(r);
    for (size_t i = 0; i < text.n; i++)
        p[i] = (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : text.p[i];
    r->record->summary = bw_str_n(p, text.n);
    return 0;
}

static bool is_url(struct bw_str url)
{
    return (bw_str_starts(url, BW_STR("https://")) || bw_str_starts(url, BW_STR("http://"))) &&
           url.n <= 2000 && !bw_fields_has_control(url) && bw_str_find(url, ' ') == SIZE_MAX;
}

static int take_url(struct bw_osv_reader *r, const struct bw_json *references)
{
    struct bw_str best = {NULL, 0};
    struct bw_json_iter it = bw_json_iter(references);
    for (const struct bw_json *reference; (reference = bw_json_next(&it));) {
        struct bw_str url = bw_json_string(bw_json_get(reference, BW_STR("url")));
        struct bw_str type = bw_json_string(bw_json_get(reference, BW_STR("type")));
        if (!is_url(url))
            continue;
        bool advisory = bw_str_eq(type, BW_STR("ADVISORY"));
        if (advisory || (!best.p && bw_str_eq(type, BW_STR("WEB"))))
            best = url;
        if (advisory)
            break;
    }
    if (!best.p)
        return 0;
    r->record->url = bw_arena_str(r->arena, best);
    return r->record->url.p ? 0 : bw_osv_no_memory(r);
}

static int take_all_affected(struct bw_osv_reader *r, const struct bw_json *array)
{
    int rc = bw_osv_check_size(r, array, BW_OSV_AFFECTED_MAX, "affected");
    if (rc)
        return rc;
    struct bw_osv_record *record = r->record;
    record->affected = bw_arena_array(r->arena, bw_json_size(array), sizeof *record->affected);
    if (!record->affected)
        return bw_osv_no_memory(r);
    struct bw_json_iter it = bw_json_iter(array);
    for (const struct bw_json *object; rc == 0 && (object = bw_json_next(&it));) {
        bool has_package;
        rc = bw_osv_take_affected(r, object, &record->affected[record->affected_n], &has_package);
        if (rc == 0 && has_package)
            record->affected_n++;
    }
    return rc;
}

enum {
    F_ID,
    F_MODIFIED,
    F_PUBLISHED,
    F_WITHDRAWN,
    F_ALIASES,
    F_UPSTREAM,
    F_RELATED,
    F_SUMMARY,
    F_DETAILS,
    F_SEVERITY,
    F_AFFECTED,
    F_REFERENCES,
    F_SPECIFIC,
    F_COUNT,
};

static int optional_text(struct bw_osv_reader *r, const struct bw_json *value, const char *what,
                         struct bw_str *ret_text)
{
    return value ? bw_osv_take_text(r, value, 64, what, ret_text) : 0;
}

static int take_head(struct bw_osv_reader *r, const struct bw_field *f)
{
    struct bw_osv_record *record = r->record;
    if (!bw_osv_is_id(bw_json_string(f[F_ID].value)))
        return bw_err_set(r->err, BW_EFORMAT, "the id is missing, or no plain word");
    int rc = bw_osv_take_text(r, f[F_ID].value, BW_OSV_ID_MAX, "id", &record->id);
    if (rc == 0)
        rc = bw_osv_take_text(r, f[F_MODIFIED].value, 64, "modified", &record->modified);
    if (rc == 0)
        rc = optional_text(r, f[F_PUBLISHED].value, "published", &record->published);
    if (rc == 0)
        rc = optional_text(r, f[F_WITHDRAWN].value, "withdrawn", &record->withdrawn);
    return rc;
}

static int take_ids(struct bw_osv_reader *r, const struct bw_field *f)
{
    struct bw_strs upstream = {NULL, 0}, related = {NULL, 0};
    int rc = bw_osv_take_list(r, f[F_ALIASES].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "aliases",
                              &r->record->aliases);
    if (rc == 0)
        rc = bw_osv_take_list(r, f[F_UPSTREAM].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "upstream",
                              &upstream);
    if (rc == 0)
        rc = bw_osv_take_list(r, f[F_RELATED].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "related",
                              &related);
    return rc ? rc : collect_cves(r, upstream, related);
}

/* Where entries are rated and the record is not, the record has the worst of theirs. */
static void settle_rating(struct bw_osv_record *record)
{
    struct bw_osv_rating own = record->rating;
    for (size_t i = 0; i < record->affected_n; i++) {
        const struct bw_osv_rating *rating = &record->affected[i].rating;
        if (rating->rung > own.rung && bw_osv_rating_cmp(rating, &record->rating) > 0)
            record->rating = *rating;
    }
    for (size_t i = 0; i < record->affected_n; i++) {
        struct bw_osv_rating *rating = &record->affected[i].rating;
        if (rating->rung < own.rung || bw_osv_rating_cmp(rating, &record->rating) == 0)
            *rating = BW_OSV_RATING_NONE;
    }
}

/* Records of the malicious-packages database: the package itself is the attack, which no CVSS
 * vector says, and most have none. */
static void rate_malware(struct bw_osv_record *record)
{
    if (!bw_str_starts(record->id, BW_STR("MAL-")))
        return;
    record->rating = (struct bw_osv_rating){.rung = BW_OSV_VENDOR,
                                            .severity = BW_SEVERITY_CRITICAL,
                                            .from = BW_STR(BW_OSV_MALICIOUS),
                                            .score = -1};
    for (size_t i = 0; i < record->affected_n; i++)
        record->affected[i].rating = BW_OSV_RATING_NONE;
}

static int take_body(struct bw_osv_reader *r, const struct bw_field *f)
{
    struct bw_osv_record *record = r->record;
    const struct bw_json *title = f[F_SUMMARY].value ? f[F_SUMMARY].value : f[F_DETAILS].value;
    int rc = take_summary(r, bw_json_string(title));
    if (rc == 0)
        rc = take_url(r, f[F_REFERENCES].value);
    if (rc == 0)
        rc = take_all_affected(r, f[F_AFFECTED].value);
    if (rc)
        return rc;
    record->left_out =
        r->informational && r->informational == record->affected_n && record->cves.n == 0;
    bw_osv_rate_summary(record->id, record->summary, &record->rating);
    bw_osv_rate_specific(f[F_SPECIFIC].value, &record->rating);
    rc = bw_osv_rate_severity(f[F_SEVERITY].value, r->arena, &record->rating, r->err);
    if (rc == 0) {
        settle_rating(record);
        rate_malware(record);
    }
    return rc;
}

static int take_record(struct bw_osv_reader *r, const struct bw_json *root)
{
    struct bw_field f[F_COUNT] = {
        [F_ID] = {BW_STR("id"), BW_JSON_STRING, NULL},
        [F_MODIFIED] = {BW_STR("modified"), BW_JSON_STRING, NULL},
        [F_PUBLISHED] = {BW_STR("published"), BW_JSON_STRING, NULL},
        [F_WITHDRAWN] = {BW_STR("withdrawn"), BW_JSON_STRING, NULL},
        [F_ALIASES] = {BW_STR("aliases"), BW_JSON_ARRAY, NULL},
        [F_UPSTREAM] = {BW_STR("upstream"), BW_JSON_ARRAY, NULL},
        [F_RELATED] = {BW_STR("related"), BW_JSON_ARRAY, NULL},
        [F_SUMMARY] = {BW_STR("summary"), BW_JSON_STRING, NULL},
        [F_DETAILS] = {BW_STR("details"), BW_JSON_STRING, NULL},
        [F_SEVERITY] = {BW_STR("severity"), BW_JSON_ARRAY, NULL},
        [F_AFFECTED] = {BW_STR("affected"), BW_JSON_ARRAY, NULL},
        [F_REFERENCES] = {BW_STR("references"), BW_JSON_ARRAY, NULL},
        [F_SPECIFIC] = {BW_STR("database_specific"), BW_JSON_OBJECT, NULL},
    };
    int rc = bw_fields_read(root, f, F_COUNT, "the record", r->err);
    if (rc == 0)
        rc = take_head(r, f);
    if (rc)
        return rc;
    r->record->left_out = is_bugfix(r->record->id);
    if (!r->record->left_out)
        rc = take_ids(r, f);
    if (rc == 0 && is_bugfix_without_cve(r->record->id) && r->record->cves.n == 0)
        r->record->left_out = true;
    return rc || r->record->left_out ? rc : take_body(r, f);
}

int bw_osv_parse(struct bw_str json, struct bw_json_pool *pool, struct bw_arena *arena,
                 struct bw_osv_record *ret_record, struct bw_err *err)
{
    if (json.n > BW_OSV_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "a record of more than %zu bytes", BW_OSV_TEXT_MAX);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, json, pool, 0, err);
    if (rc)
        return rc;
    struct bw_osv_record record = {.rating = BW_OSV_RATING_NONE};
    struct bw_osv_reader r = {.arena = arena, .record = &record, .err = err};
    rc = take_record(&r, bw_json_root(doc));
    if (rc)
        return rc;
    *ret_record = record;
    return 0;
}
