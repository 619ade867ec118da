/*
 * CVSS vectors: no score out of range, no output touched by a refusal.
 */
#include <stdint.h>
#include <stdlib.h>

#include "know/cvss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_err err = {0};
    unsigned tenths = 777;
    int version = 777;
    int rc = bw_cvss_score(bw_str_n(data, size), &tenths, &version, &err);
    if (rc && (tenths != 777 || version != 777 || err.msg[0] == '\0'))
        abort();
    if (!rc && (tenths > 100 || version < 20 || version > 40))
        abort();
    return 0;
}
