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

struct walk {
    struct bw_target *target;
    uint32_t layer;
    struct bw_str wanted;
    bool only;
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
    return walk->only ? NULL
                      : bw_parser_for(path, walk->target->image.subject.kind == BW_SUBJECT_SOURCE);
}

static bool wants(void *ctx, struct bw_str path)
{
    const struct walk *walk = ctx;
    return parser_of(walk, path) || (!walk->only && bw_scan_is_ancestor(path));
}

static int add_entry(struct walk *walk, struct bw_str path, const struct bw_file *file,
                     struct bw_err *err)
{
    struct bw_arena *arena = walk->target->scan->arena;
    struct bw_file kept = *file;
    struct bw_view_entry *entry;
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
    struct bw_file seen = *file;
    seen.read = file->type == BW_FILE_REGULAR && parser_of(walk, path) != NULL;
    int rc = add_entry(walk, path, &seen, &walk->target->failure_err);
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

static int content(void *ctx, struct bw_str path, int fd, uint64_t size)
{
    struct walk *walk = ctx;
    struct bw_target *target = walk->target;
    const struct bw_parser *parser = parser_of(walk, path);
    if (!parser) {
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
        walk->batch->what = BW_STR("package databases");
    }
    walk->batch->fds[walk->n++] = fd;
    walk->batch->job.weight += size;
    bw_buf_str(&walk->paths, path);
    bw_buf_byte(&walk->paths, 0);
    bw_buf_str(&walk->paths, bw_str(parser->name));
    bw_buf_byte(&walk->paths, 0);
    if (walk->n < BATCH_FILES)
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
    if (!walk->only)
        bw_target_gap(walk->target, class, where, what, why);
}

static int read_tree(struct bw_target *target, uint32_t layer, struct bw_str wanted, bool only,
                     struct bw_err *err)
{
    const struct bw_image_layer *tree = &target->image.layers[layer];
    struct walk walk = {.target = target,
                        .layer = layer,
                        .wanted = wanted,
                        .only = only,
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

int bw_target_read_trees(struct bw_target *target, struct bw_str wanted, bool only,
                         struct bw_err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < target->image.layers_n && rc == 0; i++)
        rc = read_tree(target, i, wanted, only, err);
    int waited = bw_target_wait(target, rc ? NULL : err);
    return rc ? rc : waited;
}
