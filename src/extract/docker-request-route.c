#include "extract/docker-request.h"

#include "extract/docker-fields.h"

#define GET(pattern, name)                                                                         \
    {                                                                                              \
        "GET", pattern, name, "read", true, false, NONE, NULL                                      \
    }
#define HEAD(pattern, name)                                                                        \
    {                                                                                              \
        "HEAD", pattern, name, "read", true, false, NONE, NULL                                     \
    }
#define POST(pattern, name, verb, takes, body)                                                     \
    {                                                                                              \
        "POST", pattern, name, verb, false, false, takes, body                                     \
    }
#define HIJACK(method, pattern, name, verb, takes, body)                                           \
    {                                                                                              \
        method, pattern, name, verb, false, true, takes, body                                      \
    }
#define DELETE(pattern, name)                                                                      \
    {                                                                                              \
        "DELETE", pattern, name, "delete", false, false, NONE, NULL                                \
    }

#define NONE     BW_DOCKER_TAKES_NOTHING
#define JSON     BW_DOCKER_TAKES_JSON
#define OPTIONAL BW_DOCKER_TAKES_OPTIONAL
#define STREAM   BW_DOCKER_TAKES_STREAM
#define HIDDEN   BW_DOCKER_TAKES_HIDDEN

/* Of the daemons 1.12 to 29 (API 1.24 to 1.55, and what they still answer of older ones), in the
 * order in which mux tries those that could both match. */
static const struct bw_docker_route routes[] = {
    {"OPTIONS", "/*", "options", "read", true, false, NONE, NULL},
    GET("/_ping", "ping"),
    HEAD("/_ping", "ping"),
    GET("/version", "version"),
    GET("/info", "info"),
    GET("/events", "events"),
    GET("/system/df", "system/df"),
    POST("/auth", "auth", "login", HIDDEN, NULL),
    GET("/debug/*", "debug"),

    POST("/session", "session", "build", NONE, NULL),
    POST("/grpc", "grpc", "build", NONE, NULL),
    POST("/build", "build", "build", STREAM, NULL),
    POST("/build/prune", "build/prune", "prune", NONE, NULL),
    POST("/build/cancel", "build/cancel", "cancel", NONE, NULL),
    POST("/commit", "commit", "commit", OPTIONAL, &bw_docker_config),

    GET("/containers/*/checkpoints", "checkpoints/list"),
    POST("/containers/*/checkpoints", "checkpoints/create", "create", JSON,
         &bw_docker_body_checkpoint),
    DELETE("/containers/?/checkpoints/?", "checkpoints/delete"),
    HEAD("/containers/*/archive", "containers/stat"),
    GET("/containers/json", "containers/list"),
    GET("/containers/ps", "containers/list"),
    GET("/containers/*/export", "containers/export"),
    GET("/containers/*/changes", "containers/changes"),
    GET("/containers/*/json", "containers/inspect"),
    GET("/containers/*/top", "containers/top"),
    GET("/containers/*/logs", "containers/logs"),
    GET("/containers/*/stats", "containers/stats"),
    HIJACK("GET", "/containers/*/attach/ws", "containers/attach", "attach", NONE, NULL),
    GET("/containers/*/archive", "containers/download"),
    GET("/exec/*/json", "exec/inspect"),
    POST("/containers/create", "containers/create", "create", JSON, &bw_docker_body_create),
    POST("/containers/prune", "containers/prune", "prune", NONE, NULL),
    POST("/containers/*/kill", "containers/kill", "stop", NONE, NULL),
    POST("/containers/*/pause", "containers/pause", "stop", NONE, NULL),
    POST("/containers/*/unpause", "containers/unpause", "start", NONE, NULL),
    POST("/containers/*/restart", "containers/restart", "start", NONE, NULL),
    POST("/containers/*/start", "containers/start", "start", NONE, &bw_docker_body_create),
    POST("/containers/*/stop", "containers/stop", "stop", NONE, NULL),
    POST("/containers/*/wait", "containers/wait", "read", NONE, NULL),
    POST("/containers/*/resize", "containers/resize", "attach", NONE, NULL),
    HIJACK("POST", "/containers/*/attach", "containers/attach", "attach", NONE, NULL),
    POST("/containers/*/copy", "containers/copy", "read", JSON, &bw_docker_body_copy),
    POST("/containers/*/exec", "exec/create", "exec", JSON, &bw_docker_body_exec),
    HIJACK("POST", "/exec/*/start", "exec/start", "exec", OPTIONAL, &bw_docker_body_exec_start),
    POST("/exec/*/resize", "exec/resize", "exec", NONE, NULL),
    POST("/containers/*/rename", "containers/rename", "update", NONE, NULL),
    POST("/containers/*/update", "containers/update", "update", JSON, &bw_docker_host),
    {"PUT", "/containers/*/archive", "containers/upload", "copy", false, false, STREAM, NULL},
    DELETE("/containers/*", "containers/delete"),

    GET("/distribution/*/json", "distribution/inspect"),
    GET("/images/json", "images/list"),
    GET("/images/search", "images/search"),
    GET("/images/get", "images/save"),
    GET("/images/*/get", "images/save"),
    GET("/images/*/history", "images/history"),
    GET("/images/*/json", "images/inspect"),
    GET("/images/*/attestations", "images/attestations"),
    POST("/images/load", "images/load", "load", STREAM, NULL),
    POST("/images/create", "images/create", "pull", STREAM, NULL),
    POST("/images/prune", "images/prune", "prune", NONE, NULL),
    POST("/images/*/push", "images/push", "push", OPTIONAL, NULL),
    POST("/images/*/tag", "images/tag", "update", NONE, NULL),
    DELETE("/images/*", "images/delete"),

    GET("/networks", "networks/list"),
    GET("/networks/", "networks/list"),
    GET("/networks/*", "networks/inspect"),
    POST("/networks/create", "networks/create", "create", JSON, &bw_docker_body_network),
    POST("/networks/prune", "networks/prune", "prune", NONE, NULL),
    POST("/networks/*/connect", "networks/connect", "connect", JSON, &bw_docker_body_connect),
    POST("/networks/*/disconnect", "networks/disconnect", "disconnect", JSON,
         &bw_docker_body_disconnect),
    DELETE("/networks/*", "networks/delete"),

    GET("/plugins", "plugins/list"),
    GET("/plugins/privileges", "plugins/privileges"),
    GET("/plugins/*/json", "plugins/inspect"),
    GET("/plugins/*", "plugins/inspect"),
    POST("/plugins/pull", "plugins/pull", "install", JSON, &bw_docker_body_privileges),
    POST("/plugins/create", "plugins/create", "install", STREAM, NULL),
    POST("/plugins/*/enable", "plugins/enable", "enable", NONE, NULL),
    POST("/plugins/*/disable", "plugins/disable", "disable", NONE, NULL),
    POST("/plugins/*/push", "plugins/push", "push", OPTIONAL, NULL),
    POST("/plugins/*/upgrade", "plugins/upgrade", "install", JSON, &bw_docker_body_privileges),
    POST("/plugins/*/set", "plugins/set", "update", JSON, &bw_docker_body_strings),
    DELETE("/plugins/*", "plugins/delete"),

    GET("/swarm", "swarm/inspect"),
    GET("/swarm/unlockkey", "swarm/unlockkey"),
    POST("/swarm/init", "swarm/init", "create", JSON, &bw_docker_body_swarm_init),
    POST("/swarm/join", "swarm/join", "create", JSON, &bw_docker_body_swarm_join),
    POST("/swarm/leave", "swarm/leave", "delete", NONE, NULL),
    POST("/swarm/update", "swarm/update", "update", JSON, &bw_docker_body_swarm),
    POST("/swarm/unlock", "swarm/unlock", "update", JSON, &bw_docker_body_unlock),
    GET("/services", "services/list"),
    GET("/services/*/logs", "services/logs"),
    GET("/services/*", "services/inspect"),
    POST("/services/create", "services/create", "create", JSON, &bw_docker_body_service),
    POST("/services/*/update", "services/update", "update", JSON, &bw_docker_body_service),
    DELETE("/services/*", "services/delete"),
    GET("/nodes", "nodes/list"),
    GET("/nodes/*", "nodes/inspect"),
    POST("/nodes/*/update", "nodes/update", "update", JSON, &bw_docker_body_node),
    DELETE("/nodes/*", "nodes/delete"),
    GET("/tasks", "tasks/list"),
    GET("/tasks/*/logs", "tasks/logs"),
    GET("/tasks/*", "tasks/inspect"),
    GET("/secrets", "secrets/list"),
    GET("/secrets/*", "secrets/inspect"),
    POST("/secrets/create", "secrets/create", "create", JSON, &bw_docker_body_secret),
    POST("/secrets/?/update", "secrets/update", "update", JSON, &bw_docker_body_secret),
    DELETE("/secrets/*", "secrets/delete"),
    GET("/configs", "configs/list"),
    GET("/configs/*", "configs/inspect"),
    POST("/configs/create", "configs/create", "create", JSON, &bw_docker_body_secret),
    POST("/configs/?/update", "configs/update", "update", JSON, &bw_docker_body_secret),
    DELETE("/configs/*", "configs/delete"),

    GET("/volumes", "volumes/list"),
    GET("/volumes/*", "volumes/inspect"),
    POST("/volumes/create", "volumes/create", "create", JSON, &bw_docker_body_volume),
    POST("/volumes/prune", "volumes/prune", "prune", NONE, NULL),
    {"PUT", "/volumes/*", "volumes/update", "update", false, false, JSON,
     &bw_docker_body_volume_update},
    DELETE("/volumes/*", "volumes/delete"),
};

