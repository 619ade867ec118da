#include "scan/policy-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* --- paths --- */

void bw_paths_free(struct bw_paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        free(paths->v[i]);
    BW_VEC_FREE(paths);
}

static int add_path(struct bw_paths *paths, const char *path, struct bw_err *err)
{
    char *copy = strdup(path), **slot = copy ? BW_VEC_PUSH(paths, BW_PATHS_MAX) : NULL;
    if (!slot) {
        free(copy);
        return bw_err_set(err, BW_ELIMIT, "more than %u files below one path", BW_PATHS_MAX);
    }
    *slot = copy;
    return 0;
}

/* Suites of Kyverno lie in directories that are not. */
static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' || strcmp(entry->d_name, ".kyverno-test") == 0;
}

static int collect(struct bw_paths *paths, const char *path, bool (*wanted)(struct bw_str path),
                   unsigned depth, struct bw_err *err);

static int collect_directory(struct bw_paths *paths, const char *path,
                             bool (*wanted)(struct bw_str path), unsigned depth, struct bw_err *err)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, visible, alphasort), rc = 0;
    if (n < 0)
        return bw_err_errno(err, "cannot read %s", path);
    if (depth >= BW_PATHS_DEPTH_MAX)
        rc = bw_err_set(err, BW_ELIMIT, "%s: deeper than %u directories", path, BW_PATHS_DEPTH_MAX);
    for (int i = 0; i < n; i++) {
        char *below = NULL;
        size_t length = strlen(path);
        bool slash = length && path[length - 1] == '/';
        if (rc == 0 && asprintf(&below, "%s%s%s", path, slash ? "" : "/", entries[i]->d_name) < 0)
            rc = bw_err_set(err, BW_ENOMEM, "out of memory");
        else if (rc == 0)
            rc = collect(paths, below, wanted, depth + 1, err);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int collect(struct bw_paths *paths, const char *path, bool (*wanted)(struct bw_str path),
                   unsigned depth, struct bw_err *err)
{
    struct stat st;
    int rc = depth ? lstat(path, &st) : stat(path, &st);
    if (rc)
        return depth && errno == ENOENT ? 0 : bw_err_errno(err, "cannot read %s", path);
    if (S_ISDIR(st.st_mode))
        return collect_directory(paths, path, wanted, depth, err);
    bool regular =
        S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode));
    return !depth || (regular && wanted(bw_str(path))) ? add_path(paths, path, err) : 0;
}

int bw_paths_collect(struct bw_paths *paths, const char *path, bool (*wanted)(struct bw_str path),
                     struct bw_err *err)
{
    return collect(paths, path, wanted, 0, err);
}

/* --- sets --- */

static bool is_named(struct bw_str path, const char *name)
{
    size_t slash = bw_str_rfind(path, '/');
    return bw_str_eq(slash == SIZE_MAX ? path : bw_str_from(path, slash + 1), bw_str(name));
}

static bool may_hold_policies(struct bw_str path)
{
    bool yaml = bw_str_ends(path, BW_STR(".yaml")) || bw_str_ends(path, BW_STR(".yml"));
    return yaml && !bw_str_ends(path, BW_STR(".examples.yaml")) &&
           !is_named(path, "kyverno-test.yaml") && !is_named(path, "suite.yaml");
}

static void print_problem(void *ctx, const struct bw_policy_problem *problem)
{
    struct bw_err err;
    bool *printed = ctx;
    bw_policy_problem_text(problem, &err);
    fprintf(stderr, "%s\n", err.msg);
    *printed = true;
}

static int load_file(struct bw_policy_loader *loader, const char *path, bool named,
                     struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    int rc = bw_fd_slurp_path(path, &text, err);
    if (rc)
        return rc;
    /* Among policies other things lie; what was named is meant. */
    if (!named && !bw_policy_is_policy_text(bw_buf_slice(&text)) &&
        bw_str_find_str(bw_buf_slice(&text), BW_STR("apiVersion:")) == SIZE_MAX)
        return 0;
    return bw_policy_load(loader, bw_str(path), bw_buf_slice(&text), err);
}

static int load_path(struct bw_policy_loader *loader, const char *path, struct bw_err *err)
{
    struct bw_paths paths BW_CLEANUP(bw_paths_free) = {0};
    int rc = bw_paths_collect(&paths, path, may_hold_policies, err);
    for (size_t i = 0; i < paths.n && (rc == 0 || rc == BW_EFORMAT); i++) {
        struct bw_err why = {0};
        int one = load_file(loader, paths.v[i], strcmp(paths.v[i], path) == 0, &why);
        if (one && (rc == 0 || one != BW_EFORMAT)) {
            rc = one;
            if (err)
                *err = why;
        }
    }
    return rc;
}

static int load_all(struct bw_policy_files *files, const char *const *paths, size_t n,
                    struct bw_err *err)
{
    bool printed = false;
    int rc = 0;
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(print_problem, &printed, err);
    if (!loader)
        return BW_ENOMEM;
    for (size_t i = 0; i < n && (rc == 0 || rc == BW_EFORMAT); i++) {
        struct bw_err why = {0};
        int one = load_path(loader, paths[i], &why);
        if (one && (rc == 0 || one != BW_EFORMAT)) {
            rc = one;
            if (err)
                *err = why;
        }
    }
    if (rc && rc != BW_EFORMAT)
        return rc;
    return bw_policy_set_build(loader, &files->set, err);
}

/* A file that begins as a compiled set does is mapped. 0: done; 1: it is no such file. */
static int map_set(struct bw_policy_files *files, const char *path, struct bw_err *err)
{
    static const char magic[] = "bwpolset";
    char head[sizeof magic - 1];
    struct stat st;
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        bw_fd_pread_full(fd, head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head, magic, sizeof head) != 0)
        return 1;
    size_t n = (size_t)st.st_size;
    void *map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return bw_err_errno(err, "cannot map %s", path);
    int rc = bw_policy_set_open(bw_str_n(map, n), &files->set, err);
    if (rc) {
        munmap(map, n);
        bw_err_prefix(err, rc, "%s", path);
        if (rc == BW_EFORMAT && err)
            fprintf(stderr, "%s\n", err->msg);
        return rc;
    }
    files->map = map;
    files->map_n = n;
    return 0;
}

int bw_policy_files_open(struct bw_policy_files *files, const char *const *paths, size_t paths_n,
                         struct bw_err *err)
{
    *files = (struct bw_policy_files){0};
    if (!paths_n)
        return bw_policy_set_builtin(&files->set, err);
    int rc = paths_n == 1 ? map_set(files, paths[0], err) : 1;
    if (rc == 1)
        rc = load_all(files, paths, paths_n, err);
    if (rc == 0 && !bw_policy_count(files->set))
        return bw_err_set(err, BW_ENOENT, "there is no policy at %s", paths[0]);
    return rc;
}

void bw_policy_files_close(struct bw_policy_files *files)
{
    bw_policy_set_freep(&files->set);
    if (files->map)
        munmap(files->map, files->map_n);
    files->map = NULL;
}
