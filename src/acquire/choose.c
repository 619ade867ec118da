#include "acquire/choose.h"

#include <sys/utsname.h>

#include "base/buf.h"

/* A list in a message is cut after so many bytes. */
#define LIST_MAX 300u
/* And each of its elements. */
#define SHOWN_MAX 120u

/* uname(2)'s and other people's words for Go's. */
static const struct {
    const char *from, *architecture, *variant;
} architectures[] = {
    {"x86_64", "amd64", ""},  {"x86-64", "amd64", ""},
    {"aarch64", "arm64", ""}, {"i386", "386", ""},
    {"i686", "386", ""},      {"armv7l", "arm", "v7"},
    {"armhf", "arm", "v7"},   {"armv6l", "arm", "v6"},
    {"armel", "arm", "v6"},   {"loongarch64", "loong64", ""},
};

static void use_our_words(struct bw_platform *platform)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(architectures); i++) {
        if (!bw_str_eq(platform->architecture, bw_str(architectures[i].from)))
            continue;
        platform->architecture = bw_str(architectures[i].architecture);
        if (!platform->variant.n)
            platform->variant = bw_str(architectures[i].variant);
        return;
    }
}

/* The machine's name is kept for the life of the process, as slices of it are handed out. */
static struct bw_str machine(void)
{
    static struct utsname name;
    return name.machine[0] || uname(&name) == 0 ? bw_str(name.machine) : BW_STR("x86_64");
}

int bw_platform_parse(const char *text, struct bw_platform *ret, struct bw_err *err)
{
    struct bw_platform platform = {.os = BW_STR("linux"), .architecture = machine()};
    struct bw_str rest = bw_str(text), part[3] = {0};
    size_t n = 0;
    while (n < 3 && bw_str_split(&rest, '/', &part[n])) {
        if (part[n++].n == 0)
            n = 4;
    }
    if (rest.n || n == 4 || (text && n == 0))
        return bw_err_set(err, BW_EUSAGE, "\"%.60s\" is no platform such as linux/arm64", text);
    if (n == 1) {
        platform.architecture = part[0];
    } else if (n > 1) {
        platform.os = part[0];
        platform.architecture = part[1];
        platform.variant = part[2];
    }
    use_our_words(&platform);
    *ret = platform;
    return 0;
}

/* The variant that is meant where none is named (containerd's platforms.Normalize). */
static struct bw_str default_variant(struct bw_str architecture)
{
    return bw_str_eq(architecture, BW_STR("arm64"))   ? BW_STR("v8")
           : bw_str_eq(architecture, BW_STR("arm"))   ? BW_STR("v7")
           : bw_str_eq(architecture, BW_STR("amd64")) ? BW_STR("v1")
                                                      : BW_STR("");
}

static bool same_variant(struct bw_str architecture, struct bw_str a, struct bw_str b)
{
    return bw_str_eq(a.n ? a : default_variant(architecture),
                     b.n ? b : default_variant(architecture));
}

bool bw_platform_fits(const struct bw_platform *wanted, struct bw_str os,
                      struct bw_str architecture, struct bw_str variant)
{
    if (os.n && !bw_str_eq(os, wanted->os))
        return false;
    if (architecture.n && !bw_str_eq(architecture, wanted->architecture))
        return false;
    return !wanted->variant.n || !architecture.n ||
           same_variant(architecture, wanted->variant, variant);
}

struct bw_str bw_platform_text(struct bw_str os, struct bw_str architecture, struct bw_str variant,
                               struct bw_arena *arena)
{
    if (!os.n && !architecture.n)
        return bw_arena_str(arena, BW_STR(""));
    return bw_arena_printf(arena, "%" BW_STR_F "/%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(os),
                           BW_STR_A(architecture), variant.n ? "/" : "", BW_STR_A(variant));
}

static struct bw_str without(struct bw_str s, struct bw_str prefix)
{
    return bw_str_starts(s, prefix) ? bw_str_from(s, prefix.n) : s;
}

