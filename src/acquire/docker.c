#include "acquire/docker.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "acquire/choose.h"
#include "acquire/docker-api.h"
#include "acquire/layout.h"
#include "acquire/overlay.h"
#include "base/fd.h"
#include "wrap/sha256.h"

#define PATH_MAX_BYTES 1024u

struct state {
    struct bw_docker_api *api;
    char path[PATH_MAX_BYTES]; /* that gives the export */
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* --- names --- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("._-/:@", c);
}

/* File names that nobody gives to an image: a mistyped path shall not become a question to Docker.
 */
static bool ends_as_file(struct bw_str s)
{
    static const char *const ends[] = {".tar", ".tgz", ".txz", ".tzst", ".gz", ".xz", ".zst", "/"};
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++)
        if (bw_str_ends(s, bw_str(ends[i])))
            return true;
    return false;
}

/* The form of github.com/distribution/reference, loosely. */
static bool probe_docker(const char *argument)
{
    struct bw_str s = bw_str(argument);
    if (s.n == 0 || s.n > 500 || !is_name_byte(s.p[0]) || strchr("._-/:@", s.p[0]) ||
        ends_as_file(s))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_byte(s.p[i]))
            return false;
    return true;
}

/* "/images/NAME/WHAT"; slashes of the name stand as they are, as the API has it. */
static int image_path(struct bw_str name, const char *what, char out[PATH_MAX_BYTES],
                      struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(PATH_MAX_BYTES - 1);
    bw_buf_str(&buf, BW_STR("/images/"));
    bw_curl_escape(&buf, name, "/:@");
    bw_buf_printf(&buf, "/%s", what);
    if (bw_buf_failed(&buf))
        return bw_err_set(err, BW_EUSAGE, "the name of the image is too long");
    memcpy(out, buf.p, buf.n);
    out[buf.n] = '\0';
    return 0;
}

/* --- asking --- */

static int ask(struct bw_acquire *acquire, struct bw_docker_api *api, const char *path,
               enum bw_document_kind kind, struct bw_image_document *ret, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ACQUIRE_DOCUMENT_MAX);
    int rc = bw_docker_api_get(api, path, &buf, err);
    rc = rc ? rc : acquire->document(acquire->ctx, kind, bw_buf_slice(&buf), ret, err);
    return rc;
}

/* The person may have meant a registry, or a file: the message says where was looked. */
static int not_found(const char *name, int rc, struct bw_err *err)
{
    struct bw_err why = {0};
    if (err)
        why = *err;
    const char *no_file = access(name, F_OK) ? "no such file, and " : "";
    if (rc == BW_ENOENT)
        return bw_err_set(err, BW_ENOENT,
                          "%.150s: %sno such image in the local Docker daemon: to fetch it, scan "
                          "registry:%.120s; or run `docker pull %.120s` first",
                          name, no_file, name, name);
    if (rc == BW_EACCESS || rc == BW_ENET || rc == BW_ETIMEOUT)
        return bw_err_set(err, (enum bw_code)rc,
                          "%.80s: %sa name without prefix is looked up in the local Docker "
                          "daemon: %.220s; to fetch it, scan registry:%.100s",
                          name, no_file, why.msg, name);
    return rc;
}

/* --- the directories of overlay2 --- */

static void close_layers(struct bw_image_layer *layers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bw_fd_closep(&layers[i].directory);
}

/* Opens the directory of a layer; false where it is not there or not what overlay2 makes. */
static bool open_layer(struct bw_str path, struct bw_image_layer *layer)
{
    char name[4096];
    if (path.n == 0 || path.n >= sizeof name || path.p[0] != '/' ||
        !bw_str_ends(path, BW_STR("/diff")))
        return false;
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    layer->directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    layer->overlay = true;
    return layer->directory >= 0;
}

/* UpperDir is the highest layer; LowerDir names the others, highest first. */
static bool open_layers(const struct bw_image_document *doc, struct bw_image_layer *layers)
{
    size_t n = doc->diff_ids.n, left = n;
    struct bw_str rest = doc->lower_dir, path;
    for (size_t i = 0; i < n; i++) {
        layers[i].directory = -1;
        layers[i].blob.fd = -1;
        layers[i].info.diff_id = doc->diff_ids.v[i];
    }
    bool good = left && open_layer(doc->upper_dir, &layers[--left]);
    while (good && rest.n && bw_str_split(&rest, ':', &path))
        good = left && open_layer(path, &layers[--left]);
    if (good && left == 0)
        return true;
    close_layers(layers, n);
    return false;
}

/* Which Dockerfile step made which layer. The API does not say which steps made none; the
 * configuration does, which the daemon keeps beside its layers under its digest. */
