/*
 * build.h: which build of the program runs.
 */
#ifndef BW_BASE_BUILD_H
#define BW_BASE_BUILD_H

#include "base/str.h"

/* The bytes of the linker's build ID (NT_GNU_BUILD_ID), which differ wherever the code does; the
 * version where there is none. Of the process: never freed. */
struct bw_str bw_build_id(void);

#endif
