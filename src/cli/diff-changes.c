#include "cli/diff-changes.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/vec.h"

#define ENTRIES_MAX 20000000u

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for what changed");
}

const char *bw_change_name(enum bw_change_kind kind)
{
    static const char *const names[] = {"same", "new", "gone", "changed"};
    return names[kind];
}

/*
 * Both sides as sorted lists of pointers. A comparison of keys brings together what belongs
 * together; within a run of one key what is alike is the same, the rest are pairs that changed, and
 * what is left over is new or gone.
 */
struct side {
    const void **v;
    size_t n;
};

struct comparison {
    int (*by_key)(const void *a, const void *b);
    bool (*alike)(const void *a, const void *b);
    int (*add)(void *ctx, enum bw_change_kind kind, const void *before, const void *after);
    void *ctx;
};

static size_t run_of(const struct side *side, size_t from,
                     int (*by_key)(const void *a, const void *b))
{
    size_t to = from;
    while (to < side->n && by_key(side->v[from], side->v[to]) == 0)
        to++;
    return to - from;
}

/* Takes what is alike out of both runs; quadratic in the versions of one package alone. */
static int take_alike(const struct comparison *c, struct side *before, struct side *after)
{
    for (size_t i = 0; i < before->n; i++)
        for (size_t j = 0; before->v[i] && j < after->n; j++) {
            if (!after->v[j] || !c->alike(before->v[i], after->v[j]))
                continue;
            int rc = c->add(c->ctx, BW_CHANGE_SAME, before->v[i], after->v[j]);
            if (rc)
                return rc;
            before->v[i] = after->v[j] = NULL;
        }
    return 0;
}

static const void *next_left(const struct side *side, size_t *at)
{
    while (*at < side->n && !side->v[*at])
        ++*at;
    return *at < side->n ? side->v[(*at)++] : NULL;
}

static int compare_runs(const struct comparison *c, struct side before, struct side after)
{
    size_t i = 0, j = 0;
    int rc = take_alike(c, &before, &after);
    while (rc == 0) {
        const void *old = next_left(&before, &i), *new = next_left(&after, &j);
        if (!old && !new)
            break;
        rc = c->add(c->ctx,
                    old && new ? BW_CHANGE_CHANGED
                    : new      ? BW_CHANGE_NEW
                               : BW_CHANGE_GONE,
                    old, new);
    }
    return rc;
}

static int compare(const struct comparison *c, struct side before, struct side after)
{
    size_t i = 0, j = 0;
    int rc = 0;
    while (rc == 0 && (i < before.n || j < after.n)) {
        int order = i == before.n ? 1 : j == after.n ? -1 : c->by_key(before.v[i], after.v[j]);
        size_t old = order <= 0 ? run_of(&before, i, c->by_key) : 0;
        size_t new = order >= 0 ? run_of(&after, j, c->by_key) : 0;
        rc = compare_runs(c, (struct side){before.v + i, old}, (struct side){after.v + j, new});
        i += old;
        j += new;
    }
    return rc;
}

