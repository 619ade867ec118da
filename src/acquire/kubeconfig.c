#include "acquire/kubeconfig.h"

#include <stdlib.h>

#include "wrap/base64.h"
#include "wrap/yaml.h"

struct reading {
    struct bw_arena *arena;
    const char *directory;
    struct bw_err *err;
};

/* What would change who asks whom, and is not done here. */
static const char *const not_of_clusters[] = {"proxy-url", "tls-server-name"};
static const char *const not_of_users[] = {"exec", "auth-provider", "username", "password",
                                           "as",   "as-groups"};

static const char *remedy_of(const char *word)
{
    if (strcmp(word, "exec") == 0 || strcmp(word, "auth-provider") == 0)
        return "plugins are not started; use a token or a client certificate (`kubectl create "
               "token ACCOUNT`)";
    return "it is not supported; use a token or a client certificate";
}

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for a kubeconfig");
}

/* Of the list under `list` the element of that name, and of that the member `key`. */
static const struct bw_yaml *named(const struct bw_yaml *root, const char *list, const char *key,
                                   struct bw_str name)
{
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, list));
    for (const struct bw_yaml *element; (element = bw_yaml_next(&it));)
        if (bw_str_eq(bw_yaml_text(bw_yaml_get(element, "name")), name))
            return bw_yaml_get(element, key);
    return NULL;
}

static int refuse(const struct bw_yaml *map, const char *const *words, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct bw_yaml *value = bw_yaml_get(map, words[i]);
        if (bw_yaml_size(value) || bw_yaml_text(value).n)
            return bw_err_set(err, BW_EUNSUPPORTED, "kubeconfig, line %u: '%s': %s",
                              bw_yaml_line(value), words[i], remedy_of(words[i]));
    }
    return 0;
}

static int take(const struct reading *reading, const struct bw_yaml *map, const char *key,
                struct bw_str *ret)
{
    struct bw_str text = bw_yaml_text(bw_yaml_get(map, key));
    if (!text.n)
        return 0;
    *ret = bw_arena_str(reading->arena, text);
    return ret->p ? 0 : no_memory(reading->err);
}

static int take_path(const struct reading *reading, const struct bw_yaml *map, const char *key,
                     struct bw_str *ret)
{
    struct bw_str text = bw_yaml_text(bw_yaml_get(map, key));
    if (!text.n)
        return 0;
    *ret = text.p[0] == '/' ? bw_arena_str(reading->arena, text)
                            : bw_arena_printf(reading->arena, "%s/%" BW_STR_F, reading->directory,
                                              BW_STR_A(text));
    return ret->p ? 0 : no_memory(reading->err);
}

static int take_data(const struct reading *reading, const struct bw_yaml *map, const char *key,
                     struct bw_str *ret)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBECONFIG_MAX);
    const struct bw_yaml *value = bw_yaml_get(map, key);
    if (!bw_yaml_text(value).n)
        return 0;
    if (!bw_base64_read(bw_yaml_text(value), &buf))
        return bw_err_set(reading->err, BW_EFORMAT, "kubeconfig, line %u: '%s' is no base64",
                          bw_yaml_line(value), key);
    *ret = bw_arena_str(reading->arena, bw_buf_slice(&buf));
    return ret->p ? 0 : no_memory(reading->err);
}

static int read_cluster(const struct reading *reading, const struct bw_yaml *cluster,
                        struct bw_kubeconfig *config)
{
    int rc = refuse(cluster, not_of_clusters, BW_ARRAY_LEN(not_of_clusters), reading->err);
    if (rc == 0)
        rc = take(reading, cluster, "server", &config->server);
    if (rc == 0)
        rc = take_data(reading, cluster, "certificate-authority-data", &config->ca_pem);
    if (rc == 0)
        rc = take_path(reading, cluster, "certificate-authority", &config->ca_file);
    if (rc)
        return rc;
    config->insecure =
        bw_str_eq(bw_yaml_text(bw_yaml_get(cluster, "insecure-skip-tls-verify")), BW_STR("true"));
    while (bw_str_ends(config->server, BW_STR("/")))
        config->server =
            bw_arena_str(reading->arena, bw_str_take(config->server, config->server.n - 1));
    if (!config->server.n)
        return bw_err_set(reading->err, BW_EFORMAT, "kubeconfig, line %u: a cluster without server",
                          bw_yaml_line(cluster));
    return 0;
}

