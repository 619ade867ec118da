#include "cli/policy-suite.h"

void bw_suite_kyverno(struct bw_suite_run *run, const char *path)
{
    bw_suite_skip(run, "not yet", "%s", path);
}

void bw_suite_gator(struct bw_suite_run *run, const char *path)
{
    bw_suite_skip(run, "not yet", "%s", path);
}
