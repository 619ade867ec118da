/*
 * The store that Podman, Buildah and CRI-O share, in place: github.com/containers/storage
 * (containers-storage.conf(5)). Below its root, by storage driver:
 *     DRIVER-images/images.json   names, identifier, topmost layer
 *     DRIVER-images/ID/=BASE64    documents by name; the configuration is named by its digest
 *     DRIVER-layers/layers.json   each layer, the one below it, its diff ID
 *     overlay/ID/diff             what a layer adds; vfs/dir/ID: a layer with all that is below it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/beneath.h"
#include "acquire/choose.h"
#include "acquire/layout.h"
#include "acquire/overlay.h"
#include "acquire/stores.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/map.h"
#include "wrap/base64.h"
#include "wrap/sha256.h"

#define PATH_MAX_BYTES 4096u
#define LIST_MAX       ((size_t)32 << 20) /* of images.json and layers.json */
#define CONF_MAX       ((size_t)1 << 20)
#define LAYERS_KNOWN   65536u
#define ROOTS_MAX      2u

/* A store of one driver. */
struct store {
    struct bw_acquire *acquire;
    char root[PATH_MAX_BYTES];
    int directory; /* the root */
    const char *driver;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* --- where --- */

/* graphroot = "PATH", in a line of its own as every tool writes it. */
static bool read_conf(const char *conf, char root[PATH_MAX_BYTES])
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(CONF_MAX);
    if (bw_fd_slurp_path(conf, &text, NULL))
        return false;
    struct bw_str rest = bw_buf_slice(&text), line, key = BW_STR("graphroot");
    while (bw_str_line(&rest, &line)) {
        line = bw_str_trim(line);
        if (!bw_str_starts(line, key))
            continue;
        line = bw_str_trim(bw_str_from(line, key.n));
        size_t begin = bw_str_find(line, '"'), end = bw_str_rfind(line, '"');
        if (!bw_str_starts(line, BW_STR("=")) || begin == SIZE_MAX || end - begin < 2 ||
            line.p[begin + 1] != '/' || end - begin > PATH_MAX_BYTES)
            continue;
        snprintf(root, PATH_MAX_BYTES, "%.*s", (int)(end - begin - 1), line.p + begin + 1);
        return true;
    }
    return false;
}

static bool below(const char *variable, const char *path, char out[PATH_MAX_BYTES])
{
    const char *at = getenv(variable);
    return at && *at == '/' &&
           (size_t)snprintf(out, PATH_MAX_BYTES, "%s%s", at, path) < PATH_MAX_BYTES;
}

/* Root's store, where we are root, and the person's own. */
static size_t find_roots(char roots[ROOTS_MAX][PATH_MAX_BYTES])
{
    const char *conf = getenv("CONTAINERS_STORAGE_CONF");
    char own[PATH_MAX_BYTES];
    size_t n = 0;
    if (conf && *conf)
        return read_conf(conf, roots[0]) ? 1 : 0;
    if (geteuid() == 0) {
        if (!read_conf("/etc/containers/storage.conf", roots[n]))
            snprintf(roots[n], PATH_MAX_BYTES, "/var/lib/containers/storage");
        n++;
    }
    bool named = below("XDG_CONFIG_HOME", "/containers/storage.conf", own) ||
                 below("HOME", "/.config/containers/storage.conf", own);
    if ((named && read_conf(own, roots[n])) ||
        below("XDG_DATA_HOME", "/containers/storage", roots[n]) ||
        below("HOME", "/.local/share/containers/storage", roots[n]))
        n++;
    return n;
}

/* --- documents --- */

static int slurp(const struct store *store, const char *path, struct bw_buf *buf,
                 struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) =
        bw_beneath_open(store->directory, path, O_RDONLY, BW_BENEATH_NO_LINKS);
    if (fd < 0)
        return bw_err_errno(err, "%s/%s", store->root, path);
    int rc = bw_fd_slurp(fd, buf, err);
    return rc ? bw_err_prefix(err, rc, "%s/%s", store->root, path) : 0;
}

static int read_list(const struct store *store, const char *what, enum bw_document_kind kind,
                     struct bw_image_document *ret, struct bw_err *err)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(LIST_MAX);
    char path[64];
    snprintf(path, sizeof path, "%s-%s/%s.json", store->driver, what, what);
    int rc = slurp(store, path, &json, err);
    rc = rc ? rc
            : store->acquire->document(store->acquire->ctx, kind, bw_buf_slice(&json), ret, err);
    return rc ? bw_err_prefix(err, rc, "%s", store->root) : 0;
}

/* The configuration, whose digest is the identifier of the image. BW_ENOENT where the image has
 * none: another identifier, or not kept. */
