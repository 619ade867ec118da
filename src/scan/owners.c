#include "scan/owners.h"

#include <stdlib.h>

/* Directories deeper than this stand as they are: no link is looked for in them. */
#define DEPTH_MAX  64u
#define OWNED_MAX  BW_VIEW_ENTRIES_MAX
#define OWNERS_MAX 2000000u

/* A package while facts are joined with it. */
struct joined {
    struct bw_package *package; /* of this scan's own arena */
    bool listed;                /* a fact without records has named all its files */
    size_t more;                /* files in facts with records */
};

struct join {
    struct bw_owners *owners;
    struct bw_target *target;
    struct bw_arena *arena;
    struct joined *joined;
    size_t joined_n;
    struct bw_map names; /* "NAME" and "NAME:ARCH" of dpkg's packages -> struct joined */
};

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for the files of packages");
}

/* --- paths with links followed --- */

static struct bw_str parent_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return bw_str_take(path, slash == SIZE_MAX ? 0 : slash);
}

static struct bw_str name_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

/* Where the link at a path leads, which need not be one. */
static int follow(struct bw_owners *o, struct bw_str path, struct bw_str *ret_path,
                  struct bw_err *err)
{
    const struct bw_view *view = o->target->view;
    *ret_path = path;
    for (const struct bw_view_entry *e = bw_view_newest(view, path); e; e = e->older) {
        if (e->file.type != BW_FILE_SYMLINK || !bw_view_visible(view, e))
            continue;
        enum bw_resolution resolution;
        const struct bw_view_entry *end;
        struct bw_str at;
        int rc = bw_view_resolve(view, path, &resolution, &at, &end, err);
        if (rc == 0 && resolution != BW_RESOLUTION_LOOP)
            *ret_path = at;
        return rc;
    }
    return 0;
}

static int joined_path(struct bw_owners *o, struct bw_str dir, struct bw_str path,
                       struct bw_str *ret_path, struct bw_err *err)
{
    struct bw_str name = name_of(path);
    if (bw_str_eq(dir, parent_of(path)))
        *ret_path = path;
    else if (dir.n == 0)
        *ret_path = name;
    else
        *ret_path = bw_arena_printf(o->target->scan->arena, "%" BW_STR_F "/%" BW_STR_F,
                                    BW_STR_A(dir), BW_STR_A(name));
    return ret_path->p ? 0 : full(err);
}

/* By its parent, so that each directory is looked at once. */
static int real_directory(struct bw_owners *o, struct bw_str dir, unsigned depth,
                          struct bw_str *ret_dir, struct bw_err *err)
{
    const struct bw_str *known = bw_map_get(&o->dirs, dir);
    *ret_dir = known ? *known : dir;
    if (known || dir.n == 0 || depth == DEPTH_MAX)
        return 0;
    struct bw_str parent, path = {0};
    int rc = real_directory(o, parent_of(dir), depth + 1, &parent, err);
    if (rc == 0)
        rc = joined_path(o, parent, dir, &path, err);
    if (rc == 0)
        rc = follow(o, path, ret_dir, err);
    if (rc)
        return rc;
    struct bw_str *kept = bw_scan_keep(o->target->scan->arena, ret_dir, 1, sizeof *ret_dir);
    struct bw_map_item *item = kept ? bw_map_at(&o->dirs, dir) : NULL;
    if (!item)
        return full(err);
    item->value = kept;
    return 0;
}

int bw_owners_real_path(struct bw_owners *o, struct bw_str path, struct bw_str *ret_path,
                        struct bw_err *err)
{
    struct bw_str dir = parent_of(path);
    if (!o->at.p || !bw_str_eq(o->at, dir)) {
        int rc = real_directory(o, dir, 0, &o->to, err);
        if (rc)
            return rc;
        o->at = dir;
    }
    return joined_path(o, o->to, path, ret_path, err);
}

/* --- the index --- */

const struct bw_file_record *bw_owned_record(const struct bw_owned *owned)
{
    bool any = owned->package && owned->package->records && !owned->disputed;
    return any ? &owned->package->records[owned->file] : NULL;
}

static bool agree(const struct bw_file_record *a, const struct bw_file_record *b)
{
    return a->mode == b->mode && a->digest.algorithm == b->digest.algorithm &&
           memcmp(a->digest.bytes, b->digest.bytes, sizeof a->digest.bytes) == 0;
}

/* Two packages may own a file together (rpm's multilib, one architecture of dpkg beside another).
 * What only one has a record of, it speaks for. */
static void settle(struct bw_owned *first, const struct bw_owned *second)
{
    const struct bw_file_record *a = bw_owned_record(first), *b = bw_owned_record(second);
    bool a_knows = a && a->digest.algorithm, b_knows = b && b->digest.algorithm;
    bool speaks = b_knows && !a_knows && first->package && !first->disputed;
    if (!second->package || speaks)
        *first = *second;
    else if (a_knows && b_knows && !agree(a, b))
        first->disputed = true;
}

