/*
 * What of the extension "strings" is only in its newest version.
 */
#include "cel/function-text.h"

static struct bw_value reverse(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str s = bw_value_text(args[0]);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    for (size_t end = s.n; end > 0 && !text.spent;) {
        size_t begin = end - 1;
        while (begin > 0 && ((uint8_t)s.p[begin] & 0xc0) == 0x80)
            begin--;
        bw_cel_text_add(&text, bw_str_n(s.p + begin, end - begin));
        end = begin;
    }
    return bw_cel_text_end(&text);
}

static struct bw_value format(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return bw_cel_format(call, bw_value_text(args[0]), args[1], false);
}

static const struct bw_cel_overload overloads[] = {
    {"string.indexOf(string, int): int", bw_cel_index_of},
    {"string.lastIndexOf(string, int): int", bw_cel_last_index_of},
    {"string.reverse(): string", reverse},
    {"string.format(list(dyn)): string", format},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_strings_spec = {
    .name = "strings-spec",
    .dialects = BW_CEL_IN_SPEC,
    .overloads = overloads,
};
