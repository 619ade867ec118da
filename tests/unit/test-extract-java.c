#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect.h"
#include "extract/archive-members.h"
#include "make-zip.h"

static struct collected got;

static const char *read_zip(const char *as, const struct zip_entry *entries, size_t n)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    make_zip(&bytes, entries, n);
    return collect(&got, as, bytes.p, bytes.n);
}

#define READ(as, ...)                                                                              \
    read_zip(as, (const struct zip_entry[]){__VA_ARGS__},                                          \
             BW_ARRAY_LEN(((const struct zip_entry[]){__VA_ARGS__})))
#define PACKAGE(name, version) "package " name " " version " source " name " " version " line 0:\n"
#define MANIFEST               "META-INF/MANIFEST.MF"

static void coordinates_of_maven(void **state)
{
    (void)state;
    assert_string_equal(
        READ("lib/core-1.0.jar",
             {.name = "META-INF/maven/g.h/core/pom.properties",
              .content = "#Created\ngroupId=g.h\nartifactId=core\nversion = 1.0\r\n"},
             {.name = "META-INF/maven/x.y/shaded/pom.properties",
              .content = "version=2.1\ngroupId=x.y\nartifactId=shaded\n"},
             {.name = "a/B.class", .content = "x"}),
        PACKAGE("g.h:core", "1.0")
            PACKAGE("x.y:shaded", "2.1") "member META-INF/maven/g.h/core/pom.properties 52\n"
                                         "member META-INF/maven/x.y/shaded/pom.properties 42\n");
    /* A placeholder that the build did not fill is no version. */
    assert_null(strstr(READ("lib/x.jar", {.name = "META-INF/maven/g.h/x/pom.properties",
                                          .content = "groupId=g.h\nartifactId=x\n"
                                                     "version=${v}\n"}),
                       "package"));
}

