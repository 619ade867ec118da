#include "extract/toml.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"

/* Values, the escaped strings, and the keys of large tables a second time. */
#define ARENA_MAX (BW_TOML_VALUES_MAX * (size_t)128 + 2 * BW_TOML_TEXT_MAX)

/* Members from which on a table's keys are looked up in the map. */
#define LINEAR_MAX 16u

enum {
    FROZEN = 1,    /* an inline table or an array in brackets: nothing may be added */
    HEADED = 2,    /* a table with a [header] of its own */
    DOTTED = 4,    /* a table that a dotted key made: no header may follow */
    OF_TABLES = 8, /* an array that [[headers]] fill */
};

struct bw_toml {
    struct bw_str key, text;
    struct bw_toml *first, *last, *next;
    uint32_t line, n;
    uint8_t type, flags;
};

struct bw_toml_doc {
    struct bw_arena *arena;
    struct bw_toml root;
};

struct reader {
    struct bw_arena *arena;
    struct bw_map members; /* of tables with more than LINEAR_MAX: address of the table, key */
    struct bw_str text;
    size_t at;
    uint32_t line, values;
    struct bw_err *err;
};

/* The parts of a key, "a.'b c'.d". */
struct path {
    struct bw_str parts[BW_TOML_DEPTH_MAX];
    uint32_t n;
};

static int bad(const struct reader *reader, const char *what)
{
    return bw_err_set(reader->err, BW_EFORMAT, "no valid TOML: %s at line %u", what, reader->line);
}

static int short_of_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory while reading TOML");
}

/* --- characters --- */

static int peek(const struct reader *reader)
{
    return reader->at < reader->text.n ? (uint8_t)reader->text.p[reader->at] : -1;
}

static bool ahead(const struct reader *reader, const char *what)
{
    return bw_str_starts(bw_str_from(reader->text, reader->at), bw_str(what));
}

static bool accept(struct reader *reader, char c)
{
    if (peek(reader) != (uint8_t)c)
        return false;
    reader->at++;
    return true;
}

static bool accept_newline(struct reader *reader)
{
    if (ahead(reader, "\r\n"))
        reader->at++;
    if (!accept(reader, '\n'))
        return false;
    reader->line++;
    return true;
}

static void skip_blanks(struct reader *reader)
{
    while (peek(reader) == ' ' || peek(reader) == '\t')
        reader->at++;
}

static void skip_comment(struct reader *reader)
{
    skip_blanks(reader);
    if (peek(reader) == '#')
        while (peek(reader) >= 0 && peek(reader) != '\n' && !ahead(reader, "\r\n"))
            reader->at++;
}

static void skip_lines(struct reader *reader)
{
    do
        skip_comment(reader);
    while (accept_newline(reader));
}

static bool is_bare_key(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool is_bare_value(int c)
{
    return is_bare_key(c) || c == '+' || c == '.' || c == ':';
}

/* --- strings --- */

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; --i > 0; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)((0xf00 >> n & 0xff) | c);
    return n;
}

