#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/admission-review.h"

struct rig {
    struct bw_arena *arena;
    struct bw_admission_review review;
    struct bw_buf gaps, json;
    struct bw_err err;
};

static void keep_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    bw_buf_printf(ctx, "%s %" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F "\n",
                  class == BW_GAP_BLOCKING ? "blocking" : "note", BW_STR_A(where), BW_STR_A(what),
                  BW_STR_A(why));
}

static int rig_read(struct rig *rig, const char *text)
{
    struct bw_reader_sink sink = {&rig->gaps, keep_gap};
    *rig = (struct rig){
        .arena = bw_arena_new((size_t)8 << 20), .gaps = BW_BUF(1 << 20), .json = BW_BUF(1 << 20)};
    assert_non_null(rig->arena);
    int rc = bw_admission_review_read(bw_str(text), &sink, rig->arena, &rig->review, &rig->err);
    assert_int_equal(rc, rig->err.code);
    bw_buf_byte(&rig->gaps, 0);
    return rc;
}

static void rig_close(struct rig *rig)
{
    bw_buf_free(&rig->gaps);
    bw_buf_free(&rig->json);
    bw_arena_free(rig->arena);
}

static const char *gaps(const struct rig *rig)
{
    return (const char *)rig->gaps.p;
}

static const char *json(struct rig *rig, struct bw_value value)
{
    bw_buf_clear(&rig->json);
    bw_object_json(value, false, &rig->json);
    bw_buf_byte(&rig->json, 0);
    return (const char *)rig->json.p;
}

/* "group/version/resource Kind namespace/name [of ORIGIN] [cluster]", an object a line. */
static const char *objects(struct rig *rig)
{
    bw_buf_clear(&rig->json);
    for (size_t i = 0; i < rig->review.document.objects_n; i++) {
        const struct bw_object *o = &rig->review.document.objects[i];
        bw_buf_printf(&rig->json,
                      "%" BW_STR_F "/%" BW_STR_F "/%" BW_STR_F " %" BW_STR_F " %" BW_STR_F
                      "/%" BW_STR_F,
                      BW_STR_A(o->group), BW_STR_A(o->version), BW_STR_A(o->resource),
                      BW_STR_A(o->kind), BW_STR_A(o->namespace), BW_STR_A(o->name));
        if (o->view_of != BW_OBJECT_NO_VIEW)
            bw_buf_printf(&rig->json, " of %u", o->view_of);
        bw_buf_printf(&rig->json, "%s\n", o->cluster_scoped ? " cluster" : "");
    }
    bw_buf_byte(&rig->json, 0);
    return (const char *)rig->json.p;
}

/* A review as the API server writes it: `request` are the members behind uid. */
#define REVIEW(request)                                                                            \
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":"   \
    "\"705ab4f5-6393-11e8-b7cc-42010a800002\"," request "}}"
#define KIND(group, version, kind)                                                                 \
    "\"kind\":{\"group\":\"" group "\",\"version\":\"" version "\",\"kind\":\"" kind "\"},"        \
    "\"requestKind\":{\"group\":\"" group "\",\"version\":\"" version "\",\"kind\":\"" kind "\"},"
#define RESOURCE(group, version, resource)                                                         \
    "\"resource\":{\"group\":\"" group "\",\"version\":\"" version "\",\"resource\":\"" resource   \
    "\"},\"requestResource\":{\"group\":\"" group "\",\"version\":\"" version                      \
    "\",\"resource\":\"" resource "\"},"
#define USER                                                                                       \
    "\"userInfo\":{\"username\":\"jane\",\"uid\":\"u1\",\"groups\":[\"dev\","                      \
    "\"system:authenticated\"],\"extra\":{\"authentication.kubernetes.io/"                         \
    "credential-id\":[\"X\"]}},"
#define POD(spec)                                                                                  \
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\",\"namespace\":"        \
    "\"shop\",\"uid\":\"x\",\"creationTimestamp\":null,\"labels\":{\"a\":\"b\"}},\"spec\":{" spec  \
    "},\"status\":{\"phase\":\"Pending\"}}"
#define CONTAINERS                                                                                 \
    "\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":{},\"securityContext\":{"       \
    "\"privileged\":true}}]"