static struct side sorted(struct bw_arena *arena, const void *array, size_t n, size_t size,
                          int (*by_address)(const void *a, const void *b))
{
    struct side side = {bw_arena_array(arena, n, sizeof *side.v), n};
    for (size_t i = 0; side.v && i < n; i++)
        side.v[i] = (const char *)array + i * size;
    if (side.v && n)
        qsort(side.v, n, sizeof *side.v, by_address);
    return side;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* --- findings --- */

static int finding_key(const void *a, const void *b)
{
    const struct bw_finding *x = a, *y = b;
    return bw_str_cmp(x->fingerprint, y->fingerprint);
}

static int finding_order(const void *a, const void *b)
{
    return finding_key(*(const void *const *)a, *(const void *const *)b);
}

static bool findings_alike(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return true;
}

struct finding_changes {
    BW_VEC(struct bw_finding_change);
};

static int add_finding(void *ctx, enum bw_change_kind kind, const void *before, const void *after)
{
    struct finding_changes *changes = ctx;
    struct bw_finding_change *slot = BW_VEC_PUSH(changes, ENTRIES_MAX);
    if (slot)
        *slot = (struct bw_finding_change){kind, before, after};
    return slot ? 0 : BW_ELIMIT;
}

static const struct bw_finding *finding_of(const struct bw_finding_change *change)
{
    return change->after ? change->after : change->before;
}

static int change_rank(enum bw_change_kind kind)
{
    return kind == BW_CHANGE_NEW ? 0 : kind == BW_CHANGE_GONE ? 1 : 2;
}

static int finding_change_order(const void *a, const void *b)
{
    const struct bw_finding_change *x = a, *y = b;
    const struct bw_finding *f = finding_of(x), *g = finding_of(y);
    int c = change_rank(x->kind) - change_rank(y->kind);
    if (c == 0)
        c = compare_numbers(g->severity, f->severity);
    if (c == 0)
        c = compare_numbers(f->kind, g->kind);
    if (c == 0 && f->package && g->package)
        c = bw_str_cmp(f->package->name, g->package->name);
    if (c == 0)
        c = bw_str_cmp(f->id, g->id);
    return c ? c : bw_str_cmp(f->fingerprint, g->fingerprint);
}

static struct side findings_of(const struct bw_report *report, uint32_t subject,
                               struct bw_arena *arena)
{
    struct side side = {bw_arena_array(arena, report->findings_n, sizeof *side.v), 0};
    for (size_t i = 0; side.v && i < report->findings_n; i++)
        if (report->findings[i].subject == subject)
            side.v[side.n++] = &report->findings[i];
    if (side.v && side.n)
        qsort(side.v, side.n, sizeof *side.v, finding_order);
    return side;
}

static int compare_findings(const struct bw_report *report, uint32_t before, uint32_t after,
                            struct bw_arena *arena, struct bw_changes *ret, struct bw_err *err)
{
    struct finding_changes changes = {0};
    struct comparison c = {finding_key, findings_alike, add_finding, &changes};
    struct side old = findings_of(report, before, arena), new = findings_of(report, after, arena);
    int rc = old.v && new.v &&compare(&c, old, new) == 0 ? 0 : full(err);
    if (rc == 0 && changes.n) {
        qsort(changes.v, changes.n, sizeof *changes.v, finding_change_order);
        ret->findings = bw_arena_array(arena, changes.n, sizeof *changes.v);
        rc = ret->findings ? 0 : full(err);
    }
    if (rc == 0 && changes.n)
        memcpy(ret->findings, changes.v, changes.n * sizeof *changes.v);
    ret->findings_n = changes.n;
    BW_VEC_FREE(&changes);
    return rc;
}

/* --- packages --- */

static int package_key(const void *a, const void *b)
{
    const struct bw_package *x = ((const struct bw_installed_package *)a)->package;
    const struct bw_package *y = ((const struct bw_installed_package *)b)->package;
    int c = compare_numbers(x->type, y->type);
    if (c == 0)
        c = bw_str_cmp(x->name, y->name);
    return c ? c : bw_str_cmp(x->arch, y->arch);
}

static int package_order(const void *a, const void *b)
{
    return package_key(*(const void *const *)a, *(const void *const *)b);
}

static bool packages_alike(const void *a, const void *b)
{
    return bw_str_eq(((const struct bw_installed_package *)a)->package->version,
                     ((const struct bw_installed_package *)b)->package->version);
}

struct package_changes {
    BW_VEC(struct bw_package_change);
};

static int add_package(void *ctx, enum bw_change_kind kind, const void *before, const void *after)
{
    struct package_changes *changes = ctx;
    struct bw_package_change *slot =
        kind == BW_CHANGE_SAME ? NULL : BW_VEC_PUSH(changes, ENTRIES_MAX);
    if (slot)
        *slot = (struct bw_package_change){kind, before, after};
    return slot || kind == BW_CHANGE_SAME ? 0 : BW_ELIMIT;
}

static int compare_packages(const struct bw_subject *before, const struct bw_subject *after,
                            struct bw_arena *arena, struct bw_changes *ret, struct bw_err *err)
{
    struct package_changes changes = {0};
    struct comparison c = {package_key, packages_alike, add_package, &changes};
    struct side old = sorted(arena, before->packages, before->packages_n, sizeof *before->packages,
                             package_order);
    struct side new =
        sorted(arena, after->packages, after->packages_n, sizeof *after->packages, package_order);
    int rc = old.v && new.v &&compare(&c, old, new) == 0 ? 0 : full(err);
    ret->packages = bw_arena_array(arena, changes.n, sizeof *changes.v);
    if (rc == 0 && !ret->packages)
        rc = full(err);
    if (rc == 0 && changes.n)
        memcpy(ret->packages, changes.v, changes.n * sizeof *changes.v);
    ret->packages_n = changes.n;
    BW_VEC_FREE(&changes);
    return rc;
}

/* --- files --- */

static int file_key(const void *a, const void *b)
{
    return bw_str_cmp(((const struct bw_listed_file *)a)->path,
                      ((const struct bw_listed_file *)b)->path);
}

static int file_order(const void *a, const void *b)
{
    return file_key(*(const void *const *)a, *(const void *const *)b);
}

static bool files_alike(const void *a, const void *b)
{
    const struct bw_file *x = ((const struct bw_listed_file *)a)->file;
    const struct bw_file *y = ((const struct bw_listed_file *)b)->file;
    return x->size == y->size && x->mode == y->mode && x->uid == y->uid && x->gid == y->gid &&
           x->capabilities == y->capabilities && x->digest.algorithm == y->digest.algorithm &&
           memcmp(x->digest.bytes, y->digest.bytes, sizeof x->digest.bytes) == 0;
}

struct file_changes {
    BW_VEC(struct bw_file_change);
};

static int add_file(void *ctx, enum bw_change_kind kind, const void *before, const void *after)
{
    struct file_changes *changes = ctx;
    struct bw_file_change *slot = kind == BW_CHANGE_SAME ? NULL : BW_VEC_PUSH(changes, ENTRIES_MAX);
    if (slot)
        *slot = (struct bw_file_change){kind, before, after};
    return slot || kind == BW_CHANGE_SAME ? 0 : BW_ELIMIT;
}

static int compare_files(const struct bw_subject *before, const struct bw_subject *after,
                         struct bw_arena *arena, struct bw_changes *ret, struct bw_err *err)
{
    struct file_changes changes = {0};
    struct comparison c = {file_key, files_alike, add_file, &changes};
    struct side old = sorted(arena, before->all_files, before->all_files_n,
                             sizeof *before->all_files, file_order);
    struct side new =
        sorted(arena, after->all_files, after->all_files_n, sizeof *after->all_files, file_order);
    int rc = old.v && new.v &&compare(&c, old, new) == 0 ? 0 : full(err);
    ret->files = bw_arena_array(arena, changes.n, sizeof *changes.v);
    if (rc == 0 && !ret->files)
        rc = full(err);
    if (rc == 0 && changes.n)
        memcpy(ret->files, changes.v, changes.n * sizeof *changes.v);
    ret->files_n = changes.n;
    BW_VEC_FREE(&changes);
    return rc;
}

/* --- configuration --- */

struct setting {
    struct bw_str name, value;
};

struct settings {
    struct bw_arena *arena;
    bool failed;
    BW_VEC(struct setting);
};

static void add_setting(struct settings *s, struct bw_str name, struct bw_str value)
{
    if (!value.n)
        return;
    struct setting *slot = name.p ? BW_VEC_PUSH(s, ENTRIES_MAX) : NULL;
    s->failed |= !slot;
    if (slot)
        *slot = (struct setting){name, value};
}

static void add_list(struct settings *s, struct bw_str name, struct bw_strs list)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    for (size_t i = 0; i < list.n; i++)
        bw_buf_printf(&text, "%s%" BW_STR_F, i ? " " : "", BW_STR_A(list.v[i]));
    struct bw_str copy = bw_arena_str(s->arena, bw_buf_slice(&text));
    s->failed |= !copy.p || bw_buf_failed(&text);
    add_setting(s, name, copy);
}

