#include "wrap/tar.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#define BLOCK 512u

struct bw_tar_reader {
    struct archive *archive; /* NULL before the first entry */
    bw_tar_read_fn *read;
    void *arg;

    /* The last block of the source, and the place in the source after it. */
    const uint8_t *block;
    size_t block_n;
    uint64_t block_end;
    size_t again;  /* bytes at the end of the block to be given to a new libarchive reader */
    uint64_t base; /* place in the source where that reader began */

    bool in_header;
    uint64_t header_bytes; /* pulled for the headers of this entry */
    uint64_t entries;      /* headers read, for messages */
    bool regular;
    bool reopen; /* libarchive takes what follows the current entry's header for content */
    uint64_t size, data_at; /* of the current entry; bytes before data_at are given out */

    int source_code; /* failure of the source, or of a limit, and its text */
    struct bw_err source_err;
};

static la_ssize_t tar_pull(struct archive *archive, void *arg, const void **ret_p)
{
    struct bw_tar_reader *reader = arg;
    if (reader->again) {
        *ret_p = reader->block + (reader->block_n - reader->again);
        la_ssize_t n = (la_ssize_t)reader->again;
        reader->again = 0;
        return n;
    }
    int r = 0;
    if (reader->in_header && reader->header_bytes > BW_TAR_HEADER_MAX)
        r = bw_err_set(&reader->source_err, BW_ELIMIT,
                       "tar: the headers of entry %llu take more than %llu bytes",
                       (unsigned long long)reader->entries + 1,
                       (unsigned long long)BW_TAR_HEADER_MAX);
    if (r == 0)
        r = reader->read(reader->arg, &reader->block, &reader->block_n, &reader->source_err);
    if (r < 0) {
        reader->source_code = r;
        archive_set_error(archive, EIO, "source failed");
        return ARCHIVE_FATAL;
    }
    reader->block_end += reader->block_n;
    if (reader->in_header)
        reader->header_bytes += reader->block_n;
    *ret_p = reader->block;
    return (la_ssize_t)reader->block_n;
}

static int tar_fail(struct bw_tar_reader *reader, struct bw_err *err)
{
    if (reader->source_code)
        return bw_err_set(err, reader->source_code, "%s", reader->source_err.msg);
    if (archive_errno(reader->archive) == ENOMEM)
        return bw_err_set(err, BW_ENOMEM, "tar: no memory");
    const char *text = archive_error_string(reader->archive);
    return bw_err_set(err, BW_EFORMAT, "tar: after %llu entries: %s",
                      (unsigned long long)reader->entries, text ? text : "cut off");
}

/* With the format given rather than guessed, the first header is judged as every other. Setting an
 * option forgets a format that was set, so the format comes last. */
static int tar_open(struct bw_tar_reader *reader, struct bw_err *err)
{
    struct archive *a = reader->archive = archive_read_new();
    if (!a)
        return bw_err_set(err, BW_ENOMEM, "tar: no memory");
    if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
        archive_read_set_format_option(a, "tar", "mac-ext", NULL) != ARCHIVE_OK ||
        archive_read_set_format_option(a, "tar", "read_concatenated_archives", NULL) !=
            ARCHIVE_OK ||
        archive_read_set_format(a, ARCHIVE_FORMAT_TAR) != ARCHIVE_OK ||
        archive_read_open(a, reader, NULL, tar_pull, NULL) != ARCHIVE_OK)
        return tar_fail(reader, err);
    return 0;
}

static uint64_t tar_position(const struct bw_tar_reader *reader)
{
    return reader->base + (uint64_t)archive_filter_bytes(reader->archive, 0);
}

/* Goes on with a new libarchive reader at the byte after the header just read. */
static int tar_reopen(struct bw_tar_reader *reader, struct bw_err *err)
{
    uint64_t at = tar_position(reader);
    if (at > reader->block_end || reader->block_end - at > reader->block_n)
        return bw_err_set(err, BW_EINTERNAL, "tar: position lost");
    reader->base = at;
    reader->again = (size_t)(reader->block_end - at);
    reader->reopen = false;
    archive_read_free(reader->archive);
    return tar_open(reader, err);
}

static uint32_t tar_id(la_int64_t id)
{
    return id < 0 || id > (la_int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)id;
}

static void tar_find_capability(struct archive_entry *entry, struct bw_tar_header *header)
{
    const char *name;
    const void *value;
    size_t n;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK)
        if (name && strcmp(name, "security.capability") == 0) {
            header->capability = value;
            header->capability_n = n;
        }
}

static int tar_fill(struct bw_tar_reader *reader, struct archive_entry *entry,
                    struct bw_tar_header *ret, struct bw_err *err)
{
    *ret = (struct bw_tar_header){
        .path = archive_entry_pathname(entry),
        .link = archive_entry_hardlink(entry),
        .type = archive_entry_filetype(entry),
        .mode = archive_entry_perm(entry),
        .uid = tar_id(archive_entry_uid(entry)),
        .gid = tar_id(archive_entry_gid(entry)),
    };
    ret->hard_link = ret->link != NULL;
    if (ret->hard_link)
        ret->type = 0;
    else if (ret->type == S_IFLNK)
        ret->link = archive_entry_symlink(entry);
    bool typed = ret->hard_link || ret->type;
    if (!ret->path || !typed || (ret->type == S_IFLNK && !ret->link))
        return bw_err_set(err, BW_EFORMAT, "tar: entry %llu has no name, type or target",
                          (unsigned long long)reader->entries);
    la_int64_t size = archive_entry_size(entry);
    if (size < 0)
        return bw_err_set(err, BW_EFORMAT, "tar: entry %llu has a negative size",
                          (unsigned long long)reader->entries);
    reader->reopen = ret->hard_link && size > 0;
    if (ret->type != S_IFREG)
        return 0;
    tar_find_capability(entry, ret);
    ret->size = (uint64_t)size;
    ret->sparse = archive_entry_sparse_count(entry) > 0;
    ret->offset = tar_position(reader);
    return 0;
}

