/*
 * What the content of files told: secrets, wherever in the layers they are, and the list of all
 * files.
 */
#include <stdlib.h>

#include "base/map.h"
#include "scan/target.h"

#define SECRETS_MAX 1000000u
#define FILES_MAX   BW_VIEW_ENTRIES_MAX

struct gathering {
    struct bw_target *target;
    BW_VEC_TYPE(kept_secrets, struct bw_kept_secret) secrets;
    struct bw_map seen; /* what a newer state of the same file has as well */
};

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more than %u secrets", SECRETS_MAX);
}

/* A file that a later layer changes elsewhere keeps its secrets: they are told once, where they
 * were seen last. */
static int add_secret(struct gathering *g, const struct bw_view_entry *entry,
                      const struct bw_scan_fact *fact, struct bw_err *err)
{
    const struct bw_secret *secret = fact->secret;
    struct bw_str key = bw_arena_printf(g->target->scan->arena,
                                        "%" BW_STR_F "%c%" BW_STR_F "%c%" BW_STR_F "%c%" BW_STR_F,
                                        BW_STR_A(fact->place.path), 0, BW_STR_A(fact->place.inner),
                                        0, BW_STR_A(secret->rule), 0, BW_STR_A(secret->match));
    struct bw_map_item *item = key.p ? bw_map_at(&g->seen, key) : NULL;
    if (!item)
        return full(err);
    if (item->value && item->value != entry)
        return 0;
    item->value = (void *)(uintptr_t)entry;
    struct bw_kept_secret *kept = BW_VEC_PUSH(&g->secrets, SECRETS_MAX);
    if (!kept)
        return full(err);
    *kept = (struct bw_kept_secret){.secret = secret, .place = fact->place};
    kept->place.layer = entry->layer;
    /* Within its own layer only an entry of the same file stands before it. */
    kept->deleted = bw_view_hidden_by(g->target->view, entry, &kept->deleted_in) &&
                    kept->deleted_in > entry->layer;
    return 0;
}

static int gather_secrets(struct gathering *g, struct bw_err *err)
{
    const struct bw_view *view = g->target->view;
    for (size_t i = 0; i < bw_view_paths(view); i++)
        for (const struct bw_view_entry *e = bw_view_path(view, i); e; e = e->older)
            for (const struct bw_scan_fact *f = e->facts; f; f = f->next) {
                int rc = f->kind == BW_FACT_SECRET ? add_secret(g, e, f, err) : 0;
                if (rc)
                    return rc;
            }
    for (size_t i = 0; i < g->target->config_secrets.n; i++) {
        struct bw_kept_secret *kept = BW_VEC_PUSH(&g->secrets, SECRETS_MAX);
        if (!kept)
            return full(err);
        *kept = g->target->config_secrets.v[i];
    }
    return 0;
}

static int compare_secrets(const void *a, const void *b)
{
    const struct bw_kept_secret *x = a, *y = b;
    int c = bw_str_cmp(x->place.path, y->place.path);
    if (c == 0)
        c = bw_str_cmp(x->place.inner, y->place.inner);
    if (c == 0)
        c = (x->place.line > y->place.line) - (x->place.line < y->place.line);
    if (c == 0)
        c = (x->secret->column > y->secret->column) - (x->secret->column < y->secret->column);
    if (c == 0)
        c = bw_str_cmp(x->secret->rule, y->secret->rule);
    return c ? c : (x->place.layer > y->place.layer) - (x->place.layer < y->place.layer);
}

int bw_target_find_secrets(struct bw_target *target, struct bw_subject *subject, struct bw_err *err)
{
    struct gathering g = {.target = target, .seen = BW_MAP(SECRETS_MAX)};
    int rc = gather_secrets(&g, err);
    if (rc == 0 && g.secrets.n) {
        qsort(g.secrets.v, g.secrets.n, sizeof *g.secrets.v, compare_secrets);
        subject->secrets =
            bw_scan_keep(target->scan->arena, g.secrets.v, g.secrets.n, sizeof *g.secrets.v);
        subject->secrets_n = g.secrets.n;
        rc = subject->secrets ? 0 : full(err);
    }
    subject->looked_for_secrets = target->scan->options.secrets;
    BW_VEC_FREE(&g.secrets);
    bw_map_free(&g.seen);
    return rc;
}

static int compare_files(const void *a, const void *b)
{
    const struct bw_listed_file *x = a, *y = b;
    return bw_str_cmp(x->path, y->path);
}

int bw_target_list_files(struct bw_target *target, struct bw_subject *subject, struct bw_err *err)
{
    const struct bw_view *view = target->view;
    BW_VEC_TYPE(listed, struct bw_listed_file) files = {0};
    int rc = 0;
    for (size_t i = 0; i < bw_view_paths(view) && rc == 0; i++) {
        const struct bw_view_entry *e = bw_view_path(view, i);
        if (e->file.type != BW_FILE_REGULAR || !bw_view_visible(view, e))
            continue;
        struct bw_listed_file *slot = BW_VEC_PUSH(&files, FILES_MAX);
        if (slot)
            *slot = (struct bw_listed_file){.path = e->path, .layer = e->layer, .file = &e->file};
        else
            rc = bw_err_set(err, BW_ELIMIT, "no room for more than %u files", FILES_MAX);
    }
    if (rc == 0 && files.n) {
        qsort(files.v, files.n, sizeof *files.v, compare_files);
        subject->all_files = bw_scan_keep(target->scan->arena, files.v, files.n, sizeof *files.v);
        subject->all_files_n = files.n;
        rc = subject->all_files ? 0 : bw_err_set(err, BW_ELIMIT, "no room for the list of files");
    }
    BW_VEC_FREE(&files);
    return rc;
}
