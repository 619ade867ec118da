#include "extract/image-document.h"

#include "extract/containerd.h"
#include "wrap/json.h"

/* What every reader below needs. */
struct reading {
    struct bw_arena *arena;
    struct bw_err *err;
    const char *document; /* for messages: "image index" */
};

static int bad(const struct reading *r, const char *key, const char *what)
{
    return bw_err_set(r->err, BW_EFORMAT, "%s: \"%s\" %s", r->document, key, what);
}

static int no_memory(const struct reading *r)
{
    if (bw_arena_is_full(r->arena))
        return bw_err_set(r->err, BW_ELIMIT, "%s: the memory limit of the scan is reached",
                          r->document);
    return bw_err_set(r->err, BW_ENOMEM, "out of memory");
}

/* Whether Go's decoder may take `key` for `name`: it folds ASCII case, and U+017F and U+212A to
 * 's' and 'k'. A key with one of the latter passes for any name, which refuses too much at worst.
 */
static bool resembles(struct bw_str key, struct bw_str name)
{
    return bw_str_eq_nocase(key, name) || bw_str_find_str(key, BW_STR("\xc5\xbf")) != SIZE_MAX ||
           bw_str_find_str(key, BW_STR("\xe2\x84\xaa")) != SIZE_MAX;
}

/* *ret_value is NULL where the key is absent or null. */
static int member(const struct reading *r, const struct bw_json *object, const char *key,
                  enum bw_json_type type, const struct bw_json **ret_value)
{
    struct bw_str name = bw_str(key);
    const struct bw_json *found = NULL;
    if (object && bw_json_type(object) != BW_JSON_OBJECT)
        return bad(r, key, "stands in something that is no object");
    struct bw_json_iter it = bw_json_iter(object);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        if (!resembles(it.key, name))
            continue;
        if (found || !bw_str_eq(it.key, name))
            return bad(r, key, "stands twice, or in another case: its meaning is not certain");
        found = value;
    }
    if (found && bw_json_type(found) == BW_JSON_NULL)
        found = NULL;
    if (found && bw_json_type(found) != type)
        return bad(r, key, "is of a wrong type");
    *ret_value = found;
    return 0;
}

static int copied(const struct reading *r, const struct bw_json *value, struct bw_str *ret)
{
    struct bw_str copy = bw_arena_str(r->arena, bw_json_string(value));
    if (!copy.p)
        return no_memory(r);
    *ret = copy;
    return 0;
}

static int get_string(const struct reading *r, const struct bw_json *object, const char *key,
                      struct bw_str *ret)
{
    const struct bw_json *value;
    int rc = member(r, object, key, BW_JSON_STRING, &value);
    return rc || !value ? rc : copied(r, value, ret);
}

static bool is_hex(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return true;
}

static bool is_digest(struct bw_str s)
{
    struct bw_str sha256 = BW_STR("sha256:"), sha512 = BW_STR("sha512:");
    if (bw_str_starts(s, sha256))
        return s.n == sha256.n + 64 && is_hex(bw_str_from(s, sha256.n));
    return bw_str_starts(s, sha512) && s.n == sha512.n + 128 && is_hex(bw_str_from(s, sha512.n));
}

static bool is_inner_path(struct bw_str s)
{
    struct bw_str rest = s, part;
    if (s.n == 0 || s.n > 4096 || s.p[s.n - 1] == '/' || bw_str_find(s, '\0') != SIZE_MAX)
        return false;
    while (bw_str_split(&rest, '/', &part))
        if (part.n == 0 || bw_str_eq(part, BW_STR(".")) || bw_str_eq(part, BW_STR("..")))
            return false;
    return true;
}

static bool is_name(struct bw_str s)
{
    (void)s;
    return true;
}

static int get_digest(const struct reading *r, const struct bw_json *object, const char *key,
                      struct bw_str *ret)
{
    int rc = get_string(r, object, key, ret);
    if (rc == 0 && !is_digest(*ret))
        return bad(r, key, "is no sha256 or sha512 digest");
    return rc;
}

