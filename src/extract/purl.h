/*
 * purl.h: package URLs (ECMA-427), read: the reverse of bw_package_purl.
 */
#ifndef BW_EXTRACT_PURL_H
#define BW_EXTRACT_PURL_H

#include "base/arena.h"
#include "base/err.h"
#include "model/package.h"

/* Bytes of the longest package URL taken. */
#define BW_PURL_MAX ((size_t)64 << 10)

/* Decoded; what is not there is empty. Of the qualifiers those that say which package it is. */
struct bw_purl {
    struct bw_str type;      /* lower case: "deb" */
    struct bw_str namespace; /* "debian", "@scope", "org.apache.commons"; pieces apart by '/' */
    struct bw_str name;      /* never empty */
    struct bw_str version;
    struct bw_str arch;
    struct bw_str distro; /* "debian-12" */
    struct bw_str epoch;
    struct bw_str upstream; /* what it was built from: "openssl", "bash@5.2.15-2" */
    struct bw_str module;   /* rpmmod */
};

/* The slices are of the arena. BW_EFORMAT, BW_ELIMIT over BW_PURL_MAX, BW_ENOMEM. */
int bw_purl_parse(struct bw_str text, struct bw_arena *arena, struct bw_purl *ret_purl,
                  struct bw_err *err) BW_MUST_USE;

/* As bw_package_type_name writes it. */
bool bw_purl_type(struct bw_str word, enum bw_package_type *ret_type);

/* Namespace and name as the package managers of the type put them together: "org.apache:log4j",
 * "@scope/name"; those of operating systems know no namespace. p is NULL when the arena is full. */
struct bw_str bw_purl_full_name(struct bw_str namespace, struct bw_str name,
                                enum bw_package_type type, struct bw_arena *arena) BW_MUST_USE;

/* The package that is meant, as its own database would name it: with what it was built from, which
 * is itself where the URL names no other. BW_EUNSUPPORTED for a type that bulwark does not know,
 * BW_ENOMEM. Name and version are as they came: empty, blanks and all. */
int bw_purl_package(const struct bw_purl *purl, struct bw_arena *arena,
                    struct bw_package *ret_package, struct bw_err *err) BW_MUST_USE;

/* The distribution of the `distro` qualifier: its id and version_id; empty where there is none. */
struct bw_distribution bw_purl_distribution(const struct bw_purl *purl);

#endif
