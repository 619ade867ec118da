#include "report/mustache.h"

#include <stdlib.h>

#include "base/vec.h"

#define NAME_PARTS_MAX 16u

enum kind {
    TEXT,
    VALUE,
    RAW,
    SECTION,
    INVERTED,
    END,
    COMMENT,
};

struct token {
    enum kind kind;
    struct bw_str text; /* of a tag its name */
    uint32_t end;       /* of a section: the index of its END */
};

struct bw_mustache {
    BW_VEC_TYPE(tokens, struct token) tokens;
};

/* --- parsing --- */

struct parser {
    struct bw_mustache *template;
    struct bw_str whole;
    size_t at;
    uint32_t open[BW_MUSTACHE_DEPTH_MAX];
    unsigned depth;
    struct bw_err *err;
};

static unsigned line_of(const struct parser *parser)
{
    unsigned line = 1;
    for (size_t i = 0; i < parser->at; i++)
        line += parser->whole.p[i] == '\n';
    return line;
}

static int fail(struct parser *parser, const char *what)
{
    return bw_err_set(parser->err, BW_EFORMAT, "line %u of the template: %s", line_of(parser),
                      what);
}

static int push(struct parser *parser, enum kind kind, struct bw_str text)
{
    struct token *token = BW_VEC_PUSH(&parser->template->tokens, BW_MUSTACHE_TOKENS_MAX);
    if (!token)
        return bw_err_set(parser->err, BW_ELIMIT, "the template has more than %u parts",
                          BW_MUSTACHE_TOKENS_MAX);
    *token = (struct token){.kind = kind, .text = text};
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Whether a tag from `start` to `end` is alone in its line; then the bounds of the line. */
static bool is_alone(struct bw_str whole, size_t start, size_t end, size_t *ret_first,
                     size_t *ret_next)
{
    size_t first = start, next = end;
    while (first > 0 && is_blank(whole.p[first - 1]))
        first--;
    while (next < whole.n && is_blank(whole.p[next]))
        next++;
    if ((first > 0 && whole.p[first - 1] != '\n') || (next < whole.n && whole.p[next] != '\n'))
        return false;
    *ret_first = first;
    *ret_next = next < whole.n ? next + 1 : next;
    return true;
}

static enum kind kind_of(char sign)
{
    switch (sign) {
    case '{':
    case '&':
        return RAW;
    case '#':
        return SECTION;
    case '^':
        return INVERTED;
    case '/':
        return END;
    case '!':
        return COMMENT;
    default:
        return VALUE;
    }
}

static int open_section(struct parser *parser, enum kind kind, struct bw_str name)
{
    if (parser->depth == BW_MUSTACHE_DEPTH_MAX)
        return bw_err_set(parser->err, BW_ELIMIT,
                          "the template has more than %u sections within each other",
                          BW_MUSTACHE_DEPTH_MAX);
    parser->open[parser->depth++] = (uint32_t)parser->template->tokens.n;
    return push(parser, kind, name);
}

static int close_section(struct parser *parser, struct bw_str name)
{
    if (!parser->depth)
        return fail(parser, "a section is closed that is not open");
    struct token *open = &parser->template->tokens.v[parser->open[--parser->depth]];
    if (!bw_str_eq(open->text, name))
        return fail(parser, "a section is closed within another");
    open->end = (uint32_t)parser->template->tokens.n;
    return push(parser, END, name);
}

static int add_tag(struct parser *parser, enum kind kind, struct bw_str name)
{
    if (kind == COMMENT)
        return 0;
    if (!name.n)
        return fail(parser, "a tag without a name");
    if (kind == SECTION || kind == INVERTED)
        return open_section(parser, kind, name);
    return kind == END ? close_section(parser, name) : push(parser, kind, name);
}

/* The tag at parser->at, which begins with "{{", after the text since `from`. */
static int read_tag(struct parser *parser, size_t from, size_t *ret_next)
{
    struct bw_str whole = parser->whole;
    size_t start = parser->at;
    struct bw_str inside = bw_str_from(whole, start + 2);
    char sign = inside.n ? inside.p[0] : '\0';
    enum kind kind = kind_of(sign);
    struct bw_str closing = sign == '{' ? BW_STR("}}}") : BW_STR("}}");
    size_t length = bw_str_find_str(inside, closing);
    if (length == SIZE_MAX)
        return fail(parser, "a tag without its end");
    if (sign == '>' || sign == '=')
        return fail(parser, "partials and other delimiters are not known");
    size_t end = start + 2 + length + closing.n;
    struct bw_str name = bw_str_take(inside, length);
    if (kind != VALUE)
        name = bw_str_from(name, 1);
    size_t text_end = start;
    *ret_next = end;
    if (kind >= SECTION)
        is_alone(whole, start, end, &text_end, ret_next);
    if (text_end > from) {
        int rc = push(parser, TEXT, bw_str_n(whole.p + from, text_end - from));
        if (rc)
            return rc;
    }
    return add_tag(parser, kind, bw_str_trim(name));
}

static int parse(struct parser *parser)
{
    size_t from = 0;
    for (;;) {
        size_t offset = bw_str_find_str(bw_str_from(parser->whole, from), BW_STR("{{"));
        if (offset == SIZE_MAX)
            break;
        parser->at = from + offset;
        int rc = read_tag(parser, from, &from);
        if (rc)
            return rc;
    }
    parser->at = parser->whole.n;
    if (parser->depth)
        return fail(parser, "a section is not closed");
    struct bw_str rest = bw_str_from(parser->whole, from);
    return rest.n ? push(parser, TEXT, rest) : 0;
}

int bw_mustache_parse(struct bw_mustache **ret_template, struct bw_str text, struct bw_err *err)
{
    struct bw_mustache *template BW_CLEANUP(bw_mustache_freep) = NULL;
    if (text.n > BW_MUSTACHE_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "the template is over the limit of %zu bytes",
                          BW_MUSTACHE_TEXT_MAX);
    template = calloc(1, sizeof *template);
    if (!template)
        return bw_err_set(err, BW_ENOMEM, "no memory for the template");
    struct parser parser = {.template = template, .whole = text, .err = err};
    int rc = parse(&parser);
    if (rc)
        return rc;
    *ret_template = template;
    template = NULL;
    return 0;
}

void bw_mustache_free(struct bw_mustache *template)
{
    if (!template)
        return;
    BW_VEC_FREE(&template->tokens);
    free(template);
}

void bw_mustache_freep(struct bw_mustache **template)
{
    bw_mustache_free(*template);
    *template = NULL;
}

/* --- rendering --- */

struct renderer {
    const struct bw_mustache *template;
    const struct bw_json *stack[BW_MUSTACHE_DEPTH_MAX + 1]; /* the root, then a value a section */
    unsigned depth;
    bw_mustache_escape escape;
    struct bw_gatherer *gatherer;
    uint64_t steps;
    struct bw_err *err;
};

/* "a.b.c": the first part outwards through the sections, the others within what it found. */
static const struct bw_json *look_up(const struct renderer *renderer, struct bw_str name)
{
    struct bw_str rest = name, part;
    const struct bw_json *value = NULL;
    if (bw_str_eq(name, BW_STR(".")))
        return renderer->stack[renderer->depth - 1];
    if (!bw_str_split(&rest, '.', &part))
        return NULL;
    for (unsigned i = renderer->depth; i > 0 && !value; i--)
        value = bw_json_get(renderer->stack[i - 1], part);
    for (unsigned i = 1; value && i < NAME_PARTS_MAX && bw_str_split(&rest, '.', &part); i++)
        value = bw_json_get(value, part);
    return value;
}

static bool is_true(const struct bw_json *value)
{
    double number = 0;
    switch (bw_json_type(value)) {
    case BW_JSON_ABSENT:
    case BW_JSON_NULL:
        return false;
    case BW_JSON_BOOL:
        return bw_json_is_true(value);
    case BW_JSON_NUMBER:
        return bw_json_double(value, &number) && number != 0;
    case BW_JSON_STRING:
        return bw_json_string(value).n > 0;
    case BW_JSON_ARRAY:
        return bw_json_size(value) > 0;
    default:
        return true;
    }
}

static void put_number(struct bw_buf *out, const struct bw_json *value)
{
    struct bw_json_writer w = bw_json_writer(out, false);
    uint64_t positive;
    int64_t whole;
    double number;
    if (bw_json_u64(value, &positive))
        bw_json_put_u64(&w, positive);
    else if (bw_json_i64(value, &whole))
        bw_json_put_i64(&w, whole);
    else if (bw_json_double(value, &number))
        bw_json_put_double(&w, number);
}

static void put_value(struct renderer *renderer, const struct bw_json *value, bool raw)
{
    struct bw_buf *out = &renderer->gatherer->buf;
    switch (bw_json_type(value)) {
    case BW_JSON_BOOL:
        bw_buf_str(out, bw_json_is_true(value) ? BW_STR("true") : BW_STR("false"));
        break;
    case BW_JSON_NUMBER:
        put_number(out, value);
        break;
    case BW_JSON_STRING:
        if (raw)
            bw_buf_str(out, bw_json_string(value));
        else
            renderer->escape(out, bw_json_string(value));
        break;
    default:
        break;
    }
}

static int render(struct renderer *renderer, uint32_t from, uint32_t to);

static int render_within(struct renderer *renderer, const struct bw_json *value, uint32_t from,
                         uint32_t to)
{
    renderer->stack[renderer->depth++] = value;
    int rc = render(renderer, from, to);
    renderer->depth--;
    return rc;
}

static int render_section(struct renderer *renderer, uint32_t at)
{
    const struct token *token = &renderer->template->tokens.v[at];
    const struct bw_json *value = look_up(renderer, token->text);
    if (token->kind == INVERTED)
        return is_true(value) ? 0 : render(renderer, at + 1, token->end);
    if (!is_true(value))
        return 0;
    if (bw_json_type(value) != BW_JSON_ARRAY)
        return render_within(renderer, value, at + 1, token->end);
    struct bw_json_iter it = bw_json_iter(value);
    int rc = 0;
    for (const struct bw_json *element; rc == 0 && (element = bw_json_next(&it));)
        rc = render_within(renderer, element, at + 1, token->end);
    return rc;
}

/* Recursion: as deep as the template's sections. */
static int render(struct renderer *renderer, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at++) {
        const struct token *token = &renderer->template->tokens.v[at];
        if (renderer->gatherer->status)
            return 0;
        if (++renderer->steps > BW_MUSTACHE_STEPS_MAX)
            return bw_err_set(renderer->err, BW_ELIMIT,
                              "the template writes more than %llu parts: sections that repeat "
                              "within each other multiply",
                              (unsigned long long)BW_MUSTACHE_STEPS_MAX);
        if (token->kind == TEXT) {
            bw_buf_str(&renderer->gatherer->buf, token->text);
        } else if (token->kind == VALUE || token->kind == RAW) {
            put_value(renderer, look_up(renderer, token->text), token->kind == RAW);
        } else {
            int rc = render_section(renderer, at);
            if (rc)
                return rc;
            at = token->end;
        }
        bw_gatherer_drain(renderer->gatherer);
    }
    return 0;
}

int bw_mustache_render(const struct bw_mustache *template, const struct bw_json *root,
                       bw_mustache_escape escape, struct bw_gatherer *gatherer, struct bw_err *err)
{
    struct renderer renderer = {.template = template,
                                .stack = {root},
                                .depth = 1,
                                .escape = escape,
                                .gatherer = gatherer,
                                .err = err};
    return render(&renderer, 0, (uint32_t) template->tokens.n);
}