/* A list with its length checked; *ret_value is NULL where it is absent. */
static int get_list(const struct reading *r, const struct bw_json *object, const char *key,
                    const struct bw_json **ret_value)
{
    int rc = member(r, object, key, BW_JSON_ARRAY, ret_value);
    if (rc == 0 && bw_json_size(*ret_value) > BW_IMAGE_DOCUMENT_ITEMS_MAX)
        return bw_err_set(r->err, BW_ELIMIT, "%s: \"%s\" is longer than the limit of %u elements",
                          r->document, key, BW_IMAGE_DOCUMENT_ITEMS_MAX);
    return rc;
}

static bool is_none(struct bw_str tag)
{
    return bw_str_starts(tag, BW_STR("<none>"));
}

/* A list of strings that each pass `valid`; `what` says what one must be. */
static int get_strings(const struct reading *r, const struct bw_json *object, const char *key,
                       bool (*valid)(struct bw_str), const char *what, struct bw_strs *ret)
{
    const struct bw_json *list;
    int rc = get_list(r, object, key, &list);
    if (rc || !list)
        return rc;
    struct bw_strs out = {bw_arena_array(r->arena, bw_json_size(list), sizeof *out.v), 0};
    if (!out.v)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(list);
    for (const struct bw_json *value; rc == 0 && (value = bw_json_next(&it));) {
        if (bw_json_type(value) != BW_JSON_STRING || !valid(bw_json_string(value)))
            return bad(r, key, what);
        if (valid != is_name || !is_none(bw_json_string(value)))
            rc = copied(r, value, &out.v[out.n++]);
    }
    if (rc == 0)
        *ret = out;
    return rc;
}

static int get_platform(const struct reading *r, const struct bw_json *object, const char *os,
                        const char *architecture, const char *variant, struct bw_descriptor *ret)
{
    int rc = get_string(r, object, os, &ret->os);
    rc = rc ? rc : get_string(r, object, architecture, &ret->architecture);
    return rc ? rc : get_string(r, object, variant, &ret->variant);
}

/* Annotations are a map to Go: keys are exact, and the last of equal ones counts. */
static int get_annotations(const struct reading *r, const struct bw_json *object,
                           struct bw_descriptor *ret)
{
    const struct bw_json *map, *value;
    int rc = member(r, object, "annotations", BW_JSON_OBJECT, &map);
    if (rc || !map)
        return rc;
    ret->attestation = bw_json_get(map, BW_STR("vnd.docker.reference.type")) != NULL;
    value = bw_json_get(map, BW_STR("org.opencontainers.image.ref.name"));
    if (bw_json_type(value) == BW_JSON_STRING)
        rc = copied(r, value, &ret->ref_name);
    value = bw_json_get(map, BW_STR("io.containerd.image.name"));
    if (rc || bw_json_type(value) != BW_JSON_STRING)
        return rc;
    ret->tags.v = bw_arena_array(r->arena, 1, sizeof *ret->tags.v);
    if (!ret->tags.v)
        return no_memory(r);
    ret->tags.n = 1;
    return copied(r, value, &ret->tags.v[0]);
}

/* OCI image-spec, descriptor.md, with `platform` as in image-index.md. */
static int read_descriptor(const struct reading *r, const struct bw_json *object,
                           struct bw_descriptor *ret)
{
    const struct bw_json *size, *platform;
    int rc = get_string(r, object, "mediaType", &ret->media_type);
    rc = rc ? rc : get_digest(r, object, "digest", &ret->digest);
    rc = rc ? rc : member(r, object, "size", BW_JSON_NUMBER, &size);
    rc = rc ? rc : member(r, object, "platform", BW_JSON_OBJECT, &platform);
    rc = rc ? rc : get_platform(r, platform, "os", "architecture", "variant", ret);
    rc = rc ? rc : get_annotations(r, object, ret);
    if (rc)
        return rc;
    if (!bw_json_u64(size, &ret->size) || ret->size > INT64_MAX)
        return bad(r, "size", "is missing or no number of bytes");
    return 0;
}

static int read_image_of_archive(const struct reading *r, const struct bw_json *object,
                                 struct bw_descriptor *ret)
{
    int rc = get_string(r, object, "Config", &ret->digest);
    if (rc == 0 && !is_inner_path(ret->digest))
        return bad(r, "Config", "is missing or no path inside the archive");
    rc = rc ? rc
            : get_strings(r, object, "Layers", is_inner_path,
                          "has something that is no path inside the archive", &ret->paths);
    return rc ? rc : get_strings(r, object, "RepoTags", is_name, "has no names", &ret->tags);
}

