#include "model/wire-subject.h"

#include "base/map.h"
#include "model/wire-parts.h"

#define FORM 1u

/* A layer, an installed package, a secret and so on: the fewest bytes that one takes. */
#define ELEMENT_MIN 4u

/* --- put --- */

struct writer {
    struct bw_buf *buf;
    const struct bw_subject *subject;
    struct bw_map packages; /* the pointer, as bytes -> the installed package */
};

static bool index_packages(struct writer *w)
{
    for (size_t i = 0; i < w->subject->packages_n; i++) {
        struct bw_installed_package *p = &w->subject->packages[i];
        struct bw_map_item *item =
            bw_map_at(&w->packages, bw_str_n(&p->package, sizeof p->package));
        if (!item)
            return false;
        item->value = p;
    }
    return true;
}

/* The index of an owner + 1; 0 is none. */
static void put_owner(const struct writer *w, const struct bw_package *package)
{
    const struct bw_installed_package *p =
        package ? bw_map_get(&w->packages, bw_str_n(&package, sizeof package)) : NULL;
    bw_put_u64(w->buf, p ? (size_t)(p - w->subject->packages) + 1 : 0);
}

static void put_package(struct bw_buf *buf, const struct bw_package *package)
{
    struct bw_package without = *package;
    without.files = (struct bw_strs){0};
    without.records = NULL;
    bw_put_package(buf, &without);
}

static void put_layers(const struct writer *w)
{
    bw_put_count(w->buf, w->subject->layers_n);
    for (size_t i = 0; i < w->subject->layers_n; i++) {
        const struct bw_layer *layer = &w->subject->layers[i];
        bw_put_str(w->buf, layer->digest);
        bw_put_str(w->buf, layer->diff_id);
        bw_put_str(w->buf, layer->created_by);
        bw_put_u64(w->buf, layer->size);
    }
}

static void put_packages(const struct writer *w)
{
    const struct bw_subject *s = w->subject;
    bw_put_count(w->buf, s->packages_n);
    for (size_t i = 0; i < s->packages_n; i++) {
        const struct bw_installed_package *p = &s->packages[i];
        put_package(w->buf, p->package);
        bw_put_u64(w->buf, p->layer);
        bw_put_str(w->buf, p->path);
        bw_put_str(w->buf, p->inner);
        bw_put_u64(w->buf, p->line);
        put_owner(w, p->owner);
    }
}

static void put_removed(const struct writer *w)
{
    bw_put_count(w->buf, w->subject->removed_n);
    for (size_t i = 0; i < w->subject->removed_n; i++) {
        const struct bw_removed_package *p = &w->subject->removed[i];
        put_package(w->buf, p->package);
        bw_put_u64(w->buf, p->installed_in);
        bw_put_u64(w->buf, p->removed_in);
    }
}

static void put_files(const struct writer *w)
{
    bw_put_count(w->buf, w->subject->files_n);
    for (size_t i = 0; i < w->subject->files_n; i++) {
        const struct bw_notable_file *f = &w->subject->files[i];
        bw_put_place(w->buf, &f->place);
        bw_put_u64(w->buf, f->flags);
        bw_put_file(w->buf, f->file);
        bw_buf_byte(w->buf, f->elf != NULL);
        if (f->elf)
            bw_put_elf(w->buf, f->elf);
        put_owner(w, f->owner);
        bw_put_str(w->buf, f->what);
    }
}

static void put_secrets(const struct writer *w)
{
    bw_put_count(w->buf, w->subject->secrets_n);
    for (size_t i = 0; i < w->subject->secrets_n; i++) {
        const struct bw_kept_secret *s = &w->subject->secrets[i];
        bw_put_place(w->buf, &s->place);
        bw_put_secret(w->buf, s->secret);
        bw_buf_byte(w->buf, s->deleted);
        bw_put_u64(w->buf, s->deleted_in);
    }
}

static void put_base(const struct writer *w)
{
    const struct bw_base_image *base = &w->subject->base;
    bw_put_str(w->buf, base->name);
    bw_put_str(w->buf, base->digest);
    bw_put_str(w->buf, base->how);
    bw_put_u64(w->buf, base->layers_n);
}

