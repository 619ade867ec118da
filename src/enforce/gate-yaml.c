/*
 * The YAML that a person writes becomes the JSON that a gate reads, which is where it is checked;
 * what is wrong there is found again in the text.
 */
#include <stdio.h>

#include "enforce/gate-config.h"
#include "enforce/gate-state.h"
#include "wrap/json.h"
#include "wrap/yaml.h"

/* Values, aliases followed, and how deep they lie. */
#define VALUES_MAX 1000000u
#define DEPTH_MAX  16u

struct converting {
    struct bw_str file;
    struct bw_json_writer writer;
    uint32_t left;
    struct bw_err *err;
};

static int wrong(struct converting *c, const struct bw_yaml *node, const char *what)
{
    return bw_err_set(c->err, BW_EFORMAT, "%" BW_STR_F ":%u: %s", BW_STR_A(c->file),
                      bw_yaml_line(node), what);
}

/* true and false are what they are, nothing is null, and all else is a word: nobody means a number
 * or a date here. */
static void put_scalar(struct converting *c, const struct bw_yaml *node)
{
    struct bw_str text = bw_yaml_text(node);
    bool plain = bw_yaml_is_plain(node);
    if (plain && (bw_str_eq(text, BW_STR("true")) || bw_str_eq(text, BW_STR("false"))))
        bw_json_put_bool(&c->writer, text.n == 4);
    else if (plain && (!text.n || bw_str_eq(text, BW_STR("~")) || bw_str_eq(text, BW_STR("null"))))
        bw_json_put_null(&c->writer);
    else
        bw_json_put_str(&c->writer, text);
}

static int put(struct converting *c, const struct bw_yaml *node, unsigned depth)
{
    enum bw_yaml_type type = bw_yaml_type(node);
    struct bw_yaml_iter it = bw_yaml_iter(node);
    int rc = 0;
    if (depth > DEPTH_MAX || !c->left--)
        return wrong(c, node, "there is more in it than a gate's configuration has");
    if (type == BW_YAML_SCALAR) {
        put_scalar(c, node);
        return 0;
    }
    if (type == BW_YAML_SEQUENCE)
        bw_json_begin_array(&c->writer);
    else
        bw_json_begin_object(&c->writer);
    for (const struct bw_yaml *value; rc == 0 && (value = bw_yaml_next(&it));) {
        if (it.key && bw_yaml_type(it.key) != BW_YAML_SCALAR)
            return wrong(c, it.key, "a key is no word");
        if (it.key)
            bw_json_key(&c->writer, bw_yaml_text(it.key));
        rc = put(c, value, depth + 1);
    }
    bw_json_end(&c->writer);
    return rc;
}

static int convert(struct converting *c, const struct bw_yaml *root, bool is_exceptions)
{
    if (!is_exceptions && !root) { /* an empty file says nothing */
        bw_json_begin_object(&c->writer);
        bw_json_end(&c->writer);
        return 0;
    }
    if (root && bw_yaml_next_document(root))
        return wrong(c, bw_yaml_next_document(root), "a second document: write one");
    if (!is_exceptions)
        return bw_yaml_type(root) == BW_YAML_MAPPING
                   ? put(c, root, 0)
                   : wrong(c, root, "no mapping: write \"profiles: [baseline]\" and the like");
    if (root && bw_yaml_type(root) != BW_YAML_SEQUENCE)
        return wrong(c, root, "no list: write \"- id: [...]\", an element for each exception");
    bw_json_begin_object(&c->writer);
    bw_json_key(&c->writer, BW_STR("exceptions"));
    if (!root) {
        bw_json_begin_array(&c->writer);
        bw_json_end(&c->writer);
    }
    int rc = root ? put(c, root, 0) : 0;
    if (rc == 0)
        bw_json_end(&c->writer);
    return rc;
}

/* --- places --- */

static const struct bw_yaml *element(const struct bw_yaml *list, size_t index)
{
    struct bw_yaml_iter it = bw_yaml_iter(list);
    const struct bw_yaml *value = NULL;
    for (size_t i = 0; i <= index && (value = bw_yaml_next(&it)); i++)
        ;
    return value;
}