/* Splits off the tag; a ':' before the last '/' belongs to the port of a registry. */
static struct bw_str short_name(struct bw_str name, struct bw_str *ret_tag)
{
    name = without(without(name, BW_STR("index.docker.io/")), BW_STR("docker.io/"));
    name = without(name, BW_STR("library/"));
    size_t colon = bw_str_rfind(name, ':'), slash = bw_str_rfind(name, '/');
    bool tagged = colon != SIZE_MAX && (slash == SIZE_MAX || colon > slash);
    *ret_tag = tagged ? bw_str_from(name, colon + 1) : BW_STR("latest");
    return tagged ? bw_str_take(name, colon) : name;
}

bool bw_choose_same_name(struct bw_str a, struct bw_str b)
{
    struct bw_str tag_a, tag_b;
    struct bw_str name_a = short_name(a, &tag_a), name_b = short_name(b, &tag_b);
    return name_a.n && bw_str_eq(name_a, name_b) && bw_str_eq(tag_a, tag_b);
}

static bool is_named(const struct bw_descriptor *item, struct bw_str name)
{
    if (bw_str_eq(name, item->ref_name) || bw_str_eq(name, item->digest))
        return true;
    for (size_t i = 0; i < item->tags.n; i++)
        if (bw_choose_same_name(item->tags.v[i], name))
            return true;
    return item->ref_name.n && bw_choose_same_name(item->ref_name, name);
}

static struct bw_str name_of(const struct bw_descriptor *item)
{
    return item->tags.n ? item->tags.v[0] : item->ref_name.n ? item->ref_name : item->digest;
}

/* An item of an index that may be an image, or lead to one. */
static bool is_image(const struct bw_descriptor *item)
{
    static const char *const types[] = {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    };
    if (item->attestation || bw_str_eq(item->os, BW_STR("unknown")))
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(types); i++)
        if (bw_str_eq(item->media_type, bw_str(types[i])))
            return true;
    return item->media_type.n == 0;
}

/* A list for a message: what `describe` appends of each item that passes `counts`. */
static const char *list(const struct bw_image_document *doc,
                        bool (*counts)(const struct bw_descriptor *),
                        void (*describe)(struct bw_buf *, const struct bw_descriptor *),
                        struct bw_buf *buf)
{
    for (size_t i = 0; i < doc->items_n; i++) {
        if (counts && !counts(&doc->items[i]))
            continue;
        if (buf->n > LIST_MAX) {
            bw_buf_str(buf, BW_STR(", ..."));
            break;
        }
        if (buf->n)
            bw_buf_str(buf, BW_STR(", "));
        describe(buf, &doc->items[i]);
    }
    bw_buf_byte(buf, 0);
    return bw_buf_failed(buf) ? "..." : (const char *)buf->p;
}

/* What a document says, as a message may show it. */
static void show(struct bw_buf *buf, struct bw_str s)
{
    for (size_t i = 0; i < s.n && i < SHOWN_MAX; i++)
        bw_buf_byte(buf, s.p[i] >= ' ' && s.p[i] <= '~' ? (uint8_t)s.p[i] : '?');
}

static void describe_name(struct bw_buf *buf, const struct bw_descriptor *item)
{
    show(buf, name_of(item));
}

static void describe_platform(struct bw_buf *buf, const struct bw_descriptor *item)
{
    struct bw_str architecture = item->architecture.n ? item->architecture : BW_STR("unknown");
    show(buf, item->os.n ? item->os : BW_STR("unknown"));
    bw_buf_byte(buf, '/');
    show(buf, architecture);
    if (item->variant.n) {
        bw_buf_byte(buf, '/');
        show(buf, item->variant);
    }
}

static void describe_type(struct bw_buf *buf, const struct bw_descriptor *item)
{
    show(buf, item->attestation ? BW_STR("an attestation") : item->media_type);
}

