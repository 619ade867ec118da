/*
 * An archive that passes once: the worker looks at each member as all it might be, and when it has
 * passed, the documents say which members are the layers of the image, and in which order.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/layout.h"
#include "base/clock.h"
#include "base/fd.h"
#include "scan/target.h"

#define LINKS_MAX   8u
#define MEMBERS_MAX 100000u
#define POLL_MS     60000

static struct bw_scan_member *member_at(struct bw_target *target, struct bw_str path)
{
    for (size_t i = target->members.n; i > 0; i--)
        if (bw_str_eq(target->members.v[i - 1].path, path))
            return &target->members.v[i - 1];
    return NULL;
}

static struct bw_scan_member *add_member(struct bw_target *target, struct bw_str path,
                                         struct bw_err *err)
{
    struct bw_scan_member *member = BW_VEC_PUSH(&target->members, MEMBERS_MAX);
    if (!member) {
        bw_err_set(err, BW_ELIMIT, "the archive has more than %u members", MEMBERS_MAX);
        return NULL;
    }
    member->path = bw_arena_str(target->scan->arena, path);
    if (!member->path.p) {
        bw_err_set(err, BW_ELIMIT, "no room for the members of the archive");
        return NULL;
    }
    return member;
}

/* A member's path NUL its bytes. */
static int take_json(struct bw_target *target, struct bw_str bytes, struct bw_err *err)
{
    size_t nul = bw_str_find(bytes, '\0');
    if (nul == SIZE_MAX)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    struct bw_scan_member *member = add_member(target, bw_str_take(bytes, nul), err);
    if (!member)
        return BW_ELIMIT;
    member->json = bw_arena_str(target->scan->arena, bw_str_from(bytes, nul + 1));
    member->size = member->json.n;
    return member->json.p ? 0 : bw_err_set(err, BW_ELIMIT, "no room for a document");
}

static int take_blob(struct bw_target *target, struct bw_str bytes, struct bw_err *err)
{
    struct bw_scan_blob blob;
    if (bytes.n <= sizeof blob)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    memcpy(&blob, bytes.p, sizeof blob);
    struct bw_scan_member *member = add_member(target, bw_str_from(bytes, sizeof blob), err);
    if (!member)
        return BW_ELIMIT;
    member->blob = blob;
    member->has_blob = true;
    member->size = blob.size;
    return 0;
}

static int on_message(struct bw_job *base, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct bw_target_job *job = base->ctx;
    switch (tag) {
    case BW_SCAN_RECORDS:
        return bw_target_records(job->target, 0, BW_ACQUIRE_LAYERS_MAX + MEMBERS_MAX, bytes, err);
    case BW_SCAN_JSON:
        return job->target->member_of ? 0 : take_json(job->target, bytes, err);
    case BW_SCAN_BLOB:
        return job->target->member_of ? 0 : take_blob(job->target, bytes, err);
    default:
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    }
}

/* The producer's end of the pipe: while it is full, the worker's answers are taken, so that
 * neither waits for the other. */
struct feed {
    struct bw_target *target;
    int fd;
};

static int write_feed(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    struct feed *feed = ctx;
    struct bw_scan *scan = feed->target->scan;
    for (size_t done = 0; done < n;) {
        ssize_t r = write(feed->fd, (const char *)p + done, n - done);
        if (r >= 0) {
            done += (size_t)r;
            scan->progress.bytes_done += (uint64_t)r;
            continue;
        }
        if (errno == EAGAIN) {
            int rc = bw_pool_step(scan->pool, -1, feed->fd, err);
            if (rc)
                return rc;
        } else if (errno != EINTR) {
            return bw_err_errno(err, "the worker stopped reading");
        }
    }
    return 0;
}

static struct bw_target_job *new_job(struct bw_target *target, bool only, int fd)
{
    struct bw_target_job *job = bw_target_job_new(target, BW_WORKER_PARSER, BW_SCAN_STREAM, 0);
    if (!job)
        return NULL;
    if (only)
        job->request.flags = BW_SCAN_ONLY;
    job->request.flags |= BW_SCAN_HASH_TAR;
    if (target->scan->options.digest == BW_DIGEST_NONE)
        job->request.flags |= BW_SCAN_GUESS;
    job->job.message = on_message;
    job->fds[0] = fd;
    job->where = bw_str(target->argument);
    job->what = BW_STR("the rest of the archive");
    return job;
}

