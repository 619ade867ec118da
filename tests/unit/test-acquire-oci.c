#include "acquire-rig.h"

#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"

static struct bw_str layers[2];

static void make_layers(struct rig *rig)
{
    layers[0] = rig_layer(rig, "etc/os-release", "ID=debian\n");
    layers[1] = rig_layer(rig, "etc/motd", "hello\n");
}

static struct bw_str descriptor(struct rig *rig, const char *type, struct bw_str bytes,
                                const char *more)
{
    return rig_text(rig, "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu%s}", type,
                    rig_hex(rig, bytes), bytes.n, more);
}

/* Adds an image of the two layers and returns its manifest. */
static struct bw_str add_image(struct rig *rig, const char *architecture)
{
    make_layers(rig);
    struct bw_str config = rig_config(rig, architecture, 2, layers);
    rig_blob(rig, config);
    for (size_t i = 0; i < 2; i++)
        rig_blob(rig, layers[i]);
    struct bw_str manifest = rig_text(rig, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s,%s]}",
                                      descriptor(rig, CONFIG_TYPE, config, "").p,
                                      descriptor(rig, LAYER_TYPE, layers[0], "").p,
                                      descriptor(rig, LAYER_TYPE, layers[1], "").p);
    rig_blob(rig, manifest);
    return manifest;
}

static struct bw_str index_of(struct rig *rig, const char *items)
{
    return rig_text(rig, "{\"schemaVersion\":2,\"manifests\":[%s]}", items);
}

static void finish(struct rig *rig, const char *items)
{
    rig_add(rig, "oci-layout", BW_STR("{\"imageLayoutVersion\":\"1.0.0\"}"));
    rig_add(rig, "index.json", index_of(rig, items));
}

static const char *platform(struct rig *rig, const char *architecture)
{
    return rig_text(rig, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}", architecture)
        .p;
}

static const char *named(struct rig *rig, const char *name)
{
    return rig_text(rig, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}", name).p;
}

static void check_image(struct rig *rig, struct bw_str manifest)
{
    assert_int_equal(rig->image.form, BW_FORM_BLOBS);
    assert_int_equal(rig->image.subject.kind, BW_SUBJECT_IMAGE);
    is(rig->image.subject.source, "oci");
    is(rig->image.subject.platform, "linux/amd64");
    is(bw_str_from(rig->image.subject.digest, 7), rig_hex(rig, manifest));
    assert_int_equal(rig->image.layers_n, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct bw_image_layer *layer = &rig->image.layers[i];
        is_blob(layer, layers[i]);
        is(bw_str_from(layer->info.digest, 7), rig_hex(rig, layers[i]));
        is(bw_str_from(layer->info.diff_id, 7), rig_hex(rig, layers[i]));
        is(layer->info.created_by, i ? "step 1" : "step 0");
        assert_true(bw_str_starts(layer->blob_at, BW_STR("blobs/sha256/")));
    }
    assert_string_equal(rig_gaps(rig), "");
}

static void a_directory_and_a_tar_are_the_same(void **state)
{
    struct rig *rig = *state;
    struct bw_str manifest = add_image(rig, "amd64");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, named(rig, "1.0")).p);
    const char *directory = rig_as_directory(rig, "layout"), *tar = rig_as_tar(rig, "layout.tar");
    assert_int_equal(rig_open(rig, directory), 0);
    check_image(rig, manifest);
    is(rig->image.subject.tags.v[0], "1.0");
    assert_int_equal(rig_open(rig, tar), 0);
    check_image(rig, manifest);
    assert_int_equal(rig_open(rig, rig_text(rig, "oci:%s", tar).p), 0);
    assert_int_equal(rig_open(rig, rig_text(rig, "oci-dir:%s", directory).p), 0);
    check_image(rig, manifest);
}

static void a_platform_is_chosen(void **state)
{
    struct rig *rig = *state;
    struct bw_str amd64 = add_image(rig, "amd64"), arm64 = add_image(rig, "arm64");
    struct bw_str s390x = add_image(rig, "s390x");
    finish(rig,
           rig_text(rig, "%s,%s,%s,%s",
                    descriptor(rig, MANIFEST_TYPE, s390x, platform(rig, "s390x")).p,
                    descriptor(rig, MANIFEST_TYPE, arm64, platform(rig, "arm64")).p,
                    descriptor(rig, MANIFEST_TYPE, amd64, platform(rig, "amd64")).p,
                    descriptor(rig, MANIFEST_TYPE, arm64,
                               ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},"
                               "\"annotations\":{\"vnd.docker.reference.type\":"
                               "\"attestation-manifest\"}")
                        .p)
               .p);
    const char *path = rig_as_directory(rig, "layout");
    rig->acquire.platform = "linux/arm64";
    assert_int_equal(rig_open(rig, path), 0);
    is(rig->image.subject.platform, "linux/arm64");
    rig->acquire.platform = "linux/aarch64/v8";
    assert_int_equal(rig_open(rig, path), 0);
    is(rig->image.subject.platform, "linux/arm64");
    rig->acquire.platform = "s390x";
    assert_int_equal(rig_open(rig, path), 0);
    is(rig->image.subject.platform, "linux/s390x");
    rig->acquire.platform = "linux/riscv64";
    assert_int_equal(rig_open(rig, path), BW_ENOENT);
    says(rig->err.msg, "linux/s390x, linux/arm64, linux/amd64");
    rig->acquire.platform = "linux/";
    assert_int_equal(rig_open(rig, path), BW_EUSAGE);
}

