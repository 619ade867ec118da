/*
 * facts-objects.h: the objects that policies see, printed.
 */
#ifndef BW_CLI_FACTS_OBJECTS_H
#define BW_CLI_FACTS_OBJECTS_H

#include "base/buf.h"
#include "scan/scan.h"
#include "wrap/json.h"

/* Control characters of hostile names do not reach the terminal. */
void bw_facts_put_clean(struct bw_buf *buf, struct bw_str s);

/* The member "objects" of a JSON object: each with its names, place and value. */
void bw_facts_put_objects(struct bw_json_writer *w, const struct bw_objects *objects);

/* A line an object: syntax, kind, namespace/name, place; separated by tabs. */
void bw_facts_list_objects(struct bw_buf *buf, const struct bw_objects *objects);

#endif
