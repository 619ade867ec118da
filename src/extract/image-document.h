/*
 * image-document.h: parses the documents around an image into a struct bw_image_document: JSON, but
 * for containerd's database (extract/containerd.h).
 */
#ifndef BW_EXTRACT_IMAGE_DOCUMENT_H
#define BW_EXTRACT_IMAGE_DOCUMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/image-document.h"

/* Most elements of any list in a document; BW_ELIMIT beyond. */
#define BW_IMAGE_DOCUMENT_ITEMS_MAX 4096u
/* The same for the list of a whole store. */
#define BW_IMAGE_DOCUMENT_STORE_MAX 65536u

/*
 * A document must mean the same to us as to the engine that runs the image. Go's decoder merges a
 * key that stands twice, and takes "LAYERS" for "layers"; so a key that is read here and stands
 * twice, or in another case, is BW_EFORMAT: no writer of images makes one. So is a document that is
 * both an index and a manifest (CVE-2021-41190). Members that are not read here are not looked at;
 * null counts as absent.
 *
 * Digests are checked to be "sha256:" + 64 lower-case hexadecimal digits (or sha512 with 128), and
 * paths to be relative without "." or ".." components: BW_EFORMAT otherwise. An OCI document whose
 * kind is INDEX but which is a manifest (or the reverse) is returned as what it is. Schema 1
 * manifests are BW_EUNSUPPORTED. Tags "<none>:<none>" are left out.
 */
int bw_image_document_parse(enum bw_document_kind kind, struct bw_str bytes, struct bw_arena *arena,
                            struct bw_image_document *ret_document, struct bw_err *err) BW_MUST_USE;

#endif
