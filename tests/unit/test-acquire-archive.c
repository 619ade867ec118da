#include "acquire-rig.h"

static struct bw_str layers[2];

static void make_layers(struct rig *rig)
{
    layers[0] = rig_layer(rig, "etc/os-release", "ID=debian\n");
    layers[1] = rig_layer(rig, "etc/motd", "hello\n");
}

/* `docker save` up to 24: a folder a layer, the second a link to the first where `linked`. */
static const char *add_old(struct rig *rig, const char *tag, bool linked)
{
    make_layers(rig);
    if (linked)
        layers[1] = layers[0];
    struct bw_str config = rig_config(rig, "amd64", 2, layers);
    const char *hex = rig_hex(rig, config);
    rig_add(rig, rig_text(rig, "%s.json", hex).p, config);
    rig_add(rig, "aa/layer.tar", layers[0]);
    rig_add(rig, "aa/json", BW_STR("{}"));
    if (linked)
        rig_add_link(rig, "bb/layer.tar", "../aa/layer.tar");
    else
        rig_add(rig, "bb/layer.tar", layers[1]);
    rig_add(rig, "manifest.json",
            rig_text(rig,
                     "[{\"Config\":\"%s.json\",\"RepoTags\":[\"%s\"],"
                     "\"Layers\":[\"aa/layer.tar\",\"bb/layer.tar\"]}]",
                     hex, tag));
    return hex;
}

/* The blobs and manifest.json of Docker 25 and later. */
static const char *add_new(struct rig *rig, const char *tag)
{
    make_layers(rig);
    struct bw_str config = rig_config(rig, "amd64", 2, layers);
    const char *hex = rig_blob(rig, config);
    const char *low = rig_blob(rig, layers[0]), *high = rig_blob(rig, layers[1]);
    rig_add(rig, "manifest.json",
            rig_text(rig,
                     "[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":[\"%s\"],"
                     "\"Layers\":[\"blobs/sha256/%s\",\"blobs/sha256/%s\"]}]",
                     hex, tag, low, high));
    return hex;
}

/* An OCI layout beside it, of one layer. */
static const char *add_oci(struct rig *rig, struct bw_str layer, struct bw_str config)
{
    const char *config_hex = rig_blob(rig, config), *layer_hex = rig_blob(rig, layer);
    struct bw_str manifest =
        rig_text(rig,
                 "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:%s\",\"size\":%zu},"
                 "\"layers\":[{\"digest\":\"sha256:%s\",\"size\":%zu}]}",
                 config_hex, config.n, layer_hex, layer.n);
    const char *hex = rig_blob(rig, manifest);
    rig_add(rig, "oci-layout", BW_STR("{}"));
    rig_add(rig, "index.json",
            rig_text(rig,
                     "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:%s\",\"size\":%zu,"
                     "\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/x:1\","
                     "\"org.opencontainers.image.ref.name\":\"1\"}}]}",
                     hex, manifest.n));
    return hex;
}

static void check_layers(struct rig *rig)
{
    assert_int_equal(rig->image.form, BW_FORM_BLOBS);
    assert_int_equal(rig->image.layers_n, 2);
    for (size_t i = 0; i < 2; i++) {
        is_blob(&rig->image.layers[i], layers[i]);
        is(bw_str_from(rig->image.layers[i].info.diff_id, 7), rig_hex(rig, layers[i]));
        is(rig->image.layers[i].info.created_by, i ? "step 1" : "step 0");
    }
    is(rig->image.subject.platform, "linux/amd64");
    assert_string_equal(rig_gaps(rig), "");
}

static void reads_the_old_layout(void **state)
{
    struct rig *rig = *state;
    const char *hex = add_old(rig, "x:1", false);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "old.tar")), 0);
    check_layers(rig);
    is(rig->image.subject.source, "docker-archive");
    is(bw_str_from(rig->image.subject.digest, 7), hex);
    is(rig->image.subject.tags.v[0], "x:1");
    /* No digest covers such a layer but the diff ID. */
    assert_int_equal(rig->image.layers[0].info.digest.n, 0);
    is(rig->image.layers[1].blob_at, "bb/layer.tar");
    assert_int_equal(
        rig_open(rig, rig_text(rig, "docker-archive:%s", rig_as_directory(rig, "old")).p), 0);
    check_layers(rig);
}

