/*
 * package.h: an installed package, as its package manager's database records it.
 */
#ifndef BW_MODEL_PACKAGE_H
#define BW_MODEL_PACKAGE_H

#include "base/arena.h"
#include "base/str.h"
#include "model/distribution.h"

/* The values are part of the wire form: append only. */
enum bw_package_type {
    BW_PACKAGE_DEB,
    BW_PACKAGE_APK,
    BW_PACKAGE_RPM,
};
#define BW_PACKAGE_TYPE_COUNT 3

/* A list of slices, the elements borrowed as the slices are. */
struct bw_strs {
    struct bw_str *v;
    size_t n;
};

/* All slices live in the arena of the scan. A slice that does not apply is empty. */
struct bw_package {
    enum bw_package_type type;
    struct bw_str name;
    /* As the manager prints it: dpkg "[epoch:]upstream[-revision]", apk "1.2.3-r4", rpm
     * "[epoch:]version-release" (no epoch or epoch 0: without it). */
    struct bw_str version;
    struct bw_str arch;
    /* What it was built from: never empty, the package's own name and version where the database
     * names no other. rpm: from the SOURCERPM tag. */
    struct bw_str source_name;
    struct bw_str source_version;
    struct bw_str module;  /* rpm MODULARITYLABEL, "nodejs:16:8060020220523160029:ad008a3a" */
    struct bw_str vendor;  /* rpm VENDOR; dpkg Maintainer; apk m: */
    struct bw_str licence; /* as the database says it, not normalised */
    struct bw_strs files;  /* owned paths, absolute without the leading '/', directories left out
                              where the database tells them apart */
};

/* "deb", "apk", "rpm": the purl type. */
const char *bw_package_type_name(enum bw_package_type type);

/* The package URL (github.com/package-url/purl-spec), such as
 * "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl".
 * `distribution` may be NULL. p is NULL when the arena is full. */
struct bw_str bw_package_purl(const struct bw_package *package,
                              const struct bw_distribution *distribution, struct bw_arena *arena);

#endif
