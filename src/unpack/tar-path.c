#include "unpack/tar.h"

static struct bw_str tar_slice(const char *p, size_t n)
{
    return (struct bw_str){p, n};
}

/* Without the last component: "a/b" gives "a", "a" gives "". */
static size_t tar_parent(const char *p, size_t n)
{
    size_t slash = bw_str_rfind(tar_slice(p, n), '/');
    return slash == SIZE_MAX ? 0 : slash;
}

bool bw_tar_normalise(struct bw_str path, char out[BW_TAR_PATH_MAX + 1], struct bw_str *ret_path,
                      bool *ret_odd)
{
    size_t n = 0;
    bool odd = (path.n && path.p[0] == '/') || !bw_str_is_utf8(path);
    struct bw_str rest = path, part;
    *ret_path = (struct bw_str){NULL, 0};
    while (bw_str_split(&rest, '/', &part)) {
        if (part.n == 0 || bw_str_eq(part, BW_STR(".")))
            continue;
        if (bw_str_eq(part, BW_STR(".."))) {
            odd = true;
            n = tar_parent(out, n);
            continue;
        }
        if (part.n > BW_TAR_COMPONENT_MAX || n + 1 + part.n > BW_TAR_PATH_MAX)
            return false;
        if (n)
            out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    out[n] = '\0';
    *ret_path = tar_slice(out, n);
    *ret_odd = odd;
    return n > 0;
}

bool bw_tar_whiteout(struct bw_str path, char buffer[BW_TAR_PATH_MAX + 1],
                     enum bw_file_type *ret_type, struct bw_str *ret_path)
{
    size_t parent_n = tar_parent(path.p, path.n);
    struct bw_str name = bw_str_from(path, parent_n ? parent_n + 1 : 0);
    if (!bw_str_starts(name, BW_STR(".wh.")) || path.n > BW_TAR_PATH_MAX)
        return false;
    *ret_type = BW_FILE_WHITEOUT;
    *ret_path = tar_slice(buffer, 0);
    if (bw_str_eq(name, BW_STR(".wh..wh..opq"))) {
        *ret_type = BW_FILE_OPAQUE;
        memcpy(buffer, path.p, parent_n);
        ret_path->n = parent_n;
        return true;
    }
    struct bw_str hidden = bw_str_from(name, 4);
    if (bw_str_starts(hidden, BW_STR(".wh.")) || hidden.n == 0 || bw_str_eq(hidden, BW_STR(".")) ||
        bw_str_eq(hidden, BW_STR("..")))
        return true;
    size_t directory_n = path.n - name.n;
    memcpy(buffer, path.p, directory_n);
    memcpy(buffer + directory_n, hidden.p, hidden.n);
    ret_path->n = directory_n + hidden.n;
    return true;
}
