/*
 * What the top of the layers holds: the distribution, the installed packages with the layer that
 * brought each, and the packages that an earlier layer had and a later one took away.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "extract/parser.h"
#include "scan/target.h"

#define PACKAGES_MAX 1000000u

struct installed {
    const struct bw_package *package;
    const struct bw_scan_fact *fact;
    const struct bw_view_entry *entry; /* the database at the top that lists it */
    uint32_t layer;                    /* the layer that brought this version */
};

struct inventory {
    struct bw_target *target;
    struct bw_arena *arena;
    BW_VEC_TYPE(installed_vec, struct installed) installed;
    BW_VEC_TYPE(removed_vec, struct bw_removed_package) removed;
    struct bw_map names; /* "TYPE NUL NAME NUL ARCH" of what is installed */
    struct bw_map gone;  /* with the version, of what is in `removed` -> its index + 1 */
};

static struct bw_str name_key(struct bw_arena *arena, const struct bw_package *p)
{
    return bw_arena_printf(arena, "%d%c%" BW_STR_F "%c%" BW_STR_F, p->type, 0, BW_STR_A(p->name), 0,
                           BW_STR_A(p->arch));
}

/* Within one file. A member of an archive counts where it is. */
static struct bw_str version_key(struct bw_arena *arena, const struct bw_scan_fact *fact)
{
    const struct bw_package *p = fact->package;
    return bw_arena_printf(arena, "%d%c%" BW_STR_F "%c%" BW_STR_F "%c%" BW_STR_F "%c%" BW_STR_F,
                           p->type, 0, BW_STR_A(p->name), 0, BW_STR_A(p->arch), 0,
                           BW_STR_A(p->version), 0, BW_STR_A(fact->place.inner));
}

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more than %u packages", PACKAGES_MAX);
}

/* The layer that brought the version: down the older states of the same database, as long as they
 * have it. `chain` holds one set of keys for each older state that is a database. */
struct state {
    const struct bw_view_entry *entry;
    struct bw_map packages; /* version keys -> the fact */
};

BW_VEC_TYPE(states, struct state);

static int read_state(struct inventory *inventory, const struct bw_view_entry *entry,
                      struct state *state, struct bw_err *err)
{
    state->entry = entry;
    state->packages = BW_MAP(PACKAGES_MAX);
    for (const struct bw_scan_fact *f = entry->facts; f; f = f->next) {
        if (f->kind != BW_FACT_PACKAGE)
            continue;
        struct bw_str key = version_key(inventory->arena, f);
        struct bw_map_item *item = key.p ? bw_map_at(&state->packages, key) : NULL;
        if (!item)
            return full(err);
        item->value = (void *)(uintptr_t)f;
    }
    return 0;
}

static bool has_packages(const struct bw_view_entry *entry)
{
    for (const struct bw_scan_fact *f = entry->facts; f; f = f->next)
        if (f->kind == BW_FACT_PACKAGE)
            return true;
    return false;
}

/* All states of the database at one path, the newest first. A state without packages counts once
 * another has some: it took them away. */
static int read_states(struct inventory *inventory, const struct bw_view_entry *newest,
                       struct states *states, struct bw_err *err)
{
    bool any = false;
    for (const struct bw_view_entry *e = newest; e; e = e->older)
        any |= has_packages(e);
    for (const struct bw_view_entry *e = newest; any && e; e = e->older) {
        if (e->file.type != BW_FILE_REGULAR || !e->file.read)
            continue;
        struct state *state = BW_VEC_PUSH(states, BW_VIEW_ENTRIES_MAX);
        int rc = state ? read_state(inventory, e, state, err) : full(err);
        if (rc)
            return rc;
    }
    return 0;
}

