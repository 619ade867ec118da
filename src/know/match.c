#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "know/match-state.h"
#include "know/osv-range.h"
#include "wrap/json.h"

#define HITS_MAX   1000000
#define KEYS_MAX   4096
#define LISTED_MAX 12 /* releases named in a message */

static const char *const SQL[BW_MATCH_STATEMENTS] = {
    [BW_MATCH_PACKAGE] = "SELECT key FROM package WHERE ecosystem=?1 AND name=?2",
    [BW_MATCH_AFFECTED] =
        "SELECT advisory, introduced, fixed, last_affected, before, versions, module,"
        " severity, severity_from, vector, score FROM affected WHERE package=?1",
    [BW_MATCH_ADVISORY] =
        "SELECT id, summary, aliases, cves, severity, severity_from, vector, score,"
        " kev, modified, url FROM advisory WHERE key=?1",
};

/* --- which ecosystems of the store --- */

static int find_keys(struct bw_matcher *m, struct bw_err *err)
{
    struct bw_sqlite_stmt *find BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    /* GLOB takes '*' as wanted, and nothing else that a name may hold. */
    int rc = bw_sqlite_prepare(m->know->db,
                               "SELECT key, newest FROM ecosystem WHERE name = ?1 OR"
                               " (instr(?1, '*') > 0 AND name GLOB ?1) ORDER BY key",
                               &find, err);
    for (size_t i = 0; rc == 0 && i < m->eco.names.n; i++) {
        bw_sqlite_bind_str(find, 1, m->eco.names.v[i]);
        while ((rc = bw_sqlite_step(find, err)) > 0) {
            struct bw_ecosystem_key *slot = BW_VEC_PUSH(&m->keys, KEYS_MAX);
            if (!slot)
                return bw_err_set(err, BW_ELIMIT, "more than %d ecosystems for one release",
                                  KEYS_MAX);
            slot->key = bw_sqlite_column_i64(find, 0);
            slot->decides = m->eco.last_decides && i + 1 == m->eco.names.n;
            int64_t newest;
            if (bw_clock_parse(bw_sqlite_column_str(find, 1), &newest) && newest > m->newest)
                m->newest = newest;
        }
    }
    return rc;
}

/* "8, 9, 10, 11": the releases of the distribution that the store has. */
static int list_releases(struct bw_matcher *m, struct bw_buf *list, struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        m->know->db, "SELECT name FROM ecosystem WHERE base=?1 AND name <> base ORDER BY name",
        &rows, err);
    if (rc)
        return rc;
    bw_sqlite_bind_str(rows, 1, m->eco.base);
    int n = 0;
    while ((rc = bw_sqlite_step(rows, err)) > 0) {
        if (n++ < LISTED_MAX)
            bw_buf_printf(list, "%s%" BW_STR_F, n > 1 ? ", " : "",
                          BW_STR_A(bw_sqlite_column_str(rows, 0)));
    }
    if (n > LISTED_MAX)
        bw_buf_printf(list, " and %d more", n - LISTED_MAX);
    return rc;
}

static int explain_absence(struct bw_matcher *m, struct bw_err *err)
{
    struct bw_buf list BW_CLEANUP(bw_buf_free) = BW_BUF(16 << 10);
    int rc = list_releases(m, &list, err);
    if (rc)
        return rc;
    m->coverage = list.n ? BW_COVERAGE_RELEASE_ABSENT : BW_COVERAGE_NOT_IMPORTED;
    if (list.n)
        m->why = bw_arena_printf(m->arena,
                                 "the advisory database has nothing for %" BW_STR_F
                                 ", only for %" BW_STR_F ": run `bulwark db update`",
                                 BW_STR_A(m->eco.name), BW_STR_A(bw_buf_slice(&list)));
    else
        m->why = bw_arena_printf(m->arena,
                                 "the advisory database has nothing for %" BW_STR_F
                                 ": run `bulwark db update`",
                                 BW_STR_A(m->eco.base));
    return m->why.p ? 0 : bw_matcher_no_memory(m, err);
}

