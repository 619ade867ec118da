/*
 * waiver.h: findings that somebody has looked at and lets stand: ignore files and VEX.
 *
 * What is read, told apart by its content:
 *   - our own ignore file, YAML: a list of entries with `id` and `reason`, and where wanted
 * `owner`, `expires` (a date: the last day on which it holds), `paths`, `packages` (names or
 * package URLs), `kind` (vulnerability, secret, file, licence, policy);
 *   - .trivyignore: an id a line, "exp:YYYY-MM-DD" behind it; comments begin with '#';
 *   - .trivyignore.yaml: vulnerabilities, misconfigurations, secrets, licenses with id, paths,
 * purls, statement, expired_at;
 *   - VEX: OpenVEX 0.2.0, CycloneDX 1.4 to 1.6 (vulnerabilities with an analysis), CSAF 2.0. The
 *     statuses not_affected and fixed waive; affected and under_investigation do not.
 *
 * A waiver is for a finding when one of its ids is the finding's, one of the other names of the
 * same vulnerability or policy, or its fingerprint; and when each of paths, packages and products
 * that it has is met. Package URLs are compared part by part: a version or qualifier that the
 * waiver does not name is any. What a VEX document says of a product or a part of one that has no
 * package URL is passed over: it might be said of another.
 */
#ifndef BW_DECIDE_WAIVER_H
#define BW_DECIDE_WAIVER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/report.h"

/* Bytes of a file, and rules of all files. */
#define BW_WAIVER_FILE_MAX  ((size_t)64 << 20)
#define BW_WAIVER_RULES_MAX 2000000u

struct bw_waiver_rule {
    struct bw_waiver waiver;
    struct bw_strs ids;
    struct bw_strs paths;    /* patterns: bw_waiver_path_matches */
    struct bw_strs packages; /* names, or package URLs */
    struct bw_strs products; /* package URLs or identifiers of what was examined; a package of a
                                component, too */
    int kind;                /* enum bw_finding_kind, or -1 for any */
};

struct bw_waivers {
    struct bw_arena *arena;
    BW_VEC(struct bw_waiver_rule);
};

/* Everything lives in the arena but the list itself, which bw_waivers_free frees. */
struct bw_waivers bw_waivers(struct bw_arena *arena);
void bw_waivers_free(struct bw_waivers *waivers); /* also for BW_CLEANUP */

/* Reads a file's bytes. BW_EFORMAT names the line or member that is wrong: a waiver that is half
 * understood would hide what nobody has looked at. BW_ELIMIT, BW_ENOMEM. */
int bw_waivers_read(struct bw_waivers *waivers, struct bw_str file, struct bw_str bytes,
                    struct bw_err *err) BW_MUST_USE;

/* Gives each finding that has none the first waiver that is for it and has not expired at `now`
 * (wall time), and counts those that have one in report->waived. `expired` is called once for each
 * rule that would have been for a finding and has expired; may be NULL. */
int bw_waivers_apply(const struct bw_waivers *waivers, struct bw_report *report, int64_t now,
                     void (*expired)(void *ctx, const struct bw_waiver_rule *rule), void *ctx,
                     struct bw_err *err) BW_MUST_USE;

/* Whether a package URL is meant by another that may leave out version and qualifiers. */
bool bw_purl_matches(struct bw_str pattern, struct bw_str purl);

/* Whether a path fits a pattern of a waiver: '*' is anything but '/', '?' one byte but '/', "**"
 * anything, and "**" with a '/' behind it any directories, none included. A pattern of more than
 * 4096 bytes fits nothing but itself. */
bool bw_waiver_path_matches(struct bw_str pattern, struct bw_str path);

#endif
