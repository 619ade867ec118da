/*
 * Targets that are documents: found below a path, read in workers, kept as objects.
 */
#include "scan/documents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/tree.h"
#include "base/fd.h"
#include "extract/document.h"
#include "extract/manifest-set.h"
#include "scan/charts.h"

#define BATCH_FILES   32u
#define BATCH_BYTES   ((uint64_t)8 << 20)
#define BATCHES_AHEAD 16u

/* How often one document may ask for more files, and for how many in all. */
#define ROUNDS_MAX 16u
#define OTHERS_MAX (BW_JOB_FDS_MAX - 1)

#define PLACES_MAX ((size_t)256 << 20)
#define FILES_MAX  ((size_t)10 << 20)

struct other {
    struct bw_str path; /* in the arena */
    bool missing;
};

/* What is read of one target. */
struct finding_documents {
    struct bw_target target; /* for its gaps */
    const struct bw_read_options *options;
    int directory;        /* that everything lies below; owned */
    struct bw_str prefix; /* of that directory, as the person wrote it: "shop/", or "" */
    bool explicit;        /* the target is one file, which must be a document */
    struct read_job *batch;
    size_t links; /* symbolic links that were passed over */
    struct bw_charts charts;
};

struct read_job {
    struct bw_job job;
    struct finding_documents *all;
    struct bw_buf request;
    int fds[BW_JOB_FDS_MAX];
    size_t fds_n;
    struct bw_str paths[BATCH_FILES];
    uint32_t paths_n;
    BW_VEC_TYPE(others, struct other) others; /* with these there is one path */
    unsigned round;
    uint32_t answered; /* bit i: the worker has told of paths[i] */
};
_Static_assert(BATCH_FILES <= 32, "a bit for each file of a job");

static bool failed(struct finding_documents *all, int code, const struct bw_err *err)
{
    if (!all->target.failure) {
        all->target.failure = code;
        all->target.failure_err = *err;
    }
    return false;
}

static bool no_memory(struct finding_documents *all)
{
    struct bw_err err;
    return failed(all, bw_err_set(&err, BW_ENOMEM, "out of memory for documents"), &err);
}

/* A path as the person would write it. */
static struct bw_str shown(struct finding_documents *all, struct bw_str path)
{
    if (bw_str_eq(path, BW_STR("-")))
        return path;
    return bw_arena_printf(all->target.scan->arena, "%" BW_STR_F "%" BW_STR_F,
                           BW_STR_A(all->prefix), BW_STR_A(path));
}

static void gap(struct finding_documents *all, enum bw_gap_class class, struct bw_str path,
                struct bw_str what, struct bw_str why)
{
    bw_target_gap(&all->target, class, shown(all, path), what, why);
}

/* --- answers --- */

/* All documents share one list of files and one of places. */
static bool keep_places(struct bw_scan *scan, struct bw_document *document)
{
    uint32_t base = (uint32_t)scan->files.n;
    document->file = base;
    for (size_t i = 0; i < document->ignores_n; i++)
        document->ignores[i].file += base;
    for (size_t i = 0; i < document->files_n; i++) {
        struct bw_str *slot = BW_VEC_PUSH(&scan->files, FILES_MAX);
        if (!slot)
            return false;
        *slot = document->files[i];
    }
    for (size_t i = 1; i < document->places_n; i++) {
        struct bw_value_place *slot = BW_VEC_PUSH(&scan->places, PLACES_MAX);
        if (!slot)
            return false;
        *slot = document->places[i];
        slot->file += base;
    }
    return true;
}

static int keep_document(struct finding_documents *all, struct bw_str bytes, struct bw_err *err)
{
    struct bw_scan *scan = all->target.scan;
    struct bw_read_document *slot = BW_VEC_PUSH(&scan->documents, FILES_MAX);
    if (!scan->places.n && !BW_VEC_PUSH(&scan->places, PLACES_MAX))
        slot = NULL;
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "no room for more documents");
    /* places[0] is nowhere, in each document and here. */
    int rc = bw_wire_get_document(&bytes, scan->arena, (uint32_t)scan->places.n - 1,
                                  &slot->document, err);
    if (rc == 0 && bytes.n)
        rc = bw_err_set(err, BW_EFORMAT, "bytes after the document");
    for (size_t i = 0; rc == 0 && i < slot->document.files_n; i++) {
        slot->document.files[i] = shown(all, slot->document.files[i]);
        if (!slot->document.files[i].p)
            rc = bw_err_set(err, BW_ELIMIT, "no room for more documents");
    }
    if (rc == 0 && !keep_places(scan, &slot->document))
        rc = bw_err_set(err, BW_ELIMIT, "no room for more places in documents");
    slot->subject = (uint32_t)scan->subjects.n;
    if (rc)
        scan->documents.n--;
    return rc;
}

