#include "know/match-state.h"
#include "wrap/json.h"

#define MILLION 1000000

int bw_matcher_no_memory(const struct bw_matcher *m, struct bw_err *err)
{
    return bw_arena_is_full(m->arena)
               ? bw_err_set(err, BW_ELIMIT, "the findings need more memory than a scan may have")
               : bw_err_set(err, BW_ENOMEM, "out of memory");
}

static int take_text(struct bw_matcher *m, struct bw_sqlite_stmt *row, int at,
                     struct bw_str *ret_text, struct bw_err *err)
{
    *ret_text = bw_arena_str(m->arena, bw_sqlite_column_str(row, at));
    return ret_text->p ? 0 : bw_matcher_no_memory(m, err);
}

static int take_list(struct bw_matcher *m, struct bw_sqlite_stmt *row, int at,
                     struct bw_strs *ret_list, struct bw_err *err)
{
    struct bw_str text = bw_sqlite_column_str(row, at);
    if (bw_str_eq(text, BW_STR("[]")))
        return 0;
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, text, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "advisory database");
    const struct bw_json *root = bw_json_root(doc);
    struct bw_strs list = {.v = bw_arena_array(m->arena, bw_json_size(root), sizeof *list.v)};
    if (!list.v)
        return bw_matcher_no_memory(m, err);
    struct bw_json_iter it = bw_json_iter(root);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_str item = bw_arena_str(m->arena, bw_json_string(value));
        if (!item.p)
            return bw_matcher_no_memory(m, err);
        list.v[list.n++] = item;
    }
    *ret_list = list;
    return 0;
}

enum bw_severity bw_matcher_severity(int64_t rank)
{
    return rank >= 0 && rank < BW_SEVERITY_COUNT ? (enum bw_severity)rank : BW_SEVERITY_UNKNOWN;
}

static int take_advisory(struct bw_matcher *m, struct bw_sqlite_stmt *row,
                         struct bw_cached_advisory *cached, struct bw_err *err)
{
    struct bw_advisory *advisory = &cached->advisory;
    int rc = take_text(m, row, 0, &advisory->id, err);
    if (rc == 0)
        rc = take_text(m, row, 1, &advisory->summary, err);
    if (rc == 0)
        rc = take_list(m, row, 2, &advisory->aliases, err);
    if (rc == 0)
        rc = take_list(m, row, 3, &advisory->cves, err);
    if (rc == 0)
        rc = take_text(m, row, 5, &advisory->severity_from, err);
    if (rc == 0)
        rc = take_text(m, row, 6, &advisory->vector, err);
    if (rc == 0)
        rc = take_text(m, row, 9, &advisory->modified, err);
    if (rc == 0)
        rc = take_text(m, row, 10, &advisory->url, err);
    cached->severity = bw_matcher_severity(bw_sqlite_column_i64(row, 4));
    advisory->score_tenths = (int)bw_sqlite_column_i64(row, 7);
    advisory->kev = bw_sqlite_column_i64(row, 8) != 0;
    return rc;
}

/* The highest score of its CVEs. */
static int take_epss(struct bw_matcher *m, struct bw_str cve, struct bw_cached_advisory *cached,
                     struct bw_err *err)
{
    struct bw_sqlite_stmt *row = m->stmts[BW_MATCH_EPSS];
    bw_sqlite_bind_str(row, 1, cve);
    int rc = bw_sqlite_step(row, err);
    if (rc <= 0)
        return rc;
    int64_t score = bw_sqlite_column_i64(row, 0), percentile = bw_sqlite_column_i64(row, 1);
    bool sound = score >= 0 && score <= MILLION && percentile >= 0 && percentile <= MILLION;
    if (sound && score > cached->epss_millionths) {
        cached->epss_millionths = (int)score;
        cached->epss_percentile_millionths = (int)percentile;
    }
    bw_sqlite_reset(row);
    return 0;
}

static int take_ransomware(struct bw_matcher *m, struct bw_str cve,
                           struct bw_cached_advisory *cached, struct bw_err *err)
{
    struct bw_sqlite_stmt *row = m->stmts[BW_MATCH_KEV];
    bw_sqlite_bind_str(row, 1, cve);
    int rc = bw_sqlite_step(row, err);
    if (rc <= 0)
        return rc;
    cached->ransomware = cached->ransomware || bw_sqlite_column_i64(row, 0) != 0;
    bw_sqlite_reset(row);
    return 0;
}

static int take_exploitation(struct bw_matcher *m, struct bw_cached_advisory *cached,
                             struct bw_err *err)
{
    struct bw_strs cves = cached->advisory.cves;
    int rc = 0;
    cached->epss_millionths = cached->epss_percentile_millionths = -1;
    for (size_t i = 0; rc == 0 && i < cves.n; i++) {
        rc = take_epss(m, cves.v[i], cached, err);
        if (rc == 0 && cached->advisory.kev)
            rc = take_ransomware(m, cves.v[i], cached, err);
    }
    return rc;
}

static int read_advisory(struct bw_matcher *m, int64_t key, struct bw_cached_advisory *cached,
                         struct bw_err *err)
{
    struct bw_sqlite_stmt *row = m->stmts[BW_MATCH_ADVISORY];
    bw_sqlite_bind_i64(row, 1, key);
    int rc = bw_sqlite_step(row, err);
    if (rc == 0)
        return bw_err_set(err, BW_EFORMAT,
                          "advisory database: an entry without its advisory; remove the database "
                          "and run `bulwark db update`");
    if (rc < 0)
        return rc;
    rc = take_advisory(m, row, cached, err);
    bw_sqlite_reset(row);
    return rc ? rc : take_exploitation(m, cached, err);
}

int bw_matcher_advisory(struct bw_matcher *m, int64_t key,
                        const struct bw_cached_advisory **ret_cached, struct bw_err *err)
{
    const struct bw_cached_advisory *known = bw_map_get(&m->advisories, bw_str_n(&key, sizeof key));
    if (known) {
        *ret_cached = known;
        return 0;
    }
    int64_t *own_key = bw_arena_alloc(m->arena, sizeof key);
    struct bw_cached_advisory *cached = bw_arena_alloc(m->arena, sizeof *cached);
    if (!own_key || !cached)
        return bw_matcher_no_memory(m, err);
    *own_key = key;
    int rc = read_advisory(m, key, cached, err);
    if (rc)
        return rc;
    struct bw_map_item *item = bw_map_at(&m->advisories, bw_str_n(own_key, sizeof key));
    if (!item)
        return bw_err_set(err, BW_ELIMIT, "more than %zu advisories", BW_MATCH_ADVISORIES_MAX);
    item->value = cached;
    *ret_cached = cached;
    return 0;
}