/* At most four bytes for the six or ten of an escape. */
static int unescape_code(struct reader *reader, size_t digits, char *to, size_t *n)
{
    uint32_t c = 0;
    for (size_t i = 0; i < digits; i++, reader->at++) {
        int digit = hex_digit(peek(reader));
        if (digit < 0)
            return bad(reader, "an escape without its digits");
        c = c << 4 | (uint32_t)digit;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return bad(reader, "an escape that is no character");
    *n += put_utf8(to + *n, c);
    return 0;
}

/* The blanks and newlines behind a backslash at the end of a line; false where there is none. */
static bool skip_continuation(struct reader *reader)
{
    size_t at = reader->at;
    skip_blanks(reader);
    if (!accept_newline(reader)) {
        reader->at = at;
        return false;
    }
    do
        skip_blanks(reader);
    while (accept_newline(reader));
    return true;
}

static int unescape(struct reader *reader, bool multi, char *to, size_t *n)
{
    static const char names[] = "b\bt\tn\nf\fr\r\"\"\\\\";
    if (multi && skip_continuation(reader))
        return 0;
    int c = peek(reader);
    if (c == 'u' || c == 'U') {
        reader->at++;
        return unescape_code(reader, c == 'u' ? 4 : 8, to, n);
    }
    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if (names[i] == c) {
            reader->at++;
            to[(*n)++] = names[i + 1];
            return 0;
        }
    return bad(reader, "an unknown escape");
}

/* The index of the string's closing quotes, which the reader stands before the content of. The
 * content may end with one or two quotes more ("""a"""" is a and a quote). */
static int find_end(struct reader *reader, const char *quotes, size_t *ret_end, bool *ret_escaped)
{
    size_t n = strlen(quotes);
    *ret_escaped = false;
    for (size_t i = reader->at; i < reader->text.n; i++) {
        char c = reader->text.p[i];
        if (c == '\\' && quotes[0] == '"') {
            *ret_escaped = true;
            i++;
        } else if (c == '\n' && n == 1) {
            break;
        } else if (bw_str_starts(bw_str_from(reader->text, i), bw_str(quotes))) {
            while (n == 3 && i + 3 < reader->text.n && reader->text.p[i + 3] == quotes[0])
                i++;
            *ret_end = i;
            return 0;
        }
    }
    return bad(reader, "a string without its end");
}

static int read_escaped(struct reader *reader, size_t end, bool multi, struct bw_str *ret_text)
{
    char *to = bw_arena_alloc(reader->arena, end - reader->at);
    size_t n = 0;
    int rc = 0;
    if (!to)
        return short_of_memory(reader->err);
    while (!rc && reader->at < end) {
        char c = reader->text.p[reader->at++];
        reader->line += c == '\n';
        if (c == '\\')
            rc = unescape(reader, multi, to, &n);
        else
            to[n++] = c;
    }
    *ret_text = bw_str_n(to, n);
    return rc;
}

static int read_string(struct reader *reader, struct bw_str *ret_text)
{
    const char *quotes = ahead(reader, "\"\"\"") ? "\"\"\""
                         : ahead(reader, "'''")  ? "'''"
                         : peek(reader) == '"'   ? "\""
                                                 : "'";
    bool multi = quotes[1], escaped;
    size_t end = 0;
    reader->at += strlen(quotes);
    if (multi)
        accept_newline(reader);
    int rc = find_end(reader, quotes, &end, &escaped);
    if (rc)
        return rc;
    if (escaped) {
        rc = read_escaped(reader, end, multi, ret_text);
    } else {
        *ret_text = bw_str_n(reader->text.p + reader->at, end - reader->at);
        for (size_t i = reader->at; i < end; i++)
            reader->line += reader->text.p[i] == '\n';
    }
    reader->at = end + strlen(quotes);
    return rc;
}

/* --- keys and tables --- */

static int read_key(struct reader *reader, struct bw_str *ret_key)
{
    size_t start = reader->at;
    if (peek(reader) == '"' || peek(reader) == '\'') {
        if (ahead(reader, "\"\"\"") || ahead(reader, "'''"))
            return bad(reader, "a key in three quotes");
        return read_string(reader, ret_key);
    }
    while (is_bare_key(peek(reader)))
        reader->at++;
    if (reader->at == start)
        return bad(reader, "no key");
    *ret_key = bw_str_n(reader->text.p + start, reader->at - start);
    return 0;
}

static int read_path(struct reader *reader, struct path *path)
{
    path->n = 0;
    do {
        if (path->n == BW_TOML_DEPTH_MAX)
            return bw_err_set(reader->err, BW_ELIMIT, "TOML key of more than %u parts, at line %u",
                              BW_TOML_DEPTH_MAX, reader->line);
        skip_blanks(reader);
        int rc = read_key(reader, &path->parts[path->n++]);
        if (rc)
            return rc;
        skip_blanks(reader);
    } while (accept(reader, '.'));
    return 0;
}

/* The key of a member in the map; p is NULL where memory is short. */
static struct bw_str member_key(struct reader *reader, const struct bw_toml *table,
                                struct bw_str key)
{
    char *p = bw_arena_alloc(reader->arena, sizeof table + key.n);
    if (!p)
        return (struct bw_str){0};
    memcpy(p, &table, sizeof table);
    if (key.n)
        memcpy(p + sizeof table, key.p, key.n);
    return bw_str_n(p, sizeof table + key.n);
}

static int map_member(struct reader *reader, const struct bw_toml *table, struct bw_toml *member)
{
    struct bw_str key = member_key(reader, table, member->key);
    struct bw_map_item *item = key.p ? bw_map_at(&reader->members, key) : NULL;
    if (!item)
        return short_of_memory(reader->err);
    item->value = member;
    return 0;
}

static int find_member(struct reader *reader, struct bw_toml *table, struct bw_str key,
                       struct bw_toml **ret_member)
{
    *ret_member = NULL;
    if (table->n > LINEAR_MAX) {
        struct bw_str long_key = member_key(reader, table, key);
        if (!long_key.p)
            return short_of_memory(reader->err);
        *ret_member = bw_map_get(&reader->members, long_key);
        return 0;
    }
    for (struct bw_toml *it = table->first; it && !*ret_member; it = it->next)
        if (bw_str_eq(it->key, key))
            *ret_member = it;
    return 0;
}

static int add(struct reader *reader, struct bw_toml *to, struct bw_str key, enum bw_toml_type type,
               struct bw_toml **ret_value)
{
    if (reader->values++ >= BW_TOML_VALUES_MAX)
        return bw_err_set(reader->err, BW_ELIMIT, "TOML of more than %u values, at line %u",
                          BW_TOML_VALUES_MAX, reader->line);
    struct bw_toml *value = bw_arena_alloc(reader->arena, sizeof *value);
    if (!value)
        return short_of_memory(reader->err);
    *value = (struct bw_toml){.key = key, .line = reader->line, .type = (uint8_t)type};
    if (to->last)
        to->last->next = value;
    else
        to->first = value;
    to->last = value;
    to->n++;
    *ret_value = value;
    if (to->type != BW_TOML_TABLE || to->n <= LINEAR_MAX)
        return 0;
    int rc = 0;
    if (to->n > LINEAR_MAX + 1)
        return map_member(reader, to, value);
    for (struct bw_toml *it = to->first; it && !rc; it = it->next)
        rc = map_member(reader, to, it);
    return rc;
}

/* The table that a key leads to from another, made where it is missing; of an array of tables the
 * last one. */
static int step(struct reader *reader, struct bw_toml **at, struct bw_str key, uint8_t flags)
{
    struct bw_toml *member;
    int rc = find_member(reader, *at, key, &member);
    if (!rc && !member) {
        rc = add(reader, *at, key, BW_TOML_TABLE, &member);
        if (!rc)
            member->flags = flags;
    }
    if (rc)
        return rc;
    if (member->flags & OF_TABLES && flags != DOTTED)
        member = member->last;
    if (member->type != BW_TOML_TABLE || member->flags & FROZEN ||
        (flags == DOTTED && member->flags & HEADED))
        return bad(reader, "a key leads through what is no table to be added to");
    *at = member;
    return 0;
}

static int walk(struct reader *reader, struct bw_toml **at, const struct path *path, uint8_t flags)
{
    int rc = 0;
    for (uint32_t i = 0; !rc && i + 1 < path->n; i++)
        rc = step(reader, at, path->parts[i], flags);
    return rc;
}

/* --- values --- */

static int read_value(struct reader *reader, struct bw_toml *to, struct bw_str key, unsigned depth);

/* KEY = VALUE into a table. */
static int read_pair(struct reader *reader, struct bw_toml *table, unsigned depth)
{
    struct path path;
    struct bw_toml *member;
    int rc = read_path(reader, &path);
    if (!rc && !accept(reader, '='))
        rc = bad(reader, "no '=' behind a key");
    if (!rc)
        rc = walk(reader, &table, &path, DOTTED);
    if (!rc)
        rc = find_member(reader, table, path.parts[path.n - 1], &member);
    if (rc)
        return rc;
    if (member)
        return bad(reader, "a key for the second time");
    skip_blanks(reader);
    return read_value(reader, table, path.parts[path.n - 1], depth + path.n);
}

static int read_array(struct reader *reader, struct bw_toml *array, unsigned depth)
{
    reader->at++;
    for (;;) {
        skip_lines(reader);
        if (accept(reader, ']'))
            return 0;
        int rc = read_value(reader, array, (struct bw_str){0}, depth + 1);
        if (rc)
            return rc;
        skip_lines(reader);
        if (accept(reader, ']'))
            return 0;
        if (!accept(reader, ','))
            return bad(reader, "an array without its end");
    }
}

/* Newlines are let pass, as TOML 1.1 does. */
static int read_inline(struct reader *reader, struct bw_toml *table, unsigned depth)
{
    reader->at++;
    for (;;) {
        skip_lines(reader);
        if (accept(reader, '}'))
            return 0;
        int rc = read_pair(reader, table, depth);
        if (rc)
            return rc;
        skip_lines(reader);
        if (accept(reader, '}'))
            return 0;
        if (!accept(reader, ','))
            return bad(reader, "an inline table without its end");
    }
}

/* Dates may have one blank, before the time. */
static int read_bare(struct reader *reader, struct bw_str *ret_text)
{
    size_t start = reader->at;
    while (is_bare_value(peek(reader)) ||
           (peek(reader) == ' ' && reader->at == start + 10 && reader->text.p[start + 4] == '-' &&
            reader->at + 1 < reader->text.n && reader->text.p[reader->at + 1] >= '0' &&
            reader->text.p[reader->at + 1] <= '9'))
        reader->at++;
    struct bw_str s = bw_str_n(reader->text.p + start, reader->at - start);
    struct bw_str magnitude = bw_str_from(s, s.n && (s.p[0] == '+' || s.p[0] == '-'));
    bool word = bw_str_eq(s, BW_STR("true")) || bw_str_eq(s, BW_STR("false")) ||
                bw_str_eq(magnitude, BW_STR("inf")) || bw_str_eq(magnitude, BW_STR("nan"));
    if (!word && !(magnitude.n && magnitude.p[0] >= '0' && magnitude.p[0] <= '9'))
        return bad(reader, "no value");
    *ret_text = s;
    return 0;
}

static int read_value(struct reader *reader, struct bw_toml *to, struct bw_str key, unsigned depth)
{
    int c = peek(reader), rc;
    struct bw_toml *value;
    enum bw_toml_type type = c == '"' || c == '\'' ? BW_TOML_STRING
                             : c == '['            ? BW_TOML_ARRAY
                             : c == '{'            ? BW_TOML_TABLE
                                                   : BW_TOML_BARE;
    if (depth > BW_TOML_DEPTH_MAX)
        return bw_err_set(reader->err, BW_ELIMIT, "TOML deeper than %u levels, at line %u",
                          BW_TOML_DEPTH_MAX, reader->line);
    rc = add(reader, to, key, type, &value);
    if (rc)
        return rc;
    if (type == BW_TOML_ARRAY)
        rc = read_array(reader, value, depth);
    else if (type == BW_TOML_TABLE)
        rc = read_inline(reader, value, depth);
    else if (type == BW_TOML_STRING)
        rc = read_string(reader, &value->text);
    else
        rc = read_bare(reader, &value->text);
    value->flags |= FROZEN;
    return rc;
}

/* --- lines --- */

static int open_element(struct reader *reader, struct bw_toml **at, struct bw_str key)
{
    struct bw_toml *array;
    int rc = find_member(reader, *at, key, &array);
    if (!rc && !array) {
        rc = add(reader, *at, key, BW_TOML_ARRAY, &array);
        if (!rc)
            array->flags = OF_TABLES;
    }
    if (rc)
        return rc;
    if (!(array->flags & OF_TABLES))
        return bad(reader, "a [[header]] for what is no array of tables");
    return add(reader, array, (struct bw_str){0}, BW_TOML_TABLE, at);
}

static int open_table(struct reader *reader, struct bw_toml **at, struct bw_str key)
{
    struct bw_toml *table;
    int rc = find_member(reader, *at, key, &table);
    if (!rc && !table)
        rc = add(reader, *at, key, BW_TOML_TABLE, &table);
    if (rc)
        return rc;
    if (table->type != BW_TOML_TABLE || table->flags)
        return bad(reader, "a table for the second time");
    table->flags = HEADED;
    *at = table;
    return 0;
}

static int read_header(struct reader *reader, struct bw_toml *root, struct bw_toml **ret_table)
{
    struct path path;
    struct bw_toml *at = root;
    reader->at++;
    bool element = accept(reader, '[');
    int rc = read_path(reader, &path);
    if (!rc && (!accept(reader, ']') || (element && !accept(reader, ']'))))
        rc = bad(reader, "a header without its end");
    if (!rc)
        rc = walk(reader, &at, &path, 0);
    if (!rc && element)
        rc = open_element(reader, &at, path.parts[path.n - 1]);
    else if (!rc)
        rc = open_table(reader, &at, path.parts[path.n - 1]);
    *ret_table = at;
    return rc;
}

static int read_text(struct reader *reader, struct bw_toml *root)
{
    struct bw_toml *table = root;
    if (ahead(reader, "\xef\xbb\xbf"))
        reader->at += 3;
    for (;;) {
        skip_lines(reader);
        if (peek(reader) < 0)
            return 0;
        int rc =
            peek(reader) == '[' ? read_header(reader, root, &table) : read_pair(reader, table, 0);
        if (rc)
            return rc;
        skip_comment(reader);
        if (peek(reader) >= 0 && !accept_newline(reader))
            return bad(reader, "more than one thing");
    }
}

int bw_toml_parse(struct bw_toml_doc **ret_doc, struct bw_str text, struct bw_err *err)
{
    if (text.n > BW_TOML_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "TOML of %zu bytes is longer than the limit of %zu",
                          text.n, BW_TOML_TEXT_MAX);
    if (!bw_str_is_utf8(text))
        return bw_err_set(err, BW_EFORMAT, "no valid TOML: not in UTF-8");
    struct bw_toml_doc *doc = calloc(1, sizeof *doc);
    if (doc)
        doc->arena = bw_arena_new(ARENA_MAX);
    if (!doc || !doc->arena) {
        free(doc);
        return short_of_memory(err);
    }
    doc->root = (struct bw_toml){.type = BW_TOML_TABLE, .line = 1};
    struct reader reader = {.arena = doc->arena,
                            .members = BW_MAP(BW_TOML_VALUES_MAX),
                            .text = text,
                            .line = 1,
                            .err = err};
    int rc = read_text(&reader, &doc->root);
    bw_map_free(&reader.members);
    if (rc) {
        bw_toml_free(doc);
        return rc;
    }
    *ret_doc = doc;
    return 0;
}

void bw_toml_free(struct bw_toml_doc *doc)
{
    if (!doc)
        return;
    bw_arena_free(doc->arena);
    free(doc);
}

void bw_toml_freep(struct bw_toml_doc **doc)
{
    bw_toml_free(*doc);
    *doc = NULL;
}

const struct bw_toml *bw_toml_root(const struct bw_toml_doc *doc)
{
    return &doc->root;
}

enum bw_toml_type bw_toml_type(const struct bw_toml *value)
{
    return value ? (enum bw_toml_type)value->type : BW_TOML_ABSENT;
}

struct bw_str bw_toml_string(const struct bw_toml *value)
{
    return bw_toml_type(value) == BW_TOML_STRING ? value->text : (struct bw_str){0};
}

struct bw_str bw_toml_text(const struct bw_toml *value)
{
    return value ? value->text : (struct bw_str){0};
}

const struct bw_toml *bw_toml_get(const struct bw_toml *table, const char *key)
{
    if (bw_toml_type(table) != BW_TOML_TABLE)
        return NULL;
    for (const struct bw_toml *it = table->first; it; it = it->next)
        if (bw_str_eq(it->key, bw_str(key)))
            return it;
    return NULL;
}

size_t bw_toml_size(const struct bw_toml *value)
{
    return value ? value->n : 0;
}

uint32_t bw_toml_line(const struct bw_toml *value)
{
    return value ? value->line : 0;
}

struct bw_str bw_toml_key(const struct bw_toml *value)
{
    return value ? value->key : (struct bw_str){0};
}

const struct bw_toml *bw_toml_first(const struct bw_toml *value)
{
    return value ? value->first : NULL;
}

const struct bw_toml *bw_toml_next(const struct bw_toml *value)
{
    return value ? value->next : NULL;
}
