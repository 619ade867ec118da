/*
 * Which files of the topmost view are worth a look: who owns each, and in what it differs from what
 * its package shipped. One look-up a file, and one for the directory it is in.
 */
#include <stdlib.h>

#include "check/baseline.h"
#include "check/surface.h"
#include "scan/owners.h"

#define NOTABLE_MAX 200000u

#define MODE_STICKY         01000u
#define MODE_OTHERS_WRITE   00002u
#define MODE_ANYONE_EXECUTE 00111u

struct looking {
    struct bw_target *target;
    struct bw_subject *subject;
    struct bw_owners *owners;
    BW_VEC_TYPE(notable, struct bw_notable_file) notable;
    bool cut; /* there were too many, and a gap says so */
};

/* A file with all that is known of it. */
struct seen {
    const struct bw_view_entry *entry, *content; /* content: of a hard link the file it shares */
    struct bw_str path;                          /* with links followed */
    const struct bw_owned *owned;                /* NULL: nobody's */
    const struct bw_file_record *record;         /* or NULL */
    const struct bw_elf *elf;                    /* or NULL */
};

static const struct bw_view_entry *content_of(const struct bw_view *view,
                                              const struct bw_view_entry *entry)
{
    const struct bw_view_entry *e = entry;
    for (unsigned i = 0; i < BW_VIEW_LINKS_MAX && e->file.type == BW_FILE_HARDLINK; i++) {
        const struct bw_view_entry *at = bw_view_newest(view, e->file.link);
        while (at && (at->layer != entry->layer || at == e || at->file.type == BW_FILE_WHITEOUT))
            at = at->older;
        if (!at)
            return NULL;
        e = at;
    }
    return e->file.type == BW_FILE_REGULAR ? e : NULL;
}

static const struct bw_elf *elf_of(const struct bw_view_entry *entry)
{
    for (const struct bw_scan_fact *f = entry->facts; f; f = f->next)
        if (f->kind == BW_FACT_ELF && !f->place.inner.n)
            return f->elf;
    return NULL;
}

static bool has_component(struct bw_str path, const char *const *names)
{
    struct bw_str part;
    while (bw_str_split(&path, '/', &part))
        for (const char *const *name = names; *name; name++)
            if (bw_str_eq(part, bw_str(*name)))
                return true;
    return false;
}

static bool is_below_any(struct bw_str path, const char *const *dirs)
{
    for (; *dirs; dirs++)
        if (bw_str_starts(path, bw_str(*dirs)))
            return true;
    return false;
}

/* Where the package manager of a language puts programs, which has its own word on them, and where
 * nothing stays. */
static bool is_placed(struct bw_str path)
{
    static const char *const managed[] = {"node_modules", "site-packages", "dist-packages",
                                          "gems",         "site-library",  "conda-meta",
                                          "pkgs",         "vendor",        NULL};
    static const char *const passing[] = {"proc/", "sys/",     "dev/",     "run/",
                                          "tmp/",  "var/tmp/", "var/run/", NULL};
    return is_below_any(path, passing) || has_component(path, managed);
}

/* What a distribution ships is the distribution's choice, so that is not asked of owned files. */
static bool is_weak(const struct bw_elf *elf)
{
    if (!elf->nx || (elf->executable && !elf->pie))
        return true;
    if (elf->compiled_go)
        return false;
    return elf->relro == BW_RELRO_NONE || (elf->executable && !elf->stack_protector);
}

static bool is_writable_by_all(const struct bw_file *file)
{
    bool directory = file->type == BW_FILE_DIRECTORY;
    return file->has_mode && (file->mode & MODE_OTHERS_WRITE) &&
           !(directory && (file->mode & MODE_STICKY));
}

static bool is_key(struct bw_str path, const struct bw_file *file)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str dir = bw_str_take(path, slash == SIZE_MAX ? 0 : slash);
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    if (!file->size)
        return false;
    if (bw_str_eq(name, BW_STR("authorized_keys")) || bw_str_eq(name, BW_STR("authorized_keys2")))
        return bw_str_ends(dir, BW_STR(".ssh")) || bw_str_eq(dir, BW_STR("etc/dropbear")) ||
               bw_str_starts(dir, BW_STR("etc/ssh"));
    if (bw_str_eq(dir, BW_STR("etc/ssh/authorized_keys")))
        return true;
    bool host =
        (bw_str_eq(dir, BW_STR("etc/ssh")) && bw_str_starts(name, BW_STR("ssh_host_"))) ||
        (bw_str_eq(dir, BW_STR("etc/dropbear")) && bw_str_starts(name, BW_STR("dropbear_")));
    return host && bw_str_ends(name, BW_STR("_key"));
}

