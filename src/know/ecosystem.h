/*
 * ecosystem.h: the OSV ecosystems, and which of them a distribution's packages are looked up in.
 *
 * Names as in the OSV schema ("affected[].package field"). A distribution may have several:
 * Ubuntu's fixes of extended support stand under "Ubuntu:Pro:22.04:LTS", Red Hat's under a name a
 * repository
 * ("Red Hat:enterprise_linux:9::appstream"), SUSE's under one a product.
 */
#ifndef BW_KNOW_ECOSYSTEM_H
#define BW_KNOW_ECOSYSTEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "know/version.h"
#include "model/distribution.h"
#include "model/package.h"

/* Most ecosystems of a bucket. */
#define BW_ECOSYSTEMS_MAX 1000

/* Which name of a package the ecosystem's advisories carry. */
enum bw_ecosystem_by {
    BW_BY_SOURCE, /* the source package, and its version (dpkg, apk) */
    BW_BY_BINARY, /* the package itself */
    BW_BY_EITHER, /* sometimes this, sometimes that */
};

struct bw_ecosystem {
    struct bw_str base;   /* "Debian" */
    struct bw_str name;   /* "Debian:12": for messages */
    struct bw_strs names; /* ecosystem names, or patterns with '*', the most particular first */
    /* The last name is that of a line of updates beyond the others (Ubuntu Pro): a version that it
     * calls fixed, or a later one, is fixed, though the others know of no fix. */
    bool last_decides;
    enum bw_ecosystem_by by;
    enum bw_version_order order;
    enum bw_package_type type; /* other packages in the same image have no advisories here */
};

/*
 * The ecosystem of a distribution. BW_EUNSUPPORTED: no OSV source has advisories for it, or it is
 * not known here; BW_EFORMAT: its os-release does not say which release it is. The message is for
 * the gap that the caller makes of it.
 */
int bw_ecosystem_of(const struct bw_distribution *distribution, struct bw_arena *arena,
                    struct bw_ecosystem *ret_ecosystem, struct bw_err *err) BW_MUST_USE;

/* Names of ecosystems that a bucket may have: those that images are made of (operating systems,
 * Bitnami, package managers of languages), or all. */
struct bw_strs bw_ecosystem_known(bool usual);

/* True for what may be a folder of a bucket: no '/', no leading '.', printable UTF-8, and short. */
bool bw_ecosystem_is_folder(struct bw_str name);

#endif
