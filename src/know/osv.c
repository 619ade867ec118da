#include "know/osv.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/vec.h"
#include "know/fields.h"
#include "know/osv-range.h"
#include "know/osv-rating.h"

struct reader {
    struct bw_arena *arena;
    struct bw_osv_record *record;
    struct bw_err *err;
};

static int no_memory(struct reader *r)
{
    return bw_arena_is_full(r->arena)
               ? bw_err_set(r->err, BW_ELIMIT, "needs more memory than a record may have")
               : bw_err_set(r->err, BW_ENOMEM, "out of memory");
}

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

/* Copies a text that may be neither empty nor long nor hold control characters. */
static int take_text(struct reader *r, const struct bw_json *value, size_t max, const char *what,
                     struct bw_str *ret_text)
{
    struct bw_str text = bw_json_string(value);
    if (text.n == 0)
        return bw_err_set(r->err, BW_EFORMAT, "%s is missing or empty", what);
    if (text.n > max)
        return bw_err_set(r->err, BW_ELIMIT, "%s is longer than %zu bytes", what, max);
    if (bw_fields_has_control(text))
        return bw_err_set(r->err, BW_EFORMAT, "%s has control characters", what);
    struct bw_str copy = bw_arena_str(r->arena, text);
    if (!copy.p)
        return no_memory(r);
    *ret_text = copy;
    return 0;
}

static int check_size(struct reader *r, const struct bw_json *array, size_t max, const char *what)
{
    return bw_json_size(array) > max
               ? bw_err_set(r->err, BW_ELIMIT, "%s has more than %zu elements", what, max)
               : 0;
}

/* A list of texts; NULL gives the empty list. */
static int take_list(struct reader *r, const struct bw_json *array, size_t max, size_t text_max,
                     const char *what, struct bw_strs *ret_list)
{
    int rc = check_size(r, array, max, what);
    if (rc)
        return rc;
    struct bw_strs list = {.v = bw_arena_array(r->arena, bw_json_size(array), sizeof *list.v)};
    if (!list.v)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(array);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        rc = take_text(r, value, text_max, what, &list.v[list.n]);
        if (rc)
            return rc;
        list.n++;
    }
    *ret_list = list;
    return 0;
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

static int collect_cves(struct reader *r, struct bw_strs upstream, struct bw_strs related)
{
    struct bw_osv_record *record = r->record;
    struct bw_str own = cve_of_id(record->id);
    size_t most = 1 + record->aliases.n + upstream.n + related.n;
    struct bw_strs cves = {.v = bw_arena_array(r->arena, most, sizeof *cves.v)};
    if (!cves.v)
        return no_memory(r);
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
static int take_summary(struct reader *r, struct bw_str text)
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
        return no_memory(r);
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

static int take_url(struct reader *r, const struct bw_json *references)
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
    return r->record->url.p ? 0 : no_memory(r);
}

static bool event_kind(struct bw_str name, enum bw_osv_event_kind *ret_kind)
{
    static const struct bw_str names[] = {
        [BW_OSV_INTRODUCED] = {"introduced", 10},
        [BW_OSV_FIXED] = {"fixed", 5},
        [BW_OSV_LAST_AFFECTED] = {"last_affected", 13},
        [BW_OSV_LIMIT] = {"limit", 5},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        if (bw_str_eq(name, names[i])) {
            *ret_kind = (enum bw_osv_event_kind)i;
            return true;
        }
    }
    return false;
}

BW_VEC_TYPE(events, struct bw_osv_event);
BW_VEC_TYPE(intervals, struct bw_osv_interval);

static int take_event(struct reader *r, const struct bw_json *object, struct events *events)
{
    if (bw_json_type(object) != BW_JSON_OBJECT)
        return bw_err_set(r->err, BW_EFORMAT, "an event is no object");
    struct bw_json_iter it = bw_json_iter(object);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_osv_event event = {.version = {NULL, 0}};
        if (!event_kind(it.key, &event.kind))
            continue;
        int rc = take_text(r, value, BW_OSV_VERSION_MAX, "the version of an event", &event.version);
        if (rc)
            return rc;
        struct bw_osv_event *slot = BW_VEC_PUSH(events, BW_OSV_RANGES_MAX);
        if (!slot)
            return bw_err_set(r->err, BW_ELIMIT, "a range has more than %d events",
                              BW_OSV_RANGES_MAX);
        *slot = event;
    }
    return 0;
}

static int add_intervals(struct reader *r, struct events *events,
                         const enum bw_version_order *order, struct intervals *intervals)
{
    struct bw_osv_interval *v;
    size_t n;
    int rc = bw_osv_intervals(events->v, events->n, order, r->arena, &v, &n, r->err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct bw_osv_interval *slot = BW_VEC_PUSH(intervals, BW_OSV_RANGES_MAX);
        if (!slot)
            return bw_err_set(r->err, BW_ELIMIT, "an entry has more than %d intervals",
                              BW_OSV_RANGES_MAX);
        *slot = v[i];
    }
    return rc;
}

