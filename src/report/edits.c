#include "report/edits.h"

#include <stdlib.h>

#include "wrap/json.h"

#define CONTEXT 3u

void bw_edits_free(struct bw_edits *edits)
{
    BW_VEC_FREE(edits);
}

/* --- places --- */

/* Where a line begins; SIZE_MAX past the end. */
static size_t line_start(struct bw_str text, uint32_t line)
{
    size_t at = 0;
    for (uint32_t i = 1; i < line; i++) {
        size_t end = bw_str_find(bw_str_from(text, at), '\n');
        if (end == SIZE_MAX)
            return SIZE_MAX;
        at += end + 1;
    }
    return at;
}

static bool offset_of(const struct bw_edits *edits, uint32_t index, size_t *ret_at,
                      struct bw_value_place *ret_place)
{
    if (index == 0 || index >= edits->places_n || !edits->places[index].column)
        return false;
    *ret_place = edits->places[index];
    if (ret_place->file != edits->file)
        return false;
    size_t at = line_start(edits->text, ret_place->line);
    for (uint32_t column = 1; at < edits->text.n && column < ret_place->column; column++) {
        at++;
        while (at < edits->text.n && ((uint8_t)edits->text.p[at] & 0xc0) == 0x80)
            at++;
    }
    *ret_at = at;
    return at != SIZE_MAX && at <= edits->text.n;
}

static bool is_word(char c)
{
    return c && strchr(" \t\r\n,]}#\"'", c) == NULL;
}

/* How many bytes a scalar takes that stands at the front of `rest`; 0 where something else does. */
static size_t written_length(struct bw_str rest, struct bw_value value)
{
    struct bw_str text = bw_value_text(value);
    size_t n = 0;
    if (value.kind == BW_VALUE_STRING) {
        if (bw_str_starts(rest, text))
            return text.n;
        bool quoted = rest.n > text.n + 1 && (rest.p[0] == '"' || rest.p[0] == '\'') &&
                      bw_str_starts(bw_str_from(rest, 1), text) && rest.p[text.n + 1] == rest.p[0];
        return quoted ? text.n + 2 : 0;
    }
    if (value.kind != BW_VALUE_BOOL && value.kind != BW_VALUE_INT && value.kind != BW_VALUE_DOUBLE)
        return 0;
    while (n < rest.n && is_word(rest.p[n]))
        n++;
    return n;
}

static int refuse(struct bw_err *err, const char *why)
{
    return bw_err_set(err, BW_EUNSUPPORTED, "%s", why);
}

static int push(struct bw_edits *edits, size_t at, size_t remove, struct bw_str insert,
                struct bw_err *err)
{
    struct bw_edit *edit = BW_VEC_PUSH(edits, BW_EDITS_MAX);
    struct bw_str copy = bw_arena_str(edits->arena, insert);
    if (!edit || !copy.p)
        return bw_err_set(err, BW_ELIMIT, "more than %u changes to one file", BW_EDITS_MAX);
    *edit = (struct bw_edit){at, remove, copy};
    return 0;
}

/* --- scalars --- */

enum how {
    REPLACE,
    BEFORE,
    AFTER
};

static int edit_scalar(struct bw_edits *edits, struct bw_value value, enum how how,
                       struct bw_str text, struct bw_err *err)
{
    struct bw_value_place place;
    size_t at;
    if (!offset_of(edits, value.place, &at, &place))
        return refuse(err, "the value is not written in this file");
    size_t n = written_length(bw_str_from(edits->text, at), value);
    if (!n)
        return refuse(err, "the value is written in a way that is not changed mechanically");
    return push(edits, how == AFTER ? at + n : at, how == REPLACE ? n : 0, text, err);
}

/* --- YAML --- */

static void put_indent(struct bw_buf *buf, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        bw_buf_byte(buf, ' ');
}

static bool is_plain(struct bw_str s)
{
    if (!s.n || strchr("-?:,[]{}#&*!|>'\"%@` ", s.p[0]) || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < 0x20 || s.p[i] == ':' || s.p[i] == '#')
            return false;
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "~",   "y",  "n"};
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq_nocase(s, bw_str(words[i])))
            return false;
    return s.p[0] < '0' || s.p[0] > '9';
}

