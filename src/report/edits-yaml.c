/*
 * Changes to mappings and sequences of YAML in block style.
 */
#include "report/edits-state.h"
#include "wrap/json.h"

static const char otherwise[] = "it is written in a way that is not changed mechanically";

/* --- writing --- */

static void put_indent(struct bw_buf *buf, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        bw_buf_byte(buf, ' ');
}

static bool is_plain(struct bw_str s)
{
    if (!s.n || strchr("-?:,[]{}#&*!|>'\"%@` ", s.p[0]) || strchr(": ", s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < 0x20 || s.p[i] == '#' || (s.p[i] == ':' && s.p[i + 1] == ' '))
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

static bool put_members(struct bw_buf *buf, struct bw_value map, unsigned indent, unsigned depth);

/* "key: value" and what is below it, each line ended by a newline. The first line is not indented.
 */
static bool put_member(struct bw_buf *buf, struct bw_value key, struct bw_value value,
                       unsigned indent, unsigned depth)
{
    if (depth > BW_EDIT_DEPTH_MAX || !put_scalar(buf, key))
        return false;
    bw_buf_byte(buf, ':');
    if (value.kind == BW_VALUE_MAP) {
        bw_buf_byte(buf, '\n');
        return put_members(buf, value, indent + 2, depth + 1);
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

static bool put_members(struct bw_buf *buf, struct bw_value map, unsigned indent, unsigned depth)
{
    for (uint32_t i = 0; i < map.map->n; i++) {
        put_indent(buf, indent);
        if (!put_member(buf, map.map->v[i].key, map.map->v[i].value, indent, depth))
            return false;
    }
    return map.map->n > 0;
}

/* --- what stands there --- */

/* The members that a mapping has where it stands, and not by an anchor, another file or the
 * reader: the first two of them. */
struct own {
    const struct bw_value_member *first, *second; /* NULL where there is none */
    struct bw_edits_mark first_mark, second_mark;
};

/* Bytes in front of `at` in its line are spaces, but for `but` ('-' of a sequence, or 0). */
static bool stands_alone(struct bw_edits *edits, struct bw_edits_mark mark, char but)
{
    for (size_t i = bw_edits_line(edits, mark.place.line); i < mark.at; i++)
        if (edits->text.p[i] != ' ' && (!but || edits->text.p[i] != but))
            return false;
    return true;
}

/* Nothing but a comment follows in the line: the next one begins at *ret_end. */
static bool ends_line(const struct bw_edits *edits, size_t at, size_t *ret_end)
{
    struct bw_str rest =
        bw_str_take(bw_str_from(edits->text, at), bw_str_find(bw_str_from(edits->text, at), '\n'));
    struct bw_str more = bw_str_trim(rest);
    if (more.n && (more.p[0] != '#' || more.p == rest.p))
        return false;
    *ret_end = at + rest.n < edits->text.n ? at + rest.n + 1 : edits->text.n;
    return true;
}

/* A key that is followed by its colon. */
static bool is_key_at(const struct bw_edits *edits, size_t at, struct bw_value key)
{
    size_t n = bw_edits_written(edits, at, key);
    while (n && at + n < edits->text.n && edits->text.p[at + n] == ' ')
        n++;
    return n && at + n < edits->text.n && edits->text.p[at + n] == ':';
}

/* What stands before a value in flow style, or in one of the rare styles of a mapping. */
static bool is_in_flow(const struct bw_edits *edits, size_t at)
{
    while (at && strchr(" \t\r\n", edits->text.p[at - 1]))
        at--;
    return at && edits->text.p[at - 1] && strchr("{[,?", edits->text.p[at - 1]) != NULL;
}

static void take_own(struct own *own, const struct bw_value_member *member,
                     struct bw_edits_mark mark)
{
    if (!own->first || mark.at < own->first_mark.at) {
        own->second = own->first;
        own->second_mark = own->first_mark;
        own->first = member;
        own->first_mark = mark;
    } else if (!own->second || mark.at < own->second_mark.at) {
        own->second = member;
        own->second_mark = mark;
    }
}

/* A member of the mapping itself: it stands behind the mapping's beginning. */
static bool own_member(struct bw_edits *edits, size_t begin, const struct bw_value_member *member,
                       struct bw_edits_mark *ret_mark)
{
    return member && bw_edits_mark(edits, member->key.place, ret_mark) && ret_mark->at >= begin &&
           is_key_at(edits, ret_mark->at, member->key);
}

static int find_own(struct bw_edits *edits, struct bw_value map, struct own *ret_own,
                    struct bw_err *err)
{
    struct bw_edits_mark begin, mark;
    struct own own = {0};
    if (map.kind != BW_VALUE_MAP)
        return bw_edits_refuse(err, "members are set in a mapping alone");
    if (!bw_edits_mark(edits, map.place, &begin) || begin.at == edits->text.n)
        return bw_edits_refuse(err, "the mapping is not written in this file");
    if (edits->text.p[begin.at] == '{' || is_in_flow(edits, begin.at))
        return bw_edits_refuse(err, "the mapping is written in flow style");
    for (uint32_t i = 0; i < map.map->n; i++)
        if (own_member(edits, begin.at, &map.map->v[i], &mark))
            take_own(&own, &map.map->v[i], mark);
    bool odd = !own.first || !stands_alone(edits, own.first_mark, '-') ||
               (own.second && (own.second_mark.place.column != own.first_mark.place.column ||
                               !stands_alone(edits, own.second_mark, 0)));
    if (odd)
        return bw_edits_refuse(err, otherwise);
    *ret_own = own;
    return 0;
}

/* Whether a member's value is a scalar in the line of its key, and where the next line begins. */
static bool is_one_line(struct bw_edits *edits, const struct bw_value_member *member,
                        struct bw_edits_mark key, size_t *ret_end)
{
    struct bw_edits_mark mark;
    if (!member || !bw_edits_mark(edits, member->value.place, &mark) || mark.at <= key.at ||
        mark.place.line != key.place.line)
        return false;
    size_t n = bw_edits_written(edits, mark.at, member->value);
    return n && ends_line(edits, mark.at + n, ret_end);
}

/* --- changes --- */

/* Comments right above a member, as far in as it is, are its own. */
static size_t above_comments(struct bw_edits *edits, struct bw_edits_mark mark)
{
    uint32_t line = mark.place.line;
    for (; line > 1; line--) {
        size_t at = bw_edits_line(edits, line - 1) + mark.place.column - 1;
        struct bw_edits_mark above = {at, {0, line - 1, mark.place.column}};
        if (at >= edits->text.n || edits->text.p[at] != '#' || !stands_alone(edits, above, 0))
            break;
    }
    return bw_edits_line(edits, line);
}

/* A new member stands behind the first one where that takes one line, else before the second one:
 * the first may share its line with the dash of a sequence. */
static int add_member(struct bw_edits *edits, struct bw_value map, struct bw_value key,
                      struct bw_value value, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
    struct own own = {0};
    int rc = find_own(edits, map, &own, err);
    if (rc)
        return rc;
    unsigned indent = own.first_mark.place.column - 1;
    size_t at = own.first_mark.at;
    bool in_front = false;
    if (!is_one_line(edits, own.first, own.first_mark, &at)) {
        in_front = !own.second;
        at = in_front ? at : above_comments(edits, own.second_mark);
    }
    if (!in_front && at && edits->text.p[at - 1] != '\n')
        bw_buf_byte(&text, '\n');
    if (!in_front)
        put_indent(&text, indent);
    bool done = put_member(&text, key, value, indent, 0);
    if (in_front)
        put_indent(&text, indent);
    if (!done || bw_buf_failed(&text))
        return bw_edits_refuse(err, "what is to be set is no value that is written mechanically");
    return bw_edits_push(edits, at, 0, bw_buf_slice(&text), err);
}

/* "key: {}" becomes a key with members below it. */
static int fill_empty(struct bw_edits *edits, struct bw_edits_mark key, struct bw_value empty,
                      struct bw_value members, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
    struct bw_edits_mark mark;
    size_t end;
    if (!bw_edits_mark(edits, empty.place, &mark) || mark.place.line != key.place.line ||
        !bw_str_starts(bw_str_from(edits->text, mark.at), BW_STR("{}")) ||
        !ends_line(edits, mark.at + 2, &end))
        return bw_edits_refuse(err, otherwise);
    size_t at = mark.at;
    while (at && edits->text.p[at - 1] == ' ')
        at--;
    bw_buf_byte(&text, '\n');
    if (!put_members(&text, members, key.place.column + 1, 0) || bw_buf_failed(&text))
        return bw_edits_refuse(err, "what is to be set is no value that is written mechanically");
    struct bw_str insert = bw_buf_slice(&text);
    return bw_edits_push(edits, at, mark.at + 2 - at, bw_str_take(insert, insert.n - 1), err);
}

static int set_members(struct bw_edits *edits, struct bw_value map, struct bw_value members,
                       unsigned depth, struct bw_err *err);

/* A member that is there: it is changed where it stands, not where an anchor of it does. */
static int set_there(struct bw_edits *edits, const struct bw_value_member *old,
                     struct bw_value value, unsigned depth, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
    struct bw_edits_mark key, mark;
    if (!bw_edits_mark(edits, old->key.place, &key) ||
        !bw_edits_mark(edits, old->value.place, &mark) || mark.at <= key.at)
        return bw_edits_refuse(err, "the value is not written where it is used");
    if (old->value.kind == BW_VALUE_MAP && bw_value_count(old->value))
        return set_members(edits, old->value, value, depth + 1, err);
    if (old->value.kind == BW_VALUE_MAP && value.kind == BW_VALUE_MAP)
        return fill_empty(edits, key, old->value, value, err);
    if (!put_scalar(&text, value))
        return bw_edits_refuse(err, "a value that is there is replaced by a scalar alone");
    return bw_edits_replace(edits, old->value, bw_buf_slice(&text), err);
}

static int set_members(struct bw_edits *edits, struct bw_value map, struct bw_value members,
                       unsigned depth, struct bw_err *err)
{
    int rc = 0;
    if (map.kind != BW_VALUE_MAP || members.kind != BW_VALUE_MAP || depth > BW_EDIT_DEPTH_MAX)
        return bw_edits_refuse(err, "members are set in a mapping alone");
    for (uint32_t i = 0; i < members.map->n && rc == 0; i++) {
        struct bw_value key = members.map->v[i].key, value = members.map->v[i].value;
        const struct bw_value_member *old = bw_value_member(map, key);
        if (old && !(old->value.flags & BW_VALUE_DEFAULT))
            rc = set_there(edits, old, value, depth, err);
        else
            rc = add_member(edits, map, key, value, err);
    }
    return rc;
}

static int rename_members(struct bw_edits *edits, struct bw_value map, struct bw_value names,
                          struct bw_err *err)
{
    struct bw_edits_mark begin, mark;
    if (map.kind != BW_VALUE_MAP || !bw_edits_mark(edits, map.place, &begin))
        return bw_edits_refuse(err, "the mapping is not written in this file");
    for (uint32_t i = 0; i < bw_value_count(names); i++) {
        struct bw_value key = names.map->v[i].key, name = names.map->v[i].value;
        const struct bw_value_member *old = bw_value_member(map, key);
        if (!own_member(edits, begin.at, old, &mark) ||
            bw_value_find(map, name).kind != BW_VALUE_ABSENT)
            return bw_edits_refuse(err, otherwise);
        int rc = bw_edits_replace(edits, old->key, bw_value_text(name), err);
        if (rc)
            return rc;
    }
    return 0;
}

/* The whole line of a member, and an empty line that would be left at the beginning of the text or
 * beside another one. */
static int remove_member(struct bw_edits *edits, struct bw_value map, struct bw_value key,
                         struct bw_err *err)
{
    const struct bw_value_member *old = map.kind == BW_VALUE_MAP ? bw_value_member(map, key) : NULL;
    struct bw_edits_mark begin, mark;
    struct own own = {0};
    size_t end;
    int rc = find_own(edits, map, &own, err);
    if (rc)
        return rc;
    if (!own.second || !bw_edits_mark(edits, map.place, &begin) ||
        !own_member(edits, begin.at, old, &mark) || !stands_alone(edits, mark, 0) ||
        !is_one_line(edits, old, mark, &end))
        return bw_edits_refuse(err, otherwise);
    size_t at = bw_edits_line(edits, mark.place.line);
    struct bw_str before = bw_str_take(edits->text, at), after = bw_str_from(edits->text, end);
    bool alone =
        !at || bw_str_ends(before, BW_STR("\n\n")) || bw_str_ends(before, BW_STR("\r\n\r\n"));
    if (alone && bw_str_starts(after, BW_STR("\n")))
        end += 1;
    else if (alone && bw_str_starts(after, BW_STR("\r\n")))
        end += 2;
    return bw_edits_push(edits, at, end - at, BW_STR(""), err);
}

static int append(struct bw_edits *edits, struct bw_value list, struct bw_value value,
                  struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EDIT_INSERT_MAX);
    struct bw_edits_mark mark;
    size_t end = 0;
    struct bw_value last = bw_value_index(list, bw_value_count(list) - (size_t)1);
    if (!bw_edits_mark(edits, last.place, &mark))
        return bw_edits_refuse(err, "the list is not written in this file");
    size_t n = bw_edits_written(edits, mark.at, last);
    size_t start = bw_edits_line(edits, mark.place.line);
    struct bw_str head = bw_str_n(edits->text.p + start, mark.at - start);
    if (!n || !ends_line(edits, mark.at + n, &end) || !stands_alone(edits, mark, '-') ||
        bw_str_find(head, '-') == SIZE_MAX || bw_str_find(head, '-') != bw_str_rfind(head, '-'))
        return bw_edits_refuse(err, otherwise);
    if (edits->text.p[end - 1] != '\n')
        bw_buf_byte(&text, '\n');
    bw_buf_str(&text, head);
    bool done = put_scalar(&text, value);
    bw_buf_byte(&text, '\n');
    if (!done || bw_buf_failed(&text))
        return bw_edits_refuse(err, "what is to be added is no value that is written mechanically");
    return bw_edits_push(edits, end, 0, bw_buf_slice(&text), err);
}

int bw_edits_yaml(struct bw_edits *edits, struct bw_value at, struct bw_value change,
                  struct bw_err *err)
{
    struct bw_value set = bw_value_get(change, BW_STR("set"));
    struct bw_value names = bw_value_get(change, BW_STR("rename"));
    struct bw_value key = bw_value_get(change, BW_STR("remove"));
    struct bw_value more = bw_value_get(change, BW_STR("append"));
    if (set.kind != BW_VALUE_ABSENT)
        return set_members(edits, at, set, 0, err);
    if (names.kind == BW_VALUE_MAP)
        return rename_members(edits, at, names, err);
    if (key.kind == BW_VALUE_STRING)
        return remove_member(edits, at, key, err);
    if (more.kind != BW_VALUE_ABSENT)
        return append(edits, at, more, err);
    return bw_err_set(err, BW_EFORMAT,
                      "a change that is no replace, before, after, set, rename, remove or append");
}
