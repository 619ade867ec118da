/*
 * wire.h: facts and gaps as bytes, on their way from the sandboxed worker to its parent.
 *
 * The form: records one after the other, each a kind byte, then its fields in the order of the
 * struct; integers are LEB128, slices a length and the bytes, lists a count and the elements.
 * Both ends are the same build, so there is no version. The reader trusts nothing: the worker may
 * have been taken over by the bytes it parsed.
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

/* Appends; a failure shows in bw_buf_failed(). */
void bw_wire_put_fact(struct bw_buf *buf, const struct bw_fact *fact);
void bw_wire_put_gap(struct bw_buf *buf, const struct bw_gap *gap);

/* Takes one record off the front of *rest; its slices are copied to the arena. Paths are checked:
 * no leading '/', no empty, "." or ".." component, no NUL. BW_EFORMAT on anything malformed,
 * BW_ENOMEM or BW_ELIMIT when the arena gives no more. */
int bw_wire_get(struct bw_str *rest, struct bw_arena *arena, struct bw_record *ret_record,
                struct bw_err *err) BW_MUST_USE;

#endif