static void creates(void **state)
{
    (void)state;
    struct rig rig;
    int rc = rig_read(
        &rig, REVIEW(KIND("", "v1", "Pod") RESOURCE(
                  "", "v1", "pods") "\"name\":\"web\",\"namespace\":\"shop\","
                                    "\"operation\":\"CREATE\"," USER "\"object\":" POD(
                                        CONTAINERS) ",\"oldObject\":null,\"dryRun\":true,"
                                                    "\"options\":{\"kind\":\"CreateOptions\"}"));
    const struct bw_admission_review *review = &rig.review;
    assert_int_equal(rc, 0);
    assert_string_equal(gaps(&rig), "");
    assert_string_equal(objects(&rig), "/v1/pods Pod shop/web\n");
    assert_true(bw_str_eq(review->uid, BW_STR("705ab4f5-6393-11e8-b7cc-42010a800002")));
    assert_true(bw_str_eq(review->operation, BW_STR("CREATE")));
    assert_true(bw_str_eq(review->user, BW_STR("jane")));
    assert_int_equal(review->groups_n, 2);
    assert_true(bw_str_eq(review->groups[1], BW_STR("system:authenticated")));
    assert_true(review->dry_run);
    assert_int_equal(review->old_object.kind, BW_VALUE_NULL);
    assert_string_equal(
        json(&rig, bw_value_at(review->object, "metadata", NULL)),
        "{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"x\",\"creationTimestamp\":null,"
        "\"labels\":{\"a\":\"b\"}}");
    assert_string_equal(
        json(&rig, review->request),
        "{\"uid\":\"705ab4f5-6393-11e8-b7cc-42010a800002\"," KIND("", "v1", "Pod")
            RESOURCE("", "v1", "pods") "\"name\":\"web\",\"namespace\":\"shop\","
                                       "\"operation\":\"CREATE\"," USER
                                       "\"dryRun\":true,\"options\":{\"kind\":\"CreateOptions\"}}");
    rig_close(&rig);
}

static void views(void **state)
{
    (void)state;
    struct rig rig;
    int rc = rig_read(
        &rig,
        REVIEW(KIND("apps", "v1", "Deployment") RESOURCE(
            "apps", "v1",
            "deployments") "\"name\":\"web\",\"namespace\":\"shop\",\"operation\":\"CREATE\"," USER
                           "\"object\":{\"kind\":\"Deployment\",\"apiVersion\":\"apps/"
                           "v1\",\"metadata\":{"
                           "\"name\":\"web\",\"namespace\":\"shop\"},\"$patch\":\"delete\","
                           "\"spec\":{"
                           "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":"
                           "{" CONTAINERS "}}}}"));
    assert_int_equal(rc, 0);
    assert_string_equal(gaps(&rig), "");
    assert_string_equal(objects(&rig), "apps/v1/deployments Deployment shop/web\n"
                                       "/v1/pods Pod shop/web of 0\n");
    rig_close(&rig);
    rc = rig_read(&rig,
                  REVIEW(KIND("argoproj.io", "v1alpha1", "Rollout") RESOURCE(
                      "argoproj.io", "v1alpha1",
                      "rollouts") "\"namespace\":\"shop\",\"operation\":\"CREATE\"," USER
                                  "\"object\":{\"kind\":\"Rollout\",\"apiVersion\":"
                                  "\"argoproj.io/v1alpha1\",\"metadata\":{\"generateName\":\"r-\"},"
                                  "\"spec\":{\"template\":{\"spec\":{" CONTAINERS "}}}}"));
    assert_int_equal(rc, 0);
    assert_string_equal(objects(&rig), "argoproj.io/v1alpha1/rollouts Rollout shop/r-\n"
                                       "/v1/pods Pod shop/r- of 0\n");
    rig_close(&rig);
}

#define POD_UPDATE(sub, spec)                                                                      \
    REVIEW(KIND("", "v1", "Pod") RESOURCE(                                                         \
        "", "v1", "pods") "\"subResource\":\"" sub "\",\"name\":\"web\","                          \
                          "\"namespace\":\"shop\",\"operation\":\"UPDATE\"," USER                  \
                          "\"object\":" POD(spec) ",\"oldObject\":" POD(CONTAINERS))