static int tar_skip(struct bw_tar_reader *reader, struct bw_err *err)
{
    if (reader->reopen)
        return tar_reopen(reader, err);
    uint64_t before = tar_position(reader);
    if (archive_read_data_skip(reader->archive) != ARCHIVE_OK)
        return tar_fail(reader, err);
    if (!reader->regular && tar_position(reader) != before)
        return bw_err_set(err, BW_EFORMAT,
                          "tar: entry %llu has content, which its type cannot have",
                          (unsigned long long)reader->entries);
    return 0;
}

/* One block of zeros ends an archive only where the bytes end as well: Go's reader demands two, and
 * takes what stands behind one for damage. libarchive has consumed the second if it was there; less
 * than a block of zeros is a second one that was cut off. */
static int tar_check_end(struct bw_tar_reader *reader, uint64_t from, struct bw_err *err)
{
    uint64_t at = tar_position(reader);
    if (at - from != BLOCK || at >= reader->block_end)
        return 0;
    uint64_t left = reader->block_end - at;
    size_t look = left < reader->block_n ? (size_t)left : reader->block_n;
    bool zero = left < BLOCK;
    for (size_t i = reader->block_n - look; zero && i < reader->block_n; i++)
        zero = reader->block[i] == 0;
    if (zero)
        return 0;
    return bw_err_set(err, BW_EFORMAT,
                      "tar: after %llu entries stands a single block of zeros, where two end an "
                      "archive, and more bytes follow",
                      (unsigned long long)reader->entries);
}

static int tar_read_header(struct bw_tar_reader *reader, struct bw_tar_header *ret,
                           struct bw_err *err)
{
    struct archive_entry *entry;
    uint64_t from = tar_position(reader);
    reader->in_header = true;
    reader->header_bytes = 0;
    int r = archive_read_next_header(reader->archive, &entry);
    reader->in_header = false;
    if (r == ARCHIVE_EOF)
        return tar_check_end(reader, from, err);
    /* ARCHIVE_RETRY would search for the next header; see tar.h. */
    if (r == ARCHIVE_RETRY && reader->entries == 0)
        return bw_err_set(err, BW_EFORMAT, "not a tar archive");
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
        return tar_fail(reader, err);
    reader->entries++;
    r = tar_fill(reader, entry, ret, err);
    if (r < 0)
        return r;
    reader->regular = ret->type == S_IFREG;
    reader->size = ret->size;
    reader->data_at = 0;
    return 1;
}

struct bw_tar_reader *bw_tar_reader_new(bw_tar_read_fn *read, void *arg)
{
    struct bw_tar_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->read = read;
    reader->arg = arg;
    return reader;
}

void bw_tar_reader_free(struct bw_tar_reader *reader)
{
    if (!reader)
        return;
    archive_read_free(reader->archive);
    free(reader);
}

/* libarchive converts pax names from UTF-8, and to Unicode's composed form, when the locale is
 * UTF-8. In the C locale it cannot, and then hands out the bytes as they are. */
static locale_t tar_locale_enter(void)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* the static one: nothing to free */
    return uselocale(c);
}

int bw_tar_reader_next(struct bw_tar_reader *reader, struct bw_tar_header *ret_header,
                       struct bw_err *err)
{
    locale_t before = tar_locale_enter();
    struct bw_tar_header header;
    int r = reader->archive ? tar_skip(reader, err) : tar_open(reader, err);
    reader->regular = false;
    if (r == 0)
        r = tar_read_header(reader, &header, err);
    uselocale(before);
    if (r == 1)
        *ret_header = header;
    return r;
}

int bw_tar_reader_data(struct bw_tar_reader *reader, const uint8_t **ret_p, size_t *ret_n,
                       uint64_t *ret_at, struct bw_err *err)
{
    if (!reader->regular)
        return 0;
    const void *p;
    size_t n = 0;
    la_int64_t at;
    int r;
    do {
        r = archive_read_data_block(reader->archive, &p, &n, &at);
    } while (r == ARCHIVE_OK && n == 0);
    if (r == ARCHIVE_EOF)
        return 0;
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
        return tar_fail(reader, err);
    if (at < 0 || (uint64_t)at < reader->data_at || (uint64_t)at > reader->size ||
        n > reader->size - (uint64_t)at)
        return bw_err_set(err, BW_EFORMAT, "tar: entry %llu has a broken map of its holes",
                          (unsigned long long)reader->entries);
    reader->data_at = (uint64_t)at + n;
    *ret_p = p;
    *ret_n = n;
    *ret_at = (uint64_t)at;
    return 1;
}
