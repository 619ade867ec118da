#include "unpack/view.h"

#include <stdlib.h>

#include "base/map.h"

#define PATH_BYTES_MAX 4096u

struct bw_view {
    struct bw_arena *arena;
    struct bw_map paths; /* path -> newest entry */
    size_t entries_n;
    uint32_t order;
};

struct bw_view *bw_view_new(struct bw_arena *arena)
{
    struct bw_view *view = calloc(1, sizeof *view);
    if (!view)
        return NULL;
    view->arena = arena;
    view->paths = BW_MAP(BW_VIEW_ENTRIES_MAX);
    return view;
}

void bw_view_free(struct bw_view *view)
{
    if (!view)
        return;
    bw_map_free(&view->paths);
    free(view);
}

static bool newer(const struct bw_view_entry *a, const struct bw_view_entry *b)
{
    return a->layer != b->layer ? a->layer > b->layer : a->order > b->order;
}

/* Puts an entry where it belongs in the chain that starts at *newest. */
static void insert(struct bw_view_entry **newest, struct bw_view_entry *entry)
{
    while (*newest && newer(*newest, entry))
        newest = &(*newest)->older;
    entry->older = *newest;
    *newest = entry;
}

int bw_view_add(struct bw_view *view, uint32_t layer, struct bw_str path,
                const struct bw_file *file, struct bw_view_entry **ret_entry, struct bw_err *err)
{
    if (view->entries_n >= BW_VIEW_ENTRIES_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u entries in all layers",
                          BW_VIEW_ENTRIES_MAX);
    struct bw_view_entry *entry = bw_arena_alloc(view->arena, sizeof *entry);
    struct bw_map_item *item = entry ? bw_map_at(&view->paths, path) : NULL;
    if (!item)
        return bw_err_set(err, BW_ENOMEM, "no memory left for the entries of the layers");
    *entry =
        (struct bw_view_entry){.layer = layer, .order = view->order++, .path = path, .file = *file};
    struct bw_view_entry *newest = item->value;
    insert(&newest, entry);
    item->value = newest;
    view->entries_n++;
    *ret_entry = entry;
    return 0;
}

int bw_view_arrange(struct bw_view *view, const uint32_t *member_of, uint32_t layers_n,
                    struct bw_err *err)
{
    for (size_t i = 0; i < view->paths.n; i++) {
        struct bw_view_entry *arranged = NULL;
        for (const struct bw_view_entry *e = view->paths.items[i].value; e; e = e->older) {
            for (uint32_t layer = 0; layer < layers_n; layer++) {
                if (member_of[layer] != e->layer)
                    continue;
                struct bw_view_entry *copy = bw_arena_alloc(view->arena, sizeof *copy);
                if (!copy)
                    return bw_err_set(err, BW_ENOMEM, "no memory left for the entries");
                *copy = *e;
                copy->layer = layer;
                insert(&arranged, copy);
            }
        }
        view->paths.items[i].value = arranged;
    }
    return 0;
}

static bool is_mark(const struct bw_view_entry *entry)
{
    return entry->file.type == BW_FILE_WHITEOUT || entry->file.type == BW_FILE_OPAQUE;
}

/* Whether a newer entry at the entry's own path (at_path) or at a directory above it hides it. A
 * directory over a directory is one directory; marks reach the layers below only. */
static bool hides(const struct bw_view_entry *e, const struct bw_view_entry *entry, bool at_path)
{
    if (is_mark(e))
        return e->layer > entry->layer;
    if (e->file.type != BW_FILE_DIRECTORY)
        return true;
    return at_path && entry->file.type != BW_FILE_DIRECTORY;
}

/* Lowers *layer to that of the oldest of the newer entries at a path that hides the entry. */
static void find_hider(const struct bw_view_entry *newest, const struct bw_view_entry *entry,
                       bool at_path, uint32_t *layer)
{
    for (const struct bw_view_entry *e = newest; e && newer(e, entry); e = e->older)
        if (e->layer < *layer && hides(e, entry, at_path))
            *layer = e->layer;
}

bool bw_view_hidden_by(const struct bw_view *view, const struct bw_view_entry *entry,
                       uint32_t *ret_layer)
{
    struct bw_str path = entry->path;
    uint32_t layer = UINT32_MAX;
    find_hider(bw_map_get(&view->paths, path), entry, true, &layer);
    while (path.n) {
        size_t at = bw_str_rfind(path, '/');
        path = bw_str_take(path, at == SIZE_MAX ? 0 : at); /* at last the root, "" */
        find_hider(bw_map_get(&view->paths, path), entry, false, &layer);
    }
    if (layer == UINT32_MAX)
        return false;
    *ret_layer = layer;
    return true;
}

bool bw_view_visible(const struct bw_view *view, const struct bw_view_entry *entry)
{
    uint32_t layer;
    return !is_mark(entry) && !bw_view_hidden_by(view, entry, &layer);
}

const struct bw_view_entry *bw_view_newest(const struct bw_view *view, struct bw_str path)
{
    return bw_map_get(&view->paths, path);
}

size_t bw_view_paths(const struct bw_view *view)
{
    return view->paths.n;
}

struct bw_view_entry *bw_view_path(const struct bw_view *view, size_t i)
{
    return view->paths.items[i].value;
}

