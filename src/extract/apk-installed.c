/*
 * The database of apk-tools: Alpine, Wolfi, Chainguard (apk-package(5), "installed" database).
 * Records of "X:value" lines, apart by blank lines: P name, V version, A architecture, o origin
 * (the source package; its version is the package's), L licence, m maintainer, F a directory, R a
 * file in it, and of that file a UID:GID:MODE (0:0:644 where there is no such line) and Z its
 * checksum: "Q1" and SHA-1, or "Q2" and SHA-256, in base64. Other letters say nothing here.
 *
 * apk keeps no list of settings: as it protects what is below etc/ from its own upgrades
 * (apk-protected_paths(5)), that counts as meant to be changed.
 *
 * A record without P or V, or with one of the single fields twice, is a blocking gap at its line,
 * as is a line that is not of the form; in the last case the package still counts.
 */
#include "extract/parser.h"
#include "extract/path-list.h"
#include "extract/record.h"

#define WHAT          "packages (apk)"
#define INSTALLED_MAX ((size_t)128 << 20)

static const char *const paths[] = {
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    NULL,
};

struct reader {
    const struct bw_extract_sink *sink;
    struct bw_record_gaps gaps;
    struct bw_path_list files;
    struct bw_package package;
    struct bw_str dir;
    uint32_t line, start; /* start: the record's first line, 0 outside of one */
    uint32_t records;
    bool bad, files_lost;
};

static struct bw_str *single_field(struct bw_package *package, char key)
{
    switch (key) {
    case 'P':
        return &package->name;
    case 'V':
        return &package->version;
    case 'A':
        return &package->arch;
    case 'o':
        return &package->source_name;
    case 'L':
        return &package->licence;
    case 'm':
        return &package->vendor;
    default:
        return NULL;
    }
}

static int emit(struct reader *reader, struct bw_err *err)
{
    struct bw_package *package = &reader->package;
    package->type = BW_PACKAGE_APK;
    if (!bw_record_is_word(package->source_name))
        package->source_name = package->name;
    package->source_version = package->version;
    package->arch = bw_record_text(package->arch);
    package->licence = bw_record_text(package->licence);
    package->vendor = bw_record_text(package->vendor);
    package->files = bw_path_list_get(&reader->files);
    package->records = bw_path_list_records(&reader->files);
    struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = reader->gaps.path, .line = reader->start},
        .package = *package,
    };
    return reader->sink->fact(reader->sink->ctx, &fact, err);
}

static int end_record(struct reader *reader, struct bw_err *err)
{
    struct bw_str name = reader->package.name, version = reader->package.version;
    int rc = 0;
    if (!reader->start || reader->bad)
        ;
    else if (!bw_record_is_word(name))
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->start, "a record has %s name (P:)",
                      name.p ? "a malformed" : "no");
    else if (!bw_record_is_word(version))
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->start,
                      "the package %" BW_STR_F " has %s version (V:)", BW_STR_A(name),
                      version.p ? "a malformed" : "no");
    else
        rc = emit(reader, err);
    reader->package = (struct bw_package){0};
    reader->dir = (struct bw_str){0};
    reader->start = 0;
    reader->bad = reader->files_lost = false;
    bw_path_list_clear(&reader->files);
    return rc;
}

#define FILE_MODE 0644u

static void begin_record(struct reader *reader)
{
    struct bw_str dir = reader->dir;
    struct bw_file_record *record = bw_path_list_record(&reader->files);
    if (!record)
        return;
    record->mode = FILE_MODE;
    record->config = bw_str_eq(dir, BW_STR("etc")) || bw_str_starts(dir, BW_STR("etc/"));
}

