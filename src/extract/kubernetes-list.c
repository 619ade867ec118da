#include "extract/kubernetes-list.h"

#include <stdio.h>

static struct bw_str text_at(const struct bw_json *object, const char *key)
{
    return bw_json_string(bw_json_get(object, bw_str(key)));
}

static struct bw_str controller_of(const struct bw_json *metadata)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(metadata, BW_STR("ownerReferences")));
    for (const struct bw_json *owner; (owner = bw_json_next(&it));)
        if (bw_json_is_true(bw_json_get(owner, BW_STR("controller"))))
            return text_at(owner, "uid");
    return (struct bw_str){0};
}

static int tell(const struct bw_json *value, bw_kubernetes_on_item on_item, void *ctx,
                struct bw_err *err)
{
    const struct bw_json *metadata = bw_json_get(value, BW_STR("metadata"));
    const struct bw_kubernetes_item item = {
        .namespace = text_at(metadata, "namespace"),
        .name = text_at(metadata, "name"),
        .uid = text_at(metadata, "uid"),
        .controller = controller_of(metadata),
        .value = value,
    };
    if (!item.name.n)
        return bw_err_set(err, BW_EFORMAT, "a list has an item without a name");
    return on_item(ctx, &item, err);
}

int bw_kubernetes_page_read(struct bw_str text, bw_kubernetes_on_item on_item, void *ctx,
                            struct bw_buf *next, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, text, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "a list of the API server");
    const struct bw_json *root = bw_json_root(doc), *items = bw_json_get(root, BW_STR("items"));
    struct bw_str more = text_at(bw_json_get(root, BW_STR("metadata")), "continue");
    if (!bw_str_ends(text_at(root, "kind"), BW_STR("List")))
        return bw_err_set(err, BW_EFORMAT, "an answer of the API server is no list");
    if (more.n > BW_KUBERNETES_CONTINUE_MAX)
        return bw_err_set(err, BW_ELIMIT, "metadata.continue of a list is longer than %u bytes",
                          BW_KUBERNETES_CONTINUE_MAX);
    struct bw_json_iter it = bw_json_iter(items);
    for (const struct bw_json *value; rc == 0 && (value = bw_json_next(&it));)
        rc = tell(value, on_item, ctx, err);
    if (rc == 0)
        bw_buf_str(next, more);
    return rc;
}

void bw_kubernetes_item_put(const struct bw_kubernetes_item *item,
                            const struct bw_kubernetes_kind *kind, struct bw_json_writer *w)
{
    char version[256];
    snprintf(version, sizeof version, "%s%s%s", kind->group, *kind->group ? "/" : "",
             kind->version);
    bw_json_begin_object(w);
    bw_json_member_str(w, "apiVersion", bw_str(version));
    bw_json_member_str(w, "kind", bw_str(kind->kind));
    struct bw_json_iter it = bw_json_iter(item->value);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        if (bw_str_eq(it.key, BW_STR("apiVersion")) || bw_str_eq(it.key, BW_STR("kind")))
            continue;
        bw_json_key(w, it.key);
        bw_json_put_value(w, value);
    }
    bw_json_end(w);
}

static void put_kind(struct bw_json_writer *w, const char *key,
                     const struct bw_kubernetes_kind *kind, const char *word, const char *name)
{
    bw_json_key(w, bw_str(key));
    bw_json_begin_object(w);
    bw_json_member_str(w, "group", bw_str(kind->group));
    bw_json_member_str(w, "version", bw_str(kind->version));
    bw_json_member_str(w, word, bw_str(name));
    bw_json_end(w);
}

void bw_kubernetes_item_review(const struct bw_kubernetes_item *item,
                               const struct bw_kubernetes_kind *kind, struct bw_buf *buf)
{
    struct bw_json_writer w = bw_json_writer(buf, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "apiVersion", BW_STR("admission.k8s.io/v1"));
    bw_json_member_str(&w, "kind", BW_STR("AdmissionReview"));
    bw_json_key(&w, BW_STR("request"));
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "uid", item->uid.n ? item->uid : item->name);
    put_kind(&w, "kind", kind, "kind", kind->kind);
    put_kind(&w, "resource", kind, "resource", kind->resource);
    if (item->namespace.n)
        bw_json_member_str(&w, "namespace", item->namespace);
    bw_json_member_str(&w, "name", item->name);
    bw_json_member_str(&w, "operation", BW_STR("CREATE"));
    bw_json_key(&w, BW_STR("userInfo"));
    bw_json_begin_object(&w);
    bw_json_end(&w);
    bw_json_key(&w, BW_STR("object"));
    bw_kubernetes_item_put(item, kind, &w);
    bw_json_end(&w);
    bw_json_end(&w);
}
