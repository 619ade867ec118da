/*
 * The lock file of Mix for Elixir (hexdocs.pm/mix): an Elixir map, written with an entry a line:
 *   "name": {:hex, :package, "1.2.3", "checksum", [:mix], [{:needed, "~> 1.0", [...]}], "hexpm",
 * "checksum"}, The last checksum, where there are two, is that of the package as distributed. Other
 * tuples than :hex are repositories.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_mix_lock;

static const char *const paths[] = {
    "**/mix.lock",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    uint32_t line;
    struct bw_err *err;
};

/* The string in quotes at or behind *at, which then stands behind it. */
static struct bw_str next_string(struct bw_str line, size_t *at)
{
    struct bw_str rest = bw_str_from(line, *at);
    size_t open = bw_str_find(rest, '"');
    size_t end = open == SIZE_MAX ? open : bw_str_find(bw_str_from(rest, open + 1), '"');
    if (end == SIZE_MAX) {
        *at = line.n;
        return (struct bw_str){0};
    }
    *at += open + end + 2;
    return bw_str_take(bw_str_from(rest, open + 1), end);
}

/* ":name" or ":\"name\"": the name. */
static struct bw_str atom(struct bw_str s)
{
    s = bw_str_from(bw_str_trim(s), 1);
    bool quoted = s.n && s.p[0] == '"';
    size_t n = 0;
    s = bw_str_from(s, quoted);
    while (n < s.n && (quoted ? s.p[n] != '"' : !strchr(", }]", s.p[n])))
        n++;
    return bw_str_take(s, n);
}

static void read_needs(struct reader *reader, struct bw_str line)
{
    size_t list = bw_str_find_str(line, BW_STR("[{:"));
    struct bw_str rest = bw_str_from(line, list == SIZE_MAX ? line.n : list);
    for (size_t at; (at = bw_str_find_str(rest, BW_STR("{:"))) != SIZE_MAX;) {
        rest = bw_str_from(rest, at + 1);
        bw_package_list_depend(reader->list, atom(rest));
    }
}

static int read_package(struct reader *reader, struct bw_str tuple)
{
    static const char start[] = "{:hex,";
    size_t at = sizeof start - 1;
    struct bw_package package = {.name = atom(bw_str_from(tuple, at))};
    size_t comma = bw_str_find(bw_str_from(tuple, at), ',');
    at += comma == SIZE_MAX ? 0 : comma;
    package.version = next_string(tuple, &at);
    struct bw_str inner = next_string(tuple, &at), outer = {0};
    for (struct bw_str s = inner; s.p; s = next_string(tuple, &at))
        outer = s;
    package.checksum = bw_package_list_hex(reader->list, "sha256", outer);
    read_needs(reader, tuple);
    return bw_package_list_add(reader->list, &package, reader->line, reader->err);
}

static int read_line(struct reader *reader, struct bw_str line)
{
    reader->line += reader->line < UINT32_MAX;
    size_t open = bw_str_find(line, '{');
    struct bw_str tuple = bw_str_from(line, open == SIZE_MAX ? line.n : open);
    if (!bw_str_starts(line, BW_STR("\"")))
        return 0;
    if (bw_str_starts(tuple, BW_STR("{:hex,")))
        return read_package(reader, tuple);
    bw_package_list_leave_out(reader->list);
    return 0;
}

static int read_lock(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {list, 0, err};
    struct bw_str rest = text, line;
    int rc = 0;
    if (bw_str_trim(text).n && !bw_str_starts(bw_str_trim(text), BW_STR("%{")))
        return bw_err_set(err, BW_EFORMAT, "no lock file of Mix: not a map");
    while (!rc && bw_str_line(&rest, &line))
        rc = read_line(&reader, bw_str_trim(line));
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_mix_lock, BW_PACKAGE_HEX, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_text(&job, read_lock, err);
}

const struct bw_parser bw_parser_mix_lock = {
    .name = "mix-lock",
    .what = "packages (mix.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
