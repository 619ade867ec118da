#include <stdlib.h>

#include "know/language.h"
#include "know/match-state.h"
#include "know/osv-range.h"
#include "wrap/json.h"

/* Names and versions of one package. */
#define KEY_MAX ((size_t)64 << 20)
/* A name or version of which the outcome is remembered. */
#define REMEMBERED_MAX 4096

static const char *const SQL[BW_MATCH_STATEMENTS] = {
    [BW_MATCH_PACKAGE] = "SELECT key FROM package WHERE ecosystem=?1 AND name=?2",
    [BW_MATCH_AFFECTED] =
        "SELECT advisory, introduced, fixed, last_affected, before, versions, module,"
        " severity, severity_from, vector, score FROM affected WHERE package=?1",
    [BW_MATCH_ADVISORY] =
        "SELECT id, summary, aliases, cves, severity, severity_from, vector, score,"
        " kev, modified, url FROM advisory WHERE key=?1",
    [BW_MATCH_EPSS] = "SELECT score, percentile FROM epss WHERE cve=?1",
    [BW_MATCH_KEV] = "SELECT ransomware FROM kev WHERE cve=?1",
};

int bw_matcher_new(struct bw_know *know, struct bw_arena *arena, struct bw_matcher **ret_matcher,
                   struct bw_err *err)
{
    struct bw_matcher *m BW_CLEANUP(bw_matcher_freep) = calloc(1, sizeof *m);
    if (!m)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    m->know = know;
    m->arena = arena;
    m->distributions = BW_MAP(BW_MATCH_LANES_MAX);
    m->advisories = BW_MAP(BW_MATCH_ADVISORIES_MAX);
    m->memo = BW_MAP(BW_MATCH_MEMO_MAX);
    m->key = m->name = BW_BUF(KEY_MAX);
    int rc = 0;
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
    for (size_t i = 0; i < m->lanes.n; i++) {
        if (m->lanes.v[i])
            BW_VEC_FREE(&m->lanes.v[i]->keys);
        free(m->lanes.v[i]);
    }
    BW_VEC_FREE(&m->lanes);
    BW_VEC_FREE(&m->hits);
    BW_VEC_FREE(&m->found);
    bw_map_free(&m->distributions);
    bw_map_free(&m->advisories);
    bw_map_free(&m->memo);
    bw_buf_free(&m->key);
    bw_buf_free(&m->name);
    free(m);
}

void bw_matcher_freep(struct bw_matcher **matcher)
{
    bw_matcher_free(*matcher);
    *matcher = NULL;
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

/* An operating system's versions are listed as they stand; those of a language are written in more
 * than one way ("1.0", "v1.0.0"). */
static bool is_same_version(const struct bw_lane *lane, struct bw_str a, struct bw_str b)
{
    return bw_str_eq(a, b) || (lane->language && bw_version_compare(lane->eco.order, a, b) == 0);
}

static int is_listed(const struct bw_lane *lane, struct bw_str versions, struct bw_str version,
                     bool *ret_listed, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, versions, NULL, 0, err);
    if (rc)
        return rc;
    *ret_listed = false;
    struct bw_json_iter it = bw_json_iter(bw_json_root(doc));
    for (const struct bw_json *value; (value = bw_json_next(&it));)
        *ret_listed = *ret_listed || is_same_version(lane, bw_json_string(value), version);
    return 0;
}

/* What a package is looked up as. */
struct subject {
    const struct bw_lane *lane;
    struct bw_str name, version, stream;
    bool decides; /* of the ecosystem that is looked in now */
};

static int judge_entry(struct bw_sqlite_stmt *row, const struct subject *subject,
                       bool *ret_vulnerable, bool *ret_is_fixed, struct bw_err *err)
{
    const struct bw_osv_interval interval = {
        .introduced = bw_sqlite_column_str(row, 1),
        .fixed = bw_sqlite_column_str(row, 2),
        .last_affected = bw_sqlite_column_str(row, 3),
        .limit = bw_sqlite_column_str(row, 4),
    };
    *ret_vulnerable = *ret_is_fixed = false;
    if (!interval.introduced.p)
        return is_listed(subject->lane, bw_sqlite_column_str(row, 5), subject->version,
                         ret_vulnerable, err);
    *ret_vulnerable = bw_osv_interval_has(&interval, subject->lane->eco.order, subject->version);
    if (*ret_vulnerable || !interval.fixed.p)
        return 0;
    int c = bw_version_compare(subject->lane->eco.order, subject->version, interval.fixed);
    *ret_is_fixed = (c == 0 && subject->stream.n) || (c >= 0 && subject->decides);
    return 0;
}

