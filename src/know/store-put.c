#include "know/language.h"
#include "know/osv-rating.h"
#include "know/store-state.h"
#include "know/store-writer.h"

static const char *const SQL[BW_STMT_COUNT] = {
    [BW_STMT_SOURCE_FIND] = "SELECT key FROM source WHERE name=?1",
    [BW_STMT_SOURCE_ADD] = "INSERT INTO source VALUES(NULL,?1,'','',0,'','','')",
    [BW_STMT_SOURCE_SET] = "UPDATE source SET origin=?2, sha256=?3, size=?4, etag=?5, list_etag=?6,"
                           " imported=strftime('%Y-%m-%dT%H:%M:%SZ','now') WHERE key=?1",
    [BW_STMT_RECORD_FIND] = "SELECT advisory FROM record WHERE source=?1 AND name=?2",
    [BW_STMT_RECORD_SET] = "INSERT OR REPLACE INTO record VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
    [BW_STMT_RECORD_DROP] = "DELETE FROM record WHERE source=?1 AND name=?2",
    [BW_STMT_ADVISORY_FIND] = "SELECT key, modified FROM advisory WHERE id=?1",
    [BW_STMT_ADVISORY_ADD] = "INSERT INTO advisory VALUES(NULL,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,"
                             "?12,0,?13,?14,1)",
    [BW_STMT_ADVISORY_SET] =
        "UPDATE advisory SET id=?2, modified=?3, published=?4, withdrawn=?5, summary=?6,"
        " aliases=?7, cves=?8, severity=?9, severity_from=?10, vector=?11, score=?12, url=?13,"
        " digest=?14 WHERE key=?1",
    [BW_STMT_ADVISORY_COUNT] = "UPDATE advisory SET records=records+?2 WHERE key=?1",
    [BW_STMT_ADVISORY_REFS] = "SELECT records FROM advisory WHERE key=?1",
    [BW_STMT_ADVISORY_DROP] = "DELETE FROM advisory WHERE key=?1",
    [BW_STMT_AFFECTED_ADD] = "INSERT INTO affected VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"
                             "?13)",
    [BW_STMT_AFFECTED_DROP] = "DELETE FROM affected WHERE advisory=?1",
    [BW_STMT_AFFECTED_ECOSYSTEMS] =
        "SELECT DISTINCT e.name FROM affected a JOIN package p ON p.key=a.package"
        " JOIN ecosystem e ON e.key=p.ecosystem WHERE a.advisory=?1",
    [BW_STMT_CVE_ADD] = "INSERT OR IGNORE INTO cve VALUES(?1,?2,?3,?4)",
    [BW_STMT_CVE_DROP] = "DELETE FROM cve WHERE advisory=?1 AND cve IN"
                         " (SELECT value FROM json_each((SELECT cves FROM advisory WHERE key=?1)))",
    [BW_STMT_PACKAGE_FIND] = "SELECT key FROM package WHERE ecosystem=?1 AND name=?2",
    [BW_STMT_PACKAGE_ADD] = "INSERT INTO package VALUES(NULL,?1,?2)",
    [BW_STMT_ECOSYSTEM_ADD] = "INSERT INTO ecosystem VALUES(NULL,?1,?2,0,'')",
    [BW_STMT_KEV_ADD] = "INSERT OR REPLACE INTO kev VALUES(?1,?2,?3)",
    [BW_STMT_EPSS_ADD] = "INSERT OR REPLACE INTO epss VALUES(?1,?2,?3)",
};

int bw_writer_prepare(struct bw_writer *w, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BW_STMT_COUNT; i++)
        rc = bw_sqlite_prepare(w->db, SQL[i], &w->stmts[i], err);
    return rc;
}

void bw_writer_forget(struct bw_writer *w)
{
    for (size_t i = 0; i < BW_STMT_COUNT; i++)
        bw_sqlite_stmt_freep(&w->stmts[i]);
}

static int run_i64(struct bw_writer *w, enum bw_writer_stmt which, int64_t number,
                   struct bw_err *err)
{
    bw_sqlite_bind_i64(w->stmts[which], 1, number);
    return bw_sqlite_run(w->stmts[which], err);
}

