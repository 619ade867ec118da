#include "reader-rig.h"

static int read_json(struct reader_rig *rig, const char *text)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("image-config"));
    assert_non_null(reader);
    return rig_read(rig, reader, "blobs/config.json", bw_str(text));
}

#define MISSING       "{\"$unknown\":\"a configuration alone is at hand, not the image\"}"
#define INEXPRESSIBLE "{\"$unknown\":\"an image has no words for it\"}"
#define CONTEXT(name) "containers.0.securityContext." name

static void expect(struct reader_rig *rig, struct bw_value from, const char *path, const char *json)
{
    const char *got = rig_at(rig, from, path);
    if (strcmp(got, json) != 0)
        fail_msg("%s is %s, not %s", path, got, json);
}

static void a_configuration(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig, "{\"os\":\"linux\",\"architecture\":\"arm64\",\"config\":{\"User\":"
                        "\"1000\",\n\"ExposedPorts\":{\"80/tcp\":{}},\"Env\":[\"A=b\"],\"Cmd\":"
                        "[\"c\"],\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]}},\"rootfs\":{"
                        "\"type\":\"layers\",\"diff_ids\":[\"sha256:1\",\"sha256:2\"]},\"history\":"
                        "[{\"created_by\":\"RUN x\"},{\"created_by\":\"ENV y\",\"empty_layer\":true"
                        "}]}"),
        0);
    assert_string_equal(rig_gaps(&rig), "");
    assert_true(bw_str_eq(rig.document.objects[0].resource, BW_STR("images")));
    struct bw_value image = rig.document.objects[0].value;
    expect(&rig, image, "reference", MISSING);
    expect(&rig, image, "packages", MISSING);
    expect(&rig, image, "architecture", "\"arm64\"");
    expect(&rig, image, "layers", "2");
    expect(&rig, image, "history",
           "[{\"createdBy\":\"RUN x\",\"emptyLayer\":false},"
           "{\"createdBy\":\"ENV y\",\"emptyLayer\":true}]");
    expect(&rig, image, "config.User", "\"1000\"");
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    expect(&rig, spec, CONTEXT("runAsUser"), "1000");
    expect(&rig, spec, CONTEXT("runAsNonRoot"), "true");
    expect(&rig, spec, CONTEXT("privileged"), INEXPRESSIBLE);
    expect(&rig, spec, "hostNetwork", INEXPRESSIBLE);
    expect(&rig, spec, "containers.0.env", "[{\"name\":\"A\",\"value\":\"b\"}]");
    expect(&rig, spec, "containers.0.ports.0.containerPort", "80");
    expect(&rig, spec, "containers.0.livenessProbe.exec.command", "[\"/bin/sh\",\"-c\",\"x\"]");
    assert_int_equal(
        rig_place(&rig, bw_value_at(rig_container(&rig, 1), "securityContext", "runAsUser", NULL))
            .line,
        1);
    rig_close(&rig);
}

static void as_docker_inspects_it(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig, "[{\"Id\":\"sha256:1\",\"RepoTags\":[\"a:1\"],\"RepoDigests\":[\"a@sha256:"
                        "2\"],\"Os\":\"linux\",\"Config\":{\"User\":\"\"},\"RootFS\":{\"Type\":"
                        "\"layers\",\"Layers\":[\"sha256:3\"]}}]"),
        0);
    struct bw_value image = rig.document.objects[0].value;
    expect(&rig, image, "reference", "\"a:1\"");
    expect(&rig, image, "digest", "\"sha256:2\"");
    expect(&rig, image, "layers", "1");
    expect(&rig, image, "history", MISSING);
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    expect(&rig, spec, CONTEXT("runAsUser"), "0");
    expect(&rig, spec, CONTEXT("runAsNonRoot"), "false");
    expect(&rig, spec, "containers.0.image", "\"a:1\"");
    expect(&rig, spec, "containers.0.livenessProbe", "");
    rig_close(&rig);
}

/* As `bulwark facts` prints it. */
static void with_what_was_found(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_json(&rig,
                  "{\"reference\":\"a:1\",\"digest\":\"sha256:2\",\"os\":\"linux\",\"rootfs\":"
                  "{},\"history\":[{\"createdBy\":\"x\",\"emptyLayer\":true}],\"packages\":[{"
                  "\"type\":\"apk\",\"name\":\"gcc\",\"version\":\"1\"}],\"files\":[{\"path\":"
                  "\"/bin/su\",\"mode\":5,\"setuid\":\"yes\"}],\"distribution\":{\"id\":\"x\"}}"),
        0);
    assert_string_equal(rig_gaps(&rig),
                        "blocking blobs/config.json:1: files[0].setuid: a string where the image "
                        "specification wants a boolean: the engine refuses it\n");
    struct bw_value image = rig.document.objects[0].value;
    expect(&rig, image, "reference", "\"a:1\"");
    expect(&rig, image, "digest", "\"sha256:2\"");
    expect(&rig, image, "history", "[{\"createdBy\":\"x\",\"emptyLayer\":true}]");
    expect(&rig, image, "packages.0.name", "\"gcc\"");
    expect(&rig, image, "distribution.id", "\"x\"");
    expect(&rig, image, "secrets", MISSING);
    rig_close(&rig);
}

static void bad_documents(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(read_json(&rig, "[]"), BW_EFORMAT);
    rig_close(&rig);
    assert_int_equal(read_json(&rig, "{\"config\":{\"User\":0}}"), 0);
    assert_string_equal(rig_gaps(&rig),
                        "blocking blobs/config.json:1: config.User: an integer where the image "
                        "specification wants a string: the engine refuses it\n");
    struct bw_value spec = bw_value_at(rig.document.objects[1].value, "spec", NULL);
    expect(&rig, spec, CONTEXT("runAsUser"), "{\"$unknown\":\"the engine refuses this value\"}");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration),
        cmocka_unit_test(as_docker_inspects_it),
        cmocka_unit_test(with_what_was_found),
        cmocka_unit_test(bad_documents),
    };
    return cmocka_run_group_tests_name("image-config", tests, NULL, NULL);
}