static int resolve(struct bw_matcher *m, const struct bw_distribution *distribution,
                   struct bw_err *err)
{
    struct bw_err why;
    int rc = bw_ecosystem_of(distribution, m->arena, &m->eco, &why);
    if (rc == BW_EUNSUPPORTED || rc == BW_EFORMAT) {
        m->coverage = BW_COVERAGE_UNSUPPORTED;
        m->why = bw_arena_str(m->arena, bw_str(why.msg));
        return m->why.p ? 0 : bw_matcher_no_memory(m, err);
    }
    if (rc)
        return bw_matcher_no_memory(m, err);
    rc = find_keys(m, err);
    if (rc == 0 && m->keys.n == 0)
        rc = explain_absence(m, err);
    return rc;
}

int bw_matcher_new(struct bw_know *know, const struct bw_distribution *distribution,
                   struct bw_arena *arena, struct bw_matcher **ret_matcher, struct bw_err *err)
{
    struct bw_matcher *m BW_CLEANUP(bw_matcher_freep) = calloc(1, sizeof *m);
    if (!m)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    m->know = know;
    m->arena = arena;
    m->advisories = BW_MAP(BW_MATCH_ADVISORIES_MAX);
    int rc = resolve(m, distribution, err);
    for (int i = 0; rc == 0 && i < BW_MATCH_STATEMENTS; i++)
        rc = bw_sqlite_prepare(know->db, SQL[i], &m->stmts[i], err);
    if (rc)
        return rc;
    *ret_matcher = m;
    m = NULL;
    return 0;
}

void bw_matcher_free(struct bw_matcher *m)
{
    if (!m)
        return;
    for (int i = 0; i < BW_MATCH_STATEMENTS; i++)
        bw_sqlite_stmt_free(m->stmts[i]);
    BW_VEC_FREE(&m->keys);
    BW_VEC_FREE(&m->hits);
    bw_map_free(&m->advisories);
    free(m);
}

void bw_matcher_freep(struct bw_matcher **matcher)
{
    bw_matcher_free(*matcher);
    *matcher = NULL;
}

enum bw_coverage bw_matcher_coverage(const struct bw_matcher *m, struct bw_str *ret_why)
{
    if (ret_why)
        *ret_why = m->why;
    return m->coverage;
}

struct bw_str bw_matcher_ecosystem(const struct bw_matcher *m)
{
    return m->coverage == BW_COVERAGE_UNSUPPORTED ? BW_STR("") : m->eco.name;
}

int64_t bw_matcher_newest(const struct bw_matcher *m)
{
    return m->newest;
}

bool bw_matcher_handles(const struct bw_matcher *m, enum bw_package_type type)
{
    return m->coverage == BW_COVERAGE_THERE && m->eco.type == type;
}

/* --- one entry against one version --- */

/* MODULARITYLABEL is "name:stream:version:context"; a modular build without it says so in its
 * release. Returns "name:stream", "*" for an unknown stream, or empty. */
static struct bw_str stream_of(const struct bw_package *package)
{
    struct bw_str label = package->module;
    size_t colon = bw_str_find(label, ':');
    if (colon != SIZE_MAX) {
        size_t second = bw_str_find(bw_str_from(label, colon + 1), ':');
        return second == SIZE_MAX ? label : bw_str_take(label, colon + 1 + second);
    }
    bool modular = bw_str_find_str(package->version, BW_STR(".module")) != SIZE_MAX ||
                   bw_str_find_str(package->version, BW_STR("+module")) != SIZE_MAX;
    return modular ? BW_STR("*") : BW_STR("");
}

static bool is_for_stream(struct bw_str streams, struct bw_str stream)
{
    if (!streams.n || !stream.n)
        return streams.n == stream.n;
    struct bw_str any = BW_STR("*"), word;
    if (bw_str_eq(streams, any) || bw_str_eq(stream, any))
        return true;
    while (bw_str_split(&streams, ' ', &word))
        if (bw_str_eq(word, stream))
            return true;
    return false;
}

static int is_listed(struct bw_str versions, struct bw_str version, bool *ret_listed,
                     struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, versions, NULL, 0, err);
    if (rc)
        return rc;
    *ret_listed = false;
    struct bw_json_iter it = bw_json_iter(bw_json_root(doc));
    for (const struct bw_json *value; (value = bw_json_next(&it));)
        *ret_listed = *ret_listed || bw_str_eq(bw_json_string(value), version);
    return 0;
}

/* What a package is looked up as. */
struct subject {
    struct bw_str name, version, stream;
    bool decides; /* of the ecosystem that is looked in now */
};