/* That there is no room here is no fault of the document. */
static int take_document(struct finding_documents *all, struct bw_str bytes, struct bw_err *err)
{
    int rc = keep_document(all, bytes, err);
    if (rc == BW_ELIMIT || rc == BW_ENOMEM)
        (void)failed(all, rc, err);
    return rc;
}

static int take_gaps(struct finding_documents *all, struct bw_str bytes, struct bw_err *err)
{
    struct bw_record record;
    while (bytes.n) {
        int rc = bw_wire_get(&bytes, all->target.scan->arena, &record, err);
        if (rc)
            return rc;
        if (record.kind != BW_RECORD_GAP)
            return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker answered out of turn");
        gap(all, record.gap.class, record.gap.where, record.gap.what, record.gap.why);
    }
    return 0;
}

static struct read_job *new_job(struct finding_documents *all);
static bool submit(struct read_job *job);
static void free_job(struct read_job *job);

/* --- other files --- */

static bool open_other(struct read_job *job, struct bw_str path)
{
    struct finding_documents *all = job->all;
    struct other *other = BW_VEC_PUSH(&job->others, OTHERS_MAX);
    enum bw_file_type type;
    struct bw_str kept = bw_arena_str(all->target.scan->arena, path);
    int fd = -1;
    if (!other || !kept.p)
        return false;
    *other = (struct other){.path = kept, .missing = true};
    if (all->directory >= 0 && bw_tree_lookup(all->directory, false, kept, &type, &fd, NULL) == 0 &&
        fd >= 0) {
        other->missing = false;
        job->fds[job->fds_n++] = fd;
    }
    return true;
}

static bool copy_fd(struct read_job *job, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0 || lseek(copy, 0, SEEK_SET) < 0) {
        if (copy >= 0)
            close(copy);
        return false;
    }
    job->fds[job->fds_n++] = copy;
    return true;
}

/* The files that it had, and those that it asks for. */
static bool fill_again(struct read_job *again, const struct read_job *job, uint32_t index,
                       struct bw_str wanted)
{
    size_t at = job->paths_n;
    struct bw_str path;
    again->paths[again->paths_n++] = job->paths[index];
    again->round = job->round + 1;
    if (!copy_fd(again, job->fds[index]))
        return false;
    for (size_t i = 0; i < job->others.n; i++) {
        struct other *other = BW_VEC_PUSH(&again->others, OTHERS_MAX);
        if (!other)
            return false;
        *other = job->others.v[i];
        if (!other->missing && !copy_fd(again, job->fds[at++]))
            return false;
    }
    while (bw_str_split(&wanted, '\0', &path))
        if (path.n && !open_other(again, path))
            return false;
    return true;
}

static int read_again(struct read_job *job, uint32_t index, struct bw_str wanted,
                      struct bw_err *err)
{
    struct finding_documents *all = job->all;
    if (job->round == ROUNDS_MAX) {
        gap(all, BW_GAP_BLOCKING, job->paths[index], BW_STR("the document"),
            BW_STR("what it includes includes further files, more than 16 deep"));
        return 0;
    }
    struct read_job *again = new_job(all);
    if (!again)
        return bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    if (fill_again(again, job, index, wanted)) {
        (void)submit(again);
        return 0;
    }
    free_job(again);
    gap(all, BW_GAP_BLOCKING, job->paths[index], BW_STR("the document"),
        BW_STR("it is made of more than 127 files"));
    return 0;
}

/* --- jobs --- */

static void note_foreign(struct read_job *job, uint32_t index)
{
    if (job->all->explicit)
        gap(job->all, BW_GAP_BLOCKING, job->paths[index], BW_STR("the whole file"),
            BW_STR("it is no document that policies judge: a Dockerfile, a compose file, a "
                   "Kubernetes manifest, a container of the Docker API, an OCI config.json; an "
                   "image is named with a prefix such as oci: or docker:"));
}

