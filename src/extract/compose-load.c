#include "extract/compose-load.h"

#include "extract/compose-loader.h"
#include "extract/compose-project.h"
#include "extract/ignore-comment.h"

/* --- names and paths --- */

struct bw_str bw_compose_base_name(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

struct bw_str bw_compose_dir_name(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? BW_STR("") : bw_str_take(path, slash);
}

static bool is_one_of(struct bw_str name, const char *const *names)
{
    for (; *names; names++)
        if (bw_str_eq(name, bw_str(*names)))
            return true;
    return false;
}

const char *const bw_compose_default_names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                                "docker-compose.yaml", NULL};
static const char *const override_names[] = {"compose.override.yml", "compose.override.yaml",
                                             "docker-compose.override.yml",
                                             "docker-compose.override.yaml", NULL};

bool bw_compose_is_default_name(struct bw_str path)
{
    return is_one_of(bw_compose_base_name(path), bw_compose_default_names);
}

bool bw_compose_is_override_name(struct bw_str path)
{
    return is_one_of(bw_compose_base_name(path), override_names);
}

struct bw_str bw_compose_file(struct bw_compose *compose, struct bw_str path)
{
    return bw_reading_beside(compose->reading, compose->reading->request->path, path);
}

struct bw_str bw_compose_directory(struct bw_str path)
{
    if (bw_str_starts(path, BW_STR("./")))
        path = bw_str_from(path, 2);
    return bw_compose_dir_name(path);
}

/* The text of a file, which may be the document itself. */
static bool find_text(struct bw_compose *compose, struct bw_str *full, struct bw_str *ret_text)
{
    const struct bw_reader_request *request = compose->reading->request;
    struct bw_str self = bw_compose_file(compose, bw_compose_base_name(request->path));
    if (!bw_str_eq(*full, self))
        return bw_reading_other(compose->reading, *full, ret_text);
    *full = request->path;
    *ret_text = request->text;
    return true;
}

bool bw_compose_find(struct bw_compose_loader *loader, struct bw_str path, uint32_t place,
                     struct bw_str *ret_full, struct bw_str *ret_text)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str full = bw_compose_file(compose, path);
    if (bw_str_find_str(path, BW_STR("://")) != SIZE_MAX || bw_str_starts(path, BW_STR("oci:")))
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F ": not a file of this machine",
                       BW_STR_A(path));
    else if (!full.p)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place,
                       "%" BW_STR_F " lies outside of the directory that is looked at",
                       BW_STR_A(path));
    else if (!find_text(compose, &full, ret_text))
        bw_compose_gap(compose, BW_GAP_BLOCKING, place, "%" BW_STR_F " is not there",
                       BW_STR_A(full));
    else if (++loader->loads > BW_COMPOSE_LOADS_MAX)
        bw_compose_gap(compose, BW_GAP_BLOCKING, place,
                       "%" BW_STR_F ": more than %u files in one project", BW_STR_A(full),
                       BW_COMPOSE_LOADS_MAX);
    else if (bw_compose_may_read(compose, ret_text->n, place)) {
        *ret_full = full;
        return true;
    }
    return false;
}

struct bw_value bw_compose_without(struct bw_compose *compose, struct bw_value map,
                                   const char *name)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_value out = bw_value_map(make, bw_value_count(map));
    for (uint32_t i = 0; i < bw_value_count(map); i++)
        if (!bw_value_is(map.map->v[i].key, name))
            bw_value_put(make, &out, map.map->v[i].key, map.map->v[i].value);
    out.place = map.place;
    out.flags = map.flags;
    return out;
}

/* --- files --- */

/* One gap a file: what would have come of its references is not known. */
static void note_unset(struct bw_compose *compose, struct bw_str path)
{
    struct bw_buf names BW_CLEANUP(bw_buf_free) = BW_BUF(BW_ERR_MSG_MAX / 2);
    struct bw_value unset = compose->unset;
    uint32_t shown = 0;
    for (; shown < bw_value_count(unset) && names.n < BW_ERR_MSG_MAX / 4; shown++)
        bw_buf_printf(&names, "%s%" BW_STR_F, shown ? ", " : "",
                      BW_STR_A(bw_str_take(bw_value_text(unset.map->v[shown].key), 60)));
    if (shown)
        bw_compose_gap(compose, BW_GAP_NOTE, 0,
                       "%" BW_STR_F ": variables without a value: %" BW_STR_F
                       "%s; give them in the environment or in .env",
                       BW_STR_A(bw_compose_base_name(path)), BW_STR_A(bw_buf_slice(&names)),
                       shown < bw_value_count(unset) ? " and more" : "");
    compose->unset = (struct bw_value){0};
}

