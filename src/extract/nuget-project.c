/*
 * What projects of .NET ask for: packages.config, PackageReference in *.csproj, *.fsproj and
 * *.vbproj, PackageVersion in Directory.Packages.props (learn.microsoft.com, "NuGet"). Only exact
 * versions, "1.2.3" or "[1.2.3]", are packages; ranges, floating versions and those that a property
 * holds are counted in a note. A reference without version takes it from Directory.Packages.props.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_nuget_project;

static const char *const paths[] = {
    "**/packages.config",          "**/*.csproj", "**/*.fsproj", "**/*.vbproj",
    "**/Directory.Packages.props", NULL,
};

struct reader {
    struct bw_package_list *list;
    uint32_t inexact;
    struct bw_err *err;
};

/* An attribute, or the text of the element of that name within. */
static struct bw_str property(const struct bw_xml *element, const char *name)
{
    struct bw_str value = bw_xml_attribute(element, name);
    return bw_str_trim(value.p ? value : bw_xml_text(bw_xml_child(element, name)));
}

static struct bw_str exact_version(struct bw_str version)
{
    if (version.n > 2 && version.p[0] == '[' && version.p[version.n - 1] == ']')
        version = bw_str_trim(bw_str_n(version.p + 1, version.n - 2));
    for (size_t i = 0; i < version.n; i++)
        if (strchr("*[](),$@% ", version.p[i]))
            return (struct bw_str){0};
    return version;
}

static int add(struct reader *reader, const struct bw_xml *element, struct bw_str name,
               struct bw_str version, bool development)
{
    const struct bw_package package = {
        .name = name, .version = exact_version(version), .development = development};
    if (!version.n)
        return 0;
    if (!package.version.n) {
        reader->inexact++;
        return 0;
    }
    return bw_package_list_add(reader->list, &package, bw_xml_line(element), reader->err);
}

static int read_element(struct reader *reader, const struct bw_xml *element)
{
    struct bw_str kind = bw_xml_name(element);
    if (bw_str_eq(kind, BW_STR("package"))) {
        bool development =
            bw_str_eq_nocase(bw_xml_attribute(element, "developmentDependency"), BW_STR("true"));
        return add(reader, element, property(element, "id"), property(element, "version"),
                   development);
    }
    struct bw_str name = property(element, "Include");
    if (!name.n)
        name = property(element, "Update");
    if (bw_str_eq(kind, BW_STR("PackageReference"))) {
        struct bw_str version = property(element, "VersionOverride");
        bool development = bw_str_eq_nocase(property(element, "PrivateAssets"), BW_STR("all"));
        return add(reader, element, name, version.n ? version : property(element, "Version"),
                   development);
    }
    if (bw_str_eq(kind, BW_STR("PackageVersion")) ||
        bw_str_eq(kind, BW_STR("GlobalPackageReference")))
        return add(reader, element, name, property(element, "Version"), false);
    return 0;
}

static int read_project(struct bw_package_list *list, const struct bw_xml *root, struct bw_err *err)
{
    struct reader reader = {.list = list, .err = err};
    const struct bw_xml *stack[BW_XML_DEPTH_MAX] = {root};
    size_t depth = 1;
    int rc = 0;
    while (!rc && depth) {
        const struct bw_xml *element = stack[depth - 1];
        if (!element) {
            depth--;
            continue;
        }
        stack[depth - 1] = bw_xml_next(element);
        rc = read_element(&reader, element);
        if (bw_xml_first(element))
            stack[depth++] = bw_xml_first(element);
    }
    if (reader.inexact)
        bw_record_gap(&list->gaps, BW_GAP_NOTE, 0, "%u references without an exact version",
                      reader.inexact);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_nuget_project, BW_PACKAGE_NUGET, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_xml(&job, read_project, err);
}

const struct bw_parser bw_parser_nuget_project = {
    .name = "nuget-project",
    .what = "packages (.NET project)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