static int none_named(const struct bw_image_document *doc, struct bw_str name,
                      bool (*counts)(const struct bw_descriptor *), struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 10);
    return bw_err_set(err, BW_ENOENT, "no image \"%" BW_STR_F "\" in it; there is: %s",
                      BW_STR_A(bw_str_take(name, SHOWN_MAX)),
                      list(doc, counts, describe_name, &buf));
}

static int several(const struct bw_image_document *doc,
                   bool (*counts)(const struct bw_descriptor *), struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 10);
    return bw_err_set(err, BW_EUSAGE, "several images in it; choose one by PATH:NAME of: %s",
                      list(doc, counts, describe_name, &buf));
}

/* How well an item fits: 0 not at all, then what does not say its platform, another variant, the
 * one that is meant. */
static int fitness(const struct bw_platform *wanted, const struct bw_descriptor *item)
{
    if (!item->os.n && !item->architecture.n)
        return 1;
    if (!bw_platform_fits(wanted, item->os, item->architecture, item->variant))
        return 0;
    return same_variant(item->architecture, wanted->variant, item->variant) ? 3 : 2;
}

/* The best of the items that are images and have the name. Two that fit equally well are only then
 * one choice if they have no names to tell them apart (builds of Windows). */
static int best_of(const struct bw_image_document *index, const struct bw_platform *wanted,
                   struct bw_str name, size_t *ret_item, struct bw_err *err)
{
    int best = 0;
    bool tie = false;
    for (size_t i = 0; i < index->items_n; i++) {
        const struct bw_descriptor *item = &index->items[i];
        if (!is_image(item) || (name.n && !is_named(item, name)))
            continue;
        int fit = fitness(wanted, item);
        if (fit > best) {
            best = fit;
            tie = false;
            *ret_item = i;
        } else if (fit && fit == best && !bw_str_eq(item->digest, index->items[*ret_item].digest)) {
            tie |= fit == 1 || !bw_str_eq(name_of(item), item->digest);
        }
    }
    if (tie)
        return several(index, is_image, err);
    if (best)
        return 0;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 10);
    return bw_err_set(
        err, BW_ENOENT,
        "no image for %" BW_STR_F "/%" BW_STR_F " in it; choose with --platform of: %s",
        BW_STR_A(bw_str_take(wanted->os, 40)), BW_STR_A(bw_str_take(wanted->architecture, 40)),
        list(index, is_image, describe_platform, &buf));
}

int bw_choose_manifest(const struct bw_image_document *index, const char *platform,
                       struct bw_str name, size_t *ret_item, struct bw_err *err)
{
    struct bw_platform wanted;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 10);
    size_t images = 0, named = 0, only = 0, item = 0;
    int rc = bw_platform_parse(platform, &wanted, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < index->items_n; i++) {
        if (!is_image(&index->items[i]))
            continue;
        images++;
        if (name.n && !is_named(&index->items[i], name))
            continue;
        named++;
        only = i;
    }
    if (images == 0)
        return bw_err_set(err, BW_ENOENT, "no image in the index%s%s",
                          index->items_n ? ", only: " : ", which is empty",
                          index->items_n ? list(index, NULL, describe_type, &buf) : "");
    if (named == 0)
        return none_named(index, name, is_image, err);
    if (named == 1 && !platform)
        item = only;
    else
        rc = best_of(index, &wanted, name, &item, err);
    if (rc == 0)
        *ret_item = item;
    return rc;
}

int bw_choose_archived(const struct bw_image_document *archive, struct bw_str name,
                       size_t *ret_item, struct bw_err *err)
{
    size_t found = 0, item = 0;
    for (size_t i = 0; i < archive->items_n; i++) {
        if (name.n && !is_named(&archive->items[i], name))
            continue;
        found++;
        item = i;
    }
    if (archive->items_n == 0)
        return bw_err_set(err, BW_ENOENT, "no image in manifest.json, which is empty");
    if (found == 0)
        return none_named(archive, name, NULL, err);
    if (found > 1 && !name.n)
        return several(archive, NULL, err);
    *ret_item = item;
    return 0;
}
