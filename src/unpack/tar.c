#include "unpack/tar.h"

#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "unpack/stream-kind.h"
#include "wrap/tar.h"

#define ZEROS_SIZE ((size_t)64 << 10)

static const uint8_t zeros[ZEROS_SIZE];

/* Where the reading of the current entry's content stands. */
struct content {
    uint64_t at, size;
    const uint8_t *p; /* stored bytes that come next, once `at` has reached them */
    size_t n;
    uint64_t p_at;
    bool ended; /* nothing more is stored */
};

struct bw_tar {
    struct bw_tar_reader *reader;
    struct bw_stream *stream;
    uint64_t entries, entries_max;
    bool ended;
    int code; /* of the failure that ended it, or 0 */
    struct bw_err err;
    struct content content;
    char path[BW_TAR_PATH_MAX + 1], link[BW_TAR_PATH_MAX + 1];
};

static int tar_pull(void *arg, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err)
{
    struct bw_tar *tar = arg;
    return bw_stream_next(tar->stream, ret_p, ret_n, err);
}

struct bw_tar *bw_tar_new(struct bw_stream *stream, uint64_t entries_max)
{
    struct bw_tar *tar = calloc(1, sizeof *tar);
    if (!tar)
        return NULL;
    tar->stream = stream;
    tar->entries_max = entries_max;
    tar->reader = bw_tar_reader_new(tar_pull, tar);
    if (!tar->reader) {
        free(tar);
        return NULL;
    }
    return tar;
}

void bw_tar_free(struct bw_tar *tar)
{
    if (!tar)
        return;
    bw_tar_reader_free(tar->reader);
    free(tar);
}

void bw_tar_freep(struct bw_tar **tar)
{
    bw_tar_free(*tar);
    *tar = NULL;
}

static enum bw_file_type tar_type(const struct bw_tar_header *header)
{
    if (header->hard_link)
        return BW_FILE_HARDLINK;
    switch (header->type) {
    case S_IFREG:
        return BW_FILE_REGULAR;
    case S_IFDIR:
        return BW_FILE_DIRECTORY;
    case S_IFLNK:
        return BW_FILE_SYMLINK;
    default:
        return BW_FILE_OTHER;
    }
}

static int tar_too_long(const struct bw_tar *tar, struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT,
                      "tar: entry %llu has a path over %u bytes, or a part of it over %u",
                      (unsigned long long)tar->entries, BW_TAR_PATH_MAX, BW_TAR_COMPONENT_MAX);
}

static int tar_set_link(struct bw_tar *tar, const struct bw_tar_header *header,
                        struct bw_tar_entry *entry, struct bw_err *err)
{
    if (!header->link)
        return 0;
    struct bw_str link = bw_str(header->link);
    if (!header->hard_link) {
        if (link.n > BW_TAR_PATH_MAX)
            return tar_too_long(tar, err);
        memcpy(tar->link, link.p, link.n);
        entry->link = (struct bw_str){tar->link, link.n};
        return 0;
    }
    bool odd = false;
    if (!bw_tar_normalise(link, tar->link, &entry->link, &odd))
        return entry->link.p
                   ? bw_err_set(err, BW_EFORMAT, "tar: entry %llu is a hard link to the root",
                                (unsigned long long)tar->entries)
                   : tar_too_long(tar, err);
    entry->odd_path |= odd;
    return 0;
}

/* 1 with an entry, 0 for the root directory. */
static int tar_convert(struct bw_tar *tar, const struct bw_tar_header *header,
                       struct bw_tar_entry *ret, struct bw_err *err)
{
    *ret = (struct bw_tar_entry){
        .type = tar_type(header),
        .size = header->size,
        .offset = header->sparse ? 0 : header->offset,
        .mode = header->mode,
        .uid = header->uid,
        .gid = header->gid,
        .capabilities = bw_file_capabilities(header->capability, header->capability_n),
    };
    if (!bw_tar_normalise(bw_str(header->path), tar->path, &ret->path, &ret->odd_path))
        return ret->path.p ? 0 : tar_too_long(tar, err);
    int r = tar_set_link(tar, header, ret, err);
    return r < 0 ? r : 1;
}

