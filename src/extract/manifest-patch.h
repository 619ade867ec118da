/*
 * manifest-patch.h: documents that look like objects and are laid over others.
 *
 * Kustomize's strategic merge patches have the kind and the name of an object and only what they
 * change of it. The API server would refuse one, and what it leaves out says nothing: the object
 * beneath, which is not at hand, decides.
 */
#ifndef BW_EXTRACT_MANIFEST_PATCH_H
#define BW_EXTRACT_MANIFEST_PATCH_H

#include "base/value.h"

/* The resource of a patch, in the group BW_OBJECT_GROUP: what judges whole objects is not for it.
 */
#define BW_MANIFEST_PATCHES "manifestpatches"

/*
 * Whether an object of that kind is a patch: it has a directive ($patch), or is of a kind that
 * Kubernetes has with a pod template and lacks the template, its containers, or the image of one.
 */
bool bw_manifest_is_patch(struct bw_str kind, struct bw_value object, struct bw_value template);

/* The template of a patch, with UNKNOWN in place of each field of the pod that it leaves out, and
 * behind the elements of its lists. What it does say stays. */
struct bw_value bw_manifest_patch_template(struct bw_value_maker *make, struct bw_value template);

#endif
