/*
 * json-glance.h: what a JSON text seems to be, told without parsing it.
 */
#ifndef BW_EXTRACT_JSON_GLANCE_H
#define BW_EXTRACT_JSON_GLANCE_H

#include <stdbool.h>

#include "base/str.h"

/* Whether the outermost object of a text, or the first object in its outermost array, has a member
 * with that key, whatever the case of its ASCII letters. The text need not be valid. Linear. */
bool bw_json_has_key(struct bw_str text, const char *key);

/* How deep its objects and arrays are nested. */
size_t bw_json_depth(struct bw_str text);

#endif
