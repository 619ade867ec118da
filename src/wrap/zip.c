#include "wrap/zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/fd.h"
#include "wrap/crc32.h"
#include "wrap/deflate.h"

/* APPNOTE 4.3.16: end of central directory record, with a comment of at most 65,535 bytes. */
#define EOCD_SIZE   22
#define EOCD_SEARCH (EOCD_SIZE + 65535)
/* APPNOTE 4.3.14, 4.3.15: the ZIP64 record and the locator in front of the EOCD. */
#define EOCD64_SIZE    56
#define LOCATOR64_SIZE 20

/* Compressed entries up to this are inflated by ISA-L, in half the time of libzip's zlib; larger
 * ones need not be in memory whole. */
#define PACKED_MAX ((size_t)64 << 20)

struct bw_zip {
    zip_t *zip;
    uint64_t count;
    struct bw_inflater *inflater;
    struct bw_buf packed;
};

static uint64_t little(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | p[bytes];
    return value;
}

static int not_zip(struct bw_err *err)
{
    return bw_err_set(err, BW_EFORMAT, "not a ZIP archive, or cut off: no end record");
}

/* What an archive is read from: a descriptor, or memory where fd is negative. */
struct bytes {
    int fd;
    const uint8_t *p;
    uint64_t n;
};

static bool read_at(const struct bytes *from, void *to, size_t n, uint64_t at)
{
    if (from->fd >= 0)
        return bw_fd_pread_full(from->fd, to, n, at) == (ssize_t)n;
    if (at > from->n || n > from->n - at)
        return false;
    memcpy(to, from->p + at, n);
    return true;
}

/* The entry count of the ZIP64 record that the locator before `eocd_at` points to. */
static int count_64(const struct bytes *from, uint64_t eocd_at, uint64_t *ret_count,
                    struct bw_err *err)
{
    uint8_t locator[LOCATOR64_SIZE], record[EOCD64_SIZE];
    if (eocd_at < LOCATOR64_SIZE ||
        !read_at(from, locator, sizeof locator, eocd_at - LOCATOR64_SIZE) ||
        memcmp(locator, "PK\6\7", 4) != 0)
        return 0;
    uint64_t at = little(locator + 8, 8);
    if (at > BW_ZIP_FILE_MAX || !read_at(from, record, sizeof record, at) ||
        memcmp(record, "PK\6\6", 4) != 0)
        return not_zip(err);
    *ret_count = little(record + 32, 8);
    return 0;
}

/* libzip allocates for every entry the end record promises, so the promise is looked at first. */
static int check_count(const struct bytes *from, struct bw_err *err)
{
    uint64_t size = from->n;
    size_t n = size < EOCD_SEARCH ? (size_t)size : EOCD_SEARCH;
    uint8_t *tail = malloc(n + 1);
    if (!tail)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = 0;
    uint64_t count = 0;
    size_t at = n < EOCD_SIZE ? 0 : n - EOCD_SIZE + 1;
    if (!read_at(from, tail, n, size - n))
        rc = bw_err_errno(err, "cannot read");
    while (rc == 0 && at > 0 && memcmp(tail + at - 1, "PK\5\6", 4) != 0)
        at--;
    if (rc == 0 && at == 0)
        rc = not_zip(err);
    if (rc == 0) {
        count = little(tail + at - 1 + 10, 2);
        rc = count_64(from, size - n + at - 1, &count, err);
    }
    free(tail);
    if (rc == 0 && count > BW_ZIP_ENTRIES_MAX)
        rc = bw_err_set(err, BW_ELIMIT, "ZIP archive of more than %u entries", BW_ZIP_ENTRIES_MAX);
    return rc;
}

static int zip_code(int zip_error)
{
    switch (zip_error) {
    case ZIP_ER_MEMORY:
        return BW_ENOMEM;
    case ZIP_ER_COMPNOTSUPP:
    case ZIP_ER_ENCRNOTSUPP:
    case ZIP_ER_NOPASSWD:
    case ZIP_ER_OPNOTSUPP:
        return BW_EUNSUPPORTED;
    case ZIP_ER_READ:
    case ZIP_ER_SEEK:
    case ZIP_ER_OPEN:
        return BW_EIO;
    default:
        return BW_EFORMAT;
    }
}