static int add_installed(struct inventory *inventory, const struct states *states, size_t top,
                         struct bw_err *err)
{
    const struct state *state = &states->v[top];
    for (size_t i = 0; i < state->packages.n; i++) {
        struct installed *slot = BW_VEC_PUSH(&inventory->installed, PACKAGES_MAX);
        if (!slot)
            return full(err);
        slot->fact = state->packages.items[i].value;
        slot->package = slot->fact->package;
        slot->entry = state->entry;
        slot->layer = state->entry->layer;
        for (size_t older = top + 1; older < states->n; older++) {
            if (!bw_map_get(&states->v[older].packages, state->packages.items[i].key))
                break;
            slot->layer = states->v[older].entry->layer;
        }
        struct bw_str key = name_key(inventory->arena, slot->package);
        struct bw_map_item *item = key.p ? bw_map_at(&inventory->names, key) : NULL;
        if (!item)
            return full(err);
        item->value = (void *)(uintptr_t)slot->package;
    }
    return 0;
}

static int add_removed(struct inventory *inventory, const struct state *state, uint32_t removed_in,
                       struct bw_err *err)
{
    for (size_t i = 0; i < state->packages.n; i++) {
        const struct bw_scan_fact *fact = state->packages.items[i].value;
        const struct bw_package *package = fact->package;
        struct bw_str key = name_key(inventory->arena, package);
        if (!key.p)
            return full(err);
        if (bw_map_get(&inventory->names, key))
            continue;
        struct bw_map_item *item = bw_map_at(&inventory->gone, state->packages.items[i].key);
        if (!item)
            return full(err);
        if (item->value)
            continue;
        struct bw_removed_package *gone = BW_VEC_PUSH(&inventory->removed, PACKAGES_MAX);
        if (!gone)
            return full(err);
        *gone = (struct bw_removed_package){
            .package = package, .installed_in = state->entry->layer, .removed_in = removed_in};
        item->value = inventory;
    }
    return 0;
}

static int for_each_database(struct inventory *inventory,
                             int (*visit)(struct inventory *, const struct states *,
                                          struct bw_err *),
                             struct bw_err *err)
{
    const struct bw_view *view = inventory->target->view;
    int rc = 0;
    for (size_t i = 0; i < bw_view_paths(view) && rc == 0; i++) {
        struct states states = {0};
        rc = read_states(inventory, bw_view_path(view, i), &states, err);
        if (rc == 0 && states.n)
            rc = visit(inventory, &states, err);
        for (size_t s = 0; s < states.n; s++)
            bw_map_free(&states.v[s].packages);
        BW_VEC_FREE(&states);
    }
    return rc;
}

static int visit_visible(struct inventory *inventory, const struct states *states,
                         struct bw_err *err)
{
    for (size_t s = 0; s < states->n; s++)
        if (bw_view_visible(inventory->target->view, states->v[s].entry))
            return add_installed(inventory, states, s, err);
    return 0;
}

/* After all databases were seen, so that a package that moved to another database is not removed.
 * Within one layer only the last state ever was. */
static int visit_hidden(struct inventory *inventory, const struct states *states,
                        struct bw_err *err)
{
    int rc = 0;
    for (size_t s = 0; s < states->n && rc == 0; s++) {
        uint32_t by;
        if (bw_view_hidden_by(inventory->target->view, states->v[s].entry, &by) &&
            by > states->v[s].entry->layer)
            rc = add_removed(inventory, &states->v[s], by, err);
    }
    return rc;
}

static int compare_packages(const struct bw_package *a, const struct bw_package *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    int c = bw_str_cmp(a->name, b->name);
    if (c == 0)
        c = bw_str_cmp(a->version, b->version);
    return c ? c : bw_str_cmp(a->arch, b->arch);
}

static int compare_installed(const void *a, const void *b)
{
    const struct installed *x = a, *y = b;
    int c = compare_packages(x->package, y->package);
    if (c == 0)
        c = bw_str_cmp(x->entry->path, y->entry->path);
    return c ? c : bw_str_cmp(x->fact->place.inner, y->fact->place.inner);
}

/* The same package of an operating system from two databases (a copy, a bind of one directory to
 * two names) is one. A package of a language is there as often as it was put somewhere. */
static bool is_same(const struct installed *a, const struct installed *b)
{
    return bw_package_is_os(a->package->type) ? compare_packages(a->package, b->package) == 0
                                              : compare_installed(a, b) == 0;
}

