/*
 * Requirements of pip (pip.pypa.io, "Requirements file format"). Only lines that ask for one
 * version exactly are packages; the rest is counted in a note. Another file that is included (-r,
 * -c) is another file to a parser, which opens none: where it has the name of one it is read for
 * itself, so files that include each other are no matter. A note says that there are any.
 */
#include "extract/package-document.h"
#include "extract/requirement.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_requirements;

static const char *const paths[] = {
    "**/requirements*.txt",
    "**/*requirements.txt",
    "**/requirements/*.txt",
    NULL,
};

#define LOGICAL_MAX ((size_t)64 << 10)

struct reader {
    struct bw_package_list *list;
    struct bw_buf logical; /* a line put together from several that end with '\' */
    uint32_t line, start;
    uint32_t inexact, includes;
    struct bw_err *err;
};

/* A '#' at the beginning, or behind a blank: '#' within an address is not one. */
static struct bw_str without_comment(struct bw_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
            return bw_str_take(line, i);
    return line;
}

static bool is_option(struct bw_str line, const char *brief, const char *spelt)
{
    return bw_str_starts(line, bw_str(brief)) || bw_str_starts(line, bw_str(spelt));
}

/* The checksum of a requirement that allows one file only. */
static struct bw_str only_hash(struct reader *reader, struct bw_str options)
{
    static const char key[] = "--hash";
    size_t at = bw_str_find_str(options, BW_STR(key));
    struct bw_str rest = bw_str_from(options, at == SIZE_MAX ? options.n : at + sizeof key);
    if (bw_str_find_str(rest, BW_STR(key)) != SIZE_MAX)
        return (struct bw_str){0};
    rest = bw_str_trim(rest);
    return bw_package_list_tagged(reader->list, bw_str_take(rest, bw_str_find(rest, ' ')));
}

static int read_requirement(struct reader *reader, struct bw_str line)
{
    struct bw_package package = {0};
    size_t options = bw_str_find_str(line, BW_STR(" --"));
    struct bw_str requirement = bw_str_take(line, options);
    if (bw_requirement_exact(requirement, &package.name, &package.version)) {
        package.checksum =
            only_hash(reader, bw_str_from(line, options == SIZE_MAX ? line.n : options));
        return bw_package_list_add(reader->list, &package, reader->start, reader->err);
    }
    if (bw_requirement_is_address(requirement) ||
        bw_str_find(bw_str_take(requirement, bw_str_find(requirement, ';')), '/') != SIZE_MAX)
        bw_package_list_leave_out(reader->list);
    else
        reader->inexact++;
    return 0;
}

static int read_logical(struct reader *reader, struct bw_str line)
{
    line = bw_str_trim(without_comment(line));
    if (is_option(line, "-r", "--requirement") || is_option(line, "-c", "--constraint"))
        reader->includes++;
    else if (is_option(line, "-e", "--editable"))
        bw_package_list_leave_out(reader->list);
    else if (line.n && line.p[0] != '-')
        return read_requirement(reader, line);
    return 0;
}

static int read_line(struct reader *reader, struct bw_str line)
{
    bool more = bw_str_ends(line, BW_STR("\\"));
    reader->line += reader->line < UINT32_MAX;
    if (!reader->logical.n)
        reader->start = reader->line;
    if (!more && !reader->logical.n)
        return read_logical(reader, line);
    bw_buf_str(&reader->logical, bw_str_take(line, line.n - more));
    bw_buf_byte(&reader->logical, ' ');
    if (more && !bw_buf_failed(&reader->logical))
        return 0;
    int rc = 0;
    if (bw_buf_failed(&reader->logical))
        bw_record_gap(&reader->list->gaps, BW_GAP_BLOCKING, reader->start,
                      "a requirement longer than %zu bytes", LOGICAL_MAX);
    else
        rc = read_logical(reader, bw_buf_slice(&reader->logical));
    bw_buf_clear(&reader->logical);
    return rc;
}

static int read_requirements(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {.list = list, .logical = BW_BUF(LOGICAL_MAX), .err = err};
    struct bw_str rest = text, line;
    int rc = 0;
    while (!rc && bw_str_line(&rest, &line))
        rc = read_line(&reader, line);
    if (!rc && reader.logical.n)
        rc = read_logical(&reader, bw_buf_slice(&reader.logical));
    bw_buf_free(&reader.logical);
    if (reader.inexact)
        bw_record_gap(&list->gaps, BW_GAP_NOTE, 0, "%u requirements without an exact version",
                      reader.inexact);
    if (reader.includes)
        bw_record_gap(&list->gaps, BW_GAP_NOTE, 0,
                      "%u includes of other files, which are read only under a name of their own",
                      reader.includes);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_requirements, BW_PACKAGE_PYPI, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_text(&job, read_requirements, err);
}

const struct bw_parser bw_parser_requirements = {
    .name = "requirements",
    .what = "packages (requirements)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
