#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "extract/image-document.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CONFIG                                                                                     \
    "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:" A64         \
    "\",\"size\":7}"
#define LAYER "{\"mediaType\":\"x\",\"digest\":\"sha256:" B64 "\",\"size\":9}"

static struct bw_arena *arena;
static struct bw_image_document doc;
static struct bw_err err;

static int parse(enum bw_document_kind kind, const char *text)
{
    doc = (struct bw_image_document){0};
    err = (struct bw_err){0};
    return bw_image_document_parse(kind, bw_str(text), arena, &doc, &err);
}

static void is(struct bw_str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void reads_an_index(void **state)
{
    (void)state;
    assert_int_equal(
        parse(BW_DOCUMENT_INDEX,
              "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"sha256:" A64
              "\",\"size\":3,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\","
              "\"variant\":\"v8\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"1.2\","
              "\"io.containerd.image.name\":\"docker.io/library/x:1.2\"}},"
              "{\"digest\":\"sha256:" B64 "\",\"size\":4,"
              "\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}]}"),
        0);
    assert_int_equal(doc.kind, BW_DOCUMENT_INDEX);
    assert_int_equal(doc.items_n, 2);
    is(doc.items[0].digest, "sha256:" A64);
    is(doc.items[0].architecture, "arm64");
    is(doc.items[0].variant, "v8");
    is(doc.items[0].ref_name, "1.2");
    assert_int_equal(doc.items[0].tags.n, 1);
    is(doc.items[0].tags.v[0], "docker.io/library/x:1.2");
    assert_int_equal(doc.items[0].size, 3);
    assert_false(doc.items[0].attestation);
    assert_true(doc.items[1].attestation);
}

static void tells_a_manifest_by_what_it_holds(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_INDEX, "{\"schemaVersion\":2,\"config\":" CONFIG
                                              ",\"layers\":[" LAYER "," LAYER "]}"),
                     0);
    assert_int_equal(doc.kind, BW_DOCUMENT_MANIFEST);
    assert_int_equal(doc.items_n, 2);
    is(doc.config.media_type, "application/vnd.oci.image.config.v1+json");
    is(doc.items[1].digest, "sha256:" B64);
    assert_int_equal(parse(BW_DOCUMENT_MANIFEST, "{\"schemaVersion\":2,\"manifests\":[]}"), 0);
    assert_int_equal(doc.kind, BW_DOCUMENT_INDEX);
}

static void refuses_the_ambiguous(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"schemaVersion\":2,\"manifests\":[],\"config\":" CONFIG ",\"layers\":[]}",
        "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"layers\":[]}",
        "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"Layers\":[]}",
        "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"layer\xc5\xbf\":[]}",
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
        "\"config\":" CONFIG ",\"layers\":[]}",
        "{\"schemaVersion\":2,\"layers\":[]}",
        "{\"schemaVersion\":3,\"manifests\":[]}",
        "{\"manifests\":[]}",
        "[]",
        "{",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        assert_int_equal(parse(BW_DOCUMENT_MANIFEST, texts[i]), BW_EFORMAT);
        assert_int_not_equal(err.msg[0], 0);
        assert_null(doc.items);
    }
}

static void schema_1_and_foreign_types_are_not_supported(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_MANIFEST, "{\"schemaVersion\":1,\"fsLayers\":[]}"),
                     BW_EUNSUPPORTED);
    assert_int_equal(
        parse(BW_DOCUMENT_MANIFEST, "{\"schemaVersion\":2,\"mediaType\":\"application/other\"}"),
        BW_EUNSUPPORTED);
}

static void checks_digests(void **state)
{
    (void)state;
    static const char *const bad[] = {"sha256:" A64 "a",
                                      "sha256:",
                                      "md5:" A64,
                                      "",
                                      "sha256:../../etc/passwd",
                                      "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" A64};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"%s\",\"size\":1}]}", bad[i]);
        assert_int_equal(parse(BW_DOCUMENT_INDEX, text), BW_EFORMAT);
    }
    assert_int_equal(parse(BW_DOCUMENT_INDEX, "{\"schemaVersion\":2,\"manifests\":[{\"digest\":"
                                              "\"sha512:" A64 A64 "\",\"size\":1}]}"),
                     0);
}

