/*
 * osv.h: one advisory in OSV JSON (OSV schema 1.7), as the store keeps it.
 *
 * bw_osv_parse is a pure function from bytes to a record, so that it can run in a sandboxed worker.
 * The bytes may be hostile. Unknown members are ignored; a member that is used and is of the wrong
 * type, of hostile length or given twice makes the whole record unreadable (BW_EFORMAT, BW_ELIMIT),
 * because half a record would read as "not vulnerable".
 *
 * Severity. A record, and each of its affected entries, is rated by the first rung that holds:
 *   1. a CVSS vector in `severity`, of the highest version given (4.0, 3.1, 3.0, 2.0), and of
 *      several of that version the highest score; vectors that do not parse are passed over;
 *   2. the vendor's own rating: the word before ':' in the summary of AlmaLinux, Rocky Linux, Red
 *      Hat and Oracle errata ("Important: bcel security update"), a severity of type "Ubuntu", and
 *      `severity`, `urgency` or `ubuntu_priority` in ecosystem_specific or database_specific. A
 *      word that only says that nobody looked yet ("not yet assigned") is no rating.
 * A record that calls the package itself malware (ids "MAL-...") is CRITICAL, and no rung asked.
 * Within a rung the entry's own rating stands before the record's. Rung 3 (the same CVE in another
 * record) needs the whole store: see store.h. What no rung rates is UNKNOWN.
 */
#ifndef BW_KNOW_OSV_H
#define BW_KNOW_OSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "model/package.h"
#include "model/severity.h"
#include "wrap/json.h"

/* Limits of one record. */
#define BW_OSV_TEXT_MAX     ((size_t)32 << 20) /* bytes of JSON */
#define BW_OSV_ID_MAX       128                /* bytes of an id */
#define BW_OSV_NAME_MAX     512                /* of a package or ecosystem name */
#define BW_OSV_VERSION_MAX  1024               /* of a version */
#define BW_OSV_AFFECTED_MAX 100000             /* affected entries */
#define BW_OSV_RANGES_MAX   20000              /* ranges of an entry, and events of a range */
#define BW_OSV_VERSIONS_MAX 200000             /* enumerated versions of an entry */
#define BW_OSV_IDS_MAX      20000              /* aliases, upstream, related: each */
#define BW_OSV_SUMMARY_MAX  300                /* a summary is cut at this many bytes */

/* What rates a record of a malicious package. */
#define BW_OSV_MALICIOUS "malicious"

enum bw_osv_rung {
    BW_OSV_UNRATED,
    BW_OSV_VENDOR,
    BW_OSV_CVSS,
};

struct bw_osv_rating {
    enum bw_osv_rung rung;
    enum bw_severity severity;
    struct bw_str from;   /* "cvss:3.1", "vendor", BW_OSV_MALICIOUS; empty for UNRATED */
    struct bw_str vector; /* of CVSS */
    int score;            /* tenths; -1 without */
};

/* Vulnerable are the versions v with introduced <= v, v < fixed, v <= last_affected, v < limit. A
 * bound that is not there has p NULL; introduced always is, "0" being the start of everything. */
struct bw_osv_interval {
    struct bw_str introduced, fixed, last_affected, limit;
};

struct bw_osv_affected {
    struct bw_str ecosystem; /* "Debian:12" */
    struct bw_str package;
    struct bw_osv_interval *intervals;
    size_t intervals_n;
    struct bw_strs versions; /* vulnerable, and in none of the intervals */
    /* Streams of a module, blank-separated ("virt:rhel virt-devel:rhel"), "*" for a modular build
     * of unknown stream, empty for what is no modular build. */
    struct bw_str module;
    struct bw_osv_rating rating; /* its own; UNRATED where only the record is rated */
};

struct bw_osv_record {
    struct bw_str id;
    struct bw_str modified, published; /* RFC 3339; published may be empty */
    struct bw_str withdrawn;           /* empty where it stands */
    struct bw_str summary;             /* one line, may be empty */
    struct bw_str url;                 /* the first ADVISORY, else the first WEB reference */
    struct bw_strs aliases;
    struct bw_strs cves; /* every CVE id of id, aliases, upstream, related; sorted, each once */
    struct bw_osv_rating rating;
    struct bw_osv_affected *affected;
    size_t affected_n;
    /* An erratum that is no security matter: bug fixes and enhancements of AlmaLinux (ALBA-, ALEA-)
     * always, those of Rocky Linux, Red Hat and SUSE where they name no CVE, and RustSec's notes
     * that a crate is unmaintained. */
    bool left_out;
};

/*
 * Reads one record. All slices of it live in the arena. pool may be NULL. Only id, modified and
 * left_out are filled for a record that is left out. A record whose ranges are all GIT has no
 * intervals, and affects nothing by version.
 */
int bw_osv_parse(struct bw_str json, struct bw_json_pool *pool, struct bw_arena *arena,
                 struct bw_osv_record *ret_record, struct bw_err *err) BW_MUST_USE;

/* True for "CVE-", four digits, "-", four to nineteen digits. */
bool bw_osv_is_cve(struct bw_str id);

/* True for an id that may stand in a path, a URL and on a terminal: 1 to BW_OSV_ID_MAX printable
 * ASCII bytes without blanks, '/', '\\', and not beginning with '.'. */
bool bw_osv_is_id(struct bw_str id);

#endif
