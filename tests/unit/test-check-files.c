/* The suites of checks that judge files, secrets and licences, and what they stand on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "check/baseline.h"
#include "check/capability.h"
#include "check/check.h"
#include "check/surface.h"

#define ARENA_MAX ((size_t)16 << 20)
#define TEXT_MAX  ((size_t)1 << 20)

static struct bw_arena *arena;

/* What a suite gave back, as text: "CHECK STATUS FINDINGS" and "SEVERITY ID PATH: MATCH (PACKAGE)"
 * a line, then the gaps. */
static struct bw_buf text = {.max = TEXT_MAX};

/* The titles of its first findings. */
static char titles[2][128];

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx, (void)where;
    bw_buf_printf(&text, "%s %" BW_STR_F ": %" BW_STR_F "\n", bw_gap_class_name(class),
                  BW_STR_A(what), BW_STR_A(why));
}

static const struct bw_check_suite *suite_named(const char *name)
{
    for (const struct bw_check_suite *const *suite = bw_check_suites; *suite; suite++)
        if (strcmp((*suite)->name, name) == 0)
            return *suite;
    fail_msg("there is no suite %s", name);
    return NULL;
}

static const char *judge(const char *suite, const struct bw_subject *subject,
                         const struct bw_licence_rules *rules, bool passes)
{
    struct bw_findings findings = {0};
    struct bw_results results = {0};
    struct bw_err err = {0};
    const struct bw_check_input input = {.subject = subject, .licences = rules};
    const struct bw_check_output output = {
        .arena = arena, .findings = &findings, .results = &results, .gap = on_gap};
    bw_buf_clear(&text);
    assert_int_equal(suite_named(suite)->run(&input, &output, &err), 0);
    for (size_t i = 0; i < results.n; i++) {
        const struct bw_result *r = &results.v[i];
        assert_ptr_equal(r->check, suite_named(suite)->checks[i]);
        assert_true(r->evidence.n > 0);
        if (passes || (r->status != BW_STATUS_PASS && r->status != BW_STATUS_NOT_APPLICABLE))
            bw_buf_printf(&text, "%s %s %u\n", r->check->id, bw_status_name(r->status),
                          r->findings);
    }
    for (size_t i = 0; i < findings.n; i++) {
        const struct bw_finding *f = &findings.v[i];
        assert_int_equal(f->fingerprint.n, 32);
        assert_true(f->title.n > 0 && f->remedy.n > 0);
        if (i < BW_ARRAY_LEN(titles))
            snprintf(titles[i], sizeof titles[i], "%" BW_STR_F, BW_STR_A(f->title));
        bw_buf_printf(&text, "%s %" BW_STR_F " %" BW_STR_F ": %" BW_STR_F,
                      bw_severity_name(f->severity), BW_STR_A(f->id), BW_STR_A(f->location.path),
                      BW_STR_A(f->match));
        if (f->package)
            bw_buf_printf(&text, " (%" BW_STR_F ")", BW_STR_A(f->package->name));
        bw_buf_byte(&text, '\n');
    }
    bw_buf_byte(&text, 0);
    BW_VEC_FREE(&findings);
    BW_VEC_FREE(&results);
    return (const char *)text.p;
}

static const struct bw_package base = {.type = BW_PACKAGE_DEB, .name = {"base", 4}};
static const struct bw_package node = {.type = BW_PACKAGE_BITNAMI, .name = {"node", 4}};

static struct bw_installed_package installed[] = {
    {.package = &base, .path = {"var/lib/dpkg/status", 19}},
    {.package = &node, .path = {"usr/local/bin/node", 18}},
};

static struct bw_subject subject_with(struct bw_notable_file *files, size_t n)
{
    return (struct bw_subject){
        .kind = BW_SUBJECT_IMAGE,
        .packages = installed,
        .packages_n = BW_ARRAY_LEN(installed),
        .files = files,
        .files_n = n,
        .files_seen = 100,
        .files_owned = 90,
        .files_checked = 80,
        .looked_at_files = true,
    };
}

