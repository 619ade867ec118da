/*
 * The syntax of RE2, as Go's regexp/syntax reads it with its flags for Perl.
 *
 * A group that is open stands in a stack; the alternatives and the concatenation that are being
 * read hang from it.
 */
#include "cel/regex-parser.h"

/* --- failures --- */

void bw_regex_fail(struct parser *parser, const char *what, const char *begin, const char *end)
{
    if (parser->rc)
        return;
    parser->rc = BW_EFORMAT;
    (void)bw_err_set(parser->err, BW_EFORMAT, "%s: `%.*s`", what, (int)(end - begin), begin);
}

void bw_regex_fail_memory(struct parser *parser)
{
    if (parser->rc)
        return;
    bool limit = bw_arena_is_full(parser->arena) || parser->ranges > RANGES_MAX;
    parser->rc = limit ? BW_ELIMIT : BW_ENOMEM;
    (void)bw_err_set(parser->err, parser->rc, "expression too large");
}

/* --- the tree --- */

static struct node *new_node(struct parser *parser, enum node_kind kind)
{
    struct node *node = bw_arena_alloc(parser->arena, sizeof *node);
    if (!node) {
        bw_regex_fail_memory(parser);
        return NULL;
    }
    node->kind = kind;
    node->weight = 1;
    return node;
}

static void append(struct node *parent, struct node *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->sub = child;
    parent->last = child;
    if (child->weight > parent->weight)
        parent->weight = child->weight;
}

static void add(struct parser *parser, struct node *node)
{
    if (node)
        append(parser->open[parser->depth].current, node);
}

static void add_assertion(struct parser *parser, uint32_t assertion)
{
    struct node *node = new_node(parser, NODE_ASSERT);
    if (node)
        node->assertion = assertion;
    add(parser, node);
}

/* A set as it was read: with the other cases where the flag wants them, and turned round. */
static void add_set(struct parser *parser, struct set set, bool negated)
{
    struct node *node = new_node(parser, NODE_SET);
    if (!node)
        return;
    int rc = parser->flags & FLAG_FOLD ? bw_set_fold(parser->arena, &set) : 0;
    bw_set_clean(&set);
    if (rc || (negated && bw_set_negate(parser->arena, &set)))
        bw_regex_fail_memory(parser);
    bw_regex_count_ranges(parser, &set);
    node->set = set;
    add(parser, node);
}

static void add_literal(struct parser *parser, uint32_t rune)
{
    struct set set = {0};
    bw_regex_add_range(parser, &set, rune, rune);
    add_set(parser, set, false);
}

static void add_dot(struct parser *parser)
{
    struct set set = {0};
    if (parser->flags & FLAG_DOT) {
        bw_regex_add_range(parser, &set, 0, RUNE_MAX);
    } else {
        bw_regex_add_range(parser, &set, 0, '\n' - 1);
        bw_regex_add_range(parser, &set, '\n' + 1, RUNE_MAX);
    }
    struct node *node = new_node(parser, NODE_SET);
    if (node)
        node->set = set;
    add(parser, node);
}

/* --- groups --- */

static void open_group(struct parser *parser, bool captures, unsigned flags_inside)
{
    if (parser->depth == BW_CEL_REGEX_DEPTH_MAX) {
        bw_regex_fail(parser, "expression nests too deeply", parser->pattern.p, parser->end);
        return;
    }
    struct node *group = captures ? new_node(parser, NODE_GROUP) : NULL;
    if (group)
        group->group = parser->groups++;
    parser->open[++parser->depth] = (struct open_group){
        .group = group, .current = new_node(parser, NODE_CAT), .flags = parser->flags};
    parser->flags = flags_inside;
}

static void end_alternative(struct parser *parser)
{
    struct open_group *open = &parser->open[parser->depth];
    if (!open->choice)
        open->choice = new_node(parser, NODE_ALT);
    struct node *next = new_node(parser, NODE_CAT);
    if (!next || !open->choice)
        return;
    append(open->choice, open->current);
    open->current = next;
}

/* What was read of the innermost group. */
static struct node *finish(struct parser *parser)
{
    struct open_group *open = &parser->open[parser->depth];
    struct node *content = open->current;
    if (open->choice) {
        append(open->choice, content);
        content = open->choice;
    }
    if (!open->group)
        return content;
    append(open->group, content);
    return open->group;
}

static void close_group(struct parser *parser)
{
    if (parser->depth == 0) {
        bw_regex_fail(parser, "unexpected )", parser->pattern.p, parser->end);
        return;
    }
    struct node *content = finish(parser);
    parser->flags = parser->open[parser->depth--].flags;
    add(parser, content);
    parser->p++;
}

static bool is_name(struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c != '_' && !is_digit(c) && !is_letter(c))
            return false;
    }
    return name.n > 0;
}

