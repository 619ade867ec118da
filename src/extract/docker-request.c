#include "extract/docker-request.h"

#include "base/buf.h"
#include "extract/docker-container.h"
#include "extract/docker-fields.h"
#include "extract/docker-mount.h"
#include "extract/json-glance.h"
#include "extract/json-value.h"
#include "wrap/base64.h"

/* API from which on POST /containers/{id}/start takes no body. */
#define START_WITHOUT_BODY 24u

/* Digits of a whole id. */
#define CONTAINER_ID 64u

/* So that a value within the request's own is no deeper than values are. */
#define BODY_DEPTH_MAX (BW_VALUE_DEPTH_MAX - 2)

struct request {
    struct bw_reading *reading;
    struct bw_value_maker *make;
    struct bw_docker_follow follow;
    /* As it is told. `told`: of the body, before it is taken for anything; ABSENT: none. */
    struct bw_str method, raw_uri;
    struct bw_value user, headers, told;
    uint32_t place;
    /* As it is taken. */
    struct bw_docker_uri uri;
    const struct bw_docker_route *route;
    struct bw_str id;
    enum bw_docker_takes takes;
    struct bw_value body, target;
};

static struct bw_value get(struct bw_value map, const char *name)
{
    return bw_value_get(map, bw_str(name));
}

static struct bw_value slice(struct request *r, struct bw_str text)
{
    return bw_value_string(r->make, text);
}

static struct bw_value missing(struct request *r, const char *why)
{
    return bw_value_unknown(r->make, BW_UNKNOWN_MISSING, bw_str(why));
}

static bool is_route(const struct request *r, const char *name)
{
    return r->route && strcmp(r->route->name, name) == 0;
}

/* --- what is told --- */

static struct bw_value header(const struct request *r, const char *name)
{
    for (uint32_t i = 0; r->headers.kind == BW_VALUE_MAP && i < r->headers.map->n; i++)
        if (bw_str_eq_nocase(bw_value_text(r->headers.map->v[i].key), bw_str(name)))
            return r->headers.map->v[i].value;
    return (struct bw_value){0};
}

/* The type without its parameters: mime.ParseMediaType makes it lower case. */
static bool is_type(struct bw_value content_type, const char *type)
{
    struct bw_str text = bw_value_text(content_type);
    text = bw_str_trim(bw_str_take(text, bw_str_find(text, ';')));
    return bw_str_eq_nocase(text, bw_str(type));
}

/* Parameters that come in a body, before those of the URI. */
static bool is_form(const struct request *r)
{
    struct bw_value type = header(r, "Content-Type");
    return is_type(type, "application/x-www-form-urlencoded") ||
           is_type(type, "multipart/form-data");
}

static void read_body(struct request *r, struct bw_value encoded)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_reading *reading = r->reading;
    struct bw_err err = {0};
    if (!bw_value_text(encoded).n)
        return;
    r->told = missing(r, "the body is no JSON");
    if (!bw_base64_read(bw_value_text(encoded), &text)) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, BW_STR("the body"), "it is no base64");
        return;
    }
    uint32_t file = bw_reading_file(reading, BW_STR("the body"));
    if (bw_json_depth(bw_buf_slice(&text)) > BODY_DEPTH_MAX)
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, BW_STR("the body"), "deeper than %u levels",
                       BODY_DEPTH_MAX);
    else if (bw_json_value(reading, file, bw_buf_slice(&text), BW_JSON_DUPLICATES_MERGED, &r->told,
                           &err))
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, BW_STR("the body"),
                       "it is not one JSON value: %s", err.msg);
}

/* The plugin's form: Go's own JSON of pkg/authorization's Request. */
static void read_told(struct request *r, struct bw_value root)
{
    r->method = bw_value_text(get(root, "RequestMethod"));
    r->raw_uri = bw_value_text(get(root, "RequestUri"));
    r->user = get(root, "User");
    r->headers = get(root, "RequestHeaders");
    read_body(r, get(root, "RequestBody"));
    r->follow.references = get(root, "references");
}