static void subresources(void **state)
{
    (void)state;
    struct rig rig;
    int rc =
        rig_read(&rig, POD_UPDATE("ephemeralcontainers", CONTAINERS
                                  ",\"ephemeralContainers\":[{\"name\":\"debug\",\"image\":\"i\","
                                  "\"securityContext\":{\"privileged\":\"yes\"}}]"));
    assert_int_equal(rc, 0);
    assert_string_equal(objects(&rig), "/v1/pods/ephemeralcontainers Pod shop/web\n"
                                       "/v1/pods Pod shop/web of 0\n");
    assert_string_equal(gaps(&rig), "blocking the object under review: "
                                    "spec.ephemeralContainers[0].securityContext.privileged: "
                                    "a string where Kubernetes wants a boolean: "
                                    "the API server refuses it\n");
    assert_int_equal(rig.review.old_object.kind, BW_VALUE_MAP);
    rig_close(&rig);
    assert_int_equal(rig_read(&rig, POD_UPDATE("resize", CONTAINERS)), 0);
    assert_int_equal(rig.review.document.objects_n, 2);
    rig_close(&rig);
    assert_int_equal(rig_read(&rig, POD_UPDATE("status", CONTAINERS)), 0);
    assert_string_equal(objects(&rig), "/v1/pods/status Pod shop/web\n");
    rig_close(&rig);
    rc = rig_read(
        &rig,
        REVIEW(KIND("", "v1", "PodExecOptions") RESOURCE(
            "", "v1", "pods") "\"subResource\":\"exec\",\"name\":\"web\",\"namespace\":\"shop\","
                              "\"operation\":\"CONNECT\"," USER
                              "\"object\":{\"kind\":\"PodExecOptions\",\"apiVersion\":\"v1\","
                              "\"stdin\":true,\"container\":\"c\",\"command\":[\"sh\"]}"));
    assert_int_equal(rc, 0);
    assert_string_equal(gaps(&rig), "");
    assert_string_equal(objects(&rig), "/v1/pods/exec PodExecOptions shop/web\n");
    rig_close(&rig);
    rc = rig_read(
        &rig,
        REVIEW(KIND("autoscaling", "v1", "Scale") RESOURCE(
            "apps", "v1", "deployments") "\"subResource\":\"scale\",\"name\":\"web\",\"namespace\":"
                                         "\"shop\",\"operation\":\"UPDATE\"," USER
                                         "\"object\":{\"kind\":\"Scale\",\"apiVersion\":"
                                         "\"autoscaling/v1\",\"metadata\":{\"name\":\"web\","
                                         "\"namespace\":\"shop\"},\"spec\":{\"replicas\":3}}"));
    assert_int_equal(rc, 0);
    assert_string_equal(gaps(&rig), "");
    assert_string_equal(objects(&rig), "apps/v1/deployments/scale Scale shop/web\n");
    rig_close(&rig);
}

static void deletes(void **state)
{
    (void)state;
    struct rig rig;
    int rc = rig_read(
        &rig, REVIEW(KIND("", "v1", "Pod") RESOURCE(
                  "", "v1",
                  "pods") "\"name\":\"web\",\"namespace\":\"shop\",\"operation\":\"DELETE\"," USER
                          "\"object\":null,\"oldObject\":" POD(CONTAINERS)));
    assert_int_equal(rc, 0);
    assert_string_equal(gaps(&rig), "");
    assert_string_equal(objects(&rig), "/v1/pods Pod shop/web\n");
    assert_int_equal(rig.review.document.objects[0].value.kind, BW_VALUE_NULL);
    assert_int_equal(rig.review.object.kind, BW_VALUE_NULL);
    assert_string_equal(json(&rig, bw_value_at(rig.review.old_object, "spec", "containers", NULL)),
                        "[{\"name\":\"c\",\"image\":\"i\",\"resources\":{},\"securityContext\":{"
                        "\"privileged\":true}}]");
    rig_close(&rig);
}

