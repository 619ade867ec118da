#include "wrap/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

_Static_assert(BW_JSON_PADDING >= YYJSON_PADDING_SIZE, "yyjson reads past the text in place");
_Static_assert(BW_JSON_WRITE_DEPTH_MAX % 64 == 0, "a bit a level");

/* struct bw_json is yyjson_val and struct bw_json_doc is yyjson_doc under names of ours; the pool
 * is yyjson's allocator. They are never completed: only their addresses pass through here. */

static const yyjson_val *val(const struct bw_json *value)
{
    return (const yyjson_val *)(const void *)value;
}

static const struct bw_json *json(const yyjson_val *value)
{
    return (const struct bw_json *)(const void *)value;
}

struct bw_json_pool *bw_json_pool_new(void)
{
    return (struct bw_json_pool *)(void *)yyjson_alc_dyn_new();
}

void bw_json_pool_free(struct bw_json_pool *pool)
{
    if (pool)
        yyjson_alc_dyn_free((yyjson_alc *)(void *)pool);
}

void bw_json_pool_freep(struct bw_json_pool **pool)
{
    bw_json_pool_free(*pool);
    *pool = NULL;
}

int bw_json_parse(struct bw_json_doc **ret_doc, struct bw_str text, struct bw_json_pool *pool,
                  unsigned flags, struct bw_err *err)
{
    if (text.n > BW_JSON_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "JSON of %zu bytes is longer than the limit of %zu",
                          text.n, BW_JSON_TEXT_MAX);
    if (text.n == 0)
        return bw_err_set(err, BW_EFORMAT, "no JSON: empty");
    yyjson_read_err bad;
    yyjson_read_flag how = flags & BW_JSON_IN_PLACE ? YYJSON_READ_INSITU : YYJSON_READ_NOFLAG;
    if (flags & BW_JSON_RELAXED)
        how |= YYJSON_READ_ALLOW_COMMENTS | YYJSON_READ_ALLOW_TRAILING_COMMAS;
    /* The cast drops const, which yyjson honours without YYJSON_READ_INSITU. */
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, how,
                                       (const yyjson_alc *)(const void *)pool, &bad);
    if (!doc && bad.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return bw_err_set(err, BW_ENOMEM, "out of memory while reading JSON");
    if (!doc)
        return bw_err_set(err, BW_EFORMAT, "no valid JSON: %s at byte %zu", bad.msg, bad.pos);
    *ret_doc = (struct bw_json_doc *)(void *)doc;
    return 0;
}

void bw_json_free(struct bw_json_doc *doc)
{
    yyjson_doc_free((yyjson_doc *)(void *)doc);
}

void bw_json_freep(struct bw_json_doc **doc)
{
    bw_json_free(*doc);
    *doc = NULL;
}

const struct bw_json *bw_json_root(const struct bw_json_doc *doc)
{
    return json(yyjson_doc_get_root((yyjson_doc *)(uintptr_t)doc));
}

enum bw_json_type bw_json_type(const struct bw_json *value)
{
    switch (yyjson_get_type((yyjson_val *)(uintptr_t)value)) {
    case YYJSON_TYPE_NULL:
        return BW_JSON_NULL;
    case YYJSON_TYPE_BOOL:
        return BW_JSON_BOOL;
    case YYJSON_TYPE_NUM:
        return BW_JSON_NUMBER;
    case YYJSON_TYPE_STR:
        return BW_JSON_STRING;
    case YYJSON_TYPE_ARR:
        return BW_JSON_ARRAY;
    case YYJSON_TYPE_OBJ:
        return BW_JSON_OBJECT;
    default:
        return BW_JSON_ABSENT;
    }
}

const struct bw_json *bw_json_get(const struct bw_json *object, struct bw_str key)
{
    const struct bw_json *found = NULL;
    struct bw_json_iter it = bw_json_iter(object);
    if (!it.object)
        return NULL;
    for (const struct bw_json *value; (value = bw_json_next(&it));)
        if (bw_str_eq(it.key, key))
            found = value;
    return found;
}

struct bw_str bw_json_string(const struct bw_json *value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    return yyjson_is_str(v) ? bw_str_n(unsafe_yyjson_get_str(v), unsafe_yyjson_get_len(v))
                            : (struct bw_str){0};
}

bool bw_json_is_true(const struct bw_json *value)
{
    return yyjson_is_true((yyjson_val *)(uintptr_t)value);
}

bool bw_json_u64(const struct bw_json *value, uint64_t *ret_value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    if (!yyjson_is_uint(v))
        return false;
    *ret_value = unsafe_yyjson_get_uint(v);
    return true;
}

