/*
 * Lock files of Yarn: of version 1, a syntax of its own (classic.yarnpkg.com, "yarn.lock"), and of
 * version 2 and later, YAML. Neither tells what is for development.
 *
 * Version 1: at the margin the patterns that an entry answers ("a@^1, a@^2"), at two blanks its
 * fields, at four what it needs. A pattern "x@npm:y@^1" is y by another name; other addresses, and
 * "user/repository", are of no registry.
 * YAML: `resolution` says where an entry comes from: "y@npm:1.0.0"; "patch:" is a package of the
 * registry that was changed; "workspace:" is a part of the project.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)64 << 20)

extern const struct bw_parser bw_parser_yarn_lock;

static const char *const paths[] = {
    "**/yarn.lock",
    NULL,
};

#define CLASSIC_MARK   "# yarn lockfile v1"
#define CLASSIC_WITHIN 512u

struct reader {
    struct bw_package_list *list;
    uint32_t line, start; /* start: of the entry at hand, 0 outside of one */
    struct bw_str pattern, version, resolved, integrity;
    bool in_needs;
    struct bw_err *err;
};

static struct bw_str unquote(struct bw_str s)
{
    s = bw_str_trim(s);
    return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? bw_str_n(s.p + 1, s.n - 2) : s;
}

/* "@scope/name@RANGE" at the '@' behind the name; false where there is none. */
static bool split_at(struct bw_str s, struct bw_str *ret_name, struct bw_str *ret_range)
{
    size_t at = bw_str_find(bw_str_from(s, 1), '@');
    if (at == SIZE_MAX)
        return false;
    *ret_name = bw_str_take(s, at + 1);
    *ret_range = bw_str_from(s, at + 2);
    return true;
}

static int end_entry(struct reader *reader)
{
    struct bw_package package = {.version = reader->version};
    struct bw_str range = {0};
    uint32_t line = reader->start;
    if (!line)
        return 0;
    reader->start = 0;
    if (!split_at(reader->pattern, &package.name, &range)) {
        package.name = reader->pattern;
    } else if (bw_str_starts(range, BW_STR("npm:"))) {
        struct bw_str alias = bw_str_from(range, 4);
        if (!split_at(alias, &package.name, &range))
            package.name = alias;
    } else if (bw_str_find(range, ':') != SIZE_MAX || bw_str_find(range, '/') != SIZE_MAX) {
        bw_package_list_leave_out(reader->list);
        return 0;
    }
    package.checksum = bw_package_list_integrity(reader->list, reader->integrity);
    size_t hash = bw_str_rfind(reader->resolved, '#');
    if (!package.checksum.n && hash != SIZE_MAX)
        package.checksum =
            bw_package_list_hex(reader->list, "sha1", bw_str_from(reader->resolved, hash + 1));
    return bw_package_list_add(reader->list, &package, line, reader->err);
}

/* The first of several patterns. */
static struct bw_str first_pattern(struct bw_str line)
{
    if (bw_str_starts(line, BW_STR("\""))) {
        size_t end = bw_str_find(bw_str_from(line, 1), '"');
        return bw_str_take(bw_str_from(line, 1), end);
    }
    size_t comma = bw_str_find(line, ',');
    if (comma != SIZE_MAX)
        return bw_str_take(line, comma);
    return bw_str_ends(line, BW_STR(":")) ? bw_str_take(line, line.n - 1) : line;
}

static void read_field(struct reader *reader, struct bw_str text)
{
    size_t blank = bw_str_find(text, ' ');
    struct bw_str key = bw_str_take(text, blank);
    struct bw_str value = unquote(bw_str_from(text, blank == SIZE_MAX ? text.n : blank));
    reader->in_needs =
        bw_str_eq(key, BW_STR("dependencies:")) || bw_str_eq(key, BW_STR("optionalDependencies:"));
    if (bw_str_eq(key, BW_STR("version")))
        reader->version = value;
    else if (bw_str_eq(key, BW_STR("resolved")))
        reader->resolved = value;
    else if (bw_str_eq(key, BW_STR("integrity")))
        reader->integrity = value;
}

static int read_line(struct reader *reader, struct bw_str line)
{
    struct bw_str text = bw_str_trim(line);
    size_t indent = text.n ? (size_t)(text.p - line.p) : 0;
    int rc = 0;
    reader->line += reader->line < UINT32_MAX;
    if (!text.n || text.p[0] == '#')
        return 0;
    if (!indent) {
        rc = end_entry(reader);
        reader->start = reader->line;
        reader->pattern = first_pattern(text);
        reader->version = reader->resolved = reader->integrity = (struct bw_str){0};
        reader->in_needs = false;
    } else if (indent == 2) {
        read_field(reader, text);
    } else if (reader->in_needs) {
        bw_package_list_depend(reader->list, unquote(bw_str_take(text, bw_str_find(text, ' '))));
    }
    return rc;
}

static int read_classic(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {.list = list, .err = err};
    struct bw_str rest = text, line;
    int rc = 0;
    while (!rc && bw_str_line(&rest, &line))
        rc = read_line(&reader, line);
    return rc ? rc : end_entry(&reader);
}

static int read_entry(struct bw_package_list *list, const struct bw_yaml *key,
                      const struct bw_yaml *entry, struct bw_err *err)
{
    struct bw_package package = {.version = bw_yaml_text_at(entry, "version")};
    struct bw_str resolution = bw_yaml_text_at(entry, "resolution"), origin = {0};
    if (!split_at(resolution, &package.name, &origin)) {
        bw_record_gap(&list->gaps, BW_GAP_BLOCKING, bw_yaml_line(key),
                      "an entry without NAME@ORIGIN as its resolution");
        return 0;
    }
    if (bw_str_starts(origin, BW_STR("workspace:")))
        return 0;
    if (!bw_str_starts(origin, BW_STR("npm:")) && !bw_str_starts(origin, BW_STR("patch:"))) {
        bw_package_list_leave_out(list);
        return 0;
    }
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(entry, "dependencies"));
    while (bw_yaml_next(&it))
        bw_package_list_depend(list, bw_yaml_text(it.key));
    return bw_package_list_add(list, &package, bw_yaml_line(key), err);
}

static int read_modern(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    int rc = bw_yaml_parse(&stream, text, err);
    const struct bw_yaml *root = rc ? NULL : bw_yaml_first(stream);
    if (!rc && !bw_yaml_get(root, "__metadata"))
        return bw_err_set(err, BW_EFORMAT,
                          "no lock file of Yarn: neither version 1 nor __metadata");
    struct bw_yaml_iter it = bw_yaml_iter(root);
    for (const struct bw_yaml *entry; !rc && (entry = bw_yaml_next(&it));)
        if (!bw_str_eq(bw_yaml_text(it.key), BW_STR("__metadata")))
            rc = read_entry(list, it.key, entry, err);
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct bw_str start = bw_str_take(text, CLASSIC_WITHIN);
    bool classic = bw_str_find_str(start, BW_STR(CLASSIC_MARK)) != SIZE_MAX;
    return classic ? read_classic(list, text, err) : read_modern(list, text, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_yarn_lock, BW_PACKAGE_NPM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_text(&job, read_lock, err);
}

const struct bw_parser bw_parser_yarn_lock = {
    .name = "yarn-lock",
    .what = "packages (yarn lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
