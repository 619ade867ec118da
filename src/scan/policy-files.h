/*
 * policy-files.h: sets of policies from the command line: files, directories, a compiled set; where
 * nothing is named, the library that is part of the program.
 */
#ifndef BW_SCAN_POLICY_FILES_H
#define BW_SCAN_POLICY_FILES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"
#include "check/policy.h"

/* Paths below one directory, and how deep they lie. */
#define BW_PATHS_MAX       100000u
#define BW_PATHS_DEPTH_MAX 32u

struct bw_paths {
    BW_VEC(char *);
};

void bw_paths_free(struct bw_paths *paths); /* also for BW_CLEANUP */

/* Appends the regular files at or below a path for which `wanted` says so, in the order of their
 * names; a path that is itself a file is always taken. Links to directories are not followed; what
 * begins with '.' is passed over, but ".kyverno-test". */
int bw_paths_collect(struct bw_paths *paths, const char *path, bool (*wanted)(struct bw_str path),
                     struct bw_err *err) BW_MUST_USE;

/* A set, and what it stands on. */
struct bw_policy_files {
    struct bw_policy_set *set;
    void *map; /* of a compiled set */
    size_t map_n;
};

/* No paths: the library. One compiled set, or any number of files and directories, of which those
 * are taken that hold policies or, beside them, parameters; examples and suites of tests are not.
 * Every problem is printed to standard error; BW_EFORMAT then names the first. BW_ENOENT where
 * there is no policy: who names a place of policies is not served by silence. */
int bw_policy_files_open(struct bw_policy_files *files, const char *const *paths, size_t paths_n,
                         struct bw_err *err) BW_MUST_USE;
void bw_policy_files_close(struct bw_policy_files *files); /* also for BW_CLEANUP */

#endif
