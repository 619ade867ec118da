/*
 * jsonpatch.escapeKey(): a key as a part of a JSON Pointer (RFC 6901), for mutating policies.
 */
#include "cel/function-text.h"

static struct bw_value escape_key(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str s = bw_value_text(args[0]);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    while (s.n && !text.spent) {
        size_t plain = 0;
        while (plain < s.n && s.p[plain] != '~' && s.p[plain] != '/')
            plain++;
        bw_cel_text_add(&text, bw_str_take(s, plain));
        s = bw_str_from(s, plain);
        if (s.n)
            bw_cel_text_add(&text, s.p[0] == '~' ? BW_STR("~0") : BW_STR("~1"));
        s = bw_str_from(s, 1);
    }
    return bw_cel_text_end(&text);
}

static const struct bw_cel_overload overloads[] = {
    {"jsonpatch.escapeKey(string): string", escape_key},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_jsonpatch = {
    .name = "jsonpatch",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
