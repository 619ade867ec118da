#include "model/licence.h"

#include <stdio.h>

#include "base/buf.h"
#include "model/licence-name.h"

#define OPERANDS_MAX 128u

#define NOASSERTION BW_STR("NOASSERTION")

enum level {
    LEAF,
    AND,
    OR,
};

struct expression {
    struct bw_str text;
    enum level level;
    bool listed;
    enum bw_licence_standing standing;
};

struct reader {
    struct bw_str rest;
    const struct bw_licence_rules *rules;
    struct bw_arena *arena;
    unsigned depth;
    bool bad;  /* no expression: the text is one name */
    bool full; /* the arena is */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Only the last '*' is ever retried: an earlier one has matched as early as possible. */
static bool matches(struct bw_str pattern, struct bw_str id)
{
    size_t i = 0, j = 0, star = SIZE_MAX, retry = 0;
    while (j < id.n) {
        if (i < pattern.n && pattern.p[i] == '*') {
            star = ++i;
            retry = j;
        } else if (i < pattern.n && lower(pattern.p[i]) == lower(id.p[j])) {
            i++;
            j++;
        } else if (star != SIZE_MAX) {
            i = star;
            j = ++retry;
        } else {
            return false;
        }
    }
    while (i < pattern.n && pattern.p[i] == '*')
        i++;
    return i == pattern.n;
}

static bool is_on(const struct bw_strs *list, struct bw_str id)
{
    for (size_t i = 0; i < list->n; i++)
        if (matches(list->v[i], id))
            return true;
    return false;
}

/* id: without its exception, which an element may name as well. */
static enum bw_licence_standing standing_of(const struct bw_licence_rules *rules, struct bw_str id,
                                            struct bw_str whole, bool listed)
{
    if (!rules)
        return BW_LICENCE_ALLOWED;
    if (is_on(&rules->deny, id) || is_on(&rules->deny, whole))
        return BW_LICENCE_DENIED;
    if (is_on(&rules->allow, id) || is_on(&rules->allow, whole))
        return BW_LICENCE_ALLOWED;
    if (!listed)
        return BW_LICENCE_UNKNOWN;
    return rules->allow.n ? BW_LICENCE_NOT_ALLOWED : BW_LICENCE_ALLOWED;
}

/* p NULL is a full arena. */
static struct expression leaf(struct reader *reader, struct bw_str id, struct bw_str whole,
                              bool listed)
{
    reader->full |= !whole.p;
    return (struct expression){whole, LEAF, listed, standing_of(reader->rules, id, whole, listed)};
}

static struct expression unknown_name(struct reader *reader, struct bw_str name)
{
    struct bw_str ref = bw_licence_ref(name, reader->arena);
    return leaf(reader, ref, ref, false);
}

/* Joined operands of one operator, each once. */
struct chain {
    enum level level;
    struct expression v[OPERANDS_MAX];
    size_t n;
};

static void add_once(struct chain *chain, struct expression operand)
{
    for (size_t i = 0; i < chain->n; i++)
        if (bw_str_eq(chain->v[i].text, operand.text))
            return;
    if (chain->n < OPERANDS_MAX)
        chain->v[chain->n++] = operand;
}

/* Cuts what stands before the operator, outside of parentheses, off *rest. */
static bool split_expression(struct bw_str *rest, struct bw_str operator,
                             struct bw_str * ret_operand)
{
    size_t depth = 0, i = 0;
    if (!rest->n)
        return false;
    for (; i < rest->n; i++) {
        depth += rest->p[i] == '(';
        depth -= rest->p[i] == ')';
        if (!depth && bw_str_starts(bw_str_from(*rest, i), operator))
            break;
    }
    *ret_operand = bw_str_take(*rest, i);
    *rest = bw_str_from(*rest, i + operator.n);
    return true;
}

/* One of the same operator gives its own operands: (A AND B) AND A is A AND B. What holds for the
 * whole of it may be said of each, since the operator brings it together again. */
static void add_operand(struct chain *chain, struct expression operand)
{
    struct expression part = operand;
    struct bw_str rest = operand.text;
    if (operand.level != chain->level) {
        add_once(chain, operand);
        return;
    }
    struct bw_str operator= chain->level == AND ? BW_STR(" AND ") : BW_STR(" OR ");
    part.level = LEAF;
    while (split_expression(&rest, operator, & part.text))
        add_once(chain, part);
}

static struct expression join(struct reader *reader, const struct chain *chain)
{
    if (chain->n == 1)
        return chain->v[0];
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)64 * BW_LICENCE_TEXT_MAX);
    struct expression all = {.level = chain->level, .listed = true};
    for (size_t i = 0; i < chain->n; i++) {
        const struct expression *one = &chain->v[i];
        bool parentheses = one->level > chain->level;
        bw_buf_printf(&buf, "%s%s%" BW_STR_F "%s",
                      i == 0                ? ""
                      : chain->level == AND ? " AND "
                                            : " OR ",
                      parentheses ? "(" : "", BW_STR_A(one->text), parentheses ? ")" : "");
        all.listed &= one->listed;
        bool worse = one->standing > all.standing;
        if (i == 0 || (chain->level == AND ? worse : !worse))
            all.standing = one->standing;
    }
    all.text = bw_arena_str(reader->arena, bw_buf_slice(&buf));
    reader->full |= bw_buf_failed(&buf) || !all.text.p;
    return all;
}

