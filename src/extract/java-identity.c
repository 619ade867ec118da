#include "extract/java-identity.h"

#include "extract/record.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A word of letters, digits and ".-_", as Maven wants coordinates. */
static bool is_coordinate(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
        if (!letter && c != '.' && c != '-' && c != '_' && c != '+')
            return false;
    }
    return s.n > 0 && s.n <= BW_JAVA_NAME_MAX;
}

static bool is_version(struct bw_str s)
{
    return is_coordinate(s) && bw_str_find(s, '$') == SIZE_MAX;
}

/* --- pom.properties --- */

bool bw_java_from_properties(struct bw_str text, struct bw_java_identity *ret_identity)
{
    struct bw_java_identity identity = {0};
    struct bw_str rest = text, line;
    while (bw_str_line(&rest, &line)) {
        size_t equals = bw_str_find(line, '=');
        if (equals == SIZE_MAX || line.p[0] == '#')
            continue;
        struct bw_str key = bw_str_trim(bw_str_take(line, equals));
        struct bw_str value = bw_str_trim(bw_str_from(line, equals + 1));
        if (bw_str_eq(key, BW_STR("groupId")))
            identity.group = value;
        else if (bw_str_eq(key, BW_STR("artifactId")))
            identity.artifact = value;
        else if (bw_str_eq(key, BW_STR("version")))
            identity.version = value;
    }
    if (!is_coordinate(identity.group) || !is_coordinate(identity.artifact) ||
        !is_version(identity.version))
        return false;
    *ret_identity = identity;
    return true;
}

/* --- the manifest --- */

static struct bw_str *attribute(struct bw_java_manifest *manifest, struct bw_str name)
{
    const struct {
        const char *name;
        struct bw_str *to;
    } attributes[] = {
        {"Implementation-Title", &manifest->title},
        {"Implementation-Version", &manifest->version},
        {"Implementation-Vendor-Id", &manifest->vendor_id},
        {"Bundle-SymbolicName", &manifest->bundle},
        {"Bundle-Version", &manifest->bundle_version},
        {"Automatic-Module-Name", &manifest->module},
        {"Jenkins-Version", &manifest->jenkins},
        {"Short-Name", &manifest->plugin},
        {"Plugin-Version", &manifest->plugin_version},
        {"Group-Id", &manifest->group_id},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(attributes); i++)
        if (bw_str_eq_nocase(name, bw_str(attributes[i].name)))
            return attributes[i].to;
    return NULL;
}

static void set_attribute(struct bw_java_manifest *manifest, struct bw_str line)
{
    size_t colon = bw_str_find(line, ':');
    struct bw_str *to = colon == SIZE_MAX ? NULL : attribute(manifest, bw_str_take(line, colon));
    if (to)
        *to = bw_str_trim(bw_str_from(line, colon + 1));
}

/* A line that begins with a blank continues the one before it; the first empty line ends the main
 * section. */
struct bw_java_manifest bw_java_manifest(struct bw_str text, char *room)
{
    struct bw_java_manifest manifest = {0};
    struct bw_str rest = text, line, whole = {room, 0};
    while (bw_str_line(&rest, &line) && (line.n || !whole.n)) {
        bool more = line.n && line.p[0] == ' ';
        if (!more) {
            set_attribute(&manifest, whole);
            room += whole.n;
            whole = (struct bw_str){room, 0};
        }
        line = bw_str_from(line, more);
        if (line.n)
            memcpy(room + whole.n, line.p, line.n);
        whole.n += line.n;
    }
    set_attribute(&manifest, whole);
    return manifest;
}

/* --- the name of the file --- */

static struct bw_str file_name(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    return bw_str_take(name, bw_str_rfind(name, '.'));
}

/* "log4j-core-2.14.1" is cut at the first '-' that a digit follows. Where there is none, all of it
 * is the artifact. */
static struct bw_java_identity split_name(struct bw_str name)
{
    for (size_t i = 1; i + 1 < name.n; i++)
        if (name.p[i] == '-' && is_digit(name.p[i + 1]))
            return (struct bw_java_identity){.artifact = bw_str_take(name, i),
                                             .version = bw_str_from(name, i + 1)};
    return (struct bw_java_identity){.artifact = name};
}

/* --- identity from the manifest --- */

/* "2.11.0" of "2.11.0.v20180202": OSGi's fourth component is a qualifier. */
static struct bw_str without_qualifier(struct bw_str version)
{
    size_t dots = 0;
    for (size_t i = 0; i < version.n; i++)
        if (version.p[i] == '.' && ++dots == 3)
            return i + 1 < version.n && is_digit(version.p[i + 1]) ? version
                                                                   : bw_str_take(version, i);
    return version;
}

/* A name of at least two words, all in lower case: "org.apache.commons". */
static bool is_group(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'Z')
            return false;
    return is_coordinate(s) && bw_str_find(s, '.') != SIZE_MAX && !is_digit(s.p[0]);
}

/* The group in a name that ends in the artifact:
 *   "com.fasterxml.jackson.core.jackson-databind" and "jackson-databind": what is before it;
 *   "org.apache.commons.lang3" and "commons-lang3": the name without its last word;
 *   "com.google.guava" and "guava": all of it. */
