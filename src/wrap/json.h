/*
 * json.h: reading and writing JSON (RFC 8259), by yyjson.
 *
 * Reading is strict (but see BW_JSON_RELAXED): no comments, no trailing commas, no bytes that are
 * not UTF-8, no lone surrogates, nothing after the value. The reader and every function here work
 * without recursion, so depth costs no stack; memory is bounded by the length of the text
 * (BW_JSON_TEXT_MAX, at most about 13 bytes a byte). Who recurses over values bounds the depth.
 *
 * A value is a `const struct bw_json *` that lives as long as its document. Every accessor takes
 * NULL ("not there") and a value of another type, so that paths chain without checks:
 *     bw_json_string(bw_json_get(bw_json_get(root, BW_STR("package")), BW_STR("name")))
 */
#ifndef BW_WRAP_JSON_H
#define BW_WRAP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Longest text read. */
#define BW_JSON_TEXT_MAX ((size_t)256 << 20)

/* Deepest nesting that the writer writes. */
#define BW_JSON_WRITE_DEPTH_MAX 192u

struct bw_json;      /* a value */
struct bw_json_doc;  /* a parsed text, owner of its values */
struct bw_json_pool; /* memory kept from document to document */

enum bw_json_type {
    BW_JSON_ABSENT, /* of NULL */
    BW_JSON_NULL,
    BW_JSON_BOOL,
    BW_JSON_NUMBER,
    BW_JSON_STRING,
    BW_JSON_ARRAY,
    BW_JSON_OBJECT,
};

/* --- reading --- */

/* For many documents one after the other: memory of a freed document serves the next one. Any
 * number of documents may live in it at a time. Not thread-safe. NULL when memory is short. */
struct bw_json_pool *bw_json_pool_new(void) BW_MUST_USE;
void bw_json_pool_free(struct bw_json_pool *pool); /* takes NULL; after its documents */
void bw_json_pool_freep(struct bw_json_pool **pool);

/* Parse in place: the text is not copied but written over, strings are slices of it, and it
 * outlives the document. BW_JSON_PADDING zero bytes stand behind text.n. */
#define BW_JSON_IN_PLACE 1u
#define BW_JSON_PADDING  4u

/* Allow comments and a comma behind the last element (JSONC). */
#define BW_JSON_RELAXED 2u

/* Parses a text. Without BW_JSON_IN_PLACE the text may go away afterwards. pool may be NULL.
 * BW_EFORMAT with the byte offset in the message, BW_ELIMIT over BW_JSON_TEXT_MAX, BW_ENOMEM. */
int bw_json_parse(struct bw_json_doc **ret_doc, struct bw_str text, struct bw_json_pool *pool,
                  unsigned flags, struct bw_err *err) BW_MUST_USE;
void bw_json_free(struct bw_json_doc *doc);   /* takes NULL */
void bw_json_freep(struct bw_json_doc **doc); /* for BW_CLEANUP */

/* The value a text consists of; never NULL. */
const struct bw_json *bw_json_root(const struct bw_json_doc *doc);

enum bw_json_type bw_json_type(const struct bw_json *value);

/* The member of an object; of several with the same key the last one, as Go's encoding/json keeps
 * it. Linear. NULL where there is none. */
const struct bw_json *bw_json_get(const struct bw_json *object, struct bw_str key);

/* The bytes of a string, which may hold NUL; p is NULL for anything else, and never for a string.
 */
struct bw_str bw_json_string(const struct bw_json *value);

/* true only for the literal true. */
bool bw_json_is_true(const struct bw_json *value);

/* false where the value is no integer of that range; 1.0 and 1e3 are no integers here. */
bool bw_json_u64(const struct bw_json *value, uint64_t *ret_value);
bool bw_json_i64(const struct bw_json *value, int64_t *ret_value);

/* Any number. */
bool bw_json_double(const struct bw_json *value, double *ret_value);