static int add_owned(struct bw_owners *o, struct bw_str path, struct bw_owned owned,
                     struct bw_err *err)
{
    struct bw_str real;
    int rc = bw_owners_real_path(o, path, &real, err);
    struct bw_map_item *item = rc ? NULL : bw_map_at(&o->paths, real);
    if (!item || (!item->value && o->owned_n == o->owned_cap))
        return rc ? rc : full(err);
    if (item->value) {
        settle(item->value, &owned);
        return 0;
    }
    o->owned[o->owned_n] = owned;
    item->value = &o->owned[o->owned_n++];
    return 0;
}

static int add_files(struct bw_owners *o, const struct bw_package *package, struct bw_strs files,
                     struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < files.n && rc == 0; i++)
        rc = add_owned(o, files.v[i], (struct bw_owned){.package = package, .file = (uint32_t)i},
                       err);
    return rc;
}

/* A merged /usr that is merged by the file system only in one of the two, the list or the tree. */
static const struct bw_owned *find_merged(struct bw_owners *o, struct bw_str real)
{
    char path[4096];
    static const char *const merged[] = {"bin/", "sbin/", "lib/", "lib64/", "lib32/"};
    const struct bw_str usr = BW_STR("usr/");
    bool below = bw_str_starts(real, usr);
    struct bw_str rest = below ? bw_str_from(real, usr.n) : real;
    for (size_t i = 0; i < BW_ARRAY_LEN(merged); i++) {
        if (!bw_str_starts(rest, bw_str(merged[i])))
            continue;
        if (below)
            return bw_map_get(&o->paths, rest);
        if (real.n + usr.n > sizeof path)
            return NULL;
        memcpy(path, usr.p, usr.n);
        memcpy(path + usr.n, real.p, real.n);
        return bw_map_get(&o->paths, bw_str_n(path, usr.n + real.n));
    }
    return NULL;
}

int bw_owners_find(struct bw_owners *o, struct bw_str path, struct bw_str *ret_path,
                   const struct bw_owned **ret_owned, struct bw_err *err)
{
    int rc = bw_owners_real_path(o, path, ret_path, err);
    if (rc)
        return rc;
    const struct bw_owned *owned = bw_map_get(&o->paths, *ret_path);
    *ret_owned = owned ? owned : find_merged(o, *ret_path);
    return 0;
}

/* --- facts of other files joined with the packages --- */

static int name_packages(struct join *j, const struct bw_subject *subject, struct bw_err *err)
{
    j->joined = calloc(subject->packages_n + 1, sizeof *j->joined);
    if (!j->joined)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the files of packages");
    for (size_t i = 0; i < subject->packages_n; i++) {
        const struct bw_package *p = subject->packages[i].package;
        if (p->type != BW_PACKAGE_DEB)
            continue;
        struct joined *joined = &j->joined[j->joined_n++];
        joined->package = (struct bw_package *)(uintptr_t)p;
        struct bw_str with_arch = bw_arena_printf(j->arena, "%" BW_STR_F ":%" BW_STR_F,
                                                  BW_STR_A(p->name), BW_STR_A(p->arch));
        struct bw_map_item *item = with_arch.p ? bw_map_at(&j->names, with_arch) : NULL;
        if (item)
            item->value = joined;
        struct bw_map_item *plain = item ? bw_map_at(&j->names, p->name) : NULL;
        if (!plain)
            return full(err);
        plain->value = joined;
    }
    return 0;
}

static int for_each_fact(struct join *j,
                         int (*visit)(struct join *, const struct bw_ownership *, struct joined *,
                                      struct bw_err *),
                         struct bw_err *err)
{
    const struct bw_view *view = j->target->view;
    int rc = 0;
    for (size_t i = 0; i < bw_view_paths(view); i++) {
        const struct bw_view_entry *e = bw_view_path(view, i);
        while (e && (!e->facts || !bw_view_visible(view, e)))
            e = e->older;
        for (const struct bw_scan_fact *f = e ? e->facts : NULL; f && rc == 0; f = f->next) {
            if (f->kind != BW_FACT_OWNERSHIP || f->ownership->type != BW_PACKAGE_DEB)
                continue;
            struct joined *joined = bw_map_get(&j->names, f->ownership->package);
            if (joined || !f->ownership->package.n)
                rc = visit(j, f->ownership, joined, err);
        }
        if (rc)
            return rc;
    }
    return 0;
}

static int take_list(struct join *j, const struct bw_ownership *o, struct joined *joined,
                     struct bw_err *err)
{
    (void)j, (void)err;
    if (joined && o->records)
        joined->more += o->files.n;
    else if (joined && o->files.n) {
        joined->package->files = o->files;
        joined->listed = true;
    }
    if (!joined)
        j->owners->owned_cap += o->files.n;
    return 0;
}

