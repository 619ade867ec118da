/*
 * Env files: statements NAME=VALUE (or NAME: VALUE), a line each unless quotes go on, with an
 * optional "export" before; comments; a NAME alone takes the value it has outside. Values without
 * quotes end at " #" and have references; double quotes have escapes and references, single ones
 * nothing but their own escape.
 */
#include "extract/compose-env.h"

#include <ctype.h>

struct reader {
    struct bw_reading *reading;
    uint32_t file, line, left; /* left: variables that may still come */
    struct bw_str rest;
    struct bw_compose_env env; /* what references see: what is outside, then the file itself */
    struct bw_value *variables;
    struct bw_buf text; /* scratch */
    struct bw_err *err;
};

struct bw_value bw_compose_env_get(const struct bw_compose_env *env, struct bw_str name)
{
    struct bw_value value =
        env->outer ? bw_compose_env_get(env->outer, name) : (struct bw_value){0};
    if (value.kind == BW_VALUE_ABSENT)
        value = bw_value_get(env->variables, name);
    return value.kind == BW_VALUE_NULL ? (struct bw_value){0} : value;
}

struct bw_value bw_compose_env_list(struct bw_value_maker *make, const struct bw_str *list,
                                    size_t n)
{
    struct bw_value map = bw_value_map(make, n < BW_COMPOSE_ENV_MAX ? (uint32_t)n : 0);
    for (size_t i = 0; i < n; i++) {
        size_t cut = bw_str_find(list[i], '=');
        if (cut != SIZE_MAX && bw_str_is_utf8(list[i]))
            bw_value_put(make, &map, bw_value_string(make, bw_str_take(list[i], cut)),
                         bw_value_string(make, bw_str_from(list[i], cut + 1)));
    }
    return map;
}

/* unknown: nothing is in the value but variables that nobody gave. */
static int put(struct reader *reader, struct bw_str name, struct bw_str value, bool unknown,
               uint32_t line)
{
    struct bw_value_maker *make = &reader->reading->make;
    if (!reader->left--)
        return bw_err_set(reader->err, BW_ELIMIT, "line %u: more than %u variables", line,
                          BW_COMPOSE_ENV_MAX);
    struct bw_value text =
        unknown ? bw_value_unknown(make, BW_UNKNOWN_MISSING, BW_STR("a variable that nobody gave"))
                : bw_value_string(make, value);
    text.place = bw_reading_place(reader->reading, reader->file, line, 0);
    bw_value_put(make, reader->variables, bw_value_string(make, name), text);
    reader->env.variables = *reader->variables;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

static void skip(struct reader *reader, bool lines)
{
    while (reader->rest.n &&
           (is_blank(reader->rest.p[0]) || (lines && reader->rest.p[0] == '\n'))) {
        reader->line += reader->rest.p[0] == '\n';
        reader->rest = bw_str_from(reader->rest, 1);
    }
}

/* To the next statement; false at the end of the file. */
static bool to_statement(struct reader *reader)
{
    skip(reader, true);
    while (reader->rest.n && reader->rest.p[0] == '#') {
        reader->rest = bw_str_from(reader->rest, bw_str_find(reader->rest, '\n'));
        skip(reader, true);
    }
    return reader->rest.n;
}

/* The name and what ends it: '=', ':', or '\n' for a name alone. */
static int take_name(struct reader *reader, struct bw_str *ret_name, char *ret_end)
{
    if (bw_str_starts(reader->rest, BW_STR("export")) && reader->rest.n > 6 &&
        (is_blank(reader->rest.p[6]) || reader->rest.p[6] == '\n')) {
        reader->rest = bw_str_from(reader->rest, 6);
        skip(reader, false);
    }
    struct bw_str s = reader->rest;
    size_t n = 0;
    while (n < s.n && s.p[n] != '=' && s.p[n] != ':' && s.p[n] != '\n') {
        char c = s.p[n++];
        if (!is_blank(c) && !isalnum((unsigned char)c) && !strchr("_.-[]", c) &&
            (unsigned char)c < 0x80)
            return bw_err_set(reader->err, BW_EFORMAT,
                              "line %u: the name of a variable with \"%c\"", reader->line,
                              isprint((unsigned char)c) ? c : '?');
    }
    *ret_end = n < s.n ? s.p[n] : '\n';
    *ret_name = bw_str_trim(bw_str_take(s, n));
    if (bw_str_find(*ret_name, ' ') != SIZE_MAX)
        return bw_err_set(reader->err, BW_EFORMAT, "line %u: the name of a variable with a blank",
                          reader->line);
    reader->rest = bw_str_from(s, n < s.n ? n + 1 : n);
    return 0;
}

static void expand_escape(struct bw_str *rest, struct bw_buf *out)
{
    static const char letters[] = "abfnrtv\"\\", values[] = "\a\b\f\n\r\t\v\"\\";
    const char *at = rest->n > 1 ? memchr(letters, rest->p[1], sizeof letters - 1) : NULL;
    size_t n = 2;
    if (at) {
        bw_buf_byte(out, (uint8_t)values[at - letters]);
    } else if (rest->n > 1 && rest->p[1] == '$') {
        bw_buf_str(out, BW_STR("$$"));
    } else if (rest->n > 4 && rest->p[1] == '0') {
        unsigned value = 0;
        for (n = 2; n < 5 && rest->p[n] >= '0' && rest->p[n] <= '7'; n++)
            value = value * 8 + (unsigned)(rest->p[n] - '0');
        if (n == 5 && value < 0x80)
            bw_buf_byte(out, (uint8_t)value);
        else
            bw_buf_str(out, bw_str_take(*rest, n));
    } else {
        bw_buf_byte(out, '\\');
        n = 1;
    }
    *rest = bw_str_from(*rest, n);
}

static int expand(struct reader *reader, struct bw_str text, bool escapes, struct bw_str *ret_value,
                  bool *ret_unknown)
{
    struct bw_buf plain BW_CLEANUP(bw_buf_free) = BW_BUF(BW_COMPOSE_TEXT_MAX);
    struct bw_compose_text result = {.out = &reader->text};
    while (escapes && text.n) {
        size_t at = bw_str_find(text, '\\');
        bw_buf_str(&plain, bw_str_take(text, at));
        text = bw_str_from(text, at);
        if (text.n)
            expand_escape(&text, &plain);
    }
    if (escapes)
        text = bw_buf_slice(&plain);
    bw_buf_clear(&reader->text);
    int rc = bw_compose_substitute(text, &reader->env, &result, reader->err);
    *ret_value = bw_buf_slice(&reader->text);
    *ret_unknown = result.missing && !ret_value->n;
    return rc ? bw_err_prefix(reader->err, rc, "line %u", reader->line) : 0;
}

/* Between quotes a backslash keeps the quote that follows; before anything else it stays. */
static int take_quoted(struct reader *reader, struct bw_buf *out)
{
    struct bw_str s = reader->rest;
    uint32_t line = reader->line;
    char quote = s.p[0];
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == quote) {
            reader->rest = bw_str_from(s, i + 1);
            return 0;
        }
        if (s.p[i] == '\\' && i + 1 < s.n) {
            if (s.p[++i] != quote)
                bw_buf_byte(out, '\\');
        }
        reader->line += s.p[i] == '\n';
        bw_buf_byte(out, (uint8_t)s.p[i]);
    }
    return bw_err_set(reader->err, BW_EFORMAT, "line %u: a quote that does not end", line);
}