/* Patterns have one '*', or else '?'s: no need to go back. */
static bool match(const char *pattern, struct bw_str path, struct bw_str *ret_id)
{
    struct bw_str text = bw_str(pattern), id = BW_STR("");
    size_t star = bw_str_find(text, '*');
    if (star != SIZE_MAX) {
        struct bw_str tail = bw_str_from(text, star + 1);
        if (path.n < text.n - 1 || !bw_str_starts(path, bw_str_take(text, star)) ||
            !bw_str_ends(path, tail))
            return false;
        *ret_id = bw_str_n(path.p + star, path.n - star - tail.n);
        return true;
    }
    for (; text.n && path.n; text = bw_str_from(text, 1)) {
        size_t part = bw_str_find(path, '/');
        if (text.p[0] != '?' && text.p[0] != path.p[0])
            return false;
        if (text.p[0] != '?')
            part = 1;
        else if (!id.n)
            id = bw_str_take(path, part);
        path = part == SIZE_MAX ? BW_STR("") : bw_str_from(path, part);
    }
    *ret_id = id;
    return !text.n && !path.n;
}

const struct bw_docker_route *bw_docker_route_find(struct bw_str method, struct bw_str path,
                                                   struct bw_str *ret_id)
{
    struct bw_str id = BW_STR("");
    for (size_t i = 0; i < BW_ARRAY_LEN(routes); i++) {
        if (!bw_str_eq(method, bw_str(routes[i].method)) || !match(routes[i].pattern, path, &id))
            continue;
        *ret_id = id;
        return &routes[i];
    }
    return NULL;
}

const char *bw_docker_takes_name(enum bw_docker_takes takes)
{
    static const char *const names[] = {"none", "json", "optional", "stream", "hidden"};
    return names[takes];
}
