#include "extract/docker-view.h"
#include "extract/document.h"
#include "extract/json-glance.h"
#include "extract/json-value.h"
#include "extract/typed-fields.h"

#define INEXPRESSIBLE BW_STR("an image has no words for it")

/* --- the types: OCI Image Configuration 1.1, with Docker's additions --- */

#define STRUCTS(fields) (&(const struct bw_field){NULL, BW_FIELD_STRUCT, fields})

static const struct bw_field string = {NULL, BW_FIELD_STRING, NULL};

static const struct bw_field healthcheck_fields[] = {
    {"Test", BW_FIELD_LIST, &string},
    {"Interval", BW_FIELD_INT, NULL},
    {"Timeout", BW_FIELD_INT, NULL},
    {"StartPeriod", BW_FIELD_INT, NULL},
    {"StartInterval", BW_FIELD_INT, NULL},
    {"Retries", BW_FIELD_INT, NULL},
    {0},
};

static const struct bw_field config_fields[] = {
    {"User", BW_FIELD_STRING, NULL},
    {"Env", BW_FIELD_LIST, &string},
    {"Cmd", BW_FIELD_STRINGS, NULL},
    {"Entrypoint", BW_FIELD_STRINGS, NULL},
    {"ExposedPorts", BW_FIELD_MAP, NULL},
    {"Volumes", BW_FIELD_MAP, NULL},
    {"Labels", BW_FIELD_MAP, &string},
    {"Healthcheck", BW_FIELD_STRUCT, healthcheck_fields},
    {"WorkingDir", BW_FIELD_STRING, NULL},
    {"StopSignal", BW_FIELD_STRING, NULL},
    {"OnBuild", BW_FIELD_LIST, &string},
    {"Shell", BW_FIELD_STRINGS, NULL},
    {0},
};

/* What `bulwark facts` prints of an image may be read again; then what the scanner found is there,
 * too. */
static const struct bw_field package_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"name", BW_FIELD_STRING, NULL},
    {"version", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field file_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"mode", BW_FIELD_INT, NULL},
    {"uid", BW_FIELD_INT, NULL},
    {"gid", BW_FIELD_INT, NULL},
    {"setuid", BW_FIELD_BOOL, NULL},
    {"setgid", BW_FIELD_BOOL, NULL},
    {"capabilities", BW_FIELD_LIST, &string},
    {0},
};

