/* Kubernetes manifests: YAML as Kubernetes reads it, JSON, fields, comments. */
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("manifest", "a.yaml", bw_str_n(data, size));
    return 0;
}
