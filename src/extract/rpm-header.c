#include "extract/rpm-header.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "extract/record.h"

#define ENTRY_SIZE 16u

enum type {
    CHAR = 1,
    INT8 = 2,
    INT16 = 3,
    INT32 = 4,
    STRING = 6,
    BINARY = 7,
    STRING_ARRAY = 8,
    I18N_STRING = 9
};
#define TYPE_MAX 9u

enum tag {
    TAG_SIGNATURES = 62,
    TAG_IMMUTABLE = 63,
    TAG_IMAGE = 61,
    TAG_FIRST = 100, /* below are regions only */
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_VENDOR = 1011,
    TAG_LICENSE = 1014,
    TAG_ARCH = 1022,
    TAG_FILENAMES = 1027,
    TAG_FILESTATES = 1029,
    TAG_FILEMODES = 1030,
    TAG_FILEDIGESTS = 1035,
    TAG_FILEFLAGS = 1037,
    TAG_SOURCERPM = 1044,
    TAG_FILEVERIFYFLAGS = 1045,
    TAG_DIRINDEXES = 1116,
    TAG_BASENAMES = 1117,
    TAG_DIRNAMES = 1118,
    TAG_FILECAPS = 5010,
    TAG_FILEDIGESTALGO = 5011,
    TAG_MODULARITYLABEL = 5096,
};

struct entry {
    uint32_t tag, type, offset, count;
};

struct blob {
    const uint8_t *index, *data;
    uint32_t entries, data_n;
    bool region;
    uint32_t region_entries, region_data; /* of the region, itself and its trailer included */
};

/* The tags that are read. */
enum slot {
    NAME,
    VERSION,
    RELEASE,
    EPOCH,
    VENDOR,
    LICENSE,
    ARCH,
    FILENAMES,
    FILESTATES,
    FILEMODES,
    FILEDIGESTS,
    FILEFLAGS,
    SOURCERPM,
    FILEVERIFY,
    DIRINDEXES,
    BASENAMES,
    DIRNAMES,
    FILECAPS,
    DIGESTALGO,
    MODULE,
    SLOTS,
};

enum kind {
    KIND_TEXT,
    KIND_TEXTS,
    KIND_INT32,
    KIND_INT16,
    KIND_INT8,
};

static const struct {
    uint32_t tag;
    enum kind kind;
} slots[SLOTS] = {
    [NAME] = {TAG_NAME, KIND_TEXT},
    [VERSION] = {TAG_VERSION, KIND_TEXT},
    [RELEASE] = {TAG_RELEASE, KIND_TEXT},
    [EPOCH] = {TAG_EPOCH, KIND_INT32},
    [VENDOR] = {TAG_VENDOR, KIND_TEXT},
    [LICENSE] = {TAG_LICENSE, KIND_TEXT},
    [ARCH] = {TAG_ARCH, KIND_TEXT},
    [FILENAMES] = {TAG_FILENAMES, KIND_TEXTS},
    [FILESTATES] = {TAG_FILESTATES, KIND_INT8},
    [FILEMODES] = {TAG_FILEMODES, KIND_INT16},
    [FILEDIGESTS] = {TAG_FILEDIGESTS, KIND_TEXTS},
    [FILEFLAGS] = {TAG_FILEFLAGS, KIND_INT32},
    [SOURCERPM] = {TAG_SOURCERPM, KIND_TEXT},
    [FILEVERIFY] = {TAG_FILEVERIFYFLAGS, KIND_INT32},
    [DIRINDEXES] = {TAG_DIRINDEXES, KIND_INT32},
    [BASENAMES] = {TAG_BASENAMES, KIND_TEXTS},
    [DIRNAMES] = {TAG_DIRNAMES, KIND_TEXTS},
    [FILECAPS] = {TAG_FILECAPS, KIND_TEXTS},
    [DIGESTALGO] = {TAG_FILEDIGESTALGO, KIND_INT32},
    [MODULE] = {TAG_MODULARITYLABEL, KIND_TEXT},
};

