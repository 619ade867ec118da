/*
 * The walk's report is gathered as lines "TYPE PATH[ -> LINK]\n", sorted.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "acquire/tree.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/vec.h"

struct ground {
    char path[64];
    int fd;
    BW_VEC_TYPE(lines, char *) lines;
    struct bw_buf gaps;
    char *text;
    int stop_at; /* entries after which the visitor stops, 0: never */
};

static bool wants(void *ctx, struct bw_str path)
{
    (void)ctx;
    return bw_str_ends(path, BW_STR("wanted"));
}

static const char *type_name(enum bw_file_type type)
{
    static const char *const names[] = {"file", "dir", "link", "hard", "other", "white", "opaque"};
    return names[type];
}

static void add_line(struct ground *g, char *line)
{
    char **slot = BW_VEC_PUSH(&g->lines, 100000);
    assert_non_null(slot);
    *slot = line;
}

static int entry(void *ctx, struct bw_str path, const struct bw_file *file)
{
    struct ground *g = ctx;
    char *line = NULL;
    assert_true(asprintf(&line, "%s %.*s%s%.*s\n", type_name(file->type), BW_STR_A(path),
                         file->link.n ? " -> " : "", BW_STR_A(file->link)) > 0);
    add_line(g, line);
    return g->stop_at && (int)g->lines.n >= g->stop_at ? -77 : 0;
}

static int content(void *ctx, struct bw_str path, int fd, const struct bw_file *file)
{
    size_t size = (size_t)file->size;
    char bytes[64], *line = NULL;
    assert_true(size < sizeof bytes);
    assert_int_equal(bw_fd_read_full(fd, bytes, sizeof bytes), size);
    close(fd);
    assert_true(asprintf(&line, "content %.*s = %.*s\n", BW_STR_A(path), (int)size, bytes) > 0);
    add_line(ctx, line);
    return 0;
}

