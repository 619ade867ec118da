#include "know/osv-reader.h"

#include "know/fields.h"

int bw_osv_no_memory(struct bw_osv_reader *r)
{
    return bw_arena_is_full(r->arena)
               ? bw_err_set(r->err, BW_ELIMIT, "needs more memory than a record may have")
               : bw_err_set(r->err, BW_ENOMEM, "out of memory");
}

int bw_osv_take_text(struct bw_osv_reader *r, const struct bw_json *value, size_t max,
                     const char *what, struct bw_str *ret_text)
{
    struct bw_str text = bw_json_string(value);
    if (text.n == 0)
        return bw_err_set(r->err, BW_EFORMAT, "%s is missing or empty", what);
    if (text.n > max)
        return bw_err_set(r->err, BW_ELIMIT, "%s is longer than %zu bytes", what, max);
    if (bw_fields_has_control(text))
        return bw_err_set(r->err, BW_EFORMAT, "%s has control characters", what);
    struct bw_str copy = bw_arena_str(r->arena, text);
    if (!copy.p)
        return bw_osv_no_memory(r);
    *ret_text = copy;
    return 0;
}

int bw_osv_check_size(struct bw_osv_reader *r, const struct bw_json *array, size_t max,
                      const char *what)
{
    return bw_json_size(array) > max
               ? bw_err_set(r->err, BW_ELIMIT, "%s has more than %zu elements", what, max)
               : 0;
}

int bw_osv_take_list(struct bw_osv_reader *r, const struct bw_json *array, size_t max,
                     size_t text_max, const char *what, struct bw_strs *ret_list)
{
    int rc = bw_osv_check_size(r, array, max, what);
    if (rc)
        return rc;
    struct bw_strs list = {.v = bw_arena_array(r->arena, bw_json_size(array), sizeof *list.v)};
    if (!list.v)
        return bw_osv_no_memory(r);
    struct bw_json_iter it = bw_json_iter(array);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        rc = bw_osv_take_text(r, value, text_max, what, &list.v[list.n]);
        if (rc)
            return rc;
        list.n++;
    }
    *ret_list = list;
    return 0;
}