static void the_only_image_is_taken_whatever_its_platform(void **state)
{
    struct rig *rig = *state;
    struct bw_str image = add_image(rig, "s390x");
    finish(rig,
           rig_text(rig, "%s,%s", descriptor(rig, MANIFEST_TYPE, image, platform(rig, "s390x")).p,
                    descriptor(rig, MANIFEST_TYPE, image,
                               ",\"annotations\":{\"vnd.docker.reference.type\":\"x\"}")
                        .p)
               .p);
    const char *path = rig_as_directory(rig, "layout");
    assert_int_equal(rig_open(rig, path), 0);
    is(rig->image.subject.platform, "linux/s390x");
    rig->acquire.platform = "linux/amd64";
    assert_int_equal(rig_open(rig, path), BW_ENOENT);
}

static void what_says_no_platform_is_asked_by_its_configuration(void **state)
{
    struct rig *rig = *state;
    struct bw_str image = add_image(rig, "s390x");
    finish(rig, descriptor(rig, MANIFEST_TYPE, image, "").p);
    rig->acquire.platform = "linux/amd64";
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "layout")), BW_ENOENT);
    says(rig->err.msg, "linux/s390x");
}

static void indexes_nest_to_a_limit(void **state)
{
    struct rig *rig = *state;
    struct bw_str at = add_image(rig, "amd64"), manifest = at;
    const char *type = MANIFEST_TYPE;
    for (unsigned i = 0; i < BW_ACQUIRE_INDEX_DEPTH_MAX; i++) {
        at = index_of(rig, descriptor(rig, type, at, "").p);
        rig_blob(rig, at);
        type = INDEX_TYPE;
    }
    finish(rig, descriptor(rig, type, at, "").p);
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "fits")), 0);
    check_image(rig, manifest);
    at = index_of(rig, descriptor(rig, type, at, "").p);
    rig_blob(rig, at);
    rig_drop(rig, "index.json");
    finish(rig, descriptor(rig, type, at, "").p);
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "over")), BW_ELIMIT);
}

static void a_changed_document_is_not_trusted(void **state)
{
    struct rig *rig = *state;
    struct bw_str manifest = add_image(rig, "amd64");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, "").p);
    for (size_t i = 0; i < rig->files_n; i++) {
        struct bw_str kept = rig->files[i].bytes;
        bool document =
            kept.p[0] == '{' && bw_str_starts(bw_str(rig->files[i].path), BW_STR("blobs/"));
        if (!document)
            continue;
        rig->files[i].bytes = rig_text(rig, "%s ", kept.p);
        assert_int_equal(rig_open(rig, rig_as_tar(rig, "changed.tar")), BW_EDIGEST);
        says(rig->err.msg, strrchr(rig->files[i].path, '/') + 1);
        says(rig->err.msg, rig_hex(rig, rig->files[i].bytes));
        rig->files[i].bytes = kept;
    }
}

static void an_absent_layer_is_a_gap(void **state)
{
    struct rig *rig = *state;
    struct bw_str manifest = add_image(rig, "amd64");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, "").p);
    rig_drop(rig, rig_text(rig, "blobs/sha256/%s", rig_hex(rig, layers[0])).p);
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "layout")), 0);
    assert_int_equal(rig->image.layers_n, 2);
    assert_int_equal(rig->image.layers[0].blob.fd, -1);
    is_blob(&rig->image.layers[1], layers[1]);
    says(rig_gaps(rig), "blocking|layer 1 sha256:");
    says(rig_gaps(rig), "not in the layout");
}

static void a_layer_of_another_size_is_a_gap(void **state)
{
    struct rig *rig = *state;
    struct bw_str manifest = add_image(rig, "amd64");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, "").p);
    for (size_t i = 0; i < rig->files_n; i++)
        if (rig->files[i].bytes.p == layers[1].p)
            rig->files[i].bytes.n -= 512;
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "layout")), 0);
    says(rig_gaps(rig), "blocking|layer 2 sha256:");
    assert_true(rig->image.layers[1].blob.fd >= 0);
}

