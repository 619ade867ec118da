/*
 * manifest-object.h: from a value that is an object of Kubernetes to what policies judge: its
 * fields as the API server decodes them, and the Pod that it makes.
 */
#ifndef BW_EXTRACT_MANIFEST_OBJECT_H
#define BW_EXTRACT_MANIFEST_OBJECT_H

#include "base/value.h"
#include "extract/document.h"
#include "extract/typed-fields.h"
#include "model/object.h"

struct bw_manifest_maker {
    struct bw_reading *reading;
    struct bw_field_check check;
};

struct bw_manifest_maker bw_manifest_maker(struct bw_reading *reading);

/* Where an object holds a pod. */
struct bw_manifest_holder {
    struct bw_value template; /* ABSENT: it holds none */
    const char *path;         /* "spec.template" */
};

/* Takes nulls out of an object of which group, kind and value (a map) are filled in, and what has a
 * wrong type, which is a blocking gap. */
struct bw_manifest_holder bw_manifest_conform(struct bw_manifest_maker *maker,
                                              struct bw_object *object);

/* Adds a Pod, or an object with the view of the Pod in its template. One without containers is a
 * blocking gap: policies may rely on what the API server demands of every Pod. */
void bw_manifest_add(struct bw_manifest_maker *maker, const struct bw_object *object,
                     struct bw_value template);

/* Adds a Pod that is not in an object's template: `pod` is the view itself. */
void bw_manifest_add_view(struct bw_manifest_maker *maker, const struct bw_object *object,
                          uint32_t of, struct bw_value pod);

#endif
