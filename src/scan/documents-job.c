/*
 * Documents in the sandboxed worker.
 */
#include <stdlib.h>

#include "base/fd.h"
#include "extract/document.h"
#include "scan/documents.h"
#include "scan/emit.h"

/* Of one document: its text, its values, and their encoded form. */
#define READ_ARENA_MAX ((size_t)1 << 30)
#define HELD_GAPS_MAX  10000u

struct held_gap {
    enum bw_gap_class class;
    struct bw_str where, what, why;
};

/* A file while it is read. Its gaps are held until it is known that it needs no more files: then it
 * is read once more, and has them again. */
struct reading {
    struct bw_worker *worker;
    struct bw_arena *arena;
    uint32_t index;
    BW_VEC_TYPE(held_gaps, struct held_gap) gaps;
    bool lost; /* a gap found no room */
};

struct job {
    struct bw_read_request head;
    struct bw_str *paths;
    struct bw_reader_file *others;
    struct bw_str *profiles, *environment;
};

static void hold_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    struct reading *reading = ctx;
    struct held_gap *gap = BW_VEC_PUSH(&reading->gaps, HELD_GAPS_MAX);
    if (!gap) {
        reading->lost = true;
        return;
    }
    *gap = (struct held_gap){class, bw_arena_str(reading->arena, where),
                             bw_arena_str(reading->arena, what), bw_arena_str(reading->arena, why)};
    reading->lost |= !gap->where.p || !gap->what.p || !gap->why.p;
}

static int send_gaps(struct reading *reading, struct bw_err *err)
{
    struct bw_emitter emitter = bw_emitter(reading->worker);
    for (size_t i = 0; i < reading->gaps.n; i++) {
        const struct held_gap *gap = &reading->gaps.v[i];
        bw_emit_gap(&emitter, gap->class, gap->where, gap->what, gap->why);
    }
    if (reading->lost)
        bw_emit_gap(&emitter, BW_GAP_BLOCKING, BW_STR("documents"), BW_STR("what was not read"),
                    BW_STR("one document has more gaps than are kept"));
    return bw_emitter_finish(&emitter, err);
}

static struct bw_buf answer(const struct reading *reading)
{
    struct bw_buf buf = BW_BUF(BW_POOL_MESSAGE_MAX);
    bw_buf_add(&buf, &reading->index, sizeof reading->index);
    return buf;
}

static int send(const struct reading *reading, enum bw_scan_answer tag, const struct bw_buf *buf,
                struct bw_err *err)
{
    if (bw_buf_failed(buf))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a document");
    return bw_worker_send(reading->worker, (uint32_t)tag, buf->p, buf->n, err);
}

static int send_wanted(const struct reading *reading, const struct bw_str *wanted, size_t n,
                       struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = answer(reading);
    for (size_t i = 0; i < n; i++) {
        bw_buf_str(&buf, wanted[i]);
        bw_buf_byte(&buf, 0);
    }
    return send(reading, BW_SCAN_WANTED, &buf, err);
}

/* An answer without content, and the gaps. */
static int send_bare(struct reading *reading, enum bw_scan_answer tag, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = answer(reading);
    int rc = send(reading, tag, &buf, err);
    return rc ? rc : send_gaps(reading, err);
}

static int send_unread(struct reading *reading, struct bw_str path, const char *what,
                       const char *why, struct bw_err *err)
{
    hold_gap(reading, BW_GAP_BLOCKING, path, bw_str(what), bw_str(why));
    return send_bare(reading, BW_SCAN_UNREAD, err);
}

static int send_document(struct reading *reading, struct bw_str path, const char *what,
                         const struct bw_document *document, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = answer(reading);
    bw_wire_put_document(&buf, document);
    if (bw_buf_failed(&buf))
        return send_unread(reading, path, what, "it has more values than are held at a time", err);
    int rc = send(reading, BW_SCAN_OBJECTS, &buf, err);
    return rc ? rc : send_gaps(reading, err);
}