static int judge_entry(struct bw_matcher *m, struct bw_sqlite_stmt *row,
                       const struct subject *subject, bool *ret_vulnerable, bool *ret_is_fixed,
                       struct bw_err *err)
{
    const struct bw_osv_interval interval = {
        .introduced = bw_sqlite_column_str(row, 1),
        .fixed = bw_sqlite_column_str(row, 2),
        .last_affected = bw_sqlite_column_str(row, 3),
        .limit = bw_sqlite_column_str(row, 4),
    };
    *ret_vulnerable = *ret_is_fixed = false;
    if (!interval.introduced.p)
        return is_listed(bw_sqlite_column_str(row, 5), subject->version, ret_vulnerable, err);
    *ret_vulnerable = bw_osv_interval_has(&interval, m->eco.order, subject->version);
    if (*ret_vulnerable || !interval.fixed.p)
        return 0;
    int c = bw_version_compare(m->eco.order, subject->version, interval.fixed);
    *ret_is_fixed = (c == 0 && subject->stream.n) || (c >= 0 && subject->decides);
    return 0;
}

static int keep_hit(struct bw_matcher *m, struct bw_sqlite_stmt *row, bool is_fixed,
                    struct bw_err *err)
{
    struct bw_hit *hit = BW_VEC_PUSH(&m->hits, HITS_MAX);
    if (!hit)
        return bw_err_set(err, BW_ELIMIT, "more than %d advisories for a package", HITS_MAX);
    hit->advisory = bw_sqlite_column_i64(row, 0);
    hit->is_fixed = is_fixed;
    hit->fixed = bw_arena_str(m->arena, bw_sqlite_column_str(row, 2));
    if (!hit->fixed.p)
        return bw_matcher_no_memory(m, err);
    hit->rated = !bw_sqlite_column_is_null(row, 7);
    if (!hit->rated)
        return 0;
    hit->severity = (enum bw_severity)bw_sqlite_column_i64(row, 7);
    hit->from = bw_arena_str(m->arena, bw_sqlite_column_str(row, 8));
    hit->vector = bw_arena_str(m->arena, bw_sqlite_column_str(row, 9));
    hit->score = (int)bw_sqlite_column_i64(row, 10);
    return hit->from.p && hit->vector.p ? 0 : bw_matcher_no_memory(m, err);
}

static int look_up_key(struct bw_matcher *m, int64_t package, const struct subject *subject,
                       struct bw_err *err)
{
    struct bw_sqlite_stmt *rows = m->stmts[BW_MATCH_AFFECTED];
    bw_sqlite_bind_i64(rows, 1, package);
    int rc;
    while ((rc = bw_sqlite_step(rows, err)) > 0) {
        bool vulnerable, is_fixed;
        if (!is_for_stream(bw_sqlite_column_str(rows, 6), subject->stream))
            continue;
        rc = judge_entry(m, rows, subject, &vulnerable, &is_fixed, err);
        if (rc == 0 && (vulnerable || is_fixed))
            rc = keep_hit(m, rows, is_fixed, err);
        if (rc) {
            bw_sqlite_reset(rows);
            return rc;
        }
    }
    return rc;
}

static int look_up(struct bw_matcher *m, struct subject *subject, struct bw_err *err)
{
    struct bw_sqlite_stmt *find = m->stmts[BW_MATCH_PACKAGE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < m->keys.n; i++) {
        subject->decides = m->keys.v[i].decides;
        bw_sqlite_bind_i64(find, 1, m->keys.v[i].key);
        bw_sqlite_bind_str(find, 2, subject->name);
        rc = bw_sqlite_step(find, err);
        if (rc <= 0)
            continue;
        int64_t package = bw_sqlite_column_i64(find, 0);
        bw_sqlite_reset(find);
        rc = look_up_key(m, package, subject, err);
    }
    return rc;
}

/* The advisory as this package is rated. */
static int apply_rating(struct bw_matcher *m, const struct bw_hit *hit,
                        const struct bw_cached_advisory *cached, struct bw_match *match,
                        struct bw_err *err)
{
    match->advisory = &cached->advisory;
    match->severity = cached->severity;
    if (!hit->rated)
        return 0;
    struct bw_advisory *own = bw_arena_alloc(m->arena, sizeof *own);
    if (!own)
        return bw_matcher_no_memory(m, err);
    *own = cached->advisory;
    own->severity_from = hit->from;
    own->vector = hit->vector;
    own->score_tenths = hit->score;
    match->advisory = own;
    match->severity = bw_matcher_severity((int64_t)hit->severity);
    return 0;
}

