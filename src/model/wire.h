/*
 * wire.h: facts and gaps as bytes, on their way from the sandboxed worker to its parent.
 *
 * The form: records one after the other, each a kind byte, then its fields in the order of the
 * struct; integers are LEB128 in their shortest form, booleans a byte 0 or 1, slices a length and
 * the bytes, lists a count and the elements; of a union the member that the kind names. Both ends
 * are the same build, so there is no version. The reader trusts nothing: the worker may have been
 * taken over by the bytes it parsed.
 */
#ifndef BW_MODEL_WIRE_H
#define BW_MODEL_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/fact.h"
#include "model/gap.h"

/* A record is at most this long; a package with a million owned files fits. */
#define BW_WIRE_RECORD_MAX ((size_t)64 << 20)

/* A list has at most this many elements. */
#define BW_WIRE_LIST_MAX 4000000u

enum bw_record_kind {
    BW_RECORD_FACT,
    BW_RECORD_GAP,
};

struct bw_record {
    enum bw_record_kind kind;
    union {
        struct bw_fact fact;
        struct bw_gap gap; /* subject is not sent: the parent knows it */
    };
};

/* Appends a record. One over a maximum, or a full buffer, leaves the buffer as it was but for its
 * failure, which shows in bw_buf_failed(). */
void bw_wire_put_fact(struct bw_buf *buf, const struct bw_fact *fact);
void bw_wire_put_gap(struct bw_buf *buf, const struct bw_gap *gap);

/*
 * Takes one record off the front of *rest. Its slices are copies in the arena, which is touched
 * only once the whole record is known to be well-formed; a count is believed only when enough bytes
 * stand behind it. Checked besides the form, since the parent acts on them:
 * - the path of a place (its `inner` is free text), the target of a hard link, and in a
 * docker-archive document the paths of configuration and layers: no leading '/', no empty, "." or
 * ".." component, no NUL. The path of a place may be empty: the root;
 * - digests of other documents: empty, "sha256:" and 64, or "sha512:" and 128 lower-case
 *   hexadecimal digits.
 * Other texts (files a package says it owns, names, links) stand as they came.
 * BW_EFORMAT on anything malformed, BW_ELIMIT over BW_WIRE_RECORD_MAX, BW_ENOMEM or BW_ELIMIT when
 * the arena gives no more. gap.subject is BW_GAP_NO_SUBJECT.
 */
int bw_wire_get(struct bw_str *rest, struct bw_arena *arena, struct bw_record *ret_record,
                struct bw_err *err) BW_MUST_USE;

#endif
