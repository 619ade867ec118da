#include "reader-rig.h"

#include "extract/manifest-kind.h"

static const struct bw_reader *manifest(void)
{
    const struct bw_reader *reader = bw_reader_named(BW_STR("manifest"));
    assert_non_null(reader);
    return reader;
}

static int read_yaml(struct reader_rig *rig, const char *text)
{
    return rig_read(rig, manifest(), "shop/web.yaml", bw_str(text));
}

/* "group/version/resource namespace/name line [of ORIGIN]", an object a line. */
static const char *names(struct reader_rig *rig)
{
    bw_buf_clear(&rig->json);
    for (size_t i = 0; i < rig->document.objects_n; i++) {
        const struct bw_object *o = &rig->document.objects[i];
        bw_buf_printf(
            &rig->json, "%" BW_STR_F "/%" BW_STR_F "/%" BW_STR_F " %" BW_STR_F "/%" BW_STR_F " %u",
            BW_STR_A(o->group), BW_STR_A(o->version), BW_STR_A(o->resource), BW_STR_A(o->namespace),
            BW_STR_A(o->name), rig->document.places[o->place].line);
        if (o->view_of != BW_OBJECT_NO_VIEW)
            bw_buf_printf(&rig->json, " of %u", o->view_of);
        bw_buf_byte(&rig->json, '\n');
    }
    bw_buf_byte(&rig->json, 0);
    return (const char *)rig->json.p;
}

#define TEMPLATE "{metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}"

static void kinds_and_views(void **state)
{
    (void)state;
    struct reader_rig rig;
    int rc = read_yaml(
        &rig, "# shop\n"
              "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
              "spec:\n  template: " TEMPLATE "\n"
              "---\n# nothing\n---\n"
              "apiVersion: batch/v1\nkind: CronJob\nmetadata: {generateName: nightly-}\n"
              "spec: {jobTemplate: {spec: {template: " TEMPLATE "}}}\n"
              "--- # a list\n"
              "apiVersion: v1\nkind: List\nitems:\n"
              "- {apiVersion: v1, kind: PodTemplate, template: " TEMPLATE "}\n"
              "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}}\n"
              "- apiVersion: v1\n  kind: PodList\n  items: [{metadata: {name: a}, spec: "
              "{containers: [{name: c}]}}]\n"
              "---\n"
              "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: " TEMPLATE "}}\n"
              "---\n"
              "{apiVersion: example.org/v1, kind: Gateway, spec: {template: {spec: {}}}}\n");
    assert_int_equal(rc, 0);
    assert_string_equal(rig_gaps(&rig), "");
    assert_string_equal(names(&rig), "apps/v1/deployments shop/web 2\n"
                                     "/v1/pods shop/web 6 of 0\n"
                                     "batch/v1/cronjobs /nightly- 10\n"
                                     "/v1/pods /nightly- 13 of 2\n"
                                     "/v1/podtemplates / 18\n"
                                     "/v1/pods / 18 of 4\n"
                                     "networking.k8s.io/v1/networkpolicies /deny 19\n"
                                     "/v1/pods /a 22\n"
                                     "argoproj.io/v1alpha1/rollouts / 24\n"
                                     "/v1/pods / 24 of 8\n"
                                     "example.org/v1/gateways / 26\n");
    assert_string_equal(rig_json(&rig, rig.document.objects[1].value),
                        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\","
                        "\"namespace\":\"shop\",\"labels\":{\"app\":\"x\"}},"
                        "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
    assert_int_equal(rig_place(&rig, rig_container(&rig, 1)).column, 64);
    rig_close(&rig);
}

/* What a patch leaves out is the business of what it is laid over. */
static void patches(void **state)
{
    (void)state;
    struct reader_rig rig;
    int rc = read_yaml(
        &rig, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
              "spec: {template: {spec: {hostPID: true, containers: [{name: c, tty: true}]}}}\n"
              "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
              "spec: {replicas: 3}\n"
              "---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\n$patch: delete\n"
              "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: null\n");
    assert_int_equal(rc, 0);
    assert_string_equal(names(&rig), "bulwark.dev/v1/manifestpatches /web 1\n"
                                     "/v1/pods /web 4 of 0\n"
                                     "bulwark.dev/v1/manifestpatches /db 6\n"
                                     "bulwark.dev/v1/manifestpatches /db 11\n"
                                     "/v1/configmaps /c 16\n");
    assert_non_null(strstr(rig_gaps(&rig), "no whole Deployment, so taken for a patch"));
    struct bw_value spec = bw_value_get(rig.document.objects[1].value, BW_STR("spec"));
    struct bw_value containers = bw_value_get(spec, BW_STR("containers"));
    struct bw_value container = bw_value_index(containers, 0);
    assert_true(bw_value_is_true(bw_value_get(spec, BW_STR("hostPID"))));
    assert_true(bw_value_is_true(bw_value_get(container, BW_STR("tty"))));
    assert_int_equal(bw_value_get(spec, BW_STR("hostIPC")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_get(container, BW_STR("image")).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_index(containers, 1).kind, BW_VALUE_UNKNOWN);
    assert_int_equal(bw_value_get(rig.document.objects[4].value, BW_STR("data")).kind,
                     BW_VALUE_ABSENT);
    rig_close(&rig);
}

static void plurals(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"Pod", "pods"},
        {"Ingress", "ingresses"},
        {"NetworkPolicy", "networkpolicies"},
        {"Endpoints", "endpoints"},
        {"EndpointSlice", "endpointslices"},
        {"StorageClass", "storageclasses"},
        {"Gateway", "gateways"},
        {"Elasticsearch", "elasticsearches"},
        {"Prometheus", "prometheuses"},
        {"ServiceEntry", "serviceentries"},
        {"SecurityContextConstraints", "securitycontextconstraints"},
    };
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 16);
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct bw_str resource = bw_manifest_resource(arena, bw_str(table[i][0]));
        if (!bw_str_eq(resource, bw_str(table[i][1])))
            fail_msg("%s: %" BW_STR_F, table[i][0], BW_STR_A(resource));
    }
}

