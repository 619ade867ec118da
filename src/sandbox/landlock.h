/*
 * landlock.h: the Landlock system calls (landlock(7)); private to src/sandbox.
 */
#ifndef BW_SANDBOX_LANDLOCK_H
#define BW_SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* LANDLOCK_ACCESS_FS_TRUNCATE, which the headers of a build may not have yet (ABI 3). */
#define BW_LANDLOCK_TRUNCATE (1ull << 14)

/* Every file system right that the running kernel's Landlock knows; 0 without Landlock. Rights
 * beyond those of the build's headers are known by their place. */
uint64_t bw_landlock_rights(void);

/* Takes `handled` rights from this process and its children, and gives `granted` back beneath a
 * directory (NULL: nowhere). */
int bw_landlock_restrict(uint64_t handled, const char *directory, uint64_t granted,
                         struct bw_err *err) BW_MUST_USE;

#endif