bool bw_json_i64(const struct bw_json *value, int64_t *ret_value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    if (!yyjson_is_int(v) || (yyjson_is_uint(v) && unsafe_yyjson_get_uint(v) > INT64_MAX))
        return false;
    *ret_value = unsafe_yyjson_get_sint(v);
    return true;
}

bool bw_json_double(const struct bw_json *value, double *ret_value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    if (!yyjson_is_num(v))
        return false;
    *ret_value = yyjson_get_num(v);
    return true;
}

size_t bw_json_size(const struct bw_json *value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    return yyjson_is_ctn(v) ? unsafe_yyjson_get_len(v) : 0;
}

struct bw_json_iter bw_json_iter(const struct bw_json *value)
{
    yyjson_val *v = (yyjson_val *)(uintptr_t)value;
    struct bw_json_iter it = {.left = bw_json_size(value), .object = yyjson_is_obj(v)};
    if (it.left)
        it.at = json(unsafe_yyjson_get_first(v));
    return it;
}

const struct bw_json *bw_json_next(struct bw_json_iter *it)
{
    if (it->left == 0)
        return NULL;
    const yyjson_val *v = val(it->at);
    if (it->object) {
        it->key = bw_json_string(it->at);
        v++;
    }
    it->left--;
    it->at = json(unsafe_yyjson_get_next((yyjson_val *)(uintptr_t)v));
    return json(v);
}

/* --- changing --- */

/* Numbers stay the bytes that they are. */
static yyjson_doc *read_raw(struct bw_str text, struct bw_err *err)
{
    yyjson_read_err bad;
    if (text.n == 0 || text.n > BW_JSON_TEXT_MAX) {
        bw_err_set(err, BW_EFORMAT, "no JSON: %s", text.n ? "too long" : "empty");
        return NULL;
    }
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, NULL, &bad);
    if (!doc && bad.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        bw_err_set(err, BW_ENOMEM, "out of memory while reading JSON");
    else if (!doc)
        bw_err_set(err, BW_EFORMAT, "no valid JSON: %s at byte %zu", bad.msg, bad.pos);
    return doc;
}

/* A pointer (RFC 6901) in an operation. */
struct pointer {
    const char *p;
    size_t n;
};

static bool take_pointer(yyjson_val *operation, const char *name, struct pointer *ret_pointer)
{
    yyjson_val *value = yyjson_obj_get(operation, name);
    *ret_pointer = (struct pointer){yyjson_get_str(value), yyjson_get_len(value)};
    return ret_pointer->p != NULL;
}

/* "add" (RFC 6902 section 4.1): a member that is there is replaced, an element is put in front of
 * the one that is there. yyjson's own would put a second member of that name. */
static bool put(yyjson_mut_doc *doc, struct pointer at, yyjson_mut_val *value)
{
    size_t parent = bw_str_rfind(bw_str_n(at.p, at.n), '/');
    if (at.n == 0) {
        yyjson_mut_doc_set_root(doc, value);
        return value != NULL;
    }
    if (parent == SIZE_MAX || !value)
        return false;
    if (yyjson_mut_is_obj(yyjson_mut_doc_ptr_getn(doc, at.p, parent)))
        return yyjson_mut_doc_ptr_setn(doc, at.p, at.n, value);
    return yyjson_mut_is_arr(yyjson_mut_doc_ptr_getn(doc, at.p, parent)) &&
           yyjson_mut_doc_ptr_addn(doc, at.p, at.n, value);
}

static bool replace(yyjson_mut_doc *doc, struct pointer at, yyjson_mut_val *value)
{
    if (at.n == 0)
        return put(doc, at, value);
    return value && yyjson_mut_doc_ptr_replacen(doc, at.p, at.n, value);
}

static bool apply(yyjson_mut_doc *doc, yyjson_val *operation)
{
    yyjson_val *name = yyjson_obj_get(operation, "op");
    yyjson_val *value = yyjson_obj_get(operation, "value");
    yyjson_mut_val *copy = value ? yyjson_val_mut_copy(doc, value) : NULL;
    struct pointer path, from;
    if (!take_pointer(operation, "path", &path))
        return false;
    if (yyjson_equals_str(name, "add"))
        return put(doc, path, copy);
    if (yyjson_equals_str(name, "replace"))
        return replace(doc, path, copy);
    if (yyjson_equals_str(name, "remove"))
        return yyjson_mut_doc_ptr_removen(doc, path.p, path.n) != NULL;
    if (yyjson_equals_str(name, "test"))
        return copy && yyjson_mut_equals(yyjson_mut_doc_ptr_getn(doc, path.p, path.n), copy);
    if (!take_pointer(operation, "from", &from))
        return false;
    if (yyjson_equals_str(name, "move"))
        return put(doc, path, yyjson_mut_doc_ptr_removen(doc, from.p, from.n));
    return yyjson_equals_str(name, "copy") &&
           put(doc, path,
               yyjson_mut_val_mut_copy(doc, yyjson_mut_doc_ptr_getn(doc, from.p, from.n)));
}

