#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "report/edits.h"

/* A small document whose values know where they stand:
 *     line 2 "  image: a" ... as the tests write them. */
struct rig {
    struct bw_arena *arena;
    struct bw_value_maker make;
    struct bw_value_place places[32];
    size_t n;
};

static int rig_open(void **state)
{
    static struct rig rig;
    rig = (struct rig){.arena = bw_arena_new(1 << 20), .n = 1};
    rig.make.arena = rig.arena;
    *state = &rig;
    return rig.arena ? 0 : -1;
}

static int rig_close(void **state)
{
    bw_arena_free(((struct rig *)*state)->arena);
    return 0;
}

static struct bw_value placed(struct rig *rig, struct bw_value value, uint32_t line,
                              uint32_t column)
{
    rig->places[rig->n] = (struct bw_value_place){0, line, column};
    value.place = (uint32_t)rig->n++;
    return value;
}

static struct bw_value text(struct rig *rig, const char *s, uint32_t line, uint32_t column)
{
    struct bw_value value = bw_value_string(&rig->make, bw_str(s));
    return line ? placed(rig, value, line, column) : value;
}

static struct bw_edits edits_of(struct rig *rig, const char *document)
{
    return (struct bw_edits){
        .text = bw_str(document), .places = rig->places, .places_n = rig->n, .arena = rig->arena};
}

static struct bw_value change(struct rig *rig, struct bw_value at, const char *how,
                              struct bw_value what)
{
    struct bw_value map = bw_value_map(&rig->make, 2);
    bw_value_set(&rig->make, &map, "at", at);
    bw_value_set(&rig->make, &map, how, what);
    return map;
}

static void expect(struct bw_edits *edits, size_t left_out, const char *want)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    assert_int_equal(bw_edits_apply(edits, &buf), left_out);
    bw_buf_byte(&buf, 0);
    assert_string_equal((const char *)buf.p, want);
    bw_edits_free(edits);
}

static void words_are_replaced_and_added_to(void **state)
{
    struct rig *rig = *state;
    struct bw_value install = text(rig, "install", 1, 13), name = text(rig, "apt", 2, 5);
    struct bw_edits edits = edits_of(rig, "RUN apt-get install -y x\nRUN apt update\n");
    struct bw_value add = text(rig, " --no-install-recommends", 0, 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, install, "after", add), NULL), 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, install, "after", add), NULL), 0);
    struct bw_value get = text(rig, "apt-get", 0, 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, name, "replace", get), NULL), 0);
    expect(&edits, 0, "RUN apt-get install --no-install-recommends -y x\nRUN apt-get update\n");
}

static void what_is_written_otherwise_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct bw_err err = {0};
    struct bw_value moved = text(rig, "install", 1, 9), nowhere = text(rig, "install", 0, 0);
    struct bw_edits edits = edits_of(rig, "RUN apt-get install x\n");
    struct bw_value add = text(rig, " -y", 0, 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, moved, "after", add), &err), BW_EUNSUPPORTED);
    assert_int_equal(bw_edits_add(&edits, change(rig, nowhere, "after", add), &err),
                     BW_EUNSUPPORTED);
    assert_int_equal(bw_edits_add(&edits, add, &err), BW_EFORMAT);
    expect(&edits, 0, "RUN apt-get install x\n");
}

/* - name: web
 *   image: nginx
 *   securityContext:
 *     privileged: true */
static struct bw_value container(struct rig *rig)
{
    struct bw_value context = bw_value_map(&rig->make, 1), map = bw_value_map(&rig->make, 4);
    bw_value_put(&rig->make, &context, text(rig, "privileged", 4, 5),
                 placed(rig, bw_value_bool(true), 4, 17));
    /* What a reader adds stands nowhere. */
    bw_value_put(&rig->make, &map, text(rig, "project", 0, 0), text(rig, "shop", 0, 0));
    bw_value_put(&rig->make, &map, text(rig, "name", 1, 3), text(rig, "web", 1, 9));
    bw_value_put(&rig->make, &map, text(rig, "image", 2, 3), text(rig, "nginx", 2, 10));
    bw_value_put(&rig->make, &map, text(rig, "securityContext", 3, 3), placed(rig, context, 4, 5));
    return placed(rig, map, 1, 3);
}

