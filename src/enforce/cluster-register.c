#include "enforce/cluster-register.h"

#include <stdio.h>

#include "wrap/base64.h"
#include "wrap/json.h"

#define CONFIGURATION_MAX ((size_t)4 << 20)
#define BUNDLE_MAX        ((size_t)1 << 20)
#define WEBHOOKS_MAX      1000u

static struct bw_str text_at(const struct bw_json *object, const char *key)
{
    return bw_json_string(bw_json_get(object, bw_str(key)));
}

static bool is_own(const struct bw_cluster_registration *registration,
                   const struct bw_json *webhook)
{
    const struct bw_json *client = bw_json_get(webhook, BW_STR("clientConfig"));
    const struct bw_json *service = bw_json_get(client, BW_STR("service"));
    if (!registration->service_name.n)
        return text_at(client, "url").n > 0;
    return bw_str_eq(text_at(service, "namespace"), registration->service_namespace) &&
           bw_str_eq(text_at(service, "name"), registration->service_name);
}

static void put_operation(struct bw_json_writer *w, const char *op, const char *path,
                          struct bw_str value)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "op", bw_str(op));
    bw_json_member_str(w, "path", bw_str(path));
    bw_json_member_str(w, "value", value);
    bw_json_end(w);
}

/* The bundle goes to the webhook of that name, wherever the list has been changed since. */
static void put_bundle(struct bw_json_writer *w, size_t i, struct bw_str name, struct bw_str bundle)
{
    char path[64];
    snprintf(path, sizeof path, "/webhooks/%zu/name", i);
    put_operation(w, "test", path, name);
    snprintf(path, sizeof path, "/webhooks/%zu/clientConfig/caBundle", i);
    put_operation(w, "add", path, bundle);
}

int bw_cluster_register_patch(const struct bw_cluster_registration *registration,
                              struct bw_str configuration, struct bw_buf *patch, unsigned *ret_own,
                              struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_buf bundle BW_CLEANUP(bw_buf_free) = BW_BUF(BUNDLE_MAX);
    unsigned own = 0, changed = 0;
    int rc = bw_json_parse(&doc, configuration, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", registration->name);
    const struct bw_json *webhooks = bw_json_get(bw_json_root(doc), BW_STR("webhooks"));
    if (bw_json_size(webhooks) > WEBHOOKS_MAX)
        return bw_err_set(err, BW_ELIMIT, "%s has more than %u webhooks", registration->name,
                          WEBHOOKS_MAX);
    bw_base64_write(registration->bundle.p, registration->bundle.n, &bundle);
    struct bw_json_writer w = bw_json_writer(patch, false);
    struct bw_json_iter it = bw_json_iter(webhooks);
    size_t i = 0;
    for (const struct bw_json *webhook; (webhook = bw_json_next(&it)); i++) {
        struct bw_str has = text_at(bw_json_get(webhook, BW_STR("clientConfig")), "caBundle");
        if (!is_own(registration, webhook))
            continue;
        own++;
        if (bw_str_eq(has, bw_buf_slice(&bundle)))
            continue;
        if (!changed++)
            bw_json_begin_array(&w);
        put_bundle(&w, i, text_at(webhook, "name"), bw_buf_slice(&bundle));
    }
    if (changed)
        bw_json_end(&w);
    if (bw_buf_failed(&bundle) || bw_buf_failed(patch))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a registration");
    *ret_own = own;
    return 0;
}

static int register_one(struct bw_kubernetes *client, const char *resource,
                        const struct bw_cluster_registration *registration, unsigned *found,
                        struct bw_err *err)
{
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(CONFIGURATION_MAX);
    struct bw_buf patch BW_CLEANUP(bw_buf_free) = BW_BUF(CONFIGURATION_MAX);
    struct bw_kubernetes_call call = {.of = {"admissionregistration.k8s.io", "v1", resource},
                                      .verb = "get",
                                      .name = bw_str(registration->name)};
    int status = 0;
    unsigned own = 0;
    int rc = bw_kubernetes_ask(client, &call, &body, &status, err);
    if (rc || status != 200)
        return rc;
    rc = bw_cluster_register_patch(registration, bw_buf_slice(&body), &patch, &own, err);
    if (rc)
        return rc;
    if (patch.n) {
        call.verb = "patch";
        call.body = bw_buf_slice(&patch);
        call.content_type = "application/json-patch+json";
        bw_buf_clear(&body);
        rc = bw_kubernetes_ask(client, &call, &body, &status, err);
        if (rc == 0 && status != 200)
            rc = bw_err_set(err, BW_ENET, "%s %s was changed by somebody else meanwhile", resource,
                            registration->name);
    }
    if (rc == 0)
        *found += own;
    return rc;
}

int bw_cluster_register(struct bw_kubernetes *client,
                        const struct bw_cluster_registration *registration, unsigned *ret_found,
                        struct bw_err *err)
{
    unsigned found = 0;
    int rc = register_one(client, "validatingwebhookconfigurations", registration, &found, err);
    if (rc == 0)
        rc = register_one(client, "mutatingwebhookconfigurations", registration, &found, err);
    if (rc == 0)
        *ret_found = found;
    return rc;
}
