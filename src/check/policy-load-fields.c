/*
 * The fields of a document, strictly: what is not known, stands twice or has another type is a
 * problem with a place.
 */
#include <stdio.h>

#include "check/policy-load.h"

/* Members of one mapping; fields of one table. */
#define MEMBERS_MAX 1000u
#define FIELDS_MAX  32u

bool bw_policy_is_null(const struct bw_yaml *value)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (!value)
        return true;
    if (!bw_yaml_is_plain(value))
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(bw_yaml_text(value), bw_str(words[i])))
            return true;
    return false;
}

static int unknown_field(struct bw_policy_reader *reader, const struct bw_yaml *key,
                         const char *what, const struct bw_policy_field *fields, size_t n)
{
    const char *names[FIELDS_MAX];
    for (size_t i = 0; i < n; i++)
        names[i] = fields[i].name;
    struct bw_str name = bw_str_take(bw_yaml_text(key), 80);
    const char *near = bw_policy_nearest(name, names, n);
    return bw_policy_problem_at(reader, key, "%s has no field '%" BW_STR_F "'%s%s%s", what,
                                BW_STR_A(name), near ? "; did you mean '" : "", near ? near : "",
                                near ? "'?" : "");
}

static int take_member(struct bw_policy_reader *reader, const char *what,
                       const struct bw_policy_field *field, const struct bw_yaml *key,
                       const struct bw_yaml *value, void *out)
{
    if (field->beyond)
        return bw_policy_problem_at(reader, key, "%s.%s is not supported: %s", what, field->name,
                                    field->beyond);
    if (!field->take || bw_policy_is_null(value))
        return 0;
    return field->take(reader, value, (char *)out + field->offset);
}

int bw_policy_take_fields(struct bw_policy_reader *reader, const struct bw_yaml *mapping,
                          const char *what, const struct bw_policy_field *fields, size_t n,
                          void *out)
{
    uint32_t seen = 0, filled = 0;
    _Static_assert(FIELDS_MAX == 32, "a bit for each");
    if (bw_yaml_type(mapping) != BW_YAML_MAPPING)
        return bw_policy_problem_at(reader, mapping, "%s is no mapping", what);
    if (bw_yaml_size(mapping) > MEMBERS_MAX)
        return bw_policy_problem_at(reader, mapping, "%s has more than %u fields", what,
                                    MEMBERS_MAX);
    struct bw_yaml_iter it = bw_yaml_iter(mapping);
    for (const struct bw_yaml *value; (value = bw_yaml_next(&it));) {
        size_t i = 0;
        while (i < n && !bw_str_eq(bw_yaml_text(it.key), bw_str(fields[i].name)))
            i++;
        if (i == n)
            return unknown_field(reader, it.key, what, fields, n);
        if (seen & 1u << i)
            return bw_policy_problem_at(reader, it.key, "%s.%s stands twice", what, fields[i].name);
        seen |= 1u << i;
        filled |= bw_policy_is_null(value) ? 0 : 1u << i;
        int rc = take_member(reader, what, &fields[i], it.key, value, out);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        if (fields[i].required && !(filled & 1u << i))
            return bw_policy_problem_at(reader, mapping, "%s has no %s", what, fields[i].name);
    return 0;
}

int bw_policy_take_scalar(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    if (bw_yaml_type(value) != BW_YAML_SCALAR)
        return bw_policy_problem_at(reader, value, "a text is expected here");
    *(struct bw_policy_scalar *)at = (struct bw_policy_scalar){bw_yaml_text(value), value};
    return 0;
}

int bw_policy_take_text(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    if (bw_yaml_type(value) != BW_YAML_SCALAR)
        return bw_policy_problem_at(reader, value, "a text is expected here");
    *(struct bw_str *)at = bw_yaml_text(value);
    return 0;
}

int bw_policy_take_words(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    struct bw_strs *words = at;
    size_t n = bw_yaml_size(value);
    if (bw_yaml_type(value) != BW_YAML_SEQUENCE)
        return bw_policy_problem_at(reader, value, "a list of texts is expected here");
    struct bw_str *v = bw_arena_array(reader->loader->arena, n, sizeof *v);
    if (!v)
        return bw_policy_no_room(reader);
    struct bw_yaml_iter it = bw_yaml_iter(value);
    size_t i = 0;
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it)); i++) {
        int rc = bw_policy_take_text(reader, item, &v[i]);
        if (rc)
            return rc;
    }
    *words = (struct bw_strs){v, n};
    return 0;
}

/* As Kubernetes reads YAML (1.1). */
int bw_policy_take_bool(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; bw_yaml_is_plain(value) && i < BW_ARRAY_LEN(yes); i++) {
        bool is_yes = bw_str_eq_nocase(bw_yaml_text(value), bw_str(yes[i]));
        if (!is_yes && !bw_str_eq_nocase(bw_yaml_text(value), bw_str(no[i])))
            continue;
        *(bool *)at = is_yes;
        return 0;
    }
    return bw_policy_problem_at(reader, value, "true or false is expected here");
}

int bw_policy_take_choice(struct bw_policy_reader *reader, const struct bw_yaml *value,
                          const char *const *words, size_t n, uint32_t *ret)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(bw_yaml_text(value), bw_str(words[i]))) {
            *ret = (uint32_t)i;
            return 0;
        }
    struct bw_str text = bw_str_take(bw_yaml_text(value), 60);
    const char *near = bw_policy_nearest(text, words, n);
    char list[200] = "";
    for (size_t i = 0, at = 0; i < n && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", words[i]);
    if (near)
        return bw_policy_problem_at(reader, value,
                                    "'%" BW_STR_F "' is none of %s; did you mean "
                                    "'%s'?",
                                    BW_STR_A(text), list, near);
    return bw_policy_problem_at(reader, value, "'%" BW_STR_F "' is none of %s", BW_STR_A(text),
                                list);
}

int bw_policy_each(struct bw_policy_reader *reader, const struct bw_yaml *list, bw_policy_take take,
                   void *at)
{
    if (bw_yaml_type(list) != BW_YAML_SEQUENCE)
        return bw_policy_problem_at(reader, list, "a list is expected here");
    struct bw_yaml_iter it = bw_yaml_iter(list);
    int rc = 0;
    for (const struct bw_yaml *item; rc == 0 && (item = bw_yaml_next(&it));)
        rc = take(reader, item, at);
    return rc;
}

void *bw_policy_push(struct bw_arena *arena, void **v, size_t *n, size_t *cap, size_t size,
                     size_t max)
{
    if (*n >= max)
        return NULL;
    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 4;
        void *larger = bw_arena_array(arena, more, size);
        if (!larger)
            return NULL;
        if (*n)
            memcpy(larger, *v, *n * size);
        *v = larger;
        *cap = more;
    }
    return (char *)*v + (*n)++ * size;
}
