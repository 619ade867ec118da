/*
 * image-document.h: parses the JSON around an image into a struct bw_image_document.
 */
#ifndef BW_EXTRACT_IMAGE_DOCUMENT_H
#define BW_EXTRACT_IMAGE_DOCUMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/image-document.h"

#define BW_IMAGE_DOCUMENT_ITEMS_MAX 4096u

/* Duplicate keys: the last one counts, as Docker's and containerd's Go decoders do; keys are
 * matched exactly. Digests are checked to be "sha256:" + 64 lower-case hexadecimal digits (or
 * sha512 with 128) and paths to stay inside the archive: BW_EFORMAT otherwise. An OCI document
 * whose kind is INDEX but which is a manifest (or the reverse) is returned as what it is. */
int bw_image_document_parse(enum bw_document_kind kind, struct bw_str json, struct bw_arena *arena,
                            struct bw_image_document *ret_document, struct bw_err *err) BW_MUST_USE;

#endif
