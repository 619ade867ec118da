#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "know/store-state.h"
#include "wrap/sha256.h"

/* --- rung 3 of the severity ladder --- */

/*
 * best: of each CVE the rating to believe, and whose it is: a score before a vendor's word, a
 * record of this CVE alone before an erratum of several (which is as bad as its worst), then the
 * worst; among equals the greatest id, so that the choice depends on the content alone and not on
 * the order of the imports. pick: for each unrated advisory the worst of its CVEs' best.
 */
static const char BORROW[] =
    "CREATE TEMP TABLE best(cve TEXT PRIMARY KEY, mark TEXT, advisory INTEGER, worth TEXT)"
    " WITHOUT ROWID;"
    "INSERT INTO temp.best SELECT c.cve,"
    "  max(printf('%d%d%d%04d%s', c.score >= 0, json_array_length(a.cves) = 1, c.severity,"
    "   c.score + 1, a.id)), c.advisory, printf('%d%04d%s', c.severity, c.score + 1, a.id)"
    " FROM cve c JOIN advisory a ON a.key = c.advisory WHERE c.severity > 0 GROUP BY c.cve;"
    "CREATE TEMP TABLE pick(advisory INTEGER PRIMARY KEY, mark TEXT, cve TEXT, lender INTEGER);"
    "INSERT INTO temp.pick SELECT c.advisory, max(b.worth || c.cve), c.cve, b.advisory"
    " FROM cve c JOIN temp.best b ON b.cve = c.cve WHERE c.severity = 0 GROUP BY c.advisory;"
    "UPDATE advisory SET severity = 0, severity_from = '', vector = '', score = -1"
    " WHERE severity_from LIKE 'CVE-%' AND key NOT IN (SELECT advisory FROM temp.pick);"
    "UPDATE advisory SET severity = l.severity, vector = l.vector, score = l.score,"
    "  severity_from = p.cve || ' in ' || l.ecosystem"
    " FROM temp.pick p JOIN (SELECT a.key, a.severity, a.vector, a.score, coalesce("
    "   (SELECT e.base FROM affected f JOIN package k ON k.key = f.package"
    "    JOIN ecosystem e ON e.key = k.ecosystem WHERE f.advisory = a.key LIMIT 1), a.id)"
    "   AS ecosystem FROM advisory a WHERE a.key IN (SELECT lender FROM temp.pick)) l"
    "  ON l.key = p.lender WHERE advisory.key = p.advisory;"
    "DROP TABLE temp.best; DROP TABLE temp.pick;";

static const char MARK_EXPLOITED[] = "UPDATE advisory SET kev = 0 WHERE kev <> 0;"
                                     "UPDATE advisory SET kev = 1 WHERE key IN"
                                     " (SELECT c.advisory FROM kev k JOIN cve c ON c.cve = k.cve);";

/* --- counts --- */

static int store_ecosystems(struct bw_writer *w, struct bw_err *err)
{
    struct bw_sqlite_stmt *set BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(w->db, "UPDATE ecosystem SET records=?2, newest=?3 WHERE key=?1",
                               &set, err);
    for (size_t i = 0; rc == 0 && i < w->ecosystems.n; i++) {
        const struct bw_writer_ecosystem *eco = &w->ecosystems.v[i];
        if (!eco->dirty)
            continue;
        bw_sqlite_bind_i64(set, 1, eco->key);
        bw_sqlite_bind_i64(set, 2, eco->records);
        bw_sqlite_bind_str(set, 3, bw_str(eco->newest));
        rc = bw_sqlite_run(set, err);
    }
    return rc;
}

static const char COUNTS[] =
    "INSERT OR REPLACE INTO meta SELECT 'records', CAST(count(*) AS TEXT) FROM advisory;"
    "INSERT OR REPLACE INTO meta SELECT 'withdrawn', CAST(count(*) AS TEXT) FROM advisory"
    " WHERE withdrawn <> '';"
    "INSERT OR REPLACE INTO meta SELECT 'newest', coalesce(max(modified), '') FROM advisory;"
    "INSERT OR REPLACE INTO meta SELECT 'left_out', CAST(count(*) AS TEXT) FROM record"
    " WHERE state = 1;"
    "INSERT OR REPLACE INTO meta SELECT 'unreadable', CAST(count(*) AS TEXT) FROM record"
    " WHERE state = 2;"
    "INSERT OR REPLACE INTO meta SELECT 'kev', CAST(count(*) AS TEXT) FROM kev;"
    "INSERT OR REPLACE INTO meta SELECT 'epss', CAST(count(*) AS TEXT) FROM epss;";

/* --- digest --- */

static void hash_text(struct bw_sha256 *sha, struct bw_str text)
{
    /* The length in front keeps ("ab", "c") from ("a", "bc"). */
    char length[24];
    bw_sha256_update(sha, length, (size_t)snprintf(length, sizeof length, "%zu:", text.n));
    bw_sha256_update(sha, text.p, text.n);
}

static int hash_rows(struct bw_writer *w, struct bw_sha256 *sha, const char *sql,
                     struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(w->db, sql, &rows, err);
    while (rc == 0 && (rc = bw_sqlite_step(rows, err)) > 0) {
        hash_text(sha, bw_sqlite_column_str(rows, 0));
        hash_text(sha, bw_sqlite_column_str(rows, 1));
        rc = 0;
    }
    return rc;
}

static int store_digest(struct bw_writer *w, struct bw_err *err)
{
    struct bw_sha256 *sha BW_CLEANUP(bw_sha256_freep) = bw_sha256_new();
    if (!sha)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    char head[32];
    snprintf(head, sizeof head, "bulwark advisories %d", BW_STORE_SCHEMA);
    hash_text(sha, bw_str(head));
    int rc = hash_rows(w, sha, "SELECT id, digest FROM advisory ORDER BY id", err);
    if (rc == 0)
        rc = hash_rows(w, sha, "SELECT cve, CAST(ransomware AS TEXT) FROM kev ORDER BY cve", err);
    if (rc == 0)
        rc =
            hash_rows(w, sha, "SELECT cve, score || '/' || percentile FROM epss ORDER BY cve", err);
    if (rc)
        return rc;
    uint8_t digest[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE];
    if (bw_sha256_final(sha, digest))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    bw_sha256_hex(digest, hex);
    return bw_store_set_meta(w->db, "digest", bw_str(hex), err);
}

int bw_writer_settle(struct bw_writer *w, struct bw_err *err)
{
    char now[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(bw_clock_wall(), now);
    int rc = bw_sqlite_exec(w->db, BORROW, err);
    if (rc == 0)
        rc = bw_sqlite_exec(w->db, MARK_EXPLOITED, err);
    if (rc == 0)
        rc = store_ecosystems(w, err);
    if (rc == 0)
        rc = bw_sqlite_exec(w->db, COUNTS, err);
    if (rc == 0)
        rc = store_digest(w, err);
    if (rc == 0)
        rc = bw_store_set_meta(w->db, "imported", bw_str(now), err);
    return rc;
}
