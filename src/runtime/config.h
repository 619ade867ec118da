/*
 * config.h: what the site wants of the runtime wrapper: /etc/bulwark/runtime.json.
 *
 *   {"runtime": "/usr/bin/crun",       executed in the end; without it runc, then crun, where
 *                                      distributions install them; of a diverted one NAME.real
 *    "gate": {...},                    enforce/gate.h; profile "baseline" where it is left out
 *    "set": "/var/lib/bulwark/site.policies",  of `bulwark policy compile`, beside the library
 *    "harden": {...},                  enforce/harden.h
 *    "log": {"path": "/var/log/bulwark/runtime.log", "required": true, "rotateBytes": 16777216,
 *            "keep": 4}}               enforce/evidence.h; without it there is none
 *
 * The file belongs to root (or to who runs the wrapper) and nobody else may write to it. Every
 * member may be left out; one that is not known is an error.
 */
#ifndef BW_RUNTIME_CONFIG_H
#define BW_RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"
#include "enforce/harden.h"

#define BW_RUNTIME_CONFIG_PATH "/etc/bulwark/runtime.json"
#define BW_RUNTIME_CONFIG_MAX  ((size_t)16 << 20)

#define BW_RUNTIME_LOG_ROTATE ((uint64_t)16 << 20)
#define BW_RUNTIME_LOG_KEEP   4u

struct bw_runtime_config {
    const char *runtime;  /* NULL: to be found */
    struct bw_value gate; /* ABSENT where it is left out */
    const char *set;      /* NULL: none */
    struct bw_harden harden;
    const char *log; /* NULL: none */
    bool log_required;
    uint64_t log_rotate_bytes;
    unsigned log_keep;
};

/*
 * Reads the file, or says what holds without one where the path is NULL and the usual file is not
 * there. Everything lives in the arena. BW_EFORMAT, BW_EACCESS (who may write to it), BW_ENOENT,
 * BW_EIO, BW_ENOMEM; `runtime` is then set all the same, where it could be told, so that what is
 * not judged goes on.
 */
int bw_runtime_config_read(const char *path, struct bw_arena *arena,
                           struct bw_runtime_config *ret_config, struct bw_err *err) BW_MUST_USE;

/* Root, or who this process runs as. */
bool bw_runtime_is_trusted(uid_t uid);

/* Whether a descriptor is a regular file of root or of this process's user that nobody else may
 * write to, of at most `max` bytes. BW_EACCESS, BW_EFORMAT, BW_ELIMIT. */
int bw_runtime_check_owner(int fd, const char *path, size_t max, struct bw_err *err) BW_MUST_USE;

#endif