static void checks_sizes(void **state)
{
    (void)state;
    static const char *const bad[] = {"-1", "1.5", "18446744073709551615", "\"1\"", "null"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:" A64
                 "\",\"size\":%s}]}",
                 bad[i]);
        assert_int_equal(parse(BW_DOCUMENT_INDEX, text), BW_EFORMAT);
    }
}

static void reads_a_configuration(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_CONFIG,
                           "{\"os\":\"linux\",\"architecture\":\"amd64\",\"created\":\"2024\","
                           "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" A64 "\"]},"
                           "\"history\":[{\"created_by\":\"ADD x\"},"
                           "{\"created_by\":\"CMD y\",\"empty_layer\":true}]}"),
                     0);
    is(doc.os, "linux");
    assert_int_equal(doc.diff_ids.n, 1);
    is(doc.diff_ids.v[0], "sha256:" A64);
    assert_int_equal(doc.history_n, 2);
    is(doc.history[0].created_by, "ADD x");
    assert_false(doc.history[0].empty_layer);
    assert_true(doc.history[1].empty_layer);
}

static void reads_a_docker_archive(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_ARCHIVE,
                           "[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\",\"b:2\"],"
                           "\"Layers\":[\"x/layer.tar\"]},"
                           "{\"Config\":\"d.json\",\"RepoTags\":null,\"Layers\":null}]"),
                     0);
    assert_int_equal(doc.items_n, 2);
    is(doc.items[0].digest, "c.json");
    is(doc.items[0].tags.v[1], "b:2");
    is(doc.items[0].paths.v[0], "x/layer.tar");
    assert_int_equal(doc.items[1].paths.n, 0);
}

static void refuses_paths_that_leave(void **state)
{
    (void)state;
    static const char *const bad[] = {"../x", "/x", "a/../../x", "a//x",
                                      "./x",  "",   "x/",        "a\\u0000b"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++) {
        char text[256];
        snprintf(text, sizeof text, "[{\"Config\":\"c\",\"Layers\":[\"%s\"]}]", bad[i]);
        assert_int_equal(parse(BW_DOCUMENT_ARCHIVE, text), BW_EFORMAT);
        snprintf(text, sizeof text, "[{\"Config\":\"%s\",\"Layers\":[]}]", bad[i]);
        assert_int_equal(parse(BW_DOCUMENT_ARCHIVE, text), BW_EFORMAT);
    }
}

static void reads_what_the_daemon_says(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_INSPECT,
                           "{\"Id\":\"sha256:" A64 "\",\"RepoTags\":[\"a:1\",\"<none>:<none>\"],"
                           "\"RepoDigests\":[],\"Os\":\"linux\",\"Architecture\":\"amd64\","
                           "\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"UpperDir\":\"/u\","
                           "\"LowerDir\":\"/l2:/l1\"}},\"RootFS\":{\"Layers\":[\"sha256:" B64
                           "\"]}}"),
                     0);
    is(doc.id, "sha256:" A64);
    is(doc.driver, "overlay2");
    is(doc.lower_dir, "/l2:/l1");
    assert_int_equal(doc.tags.n, 1);
    assert_int_equal(doc.diff_ids.n, 1);
    assert_int_equal(parse(BW_DOCUMENT_INSPECT,
                           "{\"Id\":\"sha256:" A64 "\",\"GraphDriver\":{\"Data\":null,\"Name\":"
                           "\"btrfs\"}}"),
                     0);
    assert_int_equal(parse(BW_DOCUMENT_LIST, "[{\"Id\":\"sha256:" A64
                                             "\",\"RepoTags\":[\"a:1\"]},{\"Id\":\"sha256:" B64
                                             "\",\"RepoTags\":null}]"),
                     0);
    assert_int_equal(doc.items_n, 2);
    is(doc.items[0].tags.v[0], "a:1");
    is(doc.items[1].digest, "sha256:" B64);
}

