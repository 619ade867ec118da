/*
 * For tests of what makes values: a reading without a reader, and values as JSON.
 */
#ifndef BW_TESTS_READING_RIG_H
#define BW_TESTS_READING_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "extract/document.h"

struct reading_rig {
    struct bw_reader_request request;
    struct bw_reader_sink sink;
    struct bw_reading reading;
    struct bw_buf json;
};

static inline void no_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                          struct bw_str what, struct bw_str why)
{
    (void)ctx, (void)class, (void)where, (void)what;
    fail_msg("a gap: %" BW_STR_F, BW_STR_A(why));
}

static inline void rig_open(struct reading_rig *rig, size_t arena_max)
{
    struct bw_arena *arena = bw_arena_new(arena_max);
    assert_non_null(arena);
    *rig = (struct reading_rig){
        .request = {.path = BW_STR("x")}, .sink = {NULL, no_gap}, .json = BW_BUF((size_t)64 << 20)};
    rig->reading = (struct bw_reading){
        .request = &rig->request, .sink = &rig->sink, .arena = arena, .make = {.arena = arena}};
    bw_reading_file(&rig->reading, rig->request.path);
    bw_reading_place(&rig->reading, 0, 0, 0);
}

static inline void rig_close(struct reading_rig *rig)
{
    BW_VEC_FREE(&rig->reading.files);
    BW_VEC_FREE(&rig->reading.places);
    BW_VEC_FREE(&rig->reading.objects);
    bw_arena_free(rig->reading.arena);
    bw_buf_free(&rig->json);
}

/* NUL-terminated, until the next call. */
static inline const char *rig_json(struct reading_rig *rig, struct bw_value value)
{
    bw_buf_clear(&rig->json);
    bw_object_json(value, false, &rig->json);
    bw_buf_byte(&rig->json, 0);
    assert_false(bw_buf_failed(&rig->json));
    return (const char *)rig->json.p;
}

#endif