static int read_image_of_list(const struct reading *r, const struct bw_json *object,
                              struct bw_descriptor *ret)
{
    int rc = get_digest(r, object, "Id", &ret->digest);
    return rc ? rc : get_strings(r, object, "RepoTags", is_name, "has no names", &ret->tags);
}

/* The identifier of something in containers/storage, which becomes a part of a path: one component
 * of it. */
static int get_store_id(const struct reading *r, const struct bw_json *object, const char *key,
                        struct bw_str *ret)
{
    int rc = get_string(r, object, key, ret);
    if (rc == 0 && ret->n && (!is_inner_path(*ret) || bw_str_find(*ret, '/') != SIZE_MAX))
        return bad(r, key, "is no identifier");
    return rc;
}

/* What an image or a layer stands on; none where it is empty. */
static int get_below(const struct reading *r, const struct bw_json *object, const char *key,
                     struct bw_descriptor *ret)
{
    struct bw_str *below = bw_arena_alloc(r->arena, sizeof *below);
    if (!below)
        return no_memory(r);
    int rc = get_store_id(r, object, key, below);
    ret->paths = (struct bw_strs){below, below->n ? 1 : 0};
    return rc;
}

/* github.com/containers/storage, images.go. */
static int read_image_of_store(const struct reading *r, const struct bw_json *object,
                               struct bw_descriptor *ret)
{
    int rc = get_store_id(r, object, "id", &ret->ref_name);
    rc = rc ? rc : get_below(r, object, "layer", ret);
    return rc ? rc : get_strings(r, object, "names", is_name, "has no names", &ret->tags);
}

/* github.com/containers/storage, layers.go. A layer that a container writes to has no digest. */
static int read_layer_of_store(const struct reading *r, const struct bw_json *object,
                               struct bw_descriptor *ret)
{
    int rc = get_store_id(r, object, "id", &ret->ref_name);
    rc = rc ? rc : get_below(r, object, "parent", ret);
    rc = rc ? rc : get_string(r, object, "diff-digest", &ret->digest);
    if (rc == 0 && ret->digest.n && !is_digest(ret->digest))
        return bad(r, "diff-digest", "is no sha256 or sha512 digest");
    return rc;
}

/* Each element of a list, NULL for an empty one, read as a descriptor. */
static int read_items(const struct reading *r, const struct bw_json *list,
                      int (*read)(const struct reading *, const struct bw_json *,
                                  struct bw_descriptor *),
                      struct bw_image_document *doc)
{
    doc->items = bw_arena_array(r->arena, bw_json_size(list), sizeof *doc->items);
    if (!doc->items)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(list);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        if (bw_json_type(value) != BW_JSON_OBJECT)
            return bw_err_set(r->err, BW_EFORMAT, "%s: an element is no object", r->document);
        int rc = read(r, value, &doc->items[doc->items_n++]);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_step(const struct reading *r, const struct bw_json *object, struct bw_history *ret)
{
    const struct bw_json *empty;
    int rc = get_string(r, object, "created_by", &ret->created_by);
    rc = rc ? rc : member(r, object, "empty_layer", BW_JSON_BOOL, &empty);
    if (rc == 0)
        ret->empty_layer = bw_json_is_true(empty);
    return rc;
}

static int read_history(const struct reading *r, const struct bw_json *list,
                        struct bw_image_document *doc)
{
    doc->history = bw_arena_array(r->arena, bw_json_size(list), sizeof *doc->history);
    if (!doc->history)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(list);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        int rc = read_step(r, value, &doc->history[doc->history_n++]);
        if (rc)
            return rc;
    }
    return 0;
}

static int check_schema(const struct reading *r, const struct bw_json *root)
{
    const struct bw_json *version;
    uint64_t n = 0;
    int rc = member(r, root, "schemaVersion", BW_JSON_NUMBER, &version);
    if (rc)
        return rc;
    if (!bw_json_u64(version, &n) || n != 2)
        return bw_err_set(r->err, n == 1 ? BW_EUNSUPPORTED : BW_EFORMAT,
                          n == 1 ? "%s: schema version 1 is long obsolete and not supported"
                                 : "%s: no schema version 2",
                          r->document);
    return 0;
}

