/*
 * Java archives: the packages they are (java-identity.h), and their members: archives within, and
 * everything else that may be examined as a file (archive-members.h).
 *
 * The manifest speaks where no pom.properties does, and beside them where none of them is of the
 * artifact that the file is named for: a shaded archive that lost its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "extract/archive-members.h"
#include "extract/java-identity.h"
#include "extract/package-fact.h"
#include "extract/product.h"

#define WHAT           "packages (Java)"
#define ARCHIVE_MAX    ((size_t)512 << 20)
#define PROPERTIES_MAX ((size_t)64 << 10)
#define SHADED_MAX     4096u

static const char *const paths[] = {
    "**/*.jar", "**/*.war", "**/*.ear", "**/*.par", "**/*.sar",
    "**/*.jpi", "**/*.hpi", "**/*.aar", "**/*.kar", NULL,
};

struct archive {
    struct bw_members members;
    struct bw_record_gaps gaps;
    struct bw_str path;
    unsigned properties; /* how many pom.properties were packages */
    bool named;          /* one of them is of the artifact that the file is named for */
    bool holds_archives; /* an application, whose parts are what is of interest */
    bool has_manifest;
    uint64_t manifest;
};

static int send(struct archive *archive, const struct bw_java_identity *identity,
                struct bw_err *err)
{
    char name[2 * BW_JAVA_NAME_MAX + 2];
    struct bw_str group = identity->group;
    int n = snprintf(name, sizeof name, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(group),
                     group.n ? ":" : "", BW_STR_A(identity->artifact));
    return bw_package_fact(&archive->gaps, 0,
                           (struct bw_package){.type = BW_PACKAGE_MAVEN,
                                               .name = bw_str_n(name, n > 0 ? (size_t)n : 0),
                                               .version = identity->version},
                           err);
}

static bool is_properties(struct bw_str name)
{
    return bw_parser_matches("META-INF/maven/*/*/pom.properties", name);
}

/* Whether the file is "ARTIFACT.jar" or "ARTIFACT-VERSION.jar". */
static bool is_named_for(struct bw_str path, struct bw_str artifact)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    return bw_str_starts(name, artifact) && name.n > artifact.n &&
           (name.p[artifact.n] == '-' || name.p[artifact.n] == '.');
}

static int read_properties(struct archive *archive, uint64_t i, const struct bw_zip_entry *entry,
                           struct bw_err *err)
{
    struct bw_java_identity identity;
    if (!bw_members_read(&archive->members, i, entry, PROPERTIES_MAX) ||
        !bw_java_from_properties(bw_buf_slice(&archive->members.content), &identity))
        return 0;
    archive->properties++;
    archive->named |= is_named_for(archive->path, identity.artifact);
    return send(archive, &identity, err);
}

static int read_metadata(struct archive *archive, struct bw_err *err)
{
    int rc = 0;
    for (uint64_t i = 0; !rc && i < archive->members.n; i++) {
        struct bw_zip_entry entry;
        if (!bw_members_at(&archive->members, i, &entry))
            continue;
        archive->holds_archives |= bw_str_ends(entry.name, BW_STR(".jar"));
        if (is_properties(entry.name) && archive->properties < SHADED_MAX)
            rc = read_properties(archive, i, &entry, err);
        if (bw_str_eq_nocase(entry.name, BW_STR("META-INF/MANIFEST.MF")) &&
            !archive->has_manifest) {
            archive->has_manifest = true;
            archive->manifest = i;
        }
    }
    return rc;
}

/* Programs that their manifest names, and that no coordinates of Maven stand for. */
static int send_products(struct archive *archive, const struct bw_java_manifest *manifest,
                         struct bw_err *err)
{
    if (bw_str_eq(manifest->title, BW_STR("Apache Tomcat")) &&
        is_named_for(archive->path, BW_STR("catalina")) && bw_record_is_word(manifest->version))
        return bw_product_send_known("tomcat", manifest->version, &archive->gaps, err);
    if (!manifest->plugin.n && is_named_for(archive->path, BW_STR("jenkins")) &&
        bw_record_is_word(manifest->jenkins))
        return bw_product_send_known("jenkins", manifest->jenkins, &archive->gaps, err);
    return 0;
}

static int use_manifest(struct archive *archive, const struct bw_java_manifest *manifest,
                        struct bw_err *err)
{
    struct bw_java_identity identity;
    int rc = send_products(archive, manifest, err);
    if (rc || archive->named)
        return rc;
    bool known = bw_java_from_manifest(manifest, archive->path, &identity);
    /* Beside packages of others only what is certain. */
    if (archive->properties)
        return known && identity.group.n ? send(archive, &identity, err) : 0;
    if (known ? !identity.group.n : !archive->holds_archives)
        bw_record_gap(&archive->gaps, BW_GAP_NOTE, 0,
                      "the archive does not tell its %s: advisories cannot be looked up",
                      known ? "Maven group" : "name and version");
    return known ? send(archive, &identity, err) : 0;
}

static int read_manifest(struct archive *archive, struct bw_err *err)
{
    struct bw_zip_entry entry;
    struct bw_java_manifest manifest = {0};
    char *room = NULL;
    if (archive->has_manifest && bw_members_at(&archive->members, archive->manifest, &entry) &&
        bw_members_read(&archive->members, archive->manifest, &entry, BW_JAVA_MANIFEST_MAX)) {
        struct bw_str text = bw_buf_slice(&archive->members.content);
        room = malloc(text.n + 1);
        if (!room)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
        manifest = bw_java_manifest(text, room);
    }
    int rc = use_manifest(archive, &manifest, err);
    free(room);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct archive archive = {
        .gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)},
        .path = path,
    };
    int rc = bw_members_open(p, n, &archive.gaps, &archive.members, err);
    if (rc)
        return rc;
    rc = read_metadata(&archive, err);
    if (!rc)
        rc = read_manifest(&archive, err);
    if (!rc)
        rc = bw_members_examine(&archive.members, err);
    bw_members_free(&archive.members);
    bw_record_gaps_end(&archive.gaps);
    return rc;
}

const struct bw_parser bw_parser_java_archive = {
    .name = "java-archive",
    .what = WHAT,
    .paths = paths,
    .max = ARCHIVE_MAX,
    .parse = parse,
};