static void identities_of_manifests(void **state)
{
    (void)state;
    static const struct {
        const char *path, *manifest, *want;
    } cases[] = {
        {"lib/spring-core-5.3.17.jar",
         "Manifest-Version: 1.0\r\nImplementation-Title: spring-c\r\n ore\r\n"
         "Implementation-Version: 5.3.17\r\n\r\nName: x\r\nImplementation-Version: 9\r\n",
         PACKAGE("org.springframework:spring-core", "5.3.17")},
        {"guava-31.1-jre.jar",
         "Bundle-SymbolicName: com.google.guava\nBundle-Version: 31.1.0.jre\n",
         PACKAGE("com.google.guava:guava", "31.1.0")},
        {"commons-lang3.jar",
         "Bundle-SymbolicName: org.apache.commons.lang3;singleton:=true\nBundle-Version: 3.12.0\n",
         PACKAGE("org.apache.commons:commons-lang3", "3.12.0")},
        {"bcprov-jdk15on-1.68.jar", "Implementation-Version: 1.68.0\n",
         PACKAGE("org.bouncycastle:bcprov-jdk15on", "1.68")},
        {"catalina.jar",
         "Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.60\n"
         "Implementation-Vendor-Id: org.apache\n",
         PACKAGE("tomcat", "9.0.60") PACKAGE("org.apache:catalina", "9.0.60")},
        {"own-1.2.jar", "X: y\n",
         "note own-1.2.jar: the archive does not tell its Maven group: advisories cannot be looked "
         "up\n" PACKAGE("own", "1.2")},
        {"own.jar", "X: y\n",
         "note own.jar: the archive does not tell its name and version: advisories cannot be "
         "looked "
         "up\n"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const struct zip_entry entry = {.name = MANIFEST, .content = cases[i].manifest};
        const char *text = read_zip(cases[i].path, &entry, 1);
        const char *end = strstr(text, "member ");
        assert_non_null(end);
        assert_int_equal((size_t)(end - text), strlen(cases[i].want));
        assert_memory_equal(text, cases[i].want, strlen(cases[i].want));
    }
}

static void members_are_handed_on(void **state)
{
    (void)state;
    assert_string_equal(READ("app.war", {.name = "WEB-INF/lib/a.jar", .content = "PK"},
                             {.name = "WEB-INF/", .content = ""},
                             {.name = "./conf/app.yml", .content = "a: b"},
                             {.name = "logo.PNG", .content = "x"},
                             {.name = "META-INF/maven/a/b/pom.xml", .content = "<project/>"},
                             {.name = "../evil", .content = "x"}),
                        "member WEB-INF/lib/a.jar 2\nmember conf/app.yml 4\n"
                        "blocking app.war: member 5: its name is no path within the archive\n");
    assert_string_equal(READ("a.whl", {.name = "a-1.dist-info/METADATA", .content = "Name: a"}),
                        "member a-1.dist-info/METADATA 7\n");
}

static void damage_is_a_gap(void **state)
{
    (void)state;
    assert_string_equal(READ("a.zip", {.name = "x", .content = "y", .wrong_crc = true},
                             {.name = "z", .content = "w"}),
                        "note a.zip: member x: ZIP: CRC error\nmember z 1\n");
    assert_non_null(strstr(collect_str(&got, "a.jar", "no archive"), "error format"));
}

/* The header of an entry may promise anything: what it promises is counted before it is read. */
static void a_bomb_is_a_gap(void **state)
{
    (void)state;
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(COLLECT_MAX);
    char *content = malloc(20 << 20);
    assert_non_null(content);
    memset(content, 'x', (20 << 20) - 1);
    content[(20 << 20) - 1] = '\0';
    make_zip(&bytes, &(struct zip_entry){.name = "x", .content = content}, 1);
    bw_buf_free(&got.text);
    got.text = BW_BUF(COLLECT_MAX);
    struct bw_members members;
    struct bw_record_gaps gaps = {.sink =
                                      &(struct bw_extract_sink){.ctx = &got, .gap = collect_gap},
                                  .path = BW_STR("a.zip")};
    struct bw_err err;
    struct bw_zip_entry entry;
    assert_int_equal(bw_members_open(bytes.p, bytes.n, &gaps, &members, &err), 0);
    assert_true(bw_members_at(&members, 0, &entry));
    members.packed = 1000; /* as if it were packed well */
    unsigned read = 0;
    while (bw_members_read(&members, 0, &entry, BW_MEMBER_OTHER_MAX))
        read++;
    assert_true(members.ended);
    assert_int_equal(read, BW_MEMBERS_FREE / (20 << 20));
    bw_buf_byte(&got.text, 0);
    assert_non_null(strstr((const char *)got.text.p, "more than 200 times its size"));
    bw_members_free(&members);
    free(content);
}

#define LOCKED(name, version, line)                                                                \
    "package " name " " version " source " name " " version " locked line " line ":\n"

static void what_a_build_would_use(void **state)
{
    (void)state;
    assert_string_equal(
        collect_str(&got, "src/go.mod",
                    "module a\ngo 1.21\nrequire (\n\tb.org/x v1.2.3 // indirect\n"
                    "\t\"c.org/y\" v0.1.0\n)\nrequire d.org/z v1.0.0\nexclude c.org/y v0.2.0\n"
                    "replace b.org/x => e.org/x v1.2.4\nreplace d.org/z v1.0.0 => ./z\n"
                    "require broken\n"),
        "blocking src/go.mod, line 11: a requirement is no module and version\n" LOCKED(
            "e.org/x", "v1.2.4", "4") LOCKED("c.org/y", "v0.1.0", "5"));
    assert_string_equal(
        collect_str(&got, "gradle.lockfile",
                    "# c\norg.a:b:1.2=compileClasspath\nx\nempty=annotationProcessor\n"),
        LOCKED("org.a:b", "1.2",
               "2") "blocking gradle.lockfile, line 3: the line is not group:artifact:version\n");
    assert_string_equal(
        collect_str(&got, "pom.xml",
                    "<project><parent><groupId>g</groupId><version>1</version></parent>\n"
                    "<properties><v>${w}.3</v><w>1.2</w><loop>${loop}</loop></properties>\n"
                    "<dependencyManagement><dependencies><dependency><groupId>g</groupId>"
                    "<artifactId>m</artifactId><version>7</version></dependency></dependencies>"
                    "</dependencyManagement><dependencies>\n"
                    "<dependency><groupId>${project.groupId}</groupId><artifactId>a</artifactId>"
                    "<version>${v}</version></dependency>\n"
                    "<dependency><groupId>g</groupId><artifactId>m</artifactId></dependency>\n"
                    "<dependency><groupId>g</groupId><artifactId>r</artifactId>"
                    "<version>[1,2)</version></dependency>\n"
                    "<dependency><groupId>g</groupId><artifactId>x</artifactId>"
                    "<version>${loop}</version></dependency></dependencies></project>"),
        LOCKED("g:a", "1.2.3", "4")
            LOCKED("g:m", "7",
                   "5") "note pom.xml: 2 dependencies have no version of their own in this file\n");
    assert_non_null(strstr(collect_str(&got, "pom.xml", "<x/>"), "error format"));
}

static int end(void **state)
{
    (void)state;
    bw_buf_free(&got.text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coordinates_of_maven),  cmocka_unit_test(identities_of_manifests),
        cmocka_unit_test(members_are_handed_on), cmocka_unit_test(damage_is_a_gap),
        cmocka_unit_test(a_bomb_is_a_gap),       cmocka_unit_test(what_a_build_would_use),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
