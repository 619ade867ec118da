/*
 * find.h: the runtime that is executed in the end.
 */
#ifndef BW_RUNTIME_FIND_H
#define BW_RUNTIME_FIND_H

#include <limits.h>

#include "base/err.h"

/*
 * The path of the runtime: the one that is configured; else the one that this program was put in
 * the place of ("/usr/sbin/runc.real" where this is /usr/sbin/runc: dpkg-divert(1)); else runc,
 * then crun, in the directories where distributions have them. Never this program itself, whatever
 * it is called: BW_ENOENT, and BW_EUSAGE for a configured one that is.
 */
int bw_runtime_find(const char *configured, char ret_path[PATH_MAX],
                    struct bw_err *err) BW_MUST_USE;

#endif
