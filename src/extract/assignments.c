#include "extract/assignments.h"

struct bw_assignments bw_assignments(struct bw_str text, char *room)
{
    if (bw_str_starts(text, BW_STR("\xef\xbb\xbf")))
        text = bw_str_from(text, 3);
    return (struct bw_assignments){text.p, text.p + text.n, room};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(struct bw_assignments *from)
{
    while (from->p < from->end && is_blank(*from->p))
        from->p++;
}

static void skip_line(struct bw_assignments *from)
{
    const char *newline =
        from->p < from->end ? memchr(from->p, '\n', (size_t)(from->end - from->p)) : NULL;
    from->p = newline ? newline + 1 : from->end;
}

/* Behind a closing quote. */
static bool rest_says_nothing(struct bw_assignments *from)
{
    skip_blanks(from);
    return from->p == from->end || *from->p == '\n' || *from->p == '#';
}

static bool single_quoted(struct bw_assignments *from, char **out)
{
    for (from->p++; from->p < from->end && *from->p != '\n'; from->p++) {
        if (*from->p == '\'') {
            from->p++;
            return rest_says_nothing(from);
        }
        *(*out)++ = *from->p;
    }
    return false;
}

static bool double_quoted(struct bw_assignments *from, char **out)
{
    for (from->p++; from->p < from->end && *from->p != '\n'; from->p++) {
        char c = *from->p;
        if (c == '"') {
            from->p++;
            return rest_says_nothing(from);
        }
        if (c == '\\' && from->end - from->p > 1) {
            char next = from->p[1];
            if (next == '\n') {
                from->p++;
                continue;
            }
            if (next == '"' || next == '$' || next == '`' || next == '\\') {
                c = next;
                from->p++;
            }
        }
        *(*out)++ = c;
    }
    return false;
}

static bool unquoted(struct bw_assignments *from, char **out)
{
    char *kept = *out; /* end of what an escaped or visible character reached */
    for (; from->p < from->end && *from->p != '\n'; from->p++) {
        char c = *from->p;
        bool escaped = c == '\\' && from->end - from->p > 1 && from->p[1] != '\n';
        if (escaped)
            c = *++from->p;
        else if (c == '#' && is_blank(from->p[-1]))
            break;
        *(*out)++ = c;
        if (escaped || !is_blank(c))
            kept = *out;
    }
    *out = kept;
    return true;
}

static bool read_value(struct bw_assignments *from, struct bw_str *ret_value)
{
    char *out = from->out;
    skip_blanks(from);
    bool ok;
    if (from->p < from->end && *from->p == '\'')
        ok = single_quoted(from, &out);
    else if (from->p < from->end && *from->p == '"')
        ok = double_quoted(from, &out);
    else
        ok = unquoted(from, &out);
    for (const char *c = from->out; c < out && ok; c++)
        ok = (uint8_t)*c >= ' ' || *c == '\t';
    if (!ok)
        return false;
    *ret_value = (struct bw_str){from->out, (size_t)(out - from->out)};
    from->out = out;
    return true;
}

bool bw_assignments_next(struct bw_assignments *from, struct bw_str *ret_key,
                         struct bw_str *ret_value)
{
    while (from->p < from->end) {
        skip_blanks(from);
        const char *start = from->p;
        while (from->p < from->end && is_name(*from->p))
            from->p++;
        struct bw_str key = {start, (size_t)(from->p - start)}, value;
        bool good = key.n && from->p < from->end && *from->p == '=';
        if (good) {
            from->p++;
            good = read_value(from, &value);
        }
        skip_line(from);
        if (good) {
            *ret_key = key;
            *ret_value = value;
            return true;
        }
    }
    return false;
}
