/*
 * wire-subject.h: a whole subject as bytes, for the cache: what a scan found, to be judged again
 * without the image.
 *
 * The form is that of wire.h with a version of its own, since a cache outlives a build. The paths
 * that packages own are not part of it: what they tell has become owners and notable files. Nor is
 * the list of all files.
 */
#ifndef BW_MODEL_WIRE_SUBJECT_H
#define BW_MODEL_WIRE_SUBJECT_H

#include "model/subject.h"
#include "model/wire.h"

/* A failure shows in bw_buf_failed(). */
void bw_wire_put_subject(struct bw_buf *buf, const struct bw_subject *subject);

/* Takes a subject off the front of *rest, checked as a record is; its slices are copies in the
 * arena. Indices of layers and owners are within the subject. BW_EFORMAT, BW_ELIMIT, BW_ENOMEM. */
int bw_wire_get_subject(struct bw_str *rest, struct bw_arena *arena, struct bw_subject *ret_subject,
                        struct bw_err *err) BW_MUST_USE;

#endif