static int make_room(struct join *j, struct bw_err *err)
{
    for (size_t i = 0; i < j->joined_n; i++) {
        struct joined *joined = &j->joined[i];
        struct bw_package *p = joined->package;
        if (!joined->more)
            continue;
        size_t n = joined->listed ? p->files.n : joined->more;
        p->records = bw_arena_array(j->arena, n, sizeof *p->records);
        if (!joined->listed)
            p->files = (struct bw_strs){bw_arena_array(j->arena, n, sizeof *p->files.v), 0};
        if (!p->records || !p->files.v)
            return full(err);
        for (size_t f = 0; f < n; f++)
            p->records[f].mode = BW_MODE_UNKNOWN;
    }
    return 0;
}

/* Without a list the files of the checksums, and the settings, are all that is known. */
static int take_unlisted(struct join *j, const struct bw_ownership *o, struct joined *joined,
                         struct bw_err *err)
{
    (void)j, (void)err;
    if (!joined || joined->listed || !o->records)
        return 0;
    struct bw_package *p = joined->package;
    for (size_t i = 0; i < o->files.n; i++) {
        p->records[p->files.n] = o->records[i];
        p->files.v[p->files.n++] = o->files.v[i];
    }
    return 0;
}

/* A file that another package has taken over since is no longer in the list. */
static int take_records(struct join *j, const struct bw_ownership *o, struct joined *joined,
                        struct bw_err *err)
{
    int rc = 0;
    if (!joined)
        return add_files(j->owners, NULL, o->files, err);
    for (size_t i = 0; i < o->files.n && o->records && joined->listed && rc == 0; i++) {
        struct bw_str real;
        rc = bw_owners_real_path(j->owners, o->files.v[i], &real, err);
        const struct bw_owned *owned = rc ? NULL : bw_map_get(&j->owners->paths, real);
        if (!owned || owned->package != joined->package)
            continue;
        struct bw_file_record *record = &joined->package->records[owned->file];
        if (o->records[i].digest.algorithm)
            record->digest = o->records[i].digest;
        record->config |= o->records[i].config;
    }
    return rc;
}

/* usr/share/doc/NAME/copyright, where a directory of one package may be a link to another's. */
static int find_licences(struct join *j, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < j->joined_n && rc == 0; i++) {
        struct bw_package *p = j->joined[i].package;
        enum bw_resolution resolution;
        const struct bw_view_entry *entry;
        struct bw_str at, path = bw_arena_printf(j->arena, "usr/share/doc/%" BW_STR_F "/copyright",
                                                 BW_STR_A(p->name));
        if (!path.p)
            return full(err);
        if (p->licence.n)
            continue;
        rc = bw_view_resolve(j->target->view, path, &resolution, &at, &entry, err);
        if (rc || resolution != BW_RESOLUTION_FOUND)
            continue;
        for (const struct bw_scan_fact *f = entry->facts; f; f = f->next)
            if (f->kind == BW_FACT_OWNERSHIP && f->ownership->licence.n)
                p->licence = f->ownership->licence;
    }
    return rc;
}

static int index_files(struct join *j, const struct bw_subject *subject, struct bw_err *err)
{
    struct bw_owners *o = j->owners;
    for (size_t i = 0; i < subject->packages_n; i++)
        if (bw_package_is_os(subject->packages[i].package->type))
            o->owned_cap += subject->packages[i].package->files.n;
    if (o->owned_cap > OWNED_MAX)
        return full(err);
    o->owned = calloc(o->owned_cap + 1, sizeof *o->owned);
    if (!o->owned)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the files of packages");
    int rc = 0;
    for (size_t i = 0; i < subject->packages_n && rc == 0; i++) {
        const struct bw_package *p = subject->packages[i].package;
        if (bw_package_is_os(p->type))
            rc = add_files(o, p, p->files, err);
    }
    return rc;
}

static int join(struct join *j, const struct bw_subject *subject, struct bw_err *err)
{
    int rc = name_packages(j, subject, err);
    if (rc == 0)
        rc = for_each_fact(j, take_list, err);
    if (rc == 0)
        rc = make_room(j, err);
    if (rc == 0)
        rc = for_each_fact(j, take_unlisted, err);
    if (rc == 0)
        rc = index_files(j, subject, err);
    if (rc == 0)
        rc = for_each_fact(j, take_records, err);
    return rc ? rc : find_licences(j, err);
}

int bw_owners_join(struct bw_owners *owners, struct bw_target *target,
                   const struct bw_subject *subject, struct bw_err *err)
{
    struct join j = {
        .owners = owners,
        .target = target,
        .arena = target->scan->arena,
        .names = BW_MAP(OWNERS_MAX),
    };
    *owners =
        (struct bw_owners){.target = target, .paths = BW_MAP(OWNED_MAX), .dirs = BW_MAP(OWNED_MAX)};
    int rc = join(&j, subject, err);
    bw_map_free(&j.names);
    free(j.joined);
    return rc;
}

void bw_owners_free(struct bw_owners *owners)
{
    bw_map_free(&owners->paths);
    bw_map_free(&owners->dirs);
    free(owners->owned);
    owners->owned = NULL;
}
