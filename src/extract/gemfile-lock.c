/*
 * The lock file of Bundler for Ruby (bundler.io): Gemfile.lock and gems.locked. Sections at the
 * margin; below GEM's `specs:` a gem at four blanks, "NAME (VERSION[-PLATFORM])", and what it needs
 * at six. A gem for several platforms counts once. GIT and PATH hold what comes from no registry.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_gemfile_lock;

static const char *const paths[] = {
    "**/Gemfile.lock",
    "**/gems.locked",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    bool registry, foreign;    /* the section at hand */
    struct bw_package package; /* waits for what it needs */
    uint32_t line, start;
    struct bw_err *err;
};

static size_t indent_of(struct bw_str line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static int end_gem(struct reader *reader)
{
    if (!reader->start)
        return 0;
    uint32_t line = reader->start;
    reader->start = 0;
    if (!reader->foreign)
        return bw_package_list_add(reader->list, &reader->package, line, reader->err);
    bw_package_list_leave_out(reader->list);
    return 0;
}

/* "nokogiri (1.15.4-x86_64-linux)": no version of a gem has a '-'. */
static void begin_gem(struct reader *reader, struct bw_str text)
{
    size_t open = bw_str_find_str(text, BW_STR(" ("));
    struct bw_str version = bw_str_from(text, open == SIZE_MAX ? text.n : open + 2);
    version = bw_str_take(version, bw_str_find(version, ')'));
    reader->package = (struct bw_package){
        .name = bw_str_take(text, open),
        .version = bw_str_take(version, bw_str_find(version, '-')),
    };
    reader->start = reader->line;
}

static int read_line(struct reader *reader, struct bw_str line)
{
    size_t indent = indent_of(line);
    struct bw_str text = bw_str_trim(line);
    int rc = 0;
    reader->line += reader->line < UINT32_MAX;
    if (indent < 6)
        rc = end_gem(reader);
    if (!indent) {
        reader->registry = bw_str_eq(text, BW_STR("GEM"));
        reader->foreign = bw_str_eq(text, BW_STR("GIT")) || bw_str_eq(text, BW_STR("PATH")) ||
                          bw_str_eq(text, BW_STR("PLUGIN SOURCE"));
    } else if (indent == 4 && (reader->registry || reader->foreign)) {
        begin_gem(reader, text);
    } else if (indent == 6 && reader->start) {
        bw_package_list_depend(reader->list, bw_str_take(text, bw_str_find(text, ' ')));
    }
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {.list = list, .err = err};
    struct bw_str rest = text, line;
    int rc = 0;
    while (!rc && bw_str_line(&rest, &line))
        rc = read_line(&reader, line);
    return rc ? rc : end_gem(&reader);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_gemfile_lock, BW_PACKAGE_GEM, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_text(&job, read_lock, err);
}

const struct bw_parser bw_parser_gemfile_lock = {
    .name = "gemfile-lock",
    .what = "packages (Gemfile.lock)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
