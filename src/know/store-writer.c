#include "know/store-writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "know/store-state.h"

#define STORE_MODE   0644
#define POLL_MS      100
#define COPY_STEP    ((size_t)1 << 20)
#define ASIDE_SUFFIX ".new-"

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* --- lock and folder --- */

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int make_folder(const char *path, struct bw_err *err)
{
    char *folder = folder_of(path);
    if (!folder)
        return no_memory(err);
    int rc = bw_fd_make_dirs(folder, 0755, err);
    free(folder);
    return rc;
}

static int lock(struct bw_writer *w, void (*waiting)(void *ctx), void *ctx, struct bw_err *err)
{
    char *path = NULL;
    if (asprintf(&path, "%s.lock", w->path) < 0)
        return no_memory(err);
    w->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    int rc = w->lock_fd < 0 ? bw_err_errno(err, "cannot open %s", path) : 0;
    int64_t end = bw_clock_monotonic_ms() + BW_WRITER_WAIT_MS;
    bool told = false;
    while (rc == 0 && flock(w->lock_fd, LOCK_EX | LOCK_NB)) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK) {
            rc = bw_err_errno(err, "cannot lock %s", path);
        } else if (bw_clock_monotonic_ms() >= end) {
            rc = bw_err_set(err, BW_ETIMEOUT, "another bulwark still changes the advisories (%s)",
                            path);
        } else {
            if (!told && waiting)
                waiting(ctx);
            told = true;
            nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
        }
    }
    free(path);
    return rc;
}

/* Under the lock every temporary beside the store is one of a writer that died. */
static void remove_stale(const char *path)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    DIR *dir = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strncmp(entry->d_name, name, n) == 0 &&
            strncmp(entry->d_name + n, ASIDE_SUFFIX, strlen(ASIDE_SUFFIX)) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    free(folder);
}

static struct bw_writer *new_writer(void)
{
    struct bw_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->lock_fd = -1;
    w->arena = bw_arena_new(BW_WRITER_MEMORY_MAX);
    w->packages = BW_MAP(BW_WRITER_PACKAGES_MAX);
    w->ecosystem_at = BW_MAP(BW_WRITER_ECOSYSTEMS_MAX);
    w->key = BW_BUF(4 << 10);
    w->json = w->list = BW_BUF(BW_SQLITE_VALUE_MAX);
    if (!w->arena) {
        free(w);
        return NULL;
    }
    return w;
}

static int open_store(struct bw_writer *w, struct bw_err *err)
{
    int rc = bw_store_open(w->path, &w->db, err);
    if (rc != BW_ENOENT)
        return rc;
    w->fresh = true;
    return 0;
}

int bw_writer_open(const char *path, void (*waiting)(void *ctx), void *ctx,
                   struct bw_writer **ret_writer, struct bw_err *err)
{
    struct bw_writer *w BW_CLEANUP(bw_writer_freep) = new_writer();
    if (!w || !(w->path = strdup(path)))
        return no_memory(err);
    int rc = make_folder(path, err);
    if (rc == 0)
        rc = lock(w, waiting, ctx, err);
    if (rc)
        return rc;
    remove_stale(path);
    rc = open_store(w, err);
    if (rc)
        return rc;
    *ret_writer = w;
    w = NULL;
    return 0;
}

static int start(struct bw_writer *w, struct bw_err *err)
{
    int rc = w->fresh ? bw_store_create_tables(w->db, err) : 0;
    if (rc == 0)
        rc = bw_sqlite_exec(w->db, "BEGIN", err);
    if (rc == 0)
        rc = bw_writer_prepare(w, err);
    if (rc == 0)
        rc = bw_writer_load_ecosystems(w, err);
    w->begun = rc == 0;
    return rc;
}

int bw_writer_open_memory(struct bw_writer **ret_writer, struct bw_err *err)
{
    struct bw_writer *w BW_CLEANUP(bw_writer_freep) = new_writer();
    if (!w)
        return no_memory(err);
    w->in_memory = w->fresh = true;
    int rc = bw_sqlite_open(NULL, BW_SQLITE_MEMORY, &w->db, err);
    if (rc == 0)
        rc = start(w, err);
    if (rc)
        return rc;
    *ret_writer = w;
    w = NULL;
    return 0;
}

void bw_writer_free(struct bw_writer *w)
{
    if (!w)
        return;
    bw_writer_forget(w);
    bw_sqlite_close(w->db);
    if (w->aside)
        unlink(w->aside);
    if (w->temporary)
        unlink(w->temporary);
    bw_fd_closep(&w->lock_fd);
    bw_map_free(&w->packages);
    bw_map_free(&w->ecosystem_at);
    BW_VEC_FREE(&w->ecosystems);
    bw_buf_free(&w->key);
    bw_buf_free(&w->json);
    bw_buf_free(&w->list);
    bw_arena_free(w->arena);
    free(w->path);
    free(w->aside);
    free(w->temporary);
    free(w->download_dir);
    free(w);
}

