/*
 * harden.h: what the runtime gate mends in an OCI runtime specification before it is judged.
 *
 * Each step has a word, the one that policies carry in bulwark.dev/harden, and yields operations
 * (RFC 6902) over config.json: what is missing is written in, what somebody wrote on purpose stays.
 * A step that finds nothing to do yields nothing.
 *
 *   "pids-limit": 512            where there is no limit of processes; false: never
 *   "masked-paths": true         kernel paths that engines hide or make read-only, where they do
 * not "seccomp": true              the default profile (enforce/seccomp-profile.h) where there is
 * none "no-new-privileges": false   setuid programs give nothing more "drop-capabilities": false or
 * a list: ["CHOWN", ...]; others are taken from every set "read-only-root": false      and a tmpfs
 * at /tmp and /run where nothing is mounted "memory": false              or bytes, or "512m": the
 * limit where there is none "cpus": false                or a number: the quota where there is none
 *
 * A privileged container gets a limit of processes and nothing else: either policy refuses it, or
 * somebody made an exception for it, and mending would break what was allowed on purpose.
 */
#ifndef BW_ENFORCE_HARDEN_H
#define BW_ENFORCE_HARDEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/value.h"

#define BW_HARDEN_PIDS_LIMIT   512
#define BW_HARDEN_CAPABILITIES 64u /* names in a list */

struct bw_harden {
    int64_t pids_limit; /* 0: none is set */
    int64_t memory;     /* bytes; 0: none is set */
    double cpus;        /* 0: none is set */
    bool masked_paths, seccomp, no_new_privileges, read_only_root;
    bool drop_capabilities;
    struct bw_value kept_capabilities; /* a list of strings, with or without CAP_ */
};

/* The defaults, and what the members of a map say otherwise; ABSENT: the defaults alone. BW_EFORMAT
 * for a member that is not known or of another type. Borrows from the value. */
int bw_harden_read(struct bw_value map, struct bw_harden *ret_harden,
                   struct bw_err *err) BW_MUST_USE;

/* Appends to *operations, a list, what mends a specification. The value is the native object's
 * (ociruntimespecs); parts that are UNKNOWN are left alone. */
void bw_harden_spec(const struct bw_harden *harden, struct bw_value spec,
                    struct bw_value_maker *make, struct bw_value *operations);

/* The same for the process of an exec in a container of that specification, whose operations are
 * over the process, and for the resources of an update, which may lift no limit that bw_harden_spec
 * would have set. */
void bw_harden_process(const struct bw_harden *harden, struct bw_value spec,
                       struct bw_value process, struct bw_value_maker *make,
                       struct bw_value *operations);
void bw_harden_resources(const struct bw_harden *harden, struct bw_value resources,
                         struct bw_value_maker *make, struct bw_value *operations);

/* Appends {"op": op, "path": path, "value": value}, without the value where it is ABSENT. */
void bw_harden_operation(struct bw_value_maker *make, struct bw_value *operations, const char *op,
                         const char *path, struct bw_value value);

#endif
