#include "extract/json-value.h"

#include "wrap/json.h"

struct walk {
    struct bw_reading *reading;
    uint32_t file;
    enum bw_json_duplicates duplicates;
    struct bw_str text; /* empty: no places are wanted, and every step stays where it is */
    size_t at;
    uint32_t line, column; /* of `at` */
    bool mixed;            /* a gap has said so */
    unsigned doubts;
    struct bw_err *err;
};

/* --- the text: valid JSON, so that a glance tells what comes next --- */

static void advance(struct walk *walk)
{
    if (walk->at == walk->text.n)
        return;
    uint8_t byte = (uint8_t)walk->text.p[walk->at++];
    if (byte == '\n') {
        walk->line++;
        walk->column = 1;
    } else if ((byte & 0xc0) != 0x80) {
        walk->column++;
    }
}

static char next(const struct walk *walk)
{
    return walk->at < walk->text.n ? walk->text.p[walk->at] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct walk *walk)
{
    while (is_blank(next(walk)))
        advance(walk);
}

static void skip_string(struct walk *walk)
{
    advance(walk);
    while (walk->at < walk->text.n && next(walk) != '"') {
        if (next(walk) == '\\')
            advance(walk);
        advance(walk);
    }
    advance(walk);
}

static struct bw_str skip_word(struct walk *walk)
{
    size_t from = walk->at;
    while (walk->at < walk->text.n && !is_blank(next(walk)) && !strchr(",]}", next(walk)))
        advance(walk);
    return bw_str_n(walk->text.p + from, walk->at - from);
}

static uint32_t place_here(struct walk *walk)
{
    if (!walk->text.n)
        return 0;
    return bw_reading_place(walk->reading, walk->file, walk->line, walk->column);
}

/* How many values and keys a text has; of one that is no JSON, something. */
static size_t count_values(struct bw_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            for (i++; i < text.n && text.p[i] != '"'; i++)
                i += text.p[i] == '\\';
        else
            n += text.p[i] == ',' || text.p[i] == ':' || text.p[i] == '[' || text.p[i] == '{';
    }
    return n;
}

/* --- values --- */

static int make_value(struct walk *walk, const struct bw_json *json, unsigned depth,
                      struct bw_value *ret_value);

/* Go decodes a second list over the elements of the first, so that what it leaves out stays: no
 * telling what comes of both without Go's types. */
static void tell_mixture(struct walk *walk, struct bw_value key, struct bw_value first,
                         struct bw_value second)
{
    if (walk->mixed || (first.kind != BW_VALUE_LIST && second.kind != BW_VALUE_LIST))
        return;
    walk->mixed = true;
    bw_reading_gap(walk->reading, BW_GAP_BLOCKING, walk->reading->places.v[key.place].line,
                   bw_str_take(bw_value_text(key), 60),
                   "the key stands twice, with a list: the elements of both are mixed");
}

static void merge(struct walk *walk, struct bw_value *map, struct bw_value key,
                  struct bw_value value)
{
    struct bw_value_maker *make = &walk->reading->make;
    const struct bw_value_member *old = bw_value_member(*map, key);
    if (old && value.kind == BW_VALUE_NULL)
        return;
    if (old)
        tell_mixture(walk, key, old->value, value);
    if (old && old->value.kind == BW_VALUE_MAP && value.kind == BW_VALUE_MAP) {
        struct bw_value both = old->value;
        for (uint32_t i = 0; i < value.map->n && !make->failed; i++)
            merge(walk, &both, value.map->v[i].key, value.map->v[i].value);
        value = both;
    }
    bw_value_put(make, map, key, value);
}

static void doubt(struct walk *walk, struct bw_value key)
{
    uint32_t line = walk->text.n ? walk->reading->places.v[key.place].line : 0;
    if (walk->doubts++ < BW_JSON_DOUBTS_MAX)
        bw_reading_gap(walk->reading, BW_GAP_BLOCKING, line, bw_str_take(bw_value_text(key), 60),
                       "the key stands twice: which one counts depends on who reads it");
}

static int put_member(struct walk *walk, struct bw_value *map, struct bw_value key,
                      struct bw_value value)
{
    struct bw_reading *reading = walk->reading;
    if (walk->duplicates != BW_JSON_DUPLICATES_REFUSED) {
        if (walk->duplicates == BW_JSON_DUPLICATES_DOUBTED && bw_value_member(*map, key))
            doubt(walk, key);
        merge(walk, map, key, value);
        return 0;
    }
    const struct bw_value_member *old = bw_value_member(*map, key);
    if (old && !walk->text.n)
        return bw_err_set(walk->err, BW_EFORMAT, "the key \"%" BW_STR_F "\" stands twice",
                          BW_STR_A(bw_str_take(bw_value_text(key), 60)));
    if (old)
        return bw_err_set(
            walk->err, BW_EFORMAT, "line %u: the key \"%" BW_STR_F "\" stands at line %u already",
            reading->places.v[key.place].line, BW_STR_A(bw_str_take(bw_value_text(key), 60)),
            reading->places.v[old->key.place].line);
    bw_value_put(&reading->make, map, key, value);
    return 0;
}