static int tar_advance(struct bw_tar *tar, struct bw_tar_entry *ret_entry, struct bw_err *err)
{
    for (;;) {
        struct bw_tar_header header;
        tar->content = (struct content){.ended = true};
        int r = bw_tar_reader_next(tar->reader, &header, err);
        if (r <= 0)
            return r;
        if (tar->entries++ == tar->entries_max)
            return bw_err_set(err, BW_ELIMIT, "tar: more than %llu entries; see --max-entries",
                              (unsigned long long)tar->entries_max);
        r = tar_convert(tar, &header, ret_entry, err);
        if (r == 0)
            continue;
        if (r == 1 && ret_entry->type == BW_FILE_REGULAR)
            tar->content = (struct content){.size = ret_entry->size};
        return r;
    }
}

int bw_tar_next(struct bw_tar *tar, struct bw_tar_entry *ret_entry, struct bw_err *err)
{
    if (tar->code)
        return bw_err_set(err, tar->code, "%s", tar->err.msg);
    if (tar->ended)
        return 0;
    struct bw_tar_entry entry;
    int r = tar_advance(tar, &entry, &tar->err);
    if (r < 0) {
        tar->code = r;
        return bw_err_set(err, r, "%s", tar->err.msg);
    }
    tar->ended = r == 0;
    if (r == 1)
        *ret_entry = entry;
    return r;
}

/* Bytes of the content in order, holes as zeros; *ret_n is 0 at the end. */
static int content_next(struct bw_tar *tar, const uint8_t **ret_p, size_t *ret_n,
                        struct bw_err *err)
{
    struct content *c = &tar->content;
    if (!c->n && !c->ended) {
        int r = bw_tar_reader_data(tar->reader, &c->p, &c->n, &c->p_at, err);
        if (r < 0)
            return r;
        c->ended = r == 0;
    }
    uint64_t end = c->n ? c->p_at : c->size;
    if (c->at < end) {
        *ret_p = zeros;
        *ret_n = end - c->at < ZEROS_SIZE ? (size_t)(end - c->at) : ZEROS_SIZE;
    } else {
        *ret_p = c->p;
        *ret_n = c->n < BW_STREAM_BLOCK ? c->n : BW_STREAM_BLOCK;
        c->p = c->n ? c->p + *ret_n : NULL;
        c->n -= *ret_n;
        c->p_at += *ret_n;
    }
    c->at += *ret_n;
    return 0;
}

/* A failure within content is one of the archive: the next entry cannot be found either. */
static int tar_fail(struct bw_tar *tar, int code, struct bw_err *err)
{
    tar->code = code;
    return bw_err_set(err, code, "%s", tar->err.msg);
}

int bw_tar_read(struct bw_tar *tar, size_t max, uint8_t **ret_p, size_t *ret_n, struct bw_err *err)
{
    if (tar->code)
        return bw_err_set(err, tar->code, "%s", tar->err.msg);
    uint64_t size = tar->content.size - tar->content.at;
    if (size > max)
        return bw_err_set(err, BW_ELIMIT, "a file of %llu bytes, over the limit of %zu",
                          (unsigned long long)size, max);
    uint8_t *out = malloc(size ? (size_t)size : 1);
    if (!out)
        return bw_err_set(err, BW_ENOMEM, "no memory for a file of %llu bytes",
                          (unsigned long long)size);
    const uint8_t *p;
    size_t at = 0, n;
    do {
        int r = content_next(tar, &p, &n, &tar->err);
        if (r < 0) {
            free(out);
            return tar_fail(tar, r, err);
        }
        if (n)
            memcpy(out + at, p, n);
        at += n;
    } while (n > 0);
    *ret_p = out;
    *ret_n = at;
    return 0;
}

struct content_stream {
    struct bw_stream base;
    struct bw_tar *tar;
};

static int content_stream_next(struct bw_stream *base, const uint8_t **ret_p, size_t *ret_n,
                               struct bw_err *err)
{
    struct bw_tar *tar = ((struct content_stream *)base)->tar;
    if (tar->code)
        return bw_err_set(err, tar->code, "%s", tar->err.msg);
    int r = content_next(tar, ret_p, ret_n, &tar->err);
    return r < 0 ? tar_fail(tar, r, err) : 0;
}

static void content_stream_free(struct bw_stream *base)
{
    free(base);
}

static const struct bw_stream_kind content_kind = {content_stream_next, content_stream_free};

struct bw_stream *bw_tar_content(struct bw_tar *tar)
{
    struct content_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.kind = &content_kind;
    s->tar = tar;
    return &s->base;
}
