#include "model/fact.h"

#include <linux/capability.h>

static uint32_t little_endian(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* magic and flags, then for each 32 capabilities the permitted and the inheritable ones. */
uint64_t bw_file_capabilities(const void *attribute, size_t n)
{
    const uint8_t *p = attribute;
    if (n < XATTR_CAPS_SZ_1)
        return 0;
    uint32_t revision = little_endian(p) & VFS_CAP_REVISION_MASK;
    size_t words = revision == VFS_CAP_REVISION_1 ? 1 : 2;
    if (revision < VFS_CAP_REVISION_1 || revision > VFS_CAP_REVISION_3 || n < 4 + words * 8)
        return 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < words; i++)
        bits |= (uint64_t)(little_endian(p + 4 + 8 * i) | little_endian(p + 8 + 8 * i)) << 32 * i;
    return bits;
}