/* As the owning package ships it: the record's own word where it has one. */
static bool is_baseline(const struct seen *seen, uint32_t flags)
{
    uint32_t mode = seen->entry->file.mode;
    if (!seen->owned || !seen->owned->package)
        return false;
    if (flags & (BW_FILE_SETUID | BW_FILE_SETGID)) {
        bool recorded = seen->record && seen->record->mode != BW_MODE_UNKNOWN;
        if (recorded ? (mode & ~seen->record->mode & (BW_MODE_SETUID | BW_MODE_SETGID)) != 0
                     : !bw_baseline_has_mode(seen->path, mode))
            return false;
    }
    if (!(flags & BW_FILE_CAPABILITIES) || (seen->record && seen->record->capabilities))
        return true;
    return seen->owned->package->type == BW_PACKAGE_DEB &&
           bw_baseline_has_capabilities(seen->path, seen->entry->file.capabilities);
}

static uint32_t mode_flags(const struct seen *seen)
{
    const struct bw_file *file = &seen->entry->file;
    uint32_t flags = file->capabilities ? BW_FILE_CAPABILITIES : 0;
    /* Without the right to execute the bits mean nothing (setgid: mandatory locking, once). */
    bool program = file->has_mode && (file->mode & MODE_ANYONE_EXECUTE);
    if (program && (file->mode & BW_MODE_SETUID))
        flags |= BW_FILE_SETUID;
    if (program && (file->mode & BW_MODE_SETGID))
        flags |= BW_FILE_SETGID;
    if (flags && is_baseline(seen, flags))
        flags |= BW_FILE_BASELINE;
    return is_writable_by_all(file) ? flags | BW_FILE_WORLD_WRITABLE : flags;
}

/* Compiled Python is made anew on the spot, and says the same. */
static bool is_compared(const struct seen *seen)
{
    const struct bw_file_record *record = seen->record;
    return record && record->digest.algorithm && !record->config &&
           record->digest.algorithm == seen->content->file.digest.algorithm &&
           !bw_str_ends(seen->path, BW_STR(".pyc"));
}

static uint32_t content_flags(struct looking *l, const struct seen *seen)
{
    uint32_t flags = is_key(seen->path, &seen->content->file) ? BW_FILE_KEY : 0;
    if (seen->owned)
        l->subject->files_owned++;
    if (seen->record && is_compared(seen)) {
        l->subject->files_checked++;
        if (memcmp(seen->record->digest.bytes, seen->content->file.digest.bytes,
                   bw_digest_size(seen->record->digest.algorithm)) != 0)
            flags |= BW_FILE_CHANGED;
    }
    if (!seen->elf || seen->owned || is_placed(seen->path))
        return flags;
    if (l->owners->paths.n)
        flags |= BW_FILE_UNOWNED;
    return is_weak(seen->elf) ? flags | BW_FILE_WEAK_ELF : flags;
}

static int add(struct looking *l, const struct seen *seen, uint32_t flags, const char *what,
               struct bw_err *err)
{
    if (l->notable.n == NOTABLE_MAX) {
        if (!l->cut)
            bw_target_gap(l->target, BW_GAP_BLOCKING, bw_str(l->target->argument),
                          BW_STR("dangers of files"),
                          BW_STR("more than 200000 files are worth a look: the rest was left out"));
        l->cut = true;
        return 0;
    }
    struct bw_notable_file *slot = BW_VEC_PUSH(&l->notable, NOTABLE_MAX);
    if (!slot)
        return bw_err_set(err, BW_ENOMEM, "out of memory for files");
    *slot = (struct bw_notable_file){
        .place = {.layer = seen->entry->layer, .path = seen->entry->path},
        .flags = flags,
        .file = &seen->entry->file,
        .elf = seen->elf,
        .owner = seen->owned ? seen->owned->package : NULL,
        .what = bw_str(what),
    };
    return 0;
}

static int look_at_file(struct looking *l, const struct bw_view_entry *entry, struct bw_err *err)
{
    struct seen seen = {.entry = entry, .content = content_of(l->target->view, entry)};
    l->subject->files_seen++;
    if (!seen.content)
        return 0;
    int rc = bw_owners_find(l->owners, entry->path, &seen.path, &seen.owned, err);
    if (rc)
        return rc;
    seen.record = seen.owned ? bw_owned_record(seen.owned) : NULL;
    seen.elf = elf_of(seen.content);
    const char *what = bw_surface_of(seen.path);
    uint32_t flags =
        mode_flags(&seen) | content_flags(l, &seen) | (what ? (uint32_t)BW_FILE_SURFACE : 0);
    return flags ? add(l, &seen, flags, what, err) : 0;
}