/* --- */

static int by_advisory(const void *pa, const void *pb)
{
    const struct bw_hit *a = pa, *b = pb;
    return (a->advisory > b->advisory) - (a->advisory < b->advisory);
}

static bool fixes_earlier(const struct bw_matcher *m, struct bw_str a, struct bw_str b)
{
    if (!a.n || !b.n)
        return a.n > 0;
    return bw_version_compare(m->eco.order, a, b) < 0;
}

/* The hits of one advisory as one: false where one of its entries calls the version fixed. */
static bool merge(const struct bw_matcher *m, const struct bw_hit *hits, size_t n,
                  struct bw_hit *ret_hit)
{
    *ret_hit = hits[0];
    for (size_t i = 0; i < n; i++) {
        if (hits[i].is_fixed)
            return false;
        if (fixes_earlier(m, hits[i].fixed, ret_hit->fixed))
            ret_hit->fixed = hits[i].fixed;
        if (hits[i].rated && (!ret_hit->rated || hits[i].severity > ret_hit->severity)) {
            struct bw_str fixed = ret_hit->fixed;
            *ret_hit = hits[i];
            ret_hit->fixed = fixed;
        }
    }
    return true;
}

static int report_hits(struct bw_matcher *m, int (*each)(void *ctx, const struct bw_match *match),
                       void *ctx, struct bw_err *err)
{
    if (m->hits.n > 1)
        qsort(m->hits.v, m->hits.n, sizeof *m->hits.v, by_advisory);
    int rc = 0;
    for (size_t from = 0, to; rc == 0 && from < m->hits.n; from = to) {
        to = from + 1;
        while (to < m->hits.n && m->hits.v[to].advisory == m->hits.v[from].advisory)
            to++;
        struct bw_hit hit;
        const struct bw_cached_advisory *cached = NULL;
        if (!merge(m, &m->hits.v[from], to - from, &hit))
            continue;
        struct bw_match match = {.fixed_version = hit.fixed};
        rc = bw_matcher_advisory(m, hit.advisory, &cached, err);
        if (rc == 0)
            rc = apply_rating(m, &hit, cached, &match, err);
        if (rc == 0)
            rc = each(ctx, &match);
    }
    return rc;
}

/* The version of the source package as advisories write it. */
static int source_version(struct bw_matcher *m, const struct bw_package *package,
                          struct bw_str *ret_version, struct bw_err *err)
{
    struct bw_str version = package->source_version.n ? package->source_version : package->version;
    size_t colon = bw_str_find(package->version, ':');
    *ret_version = version;
    if (package->type != BW_PACKAGE_RPM || colon == SIZE_MAX ||
        bw_str_find(version, ':') != SIZE_MAX)
        return 0;
    *ret_version =
        bw_arena_printf(m->arena, "%" BW_STR_F ":%" BW_STR_F,
                        BW_STR_A(bw_str_take(package->version, colon)), BW_STR_A(version));
    return ret_version->p ? 0 : bw_matcher_no_memory(m, err);
}

int bw_matcher_match(struct bw_matcher *m, const struct bw_package *package,
                     int (*each)(void *ctx, const struct bw_match *match), void *ctx,
                     struct bw_err *err)
{
    if (!bw_matcher_handles(m, package->type))
        return 0;
    struct subject binary = {.name = package->name, .version = package->version};
    struct subject source = {.name = package->source_name.n ? package->source_name : package->name};
    int rc = source_version(m, package, &source.version, err);
    if (package->type == BW_PACKAGE_RPM)
        binary.stream = source.stream = stream_of(package);
    m->hits.n = 0;
    bool both = m->eco.by == BW_BY_EITHER && !bw_str_eq(binary.name, source.name);
    if (rc == 0 && m->eco.by != BW_BY_SOURCE)
        rc = look_up(m, &binary, err);
    if (rc == 0 && (both || m->eco.by == BW_BY_SOURCE))
        rc = look_up(m, &source, err);
    return rc ? rc : report_hits(m, each, ctx, err);
}
