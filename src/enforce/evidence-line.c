#include "enforce/evidence-line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "wrap/blake2b.h"

/* --- lines --- */

static bool cut_front(struct bw_str *s, struct bw_str front)
{
    if (!bw_str_starts(*s, front))
        return false;
    *s = bw_str_from(*s, front.n);
    return true;
}

static bool cut_end(struct bw_str *s, struct bw_str end)
{
    if (!bw_str_ends(*s, end))
        return false;
    s->n -= end.n;
    return true;
}

static bool cut_hash(struct bw_str *s, struct bw_str *ret_hash)
{
    if (s->n < BW_EVIDENCE_HASH_HEX)
        return false;
    s->n -= BW_EVIDENCE_HASH_HEX;
    *ret_hash = (struct bw_str){s->p + s->n, BW_EVIDENCE_HASH_HEX};
    for (size_t i = 0; i < ret_hash->n; i++)
        if (!strchr("0123456789abcdef", ret_hash->p[i]) || !ret_hash->p[i])
            return false;
    return true;
}

bool bw_evidence_line_read(struct bw_str line, struct bw_evidence_line *ret_line)
{
    struct bw_evidence_line read;
    struct bw_str rest = line;
    if (!cut_end(&rest, BW_STR(BW_EVIDENCE_END)) || !cut_hash(&rest, &read.hash) ||
        !cut_end(&rest, BW_STR(BW_EVIDENCE_HASH)) || !cut_hash(&rest, &read.previous) ||
        !cut_end(&rest, BW_STR(BW_EVIDENCE_PREVIOUS)) ||
        !cut_front(&rest, BW_STR(BW_EVIDENCE_HEAD)))
        return false;
    size_t digits = bw_str_find(rest, ',');
    if (digits == SIZE_MAX || !bw_str_to_u64(bw_str_take(rest, digits), &read.sequence) ||
        !bw_str_starts(bw_str_from(rest, digits), BW_STR(BW_EVIDENCE_TIME)))
        return false;
    *ret_line = read;
    return true;
}

void bw_evidence_line_hash(struct bw_str line, char ret_hash[BW_EVIDENCE_HASH_HEX + 1])
{
    /* The quote that ends the member before stays. */
    size_t behind = sizeof BW_EVIDENCE_HASH - 2 + BW_EVIDENCE_HASH_HEX + sizeof BW_EVIDENCE_END - 1;
    uint8_t digest[BW_BLAKE2B_SIZE];
    bw_blake2b(line.p, line.n - behind, digest);
    bw_blake2b_hex(digest, ret_hash);
}

bool bw_evidence_line_begins(struct bw_str bytes)
{
    struct bw_str head = BW_STR(BW_EVIDENCE_HEAD);
    return bw_str_eq(bw_str_take(bytes, head.n), bw_str_take(head, bytes.n));
}

/* --- files --- */

int bw_evidence_place_open(const char *path, struct bw_evidence_place *ret_place,
                           struct bw_err *err)
{
    struct bw_str whole = bw_str(path);
    size_t slash = bw_str_rfind(whole, '/');
    struct bw_str name = slash == SIZE_MAX ? whole : bw_str_from(whole, slash + 1);
    char directory[4096] = ".";
    if (!name.n || name.n > BW_EVIDENCE_NAME_MAX - 16 || whole.n >= sizeof directory)
        return bw_err_set(err, BW_EUSAGE, "'%s' is no path of a log", path);
    if (slash != SIZE_MAX)
        snprintf(directory, sizeof directory, "%" BW_STR_F,
                 BW_STR_A(bw_str_take(whole, slash ? slash : 1)));
    struct bw_evidence_place place = {.name = strdup(name.p)};
    if (!place.name)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the log");
    place.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place.directory < 0) {
        free(place.name);
        return bw_err_errno(err, "cannot open the directory of the log, %s", directory);
    }
    *ret_place = place;
    return 0;
}

void bw_evidence_place_close(struct bw_evidence_place *place)
{
    if (place->name)
        close(place->directory);
    free(place->name);
    place->name = NULL;
}

bool bw_evidence_file_name(const struct bw_evidence_place *place, unsigned number,
                           char ret_name[BW_EVIDENCE_NAME_MAX])
{
    int n = number ? snprintf(ret_name, BW_EVIDENCE_NAME_MAX, "%s.%u", place->name, number)
                   : snprintf(ret_name, BW_EVIDENCE_NAME_MAX, "%s", place->name);
    return n > 0 && n < (int)BW_EVIDENCE_NAME_MAX;
}

int bw_evidence_open_file(const struct bw_evidence_place *place, unsigned number, int flags)
{
    char name[BW_EVIDENCE_NAME_MAX];
    struct stat st;
    if (!bw_evidence_file_name(place, number, name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = openat(place->directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                    0640);
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EBADF;
        return -1;
    }
    return fd;
}

int bw_evidence_lock(int fd, int operation)
{
    const struct timespec nap = {.tv_nsec = 100000};
    int64_t until = 0;
    while (flock(fd, operation | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        int64_t now = bw_clock_monotonic_ms();
        if (!until)
            until = now + BW_EVIDENCE_LOCK_MS;
        if (now >= until) {
            errno = ETIMEDOUT;
            return -1;
        }
        nanosleep(&nap, NULL);
    }
    return 0;
}
