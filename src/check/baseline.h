/*
 * baseline.h: programs that distributions ship setuid, setgid or with capabilities, where the
 * database of packages does not say so: dpkg keeps no modes, and packages set some of them when
 * they are installed.
 */
#ifndef BW_CHECK_BASELINE_H
#define BW_CHECK_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define BW_MODE_SETUID 04000u
#define BW_MODE_SETGID 02000u

/* Whether Debian, Ubuntu or one that derives from them ships the path with these of the two bits,
 * or with no more than these capabilities. The path is that of a file that a package owns. */
bool bw_baseline_has_mode(struct bw_str path, uint32_t mode);
bool bw_baseline_has_capabilities(struct bw_str path, uint64_t capabilities);

#endif
