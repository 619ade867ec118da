/*
 * surface.h: programs that serve an intruder: shells, package managers, compilers, debuggers,
 * network tools.
 */
#ifndef BW_CHECK_SURFACE_H
#define BW_CHECK_SURFACE_H

#include "base/str.h"

/* "shell", "package manager", "compiler", "debugger" or "network tool" for a path in one of the
 * directories that programs are in, whatever version or target stands in its name
 * ("x86_64-linux-gnu-gcc-12"); NULL for any other. */
const char *bw_surface_of(struct bw_str path);

#endif