static int feed_job(struct bw_target *target, struct bw_str wanted, bool only, struct bw_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return bw_err_errno(err, "cannot make a pipe");
    int write_end BW_CLEANUP(bw_fd_closep) = ends[1];
    struct bw_target_job *job = new_job(target, only, ends[0]);
    if (!job) {
        close(ends[0]);
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    }
    job->owns_fds = true;
    int flags = fcntl(write_end, F_GETFL);
    fcntl(write_end, F_SETFL, flags | O_NONBLOCK);
    fcntl(write_end, F_SETPIPE_SZ, 1 << 20);
    int rc = bw_target_submit(job, wanted, 1, err);
    /* The worker must have the read end before ours is the only writer. */
    if (rc == 0)
        rc = bw_pool_step(target->scan->pool, 0, -1, err);
    struct feed feed = {.target = target, .fd = write_end};
    size_t gaps = target->scan->gaps.n;
    if (rc == 0)
        rc = target->image.produce(&target->image, write_feed, &feed, err);
    bw_fd_closep(&write_end);
    int waited = bw_target_wait(target, rc ? NULL : err);
    /* A worker that gave up has said why; that the producer could not go on is no news. */
    if (rc && target->scan->gaps.n > gaps)
        rc = 0;
    return rc ? rc : waited;
}

/* A pipe whose writer has not come yet looks like one that has ended. false when none came within
 * the time that is left. */
static bool wait_for_bytes(const struct bw_target *target, int fd)
{
    const struct bw_scan *scan = target->scan;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    struct stat st;
    if (fstat(fd, &st) || !S_ISFIFO(st.st_mode))
        return true;
    for (;;) {
        int64_t left = scan->started_ms + scan->options.timeout_ms - bw_clock_monotonic_ms();
        if (scan->options.timeout_ms && left <= 0)
            return false;
        int wait = scan->options.timeout_ms && left < POLL_MS ? (int)left : POLL_MS;
        if (poll(&poll_fd, 1, wait) > 0)
            return true;
    }
}

