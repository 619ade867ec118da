#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "acquire/docker.h"
#include "acquire/stores.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/version.h"
#include "scan/base-image.h"
#include "scan/document.h"
#include "scan/image-object.h"

/* Bytes a worker may add to what it starts with: a package database whole, decoded, and a
 * decompressor's window. */
#define WORKER_MEMORY_MAX ((size_t)3 << 30)
#define WORKERS_MAX       8u

struct bw_scan_options bw_scan_options(void)
{
    return (struct bw_scan_options){
        .timeout_ms = BW_SCAN_TIMEOUT_MS,
        .layer_size_max = BW_SCAN_LAYER_SIZE_MAX,
        .entries_max = BW_SCAN_ENTRIES_MAX,
        .archive_size_max = BW_SCAN_ARCHIVE_SIZE_MAX,
        .secrets = true,
        .files = true,
    };
}

static unsigned default_workers(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > (long)WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static void tick(void *ctx)
{
    struct bw_scan *scan = ctx;
    scan->options.progress(scan->options.progress_ctx, &scan->progress);
}

struct bw_scan *bw_scan_new(const struct bw_scan_options *options, struct bw_arena *arena,
                            struct bw_err *err)
{
    struct bw_scan *scan = calloc(1, sizeof *scan);
    if (!scan) {
        bw_err_set(err, BW_ENOMEM, "out of memory");
        return NULL;
    }
    scan->options = *options;
    scan->arena = arena;
    scan->started = bw_clock_wall();
    scan->started_ms = bw_clock_monotonic_ms();
    unsigned workers = options->workers ? options->workers : default_workers();
    struct bw_pool_options pool = {
        .workers = {workers, workers > 2 ? 2 : workers},
        .run = bw_scan_worker_run,
        .memory_max = WORKER_MEMORY_MAX,
    };
    if (bw_scan_worker_prepare(err) == 0)
        scan->pool = bw_pool_new(&pool, err);
    if (!scan->pool) {
        free(scan);
        return NULL;
    }
    struct bw_err why = {0};
    if (options->cache && bw_cache_open(options->cache, &scan->cache, &why))
        bw_log(BW_LOG_WARN, "the cache %s is not used: %s", options->cache, why.msg);
    if (options->timeout_ms)
        bw_pool_set_deadline(scan->pool, scan->started_ms + options->timeout_ms);
    if (options->progress)
        bw_pool_set_tick(scan->pool, tick, scan);
    return scan;
}

void bw_scan_free(struct bw_scan *scan)
{
    if (!scan)
        return;
    bw_pool_free(scan->pool);
    bw_cache_close(scan->cache);
    BW_VEC_FREE(&scan->subjects);
    BW_VEC_FREE(&scan->gaps);
    BW_VEC_FREE(&scan->documents);
    BW_VEC_FREE(&scan->places);
    BW_VEC_FREE(&scan->files);
    free(scan);
}

static int read_image(struct bw_target *target, struct bw_err *err)
{
    switch (target->image.form) {
    case BW_FORM_BLOBS:
        return bw_target_read_layers(target, (struct bw_str){0}, false, err);
    case BW_FORM_TREES:
        return bw_target_read_trees(target, (struct bw_str){0}, false, err);
    case BW_FORM_STREAM:
        return bw_target_read_stream(target, (struct bw_str){0}, false, err);
    case BW_FORM_DOCUMENT:
        break;
    }
    return bw_err_set(err, BW_EINTERNAL, "an image of an unknown form");
}

/* The subject of an image, with the layers that acquisition found. */
static int fill_subject(struct bw_target *target, struct bw_subject *subject, struct bw_err *err)
{
    const struct bw_image *image = &target->image;
    *subject = image->subject;
    subject->layers_n = image->layers_n;
    subject->layers = bw_arena_array(target->scan->arena, image->layers_n, sizeof *subject->layers);
    if (!subject->layers)
        return bw_err_set(err, BW_ELIMIT, "no room for more facts");
    for (size_t i = 0; i < image->layers_n; i++)
        subject->layers[i] = image->layers[i].info;
    return 0;
}

static void report_unknown(struct bw_target *target, const struct bw_subject *subject)
{
    bool packages = false;
    for (size_t i = 0; i < subject->packages_n && !packages; i++)
        packages = bw_package_is_os(subject->packages[i].package->type);
    if (subject->distribution.id.n || (!packages && subject->packages_n > 0))
        return;
    bw_target_gap(target, packages ? BW_GAP_BLOCKING : BW_GAP_NOTE, BW_STR("etc/os-release"),
                  BW_STR("vulnerabilities of the distribution's packages"),
                  packages ? BW_STR("the distribution is unknown: no os-release file names it")
                           : BW_STR("there is neither an os-release file nor a package database "
                                    "that bulwark knows"));
}

static int look(struct bw_target *target, struct bw_subject *subject, struct bw_err *err)
{
    if (target->image.form == BW_FORM_DOCUMENT)
        return bw_target_read_document(target, subject, err);
    int rc = read_image(target, err);
    if (rc == 0)
        rc = bw_target_second_look(target, err);
    if (rc == 0)
        rc = fill_subject(target, subject, err);
    if (rc == 0)
        rc = bw_target_inventory(target, subject, err);
    if (rc == 0)
        report_unknown(target, subject);
    return rc;
}

/* The layers of the image that --base names; it is opened and not read. */
static int look_up_base(struct bw_scan *scan, struct bw_err *err)
{
    if (!scan->options.base || scan->base_known)
        return 0;
    struct bw_target target = {.scan = scan, .argument = scan->options.base, .image.stream_fd = -1};
    struct bw_acquire acquire = bw_target_acquire(&target);
    int rc = bw_image_open(&acquire, target.argument, &target.image, err);
    size_t n = rc ? 0 : target.image.layers_n;
    scan->base.v = bw_arena_array(scan->arena, n, sizeof *scan->base.v);
    if (rc == 0 && !scan->base.v)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < n; i++)
        scan->base.v[scan->base.n++] = target.image.layers[i].info.diff_id;
    if (rc == 0 && n == 0)
        rc = bw_err_set(err, BW_EUNSUPPORTED,
                        "it passes as a stream, and its layers are not known before: give the base "
                        "image as an OCI layout or an uncompressed archive");
    scan->base_known = rc == 0;
    BW_VEC_FREE(&target.config_secrets);
    bw_image_close(&target.image);
    return rc ? bw_err_prefix(err, rc, "--base %s", scan->options.base) : 0;
}

