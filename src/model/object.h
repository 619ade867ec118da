/*
 * object.h: what policies judge: the objects that a document describes.
 *
 * A document (a Dockerfile, a compose file with what it includes, a manifest with many parts, the
 * body of an API call, an OCI config.json) becomes objects. Each is named as Kubernetes names a
 * kind of thing, by group, version and resource, because policies select by these:
 *
 *   - objects of Kubernetes as they stand: "apps"/"v1"/"deployments";
 *   - native ones, group "bulwark.dev", version "v1": "dockerfiles", "images", "composeservices",
 *     "composefiles", "dockercontainers", "dockerrequests", "ociruntimespecs"; their value is the
 * document's own shape (policies/schema/ has a JSON Schema for each);
 *   - views: whatever describes a container is also presented as a Pod (""/"v1"/"pods"), so that a
 *     policy is written once. `view_of` is the object it was made from. Values in a view keep the
 *     places of what they were made from.
 *
 * A view does not lie: an engine's default is written in and marked BW_VALUE_DEFAULT, and what the
 * form cannot say, or does not, is UNKNOWN.
 */
#ifndef BW_MODEL_OBJECT_H
#define BW_MODEL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"

#define BW_OBJECT_GROUP "bulwark.dev" /* of native kinds */

/* Objects of one document, and files that one is made of. */
#define BW_DOCUMENT_OBJECTS_MAX 100000u
#define BW_DOCUMENT_FILES_MAX   1000u
#define BW_DOCUMENT_IGNORES_MAX 100000u

/* What a document is written in. Part of the wire form: append only. */
enum bw_syntax {
    BW_SYNTAX_MANIFEST, /* Kubernetes YAML or JSON */
    BW_SYNTAX_DOCKERFILE,
    BW_SYNTAX_COMPOSE,
    BW_SYNTAX_DOCKER_CREATE,  /* the body of POST /containers/create */
    BW_SYNTAX_DOCKER_INSPECT, /* an element of what `docker inspect` prints */
    BW_SYNTAX_OCI_SPEC,       /* config.json of an OCI runtime bundle */
    BW_SYNTAX_IMAGE,          /* an image's configuration, and what the scanner found in it */
    BW_SYNTAX_DOCKER_REQUEST, /* a request to Docker's API, as an authorization plugin is told */
};
#define BW_SYNTAX_COUNT 8

/* Where a value was written; struct bw_value's `place` is an index into the document's list.
 * Columns count characters, from 1, as lines do; 0 where there are none. */
struct bw_value_place {
    uint32_t file; /* index into the document's files */
    uint32_t line, column;
};

#define BW_OBJECT_NO_VIEW   UINT32_MAX
#define BW_DOCUMENT_NO_FILE UINT32_MAX /* the document stands in no file of its own */

struct bw_object {
    enum bw_syntax syntax;
    uint32_t view_of; /* index of the object in its document that this is a view of, or
                         BW_OBJECT_NO_VIEW */
    struct bw_str group, version, resource; /* "apps", "v1", "deployments" */
    struct bw_str kind;                     /* "Deployment" */
    struct bw_str namespace, name;          /* either may be empty; a view has its origin's */
    bool cluster_scoped; /* it is known to belong to no namespace; else its resource tells */
    uint32_t place;      /* where it begins */
    struct bw_value value;
};

/* A comment, or a file's directive, that says that a finding may stand: "# hadolint ignore=DL3008",
 * "#trivy:ignore:DS-0002", "# check=skip=JSONArgsRecommended", "#checkov:skip=CKV_DOCKER_2:reason",
 * "# bulwark:ignore ID reason". */
struct bw_ignore {
    struct bw_str id;     /* as it stands there; "all" or "*": any */
    struct bw_str reason; /* empty where none was given */
    struct bw_str until;  /* a date, or empty */
    uint32_t file;
    uint32_t line;        /* of the comment */
    uint32_t first, last; /* the lines it is for; 0, 0: the whole file */
};

struct bw_document {
    enum bw_syntax syntax;
    uint32_t file;        /* its own of `files`; as it is read and on the wire it is the first */
    struct bw_str *files; /* paths as the person would write them */
    size_t files_n;
    struct bw_value_place *places; /* places[0] is nowhere */
    size_t places_n;
    struct bw_object *objects; /* a view stands behind its origin */
    size_t objects_n;
    struct bw_ignore *ignores;
    size_t ignores_n;
};

const char *bw_syntax_name(enum bw_syntax syntax); /* "manifest", "dockerfile", ... */

/* Appends a value as JSON. UNKNOWN is {"$unknown": "why"}; an ABSENT value is null; integers and
 * doubles are numbers, bytes base64. */
void bw_object_json(struct bw_value value, bool pretty, struct bw_buf *buf);

/* Files, places, objects and ignores of a document as bytes, and back, in the manner of wire.h:
 * the reader trusts nothing (kinds, counts, depth, indices, UTF-8 of strings, keys that stand
 * once). Maps with keys that are no strings, and values of foreign kinds, stand in no document: the
 * writer fails on them. place_base is added to the places of values and objects (but 0, which is
 * nowhere), so that the places of several documents can stand in one list. BW_EFORMAT on anything
 * malformed, or longer than 256 MiB, BW_ELIMIT when the arena is full, BW_ENOMEM. */
void bw_wire_put_document(struct bw_buf *buf, const struct bw_document *document);
int bw_wire_get_document(struct bw_str *rest, struct bw_arena *arena, uint32_t place_base,
                         struct bw_document *ret_document, struct bw_err *err) BW_MUST_USE;

#endif
