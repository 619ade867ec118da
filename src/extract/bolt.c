#include "extract/bolt.h"

#include <stdbool.h>

#define MAGIC         0xed0cdaedu
#define VERSION       2u
#define PAGE_HEADER   16u
#define ELEMENT       16u
#define META_SIZE     64u
#define META_SUMMED   56u
#define BUCKET_SIZE   16u
#define PAGE_SIZE_MIN 1024u
#define PAGE_SIZE_MAX (64u << 10)
#define FLAG_BRANCH   1u
#define FLAG_LEAF     2u
#define FLAG_META     4u
#define FLAG_BUCKET   1u

static uint16_t u16_at(struct bw_str s, size_t at)
{
    uint16_t value;
    memcpy(&value, s.p + at, sizeof value);
    return value;
}

static uint32_t u32_at(struct bw_str s, size_t at)
{
    uint32_t value;
    memcpy(&value, s.p + at, sizeof value);
    return value;
}

static uint64_t u64_at(struct bw_str s, size_t at)
{
    uint64_t value;
    memcpy(&value, s.p + at, sizeof value);
    return value;
}

static int bad(struct bw_err *err, const char *what)
{
    return bw_err_set(err, BW_EFORMAT, "bolt database: %s", what);
}

/* --- the two states --- */

static uint64_t fnv1a(struct bw_str s)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        sum = (sum ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    return sum;
}

static bool read_meta(struct bw_str bytes, uint64_t at, struct bw_bolt *ret,
                      uint64_t *ret_transaction)
{
    if (at > bytes.n || bytes.n - at < PAGE_HEADER + META_SIZE)
        return false;
    struct bw_str meta = bw_str_take(bw_str_from(bytes, at + PAGE_HEADER), META_SIZE);
    uint32_t page_size = u32_at(meta, 8);
    if (u32_at(meta, 0) != MAGIC || u32_at(meta, 4) != VERSION ||
        !(u16_at(bytes, at + 8) & FLAG_META) || page_size < PAGE_SIZE_MIN ||
        page_size > PAGE_SIZE_MAX || (page_size & (page_size - 1)) ||
        fnv1a(bw_str_take(meta, META_SUMMED)) != u64_at(meta, META_SUMMED))
        return false;
    *ret_transaction = u64_at(meta, 48);
    *ret = (struct bw_bolt){
        .bytes = bytes,
        .page_size = page_size,
        .root = u64_at(meta, 16),
        .left = bytes.n / ELEMENT,
    };
    return true;
}

int bw_bolt_open(struct bw_str bytes, struct bw_bolt *ret, struct bw_err *err)
{
    struct bw_bolt best = {0}, other;
    uint64_t newest = 0, transaction;
    bool found = read_meta(bytes, 0, &best, &newest);
    for (uint64_t at = PAGE_SIZE_MIN; at <= PAGE_SIZE_MAX; at *= 2) {
        if (!read_meta(bytes, at, &other, &transaction) || other.page_size != at ||
            (found && transaction <= newest))
            continue;
        best = other;
        newest = transaction;
        found = true;
    }
    if (!found)
        return bad(err, "neither of its first pages is whole");
    *ret = best;
    return 0;
}

struct bw_bolt_bucket bw_bolt_root(const struct bw_bolt *bolt)
{
    return (struct bw_bolt_bucket){.root = bolt->root};
}

/* --- pages --- */

/* A page with what overflows it. */
static int page_at(const struct bw_bolt *bolt, uint64_t id, struct bw_str *ret, struct bw_err *err)
{
    uint64_t pages = bolt->bytes.n / bolt->page_size;
    if (id < 2 || id >= pages)
        return bad(err, "a page lies outside the file");
    struct bw_str rest = bw_str_from(bolt->bytes, id * bolt->page_size);
    uint64_t more = u32_at(rest, 12);
    if (more >= pages - id)
        return bad(err, "a page is longer than the file");
    *ret = bw_str_take(rest, (more + 1) * bolt->page_size);
    return 0;
}

