#include "scan/layer.h"

#include <stdio.h>
#include <stdlib.h>

static const struct bw_parser *wanted_parser(const struct bw_wanted *wanted, struct bw_str path)
{
    struct bw_str rest = wanted->list, pattern, parser;
    while (rest.n && bw_str_split(&rest, '\0', &pattern) && bw_str_split(&rest, '\0', &parser))
        if (bw_parser_matches(pattern.p, path))
            return bw_parser_named(parser);
    return wanted->only ? NULL : bw_parser_for(path, wanted->locks);
}

/* The file is reported although it was not read: it hides what lies below it all the same. */
static int too_large(struct bw_emitter *emitter, const struct bw_parser *parser,
                     const struct bw_tar_entry *entry, struct bw_err *err)
{
    char why[160];
    snprintf(why, sizeof why, "the file has %llu bytes, more than the limit of %zu for its kind",
             (unsigned long long)entry->size, parser->max);
    bw_emit_gap(emitter, BW_GAP_BLOCKING, entry->path, bw_str(parser->what), bw_str(why));
    struct bw_file file = {.type = BW_FILE_REGULAR, .size = entry->size, .read = true};
    return bw_emit_file(emitter, entry->path, &file, err);
}

static int regular(struct bw_emitter *emitter, struct bw_tar *tar, const struct bw_tar_entry *entry,
                   const struct bw_wanted *wanted, struct bw_err *err)
{
    const struct bw_parser *parser = wanted_parser(wanted, entry->path);
    if (!parser) {
        struct bw_file file = {.type = BW_FILE_REGULAR, .size = entry->size};
        if (wanted->only || !bw_scan_is_ancestor(entry->path))
            return 0;
        return bw_emit_file(emitter, entry->path, &file, err);
    }
    if (entry->size > parser->max)
        return too_large(emitter, parser, entry, err);
    uint8_t *p = NULL;
    size_t n = 0;
    int rc = bw_tar_read(tar, parser->max, &p, &n, err);
    if (rc == 0)
        rc = bw_emit_parsed(emitter, parser, entry->path, p, n, err);
    free(p);
    return rc;
}

int bw_layer_entry(struct bw_emitter *emitter, struct bw_tar *tar, const struct bw_tar_entry *entry,
                   const struct bw_wanted *wanted, struct bw_err *err)
{
    char buffer[BW_TAR_PATH_MAX + 1];
    struct bw_file file = {.type = entry->type, .link = entry->link, .size = entry->size};
    struct bw_str path = entry->path;
    /* By name alone, as Docker and containerd do: AUFS stored some as hard links. */
    bool mark = bw_tar_whiteout(path, buffer, &file.type, &path);
    if (!mark && entry->type == BW_FILE_REGULAR)
        return regular(emitter, tar, entry, wanted, err);
    /* What AUFS keeps for itself has an empty path; the root can be opaque. */
    if (wanted->only || (path.n == 0 && file.type != BW_FILE_OPAQUE))
        return 0;
    return bw_emit_file(emitter, path, &file, err);
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

static int read_entries(struct bw_emitter *emitter, struct bw_tar *tar,
                        const struct bw_wanted *wanted, struct bw_err *err)
{
    struct oddities oddities = {0};
    struct bw_tar_entry entry;
    int rc;
    while ((rc = bw_tar_next(tar, &entry, err)) == 1) {
        if (entry.odd_path)
            note_oddity(&oddities, entry.path);
        rc = bw_layer_entry(emitter, tar, &entry, wanted, err);
        if (rc)
            break;
    }
    if (!wanted->only)
        report_oddities(emitter, &oddities);
    return rc;
}

int bw_layer_read(struct bw_emitter *emitter, struct bw_stream *stream, uint64_t entries_max,
                  const struct bw_wanted *wanted, struct bw_err *err)
{
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = bw_tar_new(stream, entries_max);
    if (!tar)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the tar reader");
    int rc = read_entries(emitter, tar, wanted, err);
    return rc ? rc : bw_stream_drain(stream, err);
}
