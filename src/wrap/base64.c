#include "wrap/base64.h"

#include <limits.h>

#include <openssl/evp.h>

bool bw_base64_read(struct bw_str text, struct bw_buf *buf)
{
    struct bw_buf padded BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)INT_MAX);
    text = bw_str_trim(text);
    for (unsigned pads = 0; pads < 2 && bw_str_ends(text, BW_STR("=")); pads++)
        text.n--;
    /* OpenSSL takes blanks and '-' for ends of the text. */
    for (size_t i = 0; i < text.n; i++)
        if (!(text.p[i] >= 'A' && text.p[i] <= 'Z') && !(text.p[i] >= 'a' && text.p[i] <= 'z') &&
            !(text.p[i] >= '0' && text.p[i] <= '9') && text.p[i] != '+' && text.p[i] != '/')
            return false;
    if (text.n % 4 == 1)
        return false;
    size_t pads = (4 - text.n % 4) % 4, n = (text.n + pads) / 4 * 3;
    bw_buf_str(&padded, text);
    bw_buf_add(&padded, "==", pads);
    if (bw_buf_failed(&padded))
        return false;
    if (n == 0)
        return true;
    uint8_t *out = bw_buf_reserve(buf, n);
    if (!out || EVP_DecodeBlock(out, padded.p, (int)padded.n) != (int)n)
        return false;
    buf->n += n - pads;
    return true;
}