static void add_history(struct bw_acquire *acquire, const struct bw_image_document *doc,
                        struct bw_image *image)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ACQUIRE_DOCUMENT_MAX);
    struct bw_image_document config;
    uint8_t promised[BW_SHA256_SIZE], computed[BW_SHA256_SIZE];
    size_t store = bw_str_find_str(doc->upper_dir, BW_STR("/overlay2/"));
    struct bw_str hex = bw_str_from(doc->id, sizeof "sha256:" - 1);
    if (store == SIZE_MAX || !bw_sha256_parse(hex, promised))
        return;
    struct bw_str path = bw_arena_printf(
        acquire->arena, "%" BW_STR_F "/image/overlay2/imagedb/content/sha256/%" BW_STR_F,
        BW_STR_A(bw_str_take(doc->upper_dir, store)), BW_STR_A(hex));
    if (path.p && bw_fd_slurp_path(path.p, &buf, NULL) == 0 &&
        bw_sha256(buf.p, buf.n, computed) == 0 &&
        memcmp(promised, computed, sizeof computed) == 0 &&
        acquire->document(acquire->ctx, BW_DOCUMENT_CONFIG, bw_buf_slice(&buf), &config, NULL) ==
            0 &&
        bw_layout_describe(image, &config, acquire->arena, NULL) == 0)
        bw_layout_name_steps(image, &config);
}

static bool use_directories(struct bw_acquire *acquire, const struct bw_docker_api *api,
                            const struct bw_image_document *doc, struct bw_image *image)
{
    size_t n = doc->diff_ids.n;
    if (!bw_docker_api_is_local(api) || !bw_str_eq(doc->driver, BW_STR("overlay2")) ||
        n > BW_ACQUIRE_LAYERS_MAX || !bw_overlay_sees_marks())
        return false;
    struct bw_image_layer *layers = bw_arena_array(acquire->arena, n, sizeof *layers);
    if (!layers || !open_layers(doc, layers))
        return false;
    image->form = BW_FORM_TREES;
    image->layers = layers;
    image->layers_n = n;
    add_history(acquire, doc, image);
    return true;
}

/* --- the export --- */

static int produce(struct bw_image *image, bw_stream_write write, void *write_ctx,
                   struct bw_err *err)
{
    struct state *state = image->source_state;
    return bw_docker_api_stream(state->api, state->path, write, write_ctx, err);
}

static void close_docker(struct bw_image *image)
{
    struct state *state = image->source_state;
    bw_docker_api_close(state->api);
}

/* By identifier: a name without a tag would export all tags of it, and may be given anew meanwhile.
 */
static int use_export(struct bw_image *image, struct bw_str id, struct bw_err *err)
{
    struct state *state = image->source_state;
    image->form = BW_FORM_STREAM;
    image->produce = produce;
    return image_path(id, "get", state->path, err);
}

static int describe(struct bw_acquire *acquire, const struct bw_image_document *doc,
                    struct bw_subject *subject, struct bw_err *err)
{
    subject->kind = BW_SUBJECT_IMAGE;
    subject->digest = doc->id;
    subject->tags = doc->tags;
    subject->run = doc->run;
    subject->created = doc->created;
    subject->platform = bw_platform_text(doc->os, doc->architecture, doc->variant, acquire->arena);
    if (!subject->platform.p)
        return no_memory(err);
    if (!acquire->platform)
        return 0;
    struct bw_platform wanted;
    int rc = bw_platform_parse(acquire->platform, &wanted, err);
    if (rc || bw_platform_fits(&wanted, doc->os, doc->architecture, doc->variant))
        return rc;
    return bw_err_set(err, BW_ENOENT,
                      "the image in the local Docker daemon is for %" BW_STR_F
                      ", not for %s (--platform)",
                      BW_STR_A(bw_str_take(subject->platform, 80)), acquire->platform);
}

static int open_docker(struct bw_acquire *acquire, const char *argument, struct bw_image *ret_image,
                       struct bw_err *err)
{
    struct state *state = bw_arena_alloc(acquire->arena, sizeof *state);
    struct bw_image_document doc;
    char path[PATH_MAX_BYTES];
    if (!state)
        return no_memory(err);
    int rc = bw_docker_api_open(acquire->arena, &state->api, err);
    if (rc)
        return rc;
    ret_image->source_state = state;
    ret_image->close = close_docker;
    rc = image_path(bw_str(argument), "json", path, err);
    rc = rc ? rc : ask(acquire, state->api, path, BW_DOCUMENT_INSPECT, &doc, err);
    if (rc)
        return not_found(argument, rc, err);
    rc = describe(acquire, &doc, &ret_image->subject, err);
    if (rc)
        return rc;
    if (!use_directories(acquire, state->api, &doc, ret_image))
        return use_export(ret_image, doc.id, err);
    return 0;
}

int bw_docker_list_images(struct bw_acquire *acquire, struct bw_strs *ret_names, struct bw_err *err)
{
    struct bw_docker_api *api BW_CLEANUP(bw_docker_api_closep) = NULL;
    struct bw_image_document doc;
    int rc = bw_docker_api_open(acquire->arena, &api, err);
    rc = rc ? rc : ask(acquire, api, "/images/json", BW_DOCUMENT_LIST, &doc, err);
    if (rc)
        return rc;
    struct bw_strs names = {bw_arena_array(acquire->arena, doc.items_n, sizeof *names.v),
                            doc.items_n};
    if (!names.v)
        return no_memory(err);
    for (size_t i = 0; i < doc.items_n; i++)
        names.v[i] = doc.items[i].tags.n ? doc.items[i].tags.v[0] : doc.items[i].digest;
    *ret_names = names;
    return 0;
}

const struct bw_source bw_source_docker = {
    .name = "docker",
    .summary = "an image of the local Docker daemon, by name or identifier",
    .probe = probe_docker,
    .open = open_docker,
};
