#include "wrap/yaml.h"

#include <stdlib.h>

#include <yaml.h>

#include "base/arena.h"
#include "base/map.h"

/* What the values of the largest stream take at most: scalars are no longer than their text, but
 * for a few that escapes make longer ("\P" is three bytes of UTF-8). */
#define ARENA_MAX (BW_YAML_VALUES_MAX * (size_t)128 + 2 * BW_YAML_TEXT_MAX)

#define ANCHORS_MAX 65536u

struct bw_yaml {
    const struct bw_yaml *target; /* of an alias; nothing else is set then, but key and next */
    const struct bw_yaml *key;    /* of a member of a mapping */
    struct bw_yaml *next;         /* element, member or document */
    struct bw_yaml *first;
    struct bw_str text, tag;
    uint32_t line, column, n;
    uint8_t type;
    bool plain, closed; /* closed: all that is in it has been read */
};

struct bw_yaml_stream {
    struct bw_arena *arena;
    struct bw_yaml *first;
};

/* A sequence or mapping whose end has not come yet. */
struct open_value {
    struct bw_yaml *value;
    struct bw_yaml **tail;
    const struct bw_yaml *key; /* of a mapping: waits for its value */
};

struct reader {
    struct bw_arena *arena;
    struct bw_map anchors; /* of the document at hand */
    struct open_value open[BW_YAML_DEPTH_MAX];
    uint32_t depth, values;
    uint32_t first_line;
    struct bw_yaml **tail; /* where the next document is linked */
    struct bw_err *err;
};

static int short_of_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory while reading YAML");
}

/* n counts from 0. */
static uint32_t counted_from(uint32_t first, size_t n)
{
    return n < UINT32_MAX - first ? (uint32_t)n + first : UINT32_MAX;
}

static int keep(struct reader *reader, const yaml_char_t *p, size_t n, struct bw_str *ret_copy)
{
    struct bw_str copy = bw_arena_str(reader->arena, bw_str_n(p, n));
    if (!copy.p)
        return short_of_memory(reader->err);
    *ret_copy = copy;
    return 0;
}

static int keep_word(struct reader *reader, const yaml_char_t *word, struct bw_str *ret_copy)
{
    return word ? keep(reader, word, strlen((const char *)word), ret_copy) : 0;
}

static int new_value(struct reader *reader, const yaml_event_t *event, enum bw_yaml_type type,
                     struct bw_yaml **ret_value)
{
    uint32_t line = counted_from(reader->first_line, event->start_mark.line);
    if (reader->values++ >= BW_YAML_VALUES_MAX)
        return bw_err_set(reader->err, BW_ELIMIT, "YAML of more than %u values, at line %u",
                          BW_YAML_VALUES_MAX, line);
    struct bw_yaml *value = bw_arena_alloc(reader->arena, sizeof *value);
    if (!value)
        return short_of_memory(reader->err);
    value->type = (uint8_t)type;
    value->line = line;
    value->column = counted_from(1, event->start_mark.column);
    *ret_value = value;
    return 0;
}

/* Puts a value where the text has it: a document, an element, a key, or the value of a key. */
static void place(struct reader *reader, struct bw_yaml *value)
{
    if (!reader->depth) {
        *reader->tail = value;
        reader->tail = &value->next;
        return;
    }
    struct open_value *open = &reader->open[reader->depth - 1];
    if (open->value->type == BW_YAML_MAPPING && !open->key) {
        open->key = value;
        return;
    }
    value->key = open->key;
    open->key = NULL;
    open->value->n++;
    *open->tail = value;
    open->tail = &value->next;
}

