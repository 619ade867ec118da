/*
 * sbom-reader.h: a bill of materials while it is read, whatever its format; private to src/extract.
 */
#ifndef BW_EXTRACT_SBOM_READER_H
#define BW_EXTRACT_SBOM_READER_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "extract/record.h"
#include "extract/sbom.h"
#include "wrap/json.h"

struct bw_sbom {
    struct bw_arena *arena;
    const struct bw_extract_sink *sink;
    struct bw_record_gaps gaps;
    struct bw_bill bill;
    BW_VEC_TYPE(bw_sbom_layers, struct bw_layer) layers;
    BW_VEC_TYPE(bw_sbom_tags, struct bw_str) tags;
    struct bw_map by_diff_id; /* of a layer -> its index + 1 */
    struct bw_distribution distribution;
    bool own;         /* bulwark wrote it: nothing is guessed */
    bool os_packages; /* some package is of an operating system */
    uint32_t components, nameless, unversioned, unknown;
    struct bw_str unknown_type; /* of one that is counted in `unknown` */
};

/* One component. Slices are borrowed until bw_sbom_item_end. */
struct bw_sbom_item {
    struct bw_str type; /* bulwark:type: name and version stand as the package manager has them */
    struct bw_str name, version, purl;
    struct bw_package package;                  /* what properties say; wins over the purl */
    struct bw_str source_release, source_epoch; /* of Trivy, which keeps them apart */
    struct bw_place place;
    struct bw_str owner; /* "TYPE/NAME/ARCH" */
};

/* What one property says of the thing that is listed; others are ignored. */
int bw_sbom_subject_property(struct bw_sbom *sbom, struct bw_str name, struct bw_str value,
                             struct bw_err *err) BW_MUST_USE;

/* What one property says of a component. */
void bw_sbom_item_property(struct bw_sbom_item *item, struct bw_str name, struct bw_str value);

/* A place where the component was seen. A package database wins over other files. */
void bw_sbom_item_path(struct bw_sbom_item *item, struct bw_str path);

/* Emits the component as a package, or counts it. */
int bw_sbom_item_end(struct bw_sbom *sbom, struct bw_sbom_item *item,
                     struct bw_err *err) BW_MUST_USE;

/* Appends a layer; over the maximum it is left out, with a gap. The slices are borrowed. */
int bw_sbom_layer(struct bw_sbom *sbom, const struct bw_layer *layer,
                  struct bw_err *err) BW_MUST_USE;
int bw_sbom_tag(struct bw_sbom *sbom, struct bw_str tag, struct bw_err *err) BW_MUST_USE;

/* A copy in the arena; BW_ENOMEM. */
int bw_sbom_keep(struct bw_sbom *sbom, struct bw_str s, struct bw_str *ret,
                 struct bw_err *err) BW_MUST_USE;

/* The string at a key, or empty. */
static inline struct bw_str bw_sbom_text(const struct bw_json *object, const char *key)
{
    return bw_json_string(bw_json_get(object, bw_str(key)));
}

/* The formats. The root is an object. */
int bw_sbom_read_cyclonedx(struct bw_sbom *sbom, const struct bw_json *root,
                           struct bw_err *err) BW_MUST_USE;
int bw_sbom_read_spdx(struct bw_sbom *sbom, const struct bw_json *root,
                      struct bw_err *err) BW_MUST_USE;
int bw_sbom_read_syft(struct bw_sbom *sbom, const struct bw_json *root,
                      struct bw_err *err) BW_MUST_USE;

#endif
