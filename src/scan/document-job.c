/*
 * A bill of materials in the sandboxed worker.
 */
#include "base/fd.h"
#include "extract/sbom.h"
#include "scan/layer.h"

struct reading {
    struct bw_emitter emitter;
    struct bw_str path; /* of the document: of what the document gives no other */
};

/* Facts carry the layer that the document counts, not the one of a file that is read. */
static int put_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct reading *reading = ctx;
    struct bw_fact placed = *fact;
    reading->emitter.layer = fact->place.layer;
    if (!placed.place.path.n)
        placed.place.path = reading->path;
    return bw_emit_fact(&reading->emitter, &placed, err);
}

static void put_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                    struct bw_str why)
{
    struct reading *reading = ctx;
    bw_emit_gap(&reading->emitter, class, where, what, why);
}

int bw_sbom_read(struct bw_worker *worker, struct bw_str path, int fd, struct bw_err *err)
{
    struct bw_buf content BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SBOM_SIZE_MAX);
    struct reading reading = {.emitter = bw_emitter(worker), .path = path};
    const struct bw_extract_sink sink = {.ctx = &reading, .fact = put_fact, .gap = put_gap};
    int rc = bw_fd_slurp(fd, &content, err);
    if (rc == 0)
        rc = bw_sbom_parse(path, content.p, content.n, &sink, err);
    int sent = bw_emitter_finish(&reading.emitter, rc ? NULL : err);
    return rc ? rc : sent;
}