void bw_writer_freep(struct bw_writer **writer)
{
    bw_writer_free(*writer);
    *writer = NULL;
}

struct bw_sqlite *bw_writer_db(struct bw_writer *w)
{
    return w->db;
}

bool bw_writer_begun(const struct bw_writer *w)
{
    return w->begun;
}

/* --- the file beside the store --- */

static int make_temporary(struct bw_writer *w, char **ret_path, int *ret_fd, struct bw_err *err)
{
    char *path = NULL;
    if (asprintf(&path, "%s" ASIDE_SUFFIX "XXXXXX", w->path) < 0)
        return no_memory(err);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        int rc = bw_err_errno(err, "cannot create %s", path);
        free(path);
        return rc;
    }
    *ret_path = path;
    *ret_fd = fd;
    return 0;
}

static int copy_by_hand(int from, int to, struct bw_err *err)
{
    uint8_t *block = malloc(COPY_STEP);
    if (!block)
        return no_memory(err);
    int rc = 0;
    ssize_t n;
    while (rc == 0 && (n = bw_fd_read_full(from, block, COPY_STEP)) != 0)
        if (n < 0 || bw_fd_write_full(to, block, (size_t)n))
            rc = bw_err_errno(err, "cannot copy the advisories");
    free(block);
    return rc;
}

/* copy_file_range shares the blocks where the file system can. */
static int copy_store(const char *path, int to, struct bw_err *err)
{
    int from BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (from < 0)
        return bw_err_errno(err, "cannot open %s", path);
    ssize_t n;
    do
        n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 ? 0 : copy_by_hand(from, to, err);
}

static int make_aside(struct bw_writer *w, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = -1;
    int rc = make_temporary(w, &w->aside, &fd, err);
    if (rc == 0 && !w->fresh)
        rc = copy_store(w->path, fd, err);
    return rc;
}

int bw_writer_begin(struct bw_writer *w, struct bw_err *err)
{
    if (w->begun)
        return 0;
    bw_sqlite_close(w->db);
    w->db = NULL;
    int rc = make_aside(w, err);
    if (rc == 0)
        rc = bw_sqlite_open(w->aside, BW_SQLITE_ASIDE, &w->db, err);
    return rc ? rc : start(w, err);
}

int bw_writer_temporary(struct bw_writer *w, const char **ret_path, struct bw_err *err)
{
    if (!w->temporary) {
        int fd BW_CLEANUP(bw_fd_closep) = -1;
        int rc = make_temporary(w, &w->temporary, &fd, err);
        if (rc)
            return rc;
    }
    *ret_path = w->temporary;
    return 0;
}

int bw_writer_download_dir(struct bw_writer *w, const char **ret_path, struct bw_err *err)
{
    if (!w->download_dir) {
        char *path = NULL;
        if (asprintf(&path, "%s.downloads", w->path) < 0)
            return no_memory(err);
        int rc = bw_fd_make_dirs(path, 0755, err);
        if (rc) {
            free(path);
            return rc;
        }
        w->download_dir = path;
    }
    *ret_path = w->download_dir;
    return 0;
}

static int sync_folder(const char *path, struct bw_err *err)
{
    char *folder = folder_of(path);
    if (!folder)
        return no_memory(err);
    int fd BW_CLEANUP(bw_fd_closep) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? bw_err_errno(err, "cannot sync %s", folder) : 0;
    free(folder);
    return rc;
}

static int put_in_place(const char *complete, const char *path, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(complete, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, STORE_MODE) || fsync(fd))
        return bw_err_errno(err, "cannot sync %s", complete);
    if (rename(complete, path))
        return bw_err_errno(err, "cannot rename %s to %s", complete, path);
    return sync_folder(path, err);
}

static int finish(struct bw_writer *w, struct bw_err *err)
{
    int rc = bw_writer_settle(w, err);
    bw_writer_forget(w);
    if (rc == 0)
        rc = bw_sqlite_exec(w->db, "COMMIT", err);
    if (rc == 0)
        rc = bw_store_create_indexes(w->db, err);
    return rc;
}

int bw_writer_commit(struct bw_writer *w, struct bw_err *err)
{
    if (!w->begun)
        return 0;
    int rc = finish(w, err);
    bw_sqlite_close(w->db);
    w->db = NULL;
    return rc ? rc : put_in_place(w->aside, w->path, err);
}

int bw_writer_take(struct bw_writer *w, struct bw_sqlite **ret_db, struct bw_err *err)
{
    int rc = finish(w, err);
    if (rc)
        return rc;
    *ret_db = w->db;
    w->db = NULL;
    return 0;
}

int bw_writer_replace(struct bw_writer *w, const char *complete, struct bw_err *err)
{
    return put_in_place(complete, w->path, err);
}