/* The line of a fault: of the member, or of where it should be. */
static uint32_t line_of(const struct bw_yaml *root, bool is_exceptions,
                        const struct bw_gate_fault *fault)
{
    const struct bw_yaml *node = root;
    if (fault->list) {
        const struct bw_yaml *list = is_exceptions ? root : bw_yaml_get(root, fault->list);
        node = element(list, fault->index);
        node = node ? node : list;
    }
    struct bw_yaml_iter it = bw_yaml_iter(node);
    while (bw_yaml_next(&it))
        if (it.key && bw_str_eq(bw_yaml_text(it.key), bw_str(fault->member)))
            return bw_yaml_line(it.key);
    return bw_yaml_line(node);
}

static uint32_t find(const struct bw_yaml *node, struct bw_str word, unsigned depth, uint32_t *left)
{
    struct bw_yaml_iter it = bw_yaml_iter(node);
    uint32_t line = 0;
    if (depth > DEPTH_MAX || !*left || !--*left)
        return 0;
    if (bw_yaml_type(node) == BW_YAML_SCALAR)
        return bw_str_eq(bw_yaml_text(node), word) ? bw_yaml_line(node) : 0;
    for (const struct bw_yaml *value; !line && (value = bw_yaml_next(&it));)
        line = find(value, word, depth + 1, left);
    return line;
}

uint32_t bw_gate_yaml_find(struct bw_str text, struct bw_str word)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    uint32_t left = VALUES_MAX;
    if (bw_yaml_parse(&stream, text, NULL))
        return 0;
    const struct bw_yaml *root = bw_yaml_first(stream);
    return root ? find(root, word, 0, &left) : 0;
}

/* --- a text --- */

int bw_gate_yaml_read(struct bw_str file, struct bw_str text, bool is_exceptions,
                      struct bw_arena *arena, struct bw_gate_configuration *configuration,
                      struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_CONFIG_MAX);
    struct converting c = {file, bw_json_writer(&json, false), VALUES_MAX, err};
    struct bw_gate_fault fault;
    int rc = bw_yaml_parse(&stream, text, err);
    if (rc)
        return bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(file));
    const struct bw_yaml *root = bw_yaml_first(stream);
    rc = convert(&c, root, is_exceptions);
    if (rc)
        return rc;
    if (json.failed)
        return bw_err_set(err, BW_ELIMIT, "%" BW_STR_F ": longer than %zu bytes", BW_STR_A(file),
                          BW_GATE_CONFIG_MAX);
    rc = bw_gate_configuration_read(bw_buf_slice(&json), arena, configuration, &fault, err);
    if (rc == BW_EFORMAT)
        return bw_err_prefix(err, rc, "%" BW_STR_F ":%u", BW_STR_A(file),
                             line_of(root, is_exceptions, &fault));
    return rc ? bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(file)) : 0;
}

/* --- back to JSON --- */

static void put_words(struct bw_json_writer *w, const char *key, struct bw_strs words, bool always)
{
    if (!words.n && !always)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    for (size_t i = 0; i < words.n; i++)
        bw_json_put_str(w, words.v[i]);
    bw_json_end(w);
}

static void put_enforce(struct bw_json_writer *w, enum bw_policy_action action)
{
    static const char *const words[] = {
        [BW_POLICY_DENY] = "deny", [BW_POLICY_WARN] = "warn", [BW_POLICY_AUDIT] = "audit"};
    bw_json_member_str(w, "enforce", bw_str(words[action]));
}

static void put_scope(struct bw_json_writer *w, const struct bw_gate_scope *scope)
{
    bw_json_begin_object(w);
    put_words(w, "namespaces", scope->namespaces, false);
    put_words(w, "users", scope->users, false);
    put_words(w, "groups", scope->groups, false);
    put_words(w, "profiles", scope->profiles, scope->has_profiles);
    if (scope->has_enforce)
        put_enforce(w, scope->enforce);
    bw_json_end(w);
}

