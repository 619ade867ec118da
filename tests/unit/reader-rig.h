/*
 * For tests of readers: a text read, its objects as JSON, its gaps and comments as lines.
 */
#ifndef BW_TESTS_READER_RIG_H
#define BW_TESTS_READER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "extract/document.h"

struct reader_rig {
    struct bw_arena *arena;
    struct bw_document document;
    struct bw_buf gaps; /* "blocking WHERE: WHAT: WHY\n" */
    struct bw_buf json;
    struct bw_err err;
};

static inline void keep_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                            struct bw_str what, struct bw_str why)
{
    bw_buf_printf(ctx, "%s %" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F "\n",
                  class == BW_GAP_BLOCKING ? "blocking" : "note", BW_STR_A(where), BW_STR_A(what),
                  BW_STR_A(why));
}

/* What bw_reader_read returns. The rig is to be closed whatever that is. */
static inline int rig_request(struct reader_rig *rig, const struct bw_reader *reader,
                              const struct bw_reader_request *request, size_t *ret_wanted_n)
{
    struct bw_reader_sink sink = {&rig->gaps, keep_gap};
    struct bw_str *wanted = NULL;
    *rig = (struct reader_rig){.arena = bw_arena_new((size_t)64 << 20),
                               .gaps = BW_BUF(1 << 20),
                               .json = BW_BUF((size_t)64 << 20)};
    assert_non_null(rig->arena);
    int rc = bw_reader_read(reader, request, &sink, rig->arena, &rig->document, &wanted,
                            ret_wanted_n, &rig->err);
    assert_int_equal(rc, rig->err.code);
    bw_buf_byte(&rig->gaps, 0);
    return rc;
}

/* Of a text that needs no other files. */
static inline int rig_read(struct reader_rig *rig, const struct bw_reader *reader, const char *path,
                           struct bw_str text)
{
    struct bw_reader_request request = {.path = bw_str(path), .text = text};
    size_t wanted_n = 0;
    int rc = rig_request(rig, reader, &request, &wanted_n);
    assert_int_equal(wanted_n, 0);
    return rc;
}

static inline void rig_close(struct reader_rig *rig)
{
    bw_buf_free(&rig->gaps);
    bw_buf_free(&rig->json);
    bw_arena_free(rig->arena);
}

/* NUL-terminated, until the next call. */
static inline const char *rig_json(struct reader_rig *rig, struct bw_value value)
{
    bw_buf_clear(&rig->json);
    bw_object_json(value, false, &rig->json);
    bw_buf_byte(&rig->json, 0);
    assert_false(bw_buf_failed(&rig->json));
    return (const char *)rig->json.p;
}

static inline const char *rig_gaps(const struct reader_rig *rig)
{
    return (const char *)rig->gaps.p;
}

static inline struct bw_value_place rig_place(const struct reader_rig *rig, struct bw_value value)
{
    assert_in_range(value.place, 1, rig->document.places_n - 1);
    return rig->document.places[value.place];
}

/* What stands at a path in a value ("spec.containers.0.name"), as JSON; "" where there is nothing.
 */
static inline const char *rig_at(struct reader_rig *rig, struct bw_value from, const char *path)
{
    struct bw_str rest = bw_str(path), part;
    while (bw_str_split(&rest, '.', &part))
        from = part.p[0] >= '0' && part.p[0] <= '9'
                   ? bw_value_index(from, (size_t)(part.p[0] - '0'))
                   : bw_value_get(from, part);
    return from.kind == BW_VALUE_ABSENT ? "" : rig_json(rig, from);
}

/* The container of an object that is a pod. */
static inline struct bw_value rig_container(const struct reader_rig *rig, size_t object)
{
    assert_in_range(object, 0, rig->document.objects_n - 1);
    struct bw_value containers =
        bw_value_at(rig->document.objects[object].value, "spec", "containers", NULL);
    assert_in_range(bw_value_count(containers), 1, 1000);
    return bw_value_index(containers, 0);
}

#endif