/* --- sources --- */

int bw_writer_source(struct bw_writer *w, struct bw_str name, int64_t *ret_key, struct bw_err *err)
{
    struct bw_sqlite_stmt *find = w->stmts[BW_STMT_SOURCE_FIND];
    bw_sqlite_bind_str(find, 1, name);
    int rc = bw_sqlite_step(find, err);
    if (rc < 0)
        return rc;
    if (rc) {
        *ret_key = bw_sqlite_column_i64(find, 0);
        bw_sqlite_reset(find);
        return 0;
    }
    bw_sqlite_bind_str(w->stmts[BW_STMT_SOURCE_ADD], 1, name);
    rc = bw_sqlite_run(w->stmts[BW_STMT_SOURCE_ADD], err);
    if (rc == 0)
        *ret_key = bw_sqlite_last_rowid(w->db);
    return rc;
}

static struct bw_str never_null(struct bw_str text)
{
    return text.p ? text : BW_STR("");
}

int bw_writer_set_source(struct bw_writer *w, int64_t source, const struct bw_source_state *state,
                         struct bw_err *err)
{
    struct bw_sqlite_stmt *set = w->stmts[BW_STMT_SOURCE_SET];
    bw_sqlite_bind_i64(set, 1, source);
    bw_sqlite_bind_str(set, 2, never_null(state->origin));
    bw_sqlite_bind_str(set, 3, never_null(state->sha256));
    bw_sqlite_bind_i64(set, 4, (int64_t)state->size);
    bw_sqlite_bind_str(set, 5, never_null(state->etag));
    bw_sqlite_bind_str(set, 6, never_null(state->list_etag));
    return bw_sqlite_run(set, err);
}

/* --- the content of an advisory --- */

static int drop_content(struct bw_writer *w, int64_t advisory, struct bw_err *err)
{
    struct bw_sqlite_stmt *in = w->stmts[BW_STMT_AFFECTED_ECOSYSTEMS];
    for (size_t i = 0; i < w->ecosystems.n; i++)
        if (w->ecosystems.v[i].stamp == advisory)
            w->ecosystems.v[i].stamp = -1;
    bw_sqlite_bind_i64(in, 1, advisory);
    int rc;
    while ((rc = bw_sqlite_step(in, err)) > 0) {
        const void *at = bw_map_get(&w->ecosystem_at, bw_sqlite_column_str(in, 0));
        if (at)
            bw_writer_count(w, (size_t)(uintptr_t)at - 1, advisory, -1, BW_STR(""));
    }
    for (size_t i = 0; i < w->ecosystems.n; i++)
        if (w->ecosystems.v[i].stamp == advisory)
            w->ecosystems.v[i].stamp = -1;
    if (rc == 0)
        rc = run_i64(w, BW_STMT_AFFECTED_DROP, advisory, err);
    return rc ? rc : run_i64(w, BW_STMT_CVE_DROP, advisory, err);
}

static struct bw_str json_list(struct bw_buf *buf, struct bw_strs list)
{
    bw_buf_clear(buf);
    struct bw_json_writer out = bw_json_writer(buf, false);
    bw_json_begin_array(&out);
    for (size_t i = 0; i < list.n; i++)
        bw_json_put_str(&out, list.v[i]);
    bw_json_end(&out);
    return bw_buf_slice(buf);
}

static void bind_rating(struct bw_sqlite_stmt *stmt, int at, const struct bw_osv_rating *rating)
{
    bw_sqlite_bind_i64(stmt, at, rating->severity);
    bw_sqlite_bind_str(stmt, at + 1, never_null(rating->from));
    bw_sqlite_bind_str(stmt, at + 2, never_null(rating->vector));
    bw_sqlite_bind_i64(stmt, at + 3, rating->score);
}