static const struct bw_view_entry *visible_at(const struct bw_view *view, struct bw_str path)
{
    for (const struct bw_view_entry *e = bw_map_get(&view->paths, path); e; e = e->older)
        if (bw_view_visible(view, e))
            return e;
    return NULL;
}

/* A resolution under way: `done` is resolved and free of links, `rest` still to walk. */
struct walk {
    char done[PATH_BYTES_MAX + 1];
    size_t done_n;
    char rest[2 * PATH_BYTES_MAX + 2];
    size_t rest_n;
    unsigned links;
};

static bool push_rest(struct walk *walk, struct bw_str front)
{
    if (front.n + 1 + walk->rest_n >= sizeof walk->rest)
        return false;
    memmove(walk->rest + front.n + 1, walk->rest, walk->rest_n);
    if (front.n)
        memcpy(walk->rest, front.p, front.n);
    walk->rest[front.n] = '/';
    walk->rest_n += front.n + 1;
    return true;
}

static struct bw_str pop_component(struct walk *walk, char out[PATH_BYTES_MAX + 1])
{
    struct bw_str rest = bw_str_n(walk->rest, walk->rest_n), part = {0};
    while (part.n == 0 && rest.n)
        if (!bw_str_split(&rest, '/', &part))
            break;
    size_t n = part.n < PATH_BYTES_MAX ? part.n : PATH_BYTES_MAX;
    if (n)
        memcpy(out, part.p, n);
    memmove(walk->rest, rest.n ? rest.p : walk->rest, rest.n);
    walk->rest_n = rest.n;
    return bw_str_n(out, n);
}

static void step_up(struct walk *walk)
{
    size_t at = bw_str_rfind(bw_str_n(walk->done, walk->done_n), '/');
    walk->done_n = at == SIZE_MAX ? 0 : at;
}

static bool step_down(struct walk *walk, struct bw_str part)
{
    if (walk->done_n + 1 + part.n > PATH_BYTES_MAX)
        return false;
    if (walk->done_n)
        walk->done[walk->done_n++] = '/';
    memcpy(walk->done + walk->done_n, part.p, part.n);
    walk->done_n += part.n;
    return true;
}

/* Walks one component. false is a loop. */
static bool advance(const struct bw_view *view, struct walk *walk,
                    const struct bw_view_entry **ret_entry)
{
    char component[PATH_BYTES_MAX + 1];
    struct bw_str part = pop_component(walk, component);
    if (part.n == 0 || bw_str_eq(part, BW_STR(".")))
        return true;
    if (bw_str_eq(part, BW_STR(".."))) {
        step_up(walk);
        return true;
    }
    if (!step_down(walk, part))
        return false;
    const struct bw_view_entry *entry = visible_at(view, bw_str_n(walk->done, walk->done_n));
    *ret_entry = entry;
    if (!entry || entry->file.type != BW_FILE_SYMLINK)
        return true;
    if (++walk->links > BW_VIEW_LINKS_MAX)
        return false;
    if (bw_str_starts(entry->file.link, BW_STR("/")))
        walk->done_n = 0;
    else
        step_up(walk);
    return push_rest(walk, entry->file.link);
}

/* The entry that a hard link shares its bytes with, in the same layer. */
static const struct bw_view_entry *shared(const struct bw_view *view,
                                          const struct bw_view_entry *link)
{
    const struct bw_view_entry *e = link;
    for (unsigned i = 0; i < BW_VIEW_LINKS_MAX && e->file.type == BW_FILE_HARDLINK; i++) {
        const struct bw_view_entry *at = bw_map_get(&view->paths, e->file.link);
        while (at && (at->layer != link->layer || is_mark(at) || at == e))
            at = at->older;
        if (!at)
            return NULL;
        e = at;
    }
    return e->file.type == BW_FILE_REGULAR && e->file.read ? e : NULL;
}

static enum bw_resolution classify(const struct bw_view *view, const struct bw_view_entry **entry,
                                   struct bw_str *path)
{
    const struct bw_view_entry *e = *entry;
    if (!e)
        return BW_RESOLUTION_UNKNOWN;
    if (e->file.type == BW_FILE_HARDLINK) {
        *path = e->file.link;
        *entry = shared(view, e);
        return *entry ? BW_RESOLUTION_FOUND : BW_RESOLUTION_UNREAD;
    }
    if (e->file.type == BW_FILE_REGULAR && !e->file.read)
        return BW_RESOLUTION_UNREAD;
    return BW_RESOLUTION_FOUND;
}

int bw_view_resolve(const struct bw_view *view, struct bw_str path,
                    enum bw_resolution *ret_resolution, struct bw_str *ret_path,
                    const struct bw_view_entry **ret_entry, struct bw_err *err)
{
    struct walk walk = {0};
    const struct bw_view_entry *entry = NULL;
    bool fits = push_rest(&walk, path);
    while (fits && walk.rest_n) {
        entry = NULL;
        fits = advance(view, &walk, &entry);
    }
    struct bw_str at = bw_arena_str(view->arena, bw_str_n(walk.done, walk.done_n));
    if (!at.p)
        return bw_err_set(err, BW_ENOMEM, "no memory left for a path");
    *ret_resolution = fits ? classify(view, &entry, &at) : BW_RESOLUTION_LOOP;
    *ret_path = at;
    *ret_entry = entry;
    return 0;
}
