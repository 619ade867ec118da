/*
 * tell.h: says why something is refused where an engine looks for it.
 *
 * An engine shows what the runtime wrote to the file of --log (containerd, and so Docker and
 * Kubernetes: the last line of level "error") or to standard error (conmon, and so Podman and
 * CRI-O). Both get it, in the form of --log-format.
 */
#ifndef BW_RUNTIME_TELL_H
#define BW_RUNTIME_TELL_H

#include "base/str.h"
#include "runtime/args.h"

/* Bytes of a reason: engines pass it through messages that they cut themselves. */
#define BW_RUNTIME_REASON_MAX 4096u

/* Fails silently: there is nowhere else to say it. */
void bw_runtime_tell(const struct bw_runtime_args *args, struct bw_str reason);

#endif