/* Adds (key 0) or replaces the row of an advisory. */
static int put_row(struct bw_writer *w, int64_t *key, const struct bw_writer_file *file,
                   const struct bw_osv_record *record, struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt = w->stmts[*key ? BW_STMT_ADVISORY_SET : BW_STMT_ADVISORY_ADD];
    bw_sqlite_bind_i64(stmt, 1, *key);
    bw_sqlite_bind_str(stmt, 2, record->id);
    bw_sqlite_bind_str(stmt, 3, record->modified);
    bw_sqlite_bind_str(stmt, 4, never_null(record->published));
    bw_sqlite_bind_str(stmt, 5, never_null(record->withdrawn));
    bw_sqlite_bind_str(stmt, 6, never_null(record->summary));
    bw_sqlite_bind_str(stmt, 7, json_list(&w->list, record->aliases));
    bw_sqlite_bind_str(stmt, 8, json_list(&w->json, record->cves));
    bind_rating(stmt, 9, &record->rating);
    bw_sqlite_bind_str(stmt, 13, never_null(record->url));
    bw_sqlite_bind_blob(stmt, 14, bw_str_n(file->digest, sizeof file->digest));
    if (bw_buf_failed(&w->list) || bw_buf_failed(&w->json))
        return bw_writer_no_memory(err);
    int rc = bw_sqlite_run(stmt, err);
    if (rc == 0 && !*key)
        *key = bw_sqlite_last_rowid(w->db);
    return rc;
}

/* Where an entry is in the middle of being put. */
struct put {
    struct bw_writer *w;
    const struct bw_osv_affected *affected;
    int64_t advisory, package, n;
};

static int put_affected_row(struct put *put, const struct bw_osv_interval *interval,
                            struct bw_str versions, struct bw_err *err)
{
    static const struct bw_osv_interval none = {.introduced = {NULL, 0}};
    struct bw_sqlite_stmt *stmt = put->w->stmts[BW_STMT_AFFECTED_ADD];
    const struct bw_osv_affected *affected = put->affected;
    if (!interval)
        interval = &none;
    bw_sqlite_bind_i64(stmt, 1, put->advisory);
    bw_sqlite_bind_i64(stmt, 2, put->n++);
    bw_sqlite_bind_i64(stmt, 3, put->package);
    bw_sqlite_bind_str(stmt, 4, interval->introduced);
    bw_sqlite_bind_str(stmt, 5, interval->fixed);
    bw_sqlite_bind_str(stmt, 6, interval->last_affected);
    bw_sqlite_bind_str(stmt, 7, interval->limit);
    bw_sqlite_bind_str(stmt, 8, versions);
    bw_sqlite_bind_str(stmt, 9, affected->module);
    if (affected->rating.rung != BW_OSV_UNRATED) {
        bind_rating(stmt, 10, &affected->rating);
    } else {
        for (int at = 10; at <= 13; at++)
            bw_sqlite_bind_null(stmt, at);
    }
    return bw_sqlite_run(stmt, err);
}

static int put_entry(struct put *put, struct bw_str modified, struct bw_err *err)
{
    struct bw_writer *w = put->w;
    const struct bw_osv_affected *affected = put->affected;
    size_t index = 0;
    bw_buf_clear(&w->list);
    bw_language_put_name(&w->list, affected->ecosystem, affected->package);
    int rc = bw_buf_failed(&w->list)
                 ? bw_writer_no_memory(err)
                 : bw_writer_ecosystem_index(w, affected->ecosystem, &index, err);
    if (rc == 0)
        rc = bw_writer_package_key(w, w->ecosystems.v[index].key, bw_buf_slice(&w->list),
                                   &put->package, err);
    if (rc == 0)
        bw_writer_count(w, index, put->advisory, 1, modified);
    for (size_t i = 0; rc == 0 && i < affected->intervals_n; i++)
        rc = put_affected_row(put, &affected->intervals[i], (struct bw_str){NULL, 0}, err);
    if (rc == 0 && affected->versions.n) {
        struct bw_str versions = json_list(&w->json, affected->versions);
        rc = bw_buf_failed(&w->json) ? bw_writer_no_memory(err)
                                     : put_affected_row(put, NULL, versions, err);
    }
    return rc;
}