static struct bw_notable_file file_at(const char *path, uint32_t flags, const struct bw_file *file)
{
    return (struct bw_notable_file){
        .place = {.path = bw_str(path)}, .flags = flags, .file = file, .owner = &base};
}

static void rights_are_rated_by_what_is_shipped(void **state)
{
    (void)state;
    static const struct bw_file root = {.has_mode = true, .mode = 04755},
                                user = {.has_mode = true, .mode = 04755, .uid = 7, .gid = 8},
                                group = {.has_mode = true, .mode = 02755, .gid = 42},
                                both = {.has_mode = true, .mode = 06755},
                                raw = {.capabilities = 1u << 13},
                                admin = {.capabilities = 1u << 21 | 1u << 13};
    struct bw_notable_file files[] = {
        file_at("bin/a", BW_FILE_SETUID | BW_FILE_BASELINE, &root),
        file_at("bin/b", BW_FILE_SETUID, &root),
        file_at("bin/c", BW_FILE_SETUID, &user),
        file_at("bin/d", BW_FILE_SETGID | BW_FILE_BASELINE, &group),
        file_at("bin/e", BW_FILE_SETGID, &group),
        file_at("bin/f", BW_FILE_SETUID | BW_FILE_SETGID, &both),
        file_at("bin/g", BW_FILE_CAPABILITIES, &raw),
        file_at("bin/h", BW_FILE_CAPABILITIES, &admin),
        file_at("bin/i", BW_FILE_CAPABILITIES | BW_FILE_BASELINE, &raw),
    };
    struct bw_subject subject = subject_with(files, BW_ARRAY_LEN(files));
    assert_string_equal(judge("file", &subject, NULL, false),
                        "setuid-file FAIL 4\nsetgid-file FAIL 3\nfile-capabilities FAIL 3\n"
                        "high file-capabilities bin/h: cap_net_raw, cap_sys_admin (base)\n"
                        "high setgid-file bin/f: mode 6755, root:root (base)\n"
                        "high setuid-file bin/b: mode 4755, root:root (base)\n"
                        "high setuid-file bin/f: mode 6755, root:root (base)\n"
                        "medium file-capabilities bin/g: cap_net_raw (base)\n"
                        "medium setgid-file bin/e: mode 2755, root:42 (base)\n"
                        "medium setuid-file bin/c: mode 4755, 7:8 (base)\n"
                        "low file-capabilities bin/i: cap_net_raw (base)\n"
                        "low setgid-file bin/d: mode 2755, root:42 (base)\n"
                        "low setuid-file bin/a: mode 4755, root:root (base)\n");
}

static void other_dangers_are_told(void **state)
{
    (void)state;
    static const struct bw_file plain = {.has_mode = true, .mode = 0666},
                                program = {.has_mode = true, .mode = 0777},
                                key = {.has_mode = true, .mode = 0600, .size = 1},
                                directory = {
                                    .type = BW_FILE_DIRECTORY, .has_mode = true, .mode = 0777};
    struct bw_notable_file files[] = {
        file_at("etc/ssh/ssh_host_rsa_key", BW_FILE_KEY, &key),
        file_at("etc/x", BW_FILE_WORLD_WRITABLE, &plain),
        file_at("opt/d", BW_FILE_WORLD_WRITABLE, &directory),
        file_at("opt/p", BW_FILE_WORLD_WRITABLE, &program),
        file_at("root/.ssh/authorized_keys", BW_FILE_KEY, &key),
        file_at("usr/bin/changed", BW_FILE_CHANGED, &program),
    };
    struct bw_subject subject = subject_with(files, BW_ARRAY_LEN(files));
    assert_string_equal(
        judge("file", &subject, NULL, false),
        "world-writable FAIL 3\nchanged-file FAIL 1\nauthorized-keys FAIL 1\n"
        "host-keys FAIL 1\n"
        "high authorized-keys root/.ssh/authorized_keys: mode 0600, root:root "
        "(base)\n"
        "high changed-file usr/bin/changed: its checksum is not that of the package "
        "(base)\n"
        "high host-keys etc/ssh/ssh_host_rsa_key: mode 0600, root:root (base)\n"
        "high world-writable opt/p: mode 0777, root:root (base)\n"
        "medium world-writable etc/x: mode 0666, root:root (base)\n"
        "medium world-writable opt/d: mode 0777, root:root (base)\n");
}

