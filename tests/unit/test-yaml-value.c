#include "reading-rig.h"

#include "extract/yaml-value.h"

/* Reads the first document; the message of the failure, or "". */
static const char *make(struct reading_rig *rig, enum bw_yaml_dialect dialect, struct bw_str text,
                        struct bw_value *ret_value)
{
    static struct bw_err err;
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_yaml_values values = {&rig->reading, 0, dialect, BW_YAML_VALUE_BUDGET};
    struct bw_value value = {0};
    err = (struct bw_err){0};
    if (bw_yaml_parse(&stream, text, &err))
        return err.msg;
    int rc = bw_yaml_value(&values, bw_yaml_first(stream), &value, &err);
    assert_int_equal(rc, err.code);
    assert_true(rc == 0 || value.kind == BW_VALUE_ABSENT);
    *ret_value = value;
    return err.msg;
}

static void expect(enum bw_yaml_dialect dialect, const char *text, const char *json)
{
    struct reading_rig rig;
    struct bw_value value = {0};
    rig_open(&rig, (size_t)16 << 20);
    const char *fault = make(&rig, dialect, bw_str(text), &value);
    if (*fault)
        fail_msg("%s: %s", text, fault);
    assert_string_equal(rig_json(&rig, value), json);
    rig_close(&rig);
}

static void refuse(enum bw_yaml_dialect dialect, struct bw_str text, const char *fault)
{
    struct reading_rig rig;
    struct bw_value value;
    rig_open(&rig, (size_t)512 << 20);
    assert_string_equal(make(&rig, dialect, text, &value), fault);
    rig_close(&rig);
}

#define K BW_YAML_KUBERNETES
#define C BW_YAML_COMPOSE

static void words(void **state)
{
    (void)state;
    expect(K, "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
           "[true,true,true,true,true,true,true,true,true,true,true]");
    expect(K, "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
           "[false,false,false,false,false,false,false,false,false,false,false]");
    expect(K, "[yEs, oN, tRue, nUll, 'yes', \"true\", !!str yes, ! yes]",
           "[\"yEs\",\"oN\",\"tRue\",\"nUll\",\"yes\",\"true\",\"yes\",\"yes\"]");
    expect(K, "a: |\n  yes\nb: >-\n  true\nc: !!bool 'on'\n",
           "{\"a\":\"yes\\n\",\"b\":\"true\",\"c\":true}");
    expect(K, "[~, null, Null, NULL, '', 'null', !!null '']",
           "[null,null,null,null,\"\",\"null\",null]");
    expect(K, "a:\nb: ''\n", "{\"a\":null,\"b\":\"\"}");
    expect(C, "[y, yes, on, off, no, n, true, True, FALSE, ~, null]",
           "[\"y\",\"yes\",\"on\",\"off\",\"no\",\"n\",true,true,false,null,null]");
    expect(K, "[2001-01-01, 2001-01-01T00:00:00Z, 12:30, !!timestamp 2001-01-01]",
           "[\"2001-01-01\",\"2001-01-01T00:00:00Z\",\"12:30\",\"2001-01-01\"]");
    expect(K, "[!!binary aGVsbG8=, !own 5]", "[\"hello\",\"5\"]");
    expect(K, "!!binary gIHwn5iA", "\"\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\"");
}

static void numbers(void **state)
{
    (void)state;
    expect(K, "[0, -0, +1, 010, 0o10, 0O10, 0x1f, -0X1F, 0b101, 1_000, 0_1, 1__0, 00]",
           "[0,0,1,8,8,8,31,-31,5,1000,1,10,0]");
    expect(K, "[_1, 0x, 0b2, 0x1ffffffffffffffff, 1-2, 1e, ., .e5, 1.2.3, +, 0o8, '7', .1e400]",
           "[\"_1\",\"0x\",\"0b2\",\"0x1ffffffffffffffff\",\"1-2\",\"1e\",\".\",\".e5\","
           "\"1.2.3\",\"+\",\"0o8\",\"7\",\".1e400\"]");
    expect(K, "[08, 09.5, .5, +.5, .5_0, ._5, 1_.5, 0b+1, 1e400]",
           "[8,9.5,0.5,0.5,0.5,\"._5\",1.5,1,\"1e400\"]");
    /* Between go-yaml and the API server lies JSON, in which 1e3 is written 1000. */
    expect(
        K, "[1e3, 1000.0, 1.5, -2.0, 1e18, 4611686018427387904.0, 1e20, !!float 1, !!int '5']",
        "[1000,1000,1.5,-2,1000000000000000000,4611686018427388000,100000000000000000000.0,1,5]");
    expect(C, "[1e3, 1000.0, 0o+7, 0o17]", "[1000.0,1000.0,7,15]");
    expect(K, "[9223372036854775807, -9223372036854775808, 9223372036854775808]",
           "[9223372036854775807,-9223372036854775808,9223372036854776000.0]");
}

