#include "extract/containerd.h"

#include "base/vec.h"
#include "extract/bolt.h"
#include "wrap/sha256.h"

struct found {
    struct bw_str namespace, name, digest;
};

/* Where the walk is: each bucket's callback walks the one below. */
struct reading {
    struct bw_bolt bolt;
    struct bw_str namespace, name;
    BW_VEC_TYPE(found_vec, struct found) found;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

static bool is_digest(struct bw_str s)
{
    uint8_t ignored[BW_SHA256_SIZE];
    struct bw_str sha256 = BW_STR("sha256:");
    return bw_str_starts(s, sha256) && bw_sha256_parse(bw_str_from(s, sha256.n), ignored);
}

static bool is_name(struct bw_str s)
{
    return s.n && s.n <= BW_CONTAINERD_NAME_MAX && !memchr(s.p, 0, s.n) && bw_str_is_utf8(s);
}

static int in_target(void *ctx, struct bw_str key, struct bw_str value,
                     const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    struct reading *r = ctx;
    if (bucket || !bw_str_eq(key, BW_STR("digest")) || !is_digest(value) || !is_name(r->name) ||
        !is_name(r->namespace))
        return 0;
    struct found *found = BW_VEC_PUSH(&r->found, BW_CONTAINERD_IMAGES_MAX);
    if (!found)
        return bw_err_set(err, BW_ELIMIT, "containerd has more images than the limit of %u",
                          BW_CONTAINERD_IMAGES_MAX);
    *found = (struct found){r->namespace, r->name, value};
    return 0;
}

static int in_image(void *ctx, struct bw_str key, struct bw_str value,
                    const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    (void)value;
    struct reading *r = ctx;
    if (!bucket || !bw_str_eq(key, BW_STR("target")))
        return 0;
    return bw_bolt_each(&r->bolt, *bucket, in_target, r, err);
}

static int in_images(void *ctx, struct bw_str key, struct bw_str value,
                     const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    (void)value;
    struct reading *r = ctx;
    r->name = key;
    return bucket ? bw_bolt_each(&r->bolt, *bucket, in_image, r, err) : 0;
}

static int in_namespace(void *ctx, struct bw_str key, struct bw_str value,
                        const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    (void)value;
    struct reading *r = ctx;
    if (!bucket || !bw_str_eq(key, BW_STR("images")))
        return 0;
    return bw_bolt_each(&r->bolt, *bucket, in_images, r, err);
}

static int in_version(void *ctx, struct bw_str key, struct bw_str value,
                      const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    (void)value;
    struct reading *r = ctx;
    r->namespace = key;
    return bucket ? bw_bolt_each(&r->bolt, *bucket, in_namespace, r, err) : 0;
}

static int in_root(void *ctx, struct bw_str key, struct bw_str value,
                   const struct bw_bolt_bucket *bucket, struct bw_err *err)
{
    (void)value;
    struct reading *r = ctx;
    if (!bucket || !bw_str_eq(key, BW_STR("v1")))
        return 0;
    return bw_bolt_each(&r->bolt, *bucket, in_version, r, err);
}

static int keep(const struct reading *r, struct bw_arena *arena, struct bw_image_document *doc,
                struct bw_err *err)
{
    doc->items = bw_arena_array(arena, r->found.n, sizeof *doc->items);
    for (size_t i = 0; doc->items && i < r->found.n; i++) {
        struct bw_descriptor *item = &doc->items[i];
        struct bw_str *namespace = bw_arena_alloc(arena, sizeof *namespace);
        if (!namespace)
            return no_memory(err);
        *namespace = bw_arena_str(arena, r->found.v[i].namespace);
        item->digest = bw_arena_str(arena, r->found.v[i].digest);
        item->ref_name = bw_arena_str(arena, r->found.v[i].name);
        item->tags = (struct bw_strs){namespace, 1};
        if (!namespace->p || !item->digest.p || !item->ref_name.p)
            return no_memory(err);
    }
    doc->items_n = r->found.n;
    return doc->items ? 0 : no_memory(err);
}

int bw_containerd_parse(struct bw_str bytes, struct bw_arena *arena,
                        struct bw_image_document *ret_document, struct bw_err *err)
{
    struct reading r = {0};
    struct bw_image_document doc = {.kind = BW_DOCUMENT_CONTAINERD};
    int rc = bw_bolt_open(bytes, &r.bolt, err);
    rc = rc ? rc : bw_bolt_each(&r.bolt, bw_bolt_root(&r.bolt), in_root, &r, err);
    rc = rc ? rc : keep(&r, arena, &doc, err);
    BW_VEC_FREE(&r.found);
    if (rc == 0)
        *ret_document = doc;
    return rc;
}
