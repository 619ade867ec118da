#include "acquire/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "acquire/beneath.h"
#include "acquire/mounts.h"
#include "base/buf.h"
#include "base/fd.h"

#define DIRENTS_SIZE ((size_t)64 << 10)
#define XATTRS_SIZE  ((size_t)64 << 10) /* the kernel's own maximum of a list */

/* As the kernel writes it: getdents64(2). */
struct dirent64 {
    uint64_t ino;
    int64_t off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

struct walk {
    int root;
    bool overlay;
    const struct bw_tree_visitor *visitor;
    struct bw_err *err;
    struct bw_mounts mounts;
    struct bw_buf pending; /* "PATH NUL" of directories to visit: a stack */
    uint64_t entries;
    char *dirents, *xattrs;

    /* Of the directory that is being read. */
    int fd;
    bool xattr_whiteouts;            /* its whiteouts are files with an attribute */
    char path[BW_TREE_PATH_MAX + 2]; /* of the directory, then of its entry */
    size_t path_n;                   /* of the directory with its '/' */
    unsigned depth;
};

static void gap(const struct walk *w, enum bw_gap_class class, struct bw_str path, const char *what,
                const char *why)
{
    w->visitor->gap(w->visitor->ctx, class, path.n ? path : BW_STR("/"), bw_str(what), bw_str(why));
}

static void gap_errno(const struct walk *w, struct bw_str path, const char *what)
{
    char why[128];
    snprintf(why, sizeof why, "%s%s", strerrordesc_np(errno),
             errno == EACCES || errno == EPERM ? ": run as root to read it" : "");
    gap(w, BW_GAP_BLOCKING, path, what, why);
}

static int report(const struct walk *w, struct bw_str path, const struct bw_file *file)
{
    return w->visitor->entry(w->visitor->ctx, path, file);
}

static int report_type(const struct walk *w, struct bw_str path, enum bw_file_type type)
{
    return report(w, path, &(struct bw_file){.type = type});
}

/* --- entries --- */

static void set_mode(struct bw_file *file, const struct stat *st)
{
    file->has_mode = true;
    file->mode = (uint32_t)st->st_mode & 07777;
    file->uid = st->st_uid;
    file->gid = st->st_gid;
}

static int visit_directory(struct walk *w, struct bw_str path, const char *name)
{
    struct bw_file file = {.type = BW_FILE_DIRECTORY};
    struct stat st;
    if (fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        set_mode(&file, &st);
    int rc = report(w, path, &file);
    if (rc)
        return rc;
    if (w->depth >= BW_TREE_DEPTH_MAX) {
        char why[96];
        snprintf(why, sizeof why, "deeper than the limit of %u directories", BW_TREE_DEPTH_MAX);
        gap(w, BW_GAP_BLOCKING, path, "the directory", why);
        return 0;
    }
    bw_buf_str(&w->pending, path);
    bw_buf_byte(&w->pending, 0);
    if (bw_buf_failed(&w->pending))
        return bw_err_set(w->err, BW_ELIMIT,
                          "the paths of directories to visit take more than the limit of %zu bytes",
                          BW_TREE_PENDING_MAX);
    return 0;
}

static int visit_symlink(struct walk *w, struct bw_str path, const char *name)
{
    char target[BW_TREE_PATH_MAX + 1];
    ssize_t n = readlinkat(w->fd, name, target, sizeof target);
    if (n < 0 && errno == ENOENT)
        return 0;
    if (n < 0) {
        gap_errno(w, path, "the symbolic link");
        return 0;
    }
    return report(w, path,
                  &(struct bw_file){.type = BW_FILE_SYMLINK, .link = bw_str_n(target, (size_t)n)});
}

/* Whether a file has the attribute "{trusted,user}.overlay.NAME". */
static bool has_mark(int fd, const char *name, char *ret_value)
{
    static const char *const spaces[] = {"trusted", "user"};
    for (size_t i = 0; i < BW_ARRAY_LEN(spaces); i++) {
        char full[64], value[8];
        snprintf(full, sizeof full, "%s.overlay.%s", spaces[i], name);
        ssize_t n = fgetxattr(fd, full, value, sizeof value);
        if (n < 0 && errno != ERANGE)
            continue;
        *ret_value = n > 0 ? value[0] : '\0';
        return true;
    }
    return false;
}

/* A wanted file of a layer whose content lies elsewhere (metacopy), or which is a whiteout.
 * Returns whether the file is done with. */
static bool visit_marks(struct walk *w, struct bw_str path, int fd, int *rc)
{
    char value;
    if (w->xattr_whiteouts && has_mark(fd, "whiteout", &value)) {
        *rc = report_type(w, path, BW_FILE_WHITEOUT);
        return true;
    }
    if (has_mark(fd, "metacopy", &value)) {
        gap(w, BW_GAP_BLOCKING, path, "the file",
            "its content is in another layer (overlayfs metacopy)");
        return true;
    }
    return false;
}

static int visit_wanted(struct walk *w, struct bw_str path, const char *name)
{
    struct stat st;
    int rc = 0;
    int fd BW_CLEANUP(bw_fd_closep) =
        openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        gap_errno(w, path, "the file");
        return 0;
    }
    if (!S_ISREG(st.st_mode)) {
        gap(w, BW_GAP_BLOCKING, path, "the file", "it was replaced while it was examined");
        return 0;
    }
    if (w->overlay && visit_marks(w, path, fd, &rc))
        return rc;
    struct bw_file file = {.type = BW_FILE_REGULAR, .size = (uint64_t)st.st_size};
    set_mode(&file, &st);
    char attribute[64];
    ssize_t n = fgetxattr(fd, "security.capability", attribute, sizeof attribute);
    file.capabilities = n > 0 ? bw_file_capabilities(attribute, (size_t)n) : 0;
    rc = report(w, path, &file);
    if (rc)
        return rc;
    return w->visitor->content(w->visitor->ctx, path, bw_fd_take(&fd), &file);
}

static int visit_regular(struct walk *w, struct bw_str path, const char *name)
{
    char value;
    if (w->visitor->wants(w->visitor->ctx, path))
        return visit_wanted(w, path, name);
    if (!w->xattr_whiteouts)
        return 0;
    int fd BW_CLEANUP(bw_fd_closep) =
        openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd >= 0 && has_mark(fd, "whiteout", &value) ? report_type(w, path, BW_FILE_WHITEOUT) : 0;
}

static unsigned char type_of_mode(mode_t mode)
{
    return (unsigned char)((mode & S_IFMT) >> 12);
}

static int visit(struct walk *w, const struct dirent64 *entry)
{
    size_t n = strlen(entry->name);
    unsigned char type = entry->type;
    struct stat st = {0};
    if (w->path_n + n > BW_TREE_PATH_MAX) {
        gap(w, BW_GAP_BLOCKING, bw_str_n(w->path, w->path_n), "an entry",
            "its path is longer than the limit of 4095 bytes");
        return 0;
    }
    memcpy(w->path + w->path_n, entry->name, n + 1);
    struct bw_str path = bw_str_n(w->path, w->path_n + n);
    bool device = type == type_of_mode(S_IFCHR) && w->overlay;
    if (type == 0 || device) {
        if (fstatat(w->fd, entry->name, &st, AT_SYMLINK_NOFOLLOW)) {
            if (errno != ENOENT)
                gap_errno(w, path, "the entry");
            return 0;
        }
        type = type_of_mode(st.st_mode);
    }
    switch ((mode_t)type << 12) {
    case S_IFREG:
        return visit_regular(w, path, entry->name);
    case S_IFDIR:
        return visit_directory(w, path, entry->name);
    case S_IFLNK:
        return visit_symlink(w, path, entry->name);
    default:
        return report_type(w, path,
                           w->overlay && S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)
                               ? BW_FILE_WHITEOUT
                               : BW_FILE_OTHER);
    }
}

