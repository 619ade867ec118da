/*
 * Layers that are directories: the parent walks them, opens what is wanted and hands the
 * descriptors over in batches.
 */
#include <stdlib.h>
#include <unistd.h>

#include "acquire/tree.h"
#include "base/fd.h"
#include "extract/parser.h"
#include "scan/target.h"

#define BATCH_FILES   64u
#define BATCHES_AHEAD 8u
/* A batch is closed once it is this large, so that its answers come while the walk goes on. */
#define BATCH_BYTES ((uint64_t)64 << 20)

struct walk {
    struct bw_target *target;
    uint32_t layer;
    struct bw_str wanted;
    bool only, locks;
    bool all; /* files that no parser wants are read as well */
    struct bw_target_job *batch;
    struct bw_buf paths;
    size_t n;
};

static const struct bw_parser *parser_of(const struct walk *walk, struct bw_str path)
{
    struct bw_str rest = walk->wanted, pattern, parser;
    while (rest.n && bw_str_split(&rest, '\0', &pattern) && bw_str_split(&rest, '\0', &parser))
        if (bw_parser_matches(pattern.p, path))
            return bw_parser_named(parser);
    return walk->only ? NULL : bw_parser_for(path, walk->locks);
}

static bool wants(void *ctx, struct bw_str path)
{
    const struct walk *walk = ctx;
    return walk->all || parser_of(walk, path) || (!walk->only && bw_scan_is_ancestor(path));
}

static int add_entry(struct walk *walk, struct bw_str path, const struct bw_file *file,
                     struct bw_err *err)
{
    struct bw_arena *arena = walk->target->scan->arena;
    struct bw_file kept = *file;
    struct bw_view_entry *entry;
    struct bw_buf record BW_CLEANUP(bw_buf_free) = BW_BUF(BW_WIRE_RECORD_MAX);
    struct bw_fact fact = {.kind = BW_FACT_FILE, .place.path = path, .file = *file};
    bw_wire_put_fact(&record, &fact);
    bw_target_record(walk->target, walk->layer, bw_buf_slice(&record));
    struct bw_str at = bw_arena_str(arena, path);
    kept.link = bw_arena_str(arena, file->link);
    if (!at.p || !kept.link.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more facts");
    return bw_view_add(walk->target->view, walk->layer, at, &kept, &entry, err);
}

static int entry(void *ctx, struct bw_str path, const struct bw_file *file)
{
    struct walk *walk = ctx;
    if (walk->only)
        return 0;
    /* The worker that reads a file tells of it, with what it found. */
    if (file->type == BW_FILE_REGULAR && (walk->all || parser_of(walk, path)))
        return 0;
    int rc = add_entry(walk, path, file, &walk->target->failure_err);
    if (rc)
        walk->target->failure = rc;
    return rc;
}

static int send_batch(struct walk *walk, struct bw_err *err)
{
    struct bw_target_job *job = walk->batch;
    size_t n = walk->n;
    if (!job)
        return 0;
    walk->batch = NULL;
    walk->n = 0;
    int rc = bw_target_submit(job, bw_buf_slice(&walk->paths), n, err);
    bw_buf_clear(&walk->paths);
    while (rc == 0 && bw_pool_pending(walk->target->scan->pool) > BATCHES_AHEAD)
        rc = bw_pool_step(walk->target->scan->pool, -1, -1, err);
    return rc;
}

static void list_file(struct walk *walk, struct bw_str path, const struct bw_parser *parser,
                      const struct bw_file *file)
{
    struct bw_scan_stat stat = {.mode = file->mode,
                                .uid = file->uid,
                                .gid = file->gid,
                                .size = file->size,
                                .capabilities = file->capabilities};
    bw_buf_str(&walk->paths, path);
    bw_buf_byte(&walk->paths, 0);
    bw_buf_str(&walk->paths, bw_str(parser ? parser->name : ""));
    bw_buf_byte(&walk->paths, 0);
    bw_buf_add(&walk->paths, &stat, sizeof stat);
}

static int content(void *ctx, struct bw_str path, int fd, const struct bw_file *file)
{
    struct walk *walk = ctx;
    struct bw_target *target = walk->target;
    const struct bw_parser *parser = parser_of(walk, path);
    if (!parser && !walk->all) {
        close(fd);
        return 0;
    }
    if (!walk->batch) {
        walk->batch = bw_target_job_new(target, BW_WORKER_PARSER, BW_SCAN_FILES, walk->layer);
        if (!walk->batch) {
            close(fd);
            return target->failure =
                       bw_err_set(&target->failure_err, BW_ENOMEM, "out of memory for a job");
        }
        walk->batch->owns_fds = true;
        walk->batch->where = bw_target_layer_name(target, walk->layer);
        walk->batch->what = BW_STR("files");
        if (walk->only)
            walk->batch->request.flags = BW_SCAN_ONLY;
    }
    walk->batch->fds[walk->n++] = fd;
    walk->batch->job.weight += file->size;
    list_file(walk, path, parser, file);
    if (walk->n < BATCH_FILES && walk->batch->job.weight < BATCH_BYTES)
        return 0;
    int rc = send_batch(walk, &target->failure_err);
    if (rc)
        target->failure = rc;
    return rc;
}

static void gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why)
{
    const struct walk *walk = ctx;
    bw_target_spoil(walk->target, walk->layer);
    if (!walk->only)
        bw_target_gap(walk->target, class, where, what, why);
}

