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

/* --- the packages of one distribution --- */

struct bw_matcher;

enum bw_coverage {
    BW_COVERAGE_THERE,          /* the store has advisories for this release */
    BW_COVERAGE_UNSUPPORTED,    /* no source has any, or the distribution is not known */
    BW_COVERAGE_NOT_IMPORTED,   /* the store has none for the distribution */
    BW_COVERAGE_RELEASE_ABSENT, /* it has some, and none for this release */
};

/* Never fails for what the distribution is: the coverage says it. What the matcher hands out lives
 * in the arena, which outlives it. */
int bw_matcher_new(struct bw_know *know, const struct bw_distribution *distribution,
                   struct bw_arena *arena, struct bw_matcher **ret_matcher,
                   struct bw_err *err) BW_MUST_USE;
void bw_matcher_free(struct bw_matcher *matcher);   /* takes NULL */
void bw_matcher_freep(struct bw_matcher **matcher); /* for BW_CLEANUP */

/* *ret_why (may be NULL): for the gap of anything but THERE, with the remedy; lives in the arena.
 */
enum bw_coverage bw_matcher_coverage(const struct bw_matcher *matcher, struct bw_str *ret_why);

/* The ecosystem asked: "Debian:12", or empty where UNSUPPORTED. */
struct bw_str bw_matcher_ecosystem(const struct bw_matcher *matcher);

/* When the newest advisory of that ecosystem was modified: wall time, 0 where it is not known. */
int64_t bw_matcher_newest(const struct bw_matcher *matcher);

/* False for packages that the distribution's advisories are not about: a deb in an Alpine image. */
bool bw_matcher_handles(const struct bw_matcher *matcher, enum bw_package_type type);

struct bw_match {
    const struct bw_advisory *advisory; /* the same pointer for the same advisory, unless this
                                           package is rated otherwise than the advisory */
    enum bw_severity severity;
    struct bw_str fixed_version; /* the lowest that fixes; empty where none is known */
};

/*
 * Calls `each` once for every advisory that the installed version is vulnerable to. Non-zero from
 * `each` stops and is returned. Nothing without coverage or for a type that is not handled.
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
 * advisory matches where any of its entries does (OSV schema, "Evaluation").
 */
int bw_matcher_match(struct bw_matcher *matcher, const struct bw_package *package,
                     int (*each)(void *ctx, const struct bw_match *match), void *ctx,
                     struct bw_err *err) BW_MUST_USE;

#endif