static int examine(struct bw_target *target, struct bw_err *err)
{
    struct bw_scan *scan = target->scan;
    struct bw_acquire acquire = bw_target_acquire(target);
    struct bw_subject subject = {0};
    struct bw_cache_key key;
    bool found = false;
    int rc = look_up_base(scan, err);
    if (rc == 0)
        rc = bw_image_open(&acquire, target->argument, &target->image, err);
    bool has_key = rc == 0 && bw_target_subject_key(target, &key);
    if (has_key)
        rc = bw_target_recall(target, &key, &subject, &found, err);
    if (rc == 0 && !found)
        rc = look(target, &subject, err);
    if (rc)
        return rc;
    if (has_key && !found)
        bw_target_keep(target, &key, &subject);
    bw_base_image_recognise(&subject, bw_str(scan->options.base), scan->base);
    struct bw_subject *slot = BW_VEC_PUSH(&scan->subjects, BW_SCAN_TARGETS_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "more than %u targets", BW_SCAN_TARGETS_MAX);
    *slot = subject;
    return 0;
}

void bw_scan_expect(struct bw_scan *scan, size_t targets)
{
    scan->progress.targets_n = targets;
}

int bw_scan_target(struct bw_scan *scan, const char *argument, struct bw_err *err)
{
    struct bw_target target = {.scan = scan, .argument = argument, .image.stream_fd = -1};
    target.gaps_from = scan->gaps.n;
    scan->progress.target = argument;
    scan->progress.bytes_done = scan->progress.bytes_total = 0;
    target.view = bw_view_new(scan->arena);
    if (!target.view)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = examine(&target, err);
    if (rc == 0 && scan->options.objects)
        rc = bw_image_object_add(scan, (uint32_t)scan->subjects.n - 1, err);
    if (rc)
        scan->gaps.n = target.gaps_from;
    scan->progress.targets_done++;
    BW_VEC_FREE(&target.members);
    BW_VEC_FREE(&target.config_secrets);
    bw_view_free(target.view);
    bw_image_close(&target.image);
    return rc;
}

