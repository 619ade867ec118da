/*
 * admission-review.h: AdmissionReview, admission.k8s.io/v1: what an API server asks a webhook.
 *
 * The document that comes of it has the object under review (group, version and resource as the
 * request names them; of a DELETE, whose object is null, with the value null), and the views of it.
 * Subresources keep their resource ("pods/exec"), as rules of policies name them; what changes the
 * containers of a Pod (pods/ephemeralcontainers, pods/resize) is also viewed as that Pod. An object
 * that says of itself another kind or namespace than the request is a blocking gap.
 *
 * The API server wrote the text: values have no places, and an object with a key that stands twice
 * is no review.
 */
#ifndef BW_EXTRACT_ADMISSION_REVIEW_H
#define BW_EXTRACT_ADMISSION_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"
#include "extract/document.h"
#include "model/object.h"

struct bw_admission_review {
    struct bw_str uid;       /* to be answered with; never empty */
    struct bw_str operation; /* "CREATE", "UPDATE", "DELETE", "CONNECT" */
    struct bw_str namespace, name;
    struct bw_str user;
    struct bw_str *groups;
    size_t groups_n;
    bool dry_run;
    struct bw_value request;    /* AdmissionRequest as CEL sees it: without object and oldObject */
    struct bw_value object;     /* as it stands; null of a DELETE */
    struct bw_value old_object; /* null where there is none */
    struct bw_document document;
};

/* Everything lives in the arena. Gaps as readers report them. BW_EFORMAT: no AdmissionReview of v1,
 * or one without a uid; *ret_review then has what was understood (a uid, to answer with), else
 * zeros. BW_ELIMIT, BW_ENOMEM. */
int bw_admission_review_read(struct bw_str text, const struct bw_reader_sink *sink,
                             struct bw_arena *arena, struct bw_admission_review *ret_review,
                             struct bw_err *err) BW_MUST_USE;

/* The document of the object as it was, and the views of it, of a review that has both. BW_ELIMIT,
 * BW_ENOMEM. */
int bw_admission_review_before(const struct bw_admission_review *review,
                               const struct bw_reader_sink *sink, struct bw_arena *arena,
                               struct bw_document *ret_document, struct bw_err *err) BW_MUST_USE;

#endif
