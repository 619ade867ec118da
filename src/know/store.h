/*
 * store.h: the advisory store: one SQLite file, and what is in it.
 *
 * Place: $BULWARK_DB, else for root /var/lib/bulwark/advisories.db, else
 * $XDG_DATA_HOME/bulwark/advisories.db, else ~/.local/share/bulwark/advisories.db.
 *
 * The file is never changed: a writer (store-writer.h) builds the next one beside it and renames it
 * into place, so that any number of readers may have it open without locks. Anybody may query it:
 *     sqlite3 'file:advisories.db?immutable=1' "SELECT id, cves FROM advisory WHERE kev LIMIT 5"
 *
 * Schema 2 (PRAGMA user_version; PRAGMA application_id is 0x62776b31, "bwk1"):
 *
 *   meta(key, value)       'digest' (hex SHA-256 of the content: equal digests give equal
 *                          findings), 'imported' and 'newest' (RFC 3339; newest is the latest
 *                          advisory.modified), 'records', 'withdrawn', 'left_out', 'unreadable',
 *                          'kev', 'epss' (counts), 'epss_date' (of the scores, as their list says),
 *                          'builtin' ('1' for the set inside the program), 'checksum' (only in an
 *                          export)
 *   severity(rank, name)   0 unknown, 1 negligible, 2 low, 3 medium, 4 high, 5 critical
 *   source(key, name, origin, sha256, size, etag, list_etag, imported)
 *                          what was imported: name is an ecosystem of the bucket ("Debian"), a path
 *                          or a URL; origin is where it last came from; sha256 and size are those
 *                          of its file, empty and 0 where it came in pieces
 *   record(source, name, crc32, size, modified, state, advisory, why)
 *                          a file of a source. state 0: advisory is its row; 1: left out, an
 *                          erratum without security matter; 2: unreadable, and why
 *   ecosystem(key, name, base, records, newest)
 *                          "Debian:12" and, as a sum, "Debian"; base is "Debian" for both; records
 *                          counts advisories, each once
 *   advisory(key, id, modified, published, withdrawn, summary, aliases, cves, severity,
 *            severity_from, vector, score, kev, url, digest, records)
 *                          aliases is a JSON array; cves is the JSON array of the union of the ids
 *                          in id, aliases, upstream and related that are CVE ids. severity is a
 *                          severity.rank; severity_from is 'cvss:3.1' and the like, 'vendor',
 *                          'malicious' (a record that calls the package itself malware),
 *                          'CVE-2023-0464 in Bitnami' (the ladder is stated below) or ''.
 *                          vector and score (tenths, -1 for none) are those that rated it. kev
 *                          is 1 where CISA lists one of cves. withdrawn is '' for a standing
 *                          advisory; a withdrawn one affects nothing. records counts the rows
 *                          of record that give it
 *   package(key, ecosystem, name)
 *                          name as the ecosystem compares names (language.h): "flask-login" for
 *                          PyPI's "Flask_Login"
 *   affected(advisory, n, package, introduced, fixed, last_affected, before, versions,
 *            module, severity, severity_from, vector, score)
 *                          an interval of vulnerable versions (introduced <= v < fixed, v <=
 *                          last_affected, v < before, in the order of the ecosystem; NULL is no
 *                          bound; introduced '0' is the start of everything), or, with
 *                          introduced NULL, a JSON array of vulnerable versions. module:
 *                          streams of a modular rpm, blank-separated, '*' for unknown streams,
 *                          NULL for others. severity and the three after it: where this package
 *                          is rated otherwise than the advisory, else NULL
 *   cve(cve, advisory, severity, score)
 *                          advisories by CVE, with their own rating (rungs 1 and 2), 0 for none
 *   kev(cve, added, ransomware)
 *                          CISA's Known Exploited Vulnerabilities
 *   epss(cve, score, percentile)
 *                          FIRST's Exploit Prediction Scoring System, in millionths
 *
 * The severity ladder: 1. a CVSS vector, 2. the vendor's own rating (both of the record, osv.h),
 * 3. what the other records of the store say by rungs 1 and 2 of the advisory's CVEs, and of
 * several CVEs the worst (severity_from says which CVE, and from which ecosystem). Of several
 * records for one CVE a score stands before a vendor's word, a record of that CVE alone before an
 * erratum of several, whose rating is that of its worst, and then the worst. 4. UNKNOWN.
 */
#ifndef BW_KNOW_STORE_H
#define BW_KNOW_STORE_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "wrap/sqlite.h"

#define BW_STORE_APPLICATION_ID 0x62776b31
#define BW_STORE_SCHEMA         2

enum bw_store_state {
    BW_STORE_ADVISORY = 0,
    BW_STORE_LEFT_OUT = 1,
    BW_STORE_UNREADABLE = 2,
};

/* The place named above; free(3) it. BW_EUSAGE where there is no home directory to put it in. */
int bw_store_default_path(char **ret_path, struct bw_err *err) BW_MUST_USE;

/* Opens an existing store for reading. BW_ENOENT where there is none, BW_EFORMAT where the file is
 * something else or damaged, BW_EUNSUPPORTED where another schema made it; the messages say what to
 * do. */
int bw_store_open(const char *path, struct bw_sqlite **ret_db, struct bw_err *err) BW_MUST_USE;

/* Makes the tables of an empty database; its indexes apart, since a bulk load is faster without. */
int bw_store_create_tables(struct bw_sqlite *db, struct bw_err *err) BW_MUST_USE;
int bw_store_create_indexes(struct bw_sqlite *db, struct bw_err *err) BW_MUST_USE;

/* One integer, one text by a query with one text parameter; 0 and the empty text where there is no
 * row. *ret_text is free(3)d by the caller. */
int bw_store_get_i64(struct bw_sqlite *db, const char *sql, struct bw_str parameter,
                     int64_t *ret_value, struct bw_err *err) BW_MUST_USE;
int bw_store_get_text(struct bw_sqlite *db, const char *sql, struct bw_str parameter,
                      char **ret_text, struct bw_err *err) BW_MUST_USE;

int bw_store_set_meta(struct bw_sqlite *db, const char *key, struct bw_str value,
                      struct bw_err *err) BW_MUST_USE;

/* Compares the schema with this build's own, text by text: a store from elsewhere may have views
 * and triggers of its maker's choice. BW_EFORMAT. */
int bw_store_check_schema(struct bw_sqlite *db, struct bw_err *err) BW_MUST_USE;

#endif
