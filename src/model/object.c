#include "model/object.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "wrap/json.h"

_Static_assert(BW_VALUE_DEPTH_MAX + 2 <= BW_JSON_WRITE_DEPTH_MAX, "the deepest tree is written");

const char *bw_syntax_name(enum bw_syntax syntax)
{
    static const char *const names[] = {
        [BW_SYNTAX_MANIFEST] = "manifest",
        [BW_SYNTAX_DOCKERFILE] = "dockerfile",
        [BW_SYNTAX_COMPOSE] = "compose",
        [BW_SYNTAX_DOCKER_CREATE] = "docker-create",
        [BW_SYNTAX_DOCKER_INSPECT] = "docker-inspect",
        [BW_SYNTAX_OCI_SPEC] = "oci-spec",
        [BW_SYNTAX_IMAGE] = "image",
        [BW_SYNTAX_DOCKER_REQUEST] = "docker-request",
    };
    _Static_assert(BW_ARRAY_LEN(names) == BW_SYNTAX_COUNT, "every form has a name");
    return (unsigned)syntax < BW_SYNTAX_COUNT ? names[syntax] : "unknown";
}

/* --- as JSON --- */

static void put_unknown(struct bw_json_writer *w, struct bw_str why)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "$unknown", why);
    bw_json_end(w);
}

static void put_bytes(struct bw_json_writer *w, struct bw_str bytes)
{
    struct bw_buf text = BW_BUF(BW_VALUE_TEXT_MAX * 2);
    bw_base64_write(bytes.p, bytes.n, &text);
    w->buf->failed |= bw_buf_failed(&text);
    bw_json_put_str(w, bw_buf_slice(&text));
    bw_buf_free(&text);
}

static void put_key(struct bw_json_writer *w, struct bw_value key)
{
    char text[24];
    if (key.kind == BW_VALUE_STRING) {
        bw_json_key(w, bw_value_text(key));
        return;
    }
    if (key.kind == BW_VALUE_BOOL)
        snprintf(text, sizeof text, "%s", key.u ? "true" : "false");
    else if (key.kind == BW_VALUE_INT)
        snprintf(text, sizeof text, "%" PRId64, key.i);
    else
        snprintf(text, sizeof text, "%" PRIu64, key.u);
    bw_json_key(w, bw_str(text));
}

static void put_value(struct bw_json_writer *w, struct bw_value value, unsigned depth);

static void put_container(struct bw_json_writer *w, struct bw_value value, unsigned depth)
{
    if (!depth) {
        put_unknown(w, BW_STR("deeper than is written"));
        return;
    }
    bool map = value.kind == BW_VALUE_MAP;
    if (map)
        bw_json_begin_object(w);
    else
        bw_json_begin_array(w);
    for (uint32_t i = 0; i < bw_value_count(value) && !bw_buf_failed(w->buf); i++) {
        if (map)
            put_key(w, value.map->v[i].key);
        put_value(w, map ? value.map->v[i].value : value.list->v[i], depth - 1);
    }
    bw_json_end(w);
}

static void put_value(struct bw_json_writer *w, struct bw_value value, unsigned depth)
{
    switch (value.kind) {
    case BW_VALUE_UNKNOWN:
        put_unknown(w, value.unknown->why);
        break;
    case BW_VALUE_BOOL:
        bw_json_put_bool(w, value.u);
        break;
    case BW_VALUE_INT:
        bw_json_put_i64(w, value.i);
        break;
    case BW_VALUE_UINT:
        bw_json_put_u64(w, value.u);
        break;
    case BW_VALUE_DOUBLE:
        bw_json_put_double(w, value.d);
        break;
    case BW_VALUE_STRING:
        bw_json_put_str(w, bw_value_text(value));
        break;
    case BW_VALUE_BYTES:
        put_bytes(w, bw_value_text(value));
        break;
    case BW_VALUE_LIST:
    case BW_VALUE_MAP:
        put_container(w, value, depth);
        break;
    default: /* ABSENT, NULL, and kinds of others */
        bw_json_put_null(w);
    }
}

void bw_object_json(struct bw_value value, bool pretty, struct bw_buf *buf)
{
    struct bw_json_writer w = bw_json_writer(buf, pretty);
    put_value(&w, value, BW_VALUE_DEPTH_MAX);
}
