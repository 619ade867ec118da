#include "reading-rig.h"

#include "extract/json-value.h"

static const char *make(struct reading_rig *rig, struct bw_str text,
                        enum bw_json_duplicates duplicates, struct bw_value *ret_value)
{
    static struct bw_err err;
    err = (struct bw_err){0};
    int rc = bw_json_value(&rig->reading, 0, text, duplicates, ret_value, &err);
    assert_int_equal(rc, err.code);
    return err.msg;
}

static void expect(const char *text, enum bw_json_duplicates duplicates, const char *json)
{
    struct reading_rig rig;
    struct bw_value value = {0};
    rig_open(&rig, (size_t)16 << 20);
    assert_string_equal(make(&rig, bw_str(text), duplicates, &value), "");
    assert_string_equal(rig_json(&rig, value), json);
    rig_close(&rig);
}

static void refuse(struct bw_str text, size_t arena_max, const char *fault)
{
    struct reading_rig rig;
    struct bw_value value = {0};
    rig_open(&rig, arena_max);
    const char *message = make(&rig, text, BW_JSON_DUPLICATES_REFUSED, &value);
    if (!strstr(message, fault))
        fail_msg("%s", message);
    assert_int_equal(value.kind, BW_VALUE_ABSENT);
    rig_close(&rig);
}

static void values(void **state)
{
    (void)state;
    expect("\xef\xbb\xbf { \"a\" : [ ] , \"b\":{ } , \"c\\\"\\u00e9\": \"x\\n\", \"d\":[null "
           ",true,false] }\n",
           BW_JSON_DUPLICATES_REFUSED,
           "{\"a\":[],\"b\":{},\"c\\\"\xc3\xa9\":\"x\\n\",\"d\":[null,true,false]}");
    expect("[0,-0,1,1.0,1e3,9223372036854775807,9223372036854775808,-9223372036854775808,-0.5]",
           BW_JSON_DUPLICATES_REFUSED,
           "[0,0,1,1.0,1000.0,9223372036854775807,9223372036854776000.0,-9223372036854775808,"
           "-0.5]");
    expect("\"alone\"", BW_JSON_DUPLICATES_REFUSED, "\"alone\"");
}

static void duplicates(void **state)
{
    (void)state;
    refuse(BW_STR("{\"a\":1,\n\"b\":{\"a\":2},\n\"a\":3}"), 1 << 20,
           "line 3: the key \"a\" stands at line 1 already");
    expect("{\"a\":{\"x\":1,\"y\":{\"z\":1}},\"b\":1,\"a\":{\"x\":2,\"y\":{\"w\":2}},\"b\":null,"
           "\"c\":[1],\"c\":null}",
           BW_JSON_DUPLICATES_MERGED,
           "{\"a\":{\"x\":2,\"y\":{\"z\":1,\"w\":2}},\"b\":1,\"c\":[1]}");
}

static void count_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                      struct bw_str why)
{
    (void)what, (void)why;
    assert_int_equal(class, BW_GAP_BLOCKING);
    assert_true(bw_str_eq(where, BW_STR("x:2")));
    ++*(unsigned *)ctx;
}

/* Go mixes their elements; one gap says so. */
static void lists_that_stand_twice(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\":[{\"x\":1}],\n\"a\":[{}]}",
        "{\"a\":{\"b\":[1]},\n\"a\":{\"b\":[2],\"b\":[3]}}",
        "{\"a\":1,\n\"a\":[],\"a\":[]}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        struct reading_rig rig;
        struct bw_value value = {0};
        unsigned gaps = 0;
        rig_open(&rig, (size_t)16 << 20);
        rig.sink = (struct bw_reader_sink){&gaps, count_gap};
        assert_string_equal(make(&rig, bw_str(texts[i]), BW_JSON_DUPLICATES_MERGED, &value), "");
        assert_int_equal(gaps, 1);
        rig_close(&rig);
    }
}

static struct bw_value_place place_of(const struct reading_rig *rig, struct bw_value value)
{
    assert_in_range(value.place, 1, rig->reading.places.n - 1);
    return rig->reading.places.v[value.place];
}

static void expect_place(struct bw_value_place place, uint32_t line, uint32_t column)
{
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void places(void **state)
{
    (void)state;
    struct reading_rig rig;
    struct bw_value value = {0};
    rig_open(&rig, 1 << 20);
    assert_string_equal(
        make(&rig,
             BW_STR("{\n  \"\xc3\xa9\\\"{\": \"\xc3\xa9[\", \"b\": [1,\n {\"c\": true"
                    "}, []]\r\n, \"d\": {}, \"e\": null}"),
             BW_JSON_DUPLICATES_REFUSED, &value),
        "");
    expect_place(place_of(&rig, value), 1, 1);
    expect_place(place_of(&rig, value.map->v[0].key), 2, 3);
    expect_place(place_of(&rig, value.map->v[0].value), 2, 11);
    expect_place(place_of(&rig, bw_value_at(value, "b", NULL)), 2, 22);
    struct bw_value b = bw_value_at(value, "b", NULL);
    expect_place(place_of(&rig, bw_value_index(b, 0)), 2, 23);
    expect_place(place_of(&rig, bw_value_at(bw_value_index(b, 1), "c", NULL)), 3, 8);
    expect_place(place_of(&rig, bw_value_index(b, 2)), 3, 15);
    expect_place(place_of(&rig, bw_value_at(value, "d", NULL)), 4, 8);
    expect_place(place_of(&rig, bw_value_at(value, "e", NULL)), 4, 17);
    rig_close(&rig);
}

static void limits(void **state)
{
    (void)state;
    struct bw_buf text = BW_BUF((size_t)16 << 20);
    refuse(BW_STR("{\"a\":}"), 1 << 20,
           "no valid JSON: unexpected character, expected a valid JSON value at byte 5");
    for (unsigned i = 0; i < 200; i++)
        bw_buf_byte(&text, '[');
    for (unsigned i = 0; i < 200; i++)
        bw_buf_byte(&text, ']');
    refuse(bw_buf_slice(&text), 1 << 20, "line 1: deeper than 128 levels");
    bw_buf_clear(&text);
    bw_buf_byte(&text, '[');
    for (unsigned i = 0; i < BW_JSON_VALUES_MAX; i++)
        bw_buf_str(&text, BW_STR("1,"));
    bw_buf_str(&text, BW_STR("1]"));
    refuse(bw_buf_slice(&text), 1 << 20, "JSON of more than 4194304 values");
    bw_buf_clear(&text);
    bw_buf_str(&text, BW_STR("[1"));
    for (unsigned i = 0; i < 10000; i++)
        bw_buf_str(&text, BW_STR(",\n\"0123456789\""));
    bw_buf_str(&text, BW_STR("]"));
    refuse(bw_buf_slice(&text), 1 << 18, ": more values than are held at a time");
    bw_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(lists_that_stand_twice),
        cmocka_unit_test(places),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("json-value", tests, NULL, NULL);
}