static int read_config(const struct store *store, struct bw_str id, struct bw_image_document *ret,
                       struct bw_err *err)
{
    struct bw_buf path BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_BYTES);
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ACQUIRE_DOCUMENT_MAX);
    uint8_t promised[BW_SHA256_SIZE], computed[BW_SHA256_SIZE];
    char name[sizeof "sha256:" + BW_SHA256_HEX_SIZE];
    if (!bw_sha256_parse(id, promised))
        return BW_ENOENT;
    int n = snprintf(name, sizeof name, "sha256:%.*s", BW_STR_A(id));
    bw_buf_printf(&path, "%s-images/%.*s/=", store->driver, BW_STR_A(id));
    bw_base64_write(name, (size_t)n, &path);
    bw_buf_byte(&path, 0);
    if (bw_buf_failed(&path))
        return no_memory(err);
    int rc = slurp(store, (const char *)path.p, &json, err);
    if (rc)
        return rc;
    if (bw_sha256(json.p, json.n, computed))
        return bw_err_set(err, BW_EINTERNAL, "SHA-256 is not available");
    if (memcmp(promised, computed, sizeof promised) != 0)
        return bw_err_set(err, BW_EDIGEST,
                          "%s: the configuration of the image does not have the digest it is known "
                          "by, %.12s",
                          store->root, id.p);
    return store->acquire->document(store->acquire->ctx, BW_DOCUMENT_CONFIG, bw_buf_slice(&json),
                                    ret, err);
}

/* --- which image --- */

#define SHORT_ID 12u

static bool has_name(const struct bw_descriptor *item, struct bw_str name, bool alike)
{
    struct bw_str local = BW_STR("localhost/");
    for (size_t i = 0; i < item->tags.n; i++) {
        struct bw_str tag = item->tags.v[i];
        struct bw_str rest = bw_str_starts(tag, local) ? bw_str_from(tag, local.n) : tag;
        if (alike ? bw_choose_same_name(rest, name) : bw_str_eq(tag, name))
            return true;
    }
    return false;
}

static bool fits(const struct bw_descriptor *item, struct bw_str name, unsigned how)
{
    struct bw_str sha256 = BW_STR("sha256:");
    if (how < 2)
        return has_name(item, name, how == 1);
    if (bw_str_starts(name, sha256))
        name = bw_str_from(name, sha256.n);
    return name.n >= SHORT_ID && bw_str_starts(item->ref_name, name);
}

/* By its very name, by what a short name means, by identifier. */
static int choose(const struct bw_image_document *images, struct bw_str name,
                  const struct bw_descriptor **ret, struct bw_err *err)
{
    for (unsigned how = 0; how < 3; how++) {
        const struct bw_descriptor *found = NULL;
        for (size_t i = 0; i < images->items_n; i++) {
            if (!fits(&images->items[i], name, how))
                continue;
            if (found)
                return bw_err_set(err, BW_EUSAGE,
                                  "several images go by that name, %.12s and %.12s: say which",
                                  found->ref_name.p, images->items[i].ref_name.p);
            found = &images->items[i];
        }
        if (found) {
            *ret = found;
            return 0;
        }
    }
    return bw_err_set(err, BW_ENOENT, "no such image");
}

/* --- layers --- */

/* The layers from the top of the image down, then turned round. */
static int read_chain(const struct store *store, struct bw_str top,
                      const struct bw_descriptor ***ret_chain, size_t *ret_n, struct bw_err *err)
{
    struct bw_image_document layers;
    struct bw_map by_id BW_CLEANUP(bw_map_free) = BW_MAP(LAYERS_KNOWN);
    const struct bw_descriptor **chain =
        bw_arena_array(store->acquire->arena, BW_ACQUIRE_LAYERS_MAX, sizeof(void *));
    size_t n = 0;
    int rc = read_list(store, "layers", BW_DOCUMENT_STORE_LAYERS, &layers, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < layers.items_n; i++) {
        struct bw_map_item *item = bw_map_at(&by_id, layers.items[i].ref_name);
        if (!item || !chain)
            return no_memory(err);
        item->value = &layers.items[i];
    }
    for (struct bw_str id = top; id.n;) {
        const struct bw_descriptor *layer = bw_map_get(&by_id, id);
        if (!layer)
            return bw_err_set(err, BW_EFORMAT, "%s: the layer %.12s is not there", store->root,
                              id.p);
        if (n == BW_ACQUIRE_LAYERS_MAX)
            return bw_err_set(err, BW_ELIMIT, "%s: more than the limit of %u layers", store->root,
                              BW_ACQUIRE_LAYERS_MAX);
        chain[n++] = layer;
        id = layer->paths.n ? layer->paths.v[0] : (struct bw_str){0};
    }
    for (size_t i = 0; i < n / 2; i++) {
        const struct bw_descriptor *swap = chain[i];
        chain[i] = chain[n - 1 - i];
        chain[n - 1 - i] = swap;
    }
    *ret_chain = chain;
    *ret_n = n;
    return 0;
}