/* --- directories --- */

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int read_entries(struct walk *w)
{
    for (;;) {
        long n = syscall(SYS_getdents64, w->fd, w->dirents, DIRENTS_SIZE);
        if (n < 0)
            gap_errno(w, bw_str_n(w->path, w->path_n), "the rest of the directory");
        if (n <= 0)
            return 0;
        for (long at = 0; at < n;) {
            const struct dirent64 *entry = (const void *)(w->dirents + at);
            at += entry->reclen;
            if (is_dot(entry->name))
                continue;
            if (++w->entries > BW_TREE_ENTRIES_MAX)
                return bw_err_set(w->err, BW_ELIMIT, "more than the limit of %u entries",
                                  BW_TREE_ENTRIES_MAX);
            int rc = visit(w, entry);
            if (rc)
                return rc;
        }
    }
}

/* The marks that overlayfs left on the directory, found by one call where there are none. */
static int read_marks(struct walk *w, struct bw_str path)
{
    char value;
    w->xattr_whiteouts = false;
    ssize_t n = flistxattr(w->fd, w->xattrs, XATTRS_SIZE);
    if (n <= 0 || bw_str_find_str(bw_str_n(w->xattrs, (size_t)n), BW_STR(".overlay.")) == SIZE_MAX)
        return 0;
    if (has_mark(w->fd, "redirect", &value))
        gap(w, BW_GAP_BLOCKING, path, "the directory",
            "it was renamed and its content is under another name (overlayfs redirect)");
    if (!has_mark(w->fd, "opaque", &value))
        return 0;
    w->xattr_whiteouts = value == 'x';
    return value == 'y' && path.n ? report_type(w, path, BW_FILE_OPAQUE) : 0;
}

