#include "extract/json-glance.h"

/* The index behind the string that begins at `at`; its bytes without the quotes. */
static size_t skip_string(struct bw_str text, size_t at, struct bw_str *ret_string)
{
    size_t end = at + 1;
    while (end < text.n && text.p[end] != '"')
        end += text.p[end] == '\\' ? 2 : 1;
    if (end > text.n)
        end = text.n;
    *ret_string = bw_str_n(text.p + at + 1, end - at - 1);
    return end + 1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool colon_follows(struct bw_str text, size_t at)
{
    while (at < text.n && is_blank(text.p[at]))
        at++;
    return at < text.n && text.p[at] == ':';
}

/* Where the object begins whose keys are asked for, or text.n. */
static size_t find_object(struct bw_str text)
{
    size_t at = bw_str_starts(text, BW_STR("\xef\xbb\xbf")) ? 3 : 0;
    while (at < text.n && (is_blank(text.p[at]) || text.p[at] == '['))
        at++;
    return at < text.n && text.p[at] == '{' ? at : text.n;
}

bool bw_json_has_key(struct bw_str text, const char *key)
{
    size_t at = find_object(text), depth = 0;
    struct bw_str string;
    while (at < text.n) {
        char c = text.p[at];
        if (c == '"') {
            at = skip_string(text, at, &string);
            if (depth == 1 && bw_str_eq_nocase(string, bw_str(key)) && colon_follows(text, at))
                return true;
            continue;
        }
        depth += c == '{' || c == '[';
        if ((c == '}' || c == ']') && --depth == 0)
            return false;
        at++;
    }
    return false;
}

size_t bw_json_depth(struct bw_str text)
{
    size_t depth = 0, deepest = 0;
    struct bw_str string;
    for (size_t at = 0; at < text.n;) {
        char c = text.p[at];
        if (c == '"') {
            at = skip_string(text, at, &string);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth;
        deepest = depth > deepest ? depth : deepest;
        at++;
    }
    return deepest;
}
