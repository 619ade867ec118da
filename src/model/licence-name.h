/*
 * licence-name.h: from what somebody calls a single licence to its SPDX id; private to the licence
 * files of src/model.
 */
#ifndef BW_MODEL_LICENCE_NAME_H
#define BW_MODEL_LICENCE_NAME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/str.h"

/* A longer name is none. */
#define BW_LICENCE_NAME_MAX 256u

/*
 * What is compared: "Apache License, Version 2.0" and "apache-2" have the key "apache2". Lower
 * case; only letters, digits, '.' and '+' stay; the words the, license, licence, version and
 * software go, as a 'v' before a digit and ".0" behind a number; ">=" anywhere is a '+' at the end.
 * out has BW_LICENCE_NAME_MAX + 2 bytes; the empty slice for a name that is too long.
 */
struct bw_str bw_licence_key(struct bw_str name, char *out);

/* The id, or the expression, that a name stands for; p is NULL where it is not known or the arena
 * is full. LicenseRef- names are kept; *ret_listed tells whether SPDX lists it. */
struct bw_str bw_licence_name(struct bw_str name, struct bw_arena *arena, bool *ret_listed);

/* The id of an exception; p is NULL where it is not known. */
struct bw_str bw_licence_exception(struct bw_str name);

/* "LicenseRef-" and the name, with what SPDX does not allow in one replaced; p is NULL when the
 * arena is full. */
struct bw_str bw_licence_ref(struct bw_str name, struct bw_arena *arena);

#endif
