/* Bodies of `docker create`, what `docker inspect` prints, and configurations of images: the same
 * bytes for both readers. */
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("docker-container", "a.json", bw_str_n(data, size));
    fuzz_reader("image-config", "a.json", bw_str_n(data, size));
    return 0;
}
