/*
 * acquire-rig.h: what acquisition asks of its composer, done in this process by the real parsers;
 * and images made file by file. For tests.
 */
#ifndef TESTS_UNIT_ACQUIRE_RIG_H
#define TESTS_UNIT_ACQUIRE_RIG_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "acquire/source.h"
#include "base/buf.h"
#include "base/fd.h"
#include "extract/image-document.h"
#include "make-tar.h"
#include "unpack/stream.h"
#include "unpack/tar.h"
#include "wrap/sha256.h"

#define RIG_FILES_MAX 64u

struct rig {
    struct bw_arena *arena;
    struct bw_acquire acquire;
    struct bw_image image;
    struct bw_err err;
    struct bw_buf gaps; /* "CLASS|WHERE|WHAT|WHY\n" */
    char directory[64];
    /* The image that is being made. */
    struct {
        char path[128], link[128];
        struct bw_str bytes;
    } files[RIG_FILES_MAX];
    size_t files_n;
};

static inline int rig_document(void *ctx, enum bw_document_kind kind, struct bw_str bytes,
                               struct bw_image_document *ret_document, struct bw_err *err)
{
    struct rig *rig = ctx;
    return bw_image_document_parse(kind, bytes, rig->arena, ret_document, err);
}

static inline struct bw_str rig_link(struct rig *rig, const struct bw_tar_entry *entry)
{
    static char out[BW_TAR_PATH_MAX + 1];
    char joined[8192];
    struct bw_str path = {0};
    bool odd;
    size_t slash = bw_str_rfind(entry->path, '/');
    if (entry->type == BW_FILE_SYMLINK && slash != SIZE_MAX)
        snprintf(joined, sizeof joined, "%.*s/%.*s", (int)slash, entry->path.p,
                 BW_STR_A(entry->link));
    else
        snprintf(joined, sizeof joined, "%.*s", BW_STR_A(entry->link));
    if (entry->link.n)
        bw_tar_normalise(bw_str(joined), out, &path, &odd);
    return bw_arena_str(rig->arena, path);
}

static inline int rig_members(void *ctx, struct bw_blob archive, struct bw_members *ret_members,
                              struct bw_err *err)
{
    struct rig *rig = ctx;
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) =
        bw_stream_range(archive.fd, archive.offset, archive.size);
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = bw_tar_new(stream, 1000);
    struct bw_members members = {bw_arena_array(rig->arena, 1000, sizeof *members.v), 0};
    struct bw_tar_entry entry;
    int rc;
    while ((rc = bw_tar_next(tar, &entry, err)) == 1) {
        if (entry.type == BW_FILE_DIRECTORY)
            continue;
        members.v[members.n++] = (struct bw_member){
            .path = bw_arena_str(rig->arena, entry.path),
            .link = rig_link(rig, &entry),
            .offset = entry.offset,
            .size = entry.type == BW_FILE_REGULAR ? entry.size : 0,
        };
    }
    if (rc == 0)
        *ret_members = members;
    return rc;
}

static inline void rig_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                           struct bw_str what, struct bw_str why)
{
    struct rig *rig = ctx;
    bw_buf_printf(&rig->gaps, "%s|%.*s|%.*s|%.*s\n", class == BW_GAP_BLOCKING ? "blocking" : "note",
                  BW_STR_A(where), BW_STR_A(what), BW_STR_A(why));
}

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (!rig)
        return -1;
    *state = rig;
    rig->arena = bw_arena_new((size_t)64 << 20);
    rig->gaps = BW_BUF((size_t)1 << 20);
    rig->image.stream_fd = -1;
    rig->acquire = (struct bw_acquire){.arena = rig->arena,
                                       .ctx = rig,
                                       .document = rig_document,
                                       .members = rig_members,
                                       .gap = rig_gap};
    snprintf(rig->directory, sizeof rig->directory, "/tmp/bulwark-test-XXXXXX");
    return rig->arena && mkdtemp(rig->directory) ? 0 : -1;
}

static inline int rig_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;
    bw_image_close(&rig->image);
    bw_buf_free(&rig->gaps);
    bw_arena_free(rig->arena);
    nftw(rig->directory, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(rig);
    return 0;
}

/* "DIRECTORY/NAME" in the arena. */
static inline const char *rig_path(struct rig *rig, const char *name)
{
    struct bw_str path = bw_arena_printf(rig->arena, "%s/%s", rig->directory, name);
    assert_non_null(path.p);
    return path.p;
}

static inline int rig_open(struct rig *rig, const char *argument)
{
    bw_image_close(&rig->image);
    bw_buf_clear(&rig->gaps);
    rig->err = (struct bw_err){0};
    return bw_image_open(&rig->acquire, argument, &rig->image, &rig->err);
}

static inline const char *rig_gaps(struct rig *rig)
{
    bw_buf_byte(&rig->gaps, 0);
    return (const char *)rig->gaps.p;
}

static inline void rig_write(struct rig *rig, const char *name, struct bw_str bytes)
{
    struct bw_err err = {0};
    if (bw_fd_replace_file(rig_path(rig, name), bytes.p ? bytes.p : "", bytes.n, 0644, &err))
        fail_msg("%s", err.msg);
}

/* --- making an image --- */