static bool says_index(struct bw_str type)
{
    return bw_str_eq(type, BW_STR("application/vnd.oci.image.index.v1+json")) ||
           bw_str_eq(type, BW_STR("application/vnd.docker.distribution.manifest.list.v2+json"));
}

static bool says_manifest(struct bw_str type)
{
    return bw_str_eq(type, BW_STR("application/vnd.oci.image.manifest.v1+json")) ||
           bw_str_eq(type, BW_STR("application/vnd.docker.distribution.manifest.v2+json"));
}

/* A map of strings, as Go reads one: keys are exact. Values that are no strings are left empty. */
static int get_map(const struct reading *r, const struct bw_json *object, const char *key,
                   struct bw_strs *ret_keys, struct bw_strs *ret_values)
{
    const struct bw_json *map;
    int rc = member(r, object, key, BW_JSON_OBJECT, &map);
    if (rc || !map)
        return rc;
    size_t n = bw_json_size(map);
    if (n > BW_IMAGE_DOCUMENT_ITEMS_MAX)
        return bw_err_set(r->err, BW_ELIMIT, "%s: \"%s\" is longer than the limit of %u elements",
                          r->document, key, BW_IMAGE_DOCUMENT_ITEMS_MAX);
    struct bw_strs keys = {bw_arena_array(r->arena, n, sizeof *keys.v), 0};
    struct bw_strs values = {bw_arena_array(r->arena, n, sizeof *values.v), 0};
    if (!keys.v || !values.v)
        return no_memory(r);
    struct bw_json_iter it = bw_json_iter(map);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_str name = bw_arena_str(r->arena, it.key);
        if (!name.p)
            return no_memory(r);
        keys.v[keys.n++] = name;
        if (bw_json_type(value) == BW_JSON_STRING)
            rc = copied(r, value, &values.v[values.n]);
        values.n++;
        if (rc)
            return rc;
    }
    *ret_keys = keys;
    if (ret_values)
        *ret_values = values;
    return 0;
}

static int read_manifest(const struct reading *r, const struct bw_json *root,
                         const struct bw_json *config, const struct bw_json *layers,
                         struct bw_image_document *doc)
{
    if (!config)
        return bad(r, "config", "is missing");
    doc->kind = BW_DOCUMENT_MANIFEST;
    int rc = read_descriptor(r, config, &doc->config);
    rc = rc ? rc : read_items(r, layers, read_descriptor, doc);
    return rc ? rc
              : get_map(r, root, "annotations", &doc->annotation_keys, &doc->annotation_values);
}

/* An index or a manifest, as which it is told by what it holds. */
static int read_oci(const struct reading *r, const struct bw_json *root,
                    struct bw_image_document *doc)
{
    struct bw_str type = {0};
    const struct bw_json *manifests, *layers, *config;
    int rc = check_schema(r, root);
    rc = rc ? rc : get_string(r, root, "mediaType", &type);
    rc = rc ? rc : get_list(r, root, "manifests", &manifests);
    rc = rc ? rc : get_list(r, root, "layers", &layers);
    rc = rc ? rc : member(r, root, "config", BW_JSON_OBJECT, &config);
    if (rc)
        return rc;
    bool manifest = layers || config;
    if (manifest && manifests)
        return bw_err_set(r->err, BW_EFORMAT, "%s: both an index and a manifest", r->document);
    if (type.n && !says_index(type) && !says_manifest(type))
        return bw_err_set(r->err, BW_EUNSUPPORTED,
                          "%s: media type \"%" BW_STR_F "\" is not supported", r->document,
                          BW_STR_A(bw_str_take(type, 100)));
    if (manifest ? says_index(type) : says_manifest(type))
        return bw_err_set(r->err, BW_EFORMAT, "%s: the media type is not what it holds",
                          r->document);
    if (manifest)
        return read_manifest(r, root, config, layers, doc);
    doc->kind = BW_DOCUMENT_INDEX;
    return read_items(r, manifests, read_descriptor, doc);
}

