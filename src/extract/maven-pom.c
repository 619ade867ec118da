/*
 * pom.xml of Maven (POM reference): the direct dependencies of a project, as far as the file alone
 * tells their versions: exact ones, those of its own dependencyManagement, and `${name}` of its own
 * properties, of the project and of its parent's version. What a parent or an imported bill of
 * materials decides is not at hand: such dependencies are counted in a note.
 */
#include <stdio.h>

#include "base/map.h"
#include "base/vec.h"
#include "extract/package-fact.h"
#include "wrap/xml.h"

#define WHAT             "packages (Maven)"
#define POM_MAX          BW_XML_TEXT_MAX
#define DEPENDENCIES_MAX 16384u
#define MANAGED_MAX      8192u
#define VALUE_MAX        512u
#define PROPERTIES_MAX   65536u
#define NESTED_MAX       4u /* properties that stand in properties */

static const char *const paths[] = {"**/pom.xml", "**/*.pom", NULL};

struct managed {
    struct bw_str group, artifact, version, scope;
};

struct reader {
    struct bw_record_gaps gaps;
    const struct bw_xml *project, *parent;
    struct bw_map properties; /* name -> element */
    BW_VEC_TYPE(managed_list, struct managed) managed;
    uint32_t n, unresolved;
};

struct value {
    char text[VALUE_MAX];
};

/* --- properties --- */

static struct bw_str text_at(const struct bw_xml *from, const char *name)
{
    return bw_xml_text(bw_xml_child(from, name));
}

static struct bw_str text_or(struct bw_str first, struct bw_str second)
{
    return first.n ? first : second;
}

static struct bw_str property(const struct reader *reader, struct bw_str name)
{
    const struct bw_xml *parent = reader->parent;
    if (bw_str_starts(name, BW_STR("project.")) || bw_str_starts(name, BW_STR("pom.")))
        name = bw_str_from(name, bw_str_find(name, '.') + 1);
    if (bw_str_eq(name, BW_STR("version")))
        return text_or(text_at(reader->project, "version"), text_at(parent, "version"));
    if (bw_str_eq(name, BW_STR("groupId")))
        return text_or(text_at(reader->project, "groupId"), text_at(parent, "groupId"));
    if (bw_str_eq(name, BW_STR("artifactId")))
        return text_at(reader->project, "artifactId");
    if (bw_str_eq(name, BW_STR("parent.version")))
        return text_at(parent, "version");
    if (bw_str_eq(name, BW_STR("parent.groupId")))
        return text_at(parent, "groupId");
    return bw_xml_text(bw_map_get(&reader->properties, name));
}

/* Replaces the first `${name}`; false where it is not known or the value gets too long. */
static bool replace_one(const struct reader *reader, struct value *value, size_t at)
{
    struct bw_str text = bw_str(value->text);
    size_t end = bw_str_find(bw_str_from(text, at), '}');
    if (end == SIZE_MAX)
        return false;
    struct bw_str known = property(reader, bw_str_take(bw_str_from(text, at + 2), end - 2));
    struct value next;
    int n = snprintf(next.text, sizeof next.text, "%" BW_STR_F "%" BW_STR_F "%" BW_STR_F,
                     BW_STR_A(bw_str_take(text, at)), BW_STR_A(known),
                     BW_STR_A(bw_str_from(text, at + end + 1)));
    if (!known.n || n < 0 || (size_t)n >= sizeof next.text)
        return false;
    *value = next;
    return true;
}

static bool resolve(const struct reader *reader, struct bw_str text, struct value *ret_value)
{
    if (text.n == 0 || text.n >= VALUE_MAX)
        return false;
    snprintf(ret_value->text, sizeof ret_value->text, "%" BW_STR_F, BW_STR_A(text));
    for (unsigned i = 0; i <= NESTED_MAX; i++) {
        size_t at = bw_str_find_str(bw_str(ret_value->text), BW_STR("${"));
        if (at == SIZE_MAX)
            return bw_record_is_word(bw_str(ret_value->text));
        if (!replace_one(reader, ret_value, at))
            return false;
    }
    return false;
}

/* --- dependencies --- */

/* A range names what would do, not what is used. */
static bool is_exact(struct bw_str version)
{
    return version.n && !strchr("[(", version.p[0]) && bw_str_find(version, ',') == SIZE_MAX;
}

static struct managed managed(const struct reader *reader, const struct bw_xml *dependency)
{
    struct bw_str artifact = text_at(dependency, "artifactId");
    struct bw_str group = text_at(dependency, "groupId");
    for (size_t i = 0; i < reader->managed.n; i++) {
        const struct managed *it = &reader->managed.v[i];
        if (bw_str_eq(it->artifact, artifact) && bw_str_eq(it->group, group))
            return *it;
    }
    return (struct managed){0};
}

