/*
 * A bill of materials in the sandboxed worker.
 */
#include "base/fd.h"
#include "extract/sbom.h"
#include "scan/layer.h"

/* Facts carry the layer that the document counts, not the one of a file that is read. */
static int put_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_emitter *emitter = ctx;
    emitter->layer = fact->place.layer;
    return bw_emit_fact(emitter, fact, err);
}

static void put_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                    struct bw_str why)
{
    bw_emit_gap(ctx, class, where, what, why);
}

int bw_sbom_read(struct bw_worker *worker, struct bw_str path, int fd, struct bw_err *err)
{
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SBOM_SIZE_MAX);
    struct bw_emitter emitter = bw_emitter(worker);
    const struct bw_extract_sink sink = {.ctx = &emitter, .fact = put_fact, .gap = put_gap};
    emitter.path = path;
    int rc = bw_fd_slurp(fd, &content, err);
    if (rc == 0)
        rc = bw_sbom_parse(path, content.p, content.n, &sink, err);
    int sent = bw_emitter_finish(&emitter, rc ? NULL : err);
    return rc ? rc : sent;
}