/* The expression of an alias may be of several licences. */
static enum level level_of(struct bw_str expression)
{
    if (bw_str_find_str(expression, BW_STR(" OR ")) != SIZE_MAX)
        return OR;
    return bw_str_find_str(expression, BW_STR(" AND ")) != SIZE_MAX ? AND : LEAF;
}

static struct expression parse_or(struct reader *reader);

/* A known name whose expression is not a single id is held against the lists id by id. */
static struct expression known_name(struct reader *reader, struct bw_str id, bool listed)
{
    size_t with = bw_str_find_str(id, BW_STR(" WITH "));
    if (level_of(id) == LEAF || reader->depth >= BW_LICENCE_DEPTH_MAX)
        return leaf(reader, bw_str_take(id, with), id, listed);
    struct reader inner = *reader;
    inner.rest = id;
    inner.depth++;
    struct expression all = parse_or(&inner);
    reader->full |= inner.full;
    return all;
}

/* "GPL-2.0/MIT" is one of them, "MIT, BSD" both; only where every piece is known. */
static bool split_name(struct reader *reader, struct bw_str name, char separator, enum level level,
                       struct expression *ret_all)
{
    struct chain chain = {.level = level};
    struct bw_str rest = name, piece;
    if (bw_str_find(name, separator) == SIZE_MAX)
        return false;
    while (bw_str_split(&rest, separator, &piece)) {
        bool listed;
        piece = bw_str_trim(piece);
        struct bw_str id = bw_licence_name(piece, reader->arena, &listed);
        if (piece.n == 0)
            continue;
        if (!id.p || chain.n == OPERANDS_MAX)
            return false;
        add_operand(&chain, known_name(reader, id, listed));
    }
    if (chain.n)
        *ret_all = join(reader, &chain);
    return chain.n > 0;
}

/* "Mozilla Public License 2.0 (MPL 2.0)" says it twice. */
static struct bw_str without_parentheses(struct bw_str name)
{
    size_t open = bw_str_rfind(name, '(');
    bool closed = bw_str_ends(name, BW_STR(")")) && open != SIZE_MAX && open > 0;
    return closed ? bw_str_trim(bw_str_take(name, open)) : name;
}

static struct expression read_name(struct reader *reader, struct bw_str name)
{
    struct expression all;
    bool listed;
    while (name.n && (name.p[name.n - 1] == ',' || name.p[name.n - 1] == ';'))
        name = bw_str_trim(bw_str_take(name, name.n - 1));
    struct bw_str id = bw_licence_name(name, reader->arena, &listed);
    if (!id.p)
        id = bw_licence_name(without_parentheses(name), reader->arena, &listed);
    if (id.p)
        return known_name(reader, id, listed);
    if (split_name(reader, name, ',', AND, &all) || split_name(reader, name, ';', AND, &all) ||
        split_name(reader, name, '/', OR, &all))
        return all;
    return unknown_name(reader, name);
}

static bool is_gnu(struct bw_str id)
{
    return bw_str_find_str(bw_str_take(id, 5), BW_STR("GPL-")) != SIZE_MAX;
}

static struct expression read_with(struct reader *reader, struct bw_str name,
                                   struct bw_str exception)
{
    bool listed, alias_listed;
    if (reader->bad)
        return (struct expression){0};
    struct bw_str whole = bw_str_n(name.p, (size_t)(exception.p + exception.n - name.p));
    struct bw_str alias = bw_licence_name(whole, reader->arena, &alias_listed);
    if (alias.p)
        return known_name(reader, alias, alias_listed);
    struct bw_str id = bw_licence_name(name, reader->arena, &listed);
    struct bw_str known = bw_licence_exception(exception);
    if (id.p && known.p)
        return leaf(reader, id,
                    bw_arena_printf(reader->arena, "%" BW_STR_F " WITH %" BW_STR_F, BW_STR_A(id),
                                    BW_STR_A(known)),
                    listed);
    if (id.p && is_gnu(id))
        return leaf(reader, id, id, listed);
    return unknown_name(reader, whole);
}

