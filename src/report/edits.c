#include "report/edits-state.h"

#include <stdlib.h>

void bw_edits_free(struct bw_edits *edits)
{
    BW_VEC_FREE(&edits->lines);
    BW_VEC_FREE(edits);
}

/* --- places --- */

static bool add_line(struct bw_edits *edits, size_t at)
{
    size_t *slot = BW_VEC_PUSH(&edits->lines, edits->text.n + 1);
    if (slot)
        *slot = at;
    return slot != NULL;
}

/* What ends a line for YAML and not for others: a lone CR, NEL, LS, PS. Places are then not where
 * they seem to be. */
static bool is_odd_break(struct bw_str rest)
{
    return (rest.p[0] == '\r' && (rest.n == 1 || rest.p[1] != '\n')) ||
           bw_str_starts(rest, BW_STR("\xc2\x85")) || bw_str_starts(rest, BW_STR("\xe2\x80\xa8")) ||
           bw_str_starts(rest, BW_STR("\xe2\x80\xa9"));
}

static void find_lines(struct bw_edits *edits)
{
    edits->looked = true;
    bool fine = add_line(edits, 0);
    for (size_t at = 0; fine && at < edits->text.n; at++)
        if (edits->text.p[at] == '\n')
            fine = add_line(edits, at + 1);
        else
            fine = !is_odd_break(bw_str_from(edits->text, at));
    edits->lines.n = fine ? edits->lines.n : 0;
}

size_t bw_edits_line(struct bw_edits *edits, uint32_t line)
{
    if (!edits->looked)
        find_lines(edits);
    return line && line <= edits->lines.n ? edits->lines.v[line - 1] : SIZE_MAX;
}

bool bw_edits_mark(struct bw_edits *edits, uint32_t index, struct bw_edits_mark *ret_mark)
{
    if (index == 0 || index >= edits->places_n)
        return false;
    struct bw_edits_mark mark = {.place = edits->places[index]};
    if (mark.place.file != edits->file || !mark.place.column ||
        mark.place.column > BW_EDIT_COLUMN_MAX)
        return false;
    mark.at = bw_edits_line(edits, mark.place.line);
    if (mark.at == SIZE_MAX)
        return false;
    for (uint32_t column = 1; mark.at < edits->text.n && column < mark.place.column; column++) {
        if (edits->text.p[mark.at] == '\n')
            return false;
        mark.at++;
        while (mark.at < edits->text.n && ((uint8_t)edits->text.p[mark.at] & 0xc0) == 0x80)
            mark.at++;
    }
    *ret_mark = mark;
    return mark.at <= edits->text.n;
}

static bool is_word(char c)
{
    return c && strchr(" \t\r\n,]}#\"'", c) == NULL;
}

/* Whether a word goes on here: what was read is then only its beginning ("a" of "a$B"). */
static bool goes_on(struct bw_str rest)
{
    uint8_t c = rest.n ? (uint8_t)rest.p[0] : ' ';
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return c && (letter || c >= 0x80 || strchr("_$\\\"'", c) != NULL);
}

static size_t written_string(struct bw_str rest, struct bw_str text)
{
    if (!text.n)
        return 0;
    if (bw_str_starts(rest, text))
        return goes_on(bw_str_from(rest, text.n)) ? 0 : text.n;
    bool quoted = rest.n > text.n + 1 && (rest.p[0] == '"' || rest.p[0] == '\'') &&
                  bw_str_starts(bw_str_from(rest, 1), text) && rest.p[text.n + 1] == rest.p[0];
    return quoted ? text.n + 2 : 0;
}

size_t bw_edits_written(const struct bw_edits *edits, size_t at, struct bw_value value)
{
    struct bw_str rest = bw_str_from(edits->text, at);
    size_t n = 0;
    if (value.kind == BW_VALUE_STRING)
        return written_string(rest, bw_value_text(value));
    if (value.kind != BW_VALUE_BOOL && value.kind != BW_VALUE_INT && value.kind != BW_VALUE_DOUBLE)
        return 0;
    while (n < rest.n && is_word(rest.p[n]))
        n++;
    return n;
}

int bw_edits_refuse(struct bw_err *err, const char *why)
{
    return bw_err_set(err, BW_EUNSUPPORTED, "%s", why);
}

/* As the text ends its lines. */
static struct bw_str with_its_line_ends(struct bw_edits *edits, struct bw_str insert)
{
    if (!insert.n)
        return BW_STR("");
    size_t end = bw_str_find(edits->text, '\n');
    bool returns = end != SIZE_MAX && end && edits->text.p[end - 1] == '\r';
    if (!returns || bw_str_find(insert, '\n') == SIZE_MAX)
        return bw_arena_str(edits->arena, insert);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_EDIT_INSERT_MAX);
    for (size_t i = 0; i < insert.n; i++) {
        if (insert.p[i] == '\n')
            bw_buf_byte(&buf, '\r');
        bw_buf_byte(&buf, (uint8_t)insert.p[i]);
    }
    return bw_buf_failed(&buf) ? (struct bw_str){0}
                               : bw_arena_str(edits->arena, bw_buf_slice(&buf));
}