static void put_exception(struct bw_json_writer *w, const struct bw_gate_exception *exception)
{
    bw_json_begin_object(w);
    put_words(w, "id", exception->ids, true);
    put_words(w, "namespaces", exception->namespaces, false);
    put_words(w, "names", exception->names, false);
    put_words(w, "users", exception->users, false);
    put_words(w, "groups", exception->groups, false);
    put_words(w, "images", exception->images, false);
    bw_json_member_str(w, "reason", exception->reason);
    if (exception->owner.n)
        bw_json_member_str(w, "owner", exception->owner);
    bw_json_member_str(w, "expires", exception->expires);
    bw_json_end(w);
}

static void put_user_groups(struct bw_json_writer *w,
                            const struct bw_gate_configuration *configuration)
{
    if (!configuration->members.n)
        return;
    bw_json_key(w, BW_STR("userGroups"));
    bw_json_begin_object(w);
    for (size_t i = 0; i < configuration->members.n; i++) {
        bw_json_key(w, configuration->members.v[i].user);
        bw_json_begin_array(w);
        for (size_t j = 0; j < configuration->members.v[i].groups.n; j++)
            bw_json_put_str(w, configuration->members.v[i].groups.v[j]);
        bw_json_end(w);
    }
    bw_json_end(w);
}

/* What a configuration gives of a Namespace; the rest of it is made. */
static void put_namespaces(struct bw_json_writer *w, struct bw_value namespaces)
{
    static const char *const keys[] = {"labels", "annotations"};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_CONFIG_MAX);
    if (!bw_value_count(namespaces))
        return;
    bw_json_key(w, BW_STR("namespaces"));
    bw_json_begin_object(w);
    for (uint32_t i = 0; i < namespaces.map->n; i++) {
        bw_json_key(w, bw_value_text(namespaces.map->v[i].key));
        bw_json_begin_object(w);
        for (size_t j = 0; j < BW_ARRAY_LEN(keys); j++) {
            bw_buf_clear(&text);
            bw_object_json(bw_value_at(namespaces.map->v[i].value, "metadata", keys[j], NULL),
                           false, &text);
            bw_json_key(w, bw_str(keys[j]));
            bw_json_put_raw(w, bw_buf_slice(&text));
        }
        bw_json_end(w);
    }
    bw_json_end(w);
}

void bw_gate_configuration_json(const struct bw_gate_configuration *configuration,
                                struct bw_buf *json)
{
    struct bw_json_writer w = bw_json_writer(json, false);
    bw_json_begin_object(&w);
    put_words(&w, "profiles", configuration->profiles, true);
    put_words(&w, "policies", configuration->policies, false);
    put_words(&w, "except", configuration->except, false);
    bw_json_member_bool(&w, "library", configuration->library);
    put_enforce(&w, configuration->enforce);
    put_words(&w, "mended", configuration->mended, false);
    put_words(&w, "mutate", configuration->mutate, false);
    put_namespaces(&w, configuration->namespaces);
    if (configuration->namespace_labels)
        bw_json_member_bool(&w, "namespaceLabels", true);
    bw_json_key(&w, BW_STR("scopes"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < configuration->scopes.n; i++)
        put_scope(&w, &configuration->scopes.v[i]);
    bw_json_end(&w);
    bw_json_key(&w, BW_STR("exceptions"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < configuration->exceptions.n; i++)
        put_exception(&w, &configuration->exceptions.v[i]);
    bw_json_end(&w);
    put_user_groups(&w, configuration);
    bw_json_end(&w);
}

int bw_gate_yaml(struct bw_str file, struct bw_str text, bool is_exceptions, struct bw_buf *json,
                 struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_GATE_RULES_MAX);
    struct bw_gate_configuration configuration = {0};
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the gate's configuration");
    int rc = bw_gate_yaml_read(file, text, is_exceptions, arena, &configuration, err);
    if (rc == 0)
        bw_gate_configuration_json(&configuration, json);
    if (rc == 0 && json->failed)
        rc = bw_err_set(err, BW_ELIMIT, "%" BW_STR_F ": longer than a configuration may be",
                        BW_STR_A(file));
    bw_gate_configuration_free(&configuration);
    return rc;
}