/* "GPL-3+-with-bison-exception". */
static bool split_with(struct bw_str name, struct bw_str *ret_base, struct bw_str *ret_exception)
{
    const struct bw_str with = BW_STR("-with-");
    for (size_t i = 1; i + with.n < name.n; i++) {
        if (!bw_str_eq_nocase(bw_str_take(bw_str_from(name, i), with.n), with))
            continue;
        *ret_base = bw_str_take(name, i);
        *ret_exception = bw_str_from(name, i + with.n);
        return true;
    }
    return false;
}

static void skip_blanks(struct reader *reader)
{
    reader->rest = bw_str_trim(reader->rest);
}

static size_t word_length(struct bw_str s)
{
    size_t n = 0;
    while (n < s.n && !strchr(" \t()&|", s.p[n]) && s.p[n])
        n++;
    return n;
}

/* Takes a word, or the sign that stands for it, off the front. */
static bool take_word(struct reader *reader, const char *word, char sign)
{
    skip_blanks(reader);
    struct bw_str rest = reader->rest;
    size_t signs = 0;
    while (signs < 2 && signs < rest.n && sign && rest.p[signs] == sign)
        signs++;
    size_t n = signs ? signs : word_length(rest);
    if (!signs && !bw_str_eq_nocase(bw_str_take(rest, n), bw_str(word)))
        return false;
    reader->rest = bw_str_from(rest, n);
    return true;
}

static bool starts_with_any(struct bw_str s, const char *const *words)
{
    s = bw_str_trim(s);
    struct bw_str first = bw_str_take(s, word_length(s));
    while (first.n && first.p[first.n - 1] == ',')
        first.n--;
    for (; *words; words++)
        if (bw_str_eq_nocase(first, bw_str(*words)))
            return true;
    return false;
}

/* "or later" is part of a name. */
static bool at_operator(struct bw_str rest)
{
    static const char *const later[] = {"later",   "newer",  "any", "above",
                                        "greater", "higher", "(at", NULL};
    size_t n = word_length(rest);
    struct bw_str word = bw_str_take(rest, n), behind = bw_str_from(rest, n);
    if (rest.p[0] == '&' || rest.p[0] == '|')
        return true;
    if (bw_str_eq_nocase(word, BW_STR("with")) || bw_str_eq_nocase(word, BW_STR("and/or")))
        return true;
    bool operator= bw_str_eq_nocase(word, BW_STR("or")) || bw_str_eq_nocase(word, BW_STR("and"));
    return operator&& !starts_with_any(behind, later);
}

/* Bytes of "(...)" at the front, to the ')' that closes it, or of all where none does. */
static size_t parenthesised(struct bw_str s)
{
    size_t depth = 0, n = 0;
    while (n < s.n) {
        depth += s.p[n] == '(';
        if (s.p[n++] == ')' && --depth == 0)
            break;
    }
    return n;
}

/* The words up to an operator or a ')'. A '(' behind a word can be no group, and is part of the
 * name: "GPL (>= 2)", "Academic Free License (AFL)". */
static struct bw_str take_name(struct reader *reader)
{
    skip_blanks(reader);
    struct bw_str from = reader->rest, rest = from;
    size_t n = 0;
    while (rest.n && rest.p[0] != ')' && !at_operator(rest)) {
        size_t step = rest.p[0] == '(' ? parenthesised(rest) : word_length(rest);
        rest = bw_str_from(rest, step ? step : 1);
        n = from.n - rest.n;
        while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
            rest = bw_str_from(rest, 1);
    }
    reader->rest = rest;
    struct bw_str name = bw_str_trim(bw_str_take(from, n));
    reader->bad |= name.n == 0;
    return name;
}

static struct expression parse_operand(struct reader *reader)
{
    skip_blanks(reader);
    if (!bw_str_starts(reader->rest, BW_STR("("))) {
        struct bw_str name = take_name(reader), base, exception;
        if (!take_word(reader, "with", 0))
            return split_with(name, &base, &exception) ? read_with(reader, base, exception)
                                                       : read_name(reader, name);
        return read_with(reader, name, take_name(reader));
    }
    reader->rest = bw_str_from(reader->rest, 1);
    if (++reader->depth > BW_LICENCE_DEPTH_MAX) {
        reader->bad = true;
        return (struct expression){0};
    }
    struct expression inner = parse_or(reader);
    reader->depth--;
    skip_blanks(reader);
    reader->bad |= !bw_str_starts(reader->rest, BW_STR(")"));
    reader->rest = bw_str_from(reader->rest, 1);
    return inner;
}

static struct expression parse_and(struct reader *reader)
{
    struct chain chain = {.level = AND};
    do {
        reader->bad |= chain.n == OPERANDS_MAX;
        struct expression operand = parse_operand(reader);
        add_operand(&chain, operand);
    } while (!reader->bad && !reader->full &&
             (take_word(reader, "and", '&') || take_word(reader, "and/or", 0)));
    return join(reader, &chain);
}

