#include "textproto.h"

#include <ctype.h>

#include "cel/text.h"

struct reader {
    struct bw_str text;
    size_t at;
    struct bw_arena *arena;
    unsigned depth;
    const char *wrong;
};

static char peek(const struct reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->text.n) {
        if (peek(r) == '#')
            while (r->at < r->text.n && peek(r) != '\n')
                r->at++;
        else if (isspace((unsigned char)peek(r)))
            r->at++;
        else
            return;
    }
}

static bool eat(struct reader *r, char c)
{
    skip_blanks(r);
    if (peek(r) != c)
        return false;
    r->at++;
    return true;
}

static bool fail(struct reader *r, const char *why)
{
    if (!r->wrong)
        r->wrong = why;
    return false;
}

static unsigned octal(struct reader *r)
{
    unsigned value = 0;
    for (int i = 0; i < 3 && peek(r) >= '0' && peek(r) <= '7'; i++)
        value = value * 8 + (unsigned)(r->text.p[r->at++] - '0');
    return value;
}

static unsigned hexadecimal(struct reader *r, int digits)
{
    unsigned value = 0;
    for (int i = 0; i < digits && isxdigit((unsigned char)peek(r)); i++) {
        char c = (char)tolower((unsigned char)r->text.p[r->at++]);
        value = value * 16 + (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* After the backslash; the bytes that were written. */
static size_t escape(struct reader *r, char *out)
{
    static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    char c = peek(r);
    if (c >= '0' && c <= '7') {
        *out = (char)octal(r);
        return 1;
    }
    r->at++;
    if (c == 'u' || c == 'U')
        return bw_cel_utf8_put(out, hexadecimal(r, c == 'u' ? 4 : 8));
    const char *found = c ? strchr(letters, c) : NULL;
    *out = c == 'x' || c == 'X' ? (char)hexadecimal(r, 2) : found ? values[found - letters] : c;
    return 1;
}

/* One or more strings side by side. */
static bool read_strings(struct reader *r, struct bw_str *ret_text)
{
    char *out = bw_arena_alloc(r->arena, r->text.n - r->at + 1);
    size_t n = 0;
    if (!out)
        return fail(r, "out of memory");
    while (peek(r) == '"' || peek(r) == '\'') {
        char quote = r->text.p[r->at++];
        while (r->at < r->text.n && peek(r) != quote) {
            char c = r->text.p[r->at++];
            if (c == '\\')
                n += escape(r, out + n);
            else
                out[n++] = c;
        }
        if (!eat(r, quote))
            return fail(r, "a string is not closed");
        skip_blanks(r);
    }
    *ret_text = bw_str_n(out, n);
    return true;
}

static struct bw_str read_word(struct reader *r)
{
    size_t from = r->at;
    if (peek(r) == '[')
        while (r->at < r->text.n && r->text.p[r->at++] != ']')
            ;
    else
        while (isalnum((unsigned char)peek(r)) || (peek(r) && strchr("_+-.", peek(r))))
            r->at++;
    return bw_str_n(r->text.p + from, r->at - from);
}

static bool read_fields(struct reader *r, char close, struct bw_textproto *into);

static bool read_field(struct reader *r, struct bw_textproto *field)
{
    field->name = read_word(r);
    if (!field->name.n)
        return fail(r, "the name of a field is missing");
    bool colon = eat(r, ':');
    if (eat(r, '{'))
        return read_fields(r, '}', field);
    if (!colon)
        return fail(r, "a field has no value");
    skip_blanks(r);
    if (peek(r) == '"' || peek(r) == '\'')
        return read_strings(r, &field->scalar);
    field->scalar = read_word(r);
    return field->scalar.n || fail(r, "a value is missing");
}

static bool read_fields(struct reader *r, char close, struct bw_textproto *into)
{
    struct bw_textproto **last = &into->first;
    if (r->depth++ == BW_TEXTPROTO_DEPTH_MAX)
        return fail(r, "messages are nested too deeply");
    for (skip_blanks(r); peek(r) != close; skip_blanks(r)) {
        if (r->at >= r->text.n || !(*last = bw_arena_alloc(r->arena, sizeof **last)))
            return fail(r, "a message is not closed");
        if (!read_field(r, *last))
            return false;
        last = &(*last)->next;
        while (eat(r, ',') || eat(r, ';'))
            ;
    }
    r->at += close != '\0';
    r->depth--;
    return true;
}

int bw_textproto_read(struct bw_str text, struct bw_arena *arena, struct bw_textproto *ret_root,
                      struct bw_err *err)
{
    struct reader r = {.text = text, .arena = arena};
    struct bw_textproto root = {0};
    if (!read_fields(&r, '\0', &root))
        return bw_err_set(err, BW_EFORMAT, "byte %zu: %s", r.at, r.wrong);
    *ret_root = root;
    return 0;
}

const struct bw_textproto *bw_textproto_get(const struct bw_textproto *message, const char *name)
{
    for (const struct bw_textproto *at = message ? message->first : NULL; at; at = at->next)
        if (bw_str_eq(at->name, bw_str(name)))
            return at;
    return NULL;
}

const struct bw_textproto *bw_textproto_again(const struct bw_textproto *field)
{
    struct bw_str name = field->name;
    while ((field = field->next) && !bw_str_eq(field->name, name))
        ;
    return field;
}

struct bw_str bw_textproto_text(const struct bw_textproto *message, const char *name)
{
    const struct bw_textproto *field = bw_textproto_get(message, name);
    return field ? field->scalar : (struct bw_str){0};
}
