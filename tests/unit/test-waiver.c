#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide/waiver.h"

#define NOW 1800000000 /* 2027-01-15 */

struct rig {
    struct bw_arena *arena;
    struct bw_waivers waivers;
    struct bw_report report;
    struct bw_subject subjects[1];
    struct bw_finding findings[4];
    unsigned expired;
};

#define S(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static struct bw_str aliases[] = {S("GHSA-xxxx")}, one_cve[] = {S("CVE-2020-1")},
                     two_cves[] = {S("CVE-2020-2"), S("CVE-2020-3")}, tags[] = {S("org/app:1")};
static const struct bw_advisory single = {.id = S("CVE-2020-1"),
                                          .aliases = {aliases, 1},
                                          .cves = {one_cve, 1}},
                                erratum = {.id = S("DSA-1-1"), .cves = {two_cves, 2}};
static const struct bw_package openssl = {.name = S("libssl3"), .source_name = S("openssl")},
                               left_pad = {.type = BW_PACKAGE_NPM,
                                           .name = S("left-pad"),
                                           .source_name = S("left-pad")};

static void set_up(struct rig *rig)
{
    *rig = (struct rig){
        .subjects = {{.name = S("app.tar"), .digest = S("sha256:aa"), .tags = {tags, 1}}},
        .findings =
            {
                {.id = S("CVE-2020-1"),
                 .advisory = &single,
                 .package = &left_pad,
                 .purl = S("pkg:npm/%40scope/left-pad@1.0.0"),
                 .fingerprint = S("f1"),
                 .location.path = S("app/node_modules/left-pad/package.json")},
                {.id = S("DSA-1-1"),
                 .advisory = &erratum,
                 .package = &openssl,
                 .fingerprint = S("f2"),
                 .purl = S("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"),
                 .location.path = S("var/lib/dpkg/status")},
                {.kind = BW_FINDING_SECRET,
                 .id = S("aws-access-key-id"),
                 .fingerprint = S("f3"),
                 .location.path = S("srv/conf/app.env")},
                {.kind = BW_FINDING_FILE,
                 .id = S("setuid-file"),
                 .fingerprint = S("f4"),
                 .location.path = S("usr/bin/tool")},
            },
    };
    rig->arena = bw_arena_new((size_t)16 << 20);
    rig->waivers = bw_waivers(rig->arena);
    rig->report = (struct bw_report){
        .subjects = rig->subjects, .subjects_n = 1, .findings = rig->findings, .findings_n = 4};
}

static void count_expired(void *ctx, const struct bw_waiver_rule *rule)
{
    (void)rule;
    ((struct rig *)ctx)->expired++;
}

/* Reads a file's text and waives: which findings are, as digits. */
static const char *waived(struct rig *rig, const char *file, const char *text)
{
    static char out[8];
    struct bw_err err = {0};
    char *p = out;
    set_up(rig);
    int rc = bw_waivers_read(&rig->waivers, bw_str(file), bw_str(text), &err);
    if (rc)
        print_message("# %s\n", err.msg);
    assert_int_equal(rc, 0);
    assert_int_equal(bw_waivers_apply(&rig->waivers, &rig->report, NOW, count_expired, rig, &err),
                     0);
    /* What findings point to outlives the list. */
    bw_waivers_free(&rig->waivers);
    for (char i = 0; i < 4; i++)
        if (rig->findings[(int)i].waiver)
            *p++ = (char)('1' + i);
    *p = '\0';
    assert_int_equal(rig->report.waived, strlen(out));
    return out;
}

static void tear_down(struct rig *rig)
{
    bw_arena_free(rig->arena);
}

static void expect(const char *file, const char *text, const char *wanted)
{
    struct rig rig;
    assert_string_equal(waived(&rig, file, text), wanted);
    tear_down(&rig);
}

static void refused(const char *file, const char *text, const char *why)
{
    struct rig rig;
    struct bw_err err = {0};
    set_up(&rig);
    assert_int_equal(bw_waivers_read(&rig.waivers, bw_str(file), bw_str(text), &err), BW_EFORMAT);
    assert_non_null(strstr(err.msg, why));
    assert_int_equal(rig.waivers.n, 0);
    bw_waivers_free(&rig.waivers);
    tear_down(&rig);
}

