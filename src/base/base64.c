#include "base/base64.h"

void bw_base64_write(const void *p, size_t n, struct bw_buf *buf)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = p;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (i + j < n ? bytes[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            bw_buf_byte(buf, i + j > n ? '=' : (uint8_t)digits[three >> (18 - 6 * j) & 63]);
    }
}