static int make_object(struct walk *walk, const struct bw_json *json, unsigned depth,
                       struct bw_value *ret_value)
{
    struct bw_value_maker *make = &walk->reading->make;
    struct bw_value map = bw_value_map(make, (uint32_t)bw_json_size(json));
    struct bw_json_iter it = bw_json_iter(json);
    advance(walk);
    for (const struct bw_json *member; (member = bw_json_next(&it));) {
        struct bw_value key = bw_value_string(make, it.key), value = {0};
        skip_blanks(walk);
        key.place = place_here(walk);
        skip_string(walk);
        skip_blanks(walk);
        advance(walk); /* the colon */
        int rc = make_value(walk, member, depth, &value);
        if (!rc)
            rc = put_member(walk, &map, key, value);
        if (rc)
            return rc;
        skip_blanks(walk);
        if (next(walk) == ',')
            advance(walk);
    }
    skip_blanks(walk);
    advance(walk);
    *ret_value = map;
    return 0;
}

static int make_array(struct walk *walk, const struct bw_json *json, unsigned depth,
                      struct bw_value *ret_value)
{
    struct bw_value_maker *make = &walk->reading->make;
    struct bw_value list = bw_value_list(make, (uint32_t)bw_json_size(json));
    struct bw_json_iter it = bw_json_iter(json);
    advance(walk);
    for (const struct bw_json *element; (element = bw_json_next(&it));) {
        struct bw_value value = {0};
        int rc = make_value(walk, element, depth, &value);
        if (rc)
            return rc;
        bw_value_add(make, &list, value);
        skip_blanks(walk);
        if (next(walk) == ',')
            advance(walk);
    }
    skip_blanks(walk);
    advance(walk);
    *ret_value = list;
    return 0;
}

static struct bw_value make_number(struct walk *walk, const struct bw_json *json)
{
    struct bw_str word = skip_word(walk);
    int64_t i = 0;
    double d = 0;
    if (bw_json_i64(json, &i) || bw_str_eq(word, BW_STR("-0")))
        return bw_value_int(i);
    (void)bw_json_double(json, &d);
    return bw_value_double(d);
}

static struct bw_value make_scalar(struct walk *walk, const struct bw_json *json)
{
    switch (bw_json_type(json)) {
    case BW_JSON_STRING:
        skip_string(walk);
        return bw_value_string(&walk->reading->make, bw_json_string(json));
    case BW_JSON_NUMBER:
        return make_number(walk, json);
    case BW_JSON_BOOL:
        skip_word(walk);
        return bw_value_bool(bw_json_is_true(json));
    default:
        skip_word(walk);
        return bw_value_null();
    }
}

static int make_value(struct walk *walk, const struct bw_json *json, unsigned depth,
                      struct bw_value *ret_value)
{
    struct bw_value value = {0};
    int rc = 0;
    skip_blanks(walk);
    if (!depth)
        return bw_err_set(walk->err, BW_ELIMIT, "line %u: deeper than %u levels", walk->line,
                          BW_VALUE_DEPTH_MAX);
    if (walk->reading->make.failed)
        return bw_err_set(walk->err, BW_ELIMIT, "line %u: more values than are held at a time",
                          walk->line);
    uint32_t place = place_here(walk);
    if (bw_json_type(json) == BW_JSON_OBJECT)
        rc = make_object(walk, json, depth - 1, &value);
    else if (bw_json_type(json) == BW_JSON_ARRAY)
        rc = make_array(walk, json, depth - 1, &value);
    else
        value = make_scalar(walk, json);
    if (rc)
        return rc;
    value.place = place;
    *ret_value = value;
    return 0;
}

int bw_json_value(struct bw_reading *reading, uint32_t file, struct bw_str text,
                  enum bw_json_duplicates duplicates, struct bw_value *ret_value,
                  struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        text = bw_str_from(text, 3);
    if (count_values(text) > BW_JSON_VALUES_MAX)
        return bw_err_set(err, BW_ELIMIT, "JSON of more than %u values", BW_JSON_VALUES_MAX);
    int rc = bw_json_parse(&doc, text, NULL, 0, err);
    if (rc)
        return rc;
    struct walk walk = {.reading = reading,
                        .file = file,
                        .duplicates = duplicates,
                        .text = text,
                        .line = 1,
                        .column = 1,
                        .err = err};
    return make_value(&walk, bw_json_root(doc), BW_VALUE_DEPTH_MAX, ret_value);
}

int bw_json_value_bare(struct bw_reading *reading, const struct bw_json *json,
                       enum bw_json_duplicates duplicates, struct bw_value *ret_value,
                       struct bw_err *err)
{
    struct walk walk = {
        .reading = reading, .duplicates = duplicates, .text = BW_STR(""), .err = err};
    return make_value(&walk, json, BW_VALUE_DEPTH_MAX, ret_value);
}
