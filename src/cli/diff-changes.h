/*
 * diff-changes.h: what changed from one subject of a report to another: findings, packages, files,
 * configuration; private to the verb diff.
 */
#ifndef BW_CLI_DIFF_CHANGES_H
#define BW_CLI_DIFF_CHANGES_H

#include "base/arena.h"
#include "base/err.h"
#include "model/report.h"

enum bw_change_kind {
    BW_CHANGE_SAME,
    BW_CHANGE_NEW,
    BW_CHANGE_GONE,
    BW_CHANGE_CHANGED, /* there before and after, and not alike */
};

/* One of before and after is NULL where it is new or gone. All pointers are into the report. */
struct bw_finding_change {
    enum bw_change_kind kind;
    const struct bw_finding *before, *after;
};

struct bw_package_change {
    enum bw_change_kind kind;
    const struct bw_installed_package *before, *after;
};

struct bw_file_change {
    enum bw_change_kind kind;
    const struct bw_listed_file *before, *after;
};

/* "Env PATH", "User", "Label maintainer" and its values, empty where there is none. */
struct bw_setting_change {
    enum bw_change_kind kind;
    struct bw_str name, before, after;
};

/* Findings with those that stayed; of all else only what is not the same. */
struct bw_changes {
    struct bw_finding_change *findings; /* new, gone, same; each worst first */
    size_t findings_n;
    struct bw_package_change *packages; /* by type and name */
    size_t packages_n;
    struct bw_file_change *files; /* by path */
    size_t files_n;
    struct bw_setting_change *settings; /* by name */
    size_t settings_n;
};

/*
 * Findings are the same where their fingerprints are: of the same vulnerability in the same
 * package, whatever its version; of the same secret at the same place. A package of several
 * versions counts as often as there are versions. Files differ in type, size, mode, owner or
 * checksum. `before` and `after` are indices of subjects. Everything lives in the arena; BW_ELIMIT
 * where it is full.
 */
int bw_changes_make(const struct bw_report *report, uint32_t before, uint32_t after,
                    struct bw_arena *arena, struct bw_changes *ret_changes,
                    struct bw_err *err) BW_MUST_USE;

/* "same", "new", "gone", "changed". */
const char *bw_change_name(enum bw_change_kind kind);

#endif