static int on_message(struct bw_job *base, uint32_t tag, struct bw_str bytes, struct bw_err *err)
{
    struct read_job *job = base->ctx;
    uint32_t index;
    if (tag == BW_SCAN_RECORDS)
        return take_gaps(job->all, bytes, err);
    if (bytes.n < sizeof index)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker answered too short");
    memcpy(&index, bytes.p, sizeof index);
    bytes = bw_str_from(bytes, sizeof index);
    if (index >= job->paths_n || job->answered >> index & 1)
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker told of a file it did not read");
    job->answered |= (uint32_t)1 << index;
    switch (tag) {
    case BW_SCAN_OBJECTS:
        return take_document(job->all, bytes, err);
    case BW_SCAN_UNREAD:
        return 0;
    case BW_SCAN_WANTED:
        return read_again(job, index, bytes, err);
    case BW_SCAN_FOREIGN:
        note_foreign(job, index);
        return 0;
    default:
        return bw_err_set(err, BW_EINTERNAL, "the sandboxed worker answered out of turn");
    }
}

/* What the worker did not come to goes again, each file alone: one of them was too much. */
static void retry(struct read_job *job, uint32_t index, const struct bw_err *err)
{
    struct read_job *again = job->paths_n > 1 ? new_job(job->all) : NULL;
    if (again && copy_fd(again, job->fds[index])) {
        again->paths[again->paths_n++] = job->paths[index];
        (void)submit(again);
        return;
    }
    if (again)
        free_job(again);
    gap(job->all, BW_GAP_BLOCKING, job->paths[index], BW_STR("the document"), bw_str(err->msg));
}

static void on_done(struct bw_job *base, int status, const struct bw_err *err)
{
    struct read_job *job = base->ctx;
    struct finding_documents *all = job->all;
    for (uint32_t i = 0; status && !all->target.failure && i < job->paths_n; i++)
        if (!(job->answered >> i & 1))
            retry(job, i, err);
    all->target.scan->progress.bytes_done += job->job.weight;
    free_job(job);
}

static void free_job(struct read_job *job)
{
    for (size_t i = 0; i < job->fds_n; i++)
        close(job->fds[i]);
    bw_buf_free(&job->request);
    BW_VEC_FREE(&job->others);
    free(job);
}

static struct read_job *new_job(struct finding_documents *all)
{
    struct read_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->all = all;
    job->request = BW_BUF((size_t)16 << 20);
    job->job = (struct bw_job){.role = BW_WORKER_PARSER,
                               .kind = BW_SCAN_READ,
                               .ctx = job,
                               .message = on_message,
                               .done = on_done};
    return job;
}

static void put_string(struct bw_buf *buf, const char *mark, struct bw_str s)
{
    bw_buf_str(buf, bw_str(mark));
    bw_buf_str(buf, s);
    bw_buf_byte(buf, 0);
}

/* From here the pool and the callbacks own it. */
static bool submit(struct read_job *job)
{
    const struct bw_read_options *options = job->all->options;
    const struct bw_scan_request none = {0};
    struct bw_read_request head = {.files_n = job->paths_n,
                                   .others_n = (uint32_t)job->others.n,
                                   .profiles_n = (uint32_t)options->profiles_n,
                                   .environment_n = (uint32_t)options->environment_n};
    bw_buf_add(&job->request, &none, sizeof none);
    bw_buf_add(&job->request, &head, sizeof head);
    for (uint32_t i = 0; i < job->paths_n; i++)
        put_string(&job->request, "", job->paths[i]);
    for (size_t i = 0; i < job->others.n; i++)
        put_string(&job->request, job->others.v[i].missing ? "-" : "+", job->others.v[i].path);
    for (size_t i = 0; i < options->profiles_n; i++)
        put_string(&job->request, "", options->profiles[i]);
    for (size_t i = 0; i < options->environment_n; i++)
        put_string(&job->request, "", options->environment[i]);
    if (bw_buf_failed(&job->request)) {
        (void)no_memory(job->all);
        free_job(job);
        return false;
    }
    job->job.request = bw_buf_slice(&job->request);
    job->job.fds = job->fds;
    job->job.fds_n = job->fds_n;
    bw_pool_submit(job->all->target.scan->pool, &job->job);
    return true;
}