/* People's form. It asks nobody. */
static void read_written(struct request *r, struct bw_value root)
{
    r->method = bw_value_text(get(root, "method"));
    r->raw_uri = bw_value_text(get(root, "uri"));
    r->user = get(root, "user");
    r->headers = get(root, "headers");
    r->told = get(root, "body");
    r->follow.references = get(root, "references");
    if (r->follow.references.kind != BW_VALUE_MAP)
        r->follow.references = bw_value_map(r->make, 0);
}

static int read_root(struct request *r, struct bw_err *err)
{
    struct bw_value root = {0};
    int rc = bw_json_value(r->reading, 0, r->reading->request->text, BW_JSON_DUPLICATES_MERGED,
                           &root, err);
    if (rc)
        return rc;
    r->place = root.place;
    if (get(root, "RequestMethod").kind == BW_VALUE_STRING)
        read_told(r, root);
    else
        read_written(r, root);
    if (!r->method.n || !r->raw_uri.n)
        return bw_err_set(err, BW_EFORMAT, "no request to Docker's API: no method, or no URI");
    bw_docker_uri_read(r->reading, r->raw_uri, root.place, &r->uri);
    if (!r->uri.problem)
        r->route = bw_docker_route_find(r->method, r->uri.path, &r->id);
    return 0;
}

/* --- the body --- */

/* "1.22" is older than 1.24; no version is the daemon's own. */
static bool is_older_than(struct bw_str version, unsigned minor)
{
    struct bw_str part;
    uint64_t major_number = 0, minor_number = 0;
    if (!version.n || !bw_str_split(&version, '.', &part))
        return false;
    (void)bw_str_to_u64(part, &major_number);
    if (version.p && bw_str_split(&version, '.', &part))
        (void)bw_str_to_u64(part, &minor_number);
    return major_number < 1 || (major_number == 1 && minor_number < minor);
}

/* A length that is said to be 0; none may be a body in pieces. */
static bool says_empty(const struct request *r)
{
    return bw_str_eq(bw_value_text(header(r, "Content-Length")), BW_STR("0"));
}

/* Where the body is HostConfig's members beside HostConfig, they are HostConfig's. What the body
 * calls Name is no name: that is a parameter. */
static struct bw_value as_create(struct request *r, struct bw_value body)
{
    struct bw_value own = bw_value_map(r->make, bw_value_count(body) + 1);
    struct bw_value host = get(body, "HostConfig"), name = get(r->uri.query, "name");
    if (body.kind != BW_VALUE_MAP)
        return body;
    for (uint32_t i = 0; i < body.map->n; i++) {
        struct bw_value_member member = body.map->v[i];
        struct bw_str key = bw_value_text(member.key);
        if (bw_docker_is_host_field(key)) {
            if (host.kind == BW_VALUE_ABSENT)
                host = bw_value_map(r->make, 4);
            if (host.kind == BW_VALUE_MAP && !bw_value_member(host, member.key))
                bw_value_put(r->make, &host, member.key, member.value);
        } else if (!bw_str_eq(key, BW_STR("Name")) && !bw_str_eq(key, BW_STR("HostConfig"))) {
            bw_value_put(r->make, &own, member.key, member.value);
        }
    }
    bw_value_set(r->make, &own, "HostConfig", host);
    name = bw_value_index(name, 0);
    if (bw_value_text(name).n)
        bw_value_set(r->make, &own, "Name", name);
    own.place = body.place;
    return own;
}

static void take_body(struct request *r)
{
    struct bw_field_check check = {
        .reading = r->reading, .who = "Docker", .judge = "the daemon", .fold = true};
    r->takes = r->route ? r->route->takes : BW_DOCKER_TAKES_NOTHING;
    if (is_route(r, "containers/start") && is_older_than(r->uri.version, START_WITHOUT_BODY) &&
        !says_empty(r))
        r->takes = BW_DOCKER_TAKES_JSON;
    if (r->told.kind == BW_VALUE_NULL)
        r->told = (struct bw_value){0};
    r->body = r->told;
    if (r->body.kind == BW_VALUE_ABSENT && r->takes == BW_DOCKER_TAKES_JSON)
        r->body = missing(r, "the daemon did not show the body");
    else if (r->body.kind != BW_VALUE_ABSENT && r->route && r->route->body)
        r->body = bw_field_conform(&check, r->route->body, "", r->body);
    if (r->route && r->route->body == &bw_docker_body_create)
        r->body = as_create(r, r->body);
}