static int compare_removed(const void *a, const void *b)
{
    const struct bw_removed_package *x = a, *y = b;
    return compare_packages(x->package, y->package);
}

static int fill_packages(struct inventory *inventory, struct bw_subject *subject,
                         struct bw_err *err)
{
    size_t n = inventory->installed.n;
    if (n)
        qsort(inventory->installed.v, n, sizeof *inventory->installed.v, compare_installed);
    subject->packages = bw_arena_array(inventory->arena, n, sizeof *subject->packages);
    if (!subject->packages)
        return full(err);
    for (size_t i = 0; i < n; i++) {
        const struct installed *p = &inventory->installed.v[i];
        size_t at = subject->packages_n;
        if (i && is_same(p - 1, p))
            continue;
        subject->packages[at] = (struct bw_installed_package){.package = p->package,
                                                              .layer = p->layer,
                                                              .path = p->entry->path,
                                                              .inner = p->fact->place.inner,
                                                              .line = p->fact->place.line};
        subject->packages_n++;
    }
    return 0;
}

static int fill_removed(struct inventory *inventory, struct bw_subject *subject, struct bw_err *err)
{
    size_t n = inventory->removed.n;
    if (n == 0)
        return 0;
    qsort(inventory->removed.v, n, sizeof *inventory->removed.v, compare_removed);
    subject->removed = bw_arena_array(inventory->arena, n, sizeof *subject->removed);
    if (!subject->removed)
        return full(err);
    memcpy(subject->removed, inventory->removed.v, n * sizeof *subject->removed);
    subject->removed_n = n;
    return 0;
}

static const struct bw_distribution *distribution_at(struct bw_target *target, struct bw_str path,
                                                     int *rc, struct bw_err *err)
{
    enum bw_resolution resolution;
    const struct bw_view_entry *entry;
    struct bw_str at;
    *rc = bw_view_resolve(target->view, path, &resolution, &at, &entry, err);
    if (*rc || resolution != BW_RESOLUTION_FOUND)
        return NULL;
    for (const struct bw_scan_fact *f = entry->facts; f; f = f->next)
        if (f->kind == BW_FACT_DISTRIBUTION && f->distribution->id.n)
            return f->distribution;
    return NULL;
}

/* The first pattern in the order of the parsers' table whose file says what it is. A link to a
 * file that a pattern of another parser names was read by that one. */
static int fill_distribution(struct bw_target *target, struct bw_subject *subject,
                             struct bw_err *err)
{
    int rc = 0;
    for (const struct bw_parser *const *parser = bw_parsers; *parser; parser++) {
        for (const char *const *pattern = (*parser)->paths; *pattern; pattern++) {
            if (strchr(*pattern, '*'))
                continue;
            const struct bw_distribution *found =
                distribution_at(target, bw_str(*pattern), &rc, err);
            if (rc)
                return rc;
            if (found) {
                subject->distribution = *found;
                return 0;
            }
        }
    }
    return 0;
}

int bw_target_inventory(struct bw_target *target, struct bw_subject *subject, struct bw_err *err)
{
    struct inventory inventory = {
        .target = target,
        .arena = target->scan->arena,
        .names = BW_MAP(PACKAGES_MAX),
        .gone = BW_MAP(PACKAGES_MAX),
    };
    int rc = fill_distribution(target, subject, err);
    if (rc == 0)
        rc = for_each_database(&inventory, visit_visible, err);
    if (rc == 0)
        rc = for_each_database(&inventory, visit_hidden, err);
    if (rc == 0)
        rc = fill_packages(&inventory, subject, err);
    if (rc == 0)
        rc = fill_removed(&inventory, subject, err);
    if (rc == 0)
        rc = bw_target_look_at_files(target, subject, err);
    if (rc == 0)
        rc = bw_target_find_secrets(target, subject, err);
    if (rc == 0 && target->scan->options.all_files)
        rc = bw_target_list_files(target, subject, err);
    BW_VEC_FREE(&inventory.installed);
    BW_VEC_FREE(&inventory.removed);
    bw_map_free(&inventory.names);
    bw_map_free(&inventory.gone);
    return rc;
}
