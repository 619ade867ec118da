/*
 * base-image.h: which of an image's layers came from the image it was built on; private to
 * src/scan.
 */
#ifndef BW_SCAN_BASE_IMAGE_H
#define BW_SCAN_BASE_IMAGE_H

#include "model/subject.h"

/*
 * Fills subject->base from what is certain to what is likely:
 *   1. `given`: the diff IDs of an image that somebody named as the base, lowest first (may be
 *      empty): certain where they are the lowest of the subject's own;
 *   2. the annotations org.opencontainers.image.base.name and .digest (OCI image-spec,
 *      annotations.md), or labels of these names: they give the name; the layers by 3;
 *   3. the history: a base image ends with its command (CMD or ENTRYPOINT, which make no layer).
 *      The last one before a step that made a layer is the base's; what stands behind the last
 *      layer is the image's own.
 * Where nothing tells, layers_n is 0.
 */
void bw_base_image_recognise(struct bw_subject *subject, struct bw_str name, struct bw_strs given);

#endif
