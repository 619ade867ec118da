#include "enforce/cluster-state.h"

#include <stdio.h>
#include <string.h>

#include "extract/kubernetes-list.h"
#include "wrap/json.h"

#define ADMISSION     "admissionregistration.k8s.io"
#define GROUP_MAX     128u
#define WORD_MAX      64u
#define DISCOVERY_MAX ((size_t)4 << 20)

const struct bw_kubernetes_resource bw_cluster_watched[BW_CLUSTER_WATCHED] = {
    {"", "v1", "namespaces"},
    {ADMISSION, "v1", "validatingadmissionpolicies"},
    {ADMISSION, "v1", "validatingadmissionpolicybindings"},
    {ADMISSION, "v1beta1", "mutatingadmissionpolicies"},
    {ADMISSION, "v1beta1", "mutatingadmissionpolicybindings"},
};

static const struct bw_kubernetes_kind policy_kinds[] = {
    {ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"},
    {ADMISSION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"},
    {ADMISSION, "v1beta1", "mutatingadmissionpolicies", "MutatingAdmissionPolicy"},
    {ADMISSION, "v1beta1", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding"},
};

/* A kind of parameter, as a policy names it; the resource is asked for. */
struct param_kind {
    char group[GROUP_MAX], version[WORD_MAX], kind[WORD_MAX], resource[WORD_MAX];
};

struct reading {
    struct bw_kubernetes *client;
    const struct bw_kubernetes_kind *kind;
    struct bw_buf *text;
    struct param_kind params[BW_CLUSTER_PARAM_KINDS_MAX];
    size_t params_n;
};

static int too_long(const struct bw_buf *text, const char *what, struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "the cluster has more than %zu MiB of %s", text->max >> 20,
                      what);
}

/* --- policies --- */

static bool copy(char *out, size_t n, struct bw_str s)
{
    return (size_t)snprintf(out, n, "%" BW_STR_F, BW_STR_A(s)) < n;
}

/* "apps/v1" in two, "v1" with the core's empty group. */
static bool split_version(struct bw_str text, struct param_kind *kind)
{
    size_t slash = bw_str_find(text, '/');
    bool grouped = slash != SIZE_MAX;
    return copy(kind->group, sizeof kind->group,
                grouped ? bw_str_take(text, slash) : (struct bw_str){0}) &&
           copy(kind->version, sizeof kind->version, grouped ? bw_str_from(text, slash + 1) : text);
}

static int note_params(struct reading *reading, const struct bw_json *policy, struct bw_err *err)
{
    const struct bw_json *named =
        bw_json_get(bw_json_get(policy, BW_STR("spec")), BW_STR("paramKind"));
    struct bw_str version = bw_json_string(bw_json_get(named, BW_STR("apiVersion")));
    struct param_kind kind = {0};
    if (!version.n)
        return 0;
    if (!split_version(version, &kind) ||
        !copy(kind.kind, sizeof kind.kind, bw_json_string(bw_json_get(named, BW_STR("kind")))))
        return bw_err_set(err, BW_ELIMIT, "the name of a kind of parameters is too long");
    for (size_t i = 0; i < reading->params_n; i++)
        if (strcmp(reading->params[i].kind, kind.kind) == 0 &&
            strcmp(reading->params[i].group, kind.group) == 0 &&
            strcmp(reading->params[i].version, kind.version) == 0)
            return 0;
    if (reading->params_n == BW_CLUSTER_PARAM_KINDS_MAX)
        return bw_err_set(err, BW_ELIMIT,
                          "policies of the cluster take more than %u kinds of "
                          "parameters",
                          BW_CLUSTER_PARAM_KINDS_MAX);
    reading->params[reading->params_n++] = kind;
    return 0;
}

static int take_policy(void *ctx, const struct bw_kubernetes_item *item, struct bw_err *err)
{
    struct reading *reading = ctx;
    struct bw_json_writer w = bw_json_writer(reading->text, false);
    bw_buf_printf(reading->text, "%s ", reading->kind->kind);
    if (item->namespace.n)
        bw_buf_printf(reading->text, "%" BW_STR_F "/", BW_STR_A(item->namespace));
    bw_buf_printf(reading->text, "%" BW_STR_F "\t", BW_STR_A(item->name));
    bw_kubernetes_item_put(item, reading->kind, &w);
    bw_buf_byte(reading->text, '\n');
    if (bw_buf_failed(reading->text))
        return too_long(reading->text, "policies", err);
    return note_params(reading, item->value, err);
}

static int take_policy_page(void *ctx, struct bw_str text, struct bw_buf *next, struct bw_err *err)
{
    return bw_kubernetes_page_read(text, take_policy, ctx, next, err);
}

static int list_kind(struct reading *reading, const struct bw_kubernetes_kind *kind,
                     struct bw_err *err)
{
    const struct bw_kubernetes_resource of = {kind->group, kind->version, kind->resource};
    reading->kind = kind;
    return bw_kubernetes_list(reading->client, &of, take_policy_page, reading, err);
}

/* --- their parameters --- */

/* APIResourceList: what the server calls the kind. */
static int find_resource(struct reading *reading, struct param_kind *kind, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(DISCOVERY_MAX);
    const struct bw_kubernetes_call call = {.of = {kind->group, kind->version, ""}, .verb = "get"};
    int status = 0;
    int rc = bw_kubernetes_ask(reading->client, &call, &body, &status, err);
    if (rc == 0 && status == 200)
        rc = bw_json_parse(&doc, bw_buf_slice(&body), NULL, 0, err);
    if (rc)
        return rc;
    struct bw_json_iter it =
        bw_json_iter(doc ? bw_json_get(bw_json_root(doc), BW_STR("resources")) : NULL);
    for (const struct bw_json *resource; (resource = bw_json_next(&it));) {
        struct bw_str name = bw_json_string(bw_json_get(resource, BW_STR("name")));
        if (bw_str_eq(bw_json_string(bw_json_get(resource, BW_STR("kind"))), bw_str(kind->kind)) &&
            bw_str_find(name, '/') == SIZE_MAX && name.n < sizeof kind->resource &&
            copy(kind->resource, sizeof kind->resource, name))
            return 0;
    }
    return bw_err_set(err, BW_ENOENT, "the cluster has no kind %s of %s%s%s", kind->kind,
                      kind->group, *kind->group ? "/" : "", kind->version);
}

/* A policy without its parameters is not evaluated, and says so: the others are. */
static int list_params(struct reading *reading, bw_cluster_trouble trouble, void *ctx,
                       struct bw_err *err)
{
    for (size_t i = 0; i < reading->params_n; i++) {
        struct param_kind *param = &reading->params[i];
        struct bw_err why = {0};
        int rc = find_resource(reading, param, &why);
        const struct bw_kubernetes_kind kind = {param->group, param->version, param->resource,
                                                param->kind};
        size_t before = reading->text->n;
        if (rc == 0)
            rc = list_kind(reading, &kind, &why);
        if (bw_buf_failed(reading->text))
            return too_long(reading->text, "policies and their parameters", err);
        if (rc) {
            reading->text->n = before;
            bw_buf_printf(reading->text, BW_CLUSTER_UNAVAILABLE "%s%s%s %s\t", param->group,
                          *param->group ? "/" : "", param->version, param->kind);
            bw_json_quote(reading->text, bw_str(why.msg));
            bw_buf_byte(reading->text, '\n');
            trouble(ctx, &why);
        }
    }
    return 0;
}

int bw_cluster_policies_read(struct bw_kubernetes *client, bw_cluster_trouble trouble, void *ctx,
                             struct bw_buf *text, bool *ret_params, struct bw_err *err)
{
    struct reading reading = {.client = client, .text = text};
    for (size_t i = 0; i < BW_ARRAY_LEN(policy_kinds); i++) {
        int rc = list_kind(&reading, &policy_kinds[i], err);
        /* Mutating ones are not there everywhere. */
        if (rc && rc != BW_ENOENT)
            return rc;
    }
    int rc = list_params(&reading, trouble, ctx, err);
    if (rc == 0)
        *ret_params = reading.params_n > 0;
    return rc;
}

/* --- namespaces --- */

static int take_namespace(void *ctx, const struct bw_kubernetes_item *item, struct bw_err *err)
{
    static const char *const kept[] = {"labels", "annotations"};
    struct bw_json_writer *w = ctx;
    const struct bw_json *metadata = bw_json_get(item->value, BW_STR("metadata"));
    bw_json_key(w, item->name);
    bw_json_begin_object(w);
    for (size_t i = 0; i < BW_ARRAY_LEN(kept); i++) {
        const struct bw_json *map = bw_json_get(metadata, bw_str(kept[i]));
        if (bw_json_type(map) != BW_JSON_OBJECT)
            continue;
        bw_json_key(w, bw_str(kept[i]));
        bw_json_put_value(w, map);
    }
    bw_json_end(w);
    return bw_buf_failed(w->buf) ? too_long(w->buf, "namespaces", err) : 0;
}

static int take_namespace_page(void *ctx, struct bw_str text, struct bw_buf *next,
                               struct bw_err *err)
{
    return bw_kubernetes_page_read(text, take_namespace, ctx, next, err);
}

int bw_cluster_namespaces_read(struct bw_kubernetes *client, struct bw_buf *text,
                               struct bw_err *err)
{
    struct bw_json_writer w = bw_json_writer(text, false);
    bw_json_begin_object(&w);
    int rc = bw_kubernetes_list(client, &bw_cluster_watched[0], take_namespace_page, &w, err);
    if (rc)
        return rc;
    bw_json_end(&w);
    return bw_buf_failed(text) ? too_long(text, "namespaces", err) : 0;
}