static bool put_scalar(struct bw_buf *buf, struct bw_value value)
{
    if (value.kind == BW_VALUE_STRING && is_plain(bw_value_text(value)))
        bw_buf_str(buf, bw_value_text(value));
    else if (value.kind == BW_VALUE_STRING)
        bw_json_quote(buf, bw_value_text(value));
    else if (value.kind == BW_VALUE_BOOL)
        bw_buf_str(buf, bw_str(value.u ? "true" : "false"));
    else if (value.kind == BW_VALUE_INT)
        bw_buf_printf(buf, "%lld", (long long)value.i);
    else
        return false;
    return true;
}

/* "key: value" and what is below it, each line ended by a newline. */
static bool put_member(struct bw_buf *buf, struct bw_value key, struct bw_value value,
                       unsigned indent, unsigned depth)
{
    put_indent(buf, indent);
    if (depth > BW_EDIT_DEPTH_MAX || !put_scalar(buf, key))
        return false;
    bw_buf_byte(buf, ':');
    if (value.kind == BW_VALUE_MAP) {
        bw_buf_byte(buf, '\n');
        for (uint32_t i = 0; i < value.map->n; i++)
            if (!put_member(buf, value.map->v[i].key, value.map->v[i].value, indent + 2, depth + 1))
                return false;
        return value.map->n > 0;
    }
    if (value.kind == BW_VALUE_LIST) {
        for (uint32_t i = 0; i < value.list->n; i++) {
            bw_buf_byte(buf, '\n');
            put_indent(buf, indent + 2);
            bw_buf_str(buf, BW_STR("- "));
            if (!put_scalar(buf, value.list->v[i]))
                return false;
        }
        bw_buf_byte(buf, '\n');
        return value.list->n > 0;
    }
    bw_buf_byte(buf, ' ');
    bool done = put_scalar(buf, value);
    bw_buf_byte(buf, '\n');
    return done;
}

/* The last line that a value reaches, as far as places tell. */
static uint32_t last_line(const struct bw_edits *edits, struct bw_value value, unsigned depth)
{
    uint32_t line = value.place < edits->places_n ? edits->places[value.place].line : 0;
    for (uint32_t i = 0; depth < BW_VALUE_DEPTH_MAX && i < bw_value_count(value); i++) {
        struct bw_value child =
            value.kind == BW_VALUE_LIST ? value.list->v[i] : value.map->v[i].value;
        uint32_t below = last_line(edits, child, depth + 1);
        line = below > line ? below : line;
    }
    return line;
}

/* The next member, from *i on, whose key stands in the text: a reader may have added others. */
static bool written_member(const struct bw_edits *edits, struct bw_value map, uint32_t *i,
                           size_t *ret_at, struct bw_value_place *ret_place)
{
    while (*i < map.map->n)
        if (offset_of(edits, map.map->v[(*i)++].key.place, ret_at, ret_place))
            return true;
    return false;
}

/* A new member goes before the second one, or behind the only one: the first may share its line
 * with the dash of a sequence. */
static int add_member(struct bw_edits *edits, struct bw_value map, struct bw_value key,
                      struct bw_value value, struct bw_err *err)
{
    struct bw_value_place first, second;
    size_t at, before;
    uint32_t i = 0;
    if (!written_member(edits, map, &i, &at, &first))
        return refuse(err, "the mapping is empty, or not written in the file");
    if (edits->text.p[line_start(edits->text, first.line)] == '{' ||
        bw_str_find(bw_str_n(edits->text.p + line_start(edits->text, first.line),
                             at - line_start(edits->text, first.line)),
                    '{') != SIZE_MAX)
        return refuse(err, "the mapping is written in flow style");
    uint32_t line = last_line(edits, map, 0) + 1;
    if (written_member(edits, map, &i, &before, &second)) {
        if (second.column != first.column || second.line <= first.line)
            return refuse(err, "the mapping is written in a way that is not changed mechanically");
        line = second.line;
    }
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
    size_t start = line_start(edits->text, line);
    if (start == SIZE_MAX) {
        start = edits->text.n;
        if (start && edits->text.p[start - 1] != '\n')
            bw_buf_byte(&text, '\n');
    }
    if (!put_member(&text, key, value, first.column - 1, 0) || bw_buf_failed(&text))
        return refuse(err, "what is to be set is no value that is written mechanically");
    return push(edits, start, 0, bw_buf_slice(&text), err);
}