static int setting_key(const void *a, const void *b)
{
    return bw_str_cmp(((const struct setting *)a)->name, ((const struct setting *)b)->name);
}

static int setting_order(const void *a, const void *b)
{
    return setting_key(*(const void *const *)a, *(const void *const *)b);
}

static bool settings_alike(const void *a, const void *b)
{
    return bw_str_eq(((const struct setting *)a)->value, ((const struct setting *)b)->value);
}

static void gather_settings(struct settings *s, const struct bw_image_config *run)
{
    add_setting(s, BW_STR("User"), run->user);
    add_setting(s, BW_STR("WorkingDir"), run->working_dir);
    add_setting(s, BW_STR("StopSignal"), run->stop_signal);
    add_list(s, BW_STR("Entrypoint"), run->entrypoint);
    add_list(s, BW_STR("Cmd"), run->cmd);
    add_list(s, BW_STR("Shell"), run->shell);
    add_list(s, BW_STR("ExposedPorts"), run->exposed_ports);
    add_list(s, BW_STR("Volumes"), run->volumes);
    add_list(s, BW_STR("OnBuild"), run->on_build);
    add_list(s, BW_STR("Healthcheck"), run->health_check);
    for (size_t i = 0; i < run->env.n; i++) {
        size_t n = bw_str_find(run->env.v[i], '=');
        add_setting(
            s, bw_arena_printf(s->arena, "Env %" BW_STR_F, BW_STR_A(bw_str_take(run->env.v[i], n))),
            n == SIZE_MAX ? BW_STR(" ") : bw_str_from(run->env.v[i], n + 1));
    }
    for (size_t i = 0; i < run->label_keys.n; i++)
        add_setting(s,
                    bw_arena_printf(s->arena, "Label %" BW_STR_F, BW_STR_A(run->label_keys.v[i])),
                    run->label_values.v[i]);
}