/* (?P<name> or (?<name>; the name itself is of no use here. */
static void read_named(struct parser *parser, size_t skip)
{
    struct bw_str rest = bw_str_n(parser->p, (size_t)(parser->end - parser->p));
    size_t close = bw_str_find(rest, '>');
    if (close == SIZE_MAX) {
        bw_regex_fail(parser, "invalid named capture", parser->p, parser->end);
        return;
    }
    if (!is_name(bw_str_from(bw_str_take(rest, close), skip))) {
        bw_regex_fail(parser, "invalid named capture", parser->p, parser->p + close + 1);
        return;
    }
    parser->p += close + 1;
    open_group(parser, true, parser->flags);
}

static unsigned flag_of(uint32_t c)
{
    switch (c) {
    case 'i':
        return FLAG_FOLD;
    case 'm':
        return FLAG_LINES;
    case 's':
        return FLAG_DOT;
    case 'U':
        return FLAG_LAZY;
    default:
        return 0;
    }
}

/* (?flags) and (?flags:, which may be without any. */
static void read_flags(struct parser *parser)
{
    const char *begin = parser->p;
    unsigned flags = parser->flags;
    bool negated = false, seen = false;
    parser->p += 2;
    while (!at_end(parser)) {
        uint32_t c = next_rune(parser);
        unsigned flag = flag_of(c);
        if ((c == ':' || c == ')') && (!negated || seen)) {
            if (c == ':')
                open_group(parser, false, flags);
            else
                parser->flags = flags;
            return;
        }
        if (!flag && (c != '-' || negated))
            break;
        seen = flag != 0;
        negated = negated || c == '-';
        flags = negated ? flags & ~flag : flags | flag;
    }
    bw_regex_fail(parser, "invalid or unsupported Perl syntax", begin, parser->p);
}

static void read_group(struct parser *parser)
{
    if (looking_at(parser, "(?P<") && parser->end - parser->p > 4) {
        read_named(parser, 4);
    } else if (looking_at(parser, "(?<") && parser->end - parser->p > 3) {
        read_named(parser, 3);
    } else if (looking_at(parser, "(?")) {
        read_flags(parser);
    } else {
        parser->p++;
        open_group(parser, true, parser->flags);
    }
}

/* --- repetition --- */

#define COUNT_TOO_BIG 100000000u

static bool read_count(struct parser *parser, uint32_t *ret_count)
{
    const char *begin = parser->p;
    uint32_t count = 0;
    for (; !at_end(parser) && is_digit((uint8_t)*parser->p); parser->p++)
        count = count >= COUNT_TOO_BIG ? COUNT_TOO_BIG : count * 10 + (uint32_t)(*parser->p - '0');
    *ret_count = count;
    return parser->p > begin && (*begin != '0' || parser->p == begin + 1);
}

/* {n} {n,} {n,m}; anything else is no repetition, and the brace a character. */
static bool read_counts(struct parser *parser, uint32_t *ret_min, uint32_t *ret_max)
{
    parser->p++;
    if (!read_count(parser, ret_min))
        return false;
    *ret_max = *ret_min;
    if (looking_at(parser, ",")) {
        parser->p++;
        *ret_max = REPEAT_INFINITE;
        if (!looking_at(parser, "}") && !read_count(parser, ret_max))
            return false;
    }
    if (!looking_at(parser, "}"))
        return false;
    parser->p++;
    return true;
}

/* Nested counts multiply. A count of 0 leaves nothing of what it counts. */
static bool weigh(struct node *node, uint32_t sub_weight)
{
    uint32_t count = node->max == REPEAT_INFINITE ? node->min : node->max;
    if (node->max == 0)
        node->weight = 1;
    else
        node->weight = sub_weight * (count ? count : 1);
    return node->weight <= BW_CEL_REGEX_REPEAT_MAX;
}

/* Repeats what was read last. `counted`: with braces. */
static void repeat(struct parser *parser, const char *begin, uint32_t min, uint32_t max,
                   bool counted)
{
    bool lazy = looking_at(parser, "?");
    parser->p += lazy;
    if (parser->repetition) {
        bw_regex_fail(parser, "invalid nested repetition operator", parser->repetition, parser->p);
        return;
    }
    struct node *cat = parser->open[parser->depth].current, *sub = cat->last;
    if (!sub) {
        bw_regex_fail(parser, "missing argument to repetition operator", begin, parser->p);
        return;
    }
    /* The node that stands there becomes the repetition of a copy of itself. */
    struct node *copy = new_node(parser, sub->kind);
    if (!copy)
        return;
    *copy = *sub;
    *sub = (struct node){.kind = NODE_REPEAT,
                         .min = min,
                         .max = max,
                         .weight = copy->weight,
                         .lazy = lazy != ((parser->flags & FLAG_LAZY) != 0),
                         .sub = copy,
                         .last = copy};
    if (counted && !weigh(sub, copy->weight) && (min >= 2 || max >= 2))
        bw_regex_fail(parser, "invalid repeat count", begin, parser->p);
    if (sub->weight > cat->weight)
        cat->weight = sub->weight;
}