static int check_page(struct bw_bolt *bolt, struct bw_str page, struct bw_err *err)
{
    if (page.n < PAGE_HEADER)
        return bad(err, "a page is cut off");
    uint16_t flags = u16_at(page, 8), count = u16_at(page, 10);
    if (flags != FLAG_BRANCH && flags != FLAG_LEAF)
        return bad(err, "a page is of another kind than its place demands");
    if (count > (page.n - PAGE_HEADER) / ELEMENT)
        return bad(err, "a page has more elements than room");
    if (bolt->left == 0)
        return bad(err, "its pages form a circle");
    bolt->left--;
    return 0;
}

/* A slice of a page, `from` counted from the element at `at`. */
static bool slice(struct bw_str page, size_t at, uint64_t from, uint64_t n, struct bw_str *ret)
{
    struct bw_str rest = bw_str_from(page, at);
    if (from > rest.n || n > rest.n - from)
        return false;
    *ret = bw_str_take(bw_str_from(rest, from), n);
    return true;
}

struct walk {
    struct bw_bolt *bolt;
    int (*each)(void *ctx, struct bw_str key, struct bw_str value,
                const struct bw_bolt_bucket *bucket, struct bw_err *err);
    void *ctx;
    struct bw_err *err;
    struct level {
        struct bw_str page;
        size_t next; /* element */
    } levels[BW_BOLT_DEPTH_MAX];
    unsigned depth;
};

static int enter(struct walk *walk, struct bw_str page)
{
    if (walk->depth == BW_BOLT_DEPTH_MAX)
        return bad(walk->err, "its tree is deeper than the limit");
    int rc = check_page(walk->bolt, page, walk->err);
    if (rc == 0)
        walk->levels[walk->depth++] = (struct level){.page = page};
    return rc;
}

static int visit_leaf(const struct walk *walk, struct bw_str page, size_t at)
{
    struct bw_str key, value;
    uint64_t pos = u32_at(page, at + 4), key_n = u32_at(page, at + 8);
    if (!slice(page, at, pos, key_n, &key) ||
        !slice(page, at, pos + key_n, u32_at(page, at + 12), &value))
        return bad(walk->err, "an element lies outside its page");
    if (!(u32_at(page, at) & FLAG_BUCKET))
        return walk->each(walk->ctx, key, value, NULL, walk->err);
    if (value.n < BUCKET_SIZE)
        return bad(walk->err, "a bucket is cut off");
    struct bw_bolt_bucket bucket = {
        .root = u64_at(value, 0),
        .inside = bw_str_from(value, BUCKET_SIZE),
    };
    return walk->each(walk->ctx, key, (struct bw_str){0}, &bucket, walk->err);
}

/* The next element of the innermost page, or the page's end. */
static int step(struct walk *walk)
{
    struct level *level = &walk->levels[walk->depth - 1];
    struct bw_str page = level->page, child;
    if (level->next == u16_at(page, 10)) {
        walk->depth--;
        return 0;
    }
    if (walk->bolt->left == 0)
        return bad(walk->err, "its elements are met more than once");
    walk->bolt->left--;
    size_t at = PAGE_HEADER + ELEMENT * level->next++;
    if (u16_at(page, 8) == FLAG_LEAF)
        return visit_leaf(walk, page, at);
    int rc = page_at(walk->bolt, u64_at(page, at + 8), &child, walk->err);
    return rc ? rc : enter(walk, child);
}

int bw_bolt_each(struct bw_bolt *bolt, struct bw_bolt_bucket bucket,
                 int (*each)(void *ctx, struct bw_str key, struct bw_str value,
                             const struct bw_bolt_bucket *bucket, struct bw_err *err),
                 void *ctx, struct bw_err *err)
{
    struct walk walk = {.bolt = bolt, .each = each, .ctx = ctx, .err = err};
    struct bw_str page = bucket.inside;
    int rc = bucket.root ? page_at(bolt, bucket.root, &page, err) : 0;
    rc = rc ? rc : enter(&walk, page);
    while (rc == 0 && walk.depth)
        rc = step(&walk);
    return rc;
}