static void lines_of_ids(void **state)
{
    (void)state;
    expect(".trivyignore", "# nothing\n\nCVE-2020-1\naws-access-key-id # a sample\r\n", "13");
    expect(".trivyignore", "GHSA-xxxx", "1");
    expect(".trivyignore", "CVE-2020-2", ""); /* an erratum mends more than that */
    expect(".trivyignore", "DSA-1-1 exp:2027-01-15", "2");
    expect(".trivyignore", "f4", "4");
    struct rig rig;
    assert_string_equal(waived(&rig, "i", "CVE-2020-1 exp:2027-01-14\nDSA-1-1\n"), "2");
    assert_int_equal(rig.expired, 1);
    tear_down(&rig);
    refused("i", "CVE-1 exp:soon", "line 1");
    refused("i", "CVE-1\nCVE-2 CVE-3", "line 2");
}

static void entries_with_reasons(void **state)
{
    (void)state;
    struct rig rig;
    assert_string_equal(waived(&rig, ".bulwarkignore.yaml",
                               "- id: CVE-2020-1\n  reason: not reachable\n  owner: platform\n"
                               "  expires: 2027-06-30\n  paths: [app/**]\n"),
                        "1");
    assert_true(bw_str_eq(rig.findings[0].waiver->reason, BW_STR("not reachable")));
    assert_true(bw_str_eq(rig.findings[0].waiver->owner, BW_STR("platform")));
    assert_int_equal(rig.findings[0].waiver->line, 1);
    tear_down(&rig);
    expect("w.yaml", "- id: [CVE-2020-1, DSA-1-1]\n  reason: x\n  package: openssl\n", "2");
    expect("w.yaml", "- id: DSA-1-1\n  reason: x\n  packages: ['pkg:deb/debian/libssl3']\n", "2");
    expect("w.yaml", "- id: DSA-1-1\n  reason: x\n  packages: ['pkg:deb/debian/libssl3@1']\n", "");
    expect("w.yaml", "- id: setuid-file\n  reason: x\n  kind: secret\n", "");
    expect("w.yaml", "- id: setuid-file\n  reason: x\n  kind: file\n  path: 'usr/*'\n", "");
    expect("w.yaml", "- id: setuid-file\n  reason: x\n  kind: file\n  path: 'usr/*/t*l'\n", "4");
    expect(
        "t.yaml",
        "vulnerabilities:\n  - id: CVE-2020-1\n    purls: ['pkg:npm/@scope/left-pad']\n"
        "    statement: fine\nsecrets:\n  - id: aws-access-key-id\n    paths: ['srv/**/*.env']\n",
        "13");
    refused("w.yaml", "- id: CVE-1\n", "no reason");
    refused("w.yaml", "- reason: x\n", "no id");
    refused("w.yaml", "- id: CVE-1\n  reason: x\n  pahts: [a]\n", "pahts");
    refused("w.yaml", "- id: CVE-1\n  reason: x\n  expires: never\n", "line 3");
    refused("w.yaml", "- just text\n", "entry");
    /* A list of nothing is no list of everything. */
    refused("w.yaml", "- id: CVE-1\n  reason: x\n  packages: []\n", "line 3: an empty list");
}

#define OPENVEX(products, status)                                                                  \
    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"me\",\"statements\":[{"          \
    "\"vulnerability\":{\"name\":\"CVE-2020-1\"},\"products\":" products ",\"status\":\"" status   \
    "\",\"justification\":\"vulnerable_code_not_present\"}]}"

static void statements_of_openvex(void **state)
{
    (void)state;
    struct rig rig;
    assert_string_equal(
        waived(&rig, "v.json", OPENVEX("[{\"@id\":\"pkg:oci/app@sha256%3Aaa\"}]", "not_affected")),
        "1");
    assert_int_equal(rig.findings[0].waiver->status, BW_VEX_NOT_AFFECTED);
    assert_true(
        bw_str_eq(rig.findings[0].waiver->justification, BW_STR("vulnerable_code_not_present")));
    tear_down(&rig);
    expect("v.json", OPENVEX("[{\"@id\":\"pkg:oci/app\"}]", "fixed"), "1");
    expect("v.json", OPENVEX("[{\"@id\":\"pkg:oci/app@sha256:bb\"}]", "not_affected"), "");
    expect("v.json", OPENVEX("[{\"@id\":\"pkg:npm/%40scope/left-pad\"}]", "not_affected"), "1");
    expect("v.json", OPENVEX("[{\"@id\":\"app.tar\"}]", "not_affected"), "1");
    expect("v.json",
           OPENVEX("[{\"@id\":\"pkg:oci/app\",\"subcomponents\":[{\"@id\":\"pkg:npm/other\"}]}]",
                   "not_affected"),
           "");
    expect("v.json",
           OPENVEX("[{\"@id\":\"pkg:oci/app\",\"subcomponents\":["
                   "{\"@id\":\"pkg:npm/@scope/left-pad@1.0.0\"}]}]",
                   "not_affected"),
           "1");
    expect("v.json", OPENVEX("[{\"@id\":\"pkg:oci/app\"}]", "affected"), "");
    expect("v.json", OPENVEX("[{\"@id\":\"pkg:oci/app\"}]", "under_investigation"), "");
    refused("v.json", OPENVEX("[{\"@id\":\"pkg:oci/app\"}]", "harmless"), "status");
    refused("v.json", OPENVEX("[]", "fixed"), "products");
    refused("v.json", OPENVEX("[{\"@id\":\"a\",\"subcomponents\":[]}]", "fixed"), "subcomponents");
    refused("v.json", "{\"a\":1}", "neither");
}

