#include "extract/rpm-packages.h"
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bw_extract_sink sink = {.fact = fuzz_fact, .gap = fuzz_gap};
    struct bw_err err = {0};
    struct bw_rpm_packages to = bw_rpm_packages(BW_STR("a"), BW_STR("b"), &sink);
    int rc = bw_rpm_packages_blob(&to, 1, data, size, &err);
    if (bw_rpm_packages_end(&to, rc) && !err.msg[0])
        abort();
    fuzz_parse("var/lib/rpmmanifest/container-manifest-2", data, size);
    return 0;
}
