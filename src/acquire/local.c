#include "acquire/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/layout.h"
#include "acquire/local-files.h"
#include "base/fd.h"

#define MAGIC_SIZE 6u

struct target {
    struct bw_acquire *acquire;
    const char *path;
    struct bw_str selection; /* what stands behind PATH: */
    int fd;
    struct stat st;
};

/* Where the ":NAME" begins, or NULL. The first colon counts that has something that exists before
 * it. */
static const char *find_name(const char *argument, bool forced)
{
    if (access(argument, F_OK) == 0)
        return NULL;
    for (const char *at = argument; (at = strchr(at, ':')); at++) {
        char *path = strndup(argument, (size_t)(at - argument));
        bool clear = forced || (path && (strchr(path, '/') || strstr(path, ".tar")));
        bool found = path && *path && clear && access(path, F_OK) == 0;
        free(path);
        if (found)
            return at;
    }
    return NULL;
}

bool bw_local_exists(const char *argument, bool forced)
{
    return strcmp(argument, "-") == 0 || access(argument, F_OK) == 0 || find_name(argument, forced);
}

bool bw_local_is_directory(const char *argument)
{
    struct stat st;
    return stat(argument, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_beside(const char *directory, size_t n, const char *name)
{
    char path[4096];
    return (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)n, directory, name) < sizeof path &&
           access(path, F_OK) == 0;
}

bool bw_local_is_layout(const char *argument)
{
    const char *name = find_name(argument, false);
    size_t n = name ? (size_t)(name - argument) : strlen(argument);
    return is_beside(argument, n, "oci-layout") && is_beside(argument, n, "index.json");
}

static int open_stdin(struct target *t, struct bw_err *err)
{
    if (isatty(STDIN_FILENO))
        return bw_err_set(err, BW_EUSAGE, "- is standard input, which is a terminal");
    t->path = "standard input";
    t->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return t->fd < 0 ? bw_err_errno(err, "standard input") : 0;
}

static int open_path(struct target *t, const char *argument, struct bw_err *err)
{
    const char *name = find_name(argument, true);
    struct bw_str path = bw_str_take(bw_str(argument), name ? (size_t)(name - argument) : SIZE_MAX);
    struct bw_str copy = bw_arena_str(t->acquire->arena, path);
    if (!copy.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    t->path = copy.p;
    t->selection = bw_str(name ? name + 1 : NULL);
    /* A fifo opens at once, with or without a writer; reading it waits as usual. */
    t->fd = open(copy.p, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (t->fd < 0 && errno == ENOENT)
        return bw_err_set(err, BW_ENOENT, "%s: no such file or directory", argument);
    int flags = t->fd < 0 ? -1 : fcntl(t->fd, F_GETFL);
    if (flags < 0 || fcntl(t->fd, F_SETFL, flags & ~O_NONBLOCK))
        return bw_err_errno(err, "%s", copy.p);
    return 0;
}

/* --- directories --- */

/* One layer, of which only the tree or the blob is set. */
static struct bw_image_layer *single_layer(struct bw_acquire *acquire, struct bw_image *image)
{
    image->layers = bw_arena_array(acquire->arena, 1, sizeof *image->layers);
    if (!image->layers)
        return NULL;
    image->layers_n = 1;
    image->layers[0].blob.fd = -1;
    image->layers[0].directory = -1;
    image->subject.kind = BW_SUBJECT_FILESYSTEM;
    image->subject.source = BW_STR("rootfs");
    return &image->layers[0];
}

static int open_directory(struct target *t, enum bw_archive_kind kind, struct bw_image *image,
                          struct bw_err *err)
{
    struct bw_local_files files = bw_local_files_directory(t->acquire, image, t->fd);
    struct bw_layout_files layout = bw_local_files_layout(&files);
    if (kind == BW_ARCHIVE_ANY)
        kind = bw_layout_kind(&layout) == BW_ARCHIVE_OCI ? BW_ARCHIVE_OCI : BW_ARCHIVE_FILESYSTEM;
    if (kind != BW_ARCHIVE_FILESYSTEM)
        return bw_layout_resolve(t->acquire, &layout, kind, t->selection, image, err);
    if (t->selection.n)
        return bw_err_set(err, BW_EUSAGE, "a root filesystem has no \"%" BW_STR_F "\" to choose",
                          BW_STR_A(t->selection));
    struct bw_image_layer *layer = single_layer(t->acquire, image);
    if (!layer)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    image->form = BW_FORM_TREES;
    layer->directory = t->fd;
    t->fd = -1;
    return 0;
}

/* --- files --- */

static const struct {
    const char *name;
    size_t n;
    unsigned char magic[MAGIC_SIZE];
    bool supported;
} compressions[] = {
    {"gzip", 2, {0x1f, 0x8b}, true},
    {"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}, true},
    {"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}, true},
    {"bzip2", 3, {'B', 'Z', 'h'}, false},
    {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}, false},
    {"zip", 4, {'P', 'K', 3, 4}, false},
};

/* *ret_compressed from the first bytes. zstd's skippable frames (RFC 8878 3.1.2) count too. */
static int look(const struct target *t, bool *ret_compressed, struct bw_err *err)
{
    unsigned char head[MAGIC_SIZE] = {0};
    ssize_t n = bw_fd_pread_full(t->fd, head, sizeof head, 0);
    if (n < 0)
        return bw_err_errno(err, "cannot read");
    *ret_compressed = (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(compressions); i++) {
        if ((size_t)n < compressions[i].n || memcmp(head, compressions[i].magic, compressions[i].n))
            continue;
        if (!compressions[i].supported)
            return bw_err_set(err, BW_EUNSUPPORTED, "compressed with %s, which is not supported",
                              compressions[i].name);
        *ret_compressed = true;
    }
    return 0;
}

static int keep_tar(struct target *t, struct bw_image *image, struct bw_blob *ret,
                    struct bw_err *err)
{
    *ret = (struct bw_blob){.fd = t->fd, .size = (uint64_t)t->st.st_size};
    t->fd = -1;
    return bw_image_keep_file(image, t->acquire->arena, ret->fd, err);
}

static int whole_file(struct target *t, struct bw_blob tar, struct bw_image *image,
                      struct bw_err *err)
{
    if (t->selection.n)
        return bw_err_set(err, BW_EUSAGE, "a root filesystem has no \"%" BW_STR_F "\" to choose",
                          BW_STR_A(t->selection));
    struct bw_image_layer *layer = single_layer(t->acquire, image);
    if (!layer)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    image->form = BW_FORM_BLOBS;
    layer->blob = tar;
    layer->info.size = tar.size;
    return 0;
}

static int open_tar(struct target *t, enum bw_archive_kind kind, struct bw_image *image,
                    struct bw_err *err)
{
    struct bw_local_files files BW_CLEANUP(bw_local_files_free) = {0};
    struct bw_blob tar;
    int rc = keep_tar(t, image, &tar, err);
    if (rc == 0 && kind == BW_ARCHIVE_FILESYSTEM)
        return whole_file(t, tar, image, err);
    rc = rc ? rc : bw_local_files_tar(t->acquire, image, tar, &files, err);
    if (rc)
        return rc;
    struct bw_layout_files layout = bw_local_files_layout(&files);
    if (kind == BW_ARCHIVE_ANY && bw_layout_kind(&layout) == BW_ARCHIVE_FILESYSTEM) {
        for (size_t i = 0; i < files.members.n; i++) {
            if (!bw_layout_is_part(files.members.items[i].key))
                continue;
            bw_layout_report_lost(t->acquire, bw_str(t->path));
            break;
        }
        return whole_file(t, tar, image, err);
    }
    image->form = BW_FORM_BLOBS;
    return bw_layout_resolve(t->acquire, &layout, kind, t->selection, image, err);
}

static int open_stream(struct target *t, enum bw_archive_kind kind, struct bw_image *image)
{
    image->form = BW_FORM_STREAM;
    image->archive = kind;
    image->selection = t->selection;
    image->stream_fd = t->fd;
    t->fd = -1;
    return 0;
}

static int open_file(struct target *t, enum bw_archive_kind kind, struct bw_image *image,
                     struct bw_err *err)
{
    bool compressed = false;
    bool at_rest = S_ISREG(t->st.st_mode) && lseek(t->fd, 0, SEEK_CUR) == 0;
    if (S_ISBLK(t->st.st_mode))
        return bw_err_set(err, BW_EUNSUPPORTED, "a block device: mount it and scan the directory");
    if (!at_rest)
        return open_stream(t, kind, image);
    if (t->st.st_size == 0)
        return bw_err_set(err, BW_EFORMAT, "an empty file");
    int rc = look(t, &compressed, err);
    if (rc)
        return rc;
    return compressed && kind != BW_ARCHIVE_FILESYSTEM ? open_stream(t, kind, image)
                                                       : open_tar(t, kind, image, err);
}

int bw_local_open(struct bw_acquire *acquire, const char *argument, enum bw_archive_kind kind,
                  struct bw_image *ret_image, struct bw_err *err)
{
    struct target t = {.acquire = acquire, .fd = -1};
    int rc = strcmp(argument, "-") ? open_path(&t, argument, err) : open_stdin(&t, err);
    if (rc)
        return rc;
    if (fstat(t.fd, &t.st))
        rc = bw_err_errno(err, "cannot look at it");
    else if (S_ISDIR(t.st.st_mode))
        rc = open_directory(&t, kind, ret_image, err);
    else
        rc = open_file(&t, kind, ret_image, err);
    bw_fd_closep(&t.fd);
    return rc ? bw_err_prefix(err, rc, "%s", t.path) : 0;
}