static void follows_links_between_layers(void **state)
{
    struct rig *rig = *state;
    add_old(rig, "x:1", true);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "linked.tar")), 0);
    check_layers(rig);
    rig_drop(rig, "aa/layer.tar");
    rig_add_link(rig, "aa/layer.tar", "../bb/layer.tar");
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "loop.tar")), BW_EFORMAT);
    says(rig->err.msg, "links");
}

static void reads_the_new_layout(void **state)
{
    struct rig *rig = *state;
    add_new(rig, "x:1");
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "new.tar")), 0);
    check_layers(rig);
    is(bw_str_from(rig->image.layers[0].info.digest, 7), rig_hex(rig, layers[0]));
}

static void a_changed_configuration_is_not_trusted(void **state)
{
    struct rig *rig = *state;
    add_old(rig, "x:1", false);
    rig->files[0].bytes = rig_text(rig, "%s ", rig->files[0].bytes.p);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "changed.tar")), BW_EDIGEST);
}

static void one_of_several_is_named(void **state)
{
    struct rig *rig = *state;
    make_layers(rig);
    struct bw_str one = rig_config(rig, "amd64", 1, layers);
    struct bw_str two = rig_config(rig, "arm64", 1, layers + 1);
    rig_add(rig, "one.json", one);
    rig_add(rig, "two.json", two);
    rig_add(rig, "one.tar", layers[0]);
    rig_add(rig, "two.tar", layers[1]);
    rig_add(rig, "manifest.json",
            BW_STR("[{\"Config\":\"one.json\",\"RepoTags\":[\"one:1\"],\"Layers\":[\"one.tar\"]},"
                   "{\"Config\":\"two.json\",\"RepoTags\":[\"e.org:5000/two:latest\"],"
                   "\"Layers\":[\"two.tar\"]}]"));
    const char *path = rig_as_tar(rig, "several.tar");
    assert_int_equal(rig_open(rig, path), BW_EUSAGE);
    says(rig->err.msg, "one:1, e.org:5000/two:latest");
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:one:1", path).p), 0);
    is_blob(&rig->image.layers[0], layers[0]);
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:docker.io/library/one:1", path).p), 0);
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:e.org:5000/two", path).p), 0);
    is_blob(&rig->image.layers[0], layers[1]);
    is(rig->image.subject.platform, "linux/arm64");
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:one:2", path).p), BW_ENOENT);
}

static void of_both_layouts_the_oci_one_counts(void **state)
{
    struct rig *rig = *state;
    make_layers(rig);
    struct bw_str config = rig_config(rig, "amd64", 1, layers);
    const char *hex = add_oci(rig, layers[0], config);
    rig_add(rig, "manifest.json",
            rig_text(rig,
                     "[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":[\"x:1\",\"y:1\"],"
                     "\"Layers\":[\"blobs/sha256/%s\"]}]",
                     rig_hex(rig, config), rig_hex(rig, layers[0])));
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "both.tar")), 0);
    is(rig->image.subject.source, "oci");
    is(bw_str_from(rig->image.subject.digest, 7), hex);
    assert_int_equal(rig->image.subject.tags.n, 2);
    assert_int_equal(rig_open(rig, rig_text(rig, "docker-archive:%s", rig_path(rig, "both.tar")).p),
                     0);
    is(rig->image.subject.source, "docker-archive");
    /* The manifest is gone: what `docker save` leaves of an image for other platforms. */
    rig_drop(rig, rig_text(rig, "blobs/sha256/%s", hex).p);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "partial.tar")), 0);
    is(rig->image.subject.source, "docker-archive");
    is_blob(&rig->image.layers[0], layers[0]);
}