struct found {
    struct bw_rpm_array array;
    uint32_t part; /* 1: in the region, or there is none; 2: added behind it; 0: not there */
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct entry entry_at(const uint8_t *p)
{
    return (struct entry){be32(p), be32(p + 4), be32(p + 8), be32(p + 12)};
}

static int bad(struct bw_err *err, const char *what)
{
    return bw_err_set(err, BW_EFORMAT, "malformed package header: %s", what);
}

/* The trailer repeats the region's entry; its offset is minus the size of the region's index. */
static int read_region(struct blob *blob, struct bw_err *err)
{
    struct entry first = entry_at(blob->index);
    if (first.tag < TAG_IMAGE || first.tag > TAG_IMMUTABLE)
        return 0;
    if (first.type != BINARY || first.count != ENTRY_SIZE ||
        (uint64_t)first.offset + ENTRY_SIZE > blob->data_n)
        return bad(err, "its region");
    struct entry trailer = entry_at(blob->data + first.offset);
    uint32_t size = 0u - trailer.offset;
    if (trailer.tag == TAG_IMAGE && first.tag == TAG_SIGNATURES)
        trailer.tag = TAG_SIGNATURES;
    if (trailer.tag != first.tag || trailer.type != BINARY || trailer.count != ENTRY_SIZE ||
        size % ENTRY_SIZE || size / ENTRY_SIZE > blob->entries || size == 0)
        return bad(err, "the trailer of its region");
    blob->region = true;
    blob->region_entries = size / ENTRY_SIZE;
    blob->region_data = first.offset + ENTRY_SIZE;
    return 0;
}

static int open_blob(const uint8_t *p, size_t n, struct blob *blob, struct bw_err *err)
{
    if (n > BW_RPM_HEADER_MAX)
        return bw_err_set(err, BW_ELIMIT, "a package header of more than %zu bytes",
                          BW_RPM_HEADER_MAX);
    if (n < 8)
        return bad(err, "its length");
    *blob = (struct blob){.entries = be32(p), .data_n = be32(p + 4)};
    if (blob->entries == 0 || blob->entries > BW_RPM_ENTRIES_MAX ||
        8 + (uint64_t)blob->entries * ENTRY_SIZE + blob->data_n != n)
        return bad(err, "its length");
    blob->index = p + 8;
    blob->data = blob->index + (size_t)blob->entries * ENTRY_SIZE;
    return read_region(blob, err);
}

/* Bytes of `count` strings with their NULs, or SIZE_MAX. */
static size_t strings_size(const uint8_t *p, size_t n, uint32_t count)
{
    size_t used = 0;
    for (; count; count--) {
        const uint8_t *nul = used < n ? memchr(p + used, 0, n - used) : NULL;
        if (!nul)
            return SIZE_MAX;
        used = (size_t)(nul - p) + 1;
    }
    return used;
}

/* Bytes of an entry's value, or 0 where it does not fit into the data. */
static size_t value_size(const struct blob *blob, const struct entry *entry)
{
    static const uint8_t sizes[TYPE_MAX + 1] = {0, 1, 1, 2, 4, 8, 0, 1, 0, 0};
    if (entry->type > TYPE_MAX || entry->count == 0 || entry->offset >= blob->data_n)
        return 0;
    size_t room = blob->data_n - entry->offset;
    bool strings =
        entry->type == STRING || entry->type == STRING_ARRAY || entry->type == I18N_STRING;
    if (entry->type == STRING && entry->count != 1)
        return 0;
    uint64_t size = strings ? strings_size(blob->data + entry->offset, room, entry->count)
                            : (uint64_t)sizes[entry->type] * entry->count;
    return size <= room ? (size_t)size : 0;
}

static bool kind_fits(enum kind kind, uint32_t type)
{
    switch (kind) {
    case KIND_TEXT:
    case KIND_TEXTS:
        return type == STRING || type == STRING_ARRAY || type == I18N_STRING;
    case KIND_INT32:
        return type == INT32;
    case KIND_INT16:
        return type == INT16;
    case KIND_INT8:
        return type == CHAR || type == INT8;
    }
    return false;
}

static int keep_value(const struct blob *blob, const struct entry *entry, size_t size,
                      uint32_t part, struct found *found, struct bw_err *err)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].tag != entry->tag)
            continue;
        if (!kind_fits(slots[i].kind, entry->type) || found[i].part == part)
            return bw_err_set(err, BW_EFORMAT, "malformed package header: tag %u %s", entry->tag,
                              found[i].part == part ? "stands twice" : "has a wrong type");
        found[i].array = (struct bw_rpm_array){blob->data + entry->offset, size, entry->count};
        found[i].part = part;
    }
    return 0;
}