static bool send_batch(struct finding_documents *all)
{
    struct read_job *job = all->batch;
    struct bw_err err = {0};
    all->batch = NULL;
    if (!job || !submit(job))
        return !job;
    while (bw_pool_pending(all->target.scan->pool) > BATCHES_AHEAD) {
        int rc = bw_pool_step(all->target.scan->pool, -1, -1, &err);
        if (rc)
            return failed(all, rc, &err);
    }
    return true;
}

/* Takes the descriptor. */
static bool add_file(struct finding_documents *all, struct bw_str path, int fd, uint64_t size)
{
    if (!all->batch)
        all->batch = new_job(all);
    struct read_job *job = all->batch;
    struct bw_str kept = bw_arena_str(all->target.scan->arena, path);
    if (!job || !kept.p) {
        close(fd);
        return no_memory(all);
    }
    job->paths[job->paths_n++] = kept;
    job->fds[job->fds_n++] = fd;
    job->job.weight += size;
    all->target.scan->progress.bytes_total += size;
    return (job->paths_n < BATCH_FILES && job->job.weight < BATCH_BYTES) || send_batch(all);
}

/* --- looking below a directory --- */

static bool has_ending(struct bw_str path)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    for (size_t i = 0; i < BW_ARRAY_LEN(endings); i++)
        if (bw_str_ends(path, bw_str(endings[i])))
            return true;
    return false;
}

/* What version control and package managers keep for themselves is nobody's deployment. */
static bool is_kept_by_tools(struct bw_str path)
{
    struct bw_str rest = path, part;
    while (bw_str_split(&rest, '/', &part))
        if (rest.p && (bw_str_eq(part, BW_STR(".git")) || bw_str_eq(part, BW_STR("node_modules"))))
            return true;
    return false;
}

static bool wants(void *ctx, struct bw_str path)
{
    const struct finding_documents *all = ctx;
    return !is_kept_by_tools(path) && !bw_charts_own(&all->charts, path) &&
           (has_ending(path) || bw_reader_for(path, BW_STR("")) != NULL);
}

static int entry(void *ctx, struct bw_str path, const struct bw_file *file)
{
    struct finding_documents *all = ctx;
    all->links += file->type == BW_FILE_SYMLINK && wants(ctx, path);
    return 0;
}

static int content(void *ctx, struct bw_str path, int fd, const struct bw_file *file)
{
    struct finding_documents *all = ctx;
    return add_file(all, path, fd, file->size) ? 0 : all->target.failure;
}

static void walk_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    gap(ctx, class, where, what, why);
}

static int hold_text(const struct bw_buf *text, int *ret_fd, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = memfd_create("document", MFD_CLOEXEC);
    if (fd < 0 || bw_fd_write_full(fd, text->p, text->n) || lseek(fd, 0, SEEK_SET) < 0)
        return bw_err_errno(err, "cannot hold a document");
    *ret_fd = bw_fd_take(&fd);
    return 0;
}