void bw_wire_put_subject(struct bw_buf *buf, const struct bw_subject *subject)
{
    struct writer w = {buf, subject, BW_MAP(subject->packages_n)};
    buf->failed |= !index_packages(&w);
    bw_put_u64(buf, FORM);
    bw_put_u64(buf, subject->kind);
    bw_put_str(buf, subject->name);
    bw_put_str(buf, subject->source);
    bw_put_str(buf, subject->digest);
    bw_put_str(buf, subject->platform);
    bw_put_strs(buf, subject->tags);
    put_layers(&w);
    bw_put_distribution(buf, &subject->distribution);
    put_packages(&w);
    put_removed(&w);
    put_files(&w);
    bw_put_u64(buf, subject->files_seen);
    bw_put_u64(buf, subject->files_owned);
    bw_put_u64(buf, subject->files_checked);
    put_secrets(&w);
    bw_buf_byte(buf, subject->looked_for_secrets);
    bw_buf_byte(buf, subject->looked_at_files);
    bw_put_config(buf, &subject->run);
    bw_put_strs(buf, subject->history);
    bw_put_str(buf, subject->created);
    bw_put_str(buf, subject->config_digest);
    bw_put_strs(buf, subject->annotation_keys);
    bw_put_strs(buf, subject->annotation_values);
    put_base(&w);
    bw_map_free(&w.packages);
}

/* --- get --- */

static uint32_t take_layer(struct bw_wire_cursor *c, const struct bw_subject *s)
{
    uint64_t layer = bw_take_u64(c);
    if (!c->status && layer && layer >= s->layers_n && layer != UINT32_MAX)
        bw_wire_refuse(c, "no such layer");
    return (uint32_t)layer;
}

static const struct bw_package *take_owner(struct bw_wire_cursor *c, const struct bw_subject *s)
{
    uint64_t index = bw_take_below(c, s->packages_n + 1, "no such package");
    return index && s->packages ? s->packages[index - 1].package : NULL;
}

static void take_layers(struct bw_wire_cursor *c, struct bw_subject *s)
{
    size_t n = bw_take_count(c, ELEMENT_MIN);
    s->layers = bw_take_array(c, n, sizeof *s->layers);
    s->layers_n = n;
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_layer layer = {.digest = bw_take_str(c)};
        layer.diff_id = bw_take_str(c);
        layer.created_by = bw_take_str(c);
        layer.size = bw_take_u64(c);
        if (s->layers)
            s->layers[i] = layer;
    }
}

static struct bw_package *take_package(struct bw_wire_cursor *c)
{
    struct bw_package package = {0};
    bw_take_package(c, &package);
    struct bw_package *kept = bw_take_array(c, 1, sizeof *kept);
    if (kept)
        *kept = package;
    return kept;
}

/* Owners may stand behind what they own, so the packages come first into their places. */
static void take_packages(struct bw_wire_cursor *c, struct bw_subject *s)
{
    size_t n = bw_take_count(c, ELEMENT_MIN);
    s->packages = bw_take_array(c, n, sizeof *s->packages);
    s->packages_n = n;
    uint32_t *owners = bw_take_array(c, n, sizeof *owners);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_installed_package p = {.package = take_package(c)};
        p.layer = take_layer(c, s);
        p.path = bw_take_str(c);
        p.inner = bw_take_str(c);
        p.line = bw_take_u32(c);
        uint64_t owner = bw_take_below(c, n + 1, "no such package");
        if (!s->packages || !owners)
            continue;
        s->packages[i] = p;
        owners[i] = (uint32_t)owner;
    }
    for (size_t i = 0; s->packages && owners && i < n && !c->status; i++)
        s->packages[i].owner = owners[i] ? s->packages[owners[i] - 1].package : NULL;
}

static void take_removed(struct bw_wire_cursor *c, struct bw_subject *s)
{
    size_t n = bw_take_count(c, ELEMENT_MIN);
    s->removed = bw_take_array(c, n, sizeof *s->removed);
    s->removed_n = n;
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_removed_package p = {.package = take_package(c)};
        p.installed_in = take_layer(c, s);
        p.removed_in = take_layer(c, s);
        if (s->removed)
            s->removed[i] = p;
    }
}