static int open_layer(const struct store *store, const char *before, struct bw_str id,
                      const char *behind, struct bw_image_layer *layer, struct bw_err *err)
{
    char path[PATH_MAX_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/%.*s%s", before, BW_STR_A(id), behind) >=
        sizeof path)
        return bw_err_set(err, BW_EFORMAT, "%s: an identifier is too long", store->root);
    layer->directory =
        bw_beneath_open(store->directory, path, O_RDONLY | O_DIRECTORY, BW_BENEATH_NO_LINKS);
    return layer->directory < 0 ? bw_err_errno(err, "%s/%s", store->root, path) : 0;
}

/* Layers of root are marked with attributes that not everybody sees. */
static int check_marks(const struct store *store, struct bw_err *err)
{
    struct stat st;
    if (fstat(store->directory, &st))
        return bw_err_errno(err, "%s", store->root);
    if (st.st_uid != 0 || bw_overlay_sees_marks())
        return 0;
    return bw_err_set(err, BW_EACCESS,
                      "%s: reading the layers of root takes root (CAP_SYS_ADMIN): scan the file "
                      "that `podman save` writes",
                      store->root);
}

/* fuse-overlayfs, where it may not make devices, marks what is removed with files ".wh.NAME", which
 * the reader of overlay's own directories does not know. */
static void check_mount_program(const struct store *store)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(64);
    if (slurp(store, "overlay/.has-mount-program", &text, NULL) == 0 &&
        bw_str_starts(bw_buf_slice(&text), BW_STR("true")))
        store->acquire->gap(store->acquire->ctx, BW_GAP_BLOCKING, bw_str(store->root),
                            BW_STR("what layers took away from those below"),
                            BW_STR("the store is one of a mount program (fuse-overlayfs), whose "
                                   "marks are not read: scan the file that `podman save` writes"));
}

static int open_layers(const struct store *store, struct bw_str top, struct bw_image *image,
                       struct bw_err *err)
{
    const struct bw_descriptor **chain = NULL;
    size_t n = 0;
    bool overlay = strcmp(store->driver, "overlay") == 0;
    int rc = overlay ? check_marks(store, err) : 0;
    rc = rc ? rc : read_chain(store, top, &chain, &n, err);
    if (rc)
        return rc;
    /* vfs: the topmost directory is the whole. */
    size_t layers = overlay ? n : n ? 1 : 0;
    image->layers = bw_arena_array(store->acquire->arena, layers, sizeof *image->layers);
    if (!image->layers)
        return no_memory(err);
    image->form = BW_FORM_TREES;
    image->layers_n = layers;
    if (overlay && layers > 1)
        check_mount_program(store);
    for (size_t i = 0; i < layers; i++)
        image->layers[i] = (struct bw_image_layer){.directory = -1,
                                                   .blob.fd = -1,
                                                   .overlay = overlay,
                                                   .info.diff_id = overlay ? chain[i]->digest
                                                                           : (struct bw_str){0}};
    for (size_t i = 0; rc == 0 && i < layers; i++)
        rc = overlay
                 ? open_layer(store, "overlay", chain[i]->ref_name, "/diff", &image->layers[i], err)
                 : open_layer(store, "vfs/dir", top, "", &image->layers[i], err);
    return rc;
}

static int use_config(const struct store *store, const struct bw_descriptor *item,
                      struct bw_image *image, struct bw_err *err)
{
    struct bw_image_document config;
    int rc = read_config(store, item->ref_name, &config, err);
    if (rc == BW_ENOENT) {
        store->acquire->gap(store->acquire->ctx, BW_GAP_NOTE, item->ref_name,
                            BW_STR("the platform and the history of the image"),
                            BW_STR("the store has no configuration of it"));
        return 0;
    }
    if (rc)
        return rc;
    image->subject.digest =
        bw_arena_printf(store->acquire->arena, "sha256:%" BW_STR_F, BW_STR_A(item->ref_name));
    if (!image->subject.digest.p)
        return no_memory(err);
    for (size_t i = 0; image->layers_n > 1 && i < image->layers_n; i++)
        if (config.diff_ids.n != image->layers_n ||
            (image->layers[i].info.diff_id.n &&
             !bw_str_eq(image->layers[i].info.diff_id, config.diff_ids.v[i])))
            return bw_err_set(err, BW_EFORMAT,
                              "%s: the layers are not those that the image's configuration names",
                              store->root);
    bw_layout_name_steps(image, &config);
    rc = bw_layout_describe(image, &config, store->acquire->arena, err);
    return rc ? rc : bw_layout_use_platform(store->acquire, &config, image, err);
}

