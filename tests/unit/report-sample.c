/*
 * Prints a report made by hand: report-sample shop|images|attack|many FORMAT
 *
 * "many" holds 5,000 findings in 40 layers.
 */
#include <stdlib.h>

#include "report-kinds.h"
#include "report/output.h"

#define MANY        5000u
#define MANY_LAYERS 40u

static int by_bytes(enum bw_package_type type, struct bw_str a, struct bw_str b)
{
    (void)type;
    return bw_str_cmp(a, b);
}

static int to_stdout(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)ctx;
    return fwrite(p, 1, n, stdout) == n ? 0 : bw_err_set(err, BW_EIO, "standard output");
}

static struct bw_report many_report(void)
{
    static struct bw_layer layers[MANY_LAYERS];
    static struct bw_finding findings[MANY];
    static struct bw_advisory advisories[MANY];
    static struct bw_str cves[MANY];
    static char names[MANY][32];
    static struct bw_subject subject;
    struct bw_report report = shop_report();
    for (size_t i = 0; i < MANY_LAYERS; i++)
        layers[i] = shop_layers[i % BW_ARRAY_LEN(shop_layers)];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "CVE-2025-%zu", 10000 + i);
        cves[i] = bw_str(names[i]);
        advisories[i] = adv_ssl_critical;
        advisories[i].id = cves[i];
        advisories[i].cves = (struct bw_strs){&cves[i], 1};
        findings[i] = shop_findings[1];
        findings[i].id = cves[i];
        findings[i].advisory = &advisories[i];
        findings[i].severity = (enum bw_severity)(i % BW_SEVERITY_COUNT);
        findings[i].location.layer = (uint32_t)(i % MANY_LAYERS);
        findings[i].risk_tenths = (int)(i * 7 % 1000);
    }
    subject = shop_subjects[0];
    subject.layers = layers;
    subject.layers_n = MANY_LAYERS;
    report.subjects = &subject;
    report.findings = findings;
    report.findings_n = MANY;
    report.waived = 0;
    return report;
}

static struct bw_report report_named(const char *name)
{
    static struct bw_finding findings[FIXED_N + KERNEL_N];
    if (!strcmp(name, "shop"))
        return shop_report();
    if (!strcmp(name, "attack"))
        return attack_report();
    if (!strcmp(name, "gaps"))
        return gaps_report();
    if (!strcmp(name, "many"))
        return many_report();
    return images_report(findings);
}

int main(int argc, char **argv)
{
    const struct bw_output *output = argc == 3 ? bw_output_named(bw_str(argv[2])) : NULL;
    struct bw_err err;
    if (!output)
        return 2;
    const struct bw_output_options options = {.compare = by_bytes};
    const struct bw_output_sink sink = {NULL, to_stdout};
    const struct bw_report report = report_named(argv[1]);
    return output->write(&report, &options, &sink, &err) ? 1 : 0;
}