static int put_cves(struct bw_writer *w, int64_t advisory, const struct bw_osv_record *record,
                    struct bw_err *err)
{
    struct bw_sqlite_stmt *stmt = w->stmts[BW_STMT_CVE_ADD];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < record->cves.n; i++) {
        bw_sqlite_bind_str(stmt, 1, record->cves.v[i]);
        bw_sqlite_bind_i64(stmt, 2, advisory);
        bw_sqlite_bind_i64(stmt, 3, record->rating.severity);
        bw_sqlite_bind_i64(stmt, 4, record->rating.score);
        rc = bw_sqlite_run(stmt, err);
    }
    return rc;
}

static int put_content(struct bw_writer *w, int64_t *key, const struct bw_writer_file *file,
                       const struct bw_osv_record *record, struct bw_err *err)
{
    int rc = *key ? drop_content(w, *key, err) : 0;
    if (rc == 0)
        rc = put_row(w, key, file, record, err);
    if (rc || record->withdrawn.n)
        return rc;
    rc = put_cves(w, *key, record, err);
    struct put put = {.w = w, .advisory = *key};
    for (size_t i = 0; rc == 0 && i < record->affected_n; i++) {
        put.affected = &record->affected[i];
        rc = put_entry(&put, record->modified, err);
    }
    return rc;
}

/* --- files --- */

static int set_record(struct bw_writer *w, const struct bw_writer_file *file,
                      enum bw_store_state state, int64_t advisory, struct bw_str why,
                      struct bw_err *err)
{
    struct bw_sqlite_stmt *set = w->stmts[BW_STMT_RECORD_SET];
    bw_sqlite_bind_i64(set, 1, file->source);
    bw_sqlite_bind_str(set, 2, file->name);
    bw_sqlite_bind_i64(set, 3, file->crc32);
    bw_sqlite_bind_i64(set, 4, (int64_t)file->size);
    bw_sqlite_bind_str(set, 5, never_null(file->modified));
    bw_sqlite_bind_i64(set, 6, state);
    if (advisory)
        bw_sqlite_bind_i64(set, 7, advisory);
    else
        bw_sqlite_bind_null(set, 7);
    bw_sqlite_bind_str(set, 8, why);
    return bw_sqlite_run(set, err);
}

static int release(struct bw_writer *w, int64_t advisory, struct bw_err *err)
{
    int64_t refs;
    int rc = bw_writer_find_i64(w, BW_STMT_ADVISORY_REFS, advisory, (struct bw_str){NULL, 0}, &refs,
                                err);
    if (rc)
        return rc;
    if (refs > 1) {
        bw_sqlite_bind_i64(w->stmts[BW_STMT_ADVISORY_COUNT], 2, -1);
        return run_i64(w, BW_STMT_ADVISORY_COUNT, advisory, err);
    }
    rc = drop_content(w, advisory, err);
    return rc ? rc : run_i64(w, BW_STMT_ADVISORY_DROP, advisory, err);
}

/* The advisory of an id, 0 for none, and whether its content is newer than `modified`. */
static int find_advisory(struct bw_writer *w, struct bw_str id, struct bw_str modified,
                         int64_t *ret_key, bool *ret_newer, struct bw_err *err)
{
    struct bw_sqlite_stmt *find = w->stmts[BW_STMT_ADVISORY_FIND];
    bw_sqlite_bind_str(find, 1, id);
    int rc = bw_sqlite_step(find, err);
    if (rc < 0)
        return rc;
    *ret_key = rc ? bw_sqlite_column_i64(find, 0) : 0;
    *ret_newer = rc && bw_str_cmp(bw_sqlite_column_str(find, 1), modified) > 0;
    bw_sqlite_reset(find);
    return 0;
}

