#include "extract/document.h"
#include "extract/ignore-comment.h"
#include "extract/json-value.h"
#include "extract/manifest-kind.h"
#include "extract/manifest-object.h"
#include "extract/manifest-patch.h"
#include "extract/yaml-value.h"

/* Documents of one file. */
#define DOCUMENTS_MAX BW_DOCUMENT_OBJECTS_MAX

#define LIST_DEPTH_MAX 8u

#define RENDER "render it first (`helm template CHART | bulwark check -`)"

struct manifest {
    struct bw_reading *reading;
    struct bw_yaml_values values;
    struct bw_manifest_maker maker;
    unsigned documents, others; /* others: that are no objects */
    uint32_t other_line;        /* of the first of these */
};

static uint32_t line_of(const struct manifest *manifest, struct bw_value value)
{
    const struct bw_reading *reading = manifest->reading;
    return value.place < reading->places.n ? reading->places.v[value.place].line : 0;
}

/* --- objects --- */

static void take_for_patch(struct manifest *manifest, struct bw_object *object,
                           struct bw_value *template)
{
    bw_reading_gap(manifest->reading, BW_GAP_NOTE, line_of(manifest, object->value),
                   BW_STR("the object"),
                   "no whole %" BW_STR_F ", so taken for a patch: only what it says is judged",
                   BW_STR_A(object->kind));
    object->group = BW_STR(BW_OBJECT_GROUP);
    object->version = BW_STR("v1");
    object->resource = BW_STR(BW_MANIFEST_PATCHES);
    if (template->kind == BW_VALUE_MAP)
        *template = bw_manifest_patch_template(&manifest->reading->make, *template);
}

static void add_object(struct manifest *manifest, struct bw_value value, struct bw_str api_version,
                       struct bw_str kind)
{
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .kind = kind,
                               .resource = bw_manifest_resource(manifest->reading->arena, kind),
                               .place = value.place,
                               .value = value};
    bw_manifest_group(api_version, &object.group, &object.version);
    struct bw_manifest_holder holder = bw_manifest_conform(&manifest->maker, &object);
    struct bw_value metadata = bw_value_get(object.value, BW_STR("metadata"));
    object.namespace = bw_value_text(bw_value_get(metadata, BW_STR("namespace")));
    object.name = bw_value_text(bw_value_get(metadata, BW_STR("name")));
    if (!object.name.n)
        object.name = bw_value_text(bw_value_get(metadata, BW_STR("generateName")));
    if (bw_manifest_is_patch(kind, object.value, holder.template))
        take_for_patch(manifest, &object, &holder.template);
    bw_manifest_add(&manifest->maker, &object, holder.template);
}

/* --- documents --- */

static void add_value(struct manifest *manifest, struct bw_value value, unsigned depth);

/* Elements of a typed list need not say what they are: a PodList holds Pods. */
static void add_items(struct manifest *manifest, struct bw_value items, struct bw_value api_version,
                      struct bw_str kind, unsigned depth)
{
    struct bw_value_maker *make = &manifest->reading->make;
    struct bw_str element_kind = bw_str_take(kind, kind.n - strlen("List"));
    for (uint32_t i = 0; i < bw_value_count(items) && !make->failed; i++) {
        struct bw_value item = bw_value_index(items, i);
        if (element_kind.n && item.kind == BW_VALUE_MAP &&
            bw_value_get(item, BW_STR("kind")).kind == BW_VALUE_ABSENT) {
            bw_value_set(make, &item, "apiVersion", api_version);
            bw_value_set(make, &item, "kind", bw_value_string(make, element_kind));
        }
        add_value(manifest, item, depth - 1);
    }
}

static void other(struct manifest *manifest, struct bw_value value)
{
    if (!manifest->others++)
        manifest->other_line = line_of(manifest, value);
}

static bool is_list(struct bw_str kind, struct bw_value items)
{
    return bw_str_ends(kind, BW_STR("List")) && items.kind == BW_VALUE_LIST;
}

static void refuse(struct manifest *manifest, struct bw_value value, const char *why)
{
    bw_reading_gap(manifest->reading, BW_GAP_BLOCKING, line_of(manifest, value),
                   BW_STR("the object"), "%s", why);
}

