/*
 * Verification: every line of every file, the oldest first, once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/vec.h"
#include "enforce/evidence-line.h"
#include "enforce/evidence.h"

/* Files of one log. */
#define FILES_MAX 10000u

/* Read at a time. */
#define STEP ((size_t)1 << 20)

struct file {
    unsigned number; /* 0: the log itself */
    int fd;
    uint64_t size;
};

struct verifying {
    struct bw_evidence_place place;
    const char *path, *wanted;
    bw_evidence_problem problem;
    bw_evidence_each each;
    void *ctx;
    struct bw_evidence_verdict verdict;
    BW_VEC_TYPE(verifying_files, struct file) files;
    char file[4096 + 16]; /* at hand, for a person */
    uint64_t line;
    /* What the next line must follow. */
    bool begun;
    uint64_t sequence;
    char hash[BW_EVIDENCE_HASH_HEX + 1];
};

/* --- files --- */

static int by_age(const void *a, const void *b)
{
    unsigned x = ((const struct file *)a)->number, y = ((const struct file *)b)->number;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void name_file(struct verifying *v, unsigned number)
{
    if (number)
        snprintf(v->file, sizeof v->file, "%s.%u", v->path, number);
    else
        snprintf(v->file, sizeof v->file, "%s", v->path);
}

static int add_file(struct verifying *v, unsigned number, struct bw_err *err)
{
    struct stat st;
    name_file(v, number);
    int fd BW_CLEANUP(bw_fd_closep) = bw_evidence_open_file(&v->place, number, O_RDONLY);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st))
        return bw_err_errno(err, "cannot read %s", v->file);
    struct file *file = BW_VEC_PUSH(&v->files, FILES_MAX);
    if (!file)
        return bw_err_set(err, BW_ELIMIT, "%s has more than %u files", v->path, FILES_MAX);
    *file = (struct file){number, bw_fd_take(&fd), (uint64_t)st.st_size};
    return 0;
}

/* "log.jsonl.12" is number 12 of "log.jsonl"; 0: it is no rotated file. */
static unsigned number_of(const char *name, const char *file)
{
    size_t n = strlen(name);
    uint64_t number;
    struct bw_str rest;
    if (strncmp(file, name, n) != 0 || file[n] != '.')
        return 0;
    rest = bw_str(file + n + 1);
    if (!rest.n || rest.p[0] == '0' || !bw_str_to_u64(rest, &number) || number > 1000000000)
        return 0;
    return (unsigned)number;
}

static int add_rotated(struct verifying *v, struct bw_err *err)
{
    int fd = openat(v->place.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return bw_err_errno(err, "cannot read the directory of %s", v->path);
    }
    for (struct dirent *entry; rc == 0 && (entry = readdir(directory));) {
        unsigned number = number_of(v->place.name, entry->d_name);
        if (number)
            rc = add_file(v, number, err);
    }
    closedir(directory);
    return rc;
}

/* Under the lock of the log, so that nothing is rotated or half written meanwhile; who has no
 * permission to lock it, or finds it held, reads what there is. */
static int open_files(struct verifying *v, struct bw_err *err)
{
    int rc = add_file(v, 0, err);
    int locked = rc == 0 && v->files.n ? v->files.v[0].fd : -1;
    struct stat st;
    if (locked >= 0 && bw_evidence_lock(locked, LOCK_SH) == 0 && fstat(locked, &st) == 0)
        v->files.v[0].size = (uint64_t)st.st_size;
    if (rc == 0)
        rc = add_rotated(v, err);
    if (locked >= 0)
        flock(locked, LOCK_UN);
    if (rc == 0 && !v->files.n)
        rc = bw_err_set(err, BW_ENOENT, "there is no log %s", v->path);
    if (rc == 0)
        qsort(v->files.v, v->files.n, sizeof *v->files.v, by_age);
    return rc;
}

static void close_files(struct verifying *v)
{
    for (size_t i = 0; i < v->files.n; i++)
        close(v->files.v[i].fd);
    BW_VEC_FREE(&v->files);
    bw_evidence_place_close(&v->place);
}

/* --- lines --- */

static void tell(struct verifying *v, const char *what)
{
    v->verdict.problems++;
    if (v->problem)
        v->problem(v->ctx, v->file, v->line, what);
}

/* What is wrong with how a line follows the one before it; *what is then for a person. */
static bool follows(struct verifying *v, const struct bw_evidence_line *read, char what[200])
{
    unsigned long long got = read->sequence, due = v->sequence + 1;
    bool chained = bw_str_eq(read->previous, bw_str(v->hash));
    if (!v->begun && read->sequence > 1)
        return true; /* older files were removed by rotation */
    if (got > due)
        snprintf(what, 200, "%llu line%s missing before it: its sequence is %llu, due is %llu",
                 got - due, got - due == 1 ? " is" : "s are", got, due);
    else if (got < due)
        snprintf(what, 200, "it is out of turn: its sequence is %llu, due is %llu", got, due);
    else if (!chained)
        snprintf(what, 200,
                 "it does not follow the line before it, which is another than was "
                 "written");
    return got == due && chained;
}