static int set_members(struct bw_edits *edits, struct bw_value map, struct bw_value members,
                       unsigned depth, struct bw_err *err)
{
    int rc = 0;
    if (map.kind != BW_VALUE_MAP || members.kind != BW_VALUE_MAP || depth > BW_EDIT_DEPTH_MAX)
        return refuse(err, "members are set in a mapping alone");
    for (uint32_t i = 0; i < members.map->n && rc == 0; i++) {
        struct bw_value key = members.map->v[i].key, value = members.map->v[i].value;
        struct bw_value old = bw_value_find(map, key);
        if (old.kind == BW_VALUE_MAP && bw_value_count(old)) {
            rc = set_members(edits, old, value, depth + 1, err);
        } else if (old.kind != BW_VALUE_ABSENT && !(old.flags & BW_VALUE_DEFAULT)) {
            struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
            if (!put_scalar(&text, value))
                return refuse(err, "a value that is there is replaced by a scalar alone");
            rc = edit_scalar(edits, old, REPLACE, bw_buf_slice(&text), err);
        } else {
            rc = add_member(edits, map, key, value, err);
        }
    }
    return rc;
}

int bw_edits_add(struct bw_edits *edits, struct bw_value change, struct bw_err *err)
{
    static const char *const words[] = {
        [REPLACE] = "replace", [BEFORE] = "before", [AFTER] = "after"};
    struct bw_value at = bw_value_get(change, BW_STR("at"));
    struct bw_value set = bw_value_get(change, BW_STR("set"));
    size_t n = edits->n;
    if (at.kind == BW_VALUE_ABSENT)
        return bw_err_set(err, BW_EFORMAT, "a change without \"at\"");
    if (set.kind != BW_VALUE_ABSENT) {
        int rc = set_members(edits, at, set, 0, err);
        edits->n = rc ? n : edits->n;
        return rc;
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        struct bw_value text = bw_value_get(change, bw_str(words[i]));
        if (text.kind == BW_VALUE_STRING)
            return edit_scalar(edits, at, (enum how)i, bw_value_text(text), err);
    }
    return bw_err_set(err, BW_EFORMAT, "a change that is no replace, before, after or set");
}

/* --- applying --- */

static int by_place(const void *left, const void *right)
{
    const struct bw_edit *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return bw_str_cmp(a->insert, b->insert);
}

static struct bw_str first_line(struct bw_str s)
{
    return bw_str_take(s, bw_str_find(s, '\n'));
}

/* New lines at one place stand one behind the other, unless both bring the same member. */
static bool stands_beside(const struct bw_edit *a, const struct bw_edit *b)
{
    return !a->remove && !b->remove && bw_str_ends(a->insert, BW_STR("\n")) &&
           bw_str_ends(b->insert, BW_STR("\n")) &&
           !bw_str_eq(first_line(a->insert), first_line(b->insert));
}

size_t bw_edits_apply(struct bw_edits *edits, struct bw_buf *ret_text)
{
    size_t at = 0, left_out = 0;
    const struct bw_edit *before = NULL;
    if (edits->n)
        qsort(edits->v, edits->n, sizeof *edits->v, by_place);
    for (size_t i = 0; i < edits->n; i++) {
        const struct bw_edit *edit = &edits->v[i];
        bool same = before && edit->at == before->at && edit->remove == before->remove &&
                    bw_str_eq(edit->insert, before->insert);
        if (same)
            continue; /* two policies want the same */
        if (edit->at < at || (before && edit->at == before->at && !stands_beside(before, edit))) {
            left_out++;
            continue;
        }
        bw_buf_str(ret_text, bw_str_n(edits->text.p + at, edit->at - at));
        bw_buf_str(ret_text, edit->insert);
        at = edit->at + edit->remove;
        before = edit;
    }
    bw_buf_str(ret_text, bw_str_from(edits->text, at));
    return left_out;
}

/* --- the diff --- */

/* Lines of both texts that differ: all between two that are the same. */
struct hunk {
    size_t before, before_n, after, after_n;
};

struct lines {
    BW_VEC(struct bw_str);
};