static void analyses_of_cyclonedx(void **state)
{
    (void)state;
    static const char bom[] =
        "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"bom-ref\":\"c1\","
        "\"purl\":\"pkg:npm/%40scope/"
        "left-pad@1.0.0\"}],\"vulnerabilities\":[{\"id\":\"CVE-2020-1\","
        "\"analysis\":{\"state\":\"not_affected\",\"justification\":\"code_not_reachable\","
        "\"detail\":"
        "\"never called\"},\"affects\":[{\"ref\":\"urn:cdx:1-2/1#c1\"}]},"
        "{\"id\":\"DSA-1-1\",\"analysis\":{\"state\":\"exploitable\"},\"affects\":[{\"ref\":\"c1\"}"
        "]}]}";
    struct rig rig;
    assert_string_equal(waived(&rig, "b.json", bom), "1");
    assert_true(bw_str_eq(rig.findings[0].waiver->reason, BW_STR("never called")));
    tear_down(&rig);
}

static void statuses_of_csaf(void **state)
{
    (void)state;
    static const char advisory[] =
        "{\"document\":{\"csaf_version\":\"2.0\"},\"product_tree\":{\"branches\":[{\"branches\":["
        "{\"product\":{\"product_id\":\"P1\",\"product_identification_helper\":{\"purl\":"
        "\"pkg:npm/%40scope/left-pad@1.0.0\"}}},{\"product\":{\"product_id\":\"I\","
        "\"product_identification_helper\":{\"purl\":\"pkg:oci/app\"}}}]}],\"relationships\":[{"
        "\"product_reference\":\"P1\",\"relates_to_product_reference\":\"I\",\"full_product_name\":"
        "{\"product_id\":\"I:P1\"}}]},\"vulnerabilities\":[{\"cve\":\"CVE-2020-1\",\"product_"
        "status\":"
        "{\"known_not_affected\":[\"I:P1\",\"unknown\"]},\"flags\":[{\"label\":"
        "\"vulnerable_code_not_present\"}],\"threats\":[{\"category\":\"impact\",\"details\":"
        "\"none\"}]}]}";
    struct rig rig;
    assert_string_equal(waived(&rig, "c.json", advisory), "1");
    assert_true(bw_str_eq(rig.findings[0].waiver->reason, BW_STR("none")));
    tear_down(&rig);

    /* Of a product that has no package URL nothing is known to be part. */
    expect("c.json",
           "{\"document\":{\"csaf_version\":\"2.0\"},\"product_tree\":{\"full_product_names\":[{"
           "\"product_id\":\"P\",\"product_identification_helper\":{\"purl\":"
           "\"pkg:npm/%40scope/left-pad\"}},{\"product_id\":\"OS\"}],\"relationships\":[{"
           "\"product_reference\":\"P\",\"relates_to_product_reference\":\"OS\","
           "\"full_product_name\":{\"product_id\":\"OS:P\"}}]},\"vulnerabilities\":[{\"cve\":"
           "\"CVE-2020-1\",\"product_status\":{\"known_not_affected\":[\"OS:P\"]}}]}",
           "");
}

