#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/vec.h"
#include "know/fields.h"
#include "know/import-record.h"
#include "wrap/sha256.h"
#include "wrap/zip.h"

#define HASH_STEP ((size_t)1 << 20)
/* Parsed records that wait for the store. */
#define QUEUE 128

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* --- one thread inflates and parses, the other one puts into the store --- */

/* An entry of the archive whose record is to be loaded. */
struct wanted {
    uint64_t index;
    struct bw_str name;
    uint64_t size;
    uint32_t crc32;
};

struct pipe {
    struct bw_zip *zip;
    const struct wanted *wanted;
    size_t wanted_n;
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    struct bw_loaded queue[QUEUE];
    size_t made, taken; /* counts; queue[i % QUEUE] is the i-th */
    bool stop;          /* the taker has had enough */
    int rc;             /* of the maker: it made no more after that */
    struct bw_err err;
};

/* Loads one entry. Bytes that cannot be read are this record's failure, not the archive's. */
static int load_entry(struct pipe *p, const struct wanted *wanted, struct bw_buf *bytes,
                      struct bw_json_pool *pool, struct bw_loaded *ret_loaded)
{
    struct bw_loaded loaded = {.arena = NULL};
    struct bw_err why;
    bw_buf_clear(bytes);
    int rc = bw_zip_read(p->zip, wanted->index, bytes, &why);
    if (rc == BW_ENOMEM)
        return bw_err_set(&p->err, rc, "out of memory");
    if (rc)
        bw_load_failed(&loaded, &why);
    else
        rc = bw_load(bw_buf_slice(bytes), pool, &loaded, &p->err);
    if (!loaded.rc && rc) {
        bw_loaded_free(&loaded);
        return rc;
    }
    loaded.file.name = wanted->name;
    loaded.file.size = wanted->size;
    loaded.file.crc32 = wanted->crc32;
    *ret_loaded = loaded;
    return 0;
}

/* Hands a record over; false where nobody takes any more. */
static bool hand_over(struct pipe *p, struct bw_loaded *loaded)
{
    pthread_mutex_lock(&p->mutex);
    while (p->made - p->taken == QUEUE && !p->stop)
        pthread_cond_wait(&p->moved, &p->mutex);
    bool stop = p->stop;
    if (!stop) {
        p->queue[p->made % QUEUE] = *loaded;
        p->made++;
        pthread_cond_signal(&p->moved);
    }
    pthread_mutex_unlock(&p->mutex);
    if (stop)
        bw_loaded_free(loaded);
    return !stop;
}

static int make_all(struct pipe *p)
{
    struct bw_json_pool *pool BW_CLEANUP(bw_json_pool_freep) = bw_json_pool_new();
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_OSV_TEXT_MAX + 1);
    if (!pool)
        return no_memory(&p->err);
    for (size_t i = 0; i < p->wanted_n; i++) {
        struct bw_loaded loaded;
        int rc = load_entry(p, &p->wanted[i], &bytes, pool, &loaded);
        if (rc)
            return rc;
        if (!hand_over(p, &loaded))
            return 0;
    }
    return 0;
}

static void *maker(void *ctx)
{
    struct pipe *p = ctx;
    int rc = make_all(p);
    pthread_mutex_lock(&p->mutex);
    p->rc = rc;
    if (rc)
        p->wanted_n = p->made;
    pthread_cond_signal(&p->moved);
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

/* 1: *ret_loaded is the next record, 0: there is none. */
static int take(struct pipe *p, struct bw_loaded *ret_loaded)
{
    pthread_mutex_lock(&p->mutex);
    while (p->made == p->taken && p->taken < p->wanted_n)
        pthread_cond_wait(&p->moved, &p->mutex);
    int got = p->taken < p->made;
    if (got) {
        *ret_loaded = p->queue[p->taken % QUEUE];
        p->taken++;
        pthread_cond_signal(&p->moved);
    }
    pthread_mutex_unlock(&p->mutex);
    return got;
}

static void finish(struct pipe *p, pthread_t thread)
{
    pthread_mutex_lock(&p->mutex);
    p->stop = true;
    pthread_cond_signal(&p->moved);
    pthread_mutex_unlock(&p->mutex);
    pthread_join(thread, NULL);
    for (; p->taken < p->made; p->taken++)
        bw_loaded_free(&p->queue[p->taken % QUEUE]);
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->mutex);
}

