#include "acquire/local-files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/beneath.h"
#include "base/fd.h"

/* Members of one tar; the worker that lists them has its own limit. */
#define MEMBERS_MAX 10000000u

int bw_image_keep_file(struct bw_image *image, struct bw_arena *arena, int fd, struct bw_err *err)
{
    /* The room doubles at powers of two. */
    if ((image->files_n & (image->files_n - 1)) == 0) {
        int *more = bw_arena_array(arena, image->files_n ? 2 * image->files_n : 1, sizeof *more);
        if (!more) {
            close(fd);
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        }
        if (image->files_n)
            memcpy(more, image->files, image->files_n * sizeof *more);
        image->files = more;
    }
    image->files[image->files_n++] = fd;
    return 0;
}

/* --- a directory --- */

static int open_file(const struct bw_local_files *files, struct bw_str path, int *ret_fd,
                     uint64_t *ret_size, struct bw_err *err)
{
    char name[4096];
    struct stat st;
    if (path.n >= sizeof name)
        return bw_err_set(err, BW_EFORMAT, "a path is longer than the limit of 4095 bytes");
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    int fd BW_CLEANUP(bw_fd_closep) =
        bw_beneath_open(files->directory, name, O_RDONLY, BW_BENEATH_LINKS);
    if (fd < 0 && errno == EXDEV)
        return bw_err_set(err, BW_EFORMAT, "%s: a link leads out of the directory", name);
    if (fd < 0 || fstat(fd, &st))
        return bw_err_errno(err, "%s", name);
    if (!S_ISREG(st.st_mode))
        return bw_err_set(err, BW_EFORMAT, "%s: not a regular file", name);
    *ret_fd = bw_fd_take(&fd);
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

static int find_in_directory(void *ctx, struct bw_str path, struct bw_blob *ret_blob,
                             struct bw_err *err)
{
    struct bw_local_files *files = ctx;
    int fd;
    uint64_t size;
    int rc = open_file(files, path, &fd, &size, err);
    rc = rc ? rc : bw_image_keep_file(files->image, files->acquire->arena, fd, err);
    if (rc == 0)
        *ret_blob = (struct bw_blob){.fd = fd, .size = size};
    return rc;
}

static int read_in_directory(void *ctx, struct bw_str path, enum bw_document_kind kind,
                             struct bw_buf *buf, struct bw_err *err)
{
    (void)kind;
    const struct bw_local_files *files = ctx;
    int opened;
    uint64_t size;
    int rc = open_file(files, path, &opened, &size, err);
    if (rc)
        return rc;
    int fd BW_CLEANUP(bw_fd_closep) = opened;
    rc = bw_fd_slurp(fd, buf, err);
    return rc ? bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(path)) : 0;
}

struct bw_local_files bw_local_files_directory(struct bw_acquire *acquire, struct bw_image *image,
                                               int directory)
{
    return (struct bw_local_files){
        .acquire = acquire, .image = image, .directory = directory, .tar.fd = -1};
}

/* --- a tar --- */

static int find_in_tar(void *ctx, struct bw_str path, struct bw_blob *ret_blob, struct bw_err *err)
{
    const struct bw_local_files *files = ctx;
    const struct bw_member *member = bw_map_get(&files->members, path);
    for (unsigned hops = 0; member && member->link.n; hops++) {
        if (hops == BW_LOCAL_LINKS_MAX)
            return bw_err_set(err, BW_EFORMAT, "%" BW_STR_F ": more than the limit of %u links",
                              BW_STR_A(path), BW_LOCAL_LINKS_MAX);
        member = bw_map_get(&files->members, member->link);
    }
    if (!member)
        return bw_err_set(err, BW_ENOENT, "%" BW_STR_F ": not in the archive", BW_STR_A(path));
    /* The worker that listed them is not trusted: a blob lies within the file. */
    if (member->offset > files->tar.size || member->size > files->tar.size - member->offset)
        return bw_err_set(err, BW_EFORMAT, "%" BW_STR_F ": the archive is cut off before its end",
                          BW_STR_A(path));
    if (member->size && !member->offset)
        return bw_err_set(err, BW_EUNSUPPORTED, "%" BW_STR_F ": stored as a sparse file",
                          BW_STR_A(path));
    *ret_blob = (struct bw_blob){
        .fd = files->tar.fd, .offset = files->tar.offset + member->offset, .size = member->size};
    return 0;
}

static int read_in_tar(void *ctx, struct bw_str path, enum bw_document_kind kind,
                       struct bw_buf *buf, struct bw_err *err)
{
    (void)kind;
    struct bw_blob blob;
    int rc = find_in_tar(ctx, path, &blob, err);
    if (rc)
        return rc;
    if (blob.size > buf->max - buf->n)
        return bw_err_set(err, BW_ELIMIT, "%" BW_STR_F ": larger than the limit of %zu bytes",
                          BW_STR_A(path), buf->max);
    uint8_t *to = bw_buf_reserve(buf, blob.size);
    if (!to)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    ssize_t n = bw_fd_pread_full(blob.fd, to, blob.size, blob.offset);
    if (n < 0)
        return bw_err_errno(err, "%" BW_STR_F, BW_STR_A(path));
    if ((uint64_t)n < blob.size)
        return bw_err_set(err, BW_EFORMAT, "%" BW_STR_F ": cut off", BW_STR_A(path));
    buf->n += blob.size;
    return 0;
}

int bw_local_files_tar(struct bw_acquire *acquire, struct bw_image *image, struct bw_blob tar,
                       struct bw_local_files *ret_files, struct bw_err *err)
{
    struct bw_members members = {0};
    struct bw_map by_path = BW_MAP(MEMBERS_MAX);
    int rc = acquire->members(acquire->ctx, tar, &members, err);
    for (size_t i = 0; rc == 0 && i < members.n; i++) {
        struct bw_map_item *item = bw_map_at(&by_path, members.v[i].path);
        if (item)
            item->value = &members.v[i];
        else
            rc = bw_err_set(err, BW_ENOMEM, "out of memory for %zu members", members.n);
    }
    if (rc) {
        bw_map_free(&by_path);
        return rc;
    }
    *ret_files = (struct bw_local_files){
        .acquire = acquire, .image = image, .directory = -1, .tar = tar, .members = by_path};
    return 0;
}

void bw_local_files_free(struct bw_local_files *files)
{
    bw_map_free(&files->members);
}

struct bw_layout_files bw_local_files_layout(struct bw_local_files *files)
{
    bool tar = files->directory < 0;
    return (struct bw_layout_files){
        .ctx = files,
        .find = tar ? find_in_tar : find_in_directory,
        .read = tar ? read_in_tar : read_in_directory,
    };
}
