/*
 * materials.h: what bills of materials are made of, whatever their format: names for the packages
 * of a report, what they depend on, and the properties of model/bill.h; private to src/report.
 */
#ifndef BW_REPORT_MATERIALS_H
#define BW_REPORT_MATERIALS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "model/bill.h"
#include "model/report.h"

/* "01234567-89ab-8def-8123-456789abcdef" and its NUL. */
#define BW_MATERIALS_UUID_SIZE 37

struct bw_materials_of_subject {
    size_t first;         /* number of its first package among all of the report's */
    struct bw_str *purls; /* one a package; empty for a name that no package URL holds */
    struct bw_str *refs;  /* the purl where it is the only such package, else with "#2" and so on */
    struct bw_map by_name; /* "TYPE NUL NAME" -> the first of its packages of that name */
};

struct bw_materials {
    const struct bw_report *report;
    struct bw_arena *arena;
    struct bw_materials_of_subject *subjects;
    struct bw_map refs;       /* every reference of the document */
    struct bw_map by_package; /* the bytes of a `const struct bw_package *` -> its reference */
    char uuid[BW_MATERIALS_UUID_SIZE];
};

/* The uuid (RFC 9562, version 8) follows from what is listed and from `format`: the same content
 * has the same name. BW_ENOMEM, BW_ELIMIT. Free with bw_materials_free, also after a failure. */
int bw_materials_new(const struct bw_report *report, const char *format,
                     struct bw_materials *ret_materials, struct bw_err *err) BW_MUST_USE;
void bw_materials_free(struct bw_materials *materials); /* for BW_CLEANUP */

/* A reference that is not yet taken: `wanted`, or with "#2" and so on. p is NULL when memory is
 * short. */
struct bw_str bw_materials_ref(struct bw_materials *materials, struct bw_str wanted) BW_MUST_USE;

/* Where a package of a finding is listed, or empty. */
struct bw_str bw_materials_ref_of(const struct bw_materials *materials,
                                  const struct bw_package *package);

/* Calls `each` with the index of every package of the subject that a package needs directly. */
void bw_materials_depends(const struct bw_materials *materials, size_t subject, size_t package,
                          void (*each)(void *ctx, size_t needed), void *ctx);

/* A property of model/bill.h. */
typedef void (*bw_materials_put)(void *ctx, const char *name, struct bw_str value);

/* Those of a subject; gaps that belong to none come with the first. */
void bw_materials_subject_properties(const struct bw_materials *materials, size_t subject,
                                     bw_materials_put put, void *ctx);
void bw_materials_package_properties(const struct bw_materials *materials, size_t subject,
                                     size_t package, bw_materials_put put, void *ctx);

/* A licence as an SPDX expression; empty where it names one that SPDX does not list. */
struct bw_str bw_materials_licence(const struct bw_materials *materials, struct bw_str licence);

/* "sha256:HEX" taken apart where it is a digest of a known algorithm. `names`: what the format
 * calls MD5, SHA-1, SHA-256, SHA-384 and SHA-512, in this order. */
bool bw_materials_digest(struct bw_str digest, const char *const names[5], const char **ret_name,
                         struct bw_str *ret_hex);

/* The digits of a file's digest as "sha256:HEX"; empty where there is none. */
#define BW_MATERIALS_DIGEST_SIZE (7 + 2 * BW_DIGEST_SIZE_MAX + 1)
struct bw_str bw_materials_file_digest(const struct bw_digest *digest,
                                       char out[BW_MATERIALS_DIGEST_SIZE]);

#endif