static bool wants_all(const struct bw_scan_options *options)
{
    return options->secrets || options->files || options->all_files;
}

static int read_tree(struct bw_target *target, uint32_t layer, struct bw_str wanted, bool only,
                     struct bw_err *err)
{
    const struct bw_image_layer *tree = &target->image.layers[layer];
    struct walk walk = {.target = target,
                        .layer = layer,
                        .wanted = wanted,
                        .only = only,
                        .locks = target->scan->options.locks ||
                                 target->image.subject.kind == BW_SUBJECT_SOURCE,
                        .all = !only && wants_all(&target->scan->options),
                        .paths = BW_BUF((size_t)1 << 20)};
    struct bw_tree_visitor visitor = {
        .ctx = &walk, .wants = wants, .entry = entry, .content = content, .gap = gap};
    int rc = bw_tree_walk(tree->directory, tree->overlay, &visitor, err);
    int sent = send_batch(&walk, rc ? NULL : err);
    bw_buf_free(&walk.paths);
    if (target->failure) {
        if (err)
            *err = target->failure_err;
        return target->failure;
    }
    return rc ? rc : sent;
}

/* What the databases of package managers are called, and the checksums that they record. */
static const struct {
    const char *path;
    enum bw_digest_algorithm algorithm;
} databases[] = {
    {"var/lib/dpkg/status", BW_DIGEST_MD5},
    {"var/lib/dpkg/status.d", BW_DIGEST_MD5},
    {"lib/apk/db/installed", BW_DIGEST_SHA1},
    {"usr/lib/apk/db/installed", BW_DIGEST_SHA1},
    {"var/lib/rpm/rpmdb.sqlite", BW_DIGEST_SHA256},
    {"var/lib/rpm/Packages.db", BW_DIGEST_SHA256},
    {"var/lib/rpm/Packages", BW_DIGEST_SHA256},
    {"usr/lib/sysimage/rpm/rpmdb.sqlite", BW_DIGEST_SHA256},
    {"usr/lib/sysimage/rpm/Packages.db", BW_DIGEST_SHA256},
    {"usr/lib/sysimage/rpm/Packages", BW_DIGEST_SHA256},
};

static enum bw_digest_algorithm digest_of_tree(const struct bw_image_layer *tree)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(databases); i++) {
        enum bw_file_type type;
        int fd BW_CLEANUP(bw_fd_closep) = -1;
        if (bw_tree_lookup(tree->directory, tree->overlay, bw_str(databases[i].path), &type, &fd,
                           NULL) == 0)
            return databases[i].algorithm;
    }
    return BW_DIGEST_NONE;
}

static void choose_digest(struct bw_target *target)
{
    const struct bw_scan_options *options = &target->scan->options;
    target->digest = options->digest;
    for (size_t i = 0;
         options->files && target->digest == BW_DIGEST_NONE && i < target->image.layers_n; i++)
        target->digest = digest_of_tree(&target->image.layers[i]);
    if (options->all_files && target->digest == BW_DIGEST_NONE)
        target->digest = BW_DIGEST_SHA256;
}

int bw_target_read_trees(struct bw_target *target, struct bw_str wanted, bool only,
                         struct bw_err *err)
{
    int rc = 0;
    if (!only)
        choose_digest(target);
    if (!only && !bw_target_start_recording(target))
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < target->image.layers_n && rc == 0; i++) {
        bool found = false;
        rc = only ? 0 : bw_target_replay(target, i, &found, err);
        if (rc == 0 && !found)
            rc = read_tree(target, i, wanted, only, err);
    }
    int waited = bw_target_wait(target, rc ? NULL : err);
    for (uint32_t i = 0; i < target->image.layers_n && rc == 0 && waited == 0 && !only; i++)
        bw_target_keep_layer(target, i);
    bw_target_stop_recording(target);
    return rc ? rc : waited;
}