/* Names of programs that are links: busybox, alternatives. One that leads nowhere is none. */
static int look_at_link(struct looking *l, const struct bw_view_entry *entry, struct bw_err *err)
{
    struct seen seen = {.entry = entry};
    int rc = bw_owners_real_path(l->owners, entry->path, &seen.path, err);
    const char *what = rc ? NULL : bw_surface_of(seen.path);
    if (rc || !what)
        return rc;
    enum bw_resolution resolution;
    const struct bw_view_entry *end;
    struct bw_str at;
    rc = bw_view_resolve(l->target->view, entry->path, &resolution, &at, &end, err);
    if (rc || resolution == BW_RESOLUTION_LOOP || resolution == BW_RESOLUTION_UNKNOWN)
        return rc;
    rc = bw_owners_find(l->owners, at, &at, &seen.owned, err);
    return rc ? rc : add(l, &seen, BW_FILE_SURFACE, what, err);
}

static int look_at(struct looking *l, const struct bw_view_entry *entry, struct bw_err *err)
{
    struct seen seen = {.entry = entry, .path = entry->path};
    switch (entry->file.type) {
    case BW_FILE_REGULAR:
    case BW_FILE_HARDLINK:
        return look_at_file(l, entry, err);
    case BW_FILE_SYMLINK:
        return look_at_link(l, entry, err);
    case BW_FILE_DIRECTORY:
        return is_writable_by_all(&entry->file) ? add(l, &seen, BW_FILE_WORLD_WRITABLE, NULL, err)
                                                : 0;
    default:
        return 0;
    }
}

static int look_at_all(struct looking *l, struct bw_err *err)
{
    const struct bw_view *view = l->target->view;
    int rc = 0;
    for (size_t i = 0; i < bw_view_paths(view) && rc == 0; i++) {
        const struct bw_view_entry *e = bw_view_path(view, i);
        while (e && !bw_view_visible(view, e))
            e = e->older;
        if (e)
            rc = look_at(l, e, err);
    }
    return rc;
}

static int compare_notable(const void *a, const void *b)
{
    const struct bw_notable_file *x = a, *y = b;
    return bw_str_cmp(x->place.path, y->place.path);
}

static int fill_notable(struct looking *l, struct bw_err *err)
{
    size_t n = l->notable.n;
    if (n)
        qsort(l->notable.v, n, sizeof *l->notable.v, compare_notable);
    l->subject->files = bw_scan_keep(l->target->scan->arena, l->notable.v, n, sizeof *l->notable.v);
    l->subject->files_n = n;
    l->subject->looked_at_files = true;
    return l->subject->files ? 0 : bw_err_set(err, BW_ELIMIT, "no room for files");
}

/* Packages of languages that are files of a package of the operating system. */
static int fill_owners(struct looking *l, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < l->subject->packages_n && rc == 0; i++) {
        struct bw_installed_package *p = &l->subject->packages[i];
        const struct bw_owned *owned = NULL;
        struct bw_str real;
        if (bw_package_is_os(p->package->type))
            continue;
        rc = bw_owners_find(l->owners, p->path, &real, &owned, err);
        if (rc == 0 && owned)
            p->owner = owned->package;
    }
    return rc;
}

/* A program that a package of the operating system owns is that package: to name it again would
 * only say so twice. */
static void drop_owned_programs(struct bw_subject *subject)
{
    size_t kept = 0;
    for (size_t i = 0; i < subject->packages_n; i++) {
        const struct bw_installed_package *p = &subject->packages[i];
        if (p->package->type != BW_PACKAGE_BITNAMI || !p->owner)
            subject->packages[kept++] = *p;
    }
    subject->packages_n = kept;
}

int bw_target_look_at_files(struct bw_target *target, struct bw_subject *subject,
                            struct bw_err *err)
{
    struct bw_owners owners BW_CLEANUP(bw_owners_free) = {0};
    struct looking l = {.target = target, .subject = subject, .owners = &owners};
    int rc = bw_owners_join(&owners, target, subject, err);
    if (rc == 0)
        rc = fill_owners(&l, err);
    if (rc == 0)
        drop_owned_programs(subject);
    if (rc == 0 && target->scan->options.files)
        rc = look_at_all(&l, err);
    if (rc == 0 && target->scan->options.files)
        rc = fill_notable(&l, err);
    BW_VEC_FREE(&l.notable);
    return rc;
}