#define DOCUMENT "- name: web\n  image: nginx # ours\n  securityContext:\n    privileged: true\n"

static void members_are_set(void **state)
{
    struct rig *rig = *state;
    struct bw_value at = container(rig), members = bw_value_map(&rig->make, 2),
                    context = bw_value_map(&rig->make, 2), limits = bw_value_map(&rig->make, 1),
                    drop = bw_value_list(&rig->make, 1);
    bw_value_add(&rig->make, &drop, text(rig, "ALL", 0, 0));
    bw_value_set(&rig->make, &limits, "drop", drop);
    bw_value_set(&rig->make, &context, "privileged", bw_value_bool(false));
    bw_value_set(&rig->make, &context, "capabilities", limits);
    bw_value_set(&rig->make, &members, "securityContext", context);
    bw_value_set(&rig->make, &members, "tty", bw_value_bool(false));
    struct bw_edits edits = edits_of(rig, DOCUMENT);
    struct bw_err err = {0};
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", members), &err), 0);
    expect(&edits, 0,
           "- name: web\n  tty: false\n  image: nginx # ours\n  securityContext:\n"
           "    privileged: false\n    capabilities:\n      drop:\n        - ALL\n");
}

static void members_of_two_policies_stand_beside_each_other(void **state)
{
    struct rig *rig = *state;
    struct bw_value at = container(rig), tty = bw_value_map(&rig->make, 1),
                    pull = bw_value_map(&rig->make, 1), other = bw_value_map(&rig->make, 1);
    bw_value_set(&rig->make, &tty, "tty", bw_value_bool(false));
    bw_value_set(&rig->make, &pull, "imagePullPolicy", text(rig, "Always", 0, 0));
    bw_value_set(&rig->make, &other, "imagePullPolicy", text(rig, "Never", 0, 0));
    struct bw_edits edits = edits_of(rig, "- name: web\n  image: nginx\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", tty), NULL), 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", pull), NULL), 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", pull), NULL), 0);
    expect(&edits, 0, "- name: web\n  imagePullPolicy: Always\n  tty: false\n  image: nginx\n");
    edits = edits_of(rig, "- name: web\n  image: nginx\n");
    struct bw_value probe = bw_value_map(&rig->make, 1), more = bw_value_map(&rig->make, 1);
    bw_value_set(&rig->make, &probe, "resources", pull);
    bw_value_set(&rig->make, &more, "resources", other);
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", probe), NULL), 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, at, "set", more), NULL), 0);
    expect(&edits, 1, "- name: web\n  resources:\n    imagePullPolicy: Always\n  image: nginx\n");
}

static void flow_style_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct bw_value map = bw_value_map(&rig->make, 1), members = bw_value_map(&rig->make, 1);
    struct bw_err err = {0};
    bw_value_put(&rig->make, &map, text(rig, "name", 1, 4), text(rig, "web", 1, 10));
    bw_value_set(&rig->make, &members, "tty", bw_value_bool(false));
    struct bw_edits edits = edits_of(rig, "- {name: web}\n");
    assert_int_equal(
        bw_edits_add(&edits, change(rig, placed(rig, map, 1, 3), "set", members), &err),
        BW_EUNSUPPORTED);
    bw_edits_free(&edits);
}

/* {"x": 1}, {"x": {"y": 1}}: what stands nowhere, as an expression makes it. */
static struct bw_value made(struct rig *rig, const char *key, struct bw_value value)
{
    struct bw_value map = bw_value_map(&rig->make, 1);
    bw_value_set(&rig->make, &map, key, value);
    return map;
}

static struct bw_value word(struct rig *rig, const char *s)
{
    return text(rig, s, 0, 0);
}

static void refuses(struct bw_edits *edits, struct bw_value change)
{
    struct bw_err err = {0};
    assert_int_equal(bw_edits_add(edits, change, &err), BW_EUNSUPPORTED);
    assert_int_equal(edits->n, 0);
}

