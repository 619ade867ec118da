#include <stdlib.h>

#include "extract/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void touch(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        seen ^= (uint8_t)s.p[i];
    if (!bw_str_is_utf8(s))
        abort();
}

static void walk(const struct bw_toml *value, unsigned depth)
{
    if (depth > 3 * BW_TOML_DEPTH_MAX || !bw_toml_line(value))
        abort();
    touch(bw_toml_key(value));
    touch(bw_toml_text(value));
    bw_toml_get(value, "a");
    size_t n = 0;
    for (const struct bw_toml *it = bw_toml_first(value); it; it = bw_toml_next(it), n++)
        walk(it, depth + 1);
    if (n != bw_toml_size(value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_toml_doc *doc BW_CLEANUP(bw_toml_freep) = NULL;
    struct bw_err err = {0};
    if (!bw_toml_parse(&doc, bw_str_n(data, size), &err))
        walk(bw_toml_root(doc), 0);
    else if (!err.msg[0])
        abort();
    return 0;
}
