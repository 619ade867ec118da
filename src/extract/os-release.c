/*
 * os-release(5): the operating system, as it names itself.
 *
 * Where several files are visible, the first of these speaks: etc/os-release, usr/lib/os-release,
 * then the files of release-files.c in the order they stand there. Each gives a fact; the choice
 * is made where the visible tree is known.
 */
#include <stdlib.h>

#include "extract/assignments.h"
#include "extract/parser.h"

#define OS_RELEASE_MAX ((size_t)64 << 10)

static const char *const paths[] = {"etc/os-release", "usr/lib/os-release", NULL};

static const struct {
    const char *key;
    size_t at;
    bool lower; /* the key's values are defined in lower case */
} fields[] = {
    {"ID", offsetof(struct bw_distribution, id), true},
    {"ID_LIKE", offsetof(struct bw_distribution, id_like), true},
    {"VERSION_ID", offsetof(struct bw_distribution, version_id), true},
    {"VERSION_CODENAME", offsetof(struct bw_distribution, codename), true},
    {"NAME", offsetof(struct bw_distribution, name), false},
    {"PRETTY_NAME", offsetof(struct bw_distribution, pretty_name), false},
    {"VARIANT_ID", offsetof(struct bw_distribution, variant_id), true},
    {"CPE_NAME", offsetof(struct bw_distribution, cpe), false},
};

/* The value lies in `room`, which is ours to change. */
static struct bw_str lowered(struct bw_str value, char *room)
{
    char *p = room + (value.p - room);
    for (size_t i = 0; i < value.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] + 32);
    return value;
}

static bool assign(struct bw_distribution *to, struct bw_str key, struct bw_str value, char *room)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(fields); i++)
        if (bw_str_eq(key, bw_str(fields[i].key))) {
            if (fields[i].lower)
                value = lowered(value, room);
            memcpy((char *)to + fields[i].at, &value, sizeof value);
            return true;
        }
    return false;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    if (bw_str_trim(bw_str_n(p, n)).n == 0)
        return 0;
    char *room = malloc(n);
    if (!room)
        return bw_err_set(err, BW_ENOMEM, "no memory for %" BW_STR_F, BW_STR_A(path));
    struct bw_assignments from = bw_assignments(bw_str_n(p, n), room);
    struct bw_fact fact = {.kind = BW_FACT_DISTRIBUTION, .place = {.path = path}};
    struct bw_str key, value;
    bool any = false;
    while (bw_assignments_next(&from, &key, &value))
        if (assign(&fact.distribution, key, value, room))
            any = true;
    int rc = any ? sink->fact(sink->ctx, &fact, err)
                 : bw_err_set(err, BW_EFORMAT, "%" BW_STR_F " names no operating system",
                              BW_STR_A(path));
    free(room);
    return rc;
}

const struct bw_parser bw_parser_os_release = {
    .name = "os-release",
    .what = "the distribution (os-release)",
    .paths = paths,
    .max = OS_RELEASE_MAX,
    .parse = parse,
};