/* Elements of an array, members of an object (duplicates count), else 0. */
size_t bw_json_size(const struct bw_json *value);

/*
 * Elements of an array or members of an object in the order of the text; nothing for another type.
 *     struct bw_json_iter it = bw_json_iter(object);
 *     for (const struct bw_json *value; (value = bw_json_next(&it));)
 *         ... it.key ...
 */
struct bw_json_iter {
    struct bw_str key; /* of the member last returned; p is NULL in an array */
    const struct bw_json *at;
    size_t left;
    bool object;
};
struct bw_json_iter bw_json_iter(const struct bw_json *value);
const struct bw_json *bw_json_next(struct bw_json_iter *it);

/* --- changing --- */

/*
 * Applies operations (RFC 6902: a list of objects) to a text and appends the result, compact, to a
 * buffer. What the operations leave alone means what it meant: numbers are copied as they are
 * written, members keep their order, duplicates stay. BW_EFORMAT: no valid JSON, or an operation
 * that cannot be applied, by its index; BW_ELIMIT: the buffer is full; BW_ENOMEM.
 */
int bw_json_patch(struct bw_str text, struct bw_str operations, struct bw_buf *buf,
                  struct bw_err *err) BW_MUST_USE;

/* --- writing --- */

/*
 * Appends to a buffer, whose failure (bw_buf_failed) is looked at once at the end. What is written
 * is always valid: bytes that are not UTF-8 become U+FFFD, one for each. Calls that do not nest
 * (a value in an object without a key, an end without a begin, more than
 * BW_JSON_WRITE_DEPTH_MAX levels) are bugs and abort.
 *     struct bw_json_writer w = bw_json_writer(&buf, true);
 *     bw_json_begin_object(&w);
 *     bw_json_member_str(&w, "name", name);
 *     bw_json_key(&w, BW_STR("list")); bw_json_begin_array(&w); ... bw_json_end(&w);
 *     bw_json_end(&w);
 */
struct bw_json_writer {
    struct bw_buf *buf;
    bool pretty; /* two blanks a level, a line a member, and a final newline */
    bool keyed;  /* a key waits for its value */
    unsigned depth;
    /* A bit a level: it is an object; it has an element. */
    uint64_t objects[BW_JSON_WRITE_DEPTH_MAX / 64], filled[BW_JSON_WRITE_DEPTH_MAX / 64];
};
struct bw_json_writer bw_json_writer(struct bw_buf *buf, bool pretty);

void bw_json_begin_object(struct bw_json_writer *w);
void bw_json_begin_array(struct bw_json_writer *w);
void bw_json_end(struct bw_json_writer *w); /* of the innermost object or array */
void bw_json_key(struct bw_json_writer *w, struct bw_str key);

void bw_json_put_str(struct bw_json_writer *w, struct bw_str s);
void bw_json_put_u64(struct bw_json_writer *w, uint64_t value);
void bw_json_put_i64(struct bw_json_writer *w, int64_t value);
void bw_json_put_double(struct bw_json_writer *w, double value); /* not finite: null */
void bw_json_put_bool(struct bw_json_writer *w, bool value);
void bw_json_put_null(struct bw_json_writer *w);
/* A value that is JSON already, as it stands. */
void bw_json_put_raw(struct bw_json_writer *w, struct bw_str json);
/* A value of a document. The buffer fails where memory is short. */
void bw_json_put_value(struct bw_json_writer *w, const struct bw_json *value);

/* A key and its value. */
void bw_json_member_str(struct bw_json_writer *w, const char *key, struct bw_str s);
void bw_json_member_u64(struct bw_json_writer *w, const char *key, uint64_t value);
void bw_json_member_i64(struct bw_json_writer *w, const char *key, int64_t value);
void bw_json_member_bool(struct bw_json_writer *w, const char *key, bool value);

/* A string literal with its quotes, as the writer escapes it, without a writer. */
void bw_json_quote(struct bw_buf *buf, struct bw_str s);

#endif
