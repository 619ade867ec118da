/*
 * advisories.h: asking the advisory store: the one header of know/ that checks may include.
 *
 * A snapshot is a store as it was when it was opened: an import that finishes later does not change
 * it. Opening is cheap (no scan of the file). A snapshot and its matchers belong to one thread; any
 * number of snapshots may be open.
 */
#ifndef BW_KNOW_ADVISORIES_H
#define BW_KNOW_ADVISORIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "model/distribution.h"
#include "model/finding.h"
#include "model/package.h"
#include "model/report.h"
#include "model/severity.h"

struct bw_know;

/* path NULL: the place of store.h. BW_ENOENT where there is no store: the message says how to get
 * one; the caller may then take the built-in set. BW_EFORMAT, BW_EUNSUPPORTED: damaged, or of
 * another version. */
int bw_know_open(const char *path, struct bw_know **ret_know, struct bw_err *err) BW_MUST_USE;

/* The small set inside the program: see builtin.h. */
int bw_know_open_builtin(struct bw_know **ret_know, struct bw_err *err) BW_MUST_USE;

void bw_know_close(struct bw_know *know);   /* takes NULL; its matchers are freed before */
void bw_know_closep(struct bw_know **know); /* for BW_CLEANUP */

/* What the store is; ecosystems are the sums ("Debian", not "Debian:12"). */
int bw_know_info(struct bw_know *know, struct bw_arena *arena, struct bw_database_info *ret_info,
                 struct bw_err *err) BW_MUST_USE;

/* How many records of its sources could not be read: not 0 is a note gap of every scan. */
int bw_know_unreadable(struct bw_know *know, uint64_t *ret_count, struct bw_err *err) BW_MUST_USE;

/* --- packages against advisories --- */

/*
 * A matcher serves a whole run, any number of subjects, and remembers what it found: a package that
 * fifty images have is looked up once. Packages of an operating system are compared with the
 * advisories of their distribution, packages of languages, and programs that no package manager put
 * in, with those of their own ecosystem.
 */
struct bw_matcher;

enum bw_coverage {
    BW_COVERAGE_THERE,          /* the store has advisories for this ecosystem, this release */
    BW_COVERAGE_UNSUPPORTED,    /* no source has any, or the distribution is not known */
    BW_COVERAGE_NOT_IMPORTED,   /* the store has none */
    BW_COVERAGE_RELEASE_ABSENT, /* it has some of the distribution, and none for this release */
};

/* What can be said of the packages of one type. Slices live in the matcher's arena. */
struct bw_covering {
    enum bw_coverage coverage;
    struct bw_str ecosystem; /* "Debian:12", "npm"; empty where UNSUPPORTED */
    struct bw_str why;       /* for the gap of anything but THERE, with the remedy */
    int64_t newest; /* when the newest of these advisories was modified: wall time, 0: not known */
};

/* What the matcher hands out lives in the arena, which outlives it. */
int bw_matcher_new(struct bw_know *know, struct bw_arena *arena, struct bw_matcher **ret_matcher,
                   struct bw_err *err) BW_MUST_USE;
void bw_matcher_free(struct bw_matcher *matcher);   /* takes NULL */
void bw_matcher_freep(struct bw_matcher **matcher); /* for BW_CLEANUP */

/* Whose packages of an operating system come next. Never fails for what the distribution is: the
 * coverage says it. Called before the first such package, and for every subject. */
int bw_matcher_set_distribution(struct bw_matcher *matcher,
                                const struct bw_distribution *distribution,
                                struct bw_err *err) BW_MUST_USE;

/* The coverage of a type of packages: a deb in an Alpine image is UNSUPPORTED. */
int bw_matcher_covering(struct bw_matcher *matcher, enum bw_package_type type,
                        struct bw_covering *ret_covering, struct bw_err *err) BW_MUST_USE;

/*
 * A vulnerability that an installed version has. For an operating system each advisory is one: an
 * erratum (DSA, ALSA) has its own id, and may speak of several CVEs. For the other ecosystems the
 * records that name each other, by id or alias (GHSA, PYSEC, GO, RUSTSEC, BIT), are one
 * vulnerability.
 */
struct bw_match {
    struct bw_str id; /* the advisory's; of several records: MAL-, else CVE-, else GHSA-, else the
                         first by bytes */
    const struct bw_advisory *advisory; /* that rates it: of the records with the best rung of the
                                           severity ladder (store.h) the worst, then a GHSA, then
                                           the first by id; with the CVEs of the others. The same
                                           pointer for the same advisory, unless this package is
                                           rated otherwise or the others add something */
    const struct bw_advisory *const *others; /* the other records, by id */
    size_t others_n;
    enum bw_severity severity;
    struct bw_str fixed_version; /* the lowest that fixes: of a language, outside of every range of
                                    every record that knows a fix; empty where none is known */
    int epss_millionths, epss_percentile_millionths; /* the highest of its CVEs; -1: not known */
    bool kev, ransomware;                            /* CISA lists one of its CVEs */
    bool malicious;                                  /* the package itself is malware */
};

/*
 * Every vulnerability of the installed version; the list lives in the arena. Nothing without
 * coverage, and for a version that is none (see bw_matcher_has_version).
 *
 * Debian, Ubuntu and Alpine are matched by the source package and its version; AlmaLinux by the
 * package; where advisories name now the one and now the other, by both (an rpm's source version
 * then gets the package's epoch, since the name of a source package does not say it).
 *
 * An rpm of a module stream is matched by advisories for that stream only, and any other rpm by
 * advisories that are not for modules. A modular build whose advisory, or whose package, does not
 * say the stream matches every stream. A module's rpm whose version is one that the advisory itself
 * calls fixed is fixed, though another build of the same erratum has a higher version. On Ubuntu a
 * version at or above the fix of Ubuntu Pro is fixed, though the release itself has no fix. Else an
 * advisory matches where any of its entries does (OSV schema, "Evaluation"). What an advisory says
 * of the symbols or platforms that are affected (ecosystem_specific) is not looked at.
 */
int bw_matcher_match(struct bw_matcher *matcher, const struct bw_package *package,
                     const struct bw_match **ret_matches, size_t *ret_n,
                     struct bw_err *err) BW_MUST_USE;

/* "npm", "PyPI"; "deb", "rpm": how a person calls packages of a type. Never NULL. */
const char *bw_matcher_type_name(enum bw_package_type type);

/* False where a package of a language says no version that could be compared: "(devel)". */
bool bw_matcher_has_version(const struct bw_package *package);

#endif
