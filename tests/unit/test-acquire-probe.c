#include "acquire-rig.h"

static void a_directory_is_a_root_filesystem(void **state)
{
    struct rig *rig = *state;
    rig_add(rig, "etc/os-release", BW_STR("ID=debian\n"));
    const char *path = rig_as_directory(rig, "root");
    static const char *const prefixes[] = {"", "rootfs:"};
    for (size_t i = 0; i < BW_ARRAY_LEN(prefixes); i++) {
        struct stat st;
        assert_int_equal(rig_open(rig, rig_text(rig, "%s%s", prefixes[i], path).p), 0);
        assert_int_equal(rig->image.form, BW_FORM_TREES);
        assert_int_equal(rig->image.subject.kind, BW_SUBJECT_FILESYSTEM);
        assert_int_equal(rig->image.layers_n, 1);
        assert_false(rig->image.layers[0].overlay);
        assert_int_equal(fstatat(rig->image.layers[0].directory, "etc/os-release", &st, 0), 0);
    }
    assert_int_equal(rig_open(rig, rig_text(rig, "oci:%s", path).p), BW_ENOENT);
    assert_int_equal(rig_open(rig, rig_text(rig, "dir:%s", path).p), 0);
    assert_int_equal(rig->image.subject.kind, BW_SUBJECT_SOURCE);
}

static void a_directory_without_an_operating_system_is_a_source_tree(void **state)
{
    struct rig *rig = *state;
    rig_add(rig, "app/package-lock.json", BW_STR("{}"));
    const char *path = rig_as_directory(rig, "tree");
    static const char *const prefixes[] = {"", "dir:", "fs:"};
    for (size_t i = 0; i < BW_ARRAY_LEN(prefixes); i++) {
        assert_int_equal(rig_open(rig, rig_text(rig, "%s%s", prefixes[i], path).p), 0);
        assert_int_equal(rig->image.form, BW_FORM_TREES);
        assert_int_equal(rig->image.subject.kind, BW_SUBJECT_SOURCE);
    }
    assert_int_equal(rig_open(rig, rig_text(rig, "rootfs:%s", path).p), 0);
    assert_int_equal(rig->image.subject.kind, BW_SUBJECT_FILESYSTEM);
}

static void a_tar_of_neither_layout_is_a_root_filesystem(void **state)
{
    struct rig *rig = *state;
    rig_add(rig, "etc/os-release", BW_STR("ID=debian\n"));
    const char *path = rig_as_tar(rig, "root");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_open(rig, rig_text(rig, "%s%s", i ? "rootfs:" : "", path).p), 0);
        assert_int_equal(rig->image.form, BW_FORM_BLOBS);
        assert_int_equal(rig->image.subject.kind, BW_SUBJECT_FILESYSTEM);
        assert_int_equal(rig->image.layers_n, 1);
        assert_int_equal(rig->image.layers[0].blob.offset, 0);
        assert_int_equal(rig->image.layers[0].blob.size, 512 * 2 + 1024);
    }
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:name", path).p), BW_EUSAGE);
}

static void what_is_compressed_is_a_stream(void **state)
{
    struct rig *rig = *state;
    static const char *const heads[] = {"\x1f\x8b\x08.....", "\x28\xb5\x2f\xfd....",
                                        "\xfd\x37zXZ\0..", "\x5a\x2a\x4d\x18...."};
    for (size_t i = 0; i < BW_ARRAY_LEN(heads); i++) {
        char head[8], byte;
        rig_write(rig, "x.tar.gz", bw_str_n(heads[i], 8));
        const char *path = rig_path(rig, "x.tar.gz");
        assert_int_equal(rig_open(rig, path), 0);
        assert_int_equal(rig->image.form, BW_FORM_STREAM);
        assert_int_equal(rig->image.archive, BW_ARCHIVE_ANY);
        assert_int_equal(bw_fd_read_full(rig->image.stream_fd, head, 8), 8);
        assert_memory_equal(head, heads[i], 8);
        assert_int_equal(read(rig->image.stream_fd, &byte, 1), 0);
        assert_int_equal(rig_open(rig, rig_text(rig, "docker-archive:%s:a:1", path).p), 0);
        assert_int_equal(rig->image.archive, BW_ARCHIVE_DOCKER);
        is(rig->image.selection, "a:1");
        assert_int_equal(rig_open(rig, rig_text(rig, "rootfs:%s", path).p), 0);
        assert_int_equal(rig->image.form, BW_FORM_BLOBS);
    }
}