static int read_entries(const struct blob *blob, struct found *found, struct bw_err *err)
{
    size_t end = 0; /* of the value before */
    for (uint32_t i = blob->region; i < blob->entries; i++) {
        struct entry entry = entry_at(blob->index + (size_t)i * ENTRY_SIZE);
        size_t size = value_size(blob, &entry);
        bool hits_trailer = blob->region && entry.offset < blob->region_data &&
                            entry.offset + size > blob->region_data - ENTRY_SIZE;
        if (entry.tag < TAG_FIRST || size == 0 || entry.offset < end || hits_trailer)
            return bw_err_set(err, BW_EFORMAT,
                              "malformed package header: entry %u (tag %u, type %u, offset %u, "
                              "count %u)",
                              i, entry.tag, entry.type, entry.offset, entry.count);
        end = entry.offset + size;
        uint32_t part = blob->region && i >= blob->region_entries ? 2 : 1;
        int rc = keep_value(blob, &entry, size, part, found, err);
        if (rc)
            return rc;
    }
    /* As rpm: names that were split at installation replace the unsplit ones. */
    if (found[BASENAMES].part == 2 && found[FILENAMES].part == 1)
        found[FILENAMES] = (struct found){0};
    return 0;
}

/* The first string; value_size() has seen its NUL. */
static struct bw_str text(const struct found *found)
{
    return bw_str((const char *)found->array.p);
}

int bw_rpm_header_parse(const uint8_t *p, size_t n, struct bw_rpm_header *ret_header,
                        struct bw_err *err)
{
    struct blob blob = {0};
    struct found found[SLOTS] = {0};
    int rc = open_blob(p, n, &blob, err);
    if (!rc)
        rc = read_entries(&blob, found, err);
    if (rc)
        return rc;
    *ret_header = (struct bw_rpm_header){
        .name = text(&found[NAME]),
        .version = text(&found[VERSION]),
        .release = text(&found[RELEASE]),
        .arch = text(&found[ARCH]),
        .vendor = text(&found[VENDOR]),
        .licence = text(&found[LICENSE]),
        .source_rpm = text(&found[SOURCERPM]),
        .module = text(&found[MODULE]),
        .epoch = found[EPOCH].part ? be32(found[EPOCH].array.p) : 0,
        .dir_indexes = found[DIRINDEXES].array,
        .base_names = found[BASENAMES].array,
        .dir_names = found[DIRNAMES].array,
        .file_modes = found[FILEMODES].array,
        .file_names = found[FILENAMES].array,
        .file_digests = found[FILEDIGESTS].array,
        .file_flags = found[FILEFLAGS].array,
        .file_verify = found[FILEVERIFY].array,
        .file_states = found[FILESTATES].array,
        .file_capabilities = found[FILECAPS].array,
        .digest_algorithm = found[DIGESTALGO].part ? be32(found[DIGESTALGO].array.p) : 0,
    };
    return 0;
}

/* Takes the next string off an array that was checked. */
static struct bw_str next_string(struct bw_rpm_array *from)
{
    struct bw_str s = bw_str((const char *)from->p);
    from->p += s.n + 1;
    from->n -= s.n + 1;
    return s;
}

/* rpm's own numbers: rpmfi.h, rpmvf.h, rpmfiles.h, and RFC 4880 9.4. */
#define RPMFILE_CONFIG       (1u << 0)
#define RPMFILE_GHOST        (1u << 6)
#define RPMVERIFY_FILEDIGEST (1u << 0)
#define STATE_NORMAL         0
#define PGP_MD5              1u
#define PGP_SHA1             2u
#define PGP_SHA256           8u

/* The files of a header one after the other; strings are taken off their arrays as they pass. */
struct files {
    const struct bw_rpm_header *header;
    struct bw_rpm_array names, digests, capabilities;
    enum bw_digest_algorithm algorithm;
    bool modes, flags, verify, states; /* there is one for each file */
};

static enum bw_digest_algorithm algorithm_of(uint32_t number)
{
    switch (number) {
    case 0:
    case PGP_MD5:
        return BW_DIGEST_MD5;
    case PGP_SHA1:
        return BW_DIGEST_SHA1;
    case PGP_SHA256:
        return BW_DIGEST_SHA256;
    default:
        return BW_DIGEST_NONE;
    }
}