static int name_anchor(struct reader *reader, const yaml_char_t *anchor, struct bw_yaml *value)
{
    struct bw_str name = {0};
    if (!anchor)
        return 0;
    if (reader->anchors.n == ANCHORS_MAX)
        return bw_err_set(reader->err, BW_ELIMIT, "YAML of more than %u anchors", ANCHORS_MAX);
    int rc = keep_word(reader, anchor, &name);
    if (rc)
        return rc;
    struct bw_map_item *item = bw_map_at(&reader->anchors, name);
    if (!item)
        return short_of_memory(reader->err);
    item->value = value;
    return 0;
}

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct bw_yaml *value = NULL;
    int rc = new_value(reader, event, BW_YAML_SCALAR, &value);
    if (!rc)
        rc = keep(reader, event->data.scalar.value, event->data.scalar.length, &value->text);
    if (!rc)
        rc = keep_word(reader, event->data.scalar.tag, &value->tag);
    if (!rc)
        rc = name_anchor(reader, event->data.scalar.anchor, value);
    if (rc)
        return rc;
    value->plain = !value->tag.p && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    value->closed = true;
    place(reader, value);
    return 0;
}

static int take_start(struct reader *reader, const yaml_event_t *event, enum bw_yaml_type type)
{
    bool mapping = type == BW_YAML_MAPPING;
    struct bw_yaml *value = NULL;
    int rc = new_value(reader, event, type, &value);
    if (!rc && reader->depth == BW_YAML_DEPTH_MAX)
        rc = bw_err_set(reader->err, BW_ELIMIT, "YAML deeper than %u levels, at line %u",
                        BW_YAML_DEPTH_MAX, value->line);
    if (!rc)
        rc = keep_word(reader,
                       mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag,
                       &value->tag);
    if (!rc)
        rc = name_anchor(
            reader, mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
            value);
    if (rc)
        return rc;
    place(reader, value);
    reader->open[reader->depth++] = (struct open_value){.value = value, .tail = &value->first};
    return 0;
}

static int take_alias(struct reader *reader, const yaml_event_t *event)
{
    struct bw_yaml *value = NULL;
    struct bw_str name = {0};
    int rc = new_value(reader, event, BW_YAML_ABSENT, &value);
    if (!rc)
        rc = keep_word(reader, event->data.alias.anchor, &name);
    if (rc)
        return rc;
    const struct bw_yaml *target = bw_map_get(&reader->anchors, name);
    if (!target)
        return bw_err_set(reader->err, BW_EFORMAT, "no valid YAML: alias without anchor at line %u",
                          value->line);
    if (!target->closed)
        return bw_err_set(reader->err, BW_EFORMAT,
                          "no valid YAML: alias within its own anchor's value at line %u",
                          value->line);
    value->target = target;
    place(reader, value);
    return 0;
}

