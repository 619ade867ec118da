/* An OCI runtime's config.json. */
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("oci-spec", "web/config.json", bw_str_n(data, size));
    return 0;
}