static int open_image(const struct store *store, const struct bw_descriptor *item,
                      struct bw_image *image, struct bw_err *err)
{
    image->subject.kind = BW_SUBJECT_IMAGE;
    image->subject.tags = item->tags;
    int rc = open_layers(store, item->paths.n ? item->paths.v[0] : (struct bw_str){0}, image, err);
    return rc ? rc : use_config(store, item, image, err);
}

/* --- stores --- */

/* Calls `each` for every store with its images, until it returns something but BW_ENOENT. What it
 * returns at last, or BW_ENOENT with the reason. */
static int each_store(struct bw_acquire *acquire,
                      int (*each)(void *ctx, const struct store *store,
                                  const struct bw_image_document *images, struct bw_err *err),
                      void *ctx, struct bw_err *err)
{
    static const char *const drivers[] = {"overlay", "vfs"};
    char roots[ROOTS_MAX][PATH_MAX_BYTES];
    size_t n = find_roots(roots);
    int rc = bw_err_set(err, BW_ENOENT, "no store of Podman is known");
    for (size_t i = 0; i < n; i++) {
        int directory BW_CLEANUP(bw_fd_closep) = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) {
            rc = bw_err_errno(err, "%s", roots[i]);
            continue;
        }
        for (size_t k = 0; k < BW_ARRAY_LEN(drivers); k++) {
            struct store store = {.acquire = acquire, .directory = directory, .driver = drivers[k]};
            struct bw_image_document images;
            memcpy(store.root, roots[i], sizeof store.root);
            rc = read_list(&store, "images", BW_DOCUMENT_STORE_IMAGES, &images, err);
            rc = rc ? rc : each(ctx, &store, &images, err);
            if (rc != BW_ENOENT)
                return rc;
        }
    }
    return rc;
}

struct opening {
    struct bw_str name;
    struct bw_image *image;
    bool seen, found; /* a store; the image, and then rc is the outcome */
    int rc;
};

static int open_in_store(void *ctx, const struct store *store,
                         const struct bw_image_document *images, struct bw_err *err)
{
    struct opening *opening = ctx;
    const struct bw_descriptor *item = NULL;
    opening->seen = true;
    int rc = choose(images, opening->name, &item, err);
    if (rc)
        return rc;
    opening->found = true;
    opening->rc = open_image(store, item, opening->image, err);
    return 0;
}

static int open_podman(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                       struct bw_err *err)
{
    struct opening opening = {.name = bw_str(argument), .image = ret_image};
    int rc = each_store(acquire, open_in_store, &opening, err);
    if (opening.found)
        rc = opening.rc;
    else if (opening.seen && rc == BW_ENOENT)
        return bw_err_set(err, BW_ENOENT,
                          "%.100s: no such image in the store of Podman: to fetch it, scan "
                          "registry:%.100s",
                          argument, argument);
    return rc ? bw_err_prefix(err, rc, "%.100s", argument) : 0;
}

static int list_store(void *ctx, const struct store *store, const struct bw_image_document *images,
                      struct bw_err *err)
{
    struct bw_strs *all = ctx;
    struct bw_arena *arena = store->acquire->arena;
    struct bw_strs more = {bw_arena_array(arena, all->n + images->items_n, sizeof *more.v), all->n};
    if (!more.v)
        return no_memory(err);
    if (all->n)
        memcpy(more.v, all->v, all->n * sizeof *more.v);
    for (size_t i = 0; i < images->items_n; i++) {
        const struct bw_descriptor *item = &images->items[i];
        struct bw_str name = item->tags.n ? item->tags.v[0] : item->ref_name;
        more.v[more.n] = bw_arena_printf(arena, "podman:%" BW_STR_F, BW_STR_A(name));
        if (!more.v[more.n++].p)
            return no_memory(err);
    }
    *all = more;
    return BW_ENOENT; /* go on with the next */
}

int bw_podman_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names, struct bw_err *err)
{
    struct bw_strs all = {0};
    int rc = each_store(acquire, list_store, &all, err);
    if (rc != BW_ENOENT || all.n == 0)
        return rc;
    *ret_names = all;
    return 0;
}

const struct bw_source bw_source_podman = {
    .name = "podman",
    .aliases = "containers-storage",
    .summary = "an image of the store of Podman, Buildah and CRI-O, read in place",
    .open = open_podman,
};