static int put_all(struct bw_import *import, int64_t source, struct pipe *p,
                   struct bw_import_progress *progress, struct bw_err *err)
{
    struct bw_loaded loaded;
    int rc = 0;
    while (rc == 0 && take(p, &loaded)) {
        rc = bw_import_put(import, source, &loaded, err);
        progress->done += loaded.file.size;
        progress->records = import->records + p->taken;
        bw_loaded_free(&loaded);
        if (rc == 0)
            rc = bw_import_show(import, progress, err);
    }
    return rc;
}

static int run_pipe(struct bw_import *import, struct bw_zip *zip, int64_t source,
                    const struct wanted *wanted, size_t n, struct bw_import_progress *progress,
                    struct bw_err *err)
{
    struct pipe *p = calloc(1, sizeof *p);
    if (!p)
        return no_memory(err);
    p->zip = zip;
    p->wanted = wanted;
    p->wanted_n = n;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->moved, NULL);
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, maker, p);
    if (rc) {
        errno = rc;
        free(p);
        return bw_err_errno(err, "cannot start a thread");
    }
    rc = put_all(import, source, p, progress, err);
    finish(p, thread);
    if (rc == 0 && p->rc) {
        rc = p->rc;
        if (err)
            *err = p->err;
    }
    free(p);
    return rc;
}

/* --- what is in the archive, against what was --- */

struct plan {
    BW_VEC(struct wanted);
    struct bw_arena *names;
    struct bw_map seen; /* names of this archive */
    uint64_t bytes, entries;
};

static void free_plan(struct plan *plan)
{
    BW_VEC_FREE(plan);
    bw_map_free(&plan->seen);
    bw_arena_free(plan->names);
}

static bool is_plain_name(struct bw_str name)
{
    return name.n <= 512 && bw_str_is_utf8(name) && !bw_fields_has_control(name);
}

/* The entry's name, or one made of its number where it has none of its own. */
static struct bw_map_item *name_entry(struct plan *plan, struct bw_str name, uint64_t index)
{
    struct bw_str copy = bw_arena_str(plan->names, name);
    struct bw_map_item *item = copy.p && is_plain_name(name) ? bw_map_at(&plan->seen, copy) : NULL;
    if (!copy.p || (item && !item->value))
        return item;
    copy = bw_arena_printf(plan->names, "(entry %llu)", (unsigned long long)index);
    return copy.p ? bw_map_at(&plan->seen, copy) : NULL;
}

static int plan_entry(struct bw_import *import, struct bw_known *known, struct plan *plan,
                      const struct bw_zip_entry *entry, uint64_t index, struct bw_err *err)
{
    if (entry->directory || !bw_str_ends(entry->name, BW_STR(".json")))
        return 0;
    struct bw_map_item *item = name_entry(plan, entry->name, index);
    if (!item)
        return no_memory(err);
    item->value = plan;
    plan->entries++;
    if (bw_known_same(import, known, item->key, entry->crc32, entry->size))
        return 0;
    if (entry->size > BW_IMPORT_BYTES_MAX - plan->bytes)
        return bw_err_set(err, BW_ELIMIT, "unpacks to more than the limit of %llu bytes",
                          (unsigned long long)BW_IMPORT_BYTES_MAX);
    plan->bytes += entry->size;
    struct wanted *slot = BW_VEC_PUSH(plan, BW_ZIP_ENTRIES_MAX);
    if (!slot)
        return no_memory(err);
    *slot = (struct wanted){
        .index = index, .name = item->key, .size = entry->size, .crc32 = entry->crc32};
    return 0;
}