static void members_are_renamed_and_removed(void **state)
{
    struct rig *rig = *state;
    const char *document = "\nversion: '3' # old\n\nname: shop\n";
    struct bw_value map = bw_value_map(&rig->make, 2);
    bw_value_put(&rig->make, &map, text(rig, "version", 2, 1), text(rig, "3", 2, 10));
    bw_value_put(&rig->make, &map, text(rig, "name", 4, 1), text(rig, "shop", 4, 7));
    map = placed(rig, map, 2, 1);
    struct bw_edits edits = edits_of(rig, document);
    struct bw_value names = made(rig, "name", word(rig, "project"));
    assert_int_equal(bw_edits_add(&edits, change(rig, map, "rename", names), NULL), 0);
    assert_int_equal(bw_edits_add(&edits, change(rig, map, "remove", word(rig, "version")), NULL),
                     0);
    expect(&edits, 0, "\n\nproject: shop\n");
    edits = edits_of(rig, document);
    refuses(&edits, change(rig, map, "remove", word(rig, "missing")));
    refuses(&edits, change(rig, map, "rename", made(rig, "name", word(rig, "version"))));
    bw_edits_free(&edits);
}

static void what_would_leave_nothing_is_not_removed(void **state)
{
    struct rig *rig = *state;
    struct bw_value only = bw_value_map(&rig->make, 1), dashed = bw_value_map(&rig->make, 2);
    bw_value_put(&rig->make, &only, text(rig, "a", 1, 1), text(rig, "x", 1, 4));
    only = placed(rig, only, 1, 1);
    struct bw_edits edits = edits_of(rig, "a: x\n");
    refuses(&edits, change(rig, only, "remove", word(rig, "a")));
    bw_edits_free(&edits);
    bw_value_put(&rig->make, &dashed, text(rig, "a", 1, 3), text(rig, "x", 1, 6));
    bw_value_put(&rig->make, &dashed, text(rig, "b", 2, 3), text(rig, "|", 2, 6));
    dashed = placed(rig, dashed, 1, 3);
    edits = edits_of(rig, "- a: x\n  b: |\n    c\n");
    refuses(&edits, change(rig, dashed, "remove", word(rig, "a")));
    bw_edits_free(&edits);
}

static struct bw_value list_of_two(struct rig *rig, uint32_t line, uint32_t column)
{
    struct bw_value list = bw_value_list(&rig->make, 2);
    bw_value_add(&rig->make, &list, text(rig, "a", line, column));
    bw_value_add(&rig->make, &list, text(rig, "b", line + 1, column));
    return list;
}

static void elements_are_appended(void **state)
{
    struct rig *rig = *state;
    struct bw_value list = list_of_two(rig, 2, 5), flow = list_of_two(rig, 1, 5);
    struct bw_edits edits = edits_of(rig, "l:\n  - a\n  - b # c\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, list, "append", word(rig, "c:d")), NULL), 0);
    expect(&edits, 0, "l:\n  - a\n  - b # c\n  - c:d\n");
    edits = edits_of(rig, "l:\n  - a\n  - b");
    assert_int_equal(bw_edits_add(&edits, change(rig, list, "append", word(rig, "c: d")), NULL), 0);
    expect(&edits, 0, "l:\n  - a\n  - b\n  - \"c: d\"\n");
    edits = edits_of(rig, "l: [a,\n    b]\n");
    refuses(&edits, change(rig, flow, "append", word(rig, "c")));
    bw_edits_free(&edits);
}

static void what_belongs_together_is_made_together(void **state)
{
    struct rig *rig = *state;
    struct bw_value key = text(rig, "MAINTAINER", 1, 1), name = text(rig, "me", 1, 12);
    struct bw_value both = bw_value_list(&rig->make, 2), broken = bw_value_list(&rig->make, 2);
    struct bw_value nowhere = word(rig, "x");
    bw_value_add(&rig->make, &both, change(rig, key, "replace", word(rig, "LABEL")));
    bw_value_add(&rig->make, &both, change(rig, name, "before", word(rig, "by=")));
    struct bw_edits edits = edits_of(rig, "MAINTAINER me\n");
    assert_int_equal(bw_edits_add(&edits, both, NULL), 0);
    expect(&edits, 0, "LABEL by=me\n");
    edits = edits_of(rig, "MAINTAINER me\n");
    struct bw_value lower = change(rig, key, "replace", word(rig, "AUTHOR"));
    assert_int_equal(bw_edits_add(&edits, both, NULL), 0);
    assert_int_equal(bw_edits_add(&edits, lower, NULL), 0);
    expect(&edits, 2, "AUTHOR me\n");
    edits = edits_of(rig, "MAINTAINER me\n");
    bw_value_add(&rig->make, &broken, change(rig, key, "replace", word(rig, "LABEL")));
    bw_value_add(&rig->make, &broken, change(rig, nowhere, "before", word(rig, "by=")));
    refuses(&edits, broken);
    bw_edits_free(&edits);
}

static void new_words_stand_beside_each_other(void **state)
{
    struct rig *rig = *state;
    struct bw_value install = text(rig, "install", 1, 5);
    struct bw_edits edits = edits_of(rig, "apt install x\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, install, "after", word(rig, " -y")), NULL),
                     0);
    assert_int_equal(bw_edits_add(&edits, change(rig, install, "after", word(rig, " -q")), NULL),
                     0);
    expect(&edits, 0, "apt install -q -y x\n");
}

/* What was read may be the beginning of a word alone: "a" of "a$B" where B is empty. */
static void a_part_of_a_word_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct bw_value a = text(rig, "a", 1, 1);
    static const char *const texts[] = {"a$B", "ab", "a_b", "a\"b\"", "a\xc3\xa4"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bw_edits edits = edits_of(rig, texts[i]);
        refuses(&edits, change(rig, a, "replace", word(rig, "x")));
        bw_edits_free(&edits);
    }
}