static void check_whole(struct verifying *v, struct bw_str line,
                        const struct bw_evidence_line *read)
{
    char hash[BW_EVIDENCE_HASH_HEX + 1], what[200];
    bw_evidence_line_hash(line, hash);
    bool intact = bw_str_eq(read->hash, bw_str(hash));
    if (!intact)
        tell(v, "it was changed: its hash is not that of its bytes");
    else if (!follows(v, read, what))
        tell(v, what);
    if (!v->begun)
        v->verdict.first = read->sequence;
    v->begun = true;
    v->sequence = v->verdict.last = read->sequence;
    /* The next line vouches for what this one was when it was written. */
    memcpy(v->hash, read->hash.p, BW_EVIDENCE_HASH_HEX);
    memcpy(v->verdict.newest, intact ? hash : v->hash, sizeof hash);
    if (intact && v->wanted && strcmp(hash, v->wanted) == 0)
        v->verdict.found = true;
    if (v->each)
        v->each(v->ctx, line, intact);
}

static void check_line(struct verifying *v, struct bw_str line, bool ended)
{
    struct bw_evidence_line read;
    v->line++;
    if (ended && bw_evidence_line_read(line, &read)) {
        v->verdict.lines++;
        check_whole(v, line, &read);
        return;
    }
    if (line.n > BW_EVIDENCE_LINE_MAX)
        tell(v, "it is longer than a line of this log may be");
    else if (!line.n)
        tell(v, "it is empty");
    else if (bw_evidence_line_begins(line))
        tell(v, "it was cut short");
    else
        tell(v, "it is no line of this log");
}

/* The lines of `text` that are ended are taken; *passing: the rest of a line that is too long. */
static void check_text(struct verifying *v, struct bw_str *text, bool *passing)
{
    for (size_t n; (n = bw_str_find(*text, '\n')) != SIZE_MAX; *text = bw_str_from(*text, n + 1)) {
        if (!*passing)
            check_line(v, bw_str_take(*text, n), true);
        *passing = false;
    }
    if (*passing || text->n <= BW_EVIDENCE_LINE_MAX)
        return;
    v->line++;
    tell(v, "it is longer than a line of this log may be");
    *passing = true;
}

static int check_file(struct verifying *v, const struct file *file, struct bw_buf *buf,
                      struct bw_err *err)
{
    uint64_t at = 0;
    bool passing = false;
    bw_buf_clear(buf);
    v->line = 0;
    name_file(v, file->number);
    v->verdict.files++;
    while (at < file->size) {
        size_t n = file->size - at < STEP ? (size_t)(file->size - at) : STEP;
        uint8_t *to = bw_buf_reserve(buf, n);
        if (!to)
            return bw_err_set(err, BW_ENOMEM, "out of memory for %s", v->file);
        ssize_t got = bw_fd_pread_full(file->fd, to, n, at);
        if (got < 0)
            return bw_err_errno(err, "cannot read %s", v->file);
        if (got == 0)
            break; /* somebody has shortened it */
        at += (uint64_t)got;
        buf->n += (size_t)got;
        struct bw_str text = bw_buf_slice(buf);
        check_text(v, &text, &passing);
        /* What is passed over need not be kept. */
        size_t left = passing ? 0 : text.n;
        if (left)
            memmove(buf->p, text.p, left);
        buf->n = left;
    }
    if (buf->n)
        check_line(v, bw_buf_slice(buf), false);
    return 0;
}

static int check_wanted(const char *wanted, struct bw_err *err)
{
    if (wanted && (strlen(wanted) != BW_EVIDENCE_HASH_HEX ||
                   strspn(wanted, "0123456789abcdef") != BW_EVIDENCE_HASH_HEX))
        return bw_err_set(err, BW_EUSAGE, "'%.80s' is no hash: 64 digits 0-9 and a-f", wanted);
    return 0;
}

int bw_evidence_verify(const struct bw_evidence_question *question,
                       struct bw_evidence_verdict *ret_verdict, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(STEP + BW_EVIDENCE_LINE_MAX + 1);
    struct verifying v = {.path = question->path,
                          .wanted = question->wanted,
                          .problem = question->problem,
                          .each = question->each,
                          .ctx = question->ctx};
    memset(v.hash, '0', BW_EVIDENCE_HASH_HEX);
    int rc = check_wanted(question->wanted, err);
    if (rc == 0)
        rc = bw_evidence_place_open(question->path, &v.place, err);
    if (rc == 0)
        rc = open_files(&v, err);
    for (size_t i = 0; rc == 0 && i < v.files.n; i++)
        rc = check_file(&v, &v.files.v[i], &buf, err);
    if (rc == 0)
        *ret_verdict = v.verdict;
    close_files(&v);
    return rc;
}