struct setting_changes {
    BW_VEC(struct bw_setting_change);
};

static int add_setting_change(void *ctx, enum bw_change_kind kind, const void *before,
                              const void *after)
{
    struct setting_changes *changes = ctx;
    const struct setting *old = before, *new = after;
    struct bw_setting_change *slot =
        kind == BW_CHANGE_SAME ? NULL : BW_VEC_PUSH(changes, ENTRIES_MAX);
    if (slot)
        *slot = (struct bw_setting_change){.kind = kind,
                                           .name = old ? old->name : new->name,
                                           .before = old ? old->value : BW_STR(""),
                                           .after = new ? new->value : BW_STR("")};
    return slot || kind == BW_CHANGE_SAME ? 0 : BW_ELIMIT;
}

static int compare_settings(const struct bw_subject *before, const struct bw_subject *after,
                            struct bw_arena *arena, struct bw_changes *ret, struct bw_err *err)
{
    struct settings old = {.arena = arena}, new = {.arena = arena};
    struct setting_changes changes = {0};
    struct comparison c = {setting_key, settings_alike, add_setting_change, &changes};
    gather_settings(&old, &before->run);
    gather_settings(&new, &after->run);
    struct side a = sorted(arena, old.v, old.n, sizeof *old.v, setting_order);
    struct side b = sorted(arena, new.v, new.n, sizeof *new.v, setting_order);
    bool fine = a.v && b.v && !old.failed && !new.failed &&compare(&c, a, b) == 0;
    ret->settings = bw_arena_array(arena, changes.n, sizeof *changes.v);
    fine = fine && ret->settings;
    if (fine && changes.n)
        memcpy(ret->settings, changes.v, changes.n * sizeof *changes.v);
    ret->settings_n = changes.n;
    BW_VEC_FREE(&changes);
    BW_VEC_FREE(&old);
    BW_VEC_FREE(&new);
    return fine ? 0 : full(err);
}

int bw_changes_make(const struct bw_report *report, uint32_t before, uint32_t after,
                    struct bw_arena *arena, struct bw_changes *ret_changes, struct bw_err *err)
{
    const struct bw_subject *old = &report->subjects[before], *new = &report->subjects[after];
    struct bw_changes changes = {0};
    int rc = compare_findings(report, before, after, arena, &changes, err);
    rc = rc ? rc : compare_packages(old, new, arena, &changes, err);
    rc = rc ? rc : compare_files(old, new, arena, &changes, err);
    rc = rc ? rc : compare_settings(old, new, arena, &changes, err);
    if (rc == 0)
        *ret_changes = changes;
    return rc;
}
