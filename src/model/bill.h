/*
 * bill.h: what a bill of materials (CycloneDX, SPDX, Syft) says of the thing whose materials it
 * lists. The packages themselves are facts of their own.
 */
#ifndef BW_MODEL_BILL_H
#define BW_MODEL_BILL_H

#include <stddef.h>

#include "model/distribution.h"
#include "model/layer.h"
#include "model/package.h"

/* What a document does not say is empty. */
struct bw_bill {
    struct bw_str format; /* "CycloneDX 1.6", "SPDX 2.3", "Syft 16.1.3" */
    struct bw_str name;   /* of the thing: "debian:12" */
    struct bw_str digest, platform;
    struct bw_strs tags;
    struct bw_layer *layers; /* lowest first */
    size_t layers_n;
    struct bw_base_image base;
};

/*
 * What bulwark's own documents say beyond what the formats have words for, so that a scan of the
 * document finds what a scan of the thing itself found: properties "bulwark:NAME" of CycloneDX, and
 * in SPDX annotations whose text is a JSON list of the same properties. Of the thing, besides
 * the fields of its distribution:
 *   kind, name, digest, platform, tag (one each), layer (JSON, one each, lowest first), base
 * (JSON), gap (JSON, one each; those of acquiring and reading), scan-gap (of judging, not read
 * back) Of a package, besides its texts: type, path, inner, line, layer (an index), locked,
 * development, owner (TYPE/NAME/ARCH)
 */
#define BW_BILL_PREFIX "bulwark:"

/* A text of a struct that stands under a name of its own. */
struct bw_bill_field {
    const char *name; /* with the prefix */
    size_t offset;    /* of a struct bw_str */
};

/* Of struct bw_distribution and struct bw_package; name is NULL at the end. */
extern const struct bw_bill_field bw_bill_distribution_fields[];
extern const struct bw_bill_field bw_bill_package_fields[];

static inline struct bw_str bw_bill_text(const void *record, const struct bw_bill_field *field)
{
    return *(const struct bw_str *)(const void *)((const char *)record + field->offset);
}

/* The field of that name, or NULL. */
struct bw_str *bw_bill_field_named(const struct bw_bill_field *fields, void *record,
                                   struct bw_str name);

#endif
