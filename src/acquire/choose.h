/*
 * choose.h: which of several images is meant; private to src/acquire.
 */
#ifndef BW_ACQUIRE_CHOOSE_H
#define BW_ACQUIRE_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/image-document.h"

/* "linux/arm64/v8" taken apart, in the words of Go's GOOS and GOARCH. */
struct bw_platform {
    struct bw_str os, architecture, variant;
};

/* text: "OS/ARCH[/VARIANT]", "ARCH" alone means linux; x86_64, aarch64 and their kind are known.
 * NULL: linux and this machine's architecture, in which case the slices point to constants. Else
 * they are slices of text. BW_EUSAGE. */
int bw_platform_parse(const char *text, struct bw_platform *ret, struct bw_err *err) BW_MUST_USE;

/* Whether an image that says this of itself runs there; what it does not say fits. A variant that
 * is not asked for fits. */
bool bw_platform_fits(const struct bw_platform *wanted, struct bw_str os,
                      struct bw_str architecture, struct bw_str variant);

/* "linux/arm64/v8"; "" where neither part is known. p is NULL when the arena is full. */
struct bw_str bw_platform_text(struct bw_str os, struct bw_str architecture, struct bw_str variant,
                               struct bw_arena *arena) BW_MUST_USE;

/* Whether two names mean the same image to Docker: "nginx" is "docker.io/library/nginx:latest". */
bool bw_choose_same_name(struct bw_str a, struct bw_str b);

/* The item of an OCI index for a platform (as in struct bw_acquire) and a name ("" is none given).
 * Attestations are no images. Where one image remains it is taken, whatever its platform, unless a
 * platform was asked for. BW_ENOENT where nothing fits, BW_EUSAGE where several do; the messages
 * list what there is. */
int bw_choose_manifest(const struct bw_image_document *index, const char *platform,
                       struct bw_str name, size_t *ret_item, struct bw_err *err) BW_MUST_USE;

/* The item of a docker-archive's manifest.json. Errors as above. */
int bw_choose_archived(const struct bw_image_document *archive, struct bw_str name,
                       size_t *ret_item, struct bw_err *err) BW_MUST_USE;

#endif
