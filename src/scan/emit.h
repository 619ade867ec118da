/*
 * emit.h: how a worker's findings leave it: records gathered and sent in batches; private to
 * src/scan.
 */
#ifndef BW_SCAN_EMIT_H
#define BW_SCAN_EMIT_H

#include "base/buf.h"
#include "model/fact.h"
#include "model/gap.h"
#include "scan/job.h"

struct bw_emitter {
    struct bw_worker *worker;
    struct bw_buf buf;
    uint32_t layer; /* of the facts that follow */
};

struct bw_emitter bw_emitter(struct bw_worker *worker);

int bw_emit_file(struct bw_emitter *emitter, struct bw_str path, const struct bw_file *file,
                 struct bw_err *err) BW_MUST_USE;
int bw_emit_fact(struct bw_emitter *emitter, const struct bw_fact *fact,
                 struct bw_err *err) BW_MUST_USE;
void bw_emit_gap(struct bw_emitter *emitter, enum bw_gap_class class, struct bw_str where,
                 struct bw_str what, struct bw_str why);

/* Sends what is gathered, and frees the buffer. */
int bw_emitter_finish(struct bw_emitter *emitter, struct bw_err *err) BW_MUST_USE;

#endif
