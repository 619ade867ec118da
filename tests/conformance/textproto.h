/*
 * textproto.h: the text form of protocol buffers (protobuf.dev/reference/protobuf/textformat-spec),
 * as much of it as test data needs, without a schema.
 */
#ifndef BW_TESTS_TEXTPROTO_H
#define BW_TESTS_TEXTPROTO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define BW_TEXTPROTO_DEPTH_MAX 64u

/* A field: a scalar, or a message with fields of its own. */
struct bw_textproto {
    struct bw_str name;   /* "[type.googleapis.com/a.B]" with its brackets */
    struct bw_str scalar; /* strings decoded; p is NULL for a message */
    struct bw_textproto *first, *next;
};

/* The fields of a file, as those of *ret_root. */
int bw_textproto_read(struct bw_str text, struct bw_arena *arena, struct bw_textproto *ret_root,
                      struct bw_err *err);

/* The first field of that name, or NULL; takes NULL. */
const struct bw_textproto *bw_textproto_get(const struct bw_textproto *message, const char *name);

/* The next one of the same name. */
const struct bw_textproto *bw_textproto_again(const struct bw_textproto *field);

/* The scalar of a field, or empty. */
struct bw_str bw_textproto_text(const struct bw_textproto *message, const char *name);

#endif