static int take_range(struct reader *r, const struct bw_json *object,
                      const enum bw_version_order *order, struct intervals *intervals)
{
    static const enum bw_version_order semver = BW_VERSION_SEMVER;
    struct bw_field f[] = {
        {BW_STR("type"), BW_JSON_STRING, NULL},
        {BW_STR("events"), BW_JSON_ARRAY, NULL},
    };
    int rc = bw_fields_read(object, f, BW_ARRAY_LEN(f), "ranges[]", r->err);
    if (rc)
        return rc;
    struct bw_str type = bw_json_string(f[0].value);
    if (bw_str_eq(type, BW_STR("GIT")))
        return 0;
    bool is_semver = bw_str_eq(type, BW_STR("SEMVER"));
    if (!is_semver && !bw_str_eq(type, BW_STR("ECOSYSTEM")))
        return bw_err_set(r->err, BW_EFORMAT, "a range is of unknown type");
    struct events events = {.v = NULL};
    struct bw_json_iter it = bw_json_iter(f[1].value);
    for (const struct bw_json *event; rc == 0 && (event = bw_json_next(&it));)
        rc = take_event(r, event, &events);
    if (rc == 0)
        rc = add_intervals(r, &events, order ? order : is_semver ? &semver : NULL, intervals);
    BW_VEC_FREE(&events);
    return rc;
}

static int take_ranges(struct reader *r, const struct bw_json *ranges,
                       const enum bw_version_order *order, struct bw_osv_affected *affected)
{
    int rc = check_size(r, ranges, BW_OSV_RANGES_MAX, "ranges");
    struct intervals intervals = {.v = NULL};
    struct bw_json_iter it = bw_json_iter(ranges);
    for (const struct bw_json *range; rc == 0 && (range = bw_json_next(&it));)
        rc = take_range(r, range, order, &intervals);
    if (rc == 0 && intervals.n) {
        affected->intervals = bw_arena_array(r->arena, intervals.n, sizeof *affected->intervals);
        if (affected->intervals) {
            memcpy(affected->intervals, intervals.v, intervals.n * sizeof *intervals.v);
            affected->intervals_n = intervals.n;
        } else {
            rc = no_memory(r);
        }
    }
    BW_VEC_FREE(&intervals);
    return rc;
}

/* Enumerated versions that an interval has already are left out: most lists only spell the ranges
 * out. */
static void drop_covered(struct bw_osv_affected *affected, const enum bw_version_order *order)
{
    size_t kept = 0;
    for (size_t i = 0; i < affected->versions.n; i++) {
        bool covered = false;
        for (size_t k = 0; order && !covered && k < affected->intervals_n; k++)
            covered = bw_osv_interval_has(&affected->intervals[k], *order, affected->versions.v[i]);
        if (!covered)
            affected->versions.v[kept++] = affected->versions.v[i];
    }
    affected->versions.n = kept;
}

static bool is_modular_build(struct bw_str version)
{
    return bw_str_find_str(version, BW_STR(".module")) != SIZE_MAX ||
           bw_str_find_str(version, BW_STR("+module")) != SIZE_MAX;
}

static bool is_stream_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+' || c == ':';
}

static bool is_stream(struct bw_str word)
{
    size_t colon = bw_str_find(word, ':');
    if (colon == SIZE_MAX || colon == 0 || colon + 1 == word.n)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (!is_stream_byte(word.p[i]))
            return false;
    return bw_str_find(bw_str_from(word, colon + 1), ':') == SIZE_MAX;
}

/* The words "name:stream" of an erratum's title: "Important: nodejs:16 security update". */
static int take_streams(struct reader *r, struct bw_str *ret_streams)
{
    struct bw_buf streams BW_CLEANUP(bw_buf_free) = BW_BUF(BW_OSV_SUMMARY_MAX + 1);
    struct bw_str rest = r->record->summary, word;
    while (bw_str_split(&rest, ' ', &word)) {
        while (word.n && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == ';'))
            word.n--;
        if (!is_stream(word))
            continue;
        if (streams.n)
            bw_buf_byte(&streams, ' ');
        bw_buf_str(&streams, word);
    }
    if (!streams.n)
        bw_buf_byte(&streams, '*');
    struct bw_str copy = bw_arena_str(r->arena, bw_buf_slice(&streams));
    if (bw_buf_failed(&streams) || !copy.p)
        return no_memory(r);
    *ret_streams = copy;
    return 0;
}

static int take_module(struct reader *r, struct bw_osv_affected *affected)
{
    for (size_t i = 0; i < affected->intervals_n; i++) {
        const struct bw_osv_interval *interval = &affected->intervals[i];
        if (is_modular_build(interval->fixed) || is_modular_build(interval->last_affected) ||
            is_modular_build(interval->introduced))
            return take_streams(r, &affected->module);
    }
    return 0;
}