static int keep_hit(struct bw_matcher *m, struct bw_sqlite_stmt *row, bool is_fixed,
                    struct bw_err *err)
{
    struct bw_hit *hit = BW_VEC_PUSH(&m->hits, BW_MATCH_HITS_MAX);
    if (!hit)
        return bw_err_set(err, BW_ELIMIT, "more than %d advisories for a package",
                          BW_MATCH_HITS_MAX);
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
        rc = judge_entry(rows, subject, &vulnerable, &is_fixed, err);
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
    for (size_t i = 0; rc == 0 && i < subject->lane->keys.n; i++) {
        subject->decides = subject->lane->keys.v[i].decides;
        bw_sqlite_bind_i64(find, 1, subject->lane->keys.v[i].key);
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

static int look_up_system(struct bw_matcher *m, const struct bw_lane *lane,
                          const struct bw_package *package, struct bw_err *err)
{
    struct subject binary = {.lane = lane, .name = package->name, .version = package->version};
    struct subject source = {.lane = lane,
                             .name = package->source_name.n ? package->source_name : package->name};
    int rc = source_version(m, package, &source.version, err);
    if (package->type == BW_PACKAGE_RPM)
        binary.stream = source.stream = stream_of(package);
    bool both = lane->eco.by == BW_BY_EITHER && !bw_str_eq(binary.name, source.name);
    if (rc == 0 && lane->eco.by != BW_BY_SOURCE)
        rc = look_up(m, &binary, err);
    if (rc == 0 && (both || lane->eco.by == BW_BY_SOURCE))
        rc = look_up(m, &source, err);
    return rc;
}

static int look_up_language(struct bw_matcher *m, const struct bw_lane *lane,
                            const struct bw_package *package, struct bw_err *err)
{
    struct subject subject = {.lane = lane,
                              .version = bw_language_version(package->type, package->version)};
    if (!subject.version.n)
        return 0;
    bw_buf_clear(&m->name);
    bw_language_put_name(&m->name, lane->eco.base, package->name);
    if (bw_buf_failed(&m->name))
        return bw_matcher_no_memory(m, err);
    subject.name = bw_buf_slice(&m->name);
    return look_up(m, &subject, err);
}

bool bw_matcher_has_version(const struct bw_package *package)
{
    return bw_package_is_os(package->type) ||
           bw_language_version(package->type, package->version).n > 0;
}

/* --- what was found before --- */

/* All that the outcome depends on. p is NULL where it is too long to be worth it. */
static struct bw_str memo_key(struct bw_matcher *m, const struct bw_lane *lane,
                              const struct bw_package *package)
{
    const struct bw_str parts[] = {package->name, package->version, package->source_name,
                                   package->source_version, package->module};
    bw_buf_clear(&m->key);
    bw_buf_add(&m->key, &lane->number, sizeof lane->number);
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++) {
        if (parts[i].n > REMEMBERED_MAX)
            return (struct bw_str){NULL, 0};
        bw_buf_str(&m->key, parts[i]);
        bw_buf_byte(&m->key, 0);
    }
    return bw_buf_failed(&m->key) ? (struct bw_str){NULL, 0} : bw_buf_slice(&m->key);
}

static int remember(struct bw_matcher *m, struct bw_str key, const struct bw_remembered *found,
                    struct bw_err *err)
{
    if (!key.p || m->memo.n == BW_MATCH_MEMO_MAX)
        return 0;
    struct bw_remembered *copy = bw_arena_alloc(m->arena, sizeof *copy);
    struct bw_str own_key = bw_arena_str(m->arena, key);
    struct bw_map_item *item = copy && own_key.p ? bw_map_at(&m->memo, own_key) : NULL;
    if (!item)
        return bw_matcher_no_memory(m, err);
    *copy = *found;
    item->value = copy;
    return 0;
}

int bw_matcher_match(struct bw_matcher *m, const struct bw_package *package,
                     const struct bw_match **ret_matches, size_t *ret_n, struct bw_err *err)
{
    const struct bw_lane *lane;
    struct bw_remembered found = {.matches = NULL};
    int rc = bw_matcher_lane(m, package->type, &lane, err);
    bool handled =
        rc == 0 && lane && lane->coverage == BW_COVERAGE_THERE && lane->eco.type == package->type;
    if (handled) {
        struct bw_str key = memo_key(m, lane, package);
        const struct bw_remembered *known = key.p ? bw_map_get(&m->memo, key) : NULL;
        if (known) {
            found = *known;
        } else {
            m->hits.n = 0;
            rc = lane->language ? look_up_language(m, lane, package, err)
                                : look_up_system(m, lane, package, err);
            if (rc == 0)
                rc = bw_matcher_merge(m, lane, &found, err);
            if (rc == 0)
                rc = remember(m, key, &found, err);
        }
    }
    if (rc)
        return rc;
    *ret_matches = found.matches;
    *ret_n = found.n;
    return 0;
}