int bw_writer_put(struct bw_writer *w, const struct bw_writer_file *file,
                  const struct bw_osv_record *record, struct bw_err *err)
{
    int64_t before = 0, key = 0, refs = 0;
    bool newer = false;
    int rc = w->fresh && w->in_memory ? 0
                                      : bw_writer_find_i64(w, BW_STMT_RECORD_FIND, file->source,
                                                           file->name, &before, err);
    if (rc == 0)
        rc = find_advisory(w, record->id, record->modified, &key, &newer, err);
    if (rc == 0 && before && before != key)
        rc = release(w, before, err);
    if (rc == 0 && key && before != key) {
        bw_sqlite_bind_i64(w->stmts[BW_STMT_ADVISORY_COUNT], 2, 1);
        rc = run_i64(w, BW_STMT_ADVISORY_COUNT, key, err);
    }
    if (rc == 0 && newer)
        rc =
            bw_writer_find_i64(w, BW_STMT_ADVISORY_REFS, key, (struct bw_str){NULL, 0}, &refs, err);
    if (rc == 0 && !(newer && refs > 1))
        rc = put_content(w, &key, file, record, err);
    return rc ? rc : set_record(w, file, BW_STORE_ADVISORY, key, (struct bw_str){NULL, 0}, err);
}

static int put_without_advisory(struct bw_writer *w, const struct bw_writer_file *file,
                                enum bw_store_state state, struct bw_str why, struct bw_err *err)
{
    int64_t before = 0;
    int rc = bw_writer_find_i64(w, BW_STMT_RECORD_FIND, file->source, file->name, &before, err);
    if (rc == 0 && before)
        rc = release(w, before, err);
    return rc ? rc : set_record(w, file, state, 0, why, err);
}

int bw_writer_put_left_out(struct bw_writer *w, const struct bw_writer_file *file,
                           struct bw_err *err)
{
    return put_without_advisory(w, file, BW_STORE_LEFT_OUT, (struct bw_str){NULL, 0}, err);
}

int bw_writer_put_unreadable(struct bw_writer *w, const struct bw_writer_file *file,
                             const char *why, struct bw_err *err)
{
    return put_without_advisory(w, file, BW_STORE_UNREADABLE, bw_str(why), err);
}

int bw_writer_drop(struct bw_writer *w, int64_t source, struct bw_str name, struct bw_err *err)
{
    int64_t before = 0;
    int rc = bw_writer_find_i64(w, BW_STMT_RECORD_FIND, source, name, &before, err);
    if (rc == 0 && before)
        rc = release(w, before, err);
    if (rc)
        return rc;
    bw_sqlite_bind_i64(w->stmts[BW_STMT_RECORD_DROP], 1, source);
    bw_sqlite_bind_str(w->stmts[BW_STMT_RECORD_DROP], 2, name);
    return bw_sqlite_run(w->stmts[BW_STMT_RECORD_DROP], err);
}

int bw_writer_clear_kev(struct bw_writer *w, struct bw_err *err)
{
    return bw_sqlite_exec(w->db, "DELETE FROM kev", err);
}

int bw_writer_put_kev(struct bw_writer *w, struct bw_str cve, struct bw_str added, bool ransomware,
                      struct bw_err *err)
{
    struct bw_sqlite_stmt *add = w->stmts[BW_STMT_KEV_ADD];
    bw_sqlite_bind_str(add, 1, cve);
    bw_sqlite_bind_str(add, 2, never_null(added));
    bw_sqlite_bind_i64(add, 3, ransomware);
    return bw_sqlite_run(add, err);
}

int bw_writer_clear_epss(struct bw_writer *w, struct bw_str date, struct bw_err *err)
{
    int rc = bw_store_set_meta(w->db, "epss_date", never_null(date), err);
    return rc ? rc : bw_sqlite_exec(w->db, "DELETE FROM epss", err);
}

int bw_writer_put_epss(struct bw_writer *w, struct bw_str cve, int score, int percentile,
                       struct bw_err *err)
{
    struct bw_sqlite_stmt *add = w->stmts[BW_STMT_EPSS_ADD];
    bw_sqlite_bind_str(add, 1, cve);
    bw_sqlite_bind_i64(add, 2, score);
    bw_sqlite_bind_i64(add, 3, percentile);
    return bw_sqlite_run(add, err);
}

int bw_writer_set_builtin(struct bw_writer *w, struct bw_err *err)
{
    return bw_store_set_meta(w->db, "builtin", BW_STR("1"), err);
}
