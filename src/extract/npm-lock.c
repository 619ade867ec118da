/*
 * Lock files of npm: package-lock.json and npm-shrinkwrap.json (docs.npmjs.com, package-lock.json).
 *
 * Versions 2 and 3 list `packages` by where they go ("node_modules/a/node_modules/@s/b"); version 1
 * nests `dependencies`. A package by another name ("x": "npm:y@1") counts under its own. Workspaces
 * and links are parts of the project; what has no registry's URL is left out.
 */
#include "extract/package-document.h"

#define LOCK_MAX  ((size_t)64 << 20)
#define DEPTH_MAX 64u
#define MODULES   "node_modules/"

extern const struct bw_parser bw_parser_npm_lock;

static const char *const paths[] = {
    "**/package-lock.json",
    "**/npm-shrinkwrap.json",
    NULL,
};

struct reader {
    struct bw_package_list *list;
    struct bw_json_text *text;
    struct bw_err *err;
};

/* Tarballs have an address, repositories and directories another kind; where a registry's address
 * was left out on purpose (omit-lockfile-registry-resolved) there is none. */
static bool is_of_registry(struct bw_str resolved)
{
    return !resolved.n || bw_str_starts(resolved, BW_STR("https://")) ||
           bw_str_starts(resolved, BW_STR("http://"));
}

static int add(struct reader *reader, struct bw_str name, struct bw_str version,
               const struct bw_json *entry, struct bw_str anchor)
{
    if (!is_of_registry(bw_json_string_at(entry, "resolved"))) {
        bw_package_list_leave_out(reader->list);
        return 0;
    }
    const struct bw_package package = {
        .name = name,
        .version = version,
        .licence = bw_json_string_at(entry, "license"),
        .checksum = bw_package_list_integrity(reader->list, bw_json_string_at(entry, "integrity")),
        .development = bw_json_is_true(bw_json_get(entry, BW_STR("dev"))),
    };
    return bw_package_list_add(reader->list, &package, bw_json_text_line(reader->text, anchor),
                               reader->err);
}

/* Behind the last "node_modules/"; p is NULL where there is none. */
static struct bw_str name_of_place(struct bw_str place)
{
    struct bw_str rest = place, found = {0};
    for (size_t at; (at = bw_str_find_str(rest, BW_STR(MODULES))) != SIZE_MAX;)
        rest = found = bw_str_from(rest, at + sizeof MODULES - 1);
    return found;
}

static int read_entry(struct reader *reader, struct bw_str place, const struct bw_json *entry)
{
    struct bw_str name = name_of_place(place), own_name = bw_json_string_at(entry, "name");
    if (!name.p || bw_json_is_true(bw_json_get(entry, BW_STR("link"))))
        return 0;
    bw_package_list_depend_keys(reader->list, bw_json_get(entry, BW_STR("dependencies")));
    bw_package_list_depend_keys(reader->list, bw_json_get(entry, BW_STR("optionalDependencies")));
    return add(reader, own_name.n ? own_name : name, bw_json_string_at(entry, "version"), entry,
               place);
}

static int read_places(struct reader *reader, const struct bw_json *packages)
{
    struct bw_json_iter it = bw_json_iter(packages);
    int rc = 0;
    for (const struct bw_json *entry; !rc && it.object && (entry = bw_json_next(&it));)
        rc = read_entry(reader, it.key, entry);
    return rc;
}

/* The version of a registry begins with a digit, or names another package: "npm:y@1.2.3". */
static int read_nested(struct reader *reader, struct bw_str name, const struct bw_json *entry)
{
    struct bw_str version = bw_json_string_at(entry, "version"), anchor = name;
    if (bw_str_starts(version, BW_STR("npm:"))) {
        size_t at = bw_str_rfind(version, '@');
        name = bw_str_take(bw_str_from(version, 4), at == SIZE_MAX || at < 4 ? 0 : at - 4);
        version = bw_str_from(version, at == SIZE_MAX ? version.n : at + 1);
    } else if (bw_str_find(version, ':') != SIZE_MAX) {
        bw_package_list_leave_out(reader->list);
        return 0;
    }
    bw_package_list_depend_keys(reader->list, bw_json_get(entry, BW_STR("requires")));
    return add(reader, name, version, entry, anchor);
}

static int read_tree(struct reader *reader, const struct bw_json *dependencies)
{
    struct bw_json_iter stack[DEPTH_MAX] = {bw_json_iter(dependencies)};
    unsigned depth = 1;
    int rc = 0;
    while (!rc && depth) {
        struct bw_json_iter *it = &stack[depth - 1];
        const struct bw_json *entry = it->object ? bw_json_next(it) : NULL;
        if (!entry) {
            depth--;
            continue;
        }
        rc = read_nested(reader, it->key, entry);
        const struct bw_json *below = bw_json_get(entry, BW_STR("dependencies"));
        if (!rc && bw_json_size(below) && depth < DEPTH_MAX)
            stack[depth++] = bw_json_iter(below);
        else if (!rc && bw_json_size(below))
            bw_record_gap(&reader->list->gaps, BW_GAP_BLOCKING,
                          bw_json_text_line(reader->text, it->key),
                          "dependencies deeper than %u levels: left out", DEPTH_MAX);
    }
    return rc;
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    struct reader reader = {list, text, err};
    const struct bw_json *packages = bw_json_get(text->root, BW_STR("packages"));
    if (bw_json_type(text->root) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "no lock file of npm: not an object");
    return packages ? read_places(&reader, packages)
                    : read_tree(&reader, bw_json_get(text->root, BW_STR("dependencies")));
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_npm_lock, BW_PACKAGE_NPM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_npm_lock = {
    .name = "npm-lock",
    .what = "packages (npm lock file)",
    .paths = paths,
    .max = LOCK_MAX,
    .lock = true,
    .parse = parse,
};