static int take(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        bw_map_free(&reader->anchors);
        return 0;
    case YAML_SCALAR_EVENT:
        return take_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return take_start(reader, event, BW_YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return take_start(reader, event, BW_YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        if (reader->open[reader->depth].value)
            reader->open[reader->depth].value->closed = true;
        return 0;
    case YAML_ALIAS_EVENT:
        return take_alias(reader, event);
    default:
        return 0;
    }
}

static int fault(const struct reader *reader, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return short_of_memory(reader->err);
    return bw_err_set(reader->err, BW_EFORMAT, "no valid YAML: %s at line %u",
                      parser->problem ? parser->problem : "unreadable",
                      counted_from(reader->first_line, parser->problem_mark.line));
}

static int read_events(struct reader *reader, yaml_parser_t *parser)
{
    bool end = false;
    int rc = 0;
    while (!rc && !end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fault(reader, parser);
        end = event.type == YAML_STREAM_END_EVENT;
        rc = take(reader, &event);
        yaml_event_delete(&event);
    }
    return rc;
}

static int read_stream(struct bw_yaml_stream *stream, struct bw_str text, uint32_t first_line,
                       struct bw_err *err)
{
    struct reader reader = {.arena = stream->arena,
                            .anchors = BW_MAP(ANCHORS_MAX),
                            .first_line = first_line,
                            .tail = &stream->first,
                            .err = err};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return short_of_memory(err);
    /* An empty slice may be nowhere, which libyaml takes for a mistake of its caller. */
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    int rc = read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    bw_map_free(&reader.anchors);
    return rc;
}

int bw_yaml_parse(struct bw_yaml_stream **ret_stream, struct bw_str text, struct bw_err *err)
{
    return bw_yaml_parse_part(ret_stream, text, 1, err);
}

int bw_yaml_parse_part(struct bw_yaml_stream **ret_stream, struct bw_str text, uint32_t first_line,
                       struct bw_err *err)
{
    if (text.n > BW_YAML_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "YAML of %zu bytes is longer than the limit of %zu",
                          text.n, BW_YAML_TEXT_MAX);
    if (!bw_str_is_utf8(text))
        return bw_err_set(err, BW_EFORMAT, "no valid YAML: not in UTF-8");
    struct bw_yaml_stream *stream = calloc(1, sizeof *stream);
    if (stream)
        stream->arena = bw_arena_new(ARENA_MAX);
    int rc = 0;
    if (!stream || !stream->arena)
        rc = short_of_memory(err);
    else
        rc = read_stream(stream, text, first_line, err);
    if (rc) {
        bw_yaml_free(stream);
        return rc;
    }
    *ret_stream = stream;
    return 0;
}

void bw_yaml_free(struct bw_yaml_stream *stream)
{
    if (!stream)
        return;
    bw_arena_free(stream->arena);
    free(stream);
}

void bw_yaml_freep(struct bw_yaml_stream **stream)
{
    bw_yaml_free(*stream);
    *stream = NULL;
}

/* Aliases point at no alias. */
static const struct bw_yaml *resolve(const struct bw_yaml *value)
{
    return value && value->target ? value->target : value;
}

const struct bw_yaml *bw_yaml_first(const struct bw_yaml_stream *stream)
{
    return stream->first;
}

const struct bw_yaml *bw_yaml_next_document(const struct bw_yaml *root)
{
    return root ? root->next : NULL;
}

enum bw_yaml_type bw_yaml_type(const struct bw_yaml *value)
{
    return value ? (enum bw_yaml_type)value->type : BW_YAML_ABSENT;
}

struct bw_str bw_yaml_text(const struct bw_yaml *value)
{
    return value ? value->text : (struct bw_str){0};
}

bool bw_yaml_is_plain(const struct bw_yaml *value)
{
    return value && value->plain;
}

struct bw_str bw_yaml_tag(const struct bw_yaml *value)
{
    return value ? value->tag : (struct bw_str){0};
}

uint32_t bw_yaml_line(const struct bw_yaml *value)
{
    return value ? value->line : 0;
}

uint32_t bw_yaml_column(const struct bw_yaml *value)
{
    return value ? value->column : 0;
}

const struct bw_yaml *bw_yaml_get(const struct bw_yaml *mapping, const char *key)
{
    const struct bw_yaml *found = NULL;
    struct bw_str name = bw_str(key);
    if (bw_yaml_type(mapping) != BW_YAML_MAPPING)
        return NULL;
    struct bw_yaml_iter it = bw_yaml_iter(mapping);
    for (const struct bw_yaml *value; (value = bw_yaml_next(&it));)
        if (bw_yaml_type(it.key) == BW_YAML_SCALAR && bw_str_eq(it.key->text, name))
            found = value;
    return found;
}

size_t bw_yaml_size(const struct bw_yaml *value)
{
    return value ? value->n : 0;
}

struct bw_yaml_iter bw_yaml_iter(const struct bw_yaml *value)
{
    return (struct bw_yaml_iter){.at = value ? value->first : NULL};
}

const struct bw_yaml *bw_yaml_next(struct bw_yaml_iter *it)
{
    const struct bw_yaml *value = it->at;
    if (!value)
        return NULL;
    it->key = resolve(value->key);
    it->alias = value->target;
    it->at = value->next;
    return resolve(value);
}
