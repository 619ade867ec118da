/*
 * manifest-fields.h: fields of Kubernetes objects whose type the API server insists on.
 *
 * The API server decodes an object into fields with types, and refuses it where one does not fit:
 * `privileged: "true"` creates no pod. Such a value is neither true nor harmless: it becomes
 * UNKNOWN, with a blocking gap. A null stands for a field that is not set, and is taken out.
 */
#ifndef BW_EXTRACT_MANIFEST_FIELDS_H
#define BW_EXTRACT_MANIFEST_FIELDS_H

#include "base/value.h"
#include "extract/document.h"

/* Gaps about such fields in one document; the last one says that there are more. */
#define BW_MANIFEST_MISFITS_MAX 100u

enum bw_manifest_part {
    BW_MANIFEST_METADATA,
    BW_MANIFEST_POD_SPEC,
    BW_MANIFEST_POLICY_RULES, /* of a Role or ClusterRole */
};

struct bw_manifest_check {
    struct bw_reading *reading;
    unsigned misfits;
};

/* The part with what does not fit replaced; it is changed in place. `path` names it for gaps:
 * "spec.template.spec". An ABSENT value stays ABSENT. */
struct bw_value bw_manifest_conform(struct bw_manifest_check *check, enum bw_manifest_part part,
                                    const char *path, struct bw_value value);

#endif
