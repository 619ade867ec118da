/*
 * owners.h: which package of the operating system owns a path; private to src/scan.
 *
 * Databases of packages name a file by the path it was packed under; in the file system it may be
 * below a link: /bin/ls where bin leads to usr/bin. So both sides are compared with the links of
 * their directories followed.
 */
#ifndef BW_SCAN_OWNERS_H
#define BW_SCAN_OWNERS_H

#include "base/map.h"
#include "scan/target.h"

/* A path that a package owns. */
struct bw_owned {
    const struct bw_package *package; /* NULL: under a diversion, somebody's */
    uint32_t file;                    /* index into the package's files and records */
    bool disputed;                    /* packages say different things of it */
};

struct bw_owners {
    const struct bw_target *target;
    struct bw_map paths;  /* with links followed -> struct bw_owned */
    struct bw_map dirs;   /* as written -> struct bw_str, with links followed */
    struct bw_str at, to; /* the directory that was asked for last, and what it was */
    struct bw_owned *owned;
    size_t owned_n, owned_cap;
};

/* Joins with the packages of a subject what other files say of them (OWNERSHIP facts): files,
 * records, licences; then indexes all their files. *owners is zeroed before, and freed with
 * bw_owners_free() also after a failure. */
int bw_owners_join(struct bw_owners *owners, struct bw_target *target,
                   const struct bw_subject *subject, struct bw_err *err) BW_MUST_USE;
void bw_owners_free(struct bw_owners *owners); /* also for BW_CLEANUP */

/* Whose a path of the view is; NULL for nobody's. *ret_path is the path with the links of its
 * directories followed. BW_ELIMIT when the arena is full. */
int bw_owners_find(struct bw_owners *owners, struct bw_str path, struct bw_str *ret_path,
                   const struct bw_owned **ret_owned, struct bw_err *err) BW_MUST_USE;

/* A path with the links of its directories followed, in the arena. */
int bw_owners_real_path(struct bw_owners *owners, struct bw_str path, struct bw_str *ret_path,
                        struct bw_err *err) BW_MUST_USE;

/* What the package's database says of the file, or NULL where it says nothing that holds. */
const struct bw_file_record *bw_owned_record(const struct bw_owned *owned);

#endif