static struct files files_of(const struct bw_rpm_header *header, struct bw_rpm_array names)
{
    struct files files = {
        .header = header,
        .names = names,
        .algorithm = algorithm_of(header->digest_algorithm),
        .modes = header->file_modes.count == names.count,
        .flags = header->file_flags.count == names.count,
        .verify = header->file_verify.count == names.count,
        .states = header->file_states.count == names.count,
    };
    if (header->file_digests.count == names.count)
        files.digests = header->file_digests;
    if (header->file_capabilities.count == names.count)
        files.capabilities = header->file_capabilities;
    return files;
}

static uint32_t mode_at(const struct files *files, uint32_t i)
{
    const uint8_t *p = files->header->file_modes.p + (size_t)i * 2;
    return (uint32_t)p[0] << 8 | p[1];
}

/* Whether what stands at the path is the package's: not a file that the installation left out, nor
 * one that another package replaced. */
static bool is_own(const struct files *files, uint32_t i)
{
    return !files->states || files->header->file_states.p[i] == STATE_NORMAL;
}

static bool is_verified(const struct files *files, uint32_t i, uint32_t flags)
{
    bool verified = !files->verify ||
                    (be32(files->header->file_verify.p + (size_t)i * 4) & RPMVERIFY_FILEDIGEST);
    return verified && !(flags & RPMFILE_GHOST);
}

static struct bw_file_record next_record(struct files *files, uint32_t i)
{
    struct bw_file_record record = BW_FILE_RECORD;
    uint32_t flags = files->flags ? be32(files->header->file_flags.p + (size_t)i * 4) : 0;
    bool own = is_own(files, i);
    if (files->modes && own)
        record.mode = mode_at(files, i) & 07777;
    record.config = flags & RPMFILE_CONFIG;
    if (files->capabilities.count)
        record.capabilities = next_string(&files->capabilities).n > 0;
    struct bw_str hex = files->digests.count ? next_string(&files->digests) : BW_STR("");
    struct bw_digest digest = {.algorithm = files->algorithm};
    size_t size = bw_digest_size(digest.algorithm);
    if (size && own && is_verified(files, i, flags) && bw_record_hex(hex, digest.bytes, size))
        record.digest = digest;
    return record;
}

static int add_file(struct files *files, uint32_t i, struct bw_str dir, struct bw_path_list *to,
                    struct bw_err *err)
{
    struct bw_str name = next_string(&files->names);
    struct bw_file_record record = next_record(files, i);
    if (files->modes && S_ISDIR((mode_t)mode_at(files, i)))
        return 0;
    int rc = bw_path_list_add(to, dir, name, err);
    struct bw_file_record *slot = rc ? NULL : bw_path_list_record(to);
    if (slot)
        *slot = record;
    return rc;
}

static int old_files(const struct bw_rpm_header *header, struct bw_path_list *to,
                     struct bw_err *err)
{
    struct files files = files_of(header, header->file_names);
    int rc = 0;
    for (uint32_t i = 0; i < header->file_names.count && !rc; i++)
        rc = add_file(&files, i, (struct bw_str){0}, to, err);
    return rc;
}

static int split_files(const struct bw_rpm_header *header, const struct bw_str *dirs,
                       struct bw_path_list *to, struct bw_err *err)
{
    struct files files = files_of(header, header->base_names);
    int rc = 0;
    for (uint32_t i = 0; i < header->base_names.count && !rc; i++) {
        uint32_t dir = be32(header->dir_indexes.p + (size_t)i * 4);
        if (dir >= header->dir_names.count)
            return bad(err, "a file's directory");
        rc = add_file(&files, i, dirs[dir], to, err);
    }
    return rc;
}

int bw_rpm_header_files(const struct bw_rpm_header *header, struct bw_path_list *to,
                        struct bw_err *err)
{
    if (!header->base_names.count)
        return old_files(header, to, err);
    if (header->dir_indexes.count != header->base_names.count)
        return bad(err, "its file names and directories differ in number");
    if (header->dir_names.count > BW_PATH_LIST_FILES_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u directories in a package",
                          BW_PATH_LIST_FILES_MAX);
    struct bw_rpm_array names = header->dir_names;
    struct bw_str *dirs = calloc((size_t)names.count + 1, sizeof *dirs);
    if (!dirs)
        return bw_err_set(err, BW_ENOMEM, "no memory for the directories of a package");
    for (uint32_t i = 0; i < header->dir_names.count; i++)
        dirs[i] = next_string(&names);
    int rc = split_files(header, dirs, to, err);
    free(dirs);
    return rc;
}
