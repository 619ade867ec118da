/*
 * Appending. What is known of the end of the log (sequence and hash of its last line, and how long
 * the file was then) is believed while nobody else has written; else the end is read again, under
 * the lock.
 */
#include "enforce/evidence.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "enforce/evidence-line.h"

/* How far back from the end a whole line is looked for: behind it may stand some that were cut. */
#define TAIL_MAX (8 * BW_EVIDENCE_LINE_MAX)
#define TAIL_MIN ((size_t)8 << 10)

/* Times that a log is opened anew because it was rotated meanwhile. */
#define REOPENS_MAX 100u

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* Where the chain goes on. */
struct end {
    uint64_t sequence; /* of the last line; 0: there is none */
    char hash[BW_EVIDENCE_HASH_HEX + 1];
};

struct bw_evidence {
    pthread_mutex_t mutex;
    struct bw_evidence_place place;
    char *path; /* for a person */
    uint64_t rotate_bytes;
    unsigned keep;
    bool sync;
    int fd;
    dev_t device; /* of what fd is */
    ino_t inode;
    off_t size; /* of the file when `end` was its end */
    bool cut;   /* its last line has no newline */
    struct end end;
    struct bw_buf line;
    time_t second; /* of the text */
    char time[BW_CLOCK_RFC3339_SIZE];
};

/* --- the end of a file --- */

/* The last whole line in the tail of a file. */
static bool find_end(struct bw_str tail, struct end *ret_end)
{
    for (size_t end = tail.n; end;) {
        size_t begin = bw_str_rfind(bw_str_take(tail, end), '\n');
        begin = begin == SIZE_MAX ? 0 : begin + 1;
        struct bw_str line = {tail.p + begin, end - begin};
        struct bw_evidence_line read;
        char hash[BW_EVIDENCE_HASH_HEX + 1];
        if (bw_evidence_line_read(line, &read)) {
            bw_evidence_line_hash(line, hash);
            bool counts = read.sequence > 0 && read.sequence < UINT64_MAX;
            if (counts && bw_str_eq(read.hash, bw_str(hash))) {
                ret_end->sequence = read.sequence;
                memcpy(ret_end->hash, hash, sizeof hash);
                return true;
            }
        }
        end = begin ? begin - 1 : 0;
    }
    return false;
}

static int no_log(const struct bw_evidence *evidence, struct bw_err *err)
{
    return bw_err_set(err, BW_EFORMAT,
                      "%s is no log of decisions: it is left as it is; name another file",
                      evidence->path);
}

/* Reads the end of a file that is not empty. A file with nothing but one line that was cut short
 * has no end: ret_end->sequence is 0. */
static int read_end(const struct bw_evidence *evidence, int fd, uint64_t size, struct end *ret_end,
                    bool *ret_cut, struct bw_err *err)
{
    struct bw_buf tail BW_CLEANUP(bw_buf_free) = BW_BUF(TAIL_MAX);
    char head[sizeof BW_EVIDENCE_HEAD];
    ssize_t head_n = bw_fd_pread_full(fd, head, sizeof head - 1, 0);
    if (head_n < 0)
        return bw_err_errno(err, "cannot read %s", evidence->path);
    if (!bw_evidence_line_begins(bw_str_n(head, (size_t)head_n)))
        return no_log(evidence, err);
    for (size_t want = TAIL_MIN;; want *= 8) {
        size_t n = want < size ? want : (size_t)size;
        n = n < TAIL_MAX ? n : TAIL_MAX;
        bw_buf_clear(&tail);
        uint8_t *at = bw_buf_reserve(&tail, n);
        if (!at)
            return bw_err_set(err, BW_ENOMEM, "out of memory for the end of %s", evidence->path);
        ssize_t got = bw_fd_pread_full(fd, at, n, size - n);
        if (got != (ssize_t)n)
            return bw_err_errno(err, "cannot read %s", evidence->path);
        struct bw_str text = bw_str_n(at, n);
        *ret_cut = text.p[n - 1] != '\n';
        if (find_end(bw_str_take(text, *ret_cut ? n : n - 1), ret_end))
            return 0;
        if (n == size)
            return 0;
        if (n == TAIL_MAX)
            return no_log(evidence, err);
    }
}

/* Of a log that is empty the chain comes from the newest rotated file. */
static int read_rotated_end(const struct bw_evidence *evidence, struct end *ret_end,
                            struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = bw_evidence_open_file(&evidence->place, 1, O_RDONLY);
    struct stat st;
    bool cut;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st))
        return bw_err_errno(err, "cannot read %s.1, where the chain of %s comes from",
                            evidence->path, evidence->path);
    return st.st_size ? read_end(evidence, fd, (uint64_t)st.st_size, ret_end, &cut, err) : 0;
}

/* --- the file --- */

