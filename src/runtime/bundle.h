/*
 * bundle.h: the directory that an engine prepares for a container, and its config.json.
 *
 * An engine writes it as root (or as the user whose containers they are) where nobody else can
 * write; that is checked. The directory is held open, so that what is read and what is written
 * stand in one and the same.
 */
#ifndef BW_RUNTIME_BUNDLE_H
#define BW_RUNTIME_BUNDLE_H

#include <limits.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "runtime/args.h"

/* Bytes of a specification. Kubernetes' largest annotations are 256 KiB. */
#define BW_RUNTIME_SPEC_MAX ((size_t)8 << 20)

struct bw_bundle {
    int dir;             /* -1: none */
    char path[PATH_MAX]; /* without symbolic links */
    const char *name;    /* "config.json", or another path that crun was told */
    struct bw_buf text;
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

#define BW_BUNDLE() ((struct bw_bundle){.dir = -1, .text = BW_BUF(BW_RUNTIME_SPEC_MAX)})

/* Opens a directory and reads the specification in it. BW_ENOENT, BW_EACCESS (belongs to another
 * user), BW_EFORMAT (a link, no regular file), BW_ELIMIT, BW_EIO. */
int bw_bundle_open(const char *path, const char *name, struct bw_bundle *bundle,
                   struct bw_err *err) BW_MUST_USE;
void bw_bundle_close(struct bw_bundle *bundle); /* also for BW_CLEANUP */

/* Puts another text in the place of the specification, with its owner and mode: a reader sees the
 * old one or the new one. */
int bw_bundle_write(const struct bw_bundle *bundle, struct bw_str text,
                    struct bw_err *err) BW_MUST_USE;

/*
 * The bundle of a container that exists, by what runc (ROOT/ID/state.json) or crun (ROOT/ID/status)
 * keep of it. Without --root both their usual roots are looked at. BW_ENOENT, BW_EFORMAT, BW_EIO.
 */
int bw_bundle_of(const struct bw_runtime_args *args, char ret_path[PATH_MAX],
                 struct bw_err *err) BW_MUST_USE;

#endif
