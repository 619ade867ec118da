#include "base/fd.h"
#include "know/epss.h"
#include "know/import-record.h"
#include "know/import-remote.h"
#include "wrap/gzip.h"
#include "wrap/sha256.h"

#define STEP ((size_t)256 << 10)

static const struct bw_str SOURCE = {"epss", 4};

bool bw_import_is_gzip(struct bw_str bytes)
{
    return bw_str_starts(bytes, BW_STR("\x1f\x8b"));
}

static int gunzip_some(void *state, struct bw_decode *io, struct bw_buf *text, bool *ret_end,
                       struct bw_err *err)
{
    uint8_t *room = bw_buf_reserve(text, STEP);
    size_t in_n = io->in_n;
    if (!room)
        return bw_err_set(err, BW_ELIMIT, "more than %zu bytes when unpacked", text->max);
    io->out = room;
    io->out_n = STEP;
    int rc = bw_gzip_decoder.step(state, io, err);
    text->n += STEP - io->out_n;
    if (rc == BW_DECODE_MORE && io->out_n == STEP && io->in_n == in_n)
        return bw_err_set(err, BW_EFORMAT, "gzip: cut off");
    *ret_end = rc == BW_DECODE_END && io->in_n == 0;
    return rc < 0 ? rc : 0;
}

static int gunzip(struct bw_str bytes, struct bw_buf *text, struct bw_err *err)
{
    void *state = bw_gzip_decoder.open(0);
    if (!state)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    struct bw_decode io = {.in = (const uint8_t *)bytes.p, .in_n = bytes.n};
    bool end = false;
    int rc = 0;
    while (rc == 0 && !end)
        rc = gunzip_some(state, &io, text, &end, err);
    bw_gzip_decoder.close(state);
    return rc;
}

static int put(struct bw_import *import, const struct bw_epss *epss,
               const struct bw_source_state *state, struct bw_err *err)
{
    struct bw_writer *writer = import->writer;
    int64_t source;
    int rc = bw_writer_begin(writer, err);
    if (rc == 0)
        rc = bw_writer_source(writer, SOURCE, &source, err);
    if (rc == 0)
        rc = bw_writer_clear_epss(writer, epss->date, err);
    for (size_t i = 0; rc == 0 && i < epss->n; i++)
        rc = bw_writer_put_epss(writer, epss->entries[i].cve, epss->entries[i].score,
                                epss->entries[i].percentile, err);
    return rc ? rc : bw_writer_set_source(writer, source, state, err);
}

static int import_text(struct bw_import *import, struct bw_str text,
                       const struct bw_source_state *state, struct bw_err *err)
{
    char hex[BW_SHA256_HEX_SIZE];
    struct bw_source_state now = *state;
    bool same = false;
    int rc = bw_import_is_same(import, SOURCE, text, &now, hex, &same, err);
    if (rc || same) {
        import->sources_unchanged += same;
        return rc;
    }
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_LOADED_MEMORY_MAX);
    struct bw_epss epss;
    rc = arena ? bw_epss_parse(text, arena, &epss, err)
               : bw_err_set(err, BW_ENOMEM, "out of memory");
    return rc ? rc : put(import, &epss, &now, err);
}

int bw_import_epss_bytes(struct bw_import *import, struct bw_str bytes,
                         const struct bw_source_state *state, struct bw_err *err)
{
    if (!bw_import_is_gzip(bytes))
        return import_text(import, bytes, state, err);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EPSS_TEXT_MAX);
    int rc = gunzip(bytes, &text, err);
    return rc ? rc : import_text(import, bw_buf_slice(&text), state, err);
}

int bw_import_epss(struct bw_import *import, const char *where, struct bw_err *err)
{
    bool local = bw_str_starts(bw_str(where), BW_STR("file://"));
    if (bw_import_is_url(where) && !local)
        return bw_import_remote_file(import, where, SOURCE, bw_import_epss_bytes, err);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EPSS_TEXT_MAX);
    const struct bw_source_state state = {.origin = bw_str(where)};
    int rc = bw_fd_slurp_path(local ? where + strlen("file://") : where, &bytes, err);
    if (rc)
        return rc;
    import->sources++;
    rc = bw_import_epss_bytes(import, bw_buf_slice(&bytes), &state, err);
    return rc ? bw_err_prefix(err, rc, "cannot import %s", where) : 0;
}
