/*
 * url.h: URLs as Go's net/url reads them (RFC 3986, with its leniencies); for the files of src/cel/
 * alone.
 */
#ifndef BW_CEL_URL_H
#define BW_CEL_URL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct bw_url {
    struct bw_str scheme; /* lower case */
    struct bw_str host;   /* with the port, and with the brackets of an IPv6 address; unescaped */
    struct bw_str path;   /* escaped */
    struct bw_str query;  /* as it stands, behind the question mark */
};

/* Why the text is no absolute URI or absolute path (what stands in the first line of a request), or
 * NULL. A literal. */
const char *bw_url_check(struct bw_str text, struct bw_arena *arena);

/* As bw_url_check(), and what it says; a fragment is cut off. What is not as it stands in the text
 * lies in the arena. */
const char *bw_url_read(struct bw_str text, struct bw_arena *arena, struct bw_url *ret_url);

struct bw_str bw_url_hostname(struct bw_str host); /* without port and brackets */
struct bw_str bw_url_port(struct bw_str host);     /* empty where there is none */

/* Undoes the escapes of a query's key or value, where + is a space. p is NULL where an escape is
 * broken or memory is short. */
struct bw_str bw_url_unescape_query(struct bw_str s, struct bw_arena *arena);

#endif