/* As the API server reads them. */
static void booleans(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "yes", "on", "y", "True", "ON", "!!bool yes"};
    static const char *const refused[] = {"\"true\"", "'yes'", "1", "!!str yes", "[true]", "tRue"};
    for (size_t i = 0; i < BW_ARRAY_LEN(yes) + BW_ARRAY_LEN(refused); i++) {
        struct reader_rig rig;
        char text[256];
        bool good = i < BW_ARRAY_LEN(yes);
        snprintf(text, sizeof text,
                 "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n"
                 "    securityContext: {privileged: %s}\n",
                 good ? yes[i] : refused[i - BW_ARRAY_LEN(yes)]);
        assert_int_equal(read_yaml(&rig, text), 0);
        struct bw_value value =
            bw_value_at(rig_container(&rig, 0), "securityContext", "privileged", NULL);
        assert_int_equal(value.kind, good ? BW_VALUE_BOOL : BW_VALUE_UNKNOWN);
        assert_int_equal(bw_value_is_true(value), good);
        assert_int_equal(rig_place(&rig, value).line, 6);
        if (!good)
            assert_int_equal(value.unknown->class, BW_UNKNOWN_MISSING);
        assert_int_equal(!good, rig_gaps(&rig)[0] != '\0');
        rig_close(&rig);
    }
}

static void wrong_types(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(
        read_yaml(&rig,
                  "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: 5}\nspec:\n"
                  "  hostPID: \"true\"\n  hostIPC: null\n  volumes: {}\n"
                  "  containers:\n  - name: c\n    command: sh\n    env: [{name: A, value: 5}]\n"
                  "    securityContext: {runAsUser: \"0\", capabilities: {add: [ALL, 5], drop: }}\n"
                  "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
                  "metadata: {name: r}\nrules: [{verbs: '*'}]\n"),
        0);
    assert_string_equal(
        rig_gaps(&rig),
        "blocking shop/web.yaml:4: metadata.labels.a: an integer where Kubernetes wants a string: "
        "the API server refuses it\n"
        "blocking shop/web.yaml:6: spec.hostPID: a string where Kubernetes wants a boolean: the "
        "API server refuses it\n"
        "blocking shop/web.yaml:8: spec.volumes: a map where Kubernetes wants a list: the API "
        "server refuses it\n"
        "blocking shop/web.yaml:11: spec.containers[0].command: a string where Kubernetes wants a "
        "list: the API server refuses it\n"
        "blocking shop/web.yaml:12: spec.containers[0].env[0].value: an integer where Kubernetes "
        "wants a string: the API server refuses it\n"
        "blocking shop/web.yaml:13: spec.containers[0].securityContext.runAsUser: a string where "
        "Kubernetes wants an integer: the API server refuses it\n"
        "blocking shop/web.yaml:13: spec.containers[0].securityContext.capabilities.add[1]: an "
        "integer where Kubernetes wants a string: the API server refuses it\n"
        "blocking shop/web.yaml:18: rules[0].verbs: a string where Kubernetes wants a list: the "
        "API server refuses it\n");
    /* A null is a field that is not set. */
    struct bw_value pod = rig.document.objects[0].value;
    assert_int_equal(bw_value_at(pod, "spec", "hostIPC", NULL).kind, BW_VALUE_ABSENT);
    assert_string_equal(rig_json(&rig, bw_value_at(rig_container(&rig, 0), "securityContext",
                                                   "capabilities", NULL)),
                        "{\"add\":[\"ALL\",{\"$unknown\":\"the API server refuses this value\"}]}");
    rig_close(&rig);
}