static int make_plan(struct bw_import *import, struct bw_zip *zip, struct bw_known *known,
                     struct plan *plan, struct bw_err *err)
{
    *plan = (struct plan){.seen = BW_MAP(BW_ZIP_ENTRIES_MAX)};
    plan->names = bw_arena_new(BW_LOADED_MEMORY_MAX * 4);
    int rc = plan->names ? 0 : no_memory(err);
    for (uint64_t i = 0; rc == 0 && i < bw_zip_count(zip); i++) {
        struct bw_zip_entry entry;
        rc = bw_zip_stat(zip, i, &entry, err);
        if (rc == 0)
            rc = plan_entry(import, known, plan, &entry, i, err);
    }
    if (rc == 0 && plan->entries == 0 && bw_zip_count(zip) > 0)
        rc = bw_err_set(err, BW_EFORMAT, "holds no file whose name ends in .json");
    return rc;
}

static int carry_out(struct bw_import *import, struct bw_zip *zip, struct bw_str name,
                     struct bw_known *known, const struct plan *plan, struct bw_err *err)
{
    struct bw_import_progress progress = {
        .source = name, .total = plan->bytes, .records = import->records};
    int rc = bw_import_change(import, name, known, err);
    if (rc == 0)
        rc = run_pipe(import, zip, known->source, plan->v, plan->n, &progress, err);
    import->records += plan->entries;
    return rc ? rc : bw_import_sweep(import, known, err);
}

static int import_open_zip(struct bw_import *import, struct bw_zip *zip, struct bw_str name,
                           struct bw_known *known, const struct bw_source_state *state,
                           struct bw_err *err)
{
    struct plan plan;
    int rc = bw_known_load(import, known, err);
    if (rc)
        return rc;
    rc = make_plan(import, zip, known, &plan, err);
    if (rc == 0)
        rc = carry_out(import, zip, name, known, &plan, err);
    free_plan(&plan);
    return rc ? rc : bw_import_done(import, known, state, err);
}

/* --- the file --- */

static int hash_file(int fd, char hex[BW_SHA256_HEX_SIZE], uint64_t *ret_size, struct bw_err *err)
{
    struct bw_sha256 *sha BW_CLEANUP(bw_sha256_freep) = bw_sha256_new();
    uint8_t *block = malloc(HASH_STEP), digest[BW_SHA256_SIZE];
    uint64_t at = 0;
    int rc = sha && block ? 0 : no_memory(err);
    ssize_t n = 0;
    while (rc == 0 && (n = bw_fd_pread_full(fd, block, HASH_STEP, at)) > 0) {
        bw_sha256_update(sha, block, (size_t)n);
        at += (uint64_t)n;
    }
    free(block);
    if (n < 0)
        rc = bw_err_errno(err, "cannot read");
    if (rc == 0 && bw_sha256_final(sha, digest))
        rc = bw_err_set(err, BW_EINTERNAL, "SHA-256 failed");
    if (rc)
        return rc;
    bw_sha256_hex(digest, hex);
    *ret_size = at;
    return 0;
}

int bw_import_zip(struct bw_import *import, int fd, struct bw_str name,
                  const struct bw_source_state *state, struct bw_err *err)
{
    char hex[BW_SHA256_HEX_SIZE];
    struct bw_source_state now = *state;
    int rc = hash_file(fd, hex, &now.size, err);
    if (rc)
        return rc;
    now.sha256 = bw_str(hex);
    struct bw_known known BW_CLEANUP(bw_known_free);
    rc = bw_known_open(import, name, &known, err);
    if (rc)
        return rc;
    if (known.source && known.size == now.size && bw_str_eq(now.sha256, bw_str(known.sha256)))
        return bw_import_unchanged(import, &known, err);
    struct bw_zip *zip BW_CLEANUP(bw_zip_closep) = NULL;
    rc = bw_zip_open(fd, &zip, err);
    return rc ? rc : import_open_zip(import, zip, name, &known, &now, err);
}