static int read_text(struct reading *reading, const struct job *job, struct bw_str text,
                     struct bw_err *err)
{
    struct bw_str path = job->paths[reading->index];
    const struct bw_reader *reader = bw_reader_for(path, text);
    if (!reader)
        return send_bare(reading, BW_SCAN_FOREIGN, err);
    const struct bw_reader_request request = {.path = path,
                                              .text = text,
                                              .files = job->others,
                                              .files_n = job->head.others_n,
                                              .profiles = job->profiles,
                                              .profiles_n = job->head.profiles_n,
                                              .environment = job->environment,
                                              .environment_n = job->head.environment_n};
    const struct bw_reader_sink sink = {.ctx = reading, .gap = hold_gap};
    struct bw_document document;
    struct bw_str *wanted;
    size_t wanted_n;
    struct bw_err why = {0};
    int rc = bw_reader_read(reader, &request, &sink, reading->arena, &document, &wanted, &wanted_n,
                            &why);
    if (rc == 0)
        return wanted_n ? send_wanted(reading, wanted, wanted_n, err)
                        : send_document(reading, path, reader->what, &document, err);
    return send_unread(reading, path, reader->what, why.msg, err);
}

static int read_file(struct bw_worker *worker, const struct job *job, uint32_t index, int fd,
                     struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(READ_ARENA_MAX);
    struct reading reading = {.worker = worker, .arena = arena, .index = index};
    struct bw_err why = {0};
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a document");
    int rc = bw_fd_slurp(fd, &text, &why);
    if (rc == 0) {
        rc = read_text(&reading, job, bw_buf_slice(&text), err);
    } else {
        if (rc == BW_ELIMIT)
            bw_err_set(&why, rc,
                       "longer than the %zu MiB that are read; an image is named with a prefix "
                       "such as docker-archive: or oci:",
                       BW_READER_TEXT_MAX >> 20);
        rc = send_unread(&reading, job->paths[index], "the document", why.msg, err);
    }
    BW_VEC_FREE(&reading.gaps);
    return rc;
}

/* Cuts the next string off; the request is the parent's, and trusted. */
static struct bw_str next(struct bw_str *rest)
{
    struct bw_str part = {0};
    (void)bw_str_split(rest, '\0', &part);
    return part;
}

static struct bw_str *take_strings(struct bw_str *rest, size_t n, struct bw_arena *arena)
{
    struct bw_str *v = bw_arena_array(arena, n, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        v[i] = next(rest);
    return v;
}

static int take_others(struct job *job, struct bw_str *rest, const int *fds, size_t fds_n,
                       struct bw_arena *arena, struct bw_err *err)
{
    size_t left = BW_READER_FILES_MAX, at = job->head.files_n;
    job->others = bw_arena_array(arena, job->head.others_n, sizeof *job->others);
    for (size_t i = 0; job->others && i < job->head.others_n; i++) {
        struct bw_str path = next(rest);
        job->others[i].path = bw_str_from(path, 1);
        job->others[i].missing = !bw_str_starts(path, BW_STR("+"));
        if (job->others[i].missing)
            continue;
        struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(left);
        int rc = at < fds_n ? bw_fd_slurp(fds[at++], &text, err)
                            : bw_err_set(err, BW_EINTERNAL, "a job without its descriptors");
        if (rc)
            return bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(job->others[i].path));
        left -= text.n;
        job->others[i].text = bw_arena_str(arena, bw_buf_slice(&text));
        if (!job->others[i].text.p)
            job->others = NULL;
    }
    return job->others ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory for a document");
}

int bw_read_documents(struct bw_worker *worker, struct bw_str request, const int *fds, size_t fds_n,
                      struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(READ_ARENA_MAX);
    struct job job = {0};
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    if (request.n < sizeof job.head)
        return bw_err_set(err, BW_EINTERNAL, "a job that is too short");
    memcpy(&job.head, request.p, sizeof job.head);
    request = bw_str_from(request, sizeof job.head);
    job.paths = take_strings(&request, job.head.files_n, arena);
    int rc = take_others(&job, &request, fds, fds_n, arena, err);
    job.profiles = take_strings(&request, job.head.profiles_n, arena);
    job.environment = take_strings(&request, job.head.environment_n, arena);
    if (rc == 0 && (!job.paths || !job.profiles || !job.environment))
        rc = bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    for (uint32_t i = 0; i < job.head.files_n && i < fds_n && rc == 0; i++)
        rc = read_file(worker, &job, i, fds[i], err);
    return rc;
}