static void read_repeat(struct parser *parser, const char **ret_begin)
{
    const char *begin = parser->p;
    uint32_t min = *begin == '+', max = *begin == '?' ? 1 : REPEAT_INFINITE;
    if (*begin != '{') {
        parser->p++;
        repeat(parser, begin, min, max, false);
    } else if (!read_counts(parser, &min, &max)) {
        parser->p = begin + 1;
        add_literal(parser, '{');
        return;
    } else if (min > BW_CEL_REGEX_REPEAT_MAX ||
               (max != REPEAT_INFINITE && (max > BW_CEL_REGEX_REPEAT_MAX || min > max))) {
        bw_regex_fail(parser, "invalid repeat count", begin, parser->p);
    } else {
        repeat(parser, begin, min, max, true);
    }
    *ret_begin = begin;
}

/* --- all --- */

static void read_quoted(struct parser *parser)
{
    parser->p += 2;
    while (!at_end(parser) && !looking_at(parser, "\\E") && !parser->rc)
        add_literal(parser, next_rune(parser));
    if (!at_end(parser))
        parser->p += 2;
}

static uint32_t escaped_assertion(char c)
{
    switch (c) {
    case 'A':
        return ASSERT_BEGIN_TEXT;
    case 'b':
        return ASSERT_WORD;
    case 'B':
        return ASSERT_NO_WORD;
    case 'z':
        return ASSERT_END_TEXT;
    default:
        return 0;
    }
}

static void read_backslash(struct parser *parser)
{
    char c = parser->end - parser->p >= 2 ? parser->p[1] : '\0';
    uint32_t assertion = escaped_assertion(c);
    struct set set = {0};
    if (assertion) {
        add_assertion(parser, assertion);
        parser->p += 2;
    } else if (c == 'Q') {
        read_quoted(parser);
    } else if (bw_regex_unicode(parser, &set) || bw_regex_perl(parser, &set)) {
        bw_set_clean(&set);
        struct node *node = new_node(parser, NODE_SET);
        if (node)
            node->set = set;
        add(parser, node);
    } else {
        add_literal(parser, bw_regex_escape(parser));
    }
}

static void read_class(struct parser *parser)
{
    struct set set;
    bool negated;
    bw_regex_class(parser, &set, &negated);
    if (!parser->rc)
        add_set(parser, set, negated);
}

static void read_one(struct parser *parser)
{
    const char *repetition = NULL;
    switch (*parser->p) {
    case '(':
        read_group(parser);
        break;
    case ')':
        close_group(parser);
        break;
    case '|':
        parser->p++;
        end_alternative(parser);
        break;
    case '^':
        parser->p++;
        add_assertion(parser, parser->flags & FLAG_LINES ? ASSERT_BEGIN_LINE : ASSERT_BEGIN_TEXT);
        break;
    case '$':
        parser->p++;
        add_assertion(parser, parser->flags & FLAG_LINES ? ASSERT_END_LINE : ASSERT_END_TEXT);
        break;
    case '.':
        parser->p++;
        add_dot(parser);
        break;
    case '[':
        read_class(parser);
        break;
    case '*':
    case '+':
    case '?':
    case '{':
        read_repeat(parser, &repetition);
        break;
    case '\\':
        read_backslash(parser);
        break;
    default:
        add_literal(parser, next_rune(parser));
    }
    parser->repetition = repetition;
}

int bw_regex_parse(struct bw_str pattern, struct bw_arena *arena, struct node **ret_tree,
                   uint32_t *ret_groups, struct bw_err *err)
{
    struct parser *parser = bw_arena_alloc(arena, sizeof *parser);
    if (!parser)
        return bw_err_set(err, BW_ENOMEM, "no memory for a regular expression");
    parser->arena = arena;
    parser->pattern = pattern;
    parser->p = pattern.p;
    parser->end = pattern.p + pattern.n;
    parser->err = err;
    parser->groups = 1;
    parser->open[0].current = new_node(parser, NODE_CAT);
    while (!parser->rc && !at_end(parser))
        read_one(parser);
    if (!parser->rc && parser->depth)
        bw_regex_fail(parser, "missing closing )", pattern.p, parser->end);
    if (parser->rc)
        return parser->rc;
    *ret_tree = finish(parser);
    *ret_groups = parser->groups;
    return 0;
}