static void many_wrong_types(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    bw_buf_printf(&text, "apiVersion: v1\nkind: Pod\nspec: {containers: [");
    for (unsigned i = 0; i < 500; i++)
        bw_buf_printf(&text, "%s{name: 5}", i ? "," : "");
    bw_buf_printf(&text, "]}\n");
    assert_int_equal(rig_read(&rig, manifest(), "a.yaml", bw_buf_slice(&text)), 0);
    size_t lines = 0;
    for (const char *p = rig_gaps(&rig); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 101);
    assert_non_null(strstr(rig_gaps(&rig), "there are more than the 100 that are listed"));
    rig_close(&rig);
}

static void bad_documents(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(read_yaml(&rig, "apiVersion: v1\nkind: Service\n---\na: [\n---\n"
                                     "kind: Pod\nspec: {}\n---\nkind: 5\napiVersion: v1\n---\n"
                                     "a: b\n---\n- 7\n---\nkind: a\nkind: b\n"),
                     0);
    assert_string_equal(names(&rig), "/v1/services / 1\n");
    assert_string_equal(
        rig_gaps(&rig),
        "blocking shop/web.yaml:3: a document of the file: no valid YAML: did not find expected "
        "node content at line 5\n"
        "blocking shop/web.yaml:6: the object: it has a kind and no apiVersion: the API server "
        "refuses it\n"
        "blocking shop/web.yaml:9: the object: its kind or apiVersion is no name: the API server "
        "refuses it\n"
        "blocking shop/web.yaml:15: a document of the file: line 17: the key \"kind\" stands at "
        "line 16 already\n"
        "note shop/web.yaml:12: documents that are no objects: 2 of them, passed over\n");
    rig_close(&rig);
    /* Alone it is the whole file. */
    assert_int_equal(read_yaml(&rig, "apiVersion: v1\nkind: {{ x }\n"), BW_EFORMAT);
    assert_non_null(strstr(rig.err.msg, "helm template"));
    rig_close(&rig);
    assert_int_equal(read_yaml(&rig, "a: b\n"), 0);
    assert_string_equal(rig_gaps(&rig), "");
    rig_close(&rig);
}

static void pods_without_containers(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(read_yaml(&rig, "apiVersion: v1\nkind: Pod\n---\n"
                                     "apiVersion: v1\nkind: Pod\nspec: {containers: []}\n---\n"
                                     "apiVersion: v1\nkind: Rollout\n"
                                     "spec: {template: {spec: {containers: []}}}\n"),
                     0);
    assert_string_equal(names(&rig), "/v1/rollouts / 8\n");
    assert_string_equal(
        rig_gaps(&rig),
        "blocking shop/web.yaml:1: a Pod: spec.containers is missing or empty: the API server "
        "refuses it\n"
        "blocking shop/web.yaml:4: a Pod: spec.containers is missing or empty: the API server "
        "refuses it\n"
        "blocking shop/web.yaml:10: a Pod: the template's spec.containers is missing or empty: the "
        "API server refuses it\n");
    rig_close(&rig);
}

static void json(void **state)
{
    (void)state;
    struct reader_rig rig;
    assert_int_equal(rig_read(&rig, manifest(), "a.json",
                              BW_STR("[{\"apiVersion\":\"v1\",\n\"kind\":\"ConfigMap\"},\n"
                                     " {\"apiVersion\":\"v1\",\"kind\":\"Service\"}]")),
                     0);
    assert_string_equal(names(&rig), "/v1/configmaps / 1\n/v1/services / 3\n");
    rig_close(&rig);
    /* YAML that begins as JSON does. */
    assert_int_equal(rig_read(&rig, manifest(), "a.yaml",
                              BW_STR("{\"apiVersion\": v1, \"kind\": ConfigMap,}\n")),
                     0);
    assert_string_equal(names(&rig), "/v1/configmaps / 1\n");
    rig_close(&rig);
    assert_int_equal(rig_read(&rig, manifest(), "a.json", BW_STR("{\"kind\":}")), BW_EFORMAT);
    assert_non_null(strstr(rig.err.msg, "no valid JSON"));
    rig_close(&rig);
}

