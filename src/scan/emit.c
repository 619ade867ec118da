#include "scan/emit.h"

#include <stdio.h>

#include "model/wire.h"

#define BATCH ((size_t)48 << 10)

struct bw_emitter bw_emitter(struct bw_worker *worker)
{
    return (struct bw_emitter){.worker = worker, .buf = BW_BUF(BW_WIRE_RECORD_MAX)};
}

static int send_batch(struct bw_emitter *emitter, struct bw_err *err)
{
    if (bw_buf_failed(&emitter->buf))
        return bw_err_set(err, BW_ELIMIT, "a record larger than %zu bytes", BW_WIRE_RECORD_MAX);
    int rc = 0;
    if (emitter->buf.n)
        rc = bw_worker_send(emitter->worker, BW_SCAN_RECORDS, emitter->buf.p, emitter->buf.n, err);
    bw_buf_clear(&emitter->buf);
    return rc;
}

static int send_if_full(struct bw_emitter *emitter, struct bw_err *err)
{
    if (emitter->buf.n < BATCH && !bw_buf_failed(&emitter->buf))
        return 0;
    return send_batch(emitter, err);
}

int bw_emit_fact(struct bw_emitter *emitter, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_fact placed = *fact;
    placed.place.layer = emitter->layer;
    bw_wire_put_fact(&emitter->buf, &placed);
    return send_if_full(emitter, err);
}

int bw_emit_file(struct bw_emitter *emitter, struct bw_str path, const struct bw_file *file,
                 struct bw_err *err)
{
    struct bw_fact fact = {.kind = BW_FACT_FILE, .place = {.path = path}, .file = *file};
    return bw_emit_fact(emitter, &fact, err);
}

/* A gap that finds no room is worse than a failed job: the buffer's failure shows at the next
 * send. */
void bw_emit_gap(struct bw_emitter *emitter, enum bw_gap_class class, struct bw_str where,
                 struct bw_str what, struct bw_str why)
{
    struct bw_gap gap = {.class = class, .where = where, .what = what, .why = why};
    bw_wire_put_gap(&emitter->buf, &gap);
}

int bw_emitter_finish(struct bw_emitter *emitter, struct bw_err *err)
{
    int rc = send_batch(emitter, err);
    bw_buf_free(&emitter->buf);
    return rc;
}