static int read_user(const struct reading *reading, const struct bw_yaml *user,
                     struct bw_kubeconfig *config)
{
    int rc = refuse(user, not_of_users, BW_ARRAY_LEN(not_of_users), reading->err);
    if (rc == 0)
        rc = take_data(reading, user, "client-certificate-data", &config->cert_pem);
    if (rc == 0)
        rc = take_path(reading, user, "client-certificate", &config->cert_file);
    if (rc == 0)
        rc = take_data(reading, user, "client-key-data", &config->key_pem);
    if (rc == 0)
        rc = take_path(reading, user, "client-key", &config->key_file);
    if (rc == 0)
        rc = take(reading, user, "token", &config->token);
    return rc ? rc : take_path(reading, user, "tokenFile", &config->token_file);
}

static int read_context(const struct reading *reading, const struct bw_yaml *root,
                        const char *context, struct bw_kubeconfig *config)
{
    struct bw_str name =
        context ? bw_str(context) : bw_yaml_text(bw_yaml_get(root, "current-context"));
    if (!name.n)
        return bw_err_set(reading->err, BW_EFORMAT,
                          "the kubeconfig has no current-context: name one with --context");
    const struct bw_yaml *at = named(root, "contexts", "context", name);
    if (!at)
        return bw_err_set(reading->err, BW_EFORMAT, "the kubeconfig has no context '%" BW_STR_F "'",
                          BW_STR_A(name));
    struct bw_str cluster_name = bw_yaml_text(bw_yaml_get(at, "cluster"));
    struct bw_str user_name = bw_yaml_text(bw_yaml_get(at, "user"));
    const struct bw_yaml *cluster = named(root, "clusters", "cluster", cluster_name);
    const struct bw_yaml *user = named(root, "users", "user", user_name);
    if (!cluster || (user_name.n && !user))
        return bw_err_set(reading->err, BW_EFORMAT, "kubeconfig, line %u: no %s '%" BW_STR_F "'",
                          bw_yaml_line(at), cluster ? "user" : "cluster",
                          BW_STR_A(cluster ? user_name : cluster_name));
    int rc = read_cluster(reading, cluster, config);
    return rc ? rc : read_user(reading, user, config);
}

int bw_kubeconfig_read(struct bw_str text, const char *directory, const char *context,
                       struct bw_arena *arena, struct bw_kubeconfig *ret_config, struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_kubeconfig config = {0};
    struct reading reading = {arena, directory, err};
    int rc = bw_yaml_parse(&stream, text, err);
    if (rc)
        return bw_err_prefix(err, rc, "the kubeconfig cannot be read");
    rc = read_context(&reading, bw_yaml_first(stream), context, &config);
    if (rc == 0)
        *ret_config = config;
    return rc;
}

int bw_kubeconfig_of_pod(struct bw_arena *arena, struct bw_kubeconfig *ret_config,
                         struct bw_err *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!host || !*host)
        return bw_err_set(
            err, BW_ENOENT,
            "this is no pod of a cluster (KUBERNETES_SERVICE_HOST is not set): name a "
            "kubeconfig with --kubeconfig");
    bool six = strchr(host, ':') && host[0] != '[';
    struct bw_kubeconfig config = {
        .server = bw_arena_printf(arena, "https://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "",
                                  port && *port ? port : "443"),
        .ca_file = BW_STR(BW_KUBERNETES_ACCOUNT_DIR "/ca.crt"),
        .token_file = BW_STR(BW_KUBERNETES_ACCOUNT_DIR "/token"),
    };
    if (!config.server.p)
        return no_memory(err);
    *ret_config = config;
    return 0;
}
