#include "enforce/cluster-secret.h"

#include "wrap/base64.h"
#include "wrap/json.h"
#include "wrap/x509.h"

#define SECRET_MAX ((size_t)4 << 20)

struct secret {
    struct bw_kubernetes *client;
    struct bw_str namespace, name;
    struct bw_json_doc *doc; /* NULL: it does not exist */
};

static int get(struct secret *secret, struct bw_err *err)
{
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(SECRET_MAX);
    const struct bw_kubernetes_call call = {.of = {"", "v1", "secrets"},
                                            .verb = "get",
                                            .namespace = secret->namespace,
                                            .name = secret->name};
    int status = 0;
    int rc = bw_kubernetes_ask(secret->client, &call, &body, &status, err);
    if (rc || status != 200)
        return rc;
    return bw_json_parse(&secret->doc, bw_buf_slice(&body), NULL, 0, err);
}

static bool take(const struct secret *secret, const char *key, struct bw_buf *buf)
{
    const struct bw_json *data = bw_json_get(bw_json_root(secret->doc), BW_STR("data"));
    struct bw_str text = bw_json_string(bw_json_get(data, bw_str(key)));
    return !text.n || bw_base64_read(text, buf);
}

static void put_data(struct bw_json_writer *w, const char *key, struct bw_str bytes)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_CLUSTER_AUTHORITY_MAX);
    bw_base64_write(bytes.p, bytes.n, &text);
    bw_json_member_str(w, key, bw_buf_slice(&text));
}

/* The object with our data in it; of one that exists all else stays. */
static void put_object(const struct secret *secret, const struct bw_cluster_authority *own,
                       struct bw_json_writer *w)
{
    const struct bw_json *root = secret->doc ? bw_json_root(secret->doc) : NULL;
    struct bw_json_iter it = bw_json_iter(root);
    bw_json_begin_object(w);
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        if (bw_str_eq(it.key, BW_STR("data")))
            continue;
        bw_json_key(w, it.key);
        bw_json_put_value(w, value);
    }
    if (!root) {
        bw_json_member_str(w, "apiVersion", BW_STR("v1"));
        bw_json_member_str(w, "kind", BW_STR("Secret"));
        bw_json_key(w, BW_STR("metadata"));
        bw_json_begin_object(w);
        bw_json_member_str(w, "namespace", secret->namespace);
        bw_json_member_str(w, "name", secret->name);
        bw_json_end(w);
    }
    bw_json_key(w, BW_STR("data"));
    bw_json_begin_object(w);
    put_data(w, "ca.pem", bw_buf_slice(&own->pem));
    put_data(w, "ca.key", bw_buf_slice(&own->key));
    bw_json_end(w);
    bw_json_end(w);
}

/* *ret_written: false where somebody else was faster. */
static int write(const struct secret *secret, const struct bw_cluster_authority *own,
                 bool *ret_written, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(SECRET_MAX);
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(SECRET_MAX);
    struct bw_json_writer w = bw_json_writer(&text, false);
    int status = 0;
    put_object(secret, own, &w);
    if (bw_buf_failed(&text))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a Secret");
    const struct bw_kubernetes_call call = {.of = {"", "v1", "secrets"},
                                            .verb = secret->doc ? "update" : "create",
                                            .namespace = secret->namespace,
                                            .name = secret->doc ? secret->name : (struct bw_str){0},
                                            .body = bw_buf_slice(&text)};
    int rc = bw_kubernetes_ask(secret->client, &call, &body, &status, err);
    if (rc == 0)
        *ret_written = status == 200 || status == 201;
    return rc;
}

static struct bw_str newest(struct bw_str bundle)
{
    struct bw_x509_about about = {0};
    bool bad = false;
    return bw_x509_next(&bundle, &about, NULL, &bad) ? about.pem : (struct bw_str){0};
}

/* Whether the bundle has that authority behind a newer one. */
static bool follows(struct bw_str bundle, struct bw_str authority)
{
    struct bw_x509_about about = {0};
    bool bad = false, first = true;
    while (bw_x509_next(&bundle, &about, NULL, &bad)) {
        if (bw_str_eq(bw_str_trim(about.pem), bw_str_trim(authority)))
            return !first;
        first = false;
    }
    return false;
}

static int settle(const struct secret *secret, const struct bw_cluster_authority *own,
                  struct bw_cluster_authority *theirs, enum bw_cluster_secret_state *ret_state,
                  struct bw_err *err)
{
    struct bw_str mine = bw_buf_slice(&own->pem), other = bw_buf_slice(&theirs->pem);
    bool written = false;
    if (other.n && !bw_x509_is_pair(other, bw_buf_slice(&theirs->key)))
        return bw_err_set(err, BW_EFORMAT,
                          "the Secret %" BW_STR_F "/%" BW_STR_F
                          " holds no authority: ca.pem and ca.key do not fit; empty it, and one is "
                          "made",
                          BW_STR_A(secret->namespace), BW_STR_A(secret->name));
    if (other.n && bw_str_eq(mine, other)) {
        *ret_state = BW_CLUSTER_SECRET_SAME;
        return 0;
    }
    /* Half replaced, or not there: it cannot be given to others. */
    bool usable = mine.n && bw_x509_is_pair(mine, bw_buf_slice(&own->key));
    if (!usable || (other.n && !follows(mine, newest(other)))) {
        *ret_state = other.n ? BW_CLUSTER_SECRET_TAKE : BW_CLUSTER_SECRET_NONE;
        return 0;
    }
    int rc = write(secret, own, &written, err);
    if (rc == 0)
        *ret_state = written ? BW_CLUSTER_SECRET_SAME : BW_CLUSTER_SECRET_NONE;
    return rc;
}

int bw_cluster_secret_sync(struct bw_kubernetes *client, struct bw_str namespace,
                           struct bw_str name, const struct bw_cluster_authority *own,
                           struct bw_cluster_authority *theirs,
                           enum bw_cluster_secret_state *ret_state, struct bw_err *err)
{
    struct secret secret = {.client = client, .namespace = namespace, .name = name};
    bw_buf_clear(&theirs->pem);
    bw_buf_clear(&theirs->key);
    int rc = get(&secret, err);
    if (rc == 0 && secret.doc &&
        (!take(&secret, "ca.pem", &theirs->pem) || !take(&secret, "ca.key", &theirs->key)))
        rc = bw_err_set(err, BW_EFORMAT,
                        "the Secret %" BW_STR_F "/%" BW_STR_F " holds something that is no base64",
                        BW_STR_A(namespace), BW_STR_A(name));
    if (rc == 0)
        rc = settle(&secret, own, theirs, ret_state, err);
    bw_json_free(secret.doc);
    return rc;
}
