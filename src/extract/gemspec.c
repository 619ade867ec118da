/*
 * An installed gem of Ruby: specifications/NAME-VERSION.gemspec, in the form in which RubyGems
 * writes it (Gem::Specification#to_ruby): Ruby, of which lines of a fixed form are read, never run.
 *     # stub: NAME VERSION PLATFORM PATHS
 *     s.name = "NAME".freeze
 *     s.version = "VERSION"[.freeze]
 *     s.licenses = ["MIT".freeze, ...]
 *     s.add_runtime_dependency(%q<NAME>.freeze, ["~> 1.0"])
 * A specification written by hand may compute its version: then that is a gap.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)4 << 20)

extern const struct bw_parser bw_parser_gemspec;

static const char *const paths[] = {
    "**/specifications/*.gemspec",
    "**/specifications/default/*.gemspec",
    NULL,
};

/* The string in quotes that a text begins with; p is NULL where there is none. */
static struct bw_str quoted(struct bw_str s)
{
    s = bw_str_trim(s);
    if (bw_str_starts(s, BW_STR("%q<"))) {
        s = bw_str_from(s, 3);
        size_t end = bw_str_find(s, '>');
        return end == SIZE_MAX ? (struct bw_str){0} : bw_str_take(s, end);
    }
    if (!s.n || (s.p[0] != '"' && s.p[0] != '\''))
        return (struct bw_str){0};
    struct bw_str rest = bw_str_from(s, 1);
    size_t end = bw_str_find(rest, s.p[0]);
    return end == SIZE_MAX ? (struct bw_str){0} : bw_str_take(rest, end);
}

/* The string that is assigned to a member, "s.name = ..."; p is NULL where the line is another. */
static struct bw_str assigned(struct bw_str line, const char *member)
{
    struct bw_str name = bw_str(member);
    size_t dot = bw_str_find(line, '.');
    if (dot == SIZE_MAX || !bw_str_starts(bw_str_from(line, dot + 1), name))
        return (struct bw_str){0};
    struct bw_str rest = bw_str_trim(bw_str_from(line, dot + 1 + name.n));
    return bw_str_starts(rest, BW_STR("=")) ? bw_str_trim(bw_str_from(rest, 1))
                                            : (struct bw_str){0};
}

static void read_licences(struct bw_package_list *list, struct bw_str value)
{
    struct bw_str rest = value, part;
    if (bw_str_starts(value, BW_STR("[")))
        rest = bw_str_from(value, 1);
    while (rest.n && bw_str_split(&rest, ',', &part))
        bw_package_list_licence(list, quoted(part));
}

/* Older RubyGems writes needs twice, the second time, for those older still, with add_dependency
 * for those of development too. */
static void read_need(struct bw_package_list *list, bool twice, struct bw_str line)
{
    static const char *const calls[] = {".add_runtime_dependency(", ".add_dependency("};
    for (size_t i = 0; i < (twice ? 1 : BW_ARRAY_LEN(calls)); i++) {
        size_t at = bw_str_find_str(line, bw_str(calls[i]));
        if (at != SIZE_MAX)
            bw_package_list_depend(list, quoted(bw_str_from(line, at + strlen(calls[i]))));
    }
}

/* "# stub: NAME VERSION ..." */
static void read_stub(struct bw_package *package, struct bw_str line)
{
    struct bw_str rest = bw_str_from(line, sizeof "# stub: " - 1);
    bw_str_split(&rest, ' ', &package->name);
    bw_str_split(&rest, ' ', &package->version);
}

static void read_line(struct bw_package_list *list, struct bw_package *package, bool twice,
                      struct bw_str line)
{
    struct bw_str value;
    if (bw_str_starts(line, BW_STR("# stub: ")) && !package->name.n) {
        read_stub(package, line);
    } else if ((value = quoted(assigned(line, "name"))).n) {
        package->name = package->name.n ? package->name : value;
    } else if ((value = assigned(line, "version")).n) {
        static const char old[] = "Gem::Version.new(";
        if (bw_str_starts(value, BW_STR(old)))
            value = bw_str_from(value, sizeof old - 1);
        package->version = package->version.n ? package->version : quoted(value);
    } else if ((value = assigned(line, "licenses")).n || (value = assigned(line, "license")).n) {
        read_licences(list, value);
    } else {
        read_need(list, twice, line);
    }
}

static int read_gemspec(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct bw_package package = {0};
    struct bw_str rest = text, line;
    bool twice = bw_str_find_str(text, BW_STR("respond_to? :add_runtime_dependency")) != SIZE_MAX;
    while (bw_str_line(&rest, &line))
        read_line(list, &package, twice, bw_str_trim(line));
    return bw_package_list_add(list, &package, 0, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_gemspec, BW_PACKAGE_GEM, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_text(&job, read_gemspec, err);
}

const struct bw_parser bw_parser_gemspec = {
    .name = "gemspec",
    .what = "packages (gems)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
