/*
 * Changes to a manifest: after each the text is read again, and but for the change it means what it
 * meant. The first byte chooses the change, the second one what it is made to.
 */
#include <stdio.h>

#include "reader.h"
#include "report/edits.h"
#include "wrap/yaml.h"

#define ARENA_MAX   ((size_t)64 << 20)
#define NEW         "zzz"
#define VISITED_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "apiVersion: v1\nkind: Odd\nmetadata:\n  name: odd\n";

static bool read_text(struct bw_str text, struct bw_arena *arena, struct bw_document *ret_document)
{
    const struct bw_reader_request request = {.path = BW_STR("a.yaml"), .text = text};
    const struct bw_reader_sink sink = {NULL, fuzz_gap};
    struct bw_str *wanted;
    size_t wanted_n;
    struct bw_err err = {0};
    return bw_reader_read(bw_reader_named(BW_STR("manifest")), &request, &sink, arena, ret_document,
                          &wanted, &wanted_n, &err) == 0;
}

/* The n-th container of a tree, counted down in *n. */
static struct bw_value pick(struct bw_value value, unsigned *n, unsigned *visited)
{
    bool container = value.kind == BW_VALUE_MAP || value.kind == BW_VALUE_LIST;
    struct bw_value found = {0};
    if (!container || ++*visited > VISITED_MAX)
        return found;
    if ((*n)-- == 0)
        return value;
    for (uint32_t i = 0; i < bw_value_count(value) && found.kind == BW_VALUE_ABSENT; i++)
        found =
            pick(value.kind == BW_VALUE_MAP ? value.map->v[i].value : value.list->v[i], n, visited);
    return found;
}

static struct bw_value one(struct bw_value_maker *make, struct bw_value key, struct bw_value value)
{
    struct bw_value map = bw_value_map(make, 1);
    bw_value_put(make, &map, key, value);
    return map;
}

static struct bw_value change_of(struct bw_value_maker *make, struct bw_value at, unsigned how)
{
    struct bw_value name = bw_value_string(make, BW_STR(NEW));
    struct bw_value change = one(make, bw_value_string(make, BW_STR("at")), at);
    struct bw_value key = name;
    if (at.kind == BW_VALUE_MAP && at.map->n)
        key = at.map->v[how / 4 % at.map->n].key;
    if (at.kind == BW_VALUE_LIST)
        bw_value_set(make, &change, "append", name);
    else if (how % 4 == 0)
        bw_value_set(make, &change, "remove", key);
    else if (how % 4 == 1)
        bw_value_set(make, &change, "rename", one(make, key, name));
    else
        bw_value_set(make, &change, "set", one(make, name, one(make, name, name)));
    return change;
}

/* Takes out of JSON what was set or appended. */
static void without_new(struct bw_str json, struct bw_buf *out)
{
    static const char *const added[] = {
        ",\"" NEW "\":{\"" NEW "\":\"" NEW "\"}",
        "\"" NEW "\":{\"" NEW "\":\"" NEW "\"},",
        "\"" NEW "\":{\"" NEW "\":\"" NEW "\"}",
        ",\"" NEW "\"",
    };
    for (size_t i = 0, n = 0; i < json.n; i += n ? n : 1, n = 0) {
        for (size_t j = 0; j < BW_ARRAY_LEN(added) && !n; j++)
            if (bw_str_starts(bw_str_from(json, i), bw_str(added[j])))
                n = strlen(added[j]);
        if (!n)
            bw_buf_byte(out, (uint8_t)json.p[i]);
    }
}

static void compare(struct bw_value before, struct bw_value after)
{
    struct bw_buf old BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    struct bw_buf new BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    struct bw_buf rest BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    bw_object_json(before, false, &old);
    bw_object_json(after, false, &new);
    without_new(bw_buf_slice(&new), &rest);
    if (!bw_buf_failed(&old) && !bw_buf_failed(&new) &&
        !bw_str_eq(bw_buf_slice(&old), bw_buf_slice(&rest))) {
        fprintf(stderr, "before: %.*s\nafter:  %.*s\n", (int)old.n, (char *)old.p, (int)new.n,
                (char *)new.p);
        abort();
    }
}

static void change(struct bw_str text, struct bw_arena *arena, unsigned how, unsigned which)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_document before, after;
    struct bw_buf changed BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    struct bw_buf diff BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    unsigned visited = 0;
    struct bw_err err = {0};
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL,
                                  *then BW_CLEANUP(bw_yaml_freep) = NULL;
    if (bw_yaml_parse(&stream, text, NULL) || !read_text(text, arena, &before) ||
        before.objects_n != 1)
        return;
    struct bw_value at = pick(before.objects[0].value, &which, &visited);
    struct bw_edits edits BW_CLEANUP(bw_edits_free) = {
        .text = text, .places = before.places, .places_n = before.places_n, .arena = arena};
    int rc = bw_edits_add(&edits, change_of(&make, at, how), &err);
    if (rc && (!err.msg[0] || edits.n))
        abort();
    if (rc || make.failed)
        return;
    bw_edits_apply(&edits, &changed);
    bw_edits_diff(BW_STR("a.yaml"), text, bw_buf_slice(&changed), &diff);
    bool compares = at.kind == BW_VALUE_LIST || how % 4 > 1;
    if (bw_yaml_parse(&then, bw_buf_slice(&changed), NULL) ||
        (compares && (!read_text(bw_buf_slice(&changed), arena, &after) || after.objects_n != 1))) {
        fprintf(stderr, "cannot be read any more:\n%.*s\n", (int)changed.n, (char *)changed.p);
        abort();
    }
    if (compares)
        compare(before.objects[0].value, after.objects[0].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    if (!arena)
        abort();
    struct bw_str bytes = bw_str_n(data, size);
    /* Blanks with a tab may become an indentation, which the caller's own check is for. */
    if (size < 2 || bw_str_find_str(bytes, BW_STR(NEW)) != SIZE_MAX ||
        bw_str_find(bytes, '\t') != SIZE_MAX)
        return 0;
    bw_buf_str(&text, bw_str(head));
    bw_buf_add(&text, data + 2, size - 2);
    if (!bw_buf_failed(&text))
        change(bw_buf_slice(&text), arena, data[0], data[1]);
    return 0;
}
