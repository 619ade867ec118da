#include "base/buf.h"
#include "base/vec.h"
#include "know/fields.h"
#include "know/osv-range.h"
#include "know/osv-rating.h"
#include "know/osv-reader.h"

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

static int take_event(struct bw_osv_reader *r, const struct bw_json *object, struct events *events)
{
    if (bw_json_type(object) != BW_JSON_OBJECT)
        return bw_err_set(r->err, BW_EFORMAT, "an event is no object");
    struct bw_json_iter it = bw_json_iter(object);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_osv_event event = {.version = {NULL, 0}};
        if (!event_kind(it.key, &event.kind))
            continue;
        int rc = bw_osv_take_text(r, value, BW_OSV_VERSION_MAX, "the version of an event",
                                  &event.version);
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

static int add_intervals(struct bw_osv_reader *r, struct events *events,
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

static int take_range(struct bw_osv_reader *r, const struct bw_json *object,
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

static int take_ranges(struct bw_osv_reader *r, const struct bw_json *ranges,
                       const enum bw_version_order *order, struct bw_osv_affected *affected)
{
    int rc = bw_osv_check_size(r, ranges, BW_OSV_RANGES_MAX, "ranges");
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
            rc = bw_osv_no_memory(r);
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
static int take_streams(struct bw_osv_reader *r, struct bw_str *ret_streams)
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
        return bw_osv_no_memory(r);
    *ret_streams = copy;
    return 0;
}

static int take_module(struct bw_osv_reader *r, struct bw_osv_affected *affected)
{
    for (size_t i = 0; i < affected->intervals_n; i++) {
        const struct bw_osv_interval *interval = &affected->intervals[i];
        if (is_modular_build(interval->fixed) || is_modular_build(interval->last_affected) ||
            is_modular_build(interval->introduced))
            return take_streams(r, &affected->module);
    }
    return 0;
}

static int take_package(struct bw_osv_reader *r, const struct bw_json *object,
                        struct bw_osv_affected *affected)
{
    struct bw_field f[] = {
        {BW_STR("ecosystem"), BW_JSON_STRING, NULL},
        {BW_STR("name"), BW_JSON_STRING, NULL},
    };
    int rc = bw_fields_read(object, f, BW_ARRAY_LEN(f), "affected[].package", r->err);
    if (rc == 0)
        rc = bw_osv_take_text(r, f[0].value, BW_OSV_NAME_MAX, "the ecosystem of a package",
                              &affected->ecosystem);
    if (rc == 0)
        rc = bw_osv_take_text(r, f[1].value, BW_OSV_NAME_MAX, "the name of a package",
                              &affected->package);
    return rc;
}

/* RustSec's word for what is no vulnerability: nobody looks after the crate. */
static bool is_informational(const struct bw_json *specific)
{
    struct bw_str word = bw_json_string(bw_json_get(specific, BW_STR("informational")));
    return bw_str_eq(word, BW_STR("unmaintained")) || bw_str_eq(word, BW_STR("notice"));
}

int bw_osv_take_affected(struct bw_osv_reader *r, const struct bw_json *object,
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
    if (!*ret_has_package)
        return rc;
    rc = take_package(r, f[0].value, affected);
    enum bw_version_order order;
    bool ordered = rc == 0 && bw_version_order_of_ecosystem(affected->ecosystem, &order);
    if (rc == 0)
        rc = take_ranges(r, f[1].value, ordered ? &order : NULL, affected);
    if (rc == 0)
        rc = bw_osv_take_list(r, f[2].value, BW_OSV_VERSIONS_MAX, BW_OSV_VERSION_MAX, "versions",
                              &affected->versions);
    if (rc)
        return rc;
    drop_covered(affected, ordered ? &order : NULL);
    if (ordered && order == BW_VERSION_RPM)
        rc = take_module(r, affected);
    r->informational += f[5].value && is_informational(f[5].value);
    affected->rating = BW_OSV_RATING_NONE;
    bw_osv_rate_specific(f[4].value, &affected->rating);
    bw_osv_rate_specific(f[5].value, &affected->rating);
    return rc ? rc : bw_osv_rate_severity(f[3].value, r->arena, &affected->rating, r->err);
}
