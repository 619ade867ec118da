#include "scan/document.h"

#include <stdlib.h>

#include "base/map.h"

#define PACKAGES_MAX 1000000u

struct owned {
    struct bw_place place;
    const struct bw_ownership *by;
};

struct document {
    struct bw_job job;
    struct bw_target *target;
    int status;
    struct bw_err err;
    BW_VEC_TYPE(bw_document_packages, struct bw_installed_package) packages;
    BW_VEC_TYPE(bw_document_owned, struct owned) owned;
    struct bw_distribution distribution;
    struct bw_bill bill;
};

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more than %u packages", PACKAGES_MAX);
}

static int take_fact(struct document *document, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_arena *arena = document->target->scan->arena;
    if (fact->kind == BW_FACT_PACKAGE) {
        struct bw_installed_package *slot = BW_VEC_PUSH(&document->packages, PACKAGES_MAX);
        const struct bw_package *kept =
            bw_scan_keep(arena, &fact->package, 1, sizeof fact->package);
        if (!slot || !kept)
            return full(err);
        *slot = (struct bw_installed_package){.package = kept,
                                              .layer = fact->place.layer,
                                              .path = fact->place.path,
                                              .inner = fact->place.inner,
                                              .line = fact->place.line};
    } else if (fact->kind == BW_FACT_OWNERSHIP) {
        struct owned *slot = BW_VEC_PUSH(&document->owned, PACKAGES_MAX);
        const struct bw_ownership *kept =
            bw_scan_keep(arena, &fact->ownership, 1, sizeof fact->ownership);
        if (!slot || !kept)
            return full(err);
        *slot = (struct owned){fact->place, kept};
    } else if (fact->kind == BW_FACT_DISTRIBUTION) {
        document->distribution = fact->distribution;
    } else if (fact->kind == BW_FACT_BILL) {
        document->bill = fact->bill;
    }
    return 0;
}

static int on_message(struct bw_job *job, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct document *document = job->ctx;
    struct bw_target *target = document->target;
    int rc = 0;
    if (tag != BW_SCAN_RECORDS)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker gave an answer of a wrong form");
    while (bytes.n && rc == 0) {
        struct bw_record record;
        rc = bw_wire_get(&bytes, target->scan->arena, &record, err);
        if (rc == 0 && record.kind == BW_RECORD_GAP)
            bw_target_gap(target, record.gap.class, record.gap.where, record.gap.what,
                          record.gap.why);
        else if (rc == 0)
            rc = take_fact(document, &record.fact, err);
    }
    return rc;
}

static void on_done(struct bw_job *job, int status, const struct bw_err *err)
{
    struct document *document = job->ctx;
    document->status = status;
    document->err = *err;
}

/* The name of the file alone: the rest of its path says nothing of what it lists. */
static struct bw_str name_of(const char *argument)
{
    struct bw_str name = bw_str(argument);
    if (bw_str_starts(name, BW_STR("sbom:")))
        name = bw_str_from(name, 5);
    size_t slash = bw_str_rfind(name, '/');
    if (slash != SIZE_MAX)
        name = bw_str_from(name, slash + 1);
    return bw_str_eq(name, BW_STR("-")) ? BW_STR("standard input") : name;
}

static int run(struct document *document, struct bw_err *err)
{
    struct bw_target *target = document->target;
    struct bw_scan_request request = {0};
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POOL_MESSAGE_MAX);
    bw_buf_add(&bytes, &request, sizeof request);
    bw_buf_str(&bytes, name_of(target->argument));
    if (bw_buf_failed(&bytes))
        return bw_err_set(err, BW_ENOMEM, "out of memory for a job");
    document->job = (struct bw_job){
        .role = BW_WORKER_PARSER,
        .kind = BW_SCAN_SBOM,
        .request = bw_buf_slice(&bytes),
        .fds = target->image.files,
        .fds_n = 1,
        .ctx = document,
        .message = on_message,
        .done = on_done,
    };
    bw_pool_submit(target->scan->pool, &document->job);
    int rc = bw_pool_run(target->scan->pool, err);
    if (rc == 0 && target->failure) {
        *err = target->failure_err;
        rc = target->failure;
    } else if (rc == 0 && document->status) {
        *err = document->err;
        rc = bw_err_prefix(err, document->status, "%s", target->argument);
    }
    return rc;
}

/* As scan/inventory orders them. */
static int compare(const void *a, const void *b)
{
    const struct bw_installed_package *x = a, *y = b;
    const struct bw_package *p = x->package, *q = y->package;
    if (p->type != q->type)
        return p->type < q->type ? -1 : 1;
    int c = bw_str_cmp(p->name, q->name);
    c = c ? c : bw_str_cmp(p->version, q->version);
    c = c ? c : bw_str_cmp(p->arch, q->arch);
    c = c ? c : bw_str_cmp(x->path, y->path);
    return c ? c : bw_str_cmp(x->inner, y->inner);
}