static int read_dependency(struct reader *reader, const struct bw_xml *dependency,
                           struct bw_err *err)
{
    struct value group, artifact, version;
    struct managed rule = managed(reader, dependency);
    struct bw_str wanted = text_or(text_at(dependency, "version"), rule.version);
    struct bw_str scope = text_or(text_at(dependency, "scope"), rule.scope);
    reader->n++;
    if (!resolve(reader, text_at(dependency, "groupId"), &group) ||
        !resolve(reader, text_at(dependency, "artifactId"), &artifact) ||
        !resolve(reader, wanted, &version) || !is_exact(bw_str(version.text))) {
        reader->unresolved++;
        return 0;
    }
    char name[2 * VALUE_MAX + 2];
    snprintf(name, sizeof name, "%s:%s", group.text, artifact.text);
    return bw_package_fact(&reader->gaps, bw_xml_line(dependency),
                           (struct bw_package){
                               .type = BW_PACKAGE_MAVEN,
                               .name = bw_str(name),
                               .version = bw_str(version.text),
                               .locked = true,
                               .development = bw_str_eq(scope, BW_STR("test")),
                           },
                           err);
}

static int read_dependencies(struct reader *reader, const struct bw_xml *owner, struct bw_err *err)
{
    int rc = 0;
    const struct bw_xml *it = bw_xml_first(bw_xml_child(owner, "dependencies"));
    for (; !rc && it && reader->n < DEPENDENCIES_MAX; it = bw_xml_next(it))
        if (bw_str_eq(bw_xml_name(it), BW_STR("dependency")))
            rc = read_dependency(reader, it, err);
    return rc;
}

static int read_project(struct reader *reader, struct bw_err *err)
{
    const struct bw_xml *profiles = bw_xml_child(reader->project, "profiles");
    int rc = read_dependencies(reader, reader->project, err);
    for (const struct bw_xml *it = bw_xml_first(profiles); !rc && it; it = bw_xml_next(it))
        rc = read_dependencies(reader, it, err);
    if (!rc && reader->n == DEPENDENCIES_MAX)
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, 0,
                      "more than %u dependencies: the rest was left out", DEPENDENCIES_MAX);
    if (!rc && reader->unresolved)
        bw_record_gap(&reader->gaps, BW_GAP_NOTE, 0,
                      "%u dependencies have no version of their own in this file",
                      reader->unresolved);
    return rc;
}

static int gather(struct reader *reader, struct bw_err *err)
{
    const struct bw_xml *list =
        bw_xml_child(bw_xml_child(reader->project, "dependencyManagement"), "dependencies");
    const struct bw_xml *it = bw_xml_first(bw_xml_child(reader->project, "properties"));
    reader->parent = bw_xml_child(reader->project, "parent");
    for (; it; it = bw_xml_next(it)) {
        struct bw_map_item *item = bw_map_at(&reader->properties, bw_xml_name(it));
        if (!item)
            return bw_err_set(err, BW_ELIMIT, "more than %u properties", PROPERTIES_MAX);
        item->value = (void *)it; /* the last one counts */
    }
    for (it = bw_xml_first(list); it; it = bw_xml_next(it)) {
        struct managed *managed = BW_VEC_PUSH(&reader->managed, MANAGED_MAX);
        if (!managed)
            return bw_err_set(err, BW_ELIMIT, "more than %u managed dependencies", MANAGED_MAX);
        *managed = (struct managed){text_at(it, "groupId"), text_at(it, "artifactId"),
                                    text_at(it, "version"), text_at(it, "scope")};
    }
    return 0;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct reader reader = {.gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)},
                            .properties = BW_MAP(PROPERTIES_MAX)};
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    int rc = bw_xml_parse(&doc, bw_str_n(p, n), err);
    if (rc)
        return rc;
    reader.project = bw_xml_root(doc);
    if (!bw_str_eq(bw_xml_name(reader.project), BW_STR("project")))
        return bw_err_set(err, BW_EFORMAT, "the document is no project of Maven");
    rc = gather(&reader, err);
    if (!rc)
        rc = read_project(&reader, err);
    bw_map_free(&reader.properties);
    BW_VEC_FREE(&reader.managed);
    bw_record_gaps_end(&reader.gaps);
    return rc;
}

const struct bw_parser bw_parser_maven_pom = {
    .name = "maven-pom",
    .what = WHAT,
    .paths = paths,
    .max = POM_MAX,
    .lock = true,
    .parse = parse,
};
