/*
 * containerd.h: the images that containerd knows, from its metadata database.
 *
 * Format: a bolt database (extract/bolt.h); github.com/containerd/containerd, metadata/buckets.go:
 *     v1 / NAMESPACE / images / NAME / target / digest
 */
#ifndef BW_EXTRACT_CONTAINERD_H
#define BW_EXTRACT_CONTAINERD_H

#include "base/arena.h"
#include "base/err.h"
#include "model/image-document.h"

/* Most images, and longest name. */
#define BW_CONTAINERD_IMAGES_MAX 65536u
#define BW_CONTAINERD_NAME_MAX   1024u

/* Items: `digest` of the manifest or index, ref_name the image's name, tags one: its namespace. An
 * image whose digest is not of sha256 or whose name is longer or no UTF-8 is left out. BW_EFORMAT,
 * BW_ELIMIT, BW_ENOMEM. */
int bw_containerd_parse(struct bw_str bytes, struct bw_arena *arena,
                        struct bw_image_document *ret_document, struct bw_err *err) BW_MUST_USE;

#endif
