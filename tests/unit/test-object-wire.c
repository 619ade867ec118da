#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/object.h"

#define PLACES 8u

struct rig {
    struct bw_arena *arena;
    struct bw_value_maker make;
    struct bw_str files[2];
    struct bw_value_place places[PLACES];
    struct bw_object objects[2];
    struct bw_ignore ignores[1];
    struct bw_document document;
    struct bw_buf wire;
};

static struct bw_value placed(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

/* A value of each kind. */
static struct bw_value sample(struct bw_value_maker *make)
{
    struct bw_value map = bw_value_map(make, 2), list = bw_value_list(make, 0);
    bw_value_add(make, &list, bw_value_null());
    bw_value_add(make, &list, placed(bw_value_bool(true), 1));
    bw_value_add(make, &list, bw_value_int(INT64_MIN));
    bw_value_add(make, &list, bw_value_uint(UINT64_MAX));
    bw_value_add(make, &list, bw_value_double(-0.25));
    bw_value_add(make, &list, bw_value_bytes(make, BW_STR("\xff\x00")));
    bw_value_add(make, &list, bw_value_unknown(make, BW_UNKNOWN_MISSING, BW_STR("not at hand")));
    bw_value_add(make, &list, bw_value_map(make, 0));
    for (unsigned i = 0; i < 40; i++) {
        char name[8];
        snprintf(name, sizeof name, "k%u", i);
        bw_value_put(make, &map, placed(bw_value_string(make, bw_str(name)), i % PLACES), list);
    }
    struct bw_value flagged = bw_value_string(make, BW_STR("\xc3\xa9"));
    flagged.flags = BW_VALUE_DEFAULT;
    bw_value_set(make, &map, "last", placed(flagged, 7));
    return map;
}

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){.arena = bw_arena_new(1 << 20), .wire = BW_BUF(1 << 20)};
    rig->make.arena = rig->arena;
    rig->files[0] = BW_STR("a/compose.yaml");
    rig->files[1] = BW_STR("");
    for (uint32_t i = 1; i < PLACES; i++)
        rig->places[i] = (struct bw_value_place){i % 2, i, UINT32_MAX};
    rig->objects[0] = (struct bw_object){BW_SYNTAX_COMPOSE,
                                         BW_OBJECT_NO_VIEW,
                                         BW_STR("bulwark.dev"),
                                         BW_STR("v1"),
                                         BW_STR("composefiles"),
                                         BW_STR("ComposeFile"),
                                         BW_STR(""),
                                         BW_STR("shop"),
                                         false,
                                         3,
                                         sample(&rig->make)};
    rig->objects[1] = rig->objects[0];
    rig->objects[1].view_of = 0;
    rig->objects[1].value = bw_value_string(&rig->make, BW_STR("x"));
    rig->ignores[0] =
        (struct bw_ignore){BW_STR("DL3007"), BW_STR("why"), BW_STR("2030-01-01"), 1, 4, 5, 6};
    rig->document = (struct bw_document){BW_SYNTAX_COMPOSE, 0, rig->files,   2, rig->places, PLACES,
                                         rig->objects,      2, rig->ignores, 1};
    assert_false(rig->make.failed);
}

static void rig_close(struct rig *rig)
{
    bw_arena_free(rig->arena);
    bw_buf_free(&rig->wire);
}

static struct bw_str json(struct bw_value value, struct bw_buf *buf)
{
    bw_buf_clear(buf);
    bw_object_json(value, false, buf);
    return bw_buf_slice(buf);
}

static int get(struct bw_str wire, struct bw_arena *arena, uint32_t base,
               struct bw_document *ret_document)
{
    struct bw_err err = {0};
    struct bw_str rest = wire;
    int rc = bw_wire_get_document(&rest, arena, base, ret_document, &err);
    assert_int_equal(rc, err.code);
    assert_int_equal(rest.n, rc ? wire.n : 0);
    return rc;
}

static void there_and_back(void **state)
{
    (void)state;
    struct rig rig;
    struct bw_document document;
    struct bw_buf a BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_buf b BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    rig_open(&rig);
    bw_wire_put_document(&rig.wire, &rig.document);
    assert_false(bw_buf_failed(&rig.wire));
    assert_int_equal(get(bw_buf_slice(&rig.wire), rig.arena, 0, &document), 0);
    assert_int_equal(document.syntax, BW_SYNTAX_COMPOSE);
    assert_int_equal(document.files_n, 2);
    assert_true(bw_str_eq(document.files[0], rig.files[0]));
    assert_int_equal(document.places_n, PLACES);
    assert_memory_equal(document.places, rig.places, sizeof rig.places);
    assert_int_equal(document.objects_n, 2);
    assert_int_equal(document.objects[1].view_of, 0);
    assert_true(bw_str_eq(document.objects[0].name, BW_STR("shop")));
    assert_true(bw_str_eq(json(document.objects[0].value, &a), json(rig.objects[0].value, &b)));
    assert_int_equal(document.ignores_n, 1);
    assert_int_equal(document.ignores[0].last, 6);
    /* One form: what is written again is the same. */
    bw_buf_clear(&a);
    bw_wire_put_document(&a, &document);
    assert_true(bw_str_eq(bw_buf_slice(&a), bw_buf_slice(&rig.wire)));
    rig_close(&rig);
}

