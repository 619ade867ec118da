/*
 * The files of a package, as dpkg keeps them beside its status:
 *   var/lib/dpkg/info/NAME[:ARCH].list       a path a line, directories among them (dpkg-query -L)
 *   var/lib/dpkg/info/NAME[:ARCH].md5sums    "DIGEST  PATH" a line, files only (deb-md5sums(5))
 *   var/lib/dpkg/status.d/NAME.md5sums       the same, where there is no list
 *
 * A list does not say which of its paths are directories: those that have another path of the
 * list below them are left out. An empty directory of its own stays. Checksums are those of the
 * package as it was built; a file that another package took over since is in them still, and no
 * longer in the list.
 */
#include <stdlib.h>

#include "extract/parser.h"
#include "extract/path-list.h"
#include "extract/record.h"

#define LIST_MAX ((size_t)32 << 20) /* so that its files fit into one record of model/wire.h */

static const char *const paths[] = {
    "var/lib/dpkg/info/*.list",
    "var/lib/dpkg/info/*.md5sums",
    "var/lib/dpkg/status.d/*.md5sums",
    NULL,
};

struct entry {
    struct bw_str path;
    struct bw_str digest; /* hexadecimal; of a line that has one */
    size_t at;
};

/* '/' sorts before all else, so that what lies below a directory follows it at once. */
static int compare_paths(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    size_t n = x->path.n < y->path.n ? x->path.n : y->path.n;
    for (size_t i = 0; i < n; i++)
        if (x->path.p[i] != y->path.p[i]) {
            if (x->path.p[i] == '/' || y->path.p[i] == '/')
                return x->path.p[i] == '/' ? -1 : 1;
            return (uint8_t)x->path.p[i] < (uint8_t)y->path.p[i] ? -1 : 1;
        }
    if (x->path.n != y->path.n)
        return x->path.n < y->path.n ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static int compare_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static bool is_below(struct bw_str dir, struct bw_str path)
{
    return path.n > dir.n && path.p[dir.n] == '/' && bw_str_starts(path, dir);
}

/* Takes out what is the parent of, or the same as, what follows. */
static size_t drop_directories(struct entry *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n ||
            (!bw_str_eq(v[i].path, v[i + 1].path) && !is_below(v[i].path, v[i + 1].path)))
            v[kept++] = v[i];
    return kept;
}

static struct bw_str strip_root(struct bw_str path)
{
    if (bw_str_starts(path, BW_STR("./")))
        path = bw_str_from(path, 2);
    while (path.n && path.p[0] == '/')
        path = bw_str_from(path, 1);
    return path;
}

struct entries {
    BW_VEC(struct entry);
};

static int gather(struct bw_str text, bool digests, struct entries *to, struct bw_record_gaps *gaps,
                  struct bw_err *err)
{
    struct bw_str line, digest = {0};
    while (bw_str_line(&text, &line)) {
        if (digests) {
            digest = bw_str_take(line, bw_str_find(line, ' '));
            line = bw_str_trim(bw_str_from(line, digest.n));
        }
        struct bw_str path = strip_root(line);
        if (!bw_path_is_normal(path))
            continue;
        if (to->n == BW_PATH_LIST_FILES_MAX) {
            bw_record_gap(gaps, BW_GAP_BLOCKING, 0, "more than %u files: the rest was left out",
                          BW_PATH_LIST_FILES_MAX);
            return 0;
        }
        struct entry *entry = BW_VEC_PUSH(to, BW_PATH_LIST_FILES_MAX);
        if (!entry)
            return bw_err_set(err, BW_ENOMEM, "no memory for the files of a package");
        *entry = (struct entry){path, digest, to->n};
    }
    return 0;
}

static void fill(const struct entries *entries, struct bw_str *files,
                 struct bw_file_record *records)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct entry *entry = &entries->v[i];
        files[i] = entry->path;
        if (!records)
            continue;
        records[i] = BW_FILE_RECORD;
        if (bw_record_hex(entry->digest, records[i].digest.bytes, bw_digest_size(BW_DIGEST_MD5)))
            records[i].digest.algorithm = BW_DIGEST_MD5;
        else
            records[i] = BW_FILE_RECORD;
    }
}

static int emit(struct entries *entries, bool digests, struct bw_str path, struct bw_str package,
                const struct bw_extract_sink *sink, struct bw_err *err)
{
    struct bw_str *files = calloc(entries->n + 1, sizeof *files);
    struct bw_file_record *records = digests ? calloc(entries->n + 1, sizeof *records) : NULL;
    int rc = 0;
    if (!files || (digests && !records)) {
        rc = bw_err_set(err, BW_ENOMEM, "no memory for the files of a package");
    } else {
        fill(entries, files, records);
        struct bw_fact fact = {
            .kind = BW_FACT_OWNERSHIP,
            .place = {.path = path},
            .ownership = {.type = BW_PACKAGE_DEB,
                          .package = package,
                          .files = {files, entries->n},
                          .records = records},
        };
        rc = sink->fact(sink->ctx, &fact, err);
    }
    free(files);
    free(records);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    bool digests = bw_str_ends(name, BW_STR(".md5sums"));
    struct bw_str package = bw_str_take(name, bw_str_rfind(name, '.'));
    if (!bw_record_is_word(package))
        return bw_err_set(err, BW_EFORMAT, "the name %" BW_STR_F " is not that of a package",
                          BW_STR_A(bw_str_take(path, BW_EXTRACT_WORD_MAX)));
    struct bw_record_gaps gaps = {sink, path, BW_STR("files of packages (dpkg)"), 0};
    struct entries entries = {0};
    int rc = gather(bw_str_n(p, n), digests, &entries, &gaps, err);
    if (!rc && entries.n) {
        qsort(entries.v, entries.n, sizeof *entries.v, compare_paths);
        entries.n = drop_directories(entries.v, entries.n);
        qsort(entries.v, entries.n, sizeof *entries.v, compare_order);
    }
    if (!rc)
        rc = emit(&entries, digests, path, package, sink, err);
    BW_VEC_FREE(&entries);
    return rc;
}

const struct bw_parser bw_parser_dpkg_list = {
    .name = "dpkg-list",
    .what = "files of packages (dpkg)",
    .paths = paths,
    .max = LIST_MAX,
    .parse = parse,
};
