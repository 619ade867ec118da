#include "extract/host-path.h"

#define PATH_LENGTH_MAX 4096u

/* Takes the last component off. */
static size_t parent(const char *path, size_t n)
{
    while (n && path[n - 1] != '/')
        n--;
    return n ? n - 1 : 0;
}

struct bw_value bw_host_path(struct bw_value_maker *make, struct bw_value path)
{
    char clean[PATH_LENGTH_MAX];
    struct bw_str text = bw_value_text(path), rest = text, part;
    size_t n = 0;
    if (path.kind != BW_VALUE_STRING || !text.n || text.p[0] != '/' || text.n >= sizeof clean)
        return path;
    while (bw_str_split(&rest, '/', &part)) {
        if (bw_str_eq(part, BW_STR(".."))) {
            n = parent(clean, n);
        } else if (part.n && !bw_str_eq(part, BW_STR("."))) {
            clean[n++] = '/';
            memcpy(clean + n, part.p, part.n);
            n += part.n;
        }
    }
    struct bw_value value = bw_value_string(make, n ? bw_str_n(clean, n) : BW_STR("/"));
    value.place = path.place;
    value.flags = path.flags;
    return value;
}