int bw_scan_failed_target(struct bw_scan *scan, const char *argument, const struct bw_err *why,
                          struct bw_err *err)
{
    struct bw_target target = {.scan = scan, .argument = argument};
    struct bw_str name = bw_arena_str(scan->arena, bw_str(argument));
    bw_target_gap(&target, BW_GAP_BLOCKING, bw_str(argument), BW_STR("the whole target"),
                  bw_str(why->msg));
    struct bw_subject *slot = BW_VEC_PUSH(&scan->subjects, BW_SCAN_TARGETS_MAX);
    if (!slot || !name.p || target.failure)
        return bw_err_set(err, BW_ELIMIT, "no room for more than %u targets", BW_SCAN_TARGETS_MAX);
    *slot = (struct bw_subject){.name = name};
    return 0;
}

static int docker_images(struct bw_acquire *acquire, struct bw_strs *ret_names, struct bw_err *err)
{
    struct bw_strs names;
    int rc = bw_docker_list_images(acquire, &names, err);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        names.v[i] = bw_arena_printf(acquire->arena, "docker:%" BW_STR_F, BW_STR_A(names.v[i]));
        if (!names.v[i].p)
            rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    if (rc == 0)
        *ret_names = names;
    return rc;
}

static int add_names(struct bw_scan *scan, const struct bw_strs *more, struct bw_strs *names,
                     struct bw_err *err)
{
    struct bw_strs all = {bw_arena_array(scan->arena, names->n + more->n, sizeof *all.v), 0};
    if (!all.v)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < names->n; i++)
        all.v[all.n++] = names->v[i];
    for (size_t i = 0; i < more->n; i++)
        all.v[all.n++] = more->v[i];
    *names = all;
    return 0;
}

int bw_scan_local_images(struct bw_scan *scan, struct bw_strs *ret_names, struct bw_err *err)
{
    static int (*const lists[])(struct bw_acquire *, struct bw_strs *, struct bw_err *) = {
        docker_images, bw_containerd_list_images, bw_podman_list_images};
    struct bw_target target = {.scan = scan, .argument = "the local images"};
    struct bw_acquire acquire = bw_target_acquire(&target);
    struct bw_strs names = {0};
    struct bw_err first = {0};
    bool any = false;
    for (size_t i = 0; i < BW_ARRAY_LEN(lists); i++) {
        struct bw_strs more = {0};
        struct bw_err why = {0};
        int rc = lists[i](&acquire, &more, &why);
        if (rc == BW_ENOMEM || (rc == 0 && add_names(scan, &more, &names, err)))
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        any = any || rc == 0;
        if (!first.code)
            first = why;
        /* Not there is fine; there and not to be read is worth a word. */
        if (rc && rc != BW_ENOENT && rc != BW_ENET)
            bw_log(BW_LOG_WARN, "--all-local: left out: %s", why.msg);
    }
    if (!any) {
        if (err)
            *err = first;
        return (int)first.code;
    }
    *ret_names = names;
    return 0;
}

void *bw_scan_keep(struct bw_arena *arena, const void *p, size_t n, size_t size)
{
    void *copy = bw_arena_array(arena, n, size);
    if (copy && n)
        memcpy(copy, p, n * size);
    return copy;
}

int bw_scan_report(struct bw_scan *scan, struct bw_report *ret_report, struct bw_err *err)
{
    struct bw_report report = {
        .version = BW_VERSION,
        .started = scan->started,
        .elapsed_ms = bw_clock_monotonic_ms() - scan->started_ms,
        .subjects =
            bw_scan_keep(scan->arena, scan->subjects.v, scan->subjects.n, sizeof *report.subjects),
        .subjects_n = scan->subjects.n,
        .gaps = bw_scan_keep(scan->arena, scan->gaps.v, scan->gaps.n, sizeof *report.gaps),
        .gaps_n = scan->gaps.n,
    };
    if (!report.subjects || !report.gaps)
        return bw_err_set(err, BW_ELIMIT, "no room for the report");
    *ret_report = report;
    return 0;
}