static int take_package(struct reader *r, const struct bw_json *object,
                        struct bw_osv_affected *affected)
{
    struct bw_field f[] = {
        {BW_STR("ecosystem"), BW_JSON_STRING, NULL},
        {BW_STR("name"), BW_JSON_STRING, NULL},
    };
    int rc = bw_fields_read(object, f, BW_ARRAY_LEN(f), "affected[].package", r->err);
    if (rc == 0)
        rc = take_text(r, f[0].value, BW_OSV_NAME_MAX, "the ecosystem of a package",
                       &affected->ecosystem);
    if (rc == 0)
        rc = take_text(r, f[1].value, BW_OSV_NAME_MAX, "the name of a package", &affected->package);
    return rc;
}

static int take_affected(struct reader *r, const struct bw_json *object,
                         struct bw_osv_affected *affected, bool *ret_has_package)
{
    struct bw_field f[] = {
        {BW_STR("package"), BW_JSON_OBJECT, NULL},
        {BW_STR("ranges"), BW_JSON_ARRAY, NULL},
        {BW_STR("versions"), BW_JSON_ARRAY, NULL},
        {BW_STR("severity"), BW_JSON_ARRAY, NULL},
        {BW_STR("ecosystem_specific"), BW_JSON_OBJECT, NULL},
        {BW_STR("database_specific"), BW_JSON_OBJECT, NULL},
    };
    int rc = bw_fields_read(object, f, BW_ARRAY_LEN(f), "affected[]", r->err);
    *ret_has_package = rc == 0 && f[0].value;
    if (!*ret_has_package) /* the schema allows it where only commits are affected */
        return rc;
    rc = take_package(r, f[0].value, affected);
    enum bw_version_order order;
    bool ordered = rc == 0 && bw_version_order_of_ecosystem(affected->ecosystem, &order);
    if (rc == 0)
        rc = take_ranges(r, f[1].value, ordered ? &order : NULL, affected);
    if (rc == 0)
        rc = take_list(r, f[2].value, BW_OSV_VERSIONS_MAX, BW_OSV_VERSION_MAX, "versions",
                       &affected->versions);
    if (rc)
        return rc;
    drop_covered(affected, ordered ? &order : NULL);
    if (ordered && order == BW_VERSION_RPM)
        rc = take_module(r, affected);
    affected->rating = BW_OSV_RATING_NONE;
    bw_osv_rate_specific(f[4].value, &affected->rating);
    bw_osv_rate_specific(f[5].value, &affected->rating);
    return rc ? rc : bw_osv_rate_severity(f[3].value, r->arena, &affected->rating, r->err);
}

static int take_all_affected(struct reader *r, const struct bw_json *array)
{
    int rc = check_size(r, array, BW_OSV_AFFECTED_MAX, "affected");
    if (rc)
        return rc;
    struct bw_osv_record *record = r->record;
    record->affected = bw_arena_array(r->arena, bw_json_size(array), sizeof *record->affected);
    if (!record->affected)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(array);
    for (const struct bw_json *object; rc == 0 && (object = bw_json_next(&it));) {
        bool has_package;
        rc = take_affected(r, object, &record->affected[record->affected_n], &has_package);
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

static int optional_text(struct reader *r, const struct bw_json *value, const char *what,
                         struct bw_str *ret_text)
{
    return value ? take_text(r, value, 64, what, ret_text) : 0;
}

static int take_head(struct reader *r, const struct bw_field *f)
{
    struct bw_osv_record *record = r->record;
    if (!bw_osv_is_id(bw_json_string(f[F_ID].value)))
        return bw_err_set(r->err, BW_EFORMAT, "the id is missing, or no plain word");
    int rc = take_text(r, f[F_ID].value, BW_OSV_ID_MAX, "id", &record->id);
    if (rc == 0)
        rc = take_text(r, f[F_MODIFIED].value, 64, "modified", &record->modified);
    if (rc == 0)
        rc = optional_text(r, f[F_PUBLISHED].value, "published", &record->published);
    if (rc == 0)
        rc = optional_text(r, f[F_WITHDRAWN].value, "withdrawn", &record->withdrawn);
    return rc;
}

static int take_ids(struct reader *r, const struct bw_field *f)
{
    struct bw_strs upstream = {NULL, 0}, related = {NULL, 0};
    int rc = take_list(r, f[F_ALIASES].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "aliases",
                       &r->record->aliases);
    if (rc == 0)
        rc =
            take_list(r, f[F_UPSTREAM].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "upstream", &upstream);
    if (rc == 0)
        rc = take_list(r, f[F_RELATED].value, BW_OSV_IDS_MAX, BW_OSV_ID_MAX, "related", &related);
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

static int take_body(struct reader *r, const struct bw_field *f)
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
    bw_osv_rate_summary(record->id, record->summary, &record->rating);
    bw_osv_rate_specific(f[F_SPECIFIC].value, &record->rating);
    rc = bw_osv_rate_severity(f[F_SEVERITY].value, r->arena, &record->rating, r->err);
    if (rc == 0)
        settle_rating(record);
    return rc;
}

static int take_record(struct reader *r, const struct bw_json *root)
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
    struct reader r = {.arena = arena, .record = &record, .err = err};
    rc = take_record(&r, bw_json_root(doc));
    if (rc)
        return rc;
    *ret_record = record;
    return 0;
}