/* A body that is there and was not shown, on a route whose parameters it may set. */
static bool hides_body(const struct request *r)
{
    struct bw_str length = bw_value_text(header(r, "Content-Length"));
    if (r->told.kind != BW_VALUE_ABSENT || r->takes == BW_DOCKER_TAKES_HIDDEN ||
        (r->route && r->route->read))
        return false;
    return is_form(r) ||
           (r->takes != BW_DOCKER_TAKES_STREAM && length.n && !bw_str_eq(length, BW_STR("0")));
}

/* --- the object --- */

static const char *const targeted[] = {
    "containers/start",  "containers/restart", "containers/unpause", "exec/create",
    "containers/update", "containers/upload",  "containers/rename",
};

static void find_target(struct request *r)
{
    bool wanted = false;
    for (size_t i = 0; i < BW_ARRAY_LEN(targeted) && !wanted; i++)
        wanted = is_route(r, targeted[i]);
    if (wanted)
        r->target = bw_docker_ask(&r->follow, BW_DOCKER_THING_CONTAINER, r->id);
}

static struct bw_value content_length(struct request *r)
{
    uint64_t n = 0;
    struct bw_value length = header(r, "Content-Length");
    if (!bw_str_to_u64(bw_value_text(length), &n) || n > INT64_MAX)
        return (struct bw_value){0};
    return bw_value_int((int64_t)n);
}

/* What a volume to be shows of the host, whatever its name says. */
static struct bw_value host_paths(struct request *r)
{
    struct bw_value sources = {0};
    if (r->body.kind == BW_VALUE_UNKNOWN)
        return r->body;
    if (is_route(r, "volumes/create"))
        sources =
            bw_docker_volume_sources(r->make, get(r->body, "Driver"), get(r->body, "DriverOpts"));
    return sources.kind == BW_VALUE_ABSENT ? bw_value_list(r->make, 0) : sources;
}

static void set_route(struct request *r, struct bw_value *map)
{
    const struct bw_docker_route *route = r->route;
    bool reads = bw_str_eq(r->method, BW_STR("GET")) || bw_str_eq(r->method, BW_STR("HEAD"));
    bw_value_set(r->make, map, "route", slice(r, bw_str(route ? route->name : "")));
    bw_value_set(r->make, map, "verb", slice(r, bw_str(route ? route->verb : "")));
    bw_value_set(r->make, map, "read",
                 bw_value_bool(route ? route->read : reads && !r->uri.problem));
    bw_value_set(r->make, map, "id", slice(r, r->id));
    bw_value_set(r->make, map, "takes", slice(r, bw_str(bw_docker_takes_name(r->takes))));
    bw_value_set(r->make, map, "stream", bw_value_bool(r->takes == BW_DOCKER_TAKES_STREAM));
    bw_value_set(r->make, map, "hijack", bw_value_bool(route && route->hijack));
}

static struct bw_value native(struct request *r)
{
    struct bw_value_maker *make = r->make;
    struct bw_value map = bw_value_map(make, 20), type = header(r, "Content-Type");
    bw_value_set(make, &map, "method", slice(r, r->method));
    bw_value_set(make, &map, "uri", slice(r, r->raw_uri));
    bw_value_set(make, &map, "path", slice(r, r->uri.path));
    bw_value_set(make, &map, "apiVersion", slice(r, r->uri.version));
    if (r->uri.problem)
        bw_value_set(make, &map, "problem", slice(r, bw_str(r->uri.problem)));
    set_route(r, &map);
    bw_value_set(make, &map, "query", r->uri.query);
    bw_value_set(make, &map, "contentType",
                 type.kind == BW_VALUE_STRING ? type : slice(r, BW_STR("")));
    bw_value_set(make, &map, "contentLength", content_length(r));
    bw_value_set(make, &map, "user",
                 r->user.kind == BW_VALUE_STRING ? r->user : slice(r, BW_STR("")));
    bw_value_set(make, &map, "bodySeen", bw_value_bool(r->told.kind != BW_VALUE_ABSENT));
    bw_value_set(make, &map, "bodyHidden", bw_value_bool(hides_body(r)));
    bw_value_set(make, &map, "body", r->body);
    bw_value_set(make, &map, "hostPaths", host_paths(r));
    bw_value_set(make, &map, "target", r->target);
    map.place = r->place;
    return map;
}