static int zip_failed(zip_error_t *error, struct bw_err *err)
{
    return bw_err_set(err, zip_code(zip_error_code_zip(error)), "ZIP: %s",
                      zip_error_strerror(error));
}

/* Takes the source over. */
static int open_source(zip_source_t *source, zip_t **ret_zip, zip_error_t *error,
                       struct bw_err *err)
{
    *ret_zip = zip_open_from_source(source, ZIP_RDONLY, error);
    if (*ret_zip)
        return 0;
    zip_source_free(source);
    return zip_failed(error, err);
}

static int open_fd(int fd, zip_t **ret_zip, zip_error_t *error, struct bw_err *err)
{
    /* Not dup: that would share the file offset, which libzip moves. */
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_RDONLY | O_CLOEXEC);
    if (own < 0)
        own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *file = own < 0 ? NULL : fdopen(own, "rb");
    if (!file) {
        int rc = bw_err_errno(err, "cannot read");
        if (own >= 0)
            close(own);
        return rc;
    }
    zip_source_t *source = zip_source_filep_create(file, 0, -1, error);
    if (source)
        return open_source(source, ret_zip, error, err);
    fclose(file);
    return zip_failed(error, err);
}

static int open_memory(const struct bytes *from, zip_t **ret_zip, zip_error_t *error,
                       struct bw_err *err)
{
    zip_source_t *source = zip_source_buffer_create(from->p, from->n, 0, error);
    return source ? open_source(source, ret_zip, error, err) : zip_failed(error, err);
}