/* Whether a directory of a root filesystem is part of it; if not, it has been noted. */
static bool belongs(struct walk *w, struct bw_str path)
{
    switch (bw_mounts_look(&w->mounts, w->fd, path)) {
    case BW_MOUNT_ENTER:
        return true;
    case BW_MOUNT_STORE:
        gap(w, BW_GAP_NOTE, path, "images and containers of an engine",
            "they are not part of this filesystem; scan them by their names");
        return false;
    case BW_MOUNT_NETWORK:
        gap(w, BW_GAP_NOTE, path, "files of a network or user-space file system",
            "only local file systems are examined");
        return false;
    default:
        return false;
    }
}

static int visit_pending(struct walk *w, struct bw_str path)
{
    w->fd = bw_beneath_open(w->root, w->path, O_RDONLY | O_DIRECTORY, BW_BENEATH_NO_LINKS);
    if (w->fd < 0) {
        if (errno != ENOENT)
            gap_errno(w, path, "the directory");
        return 0;
    }
    int rc = w->overlay ? read_marks(w, path) : 0;
    if (rc == 0 && (w->overlay || belongs(w, path))) {
        w->depth = 1;
        for (size_t i = 0; i < path.n; i++)
            w->depth += path.p[i] == '/';
        w->path_n = path.n;
        if (path.n)
            w->path[w->path_n++] = '/';
        else
            w->depth = 0;
        rc = read_entries(w);
    }
    bw_fd_closep(&w->fd);
    return rc;
}

/* Takes the last path off the stack; false where there is none. */
static bool pop(struct walk *w, struct bw_str *ret_path)
{
    if (w->pending.n == 0)
        return false;
    size_t end = w->pending.n - 1, start = end;
    while (start > 0 && w->pending.p[start - 1])
        start--;
    memcpy(w->path, w->pending.p + start, end - start + 1);
    w->pending.n = start;
    *ret_path = bw_str_n(w->path, end - start);
    return true;
}

static int walk_all(struct walk *w)
{
    struct bw_str path;
    int rc = 0;
    bw_buf_byte(&w->pending, 0); /* the root: an empty path */
    while (rc == 0 && pop(w, &path))
        rc = visit_pending(w, path);
    return rc;
}

int bw_tree_walk(int directory, bool overlay, const struct bw_tree_visitor *visitor,
                 struct bw_err *err)
{
    struct walk *w = calloc(1, sizeof *w);
    char *buffers = malloc(DIRENTS_SIZE + XATTRS_SIZE);
    int rc = BW_ENOMEM;
    if (w && buffers) {
        *w = (struct walk){
            .root = directory,
            .overlay = overlay,
            .visitor = visitor,
            .err = err,
            .pending = BW_BUF(BW_TREE_PENDING_MAX),
            .dirents = buffers,
            .xattrs = buffers + DIRENTS_SIZE,
            .fd = -1,
        };
        rc = walk_all(w);
        bw_buf_free(&w->pending);
    } else {
        rc = bw_err_set(err, BW_ENOMEM, "out of memory for a walk");
    }
    free(buffers);
    free(w);
    return rc;
}

/* --- one file --- */

static enum bw_file_type type_of(const struct stat *st, bool overlay)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
        return BW_FILE_REGULAR;
    case S_IFDIR:
        return BW_FILE_DIRECTORY;
    case S_IFLNK:
        return BW_FILE_SYMLINK;
    default:
        return overlay && S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0) ? BW_FILE_WHITEOUT
                                                                               : BW_FILE_OTHER;
    }
}

/* Opened by O_PATH first: opening a device or a pipe for reading would do something to it. */
int bw_tree_lookup(int directory, bool overlay, struct bw_str path, enum bw_file_type *ret_type,
                   int *ret_fd, struct bw_err *err)
{
    char name[BW_TREE_PATH_MAX + 1];
    struct stat st, opened;
    if (path.n == 0 || path.n >= sizeof name)
        return bw_err_set(err, BW_ENOENT, "no path that a file can have");
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    int at BW_CLEANUP(bw_fd_closep) =
        bw_beneath_open(directory, name, O_PATH | O_NOFOLLOW, BW_BENEATH_NO_LINKS);
    if (at < 0 && (errno == ELOOP || errno == EXDEV))
        errno = ENOENT;
    if (at < 0 || fstat(at, &st))
        return bw_err_errno(err, "%s", name);
    if (!S_ISREG(st.st_mode)) {
        *ret_type = type_of(&st, overlay);
        *ret_fd = -1;
        return 0;
    }
    int fd BW_CLEANUP(bw_fd_closep) =
        bw_beneath_open(directory, name, O_RDONLY, BW_BENEATH_NO_LINKS);
    if (fd < 0 || fstat(fd, &opened))
        return bw_err_errno(err, "%s", name);
    if (!S_ISREG(opened.st_mode))
        return bw_err_set(err, BW_EIO, "%s: replaced while it was examined", name);
    *ret_type = BW_FILE_REGULAR;
    *ret_fd = bw_fd_take(&fd);
    return 0;
}
