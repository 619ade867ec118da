/* What says in text or XML what a build would use. */
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_parse("src/go.mod", data, size);
    fuzz_parse("gradle.lockfile", data, size);
    fuzz_parse("pom.xml", data, size);
    return 0;
}