static struct expression parse_or(struct reader *reader)
{
    struct chain chain = {.level = OR};
    do {
        reader->bad |= chain.n == OPERANDS_MAX;
        struct expression operand = parse_and(reader);
        add_operand(&chain, operand);
    } while (!reader->bad && !reader->full && take_word(reader, "or", '|'));
    return join(reader, &chain);
}

/* "License :: OSI Approved :: MIT License", the first of several lines. */
static struct bw_str clean(struct bw_str text)
{
    struct bw_str line = {0};
    text = bw_str_trim(text);
    if (bw_str_line(&text, &line))
        text = bw_str_trim(line);
    for (size_t at; (at = bw_str_find_str(text, BW_STR(" :: "))) != SIZE_MAX;)
        text = bw_str_trim(bw_str_from(text, at + 4));
    return text;
}

int bw_licence_read(struct bw_str text, const struct bw_licence_rules *rules,
                    struct bw_arena *arena, struct bw_licence *ret_licence, struct bw_err *err)
{
    struct reader reader = {.rest = clean(text), .rules = rules, .arena = arena};
    struct bw_str whole = reader.rest;
    struct expression all;
    bool listed = false;
    struct bw_str id = bw_licence_name(whole, arena, &listed);
    if (whole.n == 0) {
        all = leaf(&reader, NOASSERTION, NOASSERTION, false);
    } else if (id.p) {
        all = known_name(&reader, id, listed);
    } else {
        reader.bad = whole.n > BW_LICENCE_TEXT_MAX;
        all = reader.bad ? (struct expression){0} : parse_or(&reader);
        skip_blanks(&reader);
        if (reader.bad || reader.rest.n)
            all = unknown_name(&reader, whole);
    }
    if (reader.full)
        return bw_err_set(err, BW_ELIMIT, "no room for the licences");
    *ret_licence = (struct bw_licence){all.text, all.listed, all.standing};
    return 0;
}

/* "GPL-2.0", which does not say whether later versions are meant too. */
static bool is_given_up(struct bw_str name)
{
    size_t dash = bw_str_rfind(name, '-');
    struct bw_str version = bw_str_from(name, dash == SIZE_MAX ? name.n : dash + 1);
    bool gnu = bw_str_eq_nocase(bw_str_take(name, dash), BW_STR("GPL")) ||
               bw_str_eq_nocase(bw_str_take(name, dash), BW_STR("LGPL")) ||
               bw_str_eq_nocase(bw_str_take(name, dash), BW_STR("AGPL")) ||
               bw_str_eq_nocase(bw_str_take(name, dash), BW_STR("GFDL"));
    return gnu && version.n == 3 && version.p[1] == '.';
}

static struct bw_str list_element(struct bw_str name, struct bw_arena *arena, struct bw_err *err)
{
    bool listed;
    if (bw_str_find(name, '*') != SIZE_MAX)
        return bw_arena_str(arena, name);
    if (is_given_up(name))
        return bw_arena_printf(arena, "%" BW_STR_F "-*", BW_STR_A(name));
    struct bw_licence licence = {0};
    struct bw_str id = bw_licence_name(name, arena, &listed);
    if (id.p)
        return id;
    if (bw_licence_read(name, NULL, arena, &licence, err) == 0 && licence.listed)
        return licence.expression;
    bw_err_set(err, BW_EUSAGE, "SPDX lists no licence '%" BW_STR_F "'", BW_STR_A(name));
    return (struct bw_str){0};
}

int bw_licence_list_add(struct bw_strs *list, struct bw_str text, struct bw_arena *arena,
                        struct bw_err *err)
{
    struct bw_str piece;
    struct bw_err why = {.code = BW_ELIMIT, .msg = "no room for the list of licences"};
    struct bw_strs longer = {bw_arena_array(arena, BW_LICENCE_LIST_MAX, sizeof *longer.v), list->n};
    if (!longer.v)
        return bw_err_set(err, BW_ELIMIT, "%s", why.msg);
    for (size_t i = 0; i < list->n; i++)
        longer.v[i] = list->v[i];
    while (bw_str_split(&text, ',', &piece)) {
        piece = bw_str_trim(piece);
        if (!piece.n)
            continue;
        if (longer.n == BW_LICENCE_LIST_MAX)
            return bw_err_set(err, BW_EUSAGE, "more than %u licences in a list",
                              BW_LICENCE_LIST_MAX);
        struct bw_str element = list_element(piece, arena, &why);
        if (!element.p)
            return bw_err_set(err, why.code, "%s", why.msg);
        longer.v[longer.n++] = element;
    }
    *list = longer;
    return 0;
}
