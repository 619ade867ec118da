/*
 * What a stack of layers shows: each case is a list of entries and what must be seen afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unpack/view.h"

struct fixture {
    struct bw_arena *arena;
    struct bw_view *view;
};

static struct fixture fixture_new(void)
{
    struct fixture f = {.arena = bw_arena_new((size_t)1 << 24)};
    assert_non_null(f.arena);
    f.view = bw_view_new(f.arena);
    assert_non_null(f.view);
    return f;
}

static void fixture_free(struct fixture *f)
{
    bw_view_free(f->view);
    bw_arena_free(f->arena);
}

static struct bw_view_entry *add(struct fixture *f, uint32_t layer, const char *path,
                                 enum bw_file_type type, const char *link)
{
    struct bw_view_entry *entry = NULL;
    struct bw_file file = {
        .type = type, .link = bw_str(link), .read = type == BW_FILE_REGULAR && !link};
    assert_int_equal(bw_view_add(f->view, layer, bw_str(path), &file, &entry, NULL), 0);
    return entry;
}

static void expect(struct fixture *f, const char *path, enum bw_resolution want,
                   const struct bw_view_entry *want_entry, const char *want_path)
{
    enum bw_resolution got;
    struct bw_str at;
    const struct bw_view_entry *entry;
    assert_int_equal(bw_view_resolve(f->view, bw_str(path), &got, &at, &entry, NULL), 0);
    assert_int_equal(got, want);
    assert_ptr_equal(entry, want_entry);
    assert_true(bw_str_eq(at, bw_str(want_path)));
}

static void upper_layer_wins(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    /* Added in the wrong order: the layers decide, not the time of arrival. */
    struct bw_view_entry *upper = add(&f, 2, "etc/os-release", BW_FILE_REGULAR, NULL);
    struct bw_view_entry *lower = add(&f, 0, "etc/os-release", BW_FILE_REGULAR, NULL);
    assert_true(bw_view_visible(f.view, upper));
    assert_false(bw_view_visible(f.view, lower));
    expect(&f, "etc/os-release", BW_RESOLUTION_FOUND, upper, "etc/os-release");
    fixture_free(&f);
}

static void last_duplicate_wins(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *first = add(&f, 0, "a", BW_FILE_REGULAR, NULL);
    struct bw_view_entry *second = add(&f, 0, "a", BW_FILE_REGULAR, NULL);
    assert_false(bw_view_visible(f.view, first));
    assert_true(bw_view_visible(f.view, second));
    fixture_free(&f);
}

static void whiteouts_reach_below_only(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *lower = add(&f, 0, "var/lib/dpkg/status", BW_FILE_REGULAR, NULL);
    add(&f, 1, "var/lib/dpkg", BW_FILE_WHITEOUT, NULL);
    struct bw_view_entry *same = add(&f, 1, "var/lib/dpkg/status", BW_FILE_REGULAR, NULL);
    assert_false(bw_view_visible(f.view, lower));
    assert_true(bw_view_visible(f.view, same));
    add(&f, 3, "var/lib/dpkg", BW_FILE_OPAQUE, NULL);
    assert_false(bw_view_visible(f.view, same));
    uint32_t layer = 9;
    assert_true(bw_view_hidden_by(f.view, lower, &layer));
    assert_int_equal(layer, 1);
    assert_true(bw_view_hidden_by(f.view, same, &layer));
    assert_int_equal(layer, 3);
    struct bw_view_entry *top = add(&f, 3, "var/lib/dpkg/status", BW_FILE_REGULAR, NULL);
    expect(&f, "var/lib/dpkg/status", BW_RESOLUTION_FOUND, top, "var/lib/dpkg/status");
    fixture_free(&f);
}

static void opaque_root_hides_all_below(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *deep = add(&f, 0, "a/b/c", BW_FILE_REGULAR, NULL);
    struct bw_view_entry *top = add(&f, 0, "a", BW_FILE_DIRECTORY, NULL);
    add(&f, 1, "", BW_FILE_OPAQUE, NULL);
    assert_false(bw_view_visible(f.view, deep));
    assert_false(bw_view_visible(f.view, top));
    fixture_free(&f);
}

static void other_kind_of_entry_covers(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *status = add(&f, 0, "var/lib/dpkg/status", BW_FILE_REGULAR, NULL);
    add(&f, 1, "var/lib/dpkg", BW_FILE_DIRECTORY, NULL);
    assert_true(bw_view_visible(f.view, status));
    add(&f, 2, "var/lib/dpkg", BW_FILE_SYMLINK, "/opt/dpkg");
    assert_false(bw_view_visible(f.view, status));
    expect(&f, "var/lib/dpkg/status", BW_RESOLUTION_UNKNOWN, NULL, "opt/dpkg/status");
    struct bw_view_entry *moved = add(&f, 0, "opt/dpkg/status", BW_FILE_REGULAR, NULL);
    expect(&f, "var/lib/dpkg/status", BW_RESOLUTION_FOUND, moved, "opt/dpkg/status");
    add(&f, 3, "var/lib/dpkg", BW_FILE_DIRECTORY, NULL);
    expect(&f, "var/lib/dpkg/status", BW_RESOLUTION_UNKNOWN, NULL, "var/lib/dpkg/status");
    fixture_free(&f);
}

