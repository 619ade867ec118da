/*
 * docker-follow.h: what a container of Docker's names and does not say: volumes, other containers,
 * images, networks.
 *
 * The answer of the daemon to `GET PATH` is asked for as another file of the document (document.h),
 * whose path is PATH: "/volumes/data", "/containers/web/json", "/images/nginx:1/json",
 * "/networks/shop". A file that is `missing` is one that the daemon has no such thing for (404). A
 * document that brings its own references, path by path, asks nobody: null is what there is not,
 * and a path that it does not have is not known.
 *
 * Names are the caller's, and hostile: one that the daemon takes for none of its own is never asked
 * for.
 */
#ifndef BW_EXTRACT_DOCKER_FOLLOW_H
#define BW_EXTRACT_DOCKER_FOLLOW_H

#include "base/value.h"
#include "extract/document.h"

/* Things that one document asks about. */
#define BW_DOCKER_ASKS_MAX 64u

/* Containers that lend each other their namespaces, one to the next. */
#define BW_DOCKER_LENT_MAX 8u

enum bw_docker_thing {
    BW_DOCKER_THING_VOLUME,
    BW_DOCKER_THING_CONTAINER,
    BW_DOCKER_THING_IMAGE,
    BW_DOCKER_THING_NETWORK,
};

struct bw_docker_asked {
    struct bw_str path;
    struct bw_value answer;
};

/* Begin with reading and, where the document brings its own, references. */
struct bw_docker_follow {
    struct bw_reading *reading;
    struct bw_value references; /* a MAP, or ABSENT: files are asked for */
    struct bw_docker_asked asked[BW_DOCKER_ASKS_MAX];
    unsigned asked_n;
    bool full; /* a gap has said so */
};

/* What the daemon says of it, its fields of the types that the daemon gives them: a MAP; ABSENT
 * where there is none of that name; UNKNOWN (class missing) where it is not known, with a blocking
 * gap where it never will be: a name that is none, more than BW_DOCKER_ASKS_MAX of them, an answer
 * that is no JSON. `follow` may be NULL: nothing is known then. */
struct bw_value bw_docker_ask(struct bw_docker_follow *follow, enum bw_docker_thing thing,
                              struct bw_str name);

/* A mode of a namespace: of "container:X" the mode that X has in `field` of its HostConfig, so that
 * what is left is no other container's; UNKNOWN where that is not known. */
struct bw_value bw_docker_lent_mode(struct bw_docker_follow *follow, const char *field,
                                    struct bw_value mode);

#endif