static struct bw_str odd_manifest(struct rig *rig, const char *config_type, const char *layer_type,
                                  size_t layers_n)
{
    make_layers(rig);
    struct bw_str config = rig_config(rig, "amd64", 1, layers);
    rig_blob(rig, config);
    const char *layer = descriptor(rig, layer_type, layers[0], "").p;
    struct bw_str manifest =
        rig_text(rig, "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s%s%s]}",
                 descriptor(rig, config_type, config, "").p, layer, layers_n > 1 ? "," : "",
                 layers_n > 1 ? layer : "");
    rig_blob(rig, manifest);
    rig_drop(rig, "oci-layout");
    rig_drop(rig, "index.json");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, "").p);
    return manifest;
}

static void odd_images_are_told_apart(void **state)
{
    struct rig *rig = *state;
    odd_manifest(rig, "application/vnd.cncf.helm.config.v1+json", LAYER_TYPE, 1);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "a.tar")), BW_EUNSUPPORTED);
    says(rig->err.msg, "helm");
    odd_manifest(rig, CONFIG_TYPE, "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", 1);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "b.tar")), BW_EUNSUPPORTED);
    says(rig->err.msg, "encrypted");
    odd_manifest(rig, CONFIG_TYPE, LAYER_TYPE, 2);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "c.tar")), BW_EFORMAT);
    odd_manifest(rig, CONFIG_TYPE, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", 1);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "d.tar")), 0);
    says(rig_gaps(rig), "foreign layer");
}

static void one_of_several_is_named(void **state)
{
    struct rig *rig = *state;
    struct bw_str a = add_image(rig, "amd64"), b = add_image(rig, "arm64");
    finish(rig, rig_text(rig, "%s,%s", descriptor(rig, MANIFEST_TYPE, a, named(rig, "one")).p,
                         descriptor(rig, MANIFEST_TYPE, b, named(rig, "example.org/two:3")).p)
                    .p);
    const char *path = rig_as_directory(rig, "layout");
    assert_int_equal(rig_open(rig, path), BW_EUSAGE);
    says(rig->err.msg, "one, example.org/two:3");
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:one", path).p), 0);
    is(bw_str_from(rig->image.subject.digest, 7), rig_hex(rig, a));
    assert_int_equal(rig_open(rig, rig_text(rig, "oci:%s:example.org/two:3", path).p), 0);
    is(bw_str_from(rig->image.subject.digest, 7), rig_hex(rig, b));
    assert_int_equal(rig_open(rig, rig_text(rig, "%s:none", path).p), BW_ENOENT);
    says(rig->err.msg, "example.org/two:3");
}

static void links_stay_inside(void **state)
{
    struct rig *rig = *state;
    struct bw_str manifest = add_image(rig, "amd64");
    finish(rig, descriptor(rig, MANIFEST_TYPE, manifest, "").p);
    const char *at = rig_text(rig, "blobs/sha256/%s", rig_hex(rig, layers[0])).p;
    rig_drop(rig, at);
    rig_add(rig, "shared/layer", layers[0]);
    rig_add_link(rig, at, "../../shared/layer");
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "inside")), 0);
    check_image(rig, manifest);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "inside.tar")), 0);
    check_image(rig, manifest);
    rig_drop(rig, at);
    rig_write(rig, "outside", layers[0]);
    rig_add_link(rig, at, "../../../outside");
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "leaves")), BW_EFORMAT);
    says(rig->err.msg, "leads out");
}

static void broken_documents_are_errors(void **state)
{
    struct rig *rig = *state;
    rig_add(rig, "oci-layout", BW_STR("{}"));
    rig_add(rig, "index.json", BW_STR("{\"schemaVersion\":2,\"manifests\":[]}"));
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "empty")), BW_ENOENT);
    rig->files[1].bytes = BW_STR("{\"schemaVersion\":2,\"manifests\":[");
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "cut")), BW_EFORMAT);
    says(rig->err.msg, "index.json");
    char *large = malloc(BW_ACQUIRE_DOCUMENT_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', BW_ACQUIRE_DOCUMENT_MAX + 1);
    rig->files[1].bytes = bw_str_n(large, BW_ACQUIRE_DOCUMENT_MAX + 1);
    assert_int_equal(rig_open(rig, rig_as_directory(rig, "large")), BW_ELIMIT);
    assert_int_equal(rig_open(rig, rig_as_tar(rig, "large.tar")), BW_ELIMIT);
    free(large);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(a_directory_and_a_tar_are_the_same),
        WITH_RIG(a_platform_is_chosen),
        WITH_RIG(the_only_image_is_taken_whatever_its_platform),
        WITH_RIG(what_says_no_platform_is_asked_by_its_configuration),
        WITH_RIG(indexes_nest_to_a_limit),
        WITH_RIG(a_changed_document_is_not_trusted),
        WITH_RIG(an_absent_layer_is_a_gap),
        WITH_RIG(a_layer_of_another_size_is_a_gap),
        WITH_RIG(odd_images_are_told_apart),
        WITH_RIG(one_of_several_is_named),
        WITH_RIG(links_stay_inside),
        WITH_RIG(broken_documents_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