/* The manifests of a chart stand nowhere before helm has made them. */
static int render_chart(struct finding_documents *all, struct bw_str chart, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_arena *arena = all->target.scan->arena;
    struct bw_str directory = shown(all, chart.n ? chart : BW_STR("."));
    struct bw_str path = bw_arena_printf(arena, "%" BW_STR_F "%s(helm template)", BW_STR_A(chart),
                                         chart.n ? "/" : "");
    struct bw_err why = {0};
    int fd = -1;
    if (!directory.p || !path.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    int rc = bw_chart_render(directory.p, &text, &why);
    if (rc == BW_ENOENT)
        bw_err_set(&why, rc,
                   "helm is not installed: pipe what 'helm template' makes of it, with the "
                   "values that are used, into 'bulwark check -'");
    if (rc) {
        gap(all, BW_GAP_BLOCKING, chart, BW_STR("the manifests of a Helm chart"), bw_str(why.msg));
        return rc == BW_ENOMEM ? bw_err_set(err, rc, "out of memory for documents") : 0;
    }
    rc = hold_text(&text, &fd, err);
    return rc ? rc : add_file(all, path, fd, text.n) ? 0 : all->target.failure;
}

static int walk(struct finding_documents *all, struct bw_err *err)
{
    const struct bw_tree_visitor visitor = {
        .ctx = all, .wants = wants, .entry = entry, .content = content, .gap = walk_gap};
    int rc = bw_charts_find(all->directory, all->target.scan->arena, &all->charts, err);
    if (rc == 0)
        rc = bw_tree_walk(all->directory, false, &visitor, err);
    for (size_t i = 0; i < all->charts.n && rc == 0; i++)
        rc = render_chart(all, all->charts.v[i], err);
    if (rc == 0 && all->links) {
        struct bw_str why = bw_arena_printf(all->target.scan->arena, "%zu symbolic %s not followed",
                                            all->links, all->links == 1 ? "link is" : "links are");
        gap(all, BW_GAP_NOTE, BW_STR(""), BW_STR("documents behind symbolic links"), why);
    }
    return rc;
}

/* --- targets --- */

/* Standard input, held so that it can be read again. */
static int open_input(struct finding_documents *all, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    int rc = bw_fd_slurp(STDIN_FILENO, &text, err);
    if (rc)
        return bw_err_prefix(err, rc, "standard input");
    int fd = -1;
    rc = hold_text(&text, &fd, err);
    if (rc)
        return rc;
    all->explicit = true;
    all->directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return add_file(all, BW_STR("-"), fd, text.n) ? 0 : all->target.failure;
}

/* A file, seen from its directory: what it includes may lie beside and below it. */
static int open_file(struct finding_documents *all, const char *path, struct bw_err *err)
{
    struct bw_str whole = bw_str(path);
    size_t slash = bw_str_rfind(whole, '/');
    struct bw_str name = slash == SIZE_MAX ? whole : bw_str_from(whole, slash + 1);
    struct stat st;
    all->prefix = slash == SIZE_MAX ? BW_STR("") : bw_str_take(whole, slash + 1);
    struct bw_str directory = bw_arena_str(all->target.scan->arena, all->prefix);
    if (!directory.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return bw_err_errno(err, "cannot open %s", path);
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return bw_err_set(err, BW_EUNSUPPORTED, "%s is neither a file nor a directory", path);
    }
    all->explicit = true;
    all->directory = open(directory.n ? directory.p : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return add_file(all, name, fd, (uint64_t)st.st_size) ? 0 : all->target.failure;
}

static int open_directory(struct finding_documents *all, const char *path, struct bw_err *err)
{
    struct bw_arena *arena = all->target.scan->arena;
    struct bw_str whole = bw_str(path);
    while (bw_str_starts(whole, BW_STR("./")) && whole.n > 2)
        whole = bw_str_from(whole, 2);
    bool slash = bw_str_ends(whole, BW_STR("/"));
    all->prefix =
        bw_str_eq(whole, BW_STR(".")) || bw_str_eq(whole, BW_STR("./"))
            ? BW_STR("")
            : bw_arena_printf(arena, "%" BW_STR_F "%s", BW_STR_A(whole), slash ? "" : "/");
    all->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!all->prefix.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for documents");
    return all->directory < 0 ? bw_err_errno(err, "cannot open %s", path) : walk(all, err);
}

static int read_target(struct finding_documents *all, const char *path, struct bw_err *err)
{
    struct stat st;
    int rc = 0;
    if (strcmp(path, "-") == 0)
        rc = open_input(all, err);
    else if (stat(path, &st))
        rc = bw_err_errno(err, "cannot open %s", path);
    else if (S_ISDIR(st.st_mode))
        rc = open_directory(all, path, err);
    else
        rc = open_file(all, path, err);
    if (rc == 0 && !send_batch(all))
        rc = all->target.failure;
    int waited = bw_pool_run(all->target.scan->pool, rc ? NULL : err);
    if (rc == 0 && waited == 0 && all->target.failure && err)
        *err = all->target.failure_err;
    return rc ? rc : waited ? waited : all->target.failure;
}

static int by_path(const void *left, const void *right, void *ctx)
{
    const struct bw_scan *scan = ctx;
    const struct bw_read_document *a = left, *b = right;
    return bw_str_cmp(scan->files.v[a->document.file], scan->files.v[b->document.file]);
}

/* Workers answer in any order. */
static void order_documents(struct bw_scan *scan, size_t first)
{
    if (scan->documents.n > first)
        qsort_r(scan->documents.v + first, scan->documents.n - first, sizeof *scan->documents.v,
                by_path, scan);
}

/* The lists may have moved. */
static void point_to_lists(struct bw_scan *scan)
{
    for (size_t i = 0; i < scan->documents.n; i++) {
        struct bw_document *document = &scan->documents.v[i].document;
        if (document->syntax == BW_SYNTAX_IMAGE && !document->places_n)
            continue; /* of an image that was scanned */
        document->files = scan->files.v;
        document->files_n = scan->files.n;
        document->places = scan->places.v;
        document->places_n = scan->places.n;
    }
}

/* One more document, of the set that the manifests make. */
static int add_set(struct bw_scan *scan, size_t first, struct bw_str name, struct bw_err *err)
{
    size_t n = scan->documents.n - first;
    const struct bw_document **documents = bw_arena_array(scan->arena, n, sizeof *documents);
    struct bw_object *object = bw_arena_alloc(scan->arena, sizeof *object);
    struct bw_str kept = bw_arena_str(scan->arena, name);
    bool any = false;
    if (!documents || !object || !kept.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more objects");
    for (size_t i = 0; i < n; i++)
        documents[i] = &scan->documents.v[first + i].document;
    int rc = bw_manifest_set(documents, n, kept, scan->arena, object, &any, err);
    if (rc || !any)
        return rc;
    struct bw_read_document *slot = BW_VEC_PUSH(&scan->documents, FILES_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "no room for more objects");
    slot->subject = (uint32_t)scan->subjects.n;
    slot->document.syntax = BW_SYNTAX_MANIFEST;
    slot->document.file = BW_DOCUMENT_NO_FILE;
    slot->document.objects = object;
    slot->document.objects_n = 1;
    return 0;
}

static int add_subject(struct bw_scan *scan, const char *path, size_t documents, struct bw_err *err)
{
    struct bw_subject *slot = BW_VEC_PUSH(&scan->subjects, BW_SCAN_TARGETS_MAX);
    struct bw_str name = bw_arena_str(scan->arena, bw_str(path));
    struct bw_str source = bw_arena_printf(scan->arena, "%zu %s", documents,
                                           documents == 1 ? "document" : "documents");
    if (!slot || !name.p || !source.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more than %u targets", BW_SCAN_TARGETS_MAX);
    *slot = (struct bw_subject){
        .name = name, .kind = BW_SUBJECT_DOCUMENTS, .source = source, .files_seen = documents};
    return 0;
}

struct bw_objects bw_scan_objects(const struct bw_scan *scan)
{
    return (struct bw_objects){
        .documents = scan->documents.v,
        .documents_n = scan->documents.n,
        .places = scan->places.v,
        .places_n = scan->places.n,
        .files = scan->files.v,
        .files_n = scan->files.n,
    };
}

int bw_scan_documents(struct bw_scan *scan, const char *path, const struct bw_read_options *options,
                      struct bw_err *err)
{
    struct finding_documents all = {
        .target = {.scan = scan, .argument = path}, .options = options, .directory = -1};
    size_t documents = scan->documents.n, gaps = scan->gaps.n;
    scan->progress.target = path;
    scan->progress.bytes_done = scan->progress.bytes_total = 0;
    int rc = read_target(&all, path, err);
    if (all.batch)
        free_job(all.batch);
    if (all.directory >= 0)
        close(all.directory);
    bw_charts_free(&all.charts);
    scan->progress.targets_done++;
    size_t read = scan->documents.n - documents;
    order_documents(scan, documents);
    if (rc == 0)
        rc = add_set(scan, documents, bw_str(path), err);
    if (rc)
        scan->documents.n = documents;
    /* Also after a failure: the documents of targets before this one point to them. */
    point_to_lists(scan);
    if (rc) {
        scan->gaps.n = gaps;
        return rc;
    }
    if (read == 0 && scan->gaps.n == gaps)
        gap(&all, BW_GAP_NOTE, BW_STR(""), BW_STR("policies"),
            BW_STR("there is no document here that policies judge"));
    return add_subject(scan, path, read, err);
}