static int read_diff_ids(const struct reading *r, const struct bw_json *root, const char *rootfs,
                         const char *list, struct bw_image_document *doc)
{
    const struct bw_json *object;
    int rc = member(r, root, rootfs, BW_JSON_OBJECT, &object);
    return rc ? rc
              : get_strings(r, object, list, is_digest, "has something that is no digest",
                            &doc->diff_ids);
}

/* A command: a list of words, or one word alone, which Docker takes too. */
static int get_words(const struct reading *r, const struct bw_json *object, const char *key,
                     struct bw_strs *ret)
{
    const struct bw_json *value;
    if (object && bw_json_type(bw_json_get(object, bw_str(key))) != BW_JSON_STRING)
        return get_strings(r, object, key, is_name, "has something that is no text", ret);
    int rc = member(r, object, key, BW_JSON_STRING, &value);
    if (rc || !value)
        return rc;
    ret->v = bw_arena_array(r->arena, 1, sizeof *ret->v);
    if (!ret->v)
        return no_memory(r);
    ret->n = 1;
    return copied(r, value, &ret->v[0]);
}

/* The "config" of a configuration, the "Config" of the daemon's answer. */
static int read_run(const struct reading *r, const struct bw_json *root, const char *key,
                    struct bw_image_config *run)
{
    const struct bw_json *config, *health;
    int rc = member(r, root, key, BW_JSON_OBJECT, &config);
    rc = rc ? rc : get_string(r, config, "User", &run->user);
    rc = rc ? rc : get_string(r, config, "WorkingDir", &run->working_dir);
    rc = rc ? rc : get_string(r, config, "StopSignal", &run->stop_signal);
    rc = rc ? rc : get_words(r, config, "Entrypoint", &run->entrypoint);
    rc = rc ? rc : get_words(r, config, "Cmd", &run->cmd);
    rc = rc ? rc : get_words(r, config, "Shell", &run->shell);
    rc = rc ? rc : get_words(r, config, "Env", &run->env);
    rc = rc ? rc : get_words(r, config, "OnBuild", &run->on_build);
    rc = rc ? rc : get_map(r, config, "Labels", &run->label_keys, &run->label_values);
    rc = rc ? rc : get_map(r, config, "ExposedPorts", &run->exposed_ports, NULL);
    rc = rc ? rc : get_map(r, config, "Volumes", &run->volumes, NULL);
    rc = rc ? rc : member(r, config, "Healthcheck", BW_JSON_OBJECT, &health);
    return rc ? rc : get_words(r, health, "Test", &run->health_check);
}

/* OCI image-spec, config.md. */
static int read_config(const struct reading *r, const struct bw_json *root,
                       struct bw_image_document *doc)
{
    struct bw_descriptor platform = {0};
    const struct bw_json *history;
    int rc = get_platform(r, root, "os", "architecture", "variant", &platform);
    rc = rc ? rc : get_string(r, root, "created", &doc->created);
    rc = rc ? rc : read_diff_ids(r, root, "rootfs", "diff_ids", doc);
    rc = rc ? rc : get_list(r, root, "history", &history);
    rc = rc ? rc : read_history(r, history, doc);
    rc = rc ? rc : read_run(r, root, "config", &doc->run);
    doc->os = platform.os;
    doc->architecture = platform.architecture;
    doc->variant = platform.variant;
    return rc;
}

static int read_graph_driver(const struct reading *r, const struct bw_json *root,
                             struct bw_image_document *doc)
{
    const struct bw_json *driver, *data;
    int rc = member(r, root, "GraphDriver", BW_JSON_OBJECT, &driver);
    rc = rc ? rc : get_string(r, driver, "Name", &doc->driver);
    rc = rc ? rc : member(r, driver, "Data", BW_JSON_OBJECT, &data);
    rc = rc ? rc : get_string(r, data, "UpperDir", &doc->upper_dir);
    return rc ? rc : get_string(r, data, "LowerDir", &doc->lower_dir);
}