static struct bw_str group_in(struct bw_str name, struct bw_str artifact)
{
    name = bw_str_trim(bw_str_take(name, bw_str_find(name, ';')));
    size_t dot = bw_str_rfind(name, '.'), dash = bw_str_rfind(artifact, '-');
    if (!is_group(name))
        return (struct bw_str){NULL, 0};
    struct bw_str last = bw_str_from(name, dot + 1), before = bw_str_take(name, dot);
    if (dash == SIZE_MAX)
        return bw_str_eq(last, artifact) ? name : (struct bw_str){NULL, 0};
    bool ends = bw_str_eq(last, artifact) || bw_str_eq(last, bw_str_from(artifact, dash + 1));
    return ends && is_group(before) ? before : (struct bw_str){NULL, 0};
}

/* Artifacts whose builds leave no coordinates behind: a name that ends in '-' or '_' is the
 * beginning of many. The first that fits counts. */
static const struct {
    const char *artifact, *group;
} families[] = {
    {"bcmail-", "org.bouncycastle"},
    {"bcpg-", "org.bouncycastle"},
    {"bcpkix-", "org.bouncycastle"},
    {"bcprov-", "org.bouncycastle"},
    {"elasticsearch", "org.elasticsearch"},
    {"grpc-", "io.grpc"},
    {"h2", "com.h2database"},
    {"hibernate-core", "org.hibernate"},
    {"kafka-", "org.apache.kafka"},
    {"kafka_", "org.apache.kafka"},
    {"log4j-", "org.apache.logging.log4j"},
    {"lucene-", "org.apache.lucene"},
    {"micrometer-", "io.micrometer"},
    {"mysql-connector-java", "mysql"},
    {"mysql-connector-j", "com.mysql"},
    {"netty-", "io.netty"},
    {"okhttp", "com.squareup.okhttp3"},
    {"okio", "com.squareup.okio"},
    {"postgresql", "org.postgresql"},
    {"reactor-netty-", "io.projectreactor.netty"},
    {"reactor-core", "io.projectreactor"},
    {"solr-", "org.apache.solr"},
    {"spring-batch-", "org.springframework.batch"},
    {"spring-boot", "org.springframework.boot"},
    {"spring-boot-", "org.springframework.boot"},
    {"spring-cloud-", "org.springframework.cloud"},
    {"spring-data-", "org.springframework.data"},
    {"spring-integration-", "org.springframework.integration"},
    {"spring-kafka", "org.springframework.kafka"},
    {"spring-security-", "org.springframework.security"},
    {"spring-session-", "org.springframework.session"},
    {"spring-ws-", "org.springframework.ws"},
    {"spring-", "org.springframework"},
    {"struts2-", "org.apache.struts"},
    {"tomcat-embed-", "org.apache.tomcat.embed"},
    {"tomcat-", "org.apache.tomcat"},
    {"zookeeper", "org.apache.zookeeper"},
};

static struct bw_str family_of(struct bw_str artifact)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(families); i++) {
        struct bw_str known = bw_str(families[i].artifact);
        bool many = strchr("-_", known.p[known.n - 1]) != NULL;
        if (many ? bw_str_starts(artifact, known) : bw_str_eq(artifact, known))
            return bw_str(families[i].group);
    }
    return (struct bw_str){NULL, 0};
}

static struct bw_str group_of(const struct bw_java_manifest *manifest, struct bw_str artifact)
{
    struct bw_str family = family_of(artifact);
    if (family.n)
        return family;
    if (is_group(manifest->group_id))
        return manifest->group_id;
    if (is_group(manifest->vendor_id))
        return manifest->vendor_id;
    const struct bw_str names[] = {manifest->bundle, manifest->module, manifest->title};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        struct bw_str group = group_in(names[i], artifact);
        if (group.n)
            return group;
    }
    return (struct bw_str){NULL, 0};
}

bool bw_java_from_manifest(const struct bw_java_manifest *manifest, struct bw_str path,
                           struct bw_java_identity *ret_identity)
{
    struct bw_java_identity named = split_name(file_name(path)), identity = {0};
    if (bw_str_find(named.version, '.') == SIZE_MAX)
        named.version = (struct bw_str){NULL, 0};
    const struct bw_str versions[] = {manifest->version, manifest->plugin_version,
                                      without_qualifier(manifest->bundle_version), named.version};
    for (size_t i = 0; i < BW_ARRAY_LEN(versions) && !identity.version.n; i++)
        if (versions[i].p && is_version(versions[i]) && is_digit(versions[i].p[0]))
            identity.version = versions[i];
    /* "1.68" of the name is what was published, "1.68.0" what the build tool made of it. */
    if (named.version.n && bw_str_starts(identity.version, named.version))
        identity.version = named.version;
    identity.artifact = named.artifact;
    size_t colon = bw_str_find(manifest->title, ':');
    if (is_coordinate(manifest->plugin))
        identity.artifact = manifest->plugin;
    else if (!named.version.n && is_coordinate(manifest->title) && !is_group(manifest->title))
        identity.artifact = manifest->title;
    identity.group = group_of(manifest, identity.artifact);
    if (colon != SIZE_MAX && is_group(bw_str_take(manifest->title, colon)) &&
        is_coordinate(bw_str_from(manifest->title, colon + 1))) {
        identity.group = bw_str_take(manifest->title, colon);
        identity.artifact = bw_str_from(manifest->title, colon + 1);
    }
    if (!is_coordinate(identity.artifact) || !identity.version.n)
        return false;
    *ret_identity = identity;
    return true;
}
