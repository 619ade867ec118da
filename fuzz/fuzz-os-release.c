#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_parse("etc/os-release", data, size);
    fuzz_parse("etc/lsb-release", data, size);
    fuzz_parse("etc/redhat-release", data, size);
    fuzz_parse("etc/SuSE-release", data, size);
    fuzz_parse("etc/mariner-release", data, size);
    fuzz_parse("etc/debian_version", data, size);
    return 0;
}