static void places_move(void **state)
{
    (void)state;
    struct rig rig;
    struct bw_document document;
    rig_open(&rig);
    bw_wire_put_document(&rig.wire, &rig.document);
    assert_int_equal(get(bw_buf_slice(&rig.wire), rig.arena, 1000, &document), 0);
    struct bw_value map = document.objects[0].value;
    assert_int_equal(document.objects[0].place, 1003);
    assert_int_equal(map.place, 0);
    assert_int_equal(map.map->v[3].key.place, 1003);
    assert_int_equal(bw_value_at(map, "last", NULL).place, 1007);
    assert_int_equal(bw_value_at(map, "last", NULL).flags, BW_VALUE_DEFAULT);
    struct bw_value list = bw_value_at(map, "k39", NULL);
    assert_int_equal(bw_value_index(list, 6).unknown->class, BW_UNKNOWN_MISSING);
    assert_int_equal(get(bw_buf_slice(&rig.wire), rig.arena, UINT32_MAX - 3, &document),
                     BW_EFORMAT);
    rig_close(&rig);
}

/* Every byte changed, every end cut off: an error or a document, never a crash. */
static void hostile_bytes(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    bw_wire_put_document(&rig.wire, &rig.document);
    for (size_t i = 0; i < rig.wire.n; i++) {
        struct bw_document document = {0};
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
        assert_int_equal(get(bw_str_take(bw_buf_slice(&rig.wire), i), arena, 0, &document),
                         BW_EFORMAT);
        rig.wire.p[i] ^= 0x41;
        struct bw_str rest = bw_buf_slice(&rig.wire);
        if (bw_wire_get_document(&rest, arena, 0, &document, NULL))
            assert_null(document.objects);
        rig.wire.p[i] ^= 0x41;
    }
    rig_close(&rig);
}

static void expect_refused(struct rig *rig, const char *why)
{
    struct bw_document document;
    struct bw_err err = {0};
    struct bw_str rest = bw_buf_slice(&rig->wire);
    assert_false(bw_buf_failed(&rig->wire));
    assert_int_equal(bw_wire_get_document(&rest, rig->arena, 0, &document, &err), BW_EFORMAT);
    if (!strstr(err.msg, why))
        fail_msg("%s", err.msg);
    rig_close(rig);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig.objects[1].view_of = 1;
    bw_wire_put_document(&rig.wire, &rig.document);
    expect_refused(&rig, "a view before its origin");

    rig_open(&rig);
    rig.objects[1].value.place = PLACES;
    bw_wire_put_document(&rig.wire, &rig.document);
    expect_refused(&rig, "no such place");

    rig_open(&rig);
    rig.ignores[0].file = 2;
    bw_wire_put_document(&rig.wire, &rig.document);
    expect_refused(&rig, "no such file");

    rig_open(&rig);
    rig.objects[1].value = bw_value_string(&rig.make, BW_STR("\xff"));
    bw_wire_put_document(&rig.wire, &rig.document);
    expect_refused(&rig, "no UTF-8");

    rig_open(&rig);
    struct bw_value twice = bw_value_map(&rig.make, 2);
    bw_value_set(&rig.make, &twice, "a", bw_value_null());
    bw_value_set(&rig.make, &twice, "b", bw_value_null());
    rig.objects[1].value = twice;
    bw_wire_put_document(&rig.wire, &rig.document);
    size_t b = bw_str_find_str(bw_buf_slice(&rig.wire), BW_STR("\x01"
                                                               "b"));
    rig.wire.p[b + 1] = 'a';
    expect_refused(&rig, "a key stands twice");
}

static void what_is_not_written(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct bw_value deep = bw_value_null();
    for (unsigned i = 0; i < 140; i++) {
        struct bw_value list = bw_value_list(&rig.make, 1);
        bw_value_add(&rig.make, &list, deep);
        deep = list;
    }
    const struct bw_value bad[] = {deep, {0}, {.kind = BW_VALUE_FOREIGN}};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        rig.objects[1].value = bad[i];
        bw_buf_clear(&rig.wire);
        bw_wire_put_document(&rig.wire, &rig.document);
        assert_true(bw_buf_failed(&rig.wire));
        assert_int_equal(rig.wire.n, 0);
    }
    rig_close(&rig);
}

static void a_small_arena(void **state)
{
    (void)state;
    struct rig rig;
    struct bw_document document;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 13);
    rig_open(&rig);
    bw_wire_put_document(&rig.wire, &rig.document);
    assert_int_equal(get(bw_buf_slice(&rig.wire), arena, 0, &document), BW_ELIMIT);
    rig_close(&rig);
}

static void as_json(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct bw_value last = bw_value_at(rig.objects[0].value, "k1", NULL);
    bw_object_json(last, false, &rig.wire);
    bw_buf_byte(&rig.wire, 0);
    assert_string_equal((char *)rig.wire.p,
                        "[null,true,-9223372036854775808,18446744073709551615,-0.25,\"/wA=\","
                        "{\"$unknown\":\"not at hand\"},{}]");
    bw_buf_clear(&rig.wire);
    struct bw_value keys = bw_value_map(&rig.make, 3);
    bw_value_put(&rig.make, &keys, bw_value_int(-1), bw_value_null());
    bw_value_put(&rig.make, &keys, bw_value_uint(2), (struct bw_value){.kind = BW_VALUE_FOREIGN});
    bw_value_put(&rig.make, &keys, bw_value_bool(true), bw_value_double(1));
    bw_object_json(keys, true, &rig.wire);
    bw_buf_byte(&rig.wire, 0);
    assert_string_equal((char *)rig.wire.p,
                        "{\n  \"-1\": null,\n  \"2\": null,\n  \"true\": 1.0\n}\n");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(places_move),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_is_not_written),
        cmocka_unit_test(a_small_arena),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests_name("object-wire", tests, NULL, NULL);
}
