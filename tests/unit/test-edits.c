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
    struct bw_value_place places[16];
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
        cmocka_unit_test(a_diff_is_unified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
