/*
 * waiver-files.h: the ignore files and VEX documents of a run.
 */
#ifndef BW_CLI_WAIVER_FILES_H
#define BW_CLI_WAIVER_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/report.h"

struct bw_waiver_files {
    BW_VEC(const char *); /* borrowed from the command line */
    bool no_default;      /* those that lie in the current directory are not read */
};

/* BW_EUSAGE where there are too many. */
int bw_waiver_files_add(struct bw_waiver_files *files, const char *path,
                        struct bw_err *err) BW_MUST_USE;
void bw_waiver_files_free(struct bw_waiver_files *files);

/* Reads the named files, and unless no_default .bulwarkignore.yaml, .trivyignore and
 * .trivyignore.yaml of the current directory, and waives findings of the report. A waiver that
 * expired is a note gap. A file that cannot be read or understood is an error. */
int bw_waiver_files_apply(const struct bw_waiver_files *files, struct bw_report *report,
                          struct bw_arena *arena, struct bw_err *err) BW_MUST_USE;

#endif