static void gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why)
{
    struct ground *g = ctx;
    bw_buf_printf(&g->gaps, "%s|%.*s|%.*s|%.*s\n", class == BW_GAP_BLOCKING ? "blocking" : "note",
                  BW_STR_A(where), BW_STR_A(what), BW_STR_A(why));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk(struct ground *g, bool overlay)
{
    struct bw_err err = {0};
    struct bw_tree_visitor visitor = {
        .ctx = g, .wants = wants, .entry = entry, .content = content, .gap = gap};
    bw_buf_clear(&g->gaps);
    int rc = bw_tree_walk(g->fd, overlay, &visitor, &err);
    bw_buf_byte(&g->gaps, 0);
    if (g->lines.n)
        qsort(g->lines.v, g->lines.n, sizeof *g->lines.v, compare);
    size_t n = 0;
    for (size_t i = 0; i < g->lines.n; i++)
        n += strlen(g->lines.v[i]);
    free(g->text);
    g->text = calloc(1, n + 1);
    assert_non_null(g->text);
    for (size_t i = 0; i < g->lines.n; i++) {
        strcat(g->text, g->lines.v[i]);
        free(g->lines.v[i]);
    }
    g->lines.n = 0;
    return rc;
}

static const char *gaps(const struct ground *g)
{
    return (const char *)g->gaps.p;
}

static void file(const struct ground *g, const char *path, const char *text)
{
    int fd = openat(g->fd, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(fd >= 0);
    assert_int_equal(bw_fd_write_full(fd, text, strlen(text)), 0);
    close(fd);
}

static void dir(const struct ground *g, const char *path)
{
    assert_int_equal(mkdirat(g->fd, path, 0755), 0);
}

static void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static int setup(void **state)
{
    struct ground *g = calloc(1, sizeof *g);
    if (!g)
        return -1;
    *state = g;
    g->gaps = BW_BUF((size_t)1 << 20);
    snprintf(g->path, sizeof g->path, "/tmp/bulwark-test-XXXXXX");
    if (!mkdtemp(g->path))
        return -1;
    g->fd = open(g->path, O_RDONLY | O_DIRECTORY);
    return g->fd >= 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct ground *g = *state;
    close(g->fd);
    nftw(g->path, remove_one, 400, FTW_DEPTH | FTW_PHYS);
    bw_buf_free(&g->gaps);
    BW_VEC_FREE(&g->lines);
    free(g->text);
    free(g);
    return 0;
}

static void reports_what_decides(void **state)
{
    struct ground *g = *state;
    dir(g, "a");
    dir(g, "a/b");
    file(g, "a/b/wanted", "hello");
    file(g, "a/other", "no");
    assert_int_equal(symlinkat("../x", g->fd, "a/link"), 0);
    assert_int_equal(mkfifoat(g->fd, "a/fifo-wanted", 0600), 0);
    assert_int_equal(walk(g, false), 0);
    assert_string_equal(g->text, "content a/b/wanted = hello\n"
                                 "dir a\n"
                                 "dir a/b\n"
                                 "file a/b/wanted\n"
                                 "link a/link -> ../x\n"
                                 "other a/fifo-wanted\n");
    assert_string_equal(gaps(g), "");
}

static void follows_no_link(void **state)
{
    struct ground *g = *state;
    dir(g, "a");
    file(g, "a/secret", "x");
    assert_int_equal(symlinkat("secret", g->fd, "a/wanted"), 0);
    assert_int_equal(symlinkat("/", g->fd, "root"), 0);
    assert_int_equal(symlinkat("..", g->fd, "a/up"), 0);
    assert_int_equal(walk(g, false), 0);
    assert_string_equal(g->text, "dir a\nlink a/up -> ..\nlink a/wanted -> secret\n"
                                 "link root -> /\n");
}

static void a_visitor_can_stop(void **state)
{
    struct ground *g = *state;
    dir(g, "a");
    dir(g, "b");
    g->stop_at = 1;
    assert_int_equal(walk(g, false), -77);
}

static void depth_is_a_limit_that_is_told(void **state)
{
    struct ground *g = *state;
    int at = dup(g->fd);
    for (unsigned i = 0; i < BW_TREE_DEPTH_MAX + 3; i++) {
        assert_int_equal(mkdirat(at, "d", 0755), 0);
        int next = openat(at, "d", O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
        assert_true(at >= 0);
    }
    close(at);
    assert_int_equal(walk(g, false), 0);
    says(gaps(g), "blocking|d/d/");
    says(gaps(g), "limit of 256");
    size_t dirs = 0;
    for (const char *p = g->text; (p = strstr(p, "dir ")); p++)
        dirs++;
    assert_int_equal(dirs, BW_TREE_DEPTH_MAX + 1);
}

static void whiteouts_and_opaque_directories(void **state)
{
    struct ground *g = *state;
    dir(g, "a");
    dir(g, "o");
    file(g, "o/wanted", "x");
    if (mknodat(g->fd, "a/gone", S_IFCHR, makedev(0, 0)) ||
        mknodat(g->fd, "a/null", S_IFCHR | 0666, makedev(1, 3))) {
        print_message("SKIP no permission to make devices: %s\n", strerror(errno));
        skip();
    }
    char path[128];
    snprintf(path, sizeof path, "%s/o", g->path);
    if (setxattr(path, "trusted.overlay.opaque", "y", 1, 0) &&
        setxattr(path, "user.overlay.opaque", "y", 1, 0)) {
        print_message("SKIP no extended attributes here: %s\n", strerror(errno));
        skip();
    }
    assert_int_equal(walk(g, true), 0);
    assert_string_equal(g->text, "content o/wanted = x\ndir a\ndir o\nfile o/wanted\nopaque o\n"
                                 "other a/null\nwhite a/gone\n");
    assert_int_equal(walk(g, false), 0);
    assert_null(strstr(g->text, "white"));
    assert_null(strstr(g->text, "opaque"));
}

static void marks_that_no_layer_has_are_gaps(void **state)
{
    struct ground *g = *state;
    char path[128];
    dir(g, "r");
    dir(g, "x");
    file(g, "wanted", "x");
    file(g, "x/gone", "");
    file(g, "x/there", "");
    snprintf(path, sizeof path, "%s/r", g->path);
    if (setxattr(path, "trusted.overlay.redirect", "/q", 2, 0)) {
        print_message("SKIP no trusted extended attributes here: %s\n", strerror(errno));
        skip();
    }
    snprintf(path, sizeof path, "%s/wanted", g->path);
    assert_int_equal(setxattr(path, "trusted.overlay.metacopy", "", 0, 0), 0);
    snprintf(path, sizeof path, "%s/x", g->path);
    assert_int_equal(setxattr(path, "trusted.overlay.opaque", "x", 1, 0), 0);
    snprintf(path, sizeof path, "%s/x/gone", g->path);
    assert_int_equal(setxattr(path, "trusted.overlay.whiteout", "", 0, 0), 0);
    assert_int_equal(walk(g, true), 0);
    assert_string_equal(g->text, "dir r\ndir x\nwhite x/gone\n");
    says(gaps(g), "blocking|r|");
    says(gaps(g), "blocking|wanted|");
}

static void what_cannot_be_read_is_a_gap(void **state)
{
    struct ground *g = *state;
    dir(g, "closed");
    file(g, "wanted", "x");
    assert_int_equal(fchmodat(g->fd, "closed", 0, 0), 0);
    assert_int_equal(fchmodat(g->fd, "wanted", 0, 0), 0);
    assert_int_equal(fchmod(g->fd, 0755), 0);
    bool root = geteuid() == 0;
    if (root && seteuid(65534)) {
        print_message("SKIP no way to another user\n");
        skip();
    }
    int rc = walk(g, false);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(rc, 0);
    says(gaps(g), "blocking|closed|");
    says(gaps(g), "blocking|wanted|");
    says(gaps(g), "root");
    assert_int_equal(fchmodat(g->fd, "closed", 0755, 0), 0);
}

static void pseudo_file_systems_and_stores_are_left_out(void **state)
{
    struct ground *g = *state;
    char proc[128], tmp[128];
    dir(g, "proc");
    dir(g, "mnt");
    dir(g, "var");
    dir(g, "var/lib");
    dir(g, "var/lib/docker");
    file(g, "var/lib/docker/wanted", "x");
    snprintf(proc, sizeof proc, "%s/proc", g->path);
    snprintf(tmp, sizeof tmp, "%s/mnt", g->path);
    if (mount("proc", proc, "proc", 0, NULL) && mount("/proc", proc, NULL, MS_BIND, NULL)) {
        print_message("SKIP no permission to mount: %s\n", strerror(errno));
        skip();
    }
    bool mounted = mount("tmpfs", tmp, "tmpfs", 0, NULL) == 0;
    file(g, "mnt/wanted", "m");
    int rc = walk(g, false);
    umount(proc);
    if (mounted)
        umount(tmp);
    assert_int_equal(rc, 0);
    assert_string_equal(g->text, "content mnt/wanted = m\ndir mnt\ndir proc\ndir var\n"
                                 "dir var/lib\ndir var/lib/docker\nfile mnt/wanted\n");
    says(gaps(g), "note|var/lib/docker|");
    assert_null(strstr(gaps(g), "blocking"));
}

static void the_host_root_itself_is_entered(void **state)
{
    struct ground *g = *state;
    close(g->fd);
    g->fd = open("/proc/self/attr", O_RDONLY | O_DIRECTORY);
    assert_true(g->fd >= 0);
    assert_int_equal(walk(g, false), 0);
    close(g->fd);
    g->fd = open(g->path, O_RDONLY | O_DIRECTORY);
}

static void looks_one_file_up(void **state)
{
    struct ground *g = *state;
    enum bw_file_type type;
    struct bw_err err;
    int fd = -7;
    dir(g, "a");
    file(g, "a/f", "text");
    assert_int_equal(symlinkat("f", g->fd, "a/l"), 0);
    assert_int_equal(symlinkat("a", g->fd, "d"), 0);
    assert_int_equal(mkfifoat(g->fd, "a/p", 0600), 0);
    assert_int_equal(bw_tree_lookup(g->fd, false, BW_STR("a/f"), &type, &fd, &err), 0);
    assert_int_equal(type, BW_FILE_REGULAR);
    char bytes[8];
    assert_int_equal(bw_fd_read_full(fd, bytes, sizeof bytes), 4);
    close(fd);
    assert_int_equal(bw_tree_lookup(g->fd, false, BW_STR("a/l"), &type, &fd, &err), 0);
    assert_int_equal(type, BW_FILE_SYMLINK);
    assert_int_equal(fd, -1);
    assert_int_equal(bw_tree_lookup(g->fd, false, BW_STR("a"), &type, &fd, &err), 0);
    assert_int_equal(type, BW_FILE_DIRECTORY);
    assert_int_equal(bw_tree_lookup(g->fd, false, BW_STR("a/p"), &type, &fd, &err), 0);
    assert_int_equal(type, BW_FILE_OTHER);
    static const char *const absent[] = {"d/f",         "a/none",      "a/f/x", "../etc/passwd",
                                         "a/../../etc", "/etc/passwd", ""};
    for (size_t i = 0; i < BW_ARRAY_LEN(absent); i++)
        assert_int_equal(bw_tree_lookup(g->fd, false, bw_str(absent[i]), &type, &fd, &err),
                         BW_ENOENT);
    if (mknodat(g->fd, "a/gone", S_IFCHR, makedev(0, 0)) == 0) {
        assert_int_equal(bw_tree_lookup(g->fd, true, BW_STR("a/gone"), &type, &fd, &err), 0);
        assert_int_equal(type, BW_FILE_WHITEOUT);
    }
}

#define ON_GROUND(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_GROUND(reports_what_decides),
        ON_GROUND(follows_no_link),
        ON_GROUND(a_visitor_can_stop),
        ON_GROUND(depth_is_a_limit_that_is_told),
        ON_GROUND(whiteouts_and_opaque_directories),
        ON_GROUND(marks_that_no_layer_has_are_gaps),
        ON_GROUND(what_cannot_be_read_is_a_gap),
        ON_GROUND(pseudo_file_systems_and_stores_are_left_out),
        ON_GROUND(the_host_root_itself_is_entered),
        ON_GROUND(looks_one_file_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
