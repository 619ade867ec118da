#include "extract/path-list.h"

void bw_path_list_free(struct bw_path_list *list)
{
    bw_buf_free(&list->bytes);
    BW_VEC_FREE(list);
    BW_VEC_FREE(&list->records);
    list->kept = false;
    list->total = 0;
}

void bw_path_list_clear(struct bw_path_list *list)
{
    bw_buf_clear(&list->bytes);
    list->n = list->records.n = 0;
    list->kept = false;
}

/* Appends the components of a path to out[0..used); SIZE_MAX where it cannot name a file. out has
 * room for used + path.n + 1 bytes. */
static size_t append_components(char *out, size_t used, struct bw_str path)
{
    struct bw_str part;
    while (bw_str_split(&path, '/', &part)) {
        if (part.n == 0 || bw_str_eq(part, BW_STR(".")))
            continue;
        if (bw_str_eq(part, BW_STR("..")) || bw_str_find(part, '\0') != SIZE_MAX)
            return SIZE_MAX;
        if (used)
            out[used++] = '/';
        memcpy(out + used, part.p, part.n);
        used += part.n;
    }
    return used;
}

static int limit(const struct bw_path_list *list, size_t n, struct bw_err *err)
{
    if (list->n >= BW_PATH_LIST_FILES_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u files in a package",
                          BW_PATH_LIST_FILES_MAX);
    if (n > BW_PATH_LIST_BYTES_MAX - list->bytes.n)
        return bw_err_set(err, BW_ELIMIT, "more than %zu bytes of paths in a package",
                          BW_PATH_LIST_BYTES_MAX);
    return 0;
}

int bw_path_list_add(struct bw_path_list *list, struct bw_str dir, struct bw_str name,
                     struct bw_err *err)
{
    list->kept = false;
    if (dir.n > BW_PATH_LIST_PATH_MAX || name.n > BW_PATH_LIST_PATH_MAX)
        return 0;
    if (dir.n + name.n > BW_PATH_LIST_TOTAL_MAX - list->total)
        return bw_err_set(err, BW_ELIMIT, "more than %zu bytes of paths in the database",
                          BW_PATH_LIST_TOTAL_MAX);
    list->total += dir.n + name.n;
    char path[2 * (BW_PATH_LIST_PATH_MAX + 1)];
    size_t n = append_components(path, 0, dir);
    if (n != SIZE_MAX)
        n = append_components(path, n, name);
    if (n == SIZE_MAX || n == 0 || n > BW_PATH_LIST_PATH_MAX)
        return 0;
    int rc = limit(list, n, err);
    if (rc)
        return rc;
    bw_buf_add(&list->bytes, path, n);
    struct bw_str *slot =
        bw_buf_failed(&list->bytes) ? NULL : BW_VEC_PUSH(list, BW_PATH_LIST_FILES_MAX);
    if (!slot)
        return bw_err_set(err, BW_ENOMEM, "no memory for the files of a package");
    slot->n = n;
    list->kept = true;
    return 0;
}

/* Paths whose record nobody asked for have one that says nothing. */
static bool fill_records(struct bw_path_list *list)
{
    while (list->records.n < list->n) {
        struct bw_file_record *record = BW_VEC_PUSH(&list->records, BW_PATH_LIST_FILES_MAX);
        if (!record)
            return false;
        *record = BW_FILE_RECORD;
    }
    return true;
}

struct bw_file_record *bw_path_list_record(struct bw_path_list *list)
{
    return list->kept && fill_records(list) ? &list->records.v[list->n - 1] : NULL;
}

struct bw_file_record *bw_path_list_records(struct bw_path_list *list)
{
    return list->records.n && fill_records(list) ? list->records.v : NULL;
}

struct bw_strs bw_path_list_get(struct bw_path_list *list)
{
    const char *p = (const char *)list->bytes.p;
    for (size_t i = 0; i < list->n; i++) {
        list->v[i].p = p;
        p += list->v[i].n;
    }
    return (struct bw_strs){list->v, list->n};
}

bool bw_path_is_normal(struct bw_str path)
{
    if (path.n == 0 || path.n > BW_PATH_LIST_PATH_MAX || bw_str_find(path, '\0') != SIZE_MAX)
        return false;
    struct bw_str part;
    while (bw_str_split(&path, '/', &part))
        if (part.n == 0 || bw_str_eq(part, BW_STR(".")) || bw_str_eq(part, BW_STR("..")))
            return false;
    return true;
}
