/*
 * The store of containerd in place: names from its metadata database, blobs from its content store,
 * which is laid out as an OCI image layout is (github.com/containerd/containerd,
 * docs/content-flow.md).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "acquire/choose.h"
#include "acquire/layout.h"
#include "acquire/local-files.h"
#include "acquire/stores.h"
#include "base/fd.h"

#define DATABASE "io.containerd.metadata.v1.bolt/meta.db"
#define CONTENT  "io.containerd.content.v1.content"

/* Largest database read; a thousand images take a few megabytes. */
#define DATABASE_MAX ((size_t)64 << 20)

/* containerd may commit while the file is read; how often that is tried before giving up. */
#define READS_MAX 8u

/* containerd's own, Docker's, those of k3s and MicroK8s. */
static const char *const default_roots[] = {
    "/var/lib/containerd",
    "/var/lib/docker/containerd/daemon",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/snap/microk8s/common/var/lib/containerd",
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* CONTAINERD_ROOT, or the next of the usual places; NULL after the last. */
static const char *next_root(size_t *at)
{
    const char *own = getenv("CONTAINERD_ROOT");
    size_t i = (*at)++;
    if (own && *own)
        return i == 0 ? own : NULL;
    return i < BW_ARRAY_LEN(default_roots) ? default_roots[i] : NULL;
}

/* --- the database --- */

static int open_database(const char *root, int *ret_fd, struct bw_err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", root, DATABASE) >= sizeof path)
        return bw_err_set(err, BW_EUSAGE, "CONTAINERD_ROOT is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return bw_err_errno(err, "%s", path);
    *ret_fd = fd;
    return 0;
}

/* Pages that a transaction has freed are written to by a later one. Two readings that are equal are
 * a state of the database; what its pages mean is for the worker. */
static int read_database(int fd, struct bw_buf *ret, struct bw_err *err)
{
    struct bw_buf before BW_CLEANUP(bw_buf_free) = BW_BUF(DATABASE_MAX);
    for (unsigned reads = 0; reads < READS_MAX; reads++) {
        struct bw_buf swap = before;
        before = *ret;
        *ret = swap;
        bw_buf_clear(ret);
        int rc = lseek(fd, 0, SEEK_SET) < 0 ? bw_err_errno(err, "cannot seek")
                                            : bw_fd_slurp(fd, ret, err);
        if (rc)
            return rc;
        if (reads && bw_str_eq(bw_buf_slice(ret), bw_buf_slice(&before)))
            return 0;
    }
    return bw_err_set(err, BW_EIO, "it is written to without a pause: try again");
}

static int read_names(struct bw_acquire *acquire, const char *root, struct bw_image_document *ret,
                      struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(DATABASE_MAX);
    int fd BW_CLEANUP(bw_fd_closep) = -1;
    int rc = open_database(root, &fd, err);
    if (rc)
        return rc;
    rc = read_database(fd, &bytes, err);
    rc = rc ? rc
            : acquire->document(acquire->ctx, BW_DOCUMENT_CONTAINERD, bw_buf_slice(&bytes), ret,
                                err);
    return rc ? bw_err_prefix(err, rc, "%s/%s", root, DATABASE) : 0;
}

/* --- which image --- */

static bool is_exact(const struct bw_descriptor *item, struct bw_str name)
{
    struct bw_str namespace = item->tags.v[0];
    if (bw_str_eq(name, item->ref_name))
        return true;
    return bw_str_starts(name, namespace) && name.n > namespace.n && name.p[namespace.n] == '/' &&
           bw_str_eq(bw_str_from(name, namespace.n + 1), item->ref_name);
}

/* "default/nginx" as well as "nginx". */
static bool is_alike(const struct bw_descriptor *item, struct bw_str name)
{
    struct bw_str namespace = item->tags.v[0];
    if (bw_str_starts(name, namespace) && name.n > namespace.n && name.p[namespace.n] == '/' &&
        bw_choose_same_name(bw_str_from(name, namespace.n + 1), item->ref_name))
        return true;
    return bw_choose_same_name(name, item->ref_name);
}

static int choose(const struct bw_image_document *names, struct bw_str name,
                  bool (*fits)(const struct bw_descriptor *, struct bw_str),
                  const struct bw_descriptor **ret, struct bw_err *err)
{
    const struct bw_descriptor *best = NULL;
    for (size_t i = 0; i < names->items_n; i++) {
        const struct bw_descriptor *item = &names->items[i];
        if (item->tags.n == 0 || !fits(item, name))
            continue;
        if (best && !bw_str_eq(best->digest, item->digest))
            return bw_err_set(err, BW_EUSAGE,
                              "containerd has several images of that name: %.*s/%.*s is not "
                              "%.*s/%.*s; say which",
                              BW_STR_A(bw_str_take(best->tags.v[0], 60)),
                              BW_STR_A(bw_str_take(best->ref_name, 100)),
                              BW_STR_A(bw_str_take(item->tags.v[0], 60)),
                              BW_STR_A(bw_str_take(item->ref_name, 100)));
        best = item;
    }
    if (!best)
        return bw_err_set(err, BW_ENOENT, "no such image");
    *ret = best;
    return 0;
}

static int find_image(struct bw_acquire *acquire, const char *root, struct bw_str name,
                      const struct bw_descriptor **ret, struct bw_err *err)
{
    struct bw_image_document names;
    int rc = read_names(acquire, root, &names, err);
    if (rc)
        return rc;
    rc = choose(&names, name, is_exact, ret, err);
    return rc == BW_ENOENT ? choose(&names, name, is_alike, ret, err) : rc;
}

/* --- the image --- */

static int use(struct bw_acquire *acquire, const char *root, const struct bw_descriptor *item,
               struct bw_image *image, struct bw_err *err)
{
    struct bw_str path = bw_arena_printf(acquire->arena, "%s/%s", root, CONTENT);
    struct bw_str *tag = bw_arena_alloc(acquire->arena, sizeof *tag);
    if (!path.p || !tag)
        return no_memory(err);
    int content BW_CLEANUP(bw_fd_closep) = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (content < 0)
        return bw_err_errno(err, "%s", path.p);
    *tag = item->ref_name;
    image->subject.tags = (struct bw_strs){tag, 1};
    image->form = BW_FORM_BLOBS;
    struct bw_local_files files = bw_local_files_directory(acquire, image, content);
    struct bw_layout_files layout = bw_local_files_layout(&files);
    layout.why_missing =
        "containerd has not kept it (its option discard_unpacked_layers): scan the "
        "image from its registry (registry:NAME)";
    return bw_layout_resolve_digest(acquire, &layout, item->digest, image, err);
}

/* The first failure that says more than that a store is not there. */
static void note(struct bw_err *first, const struct bw_err *why)
{
    if (!first->code || (first->code == BW_ENOENT && why->code != BW_ENOENT))
        *first = *why;
}

static int open_containerd(struct bw_acquire *acquire, const char *argument,
                           struct bw_image *ret_image, struct bw_err *err)
{
    struct bw_err first = {0};
    const char *root;
    for (size_t at = 0; (root = next_root(&at));) {
        const struct bw_descriptor *item = NULL;
        struct bw_err why = {0};
        int rc = find_image(acquire, root, bw_str(argument), &item, &why);
        if (rc == 0)
            rc = use(acquire, root, item, ret_image, err);
        else if (rc == BW_ENOENT || rc == BW_EACCESS)
            note(&first, &why);
        else if (err)
            *err = why;
        if (rc == 0)
            return 0;
        if (rc != BW_ENOENT && rc != BW_EACCESS)
            return bw_err_prefix(err, rc, "%.100s", argument);
    }
    return bw_err_set(err, first.code,
                      "%.100s: %.250s; the stores of containerd are read in place, as root "
                      "(CONTAINERD_ROOT names another place)",
                      argument, first.msg);
}

/* --- all of them --- */

static int append(struct bw_acquire *acquire, const struct bw_image_document *names,
                  struct bw_strs *all, struct bw_err *err)
{
    struct bw_strs more = {bw_arena_array(acquire->arena, all->n + names->items_n, sizeof *more.v),
                           0};
    if (!more.v)
        return no_memory(err);
    if (all->n)
        memcpy(more.v, all->v, all->n * sizeof *more.v);
    more.n = all->n;
    for (size_t i = 0; i < names->items_n; i++) {
        const struct bw_descriptor *item = &names->items[i];
        /* The same image under its digest: Kubernetes keeps each so. */
        if (item->tags.n == 0 || bw_str_starts(item->ref_name, BW_STR("sha256:")) ||
            bw_str_find(item->ref_name, '@') != SIZE_MAX)
            continue;
        more.v[more.n] = bw_arena_printf(acquire->arena, "containerd:%" BW_STR_F "/%" BW_STR_F,
                                         BW_STR_A(item->tags.v[0]), BW_STR_A(item->ref_name));
        if (!more.v[more.n++].p)
            return no_memory(err);
    }
    *all = more;
    return 0;
}

int bw_containerd_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names,
                              struct bw_err *err)
{
    struct bw_strs all = {0};
    struct bw_err first = {0};
    const char *root;
    bool any = false;
    for (size_t at = 0; (root = next_root(&at));) {
        struct bw_image_document names;
        struct bw_err why = {0};
        int rc = read_names(acquire, root, &names, &why);
        if (rc)
            note(&first, &why);
        else
            rc = append(acquire, &names, &all, &why);
        if (rc && rc != BW_ENOENT) {
            if (err)
                *err = why;
            return rc;
        }
        any = any || rc == 0;
    }
    if (!any)
        return bw_err_set(err, BW_ENOENT, "%s", first.msg);
    *ret_names = all;
    return 0;
}

const struct bw_source bw_source_containerd = {
    .name = "containerd",
    .summary = "an image of a local containerd store, [NAMESPACE/]NAME, read in place",
    .open = open_containerd,
};