static void layouts_that_disagree_are_refused(void **state)
{
    struct rig *rig = *state;
    make_layers(rig);
    struct bw_str shown = rig_config(rig, "amd64", 1, layers);
    add_oci(rig, layers[0], shown);
    struct bw_str run = rig_config(rig, "amd64", 1, layers + 1);
    rig_add(rig, "config.json", run);
    rig_add(rig, "layer.tar", layers[1]);
    rig_add(rig, "manifest.json",
            BW_STR("[{\"Config\":\"config.json\",\"Layers\":[\"layer.tar\"]}]"));
    const char *path = rig_as_tar(rig, "disagree.tar");
    assert_int_equal(rig_open(rig, path), BW_EFORMAT);
    says(rig->err.msg, "different images");
    assert_int_equal(rig_open(rig, rig_text(rig, "docker-archive:%s", path).p), 0);
    is_blob(&rig->image.layers[0], layers[1]);
    assert_int_equal(rig_open(rig, rig_text(rig, "oci:%s", path).p), 0);
    is_blob(&rig->image.layers[0], layers[0]);
}

static void an_absent_layer_is_a_gap(void **state)
{
    struct rig *rig = *state;
    add_old(rig, "x:1", false);
    rig_drop(rig, "bb/layer.tar");
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "absent.tar")), 0);
    assert_int_equal(rig->image.layers[1].blob.fd, -1);
    says(rig_gaps(rig), "blocking|layer 2 sha256:");
}

static void layers_and_configuration_must_agree(void **state)
{
    struct rig *rig = *state;
    make_layers(rig);
    rig_add(rig, "c.json", rig_config(rig, "amd64", 2, layers));
    rig_add(rig, "l.tar", layers[0]);
    rig_add(rig, "manifest.json", BW_STR("[{\"Config\":\"c.json\",\"Layers\":[\"l.tar\"]}]"));
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "fewer.tar")), BW_EFORMAT);
    says(rig->err.msg, "1 layers");
}

static void many_layers_are_a_limit(void **state)
{
    struct rig *rig = *state;
    struct bw_buf list BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    bw_buf_str(&list, BW_STR("[{\"Config\":\"c.json\",\"Layers\":["));
    for (unsigned i = 0; i <= BW_ACQUIRE_LAYERS_MAX; i++)
        bw_buf_printf(&list, "%s\"l.tar\"", i ? "," : "");
    bw_buf_str(&list, BW_STR("]}]"));
    rig_add(rig, "c.json", BW_STR("{}"));
    rig_add(rig, "manifest.json", bw_buf_slice(&list));
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "many.tar")), BW_ELIMIT);
}

/* The lister is not trusted: it may have been taken over. */
static int lying_members(void *ctx, struct bw_blob archive, struct bw_members *ret_members,
                         struct bw_err *err)
{
    (void)archive, (void)err;
    struct rig *rig = ctx;
    static const uint64_t odd[][2] = {{UINT64_MAX, 1}, {1, UINT64_MAX}, {512, 1 << 20}};
    static size_t turn;
    struct bw_member *member = bw_arena_alloc(rig->arena, sizeof *member);
    assert_non_null(member);
    *member = (struct bw_member){
        .path = BW_STR("manifest.json"), .offset = odd[turn % 3][0], .size = odd[turn % 3][1]};
    turn++;
    *ret_members = (struct bw_members){member, 1};
    return 0;
}

static void members_lie_within_the_file(void **state)
{
    struct rig *rig = *state;
    add_old(rig, "x:1", false);
    const char *path = rig_text(rig, "docker-archive:%s", rig_as_tar(rig, "x.tar")).p;
    rig->acquire.members = lying_members;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rig_open(rig, path), BW_EFORMAT);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(reads_the_old_layout),
        WITH_RIG(follows_links_between_layers),
        WITH_RIG(reads_the_new_layout),
        WITH_RIG(a_changed_configuration_is_not_trusted),
        WITH_RIG(one_of_several_is_named),
        WITH_RIG(of_both_layouts_the_oci_one_counts),
        WITH_RIG(layouts_that_disagree_are_refused),
        WITH_RIG(an_absent_layer_is_a_gap),
        WITH_RIG(layers_and_configuration_must_agree),
        WITH_RIG(many_layers_are_a_limit),
        WITH_RIG(members_lie_within_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