static struct bw_notable_file binary_at(const char *path, uint32_t flags, const struct bw_elf *elf)
{
    static const struct bw_file file = {.has_mode = true, .mode = 0755};
    struct bw_notable_file notable = file_at(path, flags, &file);
    notable.owner = NULL;
    notable.elf = elf;
    return notable;
}

static void binaries_of_no_package_are_told(void **state)
{
    (void)state;
    static const struct bw_elf good = {.executable = true,
                                       .pie = true,
                                       .nx = true,
                                       .stack_protector = true,
                                       .relro = BW_RELRO_FULL},
                               library = {.nx = true, .relro = BW_RELRO_PARTIAL},
                               weak = {.executable = true},
                               go = {.executable = true, .nx = true, .compiled_go = true},
                               bare = {.executable = true,
                                       .pie = true,
                                       .nx = true,
                                       .relro = BW_RELRO_PARTIAL};
    const uint32_t both = BW_FILE_UNOWNED | BW_FILE_WEAK_ELF;
    struct bw_notable_file files[] = {
        binary_at("app/go", both, &go),
        binary_at("app/lib/a.so", BW_FILE_UNOWNED, &library),
        binary_at("app/lib/b.so", BW_FILE_UNOWNED, &library),
        binary_at("app/lib/b/c.so", BW_FILE_UNOWNED, &library),
        binary_at("app/lib/d.so", BW_FILE_UNOWNED, &library),
        binary_at("app/weak", both, &weak),
        binary_at("usr/bin/bare", both, &bare),
        binary_at("usr/local/bin/node", BW_FILE_UNOWNED, &good),
    };
    struct bw_subject subject = subject_with(files, BW_ARRAY_LEN(files));
    assert_string_equal(judge("file", &subject, NULL, false),
                        "unowned-binary FAIL 6\nweak-binary FAIL 3\n"
                        "medium unowned-binary usr/bin/bare: ELF program\n"
                        "medium weak-binary app/weak: executable stack, no PIE, no RELRO, no stack "
                        "protector\n"
                        "low unowned-binary app/go: ELF program\n"
                        "low unowned-binary app/lib: ELF libraries\n"
                        "low unowned-binary app/lib/b/c.so: ELF library\n"
                        "low unowned-binary app/weak: ELF program\n"
                        "low unowned-binary usr/local/bin/node: ELF program (node)\n"
                        "low weak-binary app/go: no PIE\n"
                        "negligible weak-binary usr/bin/bare: no stack protector\n");
}

static void tools_are_told_by_their_kind(void **state)
{
    (void)state;
    static const struct bw_file file = {.has_mode = true, .mode = 0755};
    struct bw_notable_file files[] = {file_at("bin/bash", BW_FILE_SURFACE, &file),
                                      file_at("bin/sh", BW_FILE_SURFACE, &file),
                                      file_at("usr/bin/curl", BW_FILE_SURFACE, &file)};
    files[0].what = files[1].what = BW_STR("shell");
    files[2].what = BW_STR("network tool");
    struct bw_subject subject = subject_with(files, BW_ARRAY_LEN(files));
    assert_string_equal(judge("file", &subject, NULL, false),
                        "attack-surface FAIL 2\n"
                        "low attack-surface usr/bin/curl: network tool (base)\n"
                        "negligible attack-surface bin/bash: shell\n");
    assert_string_equal(titles[0], "Network tool: curl");
    assert_string_equal(titles[1], "Shells: bash, sh");
}

