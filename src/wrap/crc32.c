#include "wrap/crc32.h"

#include <isa-l/crc.h>

uint32_t bw_crc32(uint32_t start, const void *p, size_t n)
{
    return n ? crc32_gzip_refl(start, p, n) : start;
}