/* A request names a Namespace as its own namespace. */
static void scopes(void **state)
{
    (void)state;
    struct rig rig;
    int rc = rig_read(
        &rig,
        REVIEW(KIND("", "v1", "Namespace") RESOURCE(
            "", "v1", "namespaces") "\"name\":\"shop\",\"namespace\":\"shop\",\"operation\":"
                                    "\"CREATE\"," USER
                                    "\"object\":{\"kind\":\"Namespace\",\"apiVersion\":\"v1\","
                                    "\"metadata\":{\"name\":\"shop\"}}"));
    assert_int_equal(rc, 0);
    assert_string_equal(objects(&rig), "/v1/namespaces Namespace /shop cluster\n");
    assert_true(bw_str_eq(rig.review.namespace, BW_STR("shop")));
    rig_close(&rig);
    rc = rig_read(&rig, REVIEW(KIND("example.org", "v1", "Gadget") RESOURCE(
                            "example.org", "v1",
                            "gadgets") "\"name\":\"g\",\"operation\":\"CREATE\"," USER
                                       "\"object\":{\"kind\":\"Gadget\",\"apiVersion\":"
                                       "\"example.org/v1\",\"metadata\":{\"name\":\"g\"}}"));
    assert_int_equal(rc, 0);
    assert_string_equal(objects(&rig), "example.org/v1/gadgets Gadget /g cluster\n");
    rig_close(&rig);
}

/* What cannot be as the API server says it is denied, with the reason. */
static void contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } table[] = {
#define CASE(operation, object)                                                                    \
    REVIEW(KIND("", "v1", "Pod")                                                                   \
               RESOURCE("", "v1", "pods") "\"namespace\":\"shop\",\"operation\":\"" operation      \
                                          "\"," USER "\"object\":" object)
        {CASE("CREATE", "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"}"), "kind is another"},
        {CASE("CREATE", "{\"kind\":\"Pod\",\"apiVersion\":\"v2\"}"), "apiVersion is another"},
        {CASE("CREATE", "{\"kind\":\"Pod\",\"apiVersion\":\"apps/v1\"}"), "apiVersion is another"},
        {CASE("CREATE", "{\"metadata\":{\"namespace\":\"kube-system\"}}"), "namespace is another"},
        {CASE("CREATE", "null"), "there is no object"},
        {CASE("UPDATE", "[]"), "there is no object"},
        {CASE("DELETE", POD(CONTAINERS)), "a DELETE that has an object"},
        {CASE("CREATE", POD("\"hostPID\":true")), "spec.containers is missing"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct rig rig;
        assert_int_equal(rig_read(&rig, table[i].text), 0);
        if (!strstr(gaps(&rig), table[i].why) || strncmp(gaps(&rig), "blocking", 8) != 0)
            fail_msg("%s: %s", table[i].text, gaps(&rig));
        assert_int_equal(rig.review.document.objects_n, 0);
        rig_close(&rig);
    }
}

static void no_reviews(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
        bool uid;
    } table[] = {
        {"", "", false},
        {"[]", "apiVersion or kind", false},
        {"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\","
         "\"request\":{\"uid\":\"u\"}}",
         "apiVersion or kind", false},
        {"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"}", "no uid", false},
        {REVIEW("\"operation\":\"CREATE\",\"operation\":\"CREATE\""), "stands twice", true},
        {REVIEW("\"operation\":\"PATCH\""), "operation", true},
        {REVIEW(KIND("", "v1", "Pod") "\"operation\":\"CREATE\""), "resource", true},
        {REVIEW(KIND("", "v1", "Pod") RESOURCE(
             "", "v1", "pods") "\"operation\":\"CREATE\",\"userInfo\":{\"groups\":[1]}"),
         "group", true},
        {REVIEW(KIND("", "v1", "Pod")
                    RESOURCE("", "v1", "pods") "\"operation\":\"CREATE\"," USER
                                               "\"object\":{\"metadata\":{\"name\":\"a\","
                                               "\"name\":\"b\"}}"),
         "\"name\" stands twice", true},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(table); i++) {
        struct rig rig;
        assert_int_equal(rig_read(&rig, table[i].text), BW_EFORMAT);
        if (!strstr(rig.err.msg, table[i].why))
            fail_msg("%s: %s", table[i].text, rig.err.msg);
        assert_int_equal(rig.review.uid.n > 0, table[i].uid);
        assert_null(rig.review.document.objects);
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creates),    cmocka_unit_test(views),  cmocka_unit_test(subresources),
        cmocka_unit_test(deletes),    cmocka_unit_test(scopes), cmocka_unit_test(contradictions),
        cmocka_unit_test(no_reviews),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
