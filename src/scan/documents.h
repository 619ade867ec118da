/*
 * documents.h: what the jobs that read documents carry; private to src/scan.
 *
 * A request (BW_SCAN_READ) is a struct bw_read_request and then strings, each ended by a NUL: the
 * paths of the files, the paths of the other files that were asked for (each behind '+', or '-'
 * where there is none), the compose profiles, the variables. Its descriptors are those of the files
 * and then of the others that are there. With others there is one file.
 *
 * For each file the worker answers with exactly one of OBJECTS, WANTED, FOREIGN and UNREAD, which
 * begin with the file's index, a uint32_t; then come its gaps.
 */
#ifndef BW_SCAN_DOCUMENTS_H
#define BW_SCAN_DOCUMENTS_H

#include "sandbox/pool.h"
#include "scan/target.h"

struct bw_read_request {
    uint32_t files_n, others_n, profiles_n, environment_n;
};

/* In the worker. */
int bw_read_documents(struct bw_worker *worker, struct bw_str request, const int *fds, size_t fds_n,
                      struct bw_err *err) BW_MUST_USE;

#endif
