#include "know/fields.h"

static struct bw_field *find(struct bw_field *fields, size_t n, struct bw_str name)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(fields[i].name, name))
            return &fields[i];
    return NULL;
}

int bw_fields_read(const struct bw_json *object, struct bw_field *fields, size_t n,
                   const char *what, struct bw_err *err)
{
    if (bw_json_type(object) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "%s is no object", what);
    for (size_t i = 0; i < n; i++)
        fields[i].value = NULL;
    struct bw_json_iter it = bw_json_iter(object);
    unsigned seen = 0;
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_field *field = find(fields, n, it.key);
        if (!field)
            continue;
        unsigned bit = 1u << (field - fields);
        if (seen & bit)
            return bw_err_set(err, BW_EFORMAT, "%s has \"%s\" twice", what, field->name.p);
        seen |= bit;
        enum bw_json_type type = bw_json_type(value);
        if (type == BW_JSON_NULL)
            continue;
        if (type != field->type)
            return bw_err_set(err, BW_EFORMAT, "%s: \"%s\" is of the wrong type", what,
                              field->name.p);
        field->value = value;
    }
    return 0;
}

bool bw_fields_has_control(struct bw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return true;
    return false;
}