/* A package that the document lists twice at one place is one. */
static int fill_packages(struct document *document, struct bw_subject *subject, struct bw_err *err)
{
    size_t n = document->packages.n;
    struct bw_installed_package *v = document->packages.v;
    if (n)
        qsort(v, n, sizeof *v, compare);
    subject->packages = bw_arena_array(document->target->scan->arena, n, sizeof *subject->packages);
    if (!subject->packages)
        return full(err);
    for (size_t i = 0; i < n; i++) {
        if (i && compare(&v[i - 1], &v[i]) == 0)
            continue;
        /* What stands over the top counts as the lowest. */
        if (v[i].layer >= subject->layers_n)
            v[i].layer = 0;
        subject->packages[subject->packages_n++] = v[i];
    }
    return 0;
}

static struct bw_str name_key(struct bw_arena *arena, const struct bw_package *p, bool with_arch)
{
    return bw_arena_printf(arena, "%d/%" BW_STR_F "%s%" BW_STR_F, p->type, BW_STR_A(p->name),
                           with_arch && p->arch.n ? ":" : "",
                           BW_STR_A(with_arch ? p->arch : BW_STR("")));
}

static int index_owners(struct bw_subject *subject, struct bw_arena *arena, struct bw_map *owners,
                        struct bw_err *err)
{
    for (size_t i = 0; i < subject->packages_n; i++) {
        const struct bw_package *p = subject->packages[i].package;
        if (!bw_package_is_os(p->type))
            continue;
        for (int with_arch = 0; with_arch < 2; with_arch++) {
            struct bw_str key = name_key(arena, p, with_arch);
            struct bw_map_item *item = key.p ? bw_map_at(owners, key) : NULL;
            if (!item)
                return full(err);
            item->value = (void *)(uintptr_t)p;
        }
    }
    return 0;
}

static int index_owned(const struct document *document, struct bw_map *by_path, struct bw_err *err)
{
    for (size_t i = 0; i < document->owned.n; i++) {
        struct bw_map_item *item = bw_map_at(by_path, document->owned.v[i].place.path);
        if (!item)
            return full(err);
        item->value = (void *)(uintptr_t)document->owned.v[i].by;
    }
    return 0;
}

static int join_owners(struct document *document, struct bw_subject *subject, struct bw_err *err)
{
    struct bw_arena *arena = document->target->scan->arena;
    struct bw_map owners BW_CLEANUP(bw_map_free) = BW_MAP(2 * (size_t)PACKAGES_MAX);
    struct bw_map by_path BW_CLEANUP(bw_map_free) = BW_MAP(PACKAGES_MAX);
    int rc = document->owned.n ? index_owners(subject, arena, &owners, err) : 0;
    rc = rc ? rc : index_owned(document, &by_path, err);
    for (size_t i = 0; i < subject->packages_n && by_path.n && rc == 0; i++) {
        struct bw_installed_package *installed = &subject->packages[i];
        const struct bw_ownership *by = bw_map_get(&by_path, installed->path);
        if (!by || bw_package_is_os(installed->package->type))
            continue;
        struct bw_str key =
            bw_arena_printf(arena, "%d/%" BW_STR_F, by->type, BW_STR_A(by->package));
        if (!key.p)
            rc = full(err);
        else
            installed->owner = bw_map_get(&owners, key);
    }
    return rc;
}

static int fill_subject(struct document *document, struct bw_subject *subject, struct bw_err *err)
{
    const struct bw_bill *bill = &document->bill;
    struct bw_arena *arena = document->target->scan->arena;
    *subject = document->target->image.subject;
    if (bill->name.n)
        subject->name = bill->name;
    subject->digest = bill->digest;
    subject->platform = bill->platform;
    subject->tags = bill->tags;
    subject->base = bill->base;
    subject->distribution = document->distribution;
    subject->layers = bill->layers;
    subject->layers_n = bill->layers_n;
    if (!subject->layers_n) {
        subject->layers = bw_arena_alloc(arena, sizeof *subject->layers);
        subject->layers_n = 1;
    }
    if (!subject->layers)
        return full(err);
    int rc = fill_packages(document, subject, err);
    return rc ? rc : join_owners(document, subject, err);
}

int bw_target_read_document(struct bw_target *target, struct bw_subject *subject,
                            struct bw_err *err)
{
    struct document document = {.target = target};
    struct bw_err why = {0};
    int rc = run(&document, &why);
    if (rc == 0)
        rc = fill_subject(&document, subject, &why);
    if (rc)
        bw_err_set(err, rc, "%s", why.msg);
    BW_VEC_FREE(&document.packages);
    BW_VEC_FREE(&document.owned);
    return rc;
}
