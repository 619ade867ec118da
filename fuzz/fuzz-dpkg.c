#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_parse("var/lib/dpkg/status", data, size);
    fuzz_parse("var/lib/dpkg/status.d/a", data, size);
    fuzz_parse("var/lib/dpkg/info/a.list", data, size);
    fuzz_parse("var/lib/dpkg/status.d/a.md5sums", data, size);
    fuzz_parse("var/lib/dpkg/diversions", data, size);
    fuzz_parse("usr/share/doc/a/copyright", data, size);
    return 0;
}