static int patch(yyjson_doc *text, yyjson_doc *operations, yyjson_mut_doc *out, struct bw_buf *buf,
                 struct bw_err *err)
{
    yyjson_val *list = yyjson_doc_get_root(operations), *operation;
    size_t i, n, written_n = 0;
    yyjson_mut_doc_set_root(out, yyjson_val_mut_copy(out, yyjson_doc_get_root(text)));
    if (!yyjson_is_arr(list))
        return bw_err_set(err, BW_EFORMAT, "the operations are no list");
    yyjson_arr_foreach(list, i, n, operation)
    {
        if (!apply(out, operation))
            return bw_err_set(err, BW_EFORMAT, "operation %zu cannot be applied", i);
    }
    char *written = yyjson_mut_write_opts(out, YYJSON_WRITE_NOFLAG, NULL, &written_n, NULL);
    if (!written)
        return bw_err_set(err, BW_ENOMEM, "out of memory while changing JSON");
    bw_buf_add(buf, written, written_n);
    free(written);
    if (bw_buf_failed(buf))
        return bw_err_set(err, BW_ELIMIT, "the changed JSON is longer than %zu", buf->max);
    return 0;
}

int bw_json_patch(struct bw_str text, struct bw_str operations, struct bw_buf *buf,
                  struct bw_err *err)
{
    struct bw_err bad = {0};
    yyjson_doc *old = read_raw(text, &bad);
    yyjson_doc *changes = old ? read_raw(operations, &bad) : NULL;
    yyjson_mut_doc *out = changes ? yyjson_mut_doc_new(NULL) : NULL;
    int rc = changes && !out ? bw_err_set(&bad, BW_ENOMEM, "out of memory while changing JSON") : 0;
    if (out)
        rc = patch(old, changes, out, buf, &bad);
    yyjson_mut_doc_free(out);
    yyjson_doc_free(changes);
    yyjson_doc_free(old);
    if (bad.code && err)
        *err = bad;
    return bad.code ? (int)bad.code : rc;
}

/* --- writing --- */

struct bw_json_writer bw_json_writer(struct bw_buf *buf, bool pretty)
{
    return (struct bw_json_writer){.buf = buf, .pretty = pretty};
}

static bool has_bit(const uint64_t *bits, unsigned level)
{
    return bits[level / 64] >> (level % 64) & 1;
}

static void set_bit(uint64_t *bits, unsigned level, bool on)
{
    uint64_t bit = (uint64_t)1 << (level % 64);
    bits[level / 64] = on ? bits[level / 64] | bit : bits[level / 64] & ~bit;
}

static bool in_object(const struct bw_json_writer *w)
{
    return w->depth && has_bit(w->objects, w->depth - 1);
}

static void new_line(struct bw_json_writer *w)
{
    if (!w->pretty)
        return;
    bw_buf_byte(w->buf, '\n');
    for (unsigned i = 0; i < w->depth; i++)
        bw_buf_str(w->buf, BW_STR("  "));
}

/* The comma and the line before an element of the innermost object or array. */
static void separate(struct bw_json_writer *w)
{
    if (w->depth == 0)
        return;
    if (has_bit(w->filled, w->depth - 1))
        bw_buf_byte(w->buf, ',');
    set_bit(w->filled, w->depth - 1, true);
    new_line(w);
}

static void before_value(struct bw_json_writer *w)
{
    if (in_object(w)) {
        assert(w->keyed);
        w->keyed = false;
        return;
    }
    separate(w);
}

static void after_value(struct bw_json_writer *w)
{
    if (w->depth == 0 && w->pretty)
        bw_buf_byte(w->buf, '\n');
}

static void begin(struct bw_json_writer *w, char bracket, bool object)
{
    before_value(w);
    assert(w->depth < BW_JSON_WRITE_DEPTH_MAX);
    set_bit(w->objects, w->depth, object);
    set_bit(w->filled, w->depth++, false);
    bw_buf_byte(w->buf, (uint8_t)bracket);
}

void bw_json_begin_object(struct bw_json_writer *w)
{
    begin(w, '{', true);
}

void bw_json_begin_array(struct bw_json_writer *w)
{
    begin(w, '[', false);
}