static void split(struct bw_str text, struct lines *lines)
{
    while (text.n) {
        size_t end = bw_str_find(text, '\n');
        size_t n = end == SIZE_MAX ? text.n : end + 1;
        struct bw_str *slot = BW_VEC_PUSH(lines, SIZE_MAX / sizeof *slot);
        if (!slot)
            return;
        *slot = bw_str_take(text, n);
        text = bw_str_from(text, n);
    }
}

/* Edits are few and small: the next place where the texts meet again is near. */
static bool meet(const struct lines *a, const struct lines *b, size_t i, size_t j, size_t *ret_i,
                 size_t *ret_j)
{
    for (size_t distance = 1; distance <= a->n - i + b->n - j; distance++)
        for (size_t x = 0; x <= distance; x++) {
            size_t p = i + x, q = j + distance - x;
            if (p > a->n || q > b->n)
                continue;
            bool end = p == a->n && q == b->n;
            if (end || (p < a->n && q < b->n && bw_str_eq(a->v[p], b->v[q]))) {
                *ret_i = p;
                *ret_j = q;
                return true;
            }
        }
    return false;
}

static void put_line(struct bw_buf *buf, char mark, struct bw_str line)
{
    bw_buf_byte(buf, (uint8_t)mark);
    bw_buf_str(buf, line);
    if (!bw_str_ends(line, BW_STR("\n")))
        bw_buf_str(buf, BW_STR("\n\\ No newline at end of file\n"));
}

/* Hunks [from, to) are near enough to share their context. */
static void put_hunks(struct bw_buf *buf, const struct lines *a, const struct lines *b,
                      const struct hunk *hunks, size_t n)
{
    const struct hunk *first = &hunks[0], *last = &hunks[n - 1];
    size_t start = first->before > CONTEXT ? first->before - CONTEXT : 0;
    size_t end = last->before + last->before_n + CONTEXT;
    end = end < a->n ? end : a->n;
    size_t shift_start = first->after - (first->before - start);
    size_t after_n =
        last->after + last->after_n + (end - last->before - last->before_n) - shift_start;
    bw_buf_printf(buf, "@@ -%zu,%zu +%zu,%zu @@\n", end > start ? start + 1 : start, end - start,
                  after_n ? shift_start + 1 : shift_start, after_n);
    size_t at = start;
    for (size_t h = 0; h < n; h++) {
        for (; at < hunks[h].before; at++)
            put_line(buf, ' ', a->v[at]);
        for (size_t i = 0; i < hunks[h].before_n; i++)
            put_line(buf, '-', a->v[at++]);
        for (size_t i = 0; i < hunks[h].after_n; i++)
            put_line(buf, '+', b->v[hunks[h].after + i]);
    }
    for (; at < end; at++)
        put_line(buf, ' ', a->v[at]);
}

void bw_edits_diff(struct bw_str path, struct bw_str before, struct bw_str after,
                   struct bw_buf *ret_diff)
{
    struct lines a = {0}, b = {0};
    BW_VEC_TYPE(hunks, struct hunk) hunks = {0};
    split(before, &a);
    split(after, &b);
    for (size_t i = 0, j = 0; i < a.n || j < b.n;) {
        size_t p = i + 1, q = j + 1;
        if (i < a.n && j < b.n && bw_str_eq(a.v[i], b.v[j])) {
            i = p;
            j = q;
            continue;
        }
        struct hunk *hunk = BW_VEC_PUSH(&hunks, 2 * (size_t)BW_EDITS_MAX);
        if (!hunk || !meet(&a, &b, i, j, &p, &q))
            break;
        *hunk = (struct hunk){i, p - i, j, q - j};
        i = p;
        j = q;
    }
    if (hunks.n)
        bw_buf_printf(ret_diff, "--- %" BW_STR_F "\n+++ %" BW_STR_F "\n", BW_STR_A(path),
                      BW_STR_A(path));
    for (size_t from = 0, to; from < hunks.n; from = to) {
        for (to = from + 1; to < hunks.n; to++)
            if (hunks.v[to].before - (hunks.v[to - 1].before + hunks.v[to - 1].before_n) >
                2 * (size_t)CONTEXT)
                break;
        put_hunks(ret_diff, &a, &b, &hunks.v[from], to - from);
    }
    BW_VEC_FREE(&a);
    BW_VEC_FREE(&b);
    BW_VEC_FREE(&hunks);
}