static void take_files(struct bw_wire_cursor *c, struct bw_subject *s)
{
    size_t n = bw_take_count(c, ELEMENT_MIN);
    s->files = bw_take_array(c, n, sizeof *s->files);
    s->files_n = n;
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_notable_file f = {0};
        struct bw_file file = {0};
        struct bw_elf elf = {0};
        bw_take_place(c, &f.place);
        f.flags = bw_take_u32(c);
        bw_take_file(c, &file);
        bool has_elf = bw_take_bool(c);
        if (has_elf)
            bw_take_elf(c, &elf);
        f.owner = take_owner(c, s);
        f.what = bw_take_str(c);
        struct bw_file *kept = bw_take_array(c, 1, sizeof *kept);
        struct bw_elf *kept_elf = has_elf ? bw_take_array(c, 1, sizeof *kept_elf) : NULL;
        if (!s->files || !kept)
            continue;
        *kept = file;
        if (kept_elf)
            *kept_elf = elf;
        f.file = kept;
        f.elf = kept_elf;
        s->files[i] = f;
    }
}

static void take_secrets(struct bw_wire_cursor *c, struct bw_subject *s)
{
    size_t n = bw_take_count(c, ELEMENT_MIN);
    s->secrets = bw_take_array(c, n, sizeof *s->secrets);
    s->secrets_n = n;
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_kept_secret k = {0};
        struct bw_secret secret = {0};
        bw_take_place(c, &k.place);
        bw_take_secret(c, &secret);
        k.deleted = bw_take_bool(c);
        k.deleted_in = bw_take_u32(c);
        struct bw_secret *kept = bw_take_array(c, 1, sizeof *kept);
        if (!s->secrets || !kept)
            continue;
        *kept = secret;
        k.secret = kept;
        s->secrets[i] = k;
    }
}

static void take_base(struct bw_wire_cursor *c, struct bw_base_image *base)
{
    base->name = bw_take_str(c);
    base->digest = bw_take_str(c);
    base->how = bw_take_str(c);
    base->layers_n = bw_take_u32(c);
}

static void take_subject(struct bw_wire_cursor *c, struct bw_subject *s)
{
    *s = (struct bw_subject){0};
    if (bw_take_u64(c) != FORM)
        bw_wire_refuse(c, "another form of a subject");
    s->kind = (enum bw_subject_kind)bw_take_below(c, BW_SUBJECT_DOCUMENTS + 1u, "unknown subject");
    s->name = bw_take_str(c);
    s->source = bw_take_str(c);
    s->digest = bw_take_str(c);
    s->platform = bw_take_str(c);
    s->tags = bw_take_strs(c);
    take_layers(c, s);
    bw_take_distribution(c, &s->distribution);
    take_packages(c, s);
    take_removed(c, s);
    take_files(c, s);
    s->files_seen = bw_take_u64(c);
    s->files_owned = bw_take_u64(c);
    s->files_checked = bw_take_u64(c);
    take_secrets(c, s);
    s->looked_for_secrets = bw_take_bool(c);
    s->looked_at_files = bw_take_bool(c);
    bw_take_config(c, &s->run);
    s->history = bw_take_strs(c);
    s->created = bw_take_str(c);
    s->config_digest = bw_take_str(c);
    bw_take_pairs(c, &s->annotation_keys, &s->annotation_values);
    take_base(c, &s->base);
}

int bw_wire_get_subject(struct bw_str *rest, struct bw_arena *arena, struct bw_subject *ret_subject,
                        struct bw_err *err)
{
    struct bw_subject subject;
    struct bw_wire_cursor first = {.p = (const uint8_t *)rest->p, .n = rest->n, .err = err};
    take_subject(&first, &subject);
    if (first.status)
        return first.status;
    struct bw_str copy = bw_arena_str(arena, bw_str_take(*rest, first.at));
    if (!copy.p)
        return bw_err_set(err, BW_ELIMIT, "no memory left for a subject of %zu bytes", first.at);
    struct bw_wire_cursor second = {
        .p = (const uint8_t *)copy.p, .n = copy.n, .arena = arena, .err = err};
    take_subject(&second, &subject);
    if (second.status)
        return second.status;
    *rest = bw_str_from(*rest, first.at);
    *ret_subject = subject;
    return 0;
}
