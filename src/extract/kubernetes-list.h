/*
 * kubernetes-list.h: a page of a list of a Kubernetes API server (meta/v1: List, ListMeta).
 *
 * Items of a list go without apiVersion and kind, which the list's kind implies: what is written of
 * them here has both. Their content is whoever created them; the page around them is the server's.
 */
#ifndef BW_EXTRACT_KUBERNETES_LIST_H
#define BW_EXTRACT_KUBERNETES_LIST_H

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "wrap/json.h"

/* Where a list goes on (metadata.continue). */
#define BW_KUBERNETES_CONTINUE_MAX 2048u

struct bw_kubernetes_kind {
    const char *group; /* "" is the core */
    const char *version, *resource;
    const char *kind;
};

/* Slices and values live as long as the call. p is NULL for what is not there. */
struct bw_kubernetes_item {
    struct bw_str namespace, name, uid;
    struct bw_str controller; /* the uid of the object that manages it */
    const struct bw_json *value;
};

typedef int (*bw_kubernetes_on_item)(void *ctx, const struct bw_kubernetes_item *item,
                                     struct bw_err *err);

/* Tells each item, in their order; what on_item returns ends it. Appends to `next` where the list
 * goes on, or nothing. BW_EFORMAT: no list; BW_ELIMIT, BW_ENOMEM. */
int bw_kubernetes_page_read(struct bw_str text, bw_kubernetes_on_item on_item, void *ctx,
                            struct bw_buf *next, struct bw_err *err) BW_MUST_USE;

/* The object as it stands, with its apiVersion and kind in front. */
void bw_kubernetes_item_put(const struct bw_kubernetes_item *item,
                            const struct bw_kubernetes_kind *kind, struct bw_json_writer *w);

/* An AdmissionReview that asks whether the object may be created as it is, by nobody in particular.
 * bw_buf_failed tells of a buffer that was too small. */
void bw_kubernetes_item_review(const struct bw_kubernetes_item *item,
                               const struct bw_kubernetes_kind *kind, struct bw_buf *buf);

#endif