void bw_json_end(struct bw_json_writer *w)
{
    assert(w->depth && !w->keyed);
    bool object = in_object(w);
    bool filled = has_bit(w->filled, --w->depth);
    if (filled)
        new_line(w);
    bw_buf_byte(w->buf, object ? '}' : ']');
    after_value(w);
}

void bw_json_key(struct bw_json_writer *w, struct bw_str key)
{
    assert(in_object(w) && !w->keyed);
    separate(w);
    bw_json_quote(w->buf, key);
    bw_buf_str(w->buf, w->pretty ? BW_STR(": ") : BW_STR(":"));
    w->keyed = true;
}

void bw_json_put_raw(struct bw_json_writer *w, struct bw_str text)
{
    before_value(w);
    bw_buf_str(w->buf, text);
    after_value(w);
}

void bw_json_put_value(struct bw_json_writer *w, const struct bw_json *value)
{
    size_t n = 0;
    char *text = yyjson_val_write((yyjson_val *)(uintptr_t)value, YYJSON_WRITE_NOFLAG, &n);
    if (!text)
        w->buf->failed = true;
    bw_json_put_raw(w, text ? bw_str_n(text, n) : BW_STR("null"));
    free(text);
}

void bw_json_put_str(struct bw_json_writer *w, struct bw_str s)
{
    before_value(w);
    bw_json_quote(w->buf, s);
    after_value(w);
}

void bw_json_put_u64(struct bw_json_writer *w, uint64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, value);
    bw_json_put_raw(w, bw_str_n(text, (size_t)n));
}

void bw_json_put_i64(struct bw_json_writer *w, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, value);
    bw_json_put_raw(w, bw_str_n(text, (size_t)n));
}

void bw_json_put_double(struct bw_json_writer *w, double value)
{
    char text[40];
    if (!isfinite(value)) {
        bw_json_put_null(w);
        return;
    }
    /* yyjson's writer gives the shortest text that reads back the same, in every locale. */
    yyjson_val v = {.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL, .uni.f64 = value};
    size_t n = 0;
    char *shortest = yyjson_val_write(&v, YYJSON_WRITE_NOFLAG, &n);
    if (!shortest)
        n = (size_t)snprintf(text, sizeof text, "%.0f", trunc(value));
    bw_json_put_raw(w, bw_str_n(shortest ? shortest : text, n));
    free(shortest);
}

void bw_json_put_bool(struct bw_json_writer *w, bool value)
{
    bw_json_put_raw(w, value ? BW_STR("true") : BW_STR("false"));
}

void bw_json_put_null(struct bw_json_writer *w)
{
    bw_json_put_raw(w, BW_STR("null"));
}

void bw_json_member_str(struct bw_json_writer *w, const char *key, struct bw_str s)
{
    bw_json_key(w, bw_str(key));
    bw_json_put_str(w, s);
}

void bw_json_member_u64(struct bw_json_writer *w, const char *key, uint64_t value)
{
    bw_json_key(w, bw_str(key));
    bw_json_put_u64(w, value);
}

void bw_json_member_i64(struct bw_json_writer *w, const char *key, int64_t value)
{
    bw_json_key(w, bw_str(key));
    bw_json_put_i64(w, value);
}

void bw_json_member_bool(struct bw_json_writer *w, const char *key, bool value)
{
    bw_json_key(w, bw_str(key));
    bw_json_put_bool(w, value);
}

/* Bytes of the UTF-8 sequence at the front of s, 0 where it is none. */
static size_t utf8_sequence(struct bw_str s)
{
    uint8_t first = (uint8_t)s.p[0];
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return s.n >= n && bw_str_is_utf8(bw_str_take(s, n)) ? n : 0;
}

static void quote_special(struct bw_buf *buf, uint8_t c)
{
    static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof short_form; i += 2) {
        if ((uint8_t)short_form[i] == c) {
            bw_buf_byte(buf, '\\');
            bw_buf_byte(buf, (uint8_t)short_form[i + 1]);
            return;
        }
    }
    bw_buf_printf(buf, "\\u%04x", c);
}

void bw_json_quote(struct bw_buf *buf, struct bw_str s)
{
    size_t plain = 0, at = 0;
    bw_buf_byte(buf, '"');
    while (at < s.n) {
        uint8_t c = (uint8_t)s.p[at];
        size_t n = c < 0x80 ? 1 : utf8_sequence(bw_str_from(s, at));
        if (n && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
            at += n;
            continue;
        }
        bw_buf_add(buf, s.p + plain, at - plain);
        if (n)
            quote_special(buf, c);
        else
            bw_buf_str(buf, BW_STR("\\ufffd"));
        plain = ++at;
    }
    bw_buf_add(buf, s.p ? s.p + plain : NULL, at - plain);
    bw_buf_byte(buf, '"');
}