static void comments(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    assert_int_equal(read_yaml(&rig,
                               "# bulwark:ignore whole the file is a test\n"
                               "apiVersion: v1\n"
                               "kind: Pod\n"
                               "spec:\n"
                               "  # bulwark:ignore a,b until=2030-01-01 we must\n"
                               "\n"
                               "  containers:\n"
                               "  # bulwark:ignore first\n"
                               "  - name: c\n"
                               "    image: x\n"
                               "  - name: d\n"
                               "    securityContext: {privileged: true} # trivy:ignore:KSV-1 "
                               "exp:2031-01-01 trivy:ignore:KSV-2[a=b]\n"
                               "    tty: true #bulwark:ignore tty ok\n"
                               "  hostPID: true # this bulwark:ignore is prose; bulwark:ignored\n"
                               "--- \n"
                               "# trivy:ignore:KSV-3\n"
                               "# bulwark:ignore\n"
                               "apiVersion: v1\n"
                               "kind: Pod\n"
                               "# bulwark:ignore nothing follows\n"),
                     0);
    for (size_t i = 0; i < rig.document.ignores_n; i++) {
        const struct bw_ignore *g = &rig.document.ignores[i];
        bw_buf_printf(&text, "%" BW_STR_F "|%" BW_STR_F "|%" BW_STR_F "|%u:%u-%u\n",
                      BW_STR_A(g->id), BW_STR_A(g->until), BW_STR_A(g->reason), g->line, g->first,
                      g->last);
    }
    bw_buf_byte(&text, 0);
    assert_string_equal((char *)text.p, "first|||8:9-10\n"
                                        "KSV-1|2031-01-01||12:12-12\n"
                                        "KSV-2|||12:12-12\n"
                                        "tty||ok|13:13-13\n"
                                        "a|2030-01-01|we must|5:7-13\n"
                                        "b|2030-01-01|we must|5:7-13\n"
                                        "whole||the file is a test|1:2-14\n"
                                        "KSV-3|||16:18-19\n");
    rig_close(&rig);
}

static void templates_of_charts(void **state)
{
    (void)state;
    struct reader_rig rig;
    struct bw_str text = BW_STR("apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.x }}}\n");
    assert_true(manifest()->recognise(BW_STR("chart/templates/pod.yaml"), text));
    assert_int_equal(rig_read(&rig, manifest(), "chart/templates/pod.yaml", text), 0);
    assert_int_equal(rig.document.objects_n, 0);
    assert_string_equal(
        rig_gaps(&rig),
        "blocking chart/templates/pod.yaml: the template of a chart: it is no "
        "manifest yet: render it first (`helm template CHART | bulwark check -`)\n");
    rig_close(&rig);
    text = BW_STR("{{- if CRD }}\napiVersion: v1\nkind: Pod\n{{- end }}\n");
    assert_int_equal(rig_read(&rig, manifest(), "make/header.yaml", text), 0);
    assert_string_equal(
        rig_gaps(&rig),
        "blocking make/header.yaml: a template: it is no manifest yet: render it first (`helm "
        "template CHART | bulwark check -`)\n");
    rig_close(&rig);
}

static void recognised(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
        bool is;
    } table[] = {
        {"a.yaml", "apiVersion: v1\nkind: Pod\n", true},
        {"a.yml", "kind: Pod\n'apiVersion' : v1\n", true},
        {"-", "---\n  \"apiVersion\": v1\n  \"kind\": Pod\n", true},
        {"a.json", "{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}", true},
        {"a.yaml", "# c\n--- {apiVersion: v1, kind: Pod}\n", true},
        {"a.yaml", "- apiVersion: v1\n  kind: Pod\n", true},
        {"a.md", "apiVersion: v1\nkind: Pod\n", false},
        {"Chart.yaml", "apiVersion: v2\nname: kind\n", false},
        {"a.yaml", "x: apiVersion: kind:\n", false},
        {"package.json", "{\"name\": \"kind\"}", false},
        {"a.yaml", "", false},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++)
        if (manifest()->recognise(bw_str(table[i].path), bw_str(table[i].text)) != table[i].is)
            fail_msg("%s: %s", table[i].path, table[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_views),
        cmocka_unit_test(patches),
        cmocka_unit_test(plurals),
        cmocka_unit_test(booleans),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(many_wrong_types),
        cmocka_unit_test(bad_documents),
        cmocka_unit_test(pods_without_containers),
        cmocka_unit_test(json),
        cmocka_unit_test(comments),
        cmocka_unit_test(templates_of_charts),
        cmocka_unit_test(recognised),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