static void a_pipe_is_a_stream(void **state)
{
    struct rig *rig = *state;
    const char *path = rig_path(rig, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    int held = open(path, O_RDWR | O_CLOEXEC);
    assert_true(held >= 0);
    assert_int_equal(rig_open(rig, path), 0);
    assert_int_equal(rig->image.form, BW_FORM_STREAM);
    assert_true(rig->image.stream_fd >= 0);
    close(held);
}

static void standard_input_is_a_file_where_it_is_one(void **state)
{
    struct rig *rig = *state;
    int kept = dup(STDIN_FILENO), ends[2];
    rig_add(rig, "etc/os-release", BW_STR("ID=debian\n"));
    const char *path = rig_as_tar(rig, "root.tar");
    int file = open(path, O_RDONLY);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(rig_open(rig, "-"), 0);
    assert_int_equal(rig->image.form, BW_FORM_BLOBS);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(rig_open(rig, "-"), 0);
    assert_int_equal(rig->image.form, BW_FORM_STREAM);
    assert_true(rig->image.stream_fd > STDERR_FILENO);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(file);
    close(ends[0]);
    close(ends[1]);
}

static void what_is_no_image_says_so(void **state)
{
    struct rig *rig = *state;
    rig_write(rig, "empty", BW_STR(""));
    assert_int_equal(rig_open(rig, rig_path(rig, "empty")), BW_EFORMAT);
    says(rig->err.msg, "empty");
    rig_write(rig, "text", BW_STR("this is no tar at all, only a line of text\n"));
    assert_int_equal(rig_open(rig, rig_path(rig, "text")), BW_EFORMAT);
    rig_write(rig, "x.tar.bz2", BW_STR("BZh91AY&SY"));
    assert_int_equal(rig_open(rig, rig_path(rig, "x.tar.bz2")), BW_EUNSUPPORTED);
    says(rig->err.msg, "bzip2");
}

static void what_does_not_exist_says_so(void **state)
{
    struct rig *rig = *state;
    static const char *const names[] = {"./no-such", "/no/such", "no-such.tar", "no-such.tar.gz",
                                        "UPPER CASE"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        assert_int_equal(rig_open(rig, names[i]), BW_ENOENT);
        says(rig->err.msg, "no such file");
        assert_null(strstr(rig->err.msg, "Docker"));
    }
    assert_int_equal(rig_open(rig, "oci:/no/such"), BW_ENOENT);
    says(rig->err.msg, "no such file");
    assert_int_equal(rig_open(rig, "oci:"), BW_EUSAGE);
}

static void a_name_is_looked_up_in_the_daemon(void **state)
{
    struct rig *rig = *state;
    static const char *const names[] = {"nginx", "nginx:1.27", "docker:nginx:1.27",
                                        "registry.example.org:5000/a/b@sha256:0123"};
    setenv("DOCKER_HOST", rig_text(rig, "unix://%s/none.sock", rig->directory).p, 1);
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        assert_int_equal(rig_open(rig, names[i]), BW_ENET);
        says(rig->err.msg, "local Docker daemon");
        says(rig->err.msg, "none.sock");
        says(rig->err.msg, "scan registry:");
    }
    setenv("DOCKER_HOST", "ssh://host", 1);
    assert_int_equal(rig_open(rig, "nginx"), BW_EUNSUPPORTED);
    says(rig->err.msg, "ssh://host");
    unsetenv("DOCKER_HOST");
}

static void a_failed_open_leaves_nothing_open(void **state)
{
    struct rig *rig = *state;
    rig_add(rig, "manifest.json", BW_STR("[{\"Config\":\"c\",\"Layers\":[]}]"));
    const char *tar = rig_as_tar(rig, "x.tar");
    int before = dup(0), after;
    close(before);
    assert_int_equal(rig_open(rig, tar), BW_EFORMAT);
    after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(a_directory_is_a_root_filesystem),
        WITH_RIG(a_directory_without_an_operating_system_is_a_source_tree),
        WITH_RIG(a_tar_of_neither_layout_is_a_root_filesystem),
        WITH_RIG(what_is_compressed_is_a_stream),
        WITH_RIG(a_pipe_is_a_stream),
        WITH_RIG(standard_input_is_a_file_where_it_is_one),
        WITH_RIG(what_is_no_image_says_so),
        WITH_RIG(what_does_not_exist_says_so),
        WITH_RIG(a_name_is_looked_up_in_the_daemon),
        WITH_RIG(a_failed_open_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
