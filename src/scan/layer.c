#include "scan/layer.h"

#include <stdio.h>

#define WANTED_MAX 1000000u

int bw_wanted_init(struct bw_wanted *wanted, struct bw_str list, bool only, struct bw_err *err)
{
    struct bw_str pattern, parser;
    *wanted = (struct bw_wanted){
        .exact = BW_MAP(WANTED_MAX), .pattern = BW_BUF(BW_POOL_MESSAGE_MAX), .only = only};
    while (list.n && bw_str_split(&list, '\0', &pattern) && bw_str_split(&list, '\0', &parser)) {
        if (bw_str_find(pattern, '*') != SIZE_MAX) {
            bw_buf_str(&wanted->pattern, bw_str_n(pattern.p, pattern.n + 1));
            bw_buf_str(&wanted->pattern, bw_str_n(parser.p, parser.n + 1));
            continue;
        }
        struct bw_map_item *item = bw_map_at(&wanted->exact, pattern);
        if (!item)
            return bw_err_set(err, BW_ENOMEM, "out of memory for the files that are wanted");
        item->value = (void *)(uintptr_t)bw_parser_named(parser);
    }
    if (bw_buf_failed(&wanted->pattern))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the files that are wanted");
    return 0;
}

void bw_wanted_free(struct bw_wanted *wanted)
{
    bw_map_free(&wanted->exact);
    bw_buf_free(&wanted->pattern);
}

static const struct bw_parser *wanted_parser(const struct bw_examiner *examiner,
                                             const struct bw_wanted *wanted, struct bw_str path)
{
    struct bw_str rest = bw_buf_slice(&wanted->pattern), pattern, name;
    const struct bw_parser *parser = bw_map_get(&wanted->exact, path);
    while (!parser && rest.n && bw_str_split(&rest, '\0', &pattern) &&
           bw_str_split(&rest, '\0', &name))
        if (bw_parser_matches(pattern.p, path))
            parser = bw_parser_named(name);
    if (parser || wanted->only)
        return parser;
    return bw_parser_for(path, examiner->flags & BW_SCAN_LOCKS);
}

/* Directories and files that the package managers' databases, or their settings, have. What is
 * under etc/ comes early in a tar that is sorted by name. */
static const struct {
    const char *prefix;
    enum bw_digest_algorithm algorithm;
} signs[] = {
    {"etc/debian_version", BW_DIGEST_MD5},
    {"etc/dpkg/", BW_DIGEST_MD5},
    {"etc/apt/", BW_DIGEST_MD5},
    {"var/lib/dpkg/", BW_DIGEST_MD5},
    {"etc/alpine-release", BW_DIGEST_SHA1},
    {"etc/apk/", BW_DIGEST_SHA1},
    {"lib/apk/", BW_DIGEST_SHA1},
    {"usr/lib/apk/", BW_DIGEST_SHA1},
    {"etc/redhat-release", BW_DIGEST_SHA256},
    {"etc/rpm/", BW_DIGEST_SHA256},
    {"etc/yum.repos.d/", BW_DIGEST_SHA256},
    {"etc/zypp/", BW_DIGEST_SHA256},
    {"var/lib/rpm/", BW_DIGEST_SHA256},
    {"usr/lib/sysimage/rpm/", BW_DIGEST_SHA256},
};

static enum bw_digest_algorithm sign_of(struct bw_str path)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(signs); i++)
        if (bw_str_starts(path, bw_str(signs[i].prefix)))
            return signs[i].algorithm;
    return BW_DIGEST_NONE;
}

static int next_block(void *ctx, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err)
{
    return bw_stream_next(ctx, ret_p, ret_n, err);
}

static int regular(struct bw_examiner *examiner, struct bw_tar *tar,
                   const struct bw_tar_entry *entry, const struct bw_file *file,
                   const struct bw_wanted *wanted, struct bw_err *err)
{
    const struct bw_parser *parser = wanted_parser(examiner, wanted, entry->path);
    if (!parser && wanted->only)
        return 0;
    if (!parser && !bw_examiner_wants_all(examiner))
        return bw_scan_is_ancestor(entry->path)
                   ? bw_emit_file(examiner->emitter, entry->path, file, err)
                   : 0;
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) = bw_tar_content(tar);
    if (!stream)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a file");
    struct bw_content content = {.ctx = stream, .next = next_block};
    return bw_examine(examiner, entry->path, file, parser, &content, err);
}