static int add_file(struct reader *reader, struct bw_str name, struct bw_err *err)
{
    struct bw_err why = {0};
    reader->files.kept = false;
    if (reader->files_lost)
        return 0;
    int rc = bw_path_list_add(&reader->files, reader->dir, name, &why);
    if (rc == 0)
        begin_record(reader);
    if (rc != BW_ELIMIT)
        return rc ? bw_err_set(err, rc, "%s", why.msg) : 0;
    reader->files_lost = true;
    bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line, "%s: the rest was left out",
                  why.msg);
    return 0;
}

/* "UID:GID:MODE", and since apk 2.2 ":Q1..." of the extended attributes. */
static void read_mode(struct bw_str value, struct bw_file_record *record)
{
    struct bw_str part;
    uint32_t mode = 0;
    for (unsigned i = 0; i < 3; i++)
        if (!bw_str_split(&value, ':', &part))
            return;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] < '0' || part.p[i] > '7' || part.n > 6)
            return;
        mode = mode << 3 | (uint32_t)(part.p[i] - '0');
    }
    if (part.n)
        record->mode = mode & 07777;
}

static void read_digest(struct bw_str value, struct bw_file_record *record)
{
    struct bw_digest digest = {.algorithm = BW_DIGEST_NONE};
    if (bw_str_starts(value, BW_STR("Q1")))
        digest.algorithm = BW_DIGEST_SHA1;
    else if (bw_str_starts(value, BW_STR("Q2")))
        digest.algorithm = BW_DIGEST_SHA256;
    size_t size = bw_digest_size(digest.algorithm);
    if (size && bw_record_base64(bw_str_from(value, 2), digest.bytes, size))
        record->digest = digest;
}

/* Of the file that the last R named. */
static void read_file_field(struct reader *reader, char key, struct bw_str value)
{
    struct bw_file_record *record = bw_path_list_record(&reader->files);
    if (!record)
        return;
    if (key == 'a')
        read_mode(value, record);
    else
        read_digest(value, record);
}

static int read_field(struct reader *reader, struct bw_str line, struct bw_err *err)
{
    if (line.n < 2 || line.p[1] != ':') {
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                      "the line is not of the form X:value");
        return 0;
    }
    struct bw_str value = bw_str_from(line, 2);
    if (line.p[0] == 'R')
        return add_file(reader, value, err);
    if (line.p[0] == 'a' || line.p[0] == 'Z')
        read_file_field(reader, line.p[0], bw_str_trim(value));
    if (line.p[0] == 'F') {
        reader->dir = value;
        reader->files.kept = false;
    }
    struct bw_str *field = single_field(&reader->package, line.p[0]);
    if (field && field->p && !reader->bad) {
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                      "a record has two fields %c:", line.p[0]);
        reader->bad = true;
    }
    if (field)
        *field = bw_str_trim(value);
    return 0;
}

static int read_line(struct reader *reader, struct bw_str line, struct bw_err *err)
{
    reader->line += reader->line < UINT32_MAX;
    if (line.n == 0)
        return end_record(reader, err);
    if (!reader->start) {
        reader->start = reader->line;
        reader->records++;
    }
    return read_field(reader, line, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct reader reader = {
        .sink = sink,
        .gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)},
        .files = BW_PATH_LIST,
    };
    struct bw_str rest = bw_str_n(p, n), line;
    int rc = 0;
    while (!rc && reader.records <= BW_EXTRACT_PACKAGES_MAX && bw_str_line(&rest, &line))
        rc = read_line(&reader, line, err);
    if (!rc && reader.records <= BW_EXTRACT_PACKAGES_MAX)
        rc = end_record(&reader, err);
    else if (!rc)
        bw_record_gap(&reader.gaps, BW_GAP_BLOCKING, reader.line,
                      "more than %u packages: the rest was left out", BW_EXTRACT_PACKAGES_MAX);
    bw_record_gaps_end(&reader.gaps);
    bw_path_list_free(&reader.files);
    return rc;
}

const struct bw_parser bw_parser_apk_installed = {
    .name = "apk-installed",
    .what = WHAT,
    .paths = paths,
    .max = INSTALLED_MAX,
    .parse = parse,
};