static void keys(void **state)
{
    (void)state;
    expect(K, "{on: 1, 'on': 2, 0x10: 3, 1.50: 4, 1000000.0: 5, 0.00001: 6, 2001-01-01: 7}",
           "{\"true\":1,\"on\":2,\"16\":3,\"1.5\":4,\"1e+06\":5,\"1e-05\":6,\"2001-01-01\":7}");
    expect(C, "{on: 1, a: 2}", "{\"on\":1,\"a\":2}");
    refuse(K, BW_STR("a: 1\n? [b]\n: 2\n"), "line 2: a key that is no scalar");
    refuse(K, BW_STR("~: 1\n"), "line 1: the key `~` is no string");
    refuse(K, BW_STR("18446744073709551615: 1\n"),
           "line 1: the key `18446744073709551615` is no string");
    refuse(C, BW_STR("a:\n  1: x\n"), "line 2: the key `1` is no string");
    refuse(K, BW_STR("a: 1\nb: 2\n\"a\": 3\n"), "line 3: the key \"a\" stands at line 1 already");
    refuse(K, BW_STR("yes: 1\nb:\n- c\n'true': 3\n"),
           "line 4: the key \"true\" stands at line 1 already");
    refuse(C, BW_STR("x:\n  a: 1\n  a: 3\n"), "line 3: the key \"a\" stands at line 2 already");
}

static void merges(void **state)
{
    (void)state;
    const char *before = "x: &x {a: 1, b: 1}\nz: {a: 2, <<: *x, c: 3}\n";
    const char *after = "x: &x {a: 1, b: 1}\nz: {<<: *x, a: 2}\n";
    /* go-yaml v2 goes through the text, the later one wins; yaml.v3 lets the mapping's own win. */
    expect(K, before, "{\"x\":{\"a\":1,\"b\":1},\"z\":{\"a\":1,\"b\":1,\"c\":3}}");
    expect(C, before, "{\"x\":{\"a\":1,\"b\":1},\"z\":{\"a\":2,\"c\":3,\"b\":1}}");
    expect(K, after, "{\"x\":{\"a\":1,\"b\":1},\"z\":{\"a\":2,\"b\":1}}");
    expect(C, after, "{\"x\":{\"a\":1,\"b\":1},\"z\":{\"a\":2,\"b\":1}}");
    const char *several = "- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y, {c: 3}]}\n";
    expect(K, several, "[{\"a\":1},{\"a\":2,\"b\":2},{\"a\":1,\"b\":2,\"c\":3}]");
    expect(C, several, "[{\"a\":1},{\"a\":2,\"b\":2},{\"a\":1,\"b\":2,\"c\":3}]");
    expect(K, "{<<: {a: 1}, <<: {a: 2}}", "{\"a\":2}");
    expect(K, "{'<<': 1}", "{\"<<\":1}");
    expect(K, "- &x {<<: {a: 1}, b: 2}\n- {!!merge <<: *x}",
           "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":2}]");
    refuse(K, BW_STR("a: 1\n<<: 5\n"), "line 2: \"<<\" merges a mapping or a sequence of mappings");
    refuse(K, BW_STR("a: &a [{b: 1}]\n<<: *a\n"),
           "line 1: \"<<\" merges a mapping or a sequence of mappings");
    refuse(K, BW_STR("<<: [{b: 1}, 2]\n"), "line 1: \"<<\" merges what is no mapping");
    refuse(C, BW_STR("{<<: {a: 1}, <<: {a: 2}}"), "line 1: a second \"<<\" in one mapping");
}

