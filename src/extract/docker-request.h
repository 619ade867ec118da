/*
 * docker-request.h: parts of the reader of requests to Docker's API; private to it.
 *
 * The daemon (moby) takes a request apart with Go's net/http, net/url and encoding/json and finds
 * its handler with gorilla/mux. A policy must see what the handler sees, so each step is Go's:
 *
 *   docker-request-uri.c     RequestUri -> path, version, parameters
 *   docker-request-route.c   method and path -> one of the Engine API's routes, 1.12 to 1.55
 *   docker-request-fields.c  the types of their bodies
 *   docker-service.c         a swarm service as a Pod
 *   docker-request.c         the request as an object, and what it is about
 *
 * What a plugin is told is not always what the daemon does. These stay unseen, whoever reads:
 * bodies of streams; parameters in a body of a form whose header stands in front of another
 * Content-Type; gRPC.
 */
#ifndef BW_EXTRACT_DOCKER_REQUEST_H
#define BW_EXTRACT_DOCKER_REQUEST_H

#include "extract/docker-follow.h"
#include "extract/document.h"
#include "extract/typed-fields.h"

/* Parameters of one URI. */
#define BW_DOCKER_PARAMETERS_MAX 1000u

struct bw_docker_uri {
    struct bw_str path;    /* decoded, without the version: "/containers/create" */
    struct bw_str version; /* "1.41"; empty: the daemon's own */
    struct bw_value query; /* MAP: name -> list of values, in their order */
    const char *problem;   /* why the daemon does not take it; NULL: it does */
};

/* Nothing fails: what the daemon does not take has a problem, and the parts that could be read.
 * Slices lie in the arena. */
void bw_docker_uri_read(struct bw_reading *reading, struct bw_str raw, uint32_t place,
                        struct bw_docker_uri *ret_uri);

/* What a route does with a body. */
enum bw_docker_takes {
    BW_DOCKER_TAKES_NOTHING,
    BW_DOCKER_TAKES_JSON,     /* and does nothing harmless without */
    BW_DOCKER_TAKES_OPTIONAL, /* JSON that may be left out, and then weighs nothing */
    BW_DOCKER_TAKES_STREAM,   /* a tar archive: never shown to a plugin */
    BW_DOCKER_TAKES_HIDDEN,   /* JSON that the daemon keeps from plugins */
};

struct bw_docker_route {
    const char *method;
    const char *pattern; /* of the path; '*': anything (mux's {name:.*}), '?': one component */
    const char *name;    /* of the route, for policies: stable */
    const char *verb;
    bool read;   /* changes nothing */
    bool hijack; /* the connection becomes a stream both ways, which no plugin sees */
    enum bw_docker_takes takes;
    const struct bw_field *body; /* its type; NULL: any */
};

/* The route, and what stood for the first wildcard; NULL where there is none. */
const struct bw_docker_route *bw_docker_route_find(struct bw_str method, struct bw_str path,
                                                   struct bw_str *ret_id);

const char *bw_docker_takes_name(enum bw_docker_takes takes); /* "none", "json", ... */

/* Types of bodies. */
extern const struct bw_field bw_docker_body_exec, bw_docker_body_exec_start, bw_docker_body_volume,
    bw_docker_body_volume_update, bw_docker_body_network, bw_docker_body_connect,
    bw_docker_body_disconnect, bw_docker_body_privileges, bw_docker_body_strings,
    bw_docker_body_service, bw_docker_body_swarm_init, bw_docker_body_swarm_join,
    bw_docker_body_swarm, bw_docker_body_unlock, bw_docker_body_secret, bw_docker_body_node,
    bw_docker_body_checkpoint, bw_docker_body_copy;

/* Adds the Pod view of object `of`, whose containers are those of a service's specification. */
void bw_docker_service_view(struct bw_reading *reading, struct bw_docker_follow *follow,
                            struct bw_value service, uint32_t of);

#endif