static void new_members_find_their_place(void **state)
{
    struct rig *rig = *state;
    struct bw_value tty = made(rig, "tty", bw_value_bool(false));
    struct bw_value folded = bw_value_map(&rig->make, 2), only = bw_value_map(&rig->make, 1);
    bw_value_put(&rig->make, &folded, text(rig, "a", 1, 3), text(rig, "x\n", 1, 6));
    bw_value_put(&rig->make, &folded, text(rig, "b", 4, 3), text(rig, "y", 4, 6));
    folded = placed(rig, folded, 1, 3);
    struct bw_edits edits = edits_of(rig, "- a: |\n    x\n  # of b\n  b: y\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, folded, "set", tty), NULL), 0);
    expect(&edits, 0, "- a: |\n    x\n  tty: false\n  # of b\n  b: y\n");
    bw_value_put(&rig->make, &only, text(rig, "a", 1, 3), text(rig, "x\n", 1, 6));
    only = placed(rig, only, 1, 3);
    edits = edits_of(rig, "- a: |\n    x\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, only, "set", tty), NULL), 0);
    expect(&edits, 0, "- tty: false\n  a: |\n    x\n");
    edits = edits_of(rig, "- a: |\r\n    x\r\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, only, "set", tty), NULL), 0);
    expect(&edits, 0, "- tty: false\r\n  a: |\r\n    x\r\n");
}

static void an_empty_mapping_is_filled(void **state)
{
    struct rig *rig = *state;
    struct bw_value map = bw_value_map(&rig->make, 1);
    bw_value_put(&rig->make, &map, text(rig, "context", 1, 3),
                 placed(rig, bw_value_map(&rig->make, 0), 1, 12));
    map = placed(rig, map, 1, 3);
    struct bw_value set = made(rig, "context", made(rig, "tty", bw_value_bool(false)));
    struct bw_edits edits = edits_of(rig, "- context: {}\n");
    assert_int_equal(bw_edits_add(&edits, change(rig, map, "set", set), NULL), 0);
    expect(&edits, 0, "- context:\n    tty: false\n");
    edits = edits_of(rig, "- context: { }\n");
    refuses(&edits, change(rig, map, "set", set));
    bw_edits_free(&edits);
}

/* &a {x: 1} further up is what `context: *a` means: others may mean it, too. */
static void an_anchor_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct bw_value context = bw_value_map(&rig->make, 1), map = bw_value_map(&rig->make, 2);
    bw_value_put(&rig->make, &context, text(rig, "x", 2, 3), placed(rig, bw_value_int(1), 2, 6));
    context = placed(rig, context, 2, 3);
    bw_value_put(&rig->make, &map, text(rig, "context", 4, 3), context);
    /* Merged in: its key stands with the anchor. */
    bw_value_put(&rig->make, &map, context.map->v[0].key, context.map->v[0].value);
    map = placed(rig, map, 4, 3);
    const char *document = "a: &a\n  x: 1\nb:\n  context: *a\n  <<: *a\n";
    struct bw_edits edits = edits_of(rig, document);
    struct bw_value tty = made(rig, "tty", bw_value_bool(false));
    refuses(&edits, change(rig, map, "set", made(rig, "context", tty)));
    refuses(&edits, change(rig, map, "remove", word(rig, "x")));
    refuses(&edits, change(rig, map, "rename", made(rig, "x", word(rig, "y"))));
    bw_edits_free(&edits);
}

/* For YAML a lone CR ends a line. */
static void lines_that_are_counted_otherwise_are_left_alone(void **state)
{
    struct rig *rig = *state;
    static const char *const texts[] = {"a: 1\ra: x\n", "# \xc2\x85\na: x\n",
                                        "# \xe2\x80\xa8\na: x\n"};
    struct bw_value x = text(rig, "x", 2, 4);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bw_edits edits = edits_of(rig, texts[i]);
        refuses(&edits, change(rig, x, "replace", word(rig, "y")));
        bw_edits_free(&edits);
    }
}

static void json_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct bw_value map = bw_value_map(&rig->make, 2), pair = bw_value_map(&rig->make, 1);
    bw_value_put(&rig->make, &map, text(rig, "a", 2, 3), text(rig, "x", 2, 8));
    bw_value_put(&rig->make, &map, text(rig, "b", 3, 3), text(rig, "y", 3, 8));
    map = placed(rig, map, 1, 1);
    struct bw_value tty = made(rig, "tty", bw_value_bool(false));
    struct bw_edits edits = edits_of(rig, "{\n  \"a\": \"x\",\n  \"b\": \"y\"\n}\n");
    refuses(&edits, change(rig, map, "set", tty));
    refuses(&edits, change(rig, map, "remove", word(rig, "b")));
    bw_edits_free(&edits);
    bw_value_put(&rig->make, &pair, text(rig, "a", 2, 3), text(rig, "x", 2, 6));
    pair = placed(rig, pair, 2, 3);
    edits = edits_of(rig, "l: [\n  a: x ]\n");
    refuses(&edits, change(rig, pair, "set", tty));
    bw_edits_free(&edits);
}