int bw_layer_entry(struct bw_examiner *examiner, struct bw_tar *tar,
                   const struct bw_tar_entry *entry, const struct bw_wanted *wanted,
                   struct bw_err *err)
{
    char buffer[BW_TAR_PATH_MAX + 1];
    struct bw_file file = {.type = entry->type,
                           .link = entry->link,
                           .size = entry->size,
                           .has_mode = true,
                           .mode = entry->mode,
                           .uid = entry->uid,
                           .gid = entry->gid,
                           .capabilities = entry->capabilities};
    struct bw_str path = entry->path;
    if (examiner->flags & BW_SCAN_GUESS) {
        int rc = bw_examiner_use(examiner, sign_of(path), err);
        if (rc)
            return rc;
    }
    /* By name alone, as Docker and containerd do: AUFS stored some as hard links. */
    bool mark = bw_tar_whiteout(path, buffer, &file.type, &path);
    if (!mark && entry->type == BW_FILE_REGULAR)
        return regular(examiner, tar, entry, &file, wanted, err);
    /* What AUFS keeps for itself has an empty path; the root can be opaque. */
    if (wanted->only || (path.n == 0 && file.type != BW_FILE_OPAQUE))
        return 0;
    return bw_emit_file(examiner->emitter, path, &file, err);
}

struct oddities {
    uint64_t count;
    char first[256];
};

static void note_oddity(struct oddities *oddities, struct bw_str path)
{
    if (oddities->count++ == 0)
        snprintf(oddities->first, sizeof oddities->first, "%" BW_STR_F, BW_STR_A(path));
}

static void report_oddities(struct bw_emitter *emitter, const struct oddities *oddities)
{
    char why[512];
    if (!oddities->count)
        return;
    snprintf(why, sizeof why,
             "%llu %s stored with an absolute path, with \"..\" or with bytes that are not UTF-8, "
             "and read as an extraction within the root would place %s; the first is %s",
             (unsigned long long)oddities->count, oddities->count == 1 ? "entry is" : "entries are",
             oddities->count == 1 ? "it" : "them", oddities->first);
    bw_emit_gap(emitter, BW_GAP_NOTE, (struct bw_str){0}, BW_STR("names of files"), bw_str(why));
}

static int read_entries(struct bw_examiner *examiner, struct bw_tar *tar,
                        const struct bw_wanted *wanted, struct bw_err *err)
{
    struct oddities oddities = {0};
    struct bw_tar_entry entry;
    int rc;
    while ((rc = bw_tar_next(tar, &entry, err)) == 1) {
        if (entry.odd_path)
            note_oddity(&oddities, entry.path);
        rc = bw_layer_entry(examiner, tar, &entry, wanted, err);
        if (rc)
            break;
    }
    if (!wanted->only)
        report_oddities(examiner->emitter, &oddities);
    return rc;
}

int bw_layer_read(struct bw_examiner *examiner, struct bw_stream *stream, uint64_t entries_max,
                  const struct bw_wanted *wanted, struct bw_err *err)
{
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = bw_tar_new(stream, entries_max);
    if (!tar)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the tar reader");
    int rc = read_entries(examiner, tar, wanted, err);
    return rc ? rc : bw_stream_drain(stream, err);
}

int bw_layer_look(struct bw_stream *stream, uint64_t entries_max, uint64_t bytes_max,
                  enum bw_digest_algorithm *ret_algorithm, struct bw_err *err)
{
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = bw_tar_new(stream, entries_max);
    if (!tar)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the tar reader");
    struct bw_tar_entry entry;
    uint64_t bytes = 0;
    int rc = 0;
    enum bw_digest_algorithm found = BW_DIGEST_NONE;
    while (found == BW_DIGEST_NONE && bytes <= bytes_max &&
           (rc = bw_tar_next(tar, &entry, err)) == 1) {
        found = sign_of(entry.path);
        bytes += entry.size;
    }
    if (rc < 0)
        return rc;
    *ret_algorithm = found;
    return 0;
}