static void what_cannot_be_judged_is_said(void **state)
{
    (void)state;
    struct bw_subject subject = subject_with(NULL, 0);
    judge("file", &subject, NULL, true);
    assert_null(strstr((const char *)text.p, "NOT_"));
    subject.files_checked = 0;
    assert_string_equal(
        judge("file", &subject, NULL, false),
        "note whether files were changed: the database of packages has no checksums "
        "that could be compared\nchanged-file NOT_EVALUATED 0\n");
    subject.files_owned = 0;
    assert_string_equal(judge("file", &subject, NULL, false),
                        "note whether files were changed: the database of packages does not list "
                        "their files\n"
                        "note which programs no package owns: the database of packages does not "
                        "list their files\n"
                        "changed-file NOT_EVALUATED 0\nunowned-binary NOT_EVALUATED 0\n");
    subject.packages_n = 0;
    assert_string_equal(judge("file", &subject, NULL, false), "");
    subject.looked_at_files = false;
    judge("file", &subject, NULL, true);
    assert_null(strstr((const char *)text.p, "PASS"));
    subject.kind = BW_SUBJECT_SBOM;
    judge("file", &subject, NULL, true);
    assert_null(strstr((const char *)text.p, "PASS"));
}

static void secrets_become_findings(void **state)
{
    (void)state;
    static const struct bw_secret low = {.rule = {"a-rule", 6},
                                         .title = {"A key", 5},
                                         .match = {"ab****", 6},
                                         .severity = BW_SEVERITY_LOW},
                                  high = {.rule = {"b-rule", 6},
                                          .title = {"A key", 5},
                                          .remedy = {"Revoke it", 9},
                                          .match = {"cd****", 6},
                                          .severity = BW_SEVERITY_HIGH};
    struct bw_kept_secret secrets[] = {
        {.secret = &low, .place = {.path = {"etc/a", 5}, .line = 3}},
        {.secret = &high, .place = {.path = {"etc/b", 5}}, .deleted = true, .deleted_in = 2},
    };
    struct bw_subject subject = {
        .secrets = secrets, .secrets_n = 2, .looked_for_secrets = true, .files_seen = 9};
    assert_string_equal(judge("secret", &subject, NULL, true),
                        "secret FAIL 2\nhigh b-rule etc/b: cd****\nlow a-rule etc/a: ab****\n");
    subject.secrets_n = 0;
    assert_string_equal(judge("secret", &subject, NULL, true), "secret PASS 0\n");
    subject.looked_for_secrets = false;
    assert_string_equal(judge("secret", &subject, NULL, true), "secret NOT_APPLICABLE 0\n");
}

static void licences_are_held_against_lists(void **state)
{
    (void)state;
    static const struct bw_package mit = {.name = {"m", 1}, .licence = {"MIT License", 11}},
                                   gpl = {.name = {"g", 1}, .licence = {"GPLv3+", 6}},
                                   odd = {.name = {"o", 1}, .licence = {"Odd", 3}},
                                   none = {.name = {"n", 1}};
    struct bw_installed_package packages[] = {
        {.package = &mit, .path = {"db", 2}},
        {.package = &gpl, .path = {"db", 2}},
        {.package = &odd, .path = {"db", 2}},
        {.package = &none, .path = {"db", 2}},
    };
    struct bw_subject subject = {.packages = packages, .packages_n = 4};
    struct bw_str allowed[] = {BW_STR("MIT")}, denied[] = {BW_STR("GPL-*")};
    struct bw_licence_rules rules = {0};
    assert_string_equal(judge("licence", &subject, NULL, true), "licence NOT_APPLICABLE 0\n");
    assert_string_equal(judge("licence", &subject, &rules, true), "licence NOT_APPLICABLE 0\n");
    rules.allow = (struct bw_strs){allowed, 1};
    assert_string_equal(judge("licence", &subject, &rules, true),
                        "licence FAIL 3\nmedium GPL-3.0-or-later db: GPLv3+ (g)\n"
                        "unknown LicenseRef-Odd db: Odd (o)\nunknown NOASSERTION db:  (n)\n");
    rules.deny = (struct bw_strs){denied, 1};
    rules.allow.n = 0;
    assert_string_equal(judge("licence", &subject, &rules, true),
                        "licence FAIL 1\nhigh GPL-3.0-or-later db: GPLv3+ (g)\n");
    packages[1].package = &mit;
    assert_string_equal(judge("licence", &subject, &rules, true), "licence REVIEW 0\n");
    packages[2].owner = packages[3].owner = &mit;
    assert_string_equal(judge("licence", &subject, &rules, true), "licence PASS 0\n");
}