static int open_file(struct bw_evidence *evidence, struct bw_err *err)
{
    struct stat st;
    if (evidence->fd >= 0)
        close(evidence->fd);
    evidence->fd = bw_evidence_open_file(&evidence->place, 0, O_RDWR | O_CREAT | O_APPEND);
    if (evidence->fd < 0 && (errno == EBADF || errno == ELOOP))
        return bw_err_set(err, BW_EFORMAT, "%s is no regular file: name another", evidence->path);
    if (evidence->fd < 0 || fstat(evidence->fd, &st))
        return bw_err_errno(err, "cannot open the log %s", evidence->path);
    evidence->device = st.st_dev;
    evidence->inode = st.st_ino;
    evidence->size = -1;
    return 0;
}

/* Whether the file that is open is the one that the path names, and how long it is. */
static bool is_current(const struct bw_evidence *evidence, off_t *ret_size)
{
    struct stat st;
    if (fstatat(evidence->place.directory, evidence->place.name, &st, AT_SYMLINK_NOFOLLOW) ||
        st.st_dev != evidence->device || st.st_ino != evidence->inode)
        return false;
    *ret_size = st.st_size;
    return true;
}

static void unlock(const struct bw_evidence *evidence)
{
    if (evidence->fd >= 0)
        flock(evidence->fd, LOCK_UN);
}

/* Locks the file that the path names, opened anew where another has rotated it, or taken it away.
 */
static int lock_current(struct bw_evidence *evidence, off_t *ret_size, struct bw_err *err)
{
    for (unsigned i = 0; i < REOPENS_MAX; i++) {
        int rc = evidence->fd < 0 ? open_file(evidence, err) : 0;
        if (rc)
            return rc;
        if (bw_evidence_lock(evidence->fd, LOCK_EX)) {
            int timeout = errno == ETIMEDOUT;
            rc = bw_err_errno(err, "cannot lock the log %s", evidence->path);
            return timeout ? bw_err_prefix(err, BW_ETIMEOUT, "another program holds it") : rc;
        }
        if (is_current(evidence, ret_size))
            return 0;
        close(evidence->fd);
        evidence->fd = -1;
    }
    return bw_err_set(err, BW_EIO, "the log %s is replaced again and again", evidence->path);
}

/* What is known of the end, made true again. The chain never goes back: where the file ends earlier
 * than what was written to it, somebody took lines out, and the next line shows it. */
static int know_end(struct bw_evidence *evidence, off_t size, struct bw_err *err)
{
    struct end end = {.sequence = 0};
    bool cut = false;
    if (size == evidence->size)
        return 0;
    int rc = size ? read_end(evidence, evidence->fd, (uint64_t)size, &end, &cut, err)
                  : read_rotated_end(evidence, &end, err);
    if (rc == 0 && size && !end.sequence)
        rc = read_rotated_end(evidence, &end, err);
    if (rc)
        return rc;
    if (end.sequence > evidence->end.sequence)
        evidence->end = end;
    evidence->cut = cut;
    evidence->size = size;
    return 0;
}

/* --- rotation --- */

/* Under the lock. What another does with the log meanwhile is seen when it is locked again. */
static int rotate(struct bw_evidence *evidence, struct bw_err *err)
{
    int directory = evidence->place.directory;
    char from[BW_EVIDENCE_NAME_MAX], to[BW_EVIDENCE_NAME_MAX];
    for (unsigned i = evidence->keep; i-- > 0;) {
        if (!bw_evidence_file_name(&evidence->place, i, from) ||
            !bw_evidence_file_name(&evidence->place, i + 1, to))
            return bw_err_set(err, BW_EUSAGE, "the name of the log %s is too long", evidence->path);
        if (renameat(directory, from, directory, to) && errno != ENOENT)
            return bw_err_errno(err, "cannot rotate the log %s", evidence->path);
    }
    if (evidence->sync && fsync(directory))
        return bw_err_errno(err, "cannot write the directory of the log %s", evidence->path);
    close(evidence->fd);
    evidence->fd = -1;
    return 0;
}

/* The file that the next line goes to, locked, and its end known. */
static int begin(struct bw_evidence *evidence, struct bw_err *err)
{
    for (unsigned i = 0; i < REOPENS_MAX; i++) {
        off_t size = 0;
        int rc = lock_current(evidence, &size, err);
        if (rc == 0)
            rc = know_end(evidence, size, err);
        if (rc || !evidence->rotate_bytes || evidence->size == 0 ||
            (uint64_t)evidence->size < evidence->rotate_bytes)
            return rc;
        rc = rotate(evidence, err);
        if (rc)
            return rc;
    }
    return bw_err_set(err, BW_EIO, "the log %s is full again and again", evidence->path);
}

/* --- writing --- */

static int cannot_write(struct bw_evidence *evidence, struct bw_err *err)
{
    int rc = bw_err_errno(err, "cannot write the log %s", evidence->path);
    /* Where not even this can be done, the line is cut short, and the next one begins behind it. */
    if (ftruncate(evidence->fd, evidence->size))
        evidence->size = -1;
    return rc;
}

static int write_bytes(struct bw_evidence *evidence, struct bw_str bytes, struct bw_err *err)
{
    if (bw_fd_write_full(evidence->fd, bytes.p, bytes.n) ||
        (evidence->sync && fdatasync(evidence->fd)))
        return cannot_write(evidence, err);
    evidence->size += (off_t)bytes.n;
    return 0;
}