static void a_diff_is_unified(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    bw_edits_diff(BW_STR("a/Dockerfile"), BW_STR("1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n"),
                  BW_STR("1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\nx\n"), &buf);
    bw_buf_byte(&buf, 0);
    assert_string_equal((const char *)buf.p, "--- a/Dockerfile\n+++ a/Dockerfile\n"
                                             "@@ -2,9 +2,10 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
                                             " 9\n+10\n x\n");
    bw_buf_clear(&buf);
    bw_edits_diff(BW_STR("f"), BW_STR("same"), BW_STR("same"), &buf);
    assert_int_equal(buf.n, 0);
    bw_edits_diff(BW_STR("f"), BW_STR("a"), BW_STR("b\n"), &buf);
    bw_buf_byte(&buf, 0);
    assert_string_equal((const char *)buf.p,
                        "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_are_replaced_and_added_to, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(what_is_written_otherwise_is_left_alone, rig_open,
                                        rig_close),
        cmocka_unit_test_setup_teardown(members_are_set, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(members_of_two_policies_stand_beside_each_other, rig_open,
                                        rig_close),
        cmocka_unit_test_setup_teardown(flow_style_is_left_alone, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(members_are_renamed_and_removed, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(what_would_leave_nothing_is_not_removed, rig_open,
                                        rig_close),
        cmocka_unit_test_setup_teardown(elements_are_appended, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(what_belongs_together_is_made_together, rig_open,
                                        rig_close),
        cmocka_unit_test_setup_teardown(new_words_stand_beside_each_other, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(a_part_of_a_word_is_left_alone, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(new_members_find_their_place, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(an_empty_mapping_is_filled, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(an_anchor_is_left_alone, rig_open, rig_close),
        cmocka_unit_test_setup_teardown(lines_that_are_counted_otherwise_are_left_alone, rig_open,
                                        rig_close),
        cmocka_unit_test_setup_teardown(json_is_left_alone, rig_open, rig_close),
        cmocka_unit_test(a_diff_is_unified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