static void reads_the_lists_of_a_store(void **state)
{
    (void)state;
    assert_int_equal(parse(BW_DOCUMENT_STORE_IMAGES,
                           "[{\"id\":\"" A64
                           "\",\"names\":[\"localhost/a:1\",\"b\"],\"layer\":\"" B64
                           "\",\"created\":\"x\"},{\"id\":\"x\"}]"),
                     0);
    assert_int_equal(doc.items_n, 2);
    is(doc.items[0].ref_name, A64);
    is(doc.items[0].paths.v[0], B64);
    is(doc.items[0].tags.v[1], "b");
    assert_int_equal(doc.items[1].paths.n, 0);
    assert_int_equal(parse(BW_DOCUMENT_STORE_LAYERS,
                           "[{\"id\":\"" B64 "\",\"parent\":\"p\",\"diff-digest\":\"sha256:" A64
                           "\"},{\"id\":\"p\"}]"),
                     0);
    is(doc.items[0].digest, "sha256:" A64);
    is(doc.items[0].paths.v[0], "p");
    static const char *const bad[] = {"{}",
                                      "[1]",
                                      "[{\"id\":\"../x\"}]",
                                      "[{\"id\":\"a/b\"}]",
                                      "[{\"id\":\"..\"}]",
                                      "[{\"id\":\"a\",\"parent\":\"/x\"}]",
                                      "[{\"id\":\"a\",\"diff-digest\":\"sha256:x\"}]"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++)
        assert_int_equal(parse(BW_DOCUMENT_STORE_LAYERS, bad[i]), BW_EFORMAT);
    assert_int_equal(parse(BW_DOCUMENT_STORE_IMAGES, "[{\"id\":\"a\",\"layer\":\"../../x\"}]"),
                     BW_EFORMAT);
}

static void a_long_list_is_a_limit(void **state)
{
    (void)state;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    bw_buf_str(&text, BW_STR("{\"history\":["));
    for (unsigned i = 0; i < BW_IMAGE_DOCUMENT_ITEMS_MAX + 1; i++)
        bw_buf_printf(&text, "%s{}", i ? "," : "");
    bw_buf_add(&text, "]}", 3);
    assert_int_equal(parse(BW_DOCUMENT_CONFIG, (const char *)text.p), BW_ELIMIT);
}

static void a_full_arena_is_a_limit(void **state)
{
    (void)state;
    struct bw_arena *kept = arena;
    arena = bw_arena_new(64);
    assert_int_equal(parse(BW_DOCUMENT_ARCHIVE, "[{\"Config\":\"c.json\"},{\"Config\":\"d\"}]"),
                     BW_ELIMIT);
    bw_arena_free(arena);
    arena = kept;
}

static int make_arena(void **state)
{
    (void)state;
    arena = bw_arena_new((size_t)4 << 20);
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    bw_arena_freep(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_index),
        cmocka_unit_test(tells_a_manifest_by_what_it_holds),
        cmocka_unit_test(refuses_the_ambiguous),
        cmocka_unit_test(schema_1_and_foreign_types_are_not_supported),
        cmocka_unit_test(checks_digests),
        cmocka_unit_test(checks_sizes),
        cmocka_unit_test(reads_a_configuration),
        cmocka_unit_test(reads_a_docker_archive),
        cmocka_unit_test(refuses_paths_that_leave),
        cmocka_unit_test(reads_what_the_daemon_says),
        cmocka_unit_test(reads_the_lists_of_a_store),
        cmocka_unit_test(a_long_list_is_a_limit),
        cmocka_unit_test(a_full_arena_is_a_limit),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
