#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"
#include "enforce/service-parts.h"

#define DEPTH_MAX   16u
#define ENTRIES_MAX 100000u
#define WATCHES_MAX 4096u

#define EVENTS                                                                                     \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |            \
     IN_DELETE_SELF | IN_MOVE_SELF)

/* The print of all that is watched is the truth; inotify only says when to look. */
struct bw_service_watch {
    BW_VEC_TYPE(bw_watch_paths, char *) paths;
    int fd;
    uint64_t print;
};

struct walk {
    struct bw_service_watch *watch;
    unsigned entries, watches;
    uint64_t print;
};

struct bw_service_watch *bw_service_watch_new(const char *const *paths, struct bw_err *err)
{
    struct bw_service_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        bw_err_set(err, BW_ENOMEM, "out of memory");
        return NULL;
    }
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    for (; paths && *paths; paths++) {
        char **slot = BW_VEC_PUSH(&watch->paths, ENTRIES_MAX);
        if (!slot || !(*slot = strdup(*paths))) {
            bw_service_watch_free(watch);
            bw_err_set(err, BW_ENOMEM, "out of memory");
            return NULL;
        }
    }
    bw_service_watch_changed(watch);
    return watch;
}

void bw_service_watch_free(struct bw_service_watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < watch->paths.n; i++)
        free(watch->paths.v[i]);
    BW_VEC_FREE(&watch->paths);
    bw_fd_closep(&watch->fd);
    free(watch);
}

int bw_service_watch_fd(const struct bw_service_watch *watch)
{
    return watch->fd;
}

void bw_service_watch_drain(struct bw_service_watch *watch)
{
    char events[4096];
    while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0)
        continue;
}

static void look_for(struct walk *walk, const char *path)
{
    if (walk->watch->fd >= 0 && walk->watches < WATCHES_MAX &&
        inotify_add_watch(walk->watch->fd, path, EVENTS) >= 0)
        walk->watches++;
}

/* Sums, so that the order of a directory's entries does not matter. */
static void add_print(struct walk *walk, const char *path, const struct stat *st)
{
    char text[4096 + 256];
    int n = snprintf(text, sizeof text, "%llx %llx %o %llx %lld.%ld %lld.%ld %s",
                     (unsigned long long)st->st_dev, (unsigned long long)st->st_ino, st->st_mode,
                     (unsigned long long)st->st_size, (long long)st->st_mtim.tv_sec,
                     st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec, path);
    if (n > 0)
        walk->print += bw_str_hash(
            (struct bw_str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

static void walk_path(struct walk *walk, const char *path, unsigned depth);

static void walk_directory(struct walk *walk, const char *path, unsigned depth)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) && walk->entries < ENTRIES_MAX;) {
        char inner[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if ((size_t)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < sizeof inner)
            walk_path(walk, inner, depth + 1);
    }
    closedir(dir);
}

/* Follows symbolic links, which mounted secrets and configuration are swapped by. */
static void walk_path(struct walk *walk, const char *path, unsigned depth)
{
    struct stat st;
    walk->entries++;
    if (stat(path, &st))
        return;
    add_print(walk, path, &st);
    if (!S_ISDIR(st.st_mode))
        return;
    look_for(walk, path);
    if (depth < DEPTH_MAX)
        walk_directory(walk, path, depth);
}

/* What is watched may go, and come back: its directory tells. */
static void look_beside(struct walk *walk, const char *path)
{
    char parent[4096];
    size_t slash = bw_str_rfind(bw_str(path), '/');
    if (slash == SIZE_MAX)
        snprintf(parent, sizeof parent, ".");
    else
        snprintf(parent, sizeof parent, "%.*s", slash ? (int)slash : 1, path);
    look_for(walk, parent);
}

bool bw_service_watch_changed(struct bw_service_watch *watch)
{
    struct walk walk = {.watch = watch};
    for (size_t i = 0; i < watch->paths.n; i++) {
        look_beside(&walk, watch->paths.v[i]);
        look_for(&walk, watch->paths.v[i]);
        walk_path(&walk, watch->paths.v[i], 0);
    }
    bool changed = walk.print != watch->print;
    watch->print = walk.print;
    return changed;
}
