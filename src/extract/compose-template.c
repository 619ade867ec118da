/*
 * References to variables, as compose-go's template package reads them: an expression finds what
 * looks like a reference, as far as the last brace of the line, and only then the brace that closes
 * it is looked for. Where that makes a difference to a reading by grammar, this follows compose-go.
 */
#include "extract/compose-env.h"

#include <ctype.h>

struct template
{
    const struct bw_compose_env *env;
    struct bw_compose_text *result;
    struct bw_err *err;
};

static bool is_name_start(char c)
{
    return c == '_' || isalpha((unsigned char)c);
}

static size_t name_length(struct bw_str s)
{
    size_t n = 0;
    if (s.n && is_name_start(s.p[0]))
        while (n < s.n && (is_name_start(s.p[n]) || isdigit((unsigned char)s.p[n])))
            n++;
    return n;
}

/* The brace that closes the first one of s, which begins with "${"; SIZE_MAX where none does. The
 * byte after an opening brace is never looked at. */
static size_t closing_brace(struct bw_str s)
{
    int open = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '}' && --open == 0)
            return i;
        if (s.p[i] == '{') {
            open++;
            i++;
        }
    }
    return SIZE_MAX;
}

/* What a reference says after the name. */
struct operator
{
    char sign;          /* '-', '+', '?' or 0 */
    bool or_empty;      /* with a colon: an empty value counts as none */
    struct bw_str word; /* behind the sign */
};

static int substitute(struct template *t, struct bw_str text, unsigned depth);

static void unset(struct template *t, struct bw_str name, bool required)
{
    t->result->missing = true;
    if (t->result->unset)
        t->result->unset(t->result->ctx, name, required);
}

static int refer(struct template *t, struct bw_str name, struct operator op, unsigned depth)
{
    struct bw_value value = bw_compose_env_get(t->env, name);
    struct bw_str text = bw_value_text(value);
    bool given = text.p && (text.n || !op.or_empty);
    if (op.sign == '+' ? given : !given && op.sign == '-')
        return substitute(t, op.word, depth);
    if (!text.p && op.sign != '+')
        unset(t, name, op.sign == '?');
    else if (!given && op.sign == '?')
        unset(t, name, true);
    bw_buf_str(t->result->out, text);
    return 0;
}

static int invalid(struct template *t, struct bw_str text)
{
    return bw_err_set(t->err, BW_EFORMAT,
                      "\"%" BW_STR_F "\" is no reference to a variable; a $ itself is written $$",
                      BW_STR_A(bw_str_take(text, 60)));
}

/* The line that is being read, so that its end is looked for once. */
struct line {
    const char *end;   /* one past its last byte */
    const char *brace; /* its last "}", or NULL */
};

static void begin_line(struct line *line, struct bw_str rest)
{
    struct bw_str text = bw_str_take(rest, bw_str_find(rest, '\n'));
    size_t brace = bw_str_rfind(text, '}');
    line->end = rest.p + text.n;
    line->brace = brace == SIZE_MAX ? NULL : rest.p + brace;
}

/* The end of what looks like a reference: with an operator, the last brace of the line. */
static const char *looks_like(struct bw_str s, const struct line *line, struct operator* op)
{
    size_t name = name_length(bw_str_from(s, 2));
    const char *at = s.p + 2 + name;
    if (!name || at >= line->end)
        return NULL;
    if (*at == '}')
        return at;
    op->or_empty = *at == ':';
    at += op->or_empty;
    if (at >= line->end || (*at != '-' && *at != '+' && *at != '?'))
        return NULL;
    op->sign = *at;
    op->word.p = at + 1;
    return line->brace && line->brace > at ? line->brace : NULL;
}

/* *rest begins with "${": cuts the reference off. */
static int braced(struct template *t, struct bw_str *rest, const struct line *line, unsigned depth)
{
    struct operator op = {0};
    struct bw_str s = *rest;
    const char *last = looks_like(s, line, &op);
    if (!last)
        return invalid(t, s);
    size_t looked = (size_t)(last - s.p) + 1, end = closing_brace(bw_str_take(s, looked));
    if (end == SIZE_MAX)
        end = looked - 1;
    if (op.sign)
        op.word.n = (size_t)(s.p + end - op.word.p);
    *rest = bw_str_from(s, end + 1);
    return refer(t, bw_str_n(s.p + 2, name_length(bw_str_from(s, 2))), op, depth);
}

/* *rest begins with "$". */
static int dollar(struct template *t, struct bw_str *rest, const struct line *line, unsigned depth)
{
    char next = rest->n > 1 ? rest->p[1] : '\0';
    struct bw_str name = bw_str_from(*rest, 1);
    name.n = name_length(name);
    if (next == '{')
        return braced(t, rest, line, depth);
    if (!name.n)
        bw_buf_byte(t->result->out, '$');
    *rest = bw_str_from(*rest, name.n ? 1 + name.n : next == '$' ? 2 : 1);
    return name.n ? refer(t, name, (struct operator){0}, depth) : 0;
}

static int substitute(struct template *t, struct bw_str text, unsigned depth)
{
    struct bw_str rest = text;
    struct line line = {0};
    int rc = 0;
    if (!depth)
        return bw_err_set(t->err, BW_ELIMIT, "variables within variables, more than %u deep",
                          BW_COMPOSE_TEMPLATE_DEPTH_MAX);
    while (!rc && rest.n && !bw_buf_failed(t->result->out)) {
        size_t at = bw_str_find(rest, '$');
        bw_buf_str(t->result->out, bw_str_take(rest, at));
        if (at == SIZE_MAX)
            return 0;
        rest = bw_str_from(rest, at);
        if (!line.end || rest.p >= line.end)
            begin_line(&line, rest);
        rc = dollar(t, &rest, &line, depth - 1);
    }
    return rc;
}

int bw_compose_substitute(struct bw_str text, const struct bw_compose_env *env,
                          struct bw_compose_text *result, struct bw_err *err)
{
    struct template t = {env, result, err};
    result->missing = false;
    int rc = substitute(&t, text, BW_COMPOSE_TEMPLATE_DEPTH_MAX);
    if (!rc && bw_buf_failed(result->out))
        rc = bw_err_set(err, BW_ELIMIT, "a text that variables make longer than %zu KiB",
                        BW_COMPOSE_TEXT_MAX >> 10);
    return rc;
}