static void tags_that_do_not_fit(void **state)
{
    (void)state;
    refuse(K, BW_STR("a: !!int x\n"), "line 1: `x` is no int");
    refuse(K, BW_STR("\na: !!bool 1\n"), "line 2: `1` is no bool");
    refuse(K, BW_STR("!!null x"), "line 1: `x` is no null");
    refuse(K, BW_STR("!!binary a-_b"), "line 1: a !!binary that is no base64");
    refuse(K, BW_STR("!!binary aGVsbG8"), "line 1: a !!binary that is no base64");
    refuse(K, BW_STR("a: .inf\n"), "line 1: .inf has no form in JSON");
    refuse(K, BW_STR("a: .NaN\n"), "line 1: .NaN has no form in JSON");
}

static struct bw_value_place place_of(const struct reading_rig *rig, struct bw_value value)
{
    assert_in_range(value.place, 1, rig->reading.places.n - 1);
    return rig->reading.places.v[value.place];
}

static void places(void **state)
{
    (void)state;
    struct reading_rig rig;
    struct bw_value value = {0};
    rig_open(&rig, (size_t)16 << 20);
    assert_string_equal(
        make(&rig, K, BW_STR("x: &x\n  a: 1\nz:\n  - b\n  - \xc3\xa9: *x\n"), &value), "");
    struct bw_value at = bw_value_at(value, "x", "a", NULL);
    assert_int_equal(place_of(&rig, at).line, 2);
    assert_int_equal(place_of(&rig, at).column, 6);
    struct bw_value element = bw_value_index(bw_value_at(value, "z", NULL), 1);
    assert_int_equal(place_of(&rig, element).line, 5);
    assert_int_equal(place_of(&rig, element.map->v[0].key).column, 5);
    at = bw_value_at(element, "\xc3\xa9", "a", NULL); /* where the anchor's value stands */
    assert_int_equal(place_of(&rig, at).line, 2);
    rig_close(&rig);
}

/* Aliases that double at each level, and aliases that nest. */
static void bombs(void **state)
{
    (void)state;
    struct bw_buf text = BW_BUF(1 << 20);
    bw_buf_printf(&text, "a0: &a0 [x]\n");
    for (unsigned i = 1; i < 60; i++)
        bw_buf_printf(&text, "a%u: &a%u [*a%u, *a%u]\n", i, i, i - 1, i - 1);
    refuse(K, bw_buf_slice(&text), "line 1: more than 4194304 values once aliases are followed");
    bw_buf_clear(&text);
    bw_buf_printf(&text, "- &a0 {x: 1}\n");
    for (unsigned i = 1; i < 60; i++)
        bw_buf_printf(&text, "- &a%u {<<: [*a%u, *a%u]}\n", i, i - 1, i - 1);
    refuse(C, bw_buf_slice(&text), "line 1: more than 4194304 values once aliases are followed");
    bw_buf_clear(&text);
    bw_buf_printf(&text, "- &a0 [x]\n");
    for (unsigned i = 1; i < 200; i++)
        bw_buf_printf(&text, "- &a%u [*a%u]\n", i, i - 1);
    refuse(K, bw_buf_slice(&text), "line 1: deeper than 128 levels once aliases are followed");
    bw_buf_clear(&text);
    bw_buf_printf(&text, "- &a '");
    for (unsigned i = 0; i < 100000; i++)
        bw_buf_byte(&text, 'x');
    bw_buf_printf(&text, "'\n");
    for (unsigned i = 0; i < 10000; i++)
        bw_buf_printf(&text, "- *a\n");
    refuse(K, bw_buf_slice(&text), "line 1: more values than are held at a time");
    bw_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(numbers),
        cmocka_unit_test(keys),
        cmocka_unit_test(merges),
        cmocka_unit_test(tags_that_do_not_fit),
        cmocka_unit_test(places),
        cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests_name("yaml-value", tests, NULL, NULL);
}