static int file_job(struct bw_target *target, struct bw_str wanted, bool only, struct bw_err *err)
{
    int fd = target->image.stream_fd;
    if (only && lseek(fd, 0, SEEK_SET) < 0) {
        bw_target_gap(target, BW_GAP_BLOCKING, bw_str(target->argument),
                      BW_STR("files that symbolic links lead to"),
                      BW_STR("the archive passed through a pipe and cannot be read again; scan it "
                             "as a file"));
        return 0;
    }
    if (!wait_for_bytes(target, fd))
        return bw_err_set(err, BW_ETIMEOUT,
                          "%s: nobody wrote to this pipe within the time allowed (--timeout)",
                          target->argument);
    struct bw_target_job *job = new_job(target, only, fd);
    if (!job)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    int rc = bw_target_submit(job, wanted, 1, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    return rc ? rc : waited;
}

/* Links among the members: old archives share a layer by one. */
static int find_member(void *ctx, struct bw_str path, struct bw_blob *ret_blob, struct bw_err *err)
{
    struct bw_target *target = ctx;
    for (unsigned i = 0; i < LINKS_MAX; i++) {
        const struct bw_scan_member *member = member_at(target, path);
        if (member) {
            *ret_blob = (struct bw_blob){
                .fd = -1, .offset = (uint64_t)(member - target->members.v), .size = member->size};
            return 0;
        }
        enum bw_resolution resolution;
        const struct bw_view_entry *entry;
        struct bw_str at;
        int rc = bw_view_resolve(target->view, path, &resolution, &at, &entry, err);
        if (rc)
            return rc;
        if (bw_str_eq(at, path))
            break;
        path = at;
    }
    return bw_err_set(err, BW_ENOENT, "the archive has no member %" BW_STR_F, BW_STR_A(path));
}

static int read_member(void *ctx, struct bw_str path, enum bw_document_kind kind,
                       struct bw_buf *buf, struct bw_err *err)
{
    (void)kind;
    struct bw_target *target = ctx;
    struct bw_blob blob;
    int rc = find_member(ctx, path, &blob, err);
    if (rc)
        return rc;
    const struct bw_scan_member *member = &target->members.v[blob.offset];
    if (!member->json.p)
        return bw_err_set(err, BW_EFORMAT, "the member %" BW_STR_F " is no JSON document",
                          BW_STR_A(path));
    bw_buf_str(buf, member->json);
    return bw_buf_failed(buf) ? bw_err_set(err, BW_ELIMIT, "the document is too large") : 0;
}

static void compare_digests(struct bw_target *target, const struct bw_scan_member *member,
                            uint32_t layer)
{
    const struct bw_layer *info = &target->image.layers[layer].info;
    struct bw_str where = bw_target_layer_name(target, layer);
    bool full = target->scan->options.verify_full || !info->digest.n;
    if (info->digest.n && member->blob.has_digest)
        bw_target_compare_digest(target, where, "digest", info->digest, member->blob.digest);
    if (info->diff_id.n && full && member->blob.has_diff_id)
        bw_target_compare_digest(target, where, "diff ID", info->diff_id, member->blob.diff_id);
}

/* The members that the image names become its layers, in its order. */
static int arrange_layers(struct bw_target *target, struct bw_err *err)
{
    struct bw_image *image = &target->image;
    target->member_of =
        bw_arena_array(target->scan->arena, image->layers_n, sizeof *target->member_of);
    if (!target->member_of)
        return bw_err_set(err, BW_ELIMIT, "no room for the layers");
    for (uint32_t i = 0; i < image->layers_n; i++) {
        struct bw_blob blob;
        target->member_of[i] = UINT32_MAX;
        if (find_member(target, image->layers[i].blob_at, &blob, NULL))
            continue; /* a gap since the layout was resolved */
        const struct bw_scan_member *member = &target->members.v[blob.offset];
        if (!member->has_blob) {
            bw_target_gap(target, BW_GAP_BLOCKING, bw_target_layer_name(target, i),
                          BW_STR("the layer"), BW_STR("it is a JSON document, no layer"));
            continue;
        }
        target->member_of[i] = member->blob.layer;
        compare_digests(target, member, i);
    }
    return bw_view_arrange(target->view, target->member_of, (uint32_t)image->layers_n, err);
}

static void report_lost_image(struct bw_target *target)
{
    struct bw_acquire acquire = bw_target_acquire(target);
    bool part = target->members.n > 0;
    for (size_t i = 0; !part && i < bw_view_paths(target->view); i++)
        part = bw_layout_is_part(bw_view_path(target->view, i)->path);
    if (part)
        bw_layout_report_lost(&acquire, bw_str(target->argument));
}

/* Neither index.json nor manifest.json: the archive itself was the root filesystem. */
static int single_layer(struct bw_target *target, struct bw_err *err)
{
    struct bw_image *image = &target->image;
    static const uint32_t archive[] = {0};
    if (bw_view_paths(target->view) == 0 && target->scan->gaps.n == target->gaps_from)
        return bw_err_set(err, BW_EFORMAT, "%s: there is nothing in it", target->argument);
    if (target->image.archive == BW_ARCHIVE_ANY)
        report_lost_image(target);
    image->subject.kind = BW_SUBJECT_FILESYSTEM;
    image->subject.source = BW_STR("rootfs");
    image->layers = bw_arena_alloc(target->scan->arena, sizeof *image->layers);
    target->member_of = bw_arena_alloc(target->scan->arena, sizeof *target->member_of);
    if (!image->layers || !target->member_of)
        return bw_err_set(err, BW_ELIMIT, "no room for the layers");
    image->layers[0].directory = -1;
    image->layers_n = 1;
    return bw_view_arrange(target->view, archive, 1, err);
}

static int resolve_image(struct bw_target *target, struct bw_err *err)
{
    struct bw_layout_files files = {.ctx = target, .find = find_member, .read = read_member};
    enum bw_archive_kind kind = target->image.archive;
    if (kind == BW_ARCHIVE_FILESYSTEM ||
        (kind == BW_ARCHIVE_ANY && bw_layout_kind(&files) == BW_ARCHIVE_FILESYSTEM))
        return single_layer(target, err);
    struct bw_acquire acquire = bw_target_acquire(target);
    int rc =
        bw_layout_resolve(&acquire, &files, kind, target->image.selection, &target->image, err);
    return rc ? rc : arrange_layers(target, err);
}

int bw_target_read_stream(struct bw_target *target, struct bw_str wanted, bool only,
                          struct bw_err *err)
{
    /* What passes once cannot be looked at before: most images are Debian's or Ubuntu's kin, until
     * a file says otherwise. */
    target->digest = target->scan->options.digest != BW_DIGEST_NONE ? target->scan->options.digest
                                                                    : BW_DIGEST_MD5;
    int rc = target->image.stream_fd >= 0 ? file_job(target, wanted, only, err)
                                          : feed_job(target, wanted, only, err);
    if (rc || only)
        return rc;
    return resolve_image(target, err);
}