int bw_edits_push(struct bw_edits *edits, size_t at, size_t remove, struct bw_str insert,
                  struct bw_err *err)
{
    struct bw_edit *edit = BW_VEC_PUSH(edits, BW_EDITS_MAX);
    struct bw_str copy = with_its_line_ends(edits, insert);
    if (!edit || !copy.p)
        return bw_err_set(err, BW_ELIMIT, "more than %u changes to one file", BW_EDITS_MAX);
    *edit = (struct bw_edit){at, remove, copy, edits->group};
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
    struct bw_edits_mark mark;
    if (!bw_edits_mark(edits, value.place, &mark))
        return bw_edits_refuse(err, "the value is not written in this file");
    size_t n = bw_edits_written(edits, mark.at, value);
    if (!n)
        return bw_edits_refuse(err,
                               "the value is written in a way that is not changed mechanically");
    return bw_edits_push(edits, how == AFTER ? mark.at + n : mark.at, how == REPLACE ? n : 0, text,
                         err);
}

int bw_edits_replace(struct bw_edits *edits, struct bw_value value, struct bw_str text,
                     struct bw_err *err)
{
    return edit_scalar(edits, value, REPLACE, text, err);
}

static int add_one(struct bw_edits *edits, struct bw_value change, struct bw_err *err)
{
    static const char *const words[] = {
        [REPLACE] = "replace", [BEFORE] = "before", [AFTER] = "after"};
    struct bw_value at = bw_value_get(change, BW_STR("at"));
    if (change.kind != BW_VALUE_MAP || at.kind == BW_VALUE_ABSENT)
        return bw_err_set(err, BW_EFORMAT, "a change without \"at\"");
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        struct bw_value text = bw_value_get(change, bw_str(words[i]));
        if (text.kind == BW_VALUE_STRING)
            return edit_scalar(edits, at, (enum how)i, bw_value_text(text), err);
    }
    return bw_edits_yaml(edits, at, change, err);
}

int bw_edits_add(struct bw_edits *edits, struct bw_value change, struct bw_err *err)
{
    size_t before = edits->n;
    int rc = 0;
    edits->group++;
    if (change.kind != BW_VALUE_LIST)
        rc = add_one(edits, change, err);
    for (uint32_t i = 0; change.kind == BW_VALUE_LIST && i < change.list->n && rc == 0; i++)
        rc = add_one(edits, change.list->v[i], err);
    edits->n = rc ? before : edits->n;
    return rc;
}

/* --- applying --- */

static int by_place(const void *left, const void *right)
{
    const struct bw_edit *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->remove != b->remove)
        return a->remove < b->remove ? -1 : 1;
    return bw_str_cmp(a->insert, b->insert);
}

static struct bw_str first_line(struct bw_str s)
{
    return bw_str_take(s, bw_str_find(s, '\n'));
}

static bool is_same(const struct bw_edit *a, const struct bw_edit *b)
{
    return a->at == b->at && a->remove == b->remove && bw_str_eq(a->insert, b->insert);
}

/* New lines at one place stand one behind the other, unless both bring the same member; so do new
 * words. */
static bool stands_beside(const struct bw_edit *a, const struct bw_edit *b)
{
    bool lines = bw_str_ends(a->insert, BW_STR("\n")) && bw_str_ends(b->insert, BW_STR("\n")) &&
                 !bw_str_eq(first_line(a->insert), first_line(b->insert));
    bool words = bw_str_starts(a->insert, BW_STR(" ")) && bw_str_starts(b->insert, BW_STR(" ")) &&
                 bw_str_find(a->insert, '\n') == SIZE_MAX &&
                 bw_str_find(b->insert, '\n') == SIZE_MAX;
    return !a->remove && !b->remove && (lines || words);
}

static bool meets(const struct bw_edit *before, const struct bw_edit *edit)
{
    return edit->at < before->at + before->remove ||
           (edit->at == before->at && !stands_beside(before, edit));
}

/* The changes that belong together with one that meets another are left out with it. */
static void mark_left_out(const struct bw_edits *edits, bool *left_out)
{
    const struct bw_edit *before = NULL;
    for (size_t i = 0; i < edits->n; i++) {
        const struct bw_edit *edit = &edits->v[i];
        if (left_out[edit->group] || (before && is_same(before, edit)))
            continue;
        if (before && meets(before, edit))
            left_out[edit->group] = true;
        else
            before = edit;
    }
}

size_t bw_edits_apply(struct bw_edits *edits, struct bw_buf *ret_text)
{
    size_t at = 0, left_out_n = 0;
    const struct bw_edit *before = NULL;
    bool *left_out = calloc((size_t)edits->group + 1, sizeof *left_out);
    if (edits->n)
        qsort(edits->v, edits->n, sizeof *edits->v, by_place);
    if (left_out)
        mark_left_out(edits, left_out);
    for (size_t i = 0; left_out && i < edits->n; i++) {
        const struct bw_edit *edit = &edits->v[i];
        if (left_out[edit->group]) {
            left_out_n++;
            continue;
        }
        if (before && is_same(before, edit))
            continue; /* two policies want the same */
        bw_buf_str(ret_text, bw_str_n(edits->text.p + at, edit->at - at));
        bw_buf_str(ret_text, edit->insert);
        at = edit->at + edit->remove;
        before = edit;
    }
    bw_buf_str(ret_text, bw_str_from(edits->text, at));
    free(left_out);
    return left_out ? left_out_n : edits->n;
}