static int take_value(struct reader *reader, struct bw_str name)
{
    uint32_t line = reader->line;
    struct bw_str value = {0};
    bool unknown = false;
    struct bw_buf quoted BW_CLEANUP(bw_buf_free) = BW_BUF(BW_COMPOSE_TEXT_MAX);
    int rc = 0;
    skip(reader, false);
    if (reader->rest.n && (reader->rest.p[0] == '"' || reader->rest.p[0] == '\'')) {
        bool escapes = reader->rest.p[0] == '"';
        rc = take_quoted(reader, &quoted);
        value = bw_buf_slice(&quoted);
        if (!rc && escapes)
            rc = expand(reader, value, true, &value, &unknown);
        return rc ? rc : put(reader, name, value, unknown, line);
    }
    size_t end = bw_str_find(reader->rest, '\n');
    value = bw_str_take(reader->rest, end);
    reader->rest = bw_str_from(reader->rest, end);
    value = bw_str_trim(bw_str_take(value, bw_str_find_str(value, BW_STR(" #"))));
    rc = expand(reader, value, false, &value, &unknown);
    return rc ? rc : put(reader, name, value, unknown, line);
}

static int take_statement(struct reader *reader)
{
    struct bw_str name = {0};
    uint32_t line = reader->line;
    char end = '\0';
    int rc = take_name(reader, &name, &end);
    if (rc)
        return rc;
    if (end != '\n')
        return take_value(reader, name);
    struct bw_value outside = bw_compose_env_get(&reader->env, name);
    reader->line++;
    return outside.kind == BW_VALUE_STRING ? put(reader, name, bw_value_text(outside), false, line)
                                           : 0;
}

static int read_raw(struct reader *reader)
{
    struct bw_str line;
    int rc = 0;
    for (; !rc && bw_str_line(&reader->rest, &line); reader->line++) {
        size_t cut = bw_str_find(line, '=');
        if (line.n && line.p[0] != '#' && cut != SIZE_MAX)
            rc = put(reader, bw_str_take(line, cut), bw_str_from(line, cut + 1), false,
                     reader->line);
    }
    return rc;
}

int bw_compose_env_file(struct bw_reading *reading, uint32_t file, struct bw_str text, bool raw,
                        const struct bw_compose_env *env, struct bw_value *variables,
                        struct bw_err *err)
{
    struct reader reader = {.reading = reading,
                            .file = file,
                            .line = 1,
                            .left = BW_COMPOSE_ENV_MAX,
                            .rest = text,
                            .env = {.outer = env, .variables = *variables},
                            .variables = variables,
                            .text = BW_BUF(BW_COMPOSE_TEXT_MAX),
                            .err = err};
    int rc = 0;
    if (!bw_str_is_utf8(text))
        return bw_err_set(err, BW_EFORMAT, "not UTF-8");
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        reader.rest = bw_str_from(text, 3);
    if (variables->kind != BW_VALUE_MAP)
        *variables = bw_value_map(&reading->make, 8);
    reader.env.variables = *variables;
    if (raw)
        rc = read_raw(&reader);
    while (!rc && !raw && to_statement(&reader))
        rc = take_statement(&reader);
    bw_buf_free(&reader.text);
    return rc;
}