static int load_document(struct bw_compose_loader *loader, struct bw_str path,
                         const struct bw_yaml *root, unsigned how, struct bw_value *model,
                         struct bw_err *err)
{
    struct bw_compose *compose = loader->compose;
    struct bw_value value = {0};
    uint32_t file = loader->values.file;
    int rc = bw_yaml_value(&loader->values, root, &value, err);
    if (rc || value.kind == BW_VALUE_NULL)
        return rc;
    if (value.kind != BW_VALUE_MAP)
        return bw_err_set(err, BW_EFORMAT, "line %u: not a mapping", bw_yaml_line(root));
    if (!file && compose->name.kind == BW_VALUE_ABSENT)
        bw_compose_name(compose, value);
    value = bw_compose_interpolate(compose, value);
    value = bw_compose_canonical(compose, &bw_compose_project, value, "");
    note_unset(compose, path);
    if (how & BW_COMPOSE_WITH_INCLUDES)
        bw_compose_apply_includes(loader, path, &value);
    *model = bw_compose_reset(compose, *model, value);
    if (how & BW_COMPOSE_WITH_EXTENDS)
        value = bw_compose_apply_extends(loader, path, value);
    *model = bw_compose_merge(compose, &bw_compose_project, *model, value);
    if (compose->reading->make.failed)
        return bw_err_set(err, BW_ELIMIT, "more values than are held at a time");
    return 0;
}

int bw_compose_load_text(struct bw_compose_loader *loader, struct bw_str path, struct bw_str text,
                         unsigned how, struct bw_value *model, struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_reading *reading = loader->compose->reading;
    size_t known = reading->files.n;
    uint32_t file = bw_reading_file(reading, path), outer = loader->values.file;
    int rc = bw_yaml_parse(&stream, text, err);
    const struct bw_yaml *root = rc ? NULL : bw_yaml_first(stream);
    if (!rc && (!file || reading->files.n > known))
        bw_ignore_yaml(reading, file, text);
    for (; !rc && root; root = bw_yaml_next_document(root)) {
        loader->values.file = file;
        rc = load_document(loader, path, root, how, model, err);
    }
    loader->values.file = outer;
    return rc;
}

static int load_override(struct bw_compose_loader *loader, struct bw_value *model,
                         struct bw_err *err)
{
    struct bw_compose *compose = loader->compose;
    struct bw_str text;
    if (!bw_compose_is_default_name(compose->reading->request->path))
        return 0;
    for (size_t i = 0; override_names[i]; i++) {
        struct bw_str full = bw_compose_file(compose, bw_str(override_names[i]));
        if (!full.p || !bw_reading_other(compose->reading, full, &text))
            continue;
        int rc = bw_compose_load_text(
            loader, full, text, BW_COMPOSE_WITH_INCLUDES | BW_COMPOSE_WITH_EXTENDS, model, err);
        return rc ? bw_err_prefix(err, rc, "%s", override_names[i]) : 0;
    }
    return 0;
}

int bw_compose_load(struct bw_compose *compose, struct bw_value *ret_project, struct bw_err *err)
{
    const struct bw_reader_request *request = compose->reading->request;
    struct bw_compose_loader loader = {.compose = compose,
                                       .values = {.reading = compose->reading,
                                                  .dialect = BW_YAML_COMPOSE,
                                                  .left = BW_YAML_VALUE_BUDGET}};
    struct bw_value model = {0};
    int rc = bw_compose_load_text(&loader, request->path, request->text,
                                  BW_COMPOSE_WITH_INCLUDES | BW_COMPOSE_WITH_EXTENDS, &model, err);
    if (!rc)
        rc = load_override(&loader, &model, err);
    if (!rc && model.kind != BW_VALUE_MAP)
        rc = bw_err_set(err, BW_EFORMAT, "nothing in it");
    if (!rc)
        bw_compose_resolve_variables(compose, model);
    BW_VEC_FREE(&loader.scopes);
    if (!rc)
        *ret_project = model;
    return rc;
}