static inline void rig_add(struct rig *rig, const char *path, struct bw_str bytes)
{
    assert_true(rig->files_n < RIG_FILES_MAX);
    snprintf(rig->files[rig->files_n].path, sizeof rig->files[0].path, "%s", path);
    rig->files[rig->files_n].link[0] = '\0';
    rig->files[rig->files_n++].bytes = bytes;
}

static inline void rig_add_link(struct rig *rig, const char *path, const char *link)
{
    rig_add(rig, path, (struct bw_str){0});
    snprintf(rig->files[rig->files_n - 1].link, sizeof rig->files[0].link, "%s", link);
}

static inline void rig_drop(struct rig *rig, const char *path)
{
    for (size_t i = 0; i < rig->files_n; i++)
        if (strcmp(rig->files[i].path, path) == 0)
            rig->files[i] = rig->files[--rig->files_n];
}

static inline const char *rig_hex(struct rig *rig, struct bw_str bytes)
{
    uint8_t digest[BW_SHA256_SIZE];
    char *hex = bw_arena_alloc(rig->arena, BW_SHA256_HEX_SIZE);
    assert_non_null(hex);
    assert_int_equal(bw_sha256(bytes.p, bytes.n, digest), 0);
    bw_sha256_hex(digest, hex);
    return hex;
}

/* Adds bytes as blobs/sha256/HEX and returns HEX. */
static inline const char *rig_blob(struct rig *rig, struct bw_str bytes)
{
    char path[128];
    const char *hex = rig_hex(rig, bytes);
    snprintf(path, sizeof path, "blobs/sha256/%s", hex);
    rig_add(rig, path, bytes);
    return hex;
}

static inline struct bw_str rig_layer(struct rig *rig, const char *name, const char *text)
{
    struct tar_maker m = {0};
    tar_text(&m, name, text);
    tar_end(&m);
    struct bw_str copy = bw_arena_str(rig->arena, bw_str_n(m.p, m.n));
    tar_free(&m);
    assert_non_null(copy.p);
    return copy;
}

/* A configuration of uncompressed layers whose step i is "step i", with an empty step between. */
static inline struct bw_str rig_config(struct rig *rig, const char *architecture, size_t n,
                                       const struct bw_str *layers)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    bw_buf_printf(&buf, "{\"os\":\"linux\",\"architecture\":\"%s\",\"rootfs\":{\"diff_ids\":[",
                  architecture);
    for (size_t i = 0; i < n; i++)
        bw_buf_printf(&buf, "%s\"sha256:%s\"", i ? "," : "", rig_hex(rig, layers[i]));
    bw_buf_str(&buf, BW_STR("]},\"history\":[{\"created_by\":\"ENV x\",\"empty_layer\":true}"));
    for (size_t i = 0; i < n; i++)
        bw_buf_printf(&buf, ",{\"created_by\":\"step %zu\"}", i);
    bw_buf_str(&buf, BW_STR("]}"));
    return bw_arena_str(rig->arena, bw_buf_slice(&buf));
}

static inline struct bw_str rig_text(struct rig *rig, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    assert_true(n >= 0);
    struct bw_str copy = bw_arena_str(rig->arena, bw_str_n(text, (size_t)n));
    free(text);
    return copy;
}

/* Writes the files below DIRECTORY/NAME. */
static inline const char *rig_as_directory(struct rig *rig, const char *name)
{
    const char *top = rig_path(rig, name);
    for (size_t i = 0; i < rig->files_n; i++) {
        struct bw_err err = {0};
        char path[300], up[300];
        snprintf(path, sizeof path, "%s/%s", top, rig->files[i].path);
        snprintf(up, sizeof up, "%s", path);
        *strrchr(up, '/') = '\0';
        assert_int_equal(bw_fd_make_dirs(up, 0755, &err), 0);
        struct bw_str bytes = rig->files[i].bytes;
        if (rig->files[i].link[0])
            assert_int_equal(symlink(rig->files[i].link, path), 0);
        else
            assert_int_equal(bw_fd_replace_file(path, bytes.n ? bytes.p : "", bytes.n, 0644, &err),
                             0);
    }
    return top;
}

/* Writes them as the tar DIRECTORY/NAME. */
static inline const char *rig_as_tar(struct rig *rig, const char *name)
{
    struct tar_maker m = {0};
    for (size_t i = 0; i < rig->files_n; i++)
        if (rig->files[i].link[0])
            tar_header(&m, '2', rig->files[i].path, rig->files[i].link, 0);
        else
            tar_file(&m, rig->files[i].path, rig->files[i].bytes.p, rig->files[i].bytes.n);
    tar_end(&m);
    rig_write(rig, name, bw_str_n(m.p, m.n));
    tar_free(&m);
    return rig_path(rig, name);
}

/* --- looking at the outcome --- */

static inline void is(struct bw_str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    if (s.n)
        assert_memory_equal(s.p, want, s.n);
}

/* That the bytes of a layer are these. */
static inline void is_blob(const struct bw_image_layer *layer, struct bw_str want)
{
    char *bytes = malloc(want.n + 1);
    assert_non_null(bytes);
    assert_int_equal(layer->blob.size, want.n);
    assert_int_equal(bw_fd_pread_full(layer->blob.fd, bytes, want.n, layer->blob.offset), want.n);
    assert_memory_equal(bytes, want.p, want.n);
    free(bytes);
}

static inline void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#endif
