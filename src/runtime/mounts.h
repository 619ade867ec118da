/*
 * mounts.h: where bind mounts, and the root file system, lead.
 *
 * A policy that forbids /etc must forbid a link to /etc. So every source of a bind mount is
 * resolved as the kernel resolves it, and what the runtime gets is the path without links: a link
 * that is changed afterwards changes nothing. What remains: who can write to a directory on that
 * path can put a link in the place of a part of it between the check and the mount (some
 * milliseconds); no path of a host that only root can write to is open to that.
 *
 * Directories of engines may be links themselves (/var/lib/docker on another disk). A path beneath
 * one is told from there on, so that policies know it for what it is.
 */
#ifndef BW_RUNTIME_MOUNTS_H
#define BW_RUNTIME_MOUNTS_H

#include "base/err.h"
#include "base/value.h"
#include "runtime/bundle.h"

/* Mounts of one specification. */
#define BW_RUNTIME_MOUNTS_MAX 4096u

/* Appends an operation (RFC 6902) for the root file system and each bind mount whose source is
 * another path. Relative ones begin at the bundle. BW_ENOENT, BW_EACCESS and the like for a source
 * that cannot be resolved, or is a magic link of /proc, which leads somewhere else for every
 * process; BW_ELIMIT. */
int bw_runtime_resolve(struct bw_value spec, const struct bw_bundle *bundle,
                       struct bw_value_maker *make, struct bw_value *operations,
                       struct bw_err *err) BW_MUST_USE;

#endif
