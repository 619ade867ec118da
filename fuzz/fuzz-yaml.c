#include <stdlib.h>

#include "wrap/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void touch(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        seen ^= (uint8_t)s.p[i];
}

static void walk(const struct bw_yaml *value, unsigned depth)
{
    if (depth > BW_YAML_DEPTH_MAX + 1 || !bw_yaml_line(value) || !bw_yaml_column(value))
        abort();
    touch(bw_yaml_text(value));
    touch(bw_yaml_tag(value));
    bw_yaml_get(value, "a");
    size_t n = 0;
    struct bw_yaml_iter it = bw_yaml_iter(value);
    for (const struct bw_yaml *element; (element = bw_yaml_next(&it)); n++) {
        touch(bw_yaml_text(it.key));
        if (!it.alias)
            walk(element, depth + 1);
    }
    if (n != bw_yaml_size(value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_err err = {0};
    int rc = bw_yaml_parse(&stream, bw_str_n(data, size), &err);
    if (rc && !err.msg[0])
        abort();
    if (rc)
        return 0;
    for (const struct bw_yaml *it = bw_yaml_first(stream); it; it = bw_yaml_next_document(it))
        walk(it, 1);
    return 0;
}
