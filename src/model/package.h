/*
 * package.h: a package of software: of the operating system, of a programming language, or a
 * program that somebody put in by hand.
 */
#ifndef BW_MODEL_PACKAGE_H
#define BW_MODEL_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/distribution.h"

/* The values are part of the wire form: append only. Those up to BW_PACKAGE_RPM are of operating
 * systems. */
enum bw_package_type {
    BW_PACKAGE_DEB,
    BW_PACKAGE_APK,
    BW_PACKAGE_RPM,
    BW_PACKAGE_NPM,      /* "name", "@scope/name" */
    BW_PACKAGE_PYPI,     /* as the project writes it: "Flask_Login"; compared by PEP 503 */
    BW_PACKAGE_GO,       /* module path; "stdlib" for what the compiler brought */
    BW_PACKAGE_MAVEN,    /* "group:artifact" */
    BW_PACKAGE_CARGO,    /* crates.io */
    BW_PACKAGE_GEM,      /* RubyGems */
    BW_PACKAGE_COMPOSER, /* Packagist: "vendor/name" */
    BW_PACKAGE_NUGET,
    BW_PACKAGE_PUB,   /* Dart */
    BW_PACKAGE_SWIFT, /* "github.com/apple/swift-nio", as the repository's URL has it */
    BW_PACKAGE_HEX,   /* Erlang, Elixir */
    BW_PACKAGE_CONAN, /* C, C++ */
    BW_PACKAGE_CONDA,
    BW_PACKAGE_JULIA,
    BW_PACKAGE_CRAN,    /* R */
    BW_PACKAGE_BITNAMI, /* a program outside of any package manager, by Bitnami's name for it:
                           "nginx", "node", "postgresql" */
};
#define BW_PACKAGE_TYPE_COUNT 19

static inline bool bw_package_is_os(enum bw_package_type type)
{
    return type <= BW_PACKAGE_RPM;
}

/* A list of slices, the elements borrowed as the slices are. */
struct bw_strs {
    struct bw_str *v;
    size_t n;
};

enum bw_digest_algorithm {
    BW_DIGEST_NONE,
    BW_DIGEST_MD5,
    BW_DIGEST_SHA1,
    BW_DIGEST_SHA256,
};
#define BW_DIGEST_ALGORITHM_COUNT 4
#define BW_DIGEST_SIZE_MAX        32u

/* A checksum of a file's content; the bytes past the algorithm's length are zero. */
struct bw_digest {
    enum bw_digest_algorithm algorithm;
    uint8_t bytes[BW_DIGEST_SIZE_MAX];
};

/* 0, 16, 20, 32. */
size_t bw_digest_size(enum bw_digest_algorithm algorithm);

#define BW_MODE_UNKNOWN UINT32_MAX

/* What the database of a package says of one of its files. */
struct bw_file_record {
    struct bw_digest digest; /* BW_DIGEST_NONE where it does not say */
    uint32_t mode;           /* the 07777 bits, or BW_MODE_UNKNOWN */
    bool config;             /* meant to be changed by the administrator (conffiles, %config) */
    bool capabilities;       /* shipped with file capabilities (rpm) */
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
    struct bw_file_record *records; /* one for each of files, or NULL */
    bool locked;      /* a lock file or manifest names it; nothing shows that it is installed */
    bool development; /* a lock file wants it for building or testing only */
    struct bw_str checksum; /* of the package as distributed, "sha256:HEX", "sha512:HEX", ... */
    struct bw_strs depends; /* names of what it needs directly, without versions */
};

/* "deb", "apk", "rpm", "npm", "golang", ...: the purl type. */
const char *bw_package_type_name(enum bw_package_type type);

/* The package URL (github.com/package-url/purl-spec), such as
 * "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl".
 * `distribution` may be NULL, and is not asked for packages of languages. p is NULL when the arena
 * is full. */
struct bw_str bw_package_purl(const struct bw_package *package,
                              const struct bw_distribution *distribution, struct bw_arena *arena);

#endif
