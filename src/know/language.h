/*
 * language.h: the OSV ecosystems of programming languages, and of programs that no package manager
 * put in: which packages they are about, and how they write names and versions.
 */
#ifndef BW_KNOW_LANGUAGE_H
#define BW_KNOW_LANGUAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "know/ecosystem.h"

/* The ecosystem of a package type. False for packages of operating systems, whose distribution
 * decides, and for a type that no OSV source has advisories for (Conda). Borrowed, constant. */
bool bw_language_ecosystem(enum bw_package_type type, struct bw_ecosystem *ret_ecosystem);

/* "npm", "PyPI", ...: for messages, also where there are no advisories. */
const char *bw_language_name(enum bw_package_type type);

/*
 * Appends a package's name as the store keeps it and as two names are compared: PyPI by PEP 503
 * (lower case, runs of "-_." one '-'), NuGet and Packagist in lower case, SwiftURL without scheme,
 * user, ".git" and in lower case ("git@github.com:Apple/swift-nio.git" is
 * "github.com/apple/swift-nio"); all others, also those of distributions, as they stand.
 * `ecosystem` may carry a suffix (":v3.19").
 */
void bw_language_put_name(struct bw_buf *buf, struct bw_str ecosystem, struct bw_str name);

/*
 * A version as the ecosystem's advisories write it: Go's "go1.21.3 X:boringcrypto" is "1.21.3". The
 * empty slice where it is none: nothing, "(devel)", "dev-main", "${project.version}". Such a
 * package must not be compared: every order would find a place for it.
 */
struct bw_str bw_language_version(enum bw_package_type type, struct bw_str version);

#endif