static void links_are_followed_within_the_root(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *real = add(&f, 0, "usr/lib/os-release", BW_FILE_REGULAR, NULL);
    add(&f, 0, "etc/os-release", BW_FILE_SYMLINK, "../usr/lib/os-release");
    expect(&f, "etc/os-release", BW_RESOLUTION_FOUND, real, "usr/lib/os-release");
    add(&f, 1, "etc/os-release", BW_FILE_SYMLINK, "../../../../usr/./lib//os-release");
    expect(&f, "etc/os-release", BW_RESOLUTION_FOUND, real, "usr/lib/os-release");
    add(&f, 2, "etc/os-release", BW_FILE_SYMLINK, "/opt/x/release");
    expect(&f, "etc/os-release", BW_RESOLUTION_UNKNOWN, NULL, "opt/x/release");
    add(&f, 3, "opt/x", BW_FILE_SYMLINK, "/usr/lib");
    add(&f, 3, "usr/lib/release", BW_FILE_SYMLINK, "os-release");
    expect(&f, "etc/os-release", BW_RESOLUTION_FOUND, real, "usr/lib/os-release");
    add(&f, 4, "usr/lib/release", BW_FILE_SYMLINK, "/etc/os-release");
    enum bw_resolution got;
    struct bw_str at;
    const struct bw_view_entry *entry;
    assert_int_equal(bw_view_resolve(f.view, BW_STR("etc/os-release"), &got, &at, &entry, NULL), 0);
    assert_int_equal(got, BW_RESOLUTION_LOOP);
    fixture_free(&f);
}

static void hard_links_share_bytes_of_their_layer(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct bw_view_entry *real = add(&f, 0, "usr/lib/os-release", BW_FILE_REGULAR, NULL);
    add(&f, 0, "etc/os-release", BW_FILE_HARDLINK, "usr/lib/os-release");
    expect(&f, "etc/os-release", BW_RESOLUTION_FOUND, real, "usr/lib/os-release");
    add(&f, 1, "etc/os-release", BW_FILE_HARDLINK, "opt/release");
    expect(&f, "etc/os-release", BW_RESOLUTION_UNREAD, NULL, "opt/release");
    fixture_free(&f);
}

static void layers_find_their_places(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    /* Members of an archive as they came: 1 is the top layer, 2 the bottom, 3 none of the image. */
    add(&f, 1, "a", BW_FILE_WHITEOUT, NULL);
    add(&f, 2, "a", BW_FILE_REGULAR, NULL);
    add(&f, 3, "a", BW_FILE_REGULAR, NULL);
    add(&f, 2, "b", BW_FILE_REGULAR, NULL);
    static const uint32_t member_of[] = {2, 1, 2};
    assert_int_equal(bw_view_arrange(f.view, member_of, 2, NULL), 0);
    const struct bw_view_entry *a = bw_view_newest(f.view, BW_STR("a"));
    assert_int_equal(a->layer, 1);
    assert_int_equal(a->older->layer, 0);
    assert_null(a->older->older);
    assert_false(bw_view_visible(f.view, a->older));
    fixture_free(&f);
    f = fixture_new();
    add(&f, 1, "a", BW_FILE_WHITEOUT, NULL);
    add(&f, 2, "a", BW_FILE_REGULAR, NULL);
    assert_int_equal(bw_view_arrange(f.view, member_of, 3, NULL), 0);
    a = bw_view_newest(f.view, BW_STR("a"));
    assert_int_equal(a->layer, 2);
    assert_true(bw_view_visible(f.view, a));
    fixture_free(&f);
}

static void long_paths_end(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    static char target[4097];
    memset(target, 'a', sizeof target - 1);
    for (size_t i = 100; i < sizeof target - 1; i += 101)
        target[i] = '/';
    add(&f, 0, "x", BW_FILE_SYMLINK, target);
    enum bw_resolution got;
    struct bw_str at;
    const struct bw_view_entry *entry;
    assert_int_equal(bw_view_resolve(f.view, BW_STR("x/y/z"), &got, &at, &entry, NULL), 0);
    assert_int_equal(got, BW_RESOLUTION_LOOP);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upper_layer_wins),
        cmocka_unit_test(last_duplicate_wins),
        cmocka_unit_test(whiteouts_reach_below_only),
        cmocka_unit_test(opaque_root_hides_all_below),
        cmocka_unit_test(other_kind_of_entry_covers),
        cmocka_unit_test(links_are_followed_within_the_root),
        cmocka_unit_test(hard_links_share_bytes_of_their_layer),
        cmocka_unit_test(layers_find_their_places),
        cmocka_unit_test(long_paths_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