static int open_bytes(const struct bytes *from, struct bw_zip **ret_zip, struct bw_err *err)
{
    if (from->n > BW_ZIP_FILE_MAX)
        return bw_err_set(err, BW_ELIMIT, "ZIP archive larger than the limit of %llu bytes",
                          (unsigned long long)BW_ZIP_FILE_MAX);
    int rc = check_count(from, err);
    if (rc)
        return rc;
    struct bw_zip *zip = calloc(1, sizeof *zip);
    if (!zip)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    zip_error_t error;
    zip_error_init(&error);
    rc = from->fd >= 0 ? open_fd(from->fd, &zip->zip, &error, err)
                       : open_memory(from, &zip->zip, &error, err);
    zip_error_fini(&error);
    if (rc) {
        free(zip);
        return rc;
    }
    zip_int64_t count = zip_get_num_entries(zip->zip, 0);
    zip->count = count < 0 ? 0 : (uint64_t)count;
    zip->packed = BW_BUF(PACKED_MAX + 1);
    zip->inflater = bw_inflater_new();
    if (!zip->inflater) {
        bw_zip_close(zip);
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    *ret_zip = zip;
    return 0;
}

int bw_zip_open(int fd, struct bw_zip **ret_zip, struct bw_err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return bw_err_errno(err, "cannot read");
    if (!S_ISREG(st.st_mode))
        return bw_err_set(err, BW_EFORMAT, "a ZIP archive is a regular file");
    return open_bytes(&(struct bytes){.fd = fd, .n = (uint64_t)st.st_size}, ret_zip, err);
}

int bw_zip_open_memory(const uint8_t *p, size_t n, struct bw_zip **ret_zip, struct bw_err *err)
{
    return open_bytes(&(struct bytes){.fd = -1, .p = p, .n = n}, ret_zip, err);
}

void bw_zip_close(struct bw_zip *zip)
{
    if (!zip)
        return;
    zip_discard(zip->zip);
    bw_inflater_free(zip->inflater);
    bw_buf_free(&zip->packed);
    free(zip);
}

void bw_zip_closep(struct bw_zip **zip)
{
    bw_zip_close(*zip);
    *zip = NULL;
}

uint64_t bw_zip_count(const struct bw_zip *zip)
{
    return zip->count;
}

int bw_zip_stat(struct bw_zip *zip, uint64_t index, struct bw_zip_entry *ret_entry,
                struct bw_err *err)
{
    zip_stat_t st;
    /* The raw name: libzip would otherwise guess at code page 437. */
    if (zip_stat_index(zip->zip, index, ZIP_FL_ENC_RAW, &st))
        return zip_failed(zip_get_error(zip->zip), err);
    const zip_uint64_t need = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC;
    if ((st.valid & need) != need)
        return bw_err_set(err, BW_EFORMAT, "ZIP: entry %llu has no name, size or CRC",
                          (unsigned long long)index);
    struct bw_str name = bw_str(st.name);
    *ret_entry = (struct bw_zip_entry){
        .name = name,
        .size = st.size,
        .packed = st.comp_size,
        .crc32 = st.crc,
        .directory = bw_str_ends(name, BW_STR("/")),
    };
    return 0;
}

static int read_file(zip_file_t *file, uint64_t size, struct bw_buf *buf, struct bw_err *err)
{
    /* libzip gives no more than `size` bytes and then compares the CRC, which needs a read at the
     * end. */
    uint8_t *to = bw_buf_reserve(buf, (size_t)size + 1);
    if (!to)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    uint64_t done = 0;
    zip_int64_t n;
    while ((n = zip_fread(file, to + done, size + 1 - done)) > 0 && done <= size)
        done += (uint64_t)n;
    if (n < 0)
        return zip_failed(zip_file_get_error(file), err);
    if (done != size)
        return bw_err_set(err, BW_EFORMAT, "ZIP: entry has %llu bytes, its header says %llu",
                          (unsigned long long)done, (unsigned long long)size);
    buf->n += (size_t)size;
    return 0;
}

/* An entry that deflate packed, whole. */
static int read_deflated(struct bw_zip *zip, const zip_stat_t *st, struct bw_buf *buf,
                         struct bw_err *err)
{
    zip_file_t *file = zip_fopen_index(zip->zip, st->index, ZIP_FL_COMPRESSED);
    if (!file)
        return zip_failed(zip_get_error(zip->zip), err);
    bw_buf_clear(&zip->packed);
    int rc = read_file(file, st->comp_size, &zip->packed, err);
    zip_fclose(file);
    uint8_t *to = rc ? NULL : bw_buf_reserve(buf, (size_t)st->size + 1);
    if (rc == 0 && !to)
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc == 0)
        rc = bw_inflate(zip->inflater, zip->packed.p, zip->packed.n, to, (size_t)st->size, err);
    if (rc == 0 && bw_crc32(0, to, (size_t)st->size) != st->crc)
        rc = bw_err_set(err, BW_EFORMAT, "ZIP: CRC error");
    if (rc == 0)
        buf->n += (size_t)st->size;
    return rc;
}

int bw_zip_read(struct bw_zip *zip, uint64_t index, struct bw_buf *buf, struct bw_err *err)
{
    struct bw_zip_entry entry = {.size = 0};
    int rc = bw_zip_stat(zip, index, &entry, err);
    if (rc)
        return rc;
    if (buf->max <= buf->n || entry.size > buf->max - buf->n - 1)
        return bw_err_set(err, BW_ELIMIT, "larger than the limit of %zu bytes", buf->max);
    zip_stat_t st;
    const zip_uint64_t need =
        ZIP_STAT_COMP_METHOD | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(zip->zip, index, 0, &st) == 0 && (st.valid & need) == need &&
        st.comp_method == ZIP_CM_DEFLATE && st.encryption_method == ZIP_EM_NONE &&
        st.comp_size < PACKED_MAX && entry.size > 0)
        return read_deflated(zip, &st, buf, err);
    zip_file_t *file = zip_fopen_index(zip->zip, index, 0);
    if (!file)
        return zip_failed(zip_get_error(zip->zip), err);
    size_t before = buf->n;
    rc = read_file(file, entry.size, buf, err);
    zip_fclose(file);
    /* libzip does not look at the CRC of what it finds empty. */
    if (rc == 0 && bw_crc32(0, buf->p + before, buf->n - before) != entry.crc32) {
        buf->n = before;
        rc = bw_err_set(err, BW_EFORMAT, "ZIP: CRC error");
    }
    return rc;
}
