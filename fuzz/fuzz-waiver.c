#include <stdlib.h>

#include "decide/waiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX ((size_t)256 << 20)
#define NOW       1800000000 /* 2027-01-15 */

static struct bw_str aliases[] = {{"GHSA-xxxx", 9}}, cves[] = {{"CVE-2020-1", 10}},
                     tags[] = {{"org/app:1", 9}};
static const struct bw_advisory advisory = {
    .id = {"CVE-2020-1", 10}, .aliases = {aliases, 1}, .cves = {cves, 1}};
static const struct bw_package package = {.name = {"libssl3", 7}, .source_name = {"openssl", 7}};

static void count(void *ctx, const struct bw_waiver_rule *rule)
{
    if (!rule->waiver.expires || !rule->ids.n)
        abort();
    ++*(size_t *)ctx;
}

/* Waives on a report of a finding of a package and one of a file. */
static void apply(const struct bw_waivers *waivers)
{
    struct bw_subject subject = {
        .name = BW_STR("app.tar"), .digest = BW_STR("sha256:aa"), .tags = {tags, 1}};
    struct bw_finding findings[] = {
        {.id = BW_STR("CVE-2020-1"),
         .advisory = &advisory,
         .package = &package,
         .fingerprint = BW_STR("f1"),
         .purl = BW_STR("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"),
         .location.path = BW_STR("var/lib/dpkg/status")},
        {.kind = BW_FINDING_SECRET,
         .id = BW_STR("aws-access-key-id"),
         .fingerprint = BW_STR("f2"),
         .location.path = BW_STR("srv/conf/app.env")},
    };
    struct bw_report report = {
        .subjects = &subject, .subjects_n = 1, .findings = findings, .findings_n = 2};
    struct bw_err err = {0};
    size_t expired = 0, waived = 0;
    int rc = bw_waivers_apply(waivers, &report, NOW, count, &expired, &err);
    if (rc && !err.msg[0])
        abort();
    for (size_t i = 0; i < BW_ARRAY_LEN(findings); i++)
        waived += findings[i].waiver != NULL;
    if (expired > waivers->n || (rc == 0 && report.waived != waived))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const files[] = {".trivyignore", "w.yaml", "v.json"};
    if (size == 0)
        return 0;
    struct bw_str text = bw_str_n((const char *)data + 1, size - 1), rest = text, line, half;
    struct bw_arena *arena = bw_arena_new(ARENA_MAX);
    struct bw_waivers waivers = bw_waivers(arena);
    struct bw_err err = {0};
    if (!arena)
        return 0;
    int rc = bw_waivers_read(&waivers, bw_str(files[data[0] % BW_ARRAY_LEN(files)]), text, &err);
    if (rc ? !err.msg[0] || waivers.n : 0)
        abort();
    for (size_t i = 0; i < waivers.n; i++)
        if (!waivers.v[i].ids.n)
            abort();
    apply(&waivers);
    if (bw_str_line(&rest, &line) && bw_str_split(&line, ' ', &half)) {
        (void)bw_purl_matches(half, line);
        (void)bw_waiver_path_matches(half, line);
        /* Whatever has no stars and question marks fits itself. */
        if (!bw_waiver_path_matches(half, half))
            abort();
    }
    bw_waivers_free(&waivers);
    bw_arena_free(arena);
    return 0;
}