static int close_cut_line(struct bw_evidence *evidence, struct bw_err *err)
{
    if (!evidence->cut)
        return 0;
    int rc = write_bytes(evidence, BW_STR("\n"), err);
    evidence->cut = rc != 0;
    return rc;
}

/* RFC 3339 with microseconds: the text of a second is made once. */
static void add_time(struct bw_evidence *evidence)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != evidence->second || !evidence->time[0]) {
        bw_clock_rfc3339(now.tv_sec, evidence->time);
        evidence->second = now.tv_sec;
    }
    bw_buf_add(&evidence->line, evidence->time, sizeof "2026-11-22T02:38:18" - 1);
    bw_buf_printf(&evidence->line, ".%06ldZ\"", now.tv_nsec / 1000);
}

/* The line behind the end, whose hash becomes *ret_end. */
static int make_line(struct bw_evidence *evidence, struct bw_str members, struct end *ret_end,
                     struct bw_err *err)
{
    struct bw_buf *line = &evidence->line;
    const struct end *end = &evidence->end;
    bw_buf_clear(line);
    bw_buf_printf(line, BW_EVIDENCE_HEAD "%llu" BW_EVIDENCE_TIME,
                  (unsigned long long)end->sequence + 1);
    add_time(evidence);
    if (members.n)
        bw_buf_byte(line, ',');
    bw_buf_str(line, members);
    bw_buf_str(line, BW_STR(BW_EVIDENCE_PREVIOUS));
    bw_buf_str(line, end->sequence ? bw_str_n(end->hash, BW_EVIDENCE_HASH_HEX) : BW_STR(ZEROS));
    bw_buf_str(line, BW_STR(BW_EVIDENCE_HASH ZEROS BW_EVIDENCE_END "\n"));
    if (line->failed)
        return bw_err_set(err, BW_ELIMIT, "a record for the log %s is longer than %zu bytes",
                          evidence->path, BW_EVIDENCE_LINE_MAX);
    bw_evidence_line_hash(bw_str_n(line->p, line->n - 1), ret_end->hash);
    ret_end->sequence = end->sequence + 1;
    memcpy(line->p + line->n - (sizeof BW_EVIDENCE_END + BW_EVIDENCE_HASH_HEX), ret_end->hash,
           BW_EVIDENCE_HASH_HEX);
    return 0;
}

static int append(struct bw_evidence *evidence, struct bw_str members, struct bw_err *err)
{
    struct end end;
    int rc = begin(evidence, err);
    if (rc == 0)
        rc = close_cut_line(evidence, err);
    if (rc == 0)
        rc = make_line(evidence, members, &end, err);
    if (rc == 0)
        rc = write_bytes(evidence, bw_buf_slice(&evidence->line), err);
    if (rc == 0)
        evidence->end = end;
    unlock(evidence);
    return rc;
}

int bw_evidence_append(struct bw_evidence *evidence, struct bw_str members, struct bw_err *err)
{
    assert(bw_str_find(members, '\n') == SIZE_MAX);
    pthread_mutex_lock(&evidence->mutex);
    int rc = append(evidence, members, err);
    pthread_mutex_unlock(&evidence->mutex);
    return rc;
}

/* --- opening --- */

static int open_log(struct bw_evidence *evidence, struct bw_err *err)
{
    struct bw_err ignored;
    off_t size = 0;
    int rc = bw_evidence_place_open(evidence->path, &evidence->place, err);
    if (rc == 0)
        rc = lock_current(evidence, &size, err);
    if (rc == 0)
        rc = know_end(evidence, size, err);
    /* A full disk is for the first line to tell. */
    if (rc == 0 && close_cut_line(evidence, &ignored))
        evidence->size = -1;
    unlock(evidence);
    return rc;
}

int bw_evidence_open(const struct bw_evidence_options *options, struct bw_evidence **ret_evidence,
                     struct bw_err *err)
{
    struct bw_evidence *evidence = calloc(1, sizeof *evidence);
    char *path = strdup(options->path);
    if (!evidence || !path) {
        free(evidence);
        free(path);
        return bw_err_set(err, BW_ENOMEM, "out of memory for the log");
    }
    *evidence = (struct bw_evidence){.mutex = PTHREAD_MUTEX_INITIALIZER,
                                     .path = path,
                                     .rotate_bytes = options->rotate_bytes,
                                     .keep = options->keep ? options->keep : 1,
                                     .sync = options->sync,
                                     .fd = -1,
                                     .size = -1,
                                     .line = BW_BUF(BW_EVIDENCE_LINE_MAX)};
    int rc = open_log(evidence, err);
    if (rc)
        bw_evidence_close(evidence);
    else
        *ret_evidence = evidence;
    return rc;
}

void bw_evidence_close(struct bw_evidence *evidence)
{
    if (!evidence)
        return;
    bw_fd_closep(&evidence->fd);
    bw_evidence_place_close(&evidence->place);
    pthread_mutex_destroy(&evidence->mutex);
    bw_buf_free(&evidence->line);
    free(evidence->path);
    free(evidence);
}