static void add_value(struct manifest *manifest, struct bw_value value, unsigned depth)
{
    struct bw_value api_version = bw_value_get(value, BW_STR("apiVersion"));
    struct bw_value kind = bw_value_get(value, BW_STR("kind"));
    struct bw_value items = bw_value_get(value, BW_STR("items"));
    if (value.kind == BW_VALUE_NULL)
        return;
    if (value.kind != BW_VALUE_MAP || kind.kind == BW_VALUE_ABSENT) {
        other(manifest, value);
    } else if (api_version.kind == BW_VALUE_ABSENT) {
        if (bw_value_get(value, BW_STR("spec")).kind == BW_VALUE_ABSENT &&
            bw_value_get(value, BW_STR("metadata")).kind == BW_VALUE_ABSENT)
            other(manifest, value);
        else
            refuse(manifest, value, "it has a kind and no apiVersion: the API server refuses it");
    } else if (!bw_value_text(kind).n || !bw_value_text(api_version).n) {
        refuse(manifest, value, "its kind or apiVersion is no name: the API server refuses it");
    } else if (!is_list(bw_value_text(kind), items)) {
        add_object(manifest, value, bw_value_text(api_version), bw_value_text(kind));
    } else if (depth) {
        add_items(manifest, items, api_version, bw_value_text(kind), depth);
    } else {
        refuse(manifest, value, "lists within lists deeper than are read");
    }
}

/* The elements of a top-level list, as `kubectl get -o json | jq .items` prints it, are objects. */
static void add_root(struct manifest *manifest, struct bw_value root)
{
    if (root.kind != BW_VALUE_LIST) {
        add_value(manifest, root, LIST_DEPTH_MAX);
        return;
    }
    for (uint32_t i = 0; i < root.list->n && !manifest->reading->make.failed; i++)
        add_value(manifest, root.list->v[i], LIST_DEPTH_MAX);
}

/* --- YAML: documents one by one, so that a bad one leaves the others --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_separator(struct bw_str line)
{
    return bw_str_starts(line, BW_STR("---")) && (line.n == 3 || is_blank(line.p[3]));
}

/* A line that is more than a comment, a directive or a separator alone. */
static bool is_content(struct bw_str line)
{
    if (is_separator(line))
        line = bw_str_from(line, 3);
    struct bw_str bare = bw_str_trim(line);
    return bare.n && bare.p[0] != '#' && line.p[0] != '%' && !bw_str_eq(bare, BW_STR("..."));
}

/* Cuts the next document off, with the separator that begins it. */
static bool cut_document(struct bw_str *rest, uint32_t *line_number, struct bw_str *ret_document,
                         uint32_t *ret_first_line)
{
    struct bw_str line, begin = *rest;
    bool content = false;
    *ret_first_line = *line_number;
    while (rest->n) {
        struct bw_str before = *rest;
        bw_str_line(rest, &line);
        if (is_separator(line) && content) {
            *rest = before;
            break;
        }
        /* The directives and comments before a separator go with what comes behind it. */
        content |= is_content(line);
        ++*line_number;
    }
    size_t n = rest->p ? (size_t)(rest->p - begin.p) : begin.n;
    *ret_document = bw_str_take(begin, n);
    return content;
}

static bool is_template(struct bw_str text)
{
    return bw_str_find_str(text, BW_STR("{{")) != SIZE_MAX;
}

static int read_document(struct manifest *manifest, struct bw_str text, uint32_t first_line,
                         struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    int rc = bw_yaml_parse_part(&stream, text, first_line, err);
    const struct bw_yaml *root = rc ? NULL : bw_yaml_first(stream);
    for (; root && !rc; root = bw_yaml_next_document(root)) {
        struct bw_value value = {0};
        rc = bw_yaml_value(&manifest->values, root, &value, err);
        if (!rc)
            add_root(manifest, value);
    }
    if (rc == BW_EFORMAT && is_template(text)) {
        struct bw_err cause = *err;
        rc = bw_err_set(err, BW_EFORMAT, "%s; if it is a template, " RENDER, cause.msg);
    }
    return rc;
}

static int read_documents(struct manifest *manifest, struct bw_err *err)
{
    struct bw_reading *reading = manifest->reading;
    struct bw_str rest = reading->request->text, document;
    uint32_t line = 1, first_line;
    int rc = 0;
    while (!rc && cut_document(&rest, &line, &document, &first_line)) {
        struct bw_err fault = {0};
        if (++manifest->documents > DOCUMENTS_MAX)
            return bw_err_set(err, BW_ELIMIT, "more than %u documents", DOCUMENTS_MAX);
        int bad = read_document(manifest, document, first_line, &fault);
        if (bad && (bad != BW_EFORMAT || (manifest->documents == 1 && !rest.n)))
            rc = bw_err_set(err, (enum bw_code)bad, "%s", fault.msg);
        else if (bad)
            bw_reading_gap(reading, BW_GAP_BLOCKING, first_line, BW_STR("a document of the file"),
                           "%s", fault.msg);
    }
    return rc;
}

/* --- the reader --- */