static const struct bw_field secret_fields[] = {
    {"path", BW_FIELD_STRING, NULL},
    {"rule", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field distribution_fields[] = {
    {"id", BW_FIELD_STRING, NULL},
    {"versionId", BW_FIELD_STRING, NULL},
    {0},
};

static const struct bw_field history_fields[] = {
    {"created", BW_FIELD_STRING, NULL},
    {"created_by", BW_FIELD_STRING, NULL},
    {"comment", BW_FIELD_STRING, NULL},
    {"empty_layer", BW_FIELD_BOOL, NULL},
    {"createdBy", BW_FIELD_STRING, NULL},
    {"emptyLayer", BW_FIELD_BOOL, NULL},
    {0},
};

static const struct bw_field rootfs_fields[] = {
    {"type", BW_FIELD_STRING, NULL},
    {"diff_ids", BW_FIELD_LIST, &string},
    {"Layers", BW_FIELD_LIST, &string}, /* of `docker image inspect` */
    {0},
};

/* What `docker image inspect` prints has these names, too, but for their case. */
static const struct bw_field image_fields[] = {
    {"created", BW_FIELD_STRING, NULL},
    {"os", BW_FIELD_STRING, NULL},
    {"architecture", BW_FIELD_STRING, NULL},
    {"variant", BW_FIELD_STRING, NULL},
    {"config", BW_FIELD_STRUCT, config_fields},
    {"rootfs", BW_FIELD_STRUCT, rootfs_fields},
    {"history", BW_FIELD_LIST, STRUCTS(history_fields)},
    {"RepoTags", BW_FIELD_LIST, &string},
    {"RepoDigests", BW_FIELD_LIST, &string},
    {"Id", BW_FIELD_STRING, NULL},
    {"reference", BW_FIELD_STRING, NULL},
    {"digest", BW_FIELD_STRING, NULL},
    {"packages", BW_FIELD_LIST, STRUCTS(package_fields)},
    {"files", BW_FIELD_LIST, STRUCTS(file_fields)},
    {"secrets", BW_FIELD_LIST, STRUCTS(secret_fields)},
    {"distribution", BW_FIELD_STRUCT, distribution_fields},
    {0},
};

static const struct bw_field written_image = {NULL, BW_FIELD_STRUCT, image_fields};

/* --- the native value --- */

struct image {
    struct bw_reading *reading;
    struct bw_value_maker *make;
    struct bw_value written; /* with the names above */
    struct bw_value native, config;
    struct bw_pod_view view;
};

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static struct bw_value at(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

static struct bw_value by_default(struct bw_value value)
{
    value.flags |= BW_VALUE_DEFAULT;
    return value;
}

static void set(struct image *image, const char *key, struct bw_value value)
{
    bw_value_set(image->make, &image->native, key, value);
}

static struct bw_value not_at_hand(struct image *image)
{
    return bw_value_unknown(image->make, BW_UNKNOWN_MISSING,
                            BW_STR("a configuration alone is at hand, not the image"));
}

/* The first of two that is there. */
static struct bw_value either(struct bw_value a, struct bw_value b)
{
    return a.kind == BW_VALUE_ABSENT ? b : a;
}

static void set_history(struct image *image)
{
    struct bw_value written = get(image->written, "history");
    struct bw_value list = at(bw_value_list(image->make, bw_value_count(written)), written.place);
    for (uint32_t i = 0; written.kind == BW_VALUE_LIST && i < written.list->n; i++) {
        struct bw_value entry = written.list->v[i];
        struct bw_value empty = either(get(entry, "empty_layer"), get(entry, "emptyLayer"));
        struct bw_value map = at(bw_value_map(image->make, 2), entry.place);
        bw_value_set(image->make, &map, "createdBy",
                     either(get(entry, "created_by"), get(entry, "createdBy")));
        bw_value_set(image->make, &map, "emptyLayer",
                     either(empty, by_default(bw_value_bool(false))));
        bw_value_add(image->make, &list, map);
    }
    set(image, "history",
        written.kind == BW_VALUE_LIST      ? list
        : written.kind == BW_VALUE_UNKNOWN ? written
                                           : not_at_hand(image));
}

static void set_names(struct image *image)
{
    struct bw_value tag = bw_value_index(get(image->written, "RepoTags"), 0);
    struct bw_value digest = bw_value_index(get(image->written, "RepoDigests"), 0);
    struct bw_str text = bw_value_text(digest);
    size_t sign = bw_str_find(text, '@');
    if (sign != SIZE_MAX)
        digest = at(bw_value_string(image->make, bw_str_from(text, sign + 1)), digest.place);
    tag = either(get(image->written, "reference"), tag);
    digest = either(get(image->written, "digest"), digest);
    set(image, "reference", either(tag, not_at_hand(image)));
    set(image, "digest", either(digest, not_at_hand(image)));
}

static void make_native(struct image *image)
{
    static const char *const kept[] = {"os", "architecture", "variant", "created"};
    static const char *const found[] = {"packages", "files", "secrets", "distribution"};
    struct bw_value rootfs = get(image->written, "rootfs"), layers = get(rootfs, "diff_ids");
    layers = either(layers, get(rootfs, "Layers"));
    image->native = at(bw_value_map(image->make, 16), image->written.place);
    set_names(image);
    for (size_t i = 0; i < BW_ARRAY_LEN(kept); i++)
        set(image, kept[i], get(image->written, kept[i]));
    image->config = either(get(image->written, "config"), by_default(bw_value_map(image->make, 0)));
    set(image, "config", image->config);
    set_history(image);
    set(image, "layers",
        layers.kind == BW_VALUE_LIST ? at(bw_value_int((int64_t)layers.list->n), layers.place)
                                     : not_at_hand(image));
    set(image, "rootfs", rootfs);
    for (size_t i = 0; i < BW_ARRAY_LEN(found); i++)
        set(image, found[i], either(get(image->written, found[i]), not_at_hand(image)));
}

/* --- the view --- */

static void view_environment(struct image *image)
{
    struct bw_value env = get(image->config, "Env");
    for (uint32_t i = 0; env.kind == BW_VALUE_LIST && i < env.list->n; i++) {
        struct bw_value entry = env.list->v[i];
        struct bw_str text = bw_value_text(entry);
        size_t equals = bw_str_find(text, '=');
        struct bw_str value = equals == SIZE_MAX ? BW_STR("") : bw_str_from(text, equals + 1);
        bw_docker_view_env(image->make, &image->view,
                           at(bw_value_string(image->make, bw_str_take(text, equals)), entry.place),
                           at(bw_value_string(image->make, value), entry.place));
    }
    if (env.kind == BW_VALUE_UNKNOWN)
        image->view.env = env;
}

static void view_ports(struct image *image)
{
    struct bw_value ports = get(image->config, "ExposedPorts"), none = {0};
    for (uint32_t i = 0; ports.kind == BW_VALUE_MAP && i < ports.map->n; i++) {
        struct bw_value key = ports.map->v[i].key;
        struct bw_str text = bw_value_text(key);
        size_t slash = bw_str_find(text, '/');
        struct bw_str protocol = slash == SIZE_MAX ? BW_STR("tcp") : bw_str_from(text, slash + 1);
        uint64_t port = 0;
        if (bw_str_to_u64(bw_str_take(text, slash), &port) && port <= UINT16_MAX)
            bw_docker_view_port(image->make, &image->view,
                                at(bw_value_int((int64_t)port), key.place),
                                at(bw_value_string(image->make, protocol), key.place), none, none);
    }
}

/* What an image without a user runs as. */
static void view_user(struct image *image, const struct bw_pod_view *docker)
{
    struct bw_value user = get(image->config, "User");
    image->view.run_as_user = docker->run_as_user;
    image->view.run_as_group = docker->run_as_group;
    image->view.run_as_non_root = docker->run_as_non_root;
    if (user.kind == BW_VALUE_UNKNOWN || bw_value_text(user).n)
        return;
    image->view.run_as_user = at(by_default(bw_value_int(0)), user.place);
    image->view.run_as_group = at(by_default(bw_value_int(0)), user.place);
    image->view.run_as_non_root = at(by_default(bw_value_bool(false)), user.place);
}

/* A Pod that runs the image as it is. How it is run is not the image's to say. */
static void make_view(struct image *image)
{
    struct bw_value test = get(get(image->config, "Healthcheck"), "Test");
    struct bw_docker_container container = {.user = get(image->config, "User"),
                                            .healthcheck = test};
    struct bw_pod_view docker = {0}, *view = &image->view;
    bw_docker_view(image->make, &container, &docker);
    view_user(image, &docker);
    view_environment(image);
    view_ports(image);
    view->name = bw_value_string(image->make, BW_STR("image"));
    view->image = get(image->native, "reference");
    view->labels = get(image->config, "Labels");
    view->command = get(image->config, "Entrypoint");
    view->args = get(image->config, "Cmd");
    view->working_dir = get(image->config, "WorkingDir");
    struct bw_pod_view spoken = *view;
    bw_pod_view_fill(image->make, view, BW_UNKNOWN_INEXPRESSIBLE, INEXPRESSIBLE);
    /* These an image could say: where it does not, there is nothing. */
    view->labels = spoken.labels;
    view->annotations = spoken.annotations;
    view->env = spoken.env;
    view->ports = spoken.ports;
    view->command = spoken.command;
    view->args = spoken.args;
    view->working_dir = spoken.working_dir;
    view->liveness_probe = view->readiness_probe =
        bw_value_count(test) || test.kind == BW_VALUE_UNKNOWN ? docker.liveness_probe
                                                              : (struct bw_value){0};
}

/* --- the reader --- */

static void add_image(struct bw_field_check *check, struct bw_value value)
{
    struct bw_reading *reading = check->reading;
    struct bw_str path = reading->request->path;
    struct image it = {.reading = reading,
                       .make = &reading->make,
                       .written = bw_field_conform(check, &written_image, "", value)};
    make_native(&it);
    struct bw_value reference = get(it.native, "reference");
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .group = BW_STR(BW_OBJECT_GROUP),
                               .version = BW_STR("v1"),
                               .resource = BW_STR("images"),
                               .kind = BW_STR("Image"),
                               .name = bw_value_text(reference),
                               .place = value.place,
                               .value = it.native};
    if (!object.name.n)
        object.name = bw_str_from(path, bw_str_rfind(path, '/') + 1);
    uint32_t index = bw_reading_object(reading, &object);
    make_view(&it);
    if (index != BW_OBJECT_NO_VIEW)
        bw_pod_view_add(reading, &it.view, index);
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct bw_field_check check = {
        .reading = reading, .who = "the image specification", .judge = "the engine", .fold = true};
    struct bw_value root = {0};
    int rc =
        bw_json_value(reading, 0, reading->request->text, BW_JSON_DUPLICATES_MERGED, &root, err);
    if (rc)
        return rc;
    if (root.kind == BW_VALUE_MAP)
        add_image(&check, root);
    for (uint32_t i = 0; root.kind == BW_VALUE_LIST && i < root.list->n; i++)
        if (root.list->v[i].kind == BW_VALUE_MAP)
            add_image(&check, root.list->v[i]);
    if (!reading->objects.n)
        return bw_err_set(err, BW_EFORMAT, "no image configuration: not an object");
    return 0;
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    (void)path;
    return bw_json_has_key(text, "rootfs") && bw_json_has_key(text, "os") &&
           !bw_json_has_key(text, "ociVersion");
}

const struct bw_reader bw_reader_image_config = {
    .name = "image-config",
    .what = "the image's configuration",
    .syntax = BW_SYNTAX_IMAGE,
    .recognise = recognise,
    .read = read,
};