static struct bw_str name_of(const struct request *r)
{
    struct bw_str path = r->reading->request->path;
    struct bw_str given = bw_value_text(bw_value_index(get(r->uri.query, "name"), 0));
    if (!given.n)
        given = bw_value_text(get(r->body, "Name"));
    if (!given.n)
        given = r->id;
    return given.n ? given : bw_str_from(path, bw_str_rfind(path, '/') + 1);
}

/* --- what it is about --- */

/* Whether a container was found by a name that could be the beginning of another's id. The daemon
 * prefers the name, until a rename takes it away between the answer and the start. */
static bool is_ambiguous(const struct request *r)
{
    static const char digits[] = "0123456789abcdef";
    struct bw_str id = bw_value_text(get(r->target, "Id"));
    if (r->id.n >= CONTAINER_ID || r->target.kind != BW_VALUE_MAP || bw_str_starts(id, r->id))
        return false;
    for (size_t i = 0; i < r->id.n; i++)
        if (!r->id.p[i] || !strchr(digits, r->id.p[i]))
            return false;
    return true;
}

/* A container that runs again is judged again: it may be older than the guard. So is one that gets
 * another name: it may be that of one that was judged. */
static void add_started(struct request *r)
{
    struct bw_docker_source source = {
        .form = BW_DOCKER_INSPECTED, .name = r->id, .follow = &r->follow};
    if (r->target.kind == BW_VALUE_MAP)
        bw_docker_container_add(r->reading, &source, r->target);
    else if (r->target.kind == BW_VALUE_UNKNOWN)
        bw_reading_gap(r->reading, BW_GAP_BLOCKING, 0, BW_STR("the container that is started"),
                       "what it is configured as is not at hand");
    if (!is_route(r, "containers/rename") && is_ambiguous(r))
        bw_reading_gap(r->reading, BW_GAP_BLOCKING, 0, BW_STR("the name of the container"),
                       "it could be the beginning of another's id: give the whole id");
}

static void add_about(struct request *r, uint32_t of)
{
    struct bw_docker_source source = {
        .form = BW_DOCKER_BODY, .name = name_of(r), .follow = &r->follow};
    bool container = is_route(r, "containers/create") || is_route(r, "containers/start");
    if (container && r->body.kind == BW_VALUE_MAP && bw_value_count(r->body))
        bw_docker_container_add(r->reading, &source, r->body);
    if (r->route && r->route->body == &bw_docker_body_service &&
        bw_value_at(r->body, "TaskTemplate", "ContainerSpec", NULL).kind != BW_VALUE_ABSENT)
        bw_docker_service_view(r->reading, &r->follow, r->body, of);
    if (r->route && (strcmp(r->route->verb, "start") == 0 || is_route(r, "containers/rename")))
        add_started(r);
}

/* A body of another kind than the route's is UNKNOWN by now, and has its gap. */
static void add_request(struct request *r)
{
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .group = BW_STR(BW_OBJECT_GROUP),
                               .version = BW_STR("v1"),
                               .resource = BW_STR("dockerrequests"),
                               .kind = BW_STR("DockerRequest"),
                               .name = name_of(r),
                               .place = r->place,
                               .value = native(r)};
    uint32_t index = bw_reading_object(r->reading, &object);
    if (index != BW_OBJECT_NO_VIEW)
        add_about(r, index);
}

static int read(struct bw_reading *reading, struct bw_err *err)
{
    struct request r = {.reading = reading, .make = &reading->make};
    r.follow.reading = reading;
    int rc = read_root(&r, err);
    if (rc)
        return rc;
    take_body(&r);
    find_target(&r);
    add_request(&r);
    return 0;
}

static bool recognise(struct bw_str path, struct bw_str text)
{
    (void)path;
    return (bw_json_has_key(text, "RequestMethod") && bw_json_has_key(text, "RequestUri")) ||
           (bw_json_has_key(text, "method") && bw_json_has_key(text, "uri"));
}

const struct bw_reader bw_reader_docker_request = {
    .name = "docker-request",
    .what = "the request",
    .syntax = BW_SYNTAX_DOCKER_REQUEST,
    .recognise = recognise,
    .read = read,
};