static void tools_are_known_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *path, *kind;
    } cases[] = {
        {"bin/sh", "shell"},
        {"usr/bin/bash", "shell"},
        {"usr/local/bin/npm", "package manager"},
        {"usr/bin/gcc-12", "compiler"},
        {"usr/bin/x86_64-linux-gnu-g++-12", "compiler"},
        {"usr/bin/pip3.11", "package manager"},
        {"opt/tools/bin/nc", "network tool"},
        {"usr/bin/gdb", "debugger"},
        {"sbin/apk", "package manager"},
        {"usr/bin/nc.openbsd", "network tool"},
        {"usr/share/doc/bash", NULL},
        {"bash", NULL},
        {"usr/bin/bashful", NULL},
        {"usr/bin/12", NULL},
        {"usr/lib/apt/bin/x", NULL},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const char *kind = bw_surface_of(bw_str(cases[i].path));
        if ((kind == NULL) != (cases[i].kind == NULL) || (kind && strcmp(kind, cases[i].kind) != 0))
            fail_msg("%s: %s", cases[i].path, kind ? kind : "nothing");
    }
}

static void distributions_are_known_to_ship_some(void **state)
{
    (void)state;
    assert_true(bw_baseline_has_mode(BW_STR("usr/bin/passwd"), 04755));
    assert_true(bw_baseline_has_mode(BW_STR("bin/su"), 04755));
    assert_false(bw_baseline_has_mode(BW_STR("usr/bin/passwd"), 06755));
    assert_false(bw_baseline_has_mode(BW_STR("usr/bin/find"), 04755));
    assert_true(bw_baseline_has_mode(BW_STR("usr/lib/x86_64-linux-gnu/utempter/utempter"), 02755));
    assert_false(bw_baseline_has_mode(BW_STR("usr/lib/a/b/utempter/utempter"), 02755));
    assert_true(bw_baseline_has_capabilities(BW_STR("usr/bin/ping"), 1u << 13));
    assert_false(bw_baseline_has_capabilities(BW_STR("usr/bin/ping"), 1u << 21));
    assert_false(bw_baseline_has_capabilities(BW_STR("usr/bin/curl"), 1u << 13));
}

static void capabilities_have_names(void **state)
{
    (void)state;
    struct bw_str all = bw_capability_names(UINT64_MAX, arena);
    assert_true(bw_str_starts(all, BW_STR("cap_chown, cap_dac_override, ")));
    assert_true(bw_str_ends(all, BW_STR("cap_checkpoint_restore, cap_41, cap_42, cap_43, cap_44, "
                                        "cap_45, cap_46, cap_47, cap_48, cap_49, cap_50, cap_51, "
                                        "cap_52, cap_53, cap_54, cap_55, cap_56, cap_57, cap_58, "
                                        "cap_59, cap_60, cap_61, cap_62, cap_63")));
    assert_true(bw_capability_is_root((uint64_t)1 << 21));
    assert_false(bw_capability_is_root(1u << 13 | 1u << 10));
}

static int begin(void **state)
{
    (void)state;
    arena = bw_arena_new(ARENA_MAX);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    bw_arena_free(arena);
    bw_buf_free(&text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_are_rated_by_what_is_shipped),
        cmocka_unit_test(other_dangers_are_told),
        cmocka_unit_test(binaries_of_no_package_are_told),
        cmocka_unit_test(tools_are_told_by_their_kind),
        cmocka_unit_test(what_cannot_be_judged_is_said),
        cmocka_unit_test(secrets_become_findings),
        cmocka_unit_test(licences_are_held_against_lists),
        cmocka_unit_test(tools_are_known_by_name),
        cmocka_unit_test(distributions_are_known_to_ship_some),
        cmocka_unit_test(capabilities_have_names),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