/* Docker Engine API v1.40+, ImageInspect. */
static int read_inspect(const struct reading *r, const struct bw_json *root,
                        struct bw_image_document *doc)
{
    struct bw_descriptor platform = {0};
    int rc = get_platform(r, root, "Os", "Architecture", "Variant", &platform);
    rc = rc ? rc : get_string(r, root, "Created", &doc->created);
    rc = rc ? rc : get_digest(r, root, "Id", &doc->id);
    rc = rc ? rc : read_diff_ids(r, root, "RootFS", "Layers", doc);
    rc = rc ? rc : read_graph_driver(r, root, doc);
    rc = rc ? rc : read_run(r, root, "Config", &doc->run);
    rc = rc ? rc : get_strings(r, root, "RepoTags", is_name, "has no names", &doc->tags);
    rc = rc ? rc : get_strings(r, root, "RepoDigests", is_name, "has no names", &doc->repo_digests);
    doc->os = platform.os;
    doc->architecture = platform.architecture;
    doc->variant = platform.variant;
    return rc;
}

static int read_array(const struct reading *r, const struct bw_json *root,
                      struct bw_image_document *doc)
{
    static int (*const readers[BW_DOCUMENT_KIND_COUNT])(
        const struct reading *, const struct bw_json *, struct bw_descriptor *) = {
        [BW_DOCUMENT_ARCHIVE] = read_image_of_archive,
        [BW_DOCUMENT_LIST] = read_image_of_list,
        [BW_DOCUMENT_STORE_IMAGES] = read_image_of_store,
        [BW_DOCUMENT_STORE_LAYERS] = read_layer_of_store,
    };
    bool store = doc->kind == BW_DOCUMENT_STORE_IMAGES || doc->kind == BW_DOCUMENT_STORE_LAYERS;
    size_t max = store ? BW_IMAGE_DOCUMENT_STORE_MAX : BW_IMAGE_DOCUMENT_ITEMS_MAX;
    if (bw_json_size(root) > max)
        return bw_err_set(r->err, BW_ELIMIT, "%s: more than the limit of %zu elements", r->document,
                          max);
    return read_items(r, root, readers[doc->kind], doc);
}

static const struct {
    const char *name;
    enum bw_json_type root;
    int (*read)(const struct reading *, const struct bw_json *, struct bw_image_document *);
} kinds[BW_DOCUMENT_KIND_COUNT] = {
    [BW_DOCUMENT_INDEX] = {"image index", BW_JSON_OBJECT, read_oci},
    [BW_DOCUMENT_MANIFEST] = {"image manifest", BW_JSON_OBJECT, read_oci},
    [BW_DOCUMENT_CONFIG] = {"image configuration", BW_JSON_OBJECT, read_config},
    [BW_DOCUMENT_ARCHIVE] = {"manifest.json", BW_JSON_ARRAY, read_array},
    [BW_DOCUMENT_INSPECT] = {"the daemon's description of the image", BW_JSON_OBJECT, read_inspect},
    [BW_DOCUMENT_LIST] = {"the daemon's list of images", BW_JSON_ARRAY, read_array},
    [BW_DOCUMENT_STORE_IMAGES] = {"images.json", BW_JSON_ARRAY, read_array},
    [BW_DOCUMENT_STORE_LAYERS] = {"layers.json", BW_JSON_ARRAY, read_array},
};

int bw_image_document_parse(enum bw_document_kind kind, struct bw_str bytes, struct bw_arena *arena,
                            struct bw_image_document *ret_document, struct bw_err *err)
{
    struct reading r = {.arena = arena, .err = err, .document = kinds[kind].name};
    struct bw_json_doc *parsed BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_image_document doc = {.kind = kind};
    if (kind == BW_DOCUMENT_CONTAINERD)
        return bw_containerd_parse(bytes, arena, ret_document, err);
    int rc = bw_json_parse(&parsed, bytes, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", r.document);
    if (bw_json_type(bw_json_root(parsed)) != kinds[kind].root)
        return bw_err_set(err, BW_EFORMAT, "%s: %s expected", r.document,
                          kinds[kind].root == BW_JSON_ARRAY ? "an array" : "an object");
    rc = kinds[kind].read(&r, bw_json_root(parsed), &doc);
    if (rc == 0)
        *ret_document = doc;
    return rc;
}