/* The first byte that is neither blank nor in a comment. */
static char first_byte(struct bw_str text)
{
    struct bw_str line;
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        text = bw_str_from(text, 3);
    while (bw_str_line(&text, &line)) {
        if (is_separator(line))
            line = bw_str_from(line, 3);
        line = bw_str_trim(line);
        if (line.n && line.p[0] != '#')
            return line.p[0];
    }
    return '\0';
}

static bool has_word(struct bw_str text, const char *word)
{
    return bw_str_find_str(text, bw_str(word)) != SIZE_MAX;
}

/* A line that begins with the key, in or without quotes, as far in as it may be. */
static bool has_key(struct bw_str text, const char *key)
{
    struct bw_str name = bw_str(key);
    size_t found = 0;
    for (size_t from = 0; (found = bw_str_find_str(bw_str_from(text, from), name)) != SIZE_MAX;) {
        size_t before = from + found, after = before + name.n;
        from = after;
        if (before && (text.p[before - 1] == '"' || text.p[before - 1] == '\''))
            before--;
        while (before && (is_blank(text.p[before - 1]) || text.p[before - 1] == '-'))
            before--;
        if (after < text.n && (text.p[after] == '"' || text.p[after] == '\''))
            after++;
        while (after < text.n && is_blank(text.p[after]))
            after++;
        if ((!before || text.p[before - 1] == '\n') && after < text.n && text.p[after] == ':')
            return true;
    }
    return false;
}

static bool in_chart(struct bw_str path)
{
    return bw_str_starts(path, BW_STR("templates/")) ||
           bw_str_find_str(path, BW_STR("/templates/")) != SIZE_MAX;
}

static bool is_chart_template(struct bw_str path, struct bw_str text)
{
    return in_chart(path) && is_template(text) && has_word(text, "kind:");
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    struct bw_str name = bw_str_from(path, bw_str_rfind(path, '/') + 1);
    bool fits = bw_str_find(name, '.') == SIZE_MAX;
    for (size_t i = 0; i < BW_ARRAY_LEN(endings) && !fits; i++)
        fits = bw_str_ends(name, bw_str(endings[i]));
    if (!fits || !has_word(text, "kind"))
        return false;
    if (is_chart_template(path, text))
        return true;
    char first = first_byte(text);
    if (first == '{' || first == '[')
        return has_word(text, "apiVersion");
    return has_key(text, "apiVersion") && has_key(text, "kind");
}

static int read_json(struct manifest *manifest, struct bw_err *err)
{
    struct bw_reading *reading = manifest->reading;
    struct bw_value value = {0};
    int rc =
        bw_json_value(reading, 0, reading->request->text, BW_JSON_DUPLICATES_REFUSED, &value, err);
    if (!rc)
        add_root(manifest, value);
    return rc;
}

/* What begins as JSON does may be YAML all the same, where its name does not say otherwise. */
static int read_text(struct manifest *manifest, struct bw_err *err)
{
    struct bw_err fault, ignored;
    char first = first_byte(manifest->reading->request->text);
    if (first != '{' && first != '[')
        return read_documents(manifest, err);
    int rc = read_json(manifest, &fault);
    bool named = bw_str_ends(manifest->reading->request->path, BW_STR(".json"));
    if (rc == BW_EFORMAT && !named && read_documents(manifest, &ignored) == 0)
        return 0;
    return rc ? bw_err_set(err, (enum bw_code)rc, "%s", fault.msg) : 0;
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    const struct bw_reader_request *request = reading->request;
    struct manifest manifest = {
        .reading = reading,
        .values = {reading, 0, BW_YAML_KUBERNETES, BW_YAML_VALUE_BUDGET},
        .maker = bw_manifest_maker(reading),
    };
    bool of_chart = is_chart_template(request->path, request->text);
    if (of_chart || bw_str_starts(bw_str_trim(request->text), BW_STR("{{"))) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0,
                       of_chart ? BW_STR("the template of a chart") : BW_STR("a template"),
                       "it is no manifest yet: " RENDER);
        return 0;
    }
    int rc = read_text(&manifest, err);
    if (rc)
        return rc;
    bw_ignore_yaml(reading, 0, request->text);
    if (manifest.others && reading->objects.n)
        bw_reading_gap(reading, BW_GAP_NOTE, manifest.other_line,
                       BW_STR("documents that are no objects"), "%u of them, passed over",
                       manifest.others);
    return 0;
}

const struct bw_reader bw_reader_manifest = {
    .name = "manifest",
    .what = "the manifest",
    .syntax = BW_SYNTAX_MANIFEST,
    .recognise = recognise,
    .read = read,
};