static void patterns_of_paths(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool fits;
    } cases[] = {
        {"a/b", "a/b", true},
        {"a/*", "a/b", true},
        {"a/*", "a/b/c", false},
        {"a/**", "a/b/c", true},
        {"**/c", "a/b/c", true},
        {"**/c", "c", true},
        {"a/**/d", "a/d", true},
        {"a/**/d", "a/b/c/d", true},
        {"a/**/d", "a/b/c/e", false},
        {"**/c", "a/bc", false},
        {"a/**/d", "a/bd", false},
        {"a**/d", "ab/c/d", true},
        {"a**d", "a/b/cd", true},
        {"**/*", "a/b", true},
        {"a/**/c", "a/c", true},
        {"a/**/c", "ac", false},
        {"a/*/c", "a//c", true},
        {"ab*ba", "aba", false},
        {"*a*b*", "xaxbx", true},
        {"*a*b*", "xax/bx", false},
        {"**", "", true},
        {"?", "/", false},
        {"a?c", "abc", true},
        {"**/*.py", "x/y.py", true},
        {"*.py", "x/y.py", false},
        {"**/x/*.js", "a/x/b/x/c.js", true},
        {"", "a", false},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++)
        if (bw_waiver_path_matches(bw_str(cases[i].pattern), bw_str(cases[i].path)) !=
            cases[i].fits)
            fail_msg("%s %s", cases[i].pattern, cases[i].path);
    char path[4096], pattern[4096];
    memset(path, 'a', sizeof path);
    memset(pattern, 'a', sizeof pattern);
    memcpy(pattern, "**a*a**a*a", 10);
    pattern[sizeof pattern - 1] = 'b';
    assert_false(
        bw_waiver_path_matches(bw_str_n(pattern, sizeof pattern), bw_str_n(path, sizeof path)));
}

static void package_urls(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *purl;
        bool fits;
    } cases[] = {
        {"pkg:npm/a", "pkg:npm/a@1", true},
        {"pkg:npm/a@1", "pkg:npm/a@1", true},
        {"pkg:npm/a@1", "pkg:npm/a@10", false},
        {"pkg:npm/a", "pkg:npm/ab", false},
        {"pkg:npm/@s/a", "pkg:npm/%40s/a@1", true},
        {"pkg:deb/debian/x@1%2B2?arch=amd64", "pkg:deb/debian/x@1+2?distro=d&arch=amd64", true},
        {"pkg:deb/debian/x?arch=arm64", "pkg:deb/debian/x@1?arch=amd64", false},
        {"", "", false},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++)
        if (bw_purl_matches(bw_str(cases[i].pattern), bw_str(cases[i].purl)) != cases[i].fits)
            fail_msg("%s %s", cases[i].pattern, cases[i].purl);
}

/* Of the rules of one id the first that was read is told, by whichever of its lists it is found. */
static void many_rules_of_one_id(void **state)
{
    (void)state;
    struct rig rig;
    assert_string_equal(
        waived(&rig, "w.yaml",
               "- id: CVE-2020-1\n  reason: other\n  packages: [a, 'pkg:npm/b@1']\n"
               "- id: CVE-2020-1\n  reason: late\n  packages: ['pkg:npm/@scope/left-pad@2']\n"
               "- id: CVE-2020-1\n  reason: old\n  expires: 2020-01-01\n"
               "- id: CVE-2020-1\n  reason: path\n  path: app/node_modules/left-pad/package.json\n"
               "- id: CVE-2020-1\n  reason: any\n"
               "- id: CVE-2020-1\n  reason: name\n  package: left-pad\n"),
        "1");
    assert_true(bw_str_eq(rig.findings[0].waiver->reason, BW_STR("path")));
    assert_int_equal(rig.expired, 1);
    tear_down(&rig);
    expect("w.yaml", "- id: CVE-2020-1\n  reason: x\n  paths: [x, 'app/**/package.json']\n", "1");
    expect("w.yaml",
           "- id: CVE-2020-1\n  reason: x\n  package: 'pkg:npm/@scope/left%2Dpad@1%2E0.0?arch=x'\n",
           "");
    expect("w.yaml",
           "- id: CVE-2020-1\n  reason: x\n  package: 'pkg:npm/@scope/left%2Dpad@1%2E0.0'\n", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_ids),          cmocka_unit_test(entries_with_reasons),
        cmocka_unit_test(statements_of_openvex), cmocka_unit_test(analyses_of_cyclonedx),
        cmocka_unit_test(statuses_of_csaf),      cmocka_unit_test(patterns_of_paths),
        cmocka_unit_test(package_urls),          cmocka_unit_test(many_rules_of_one_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
