#include "cel/text.h"

size_t bw_cel_utf8_put(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(heads[more] | code >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (code >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

uint32_t bw_cel_utf8_get(struct bw_str s, size_t *ret_n)
{
    unsigned char head = (unsigned char)s.p[0];
    size_t more = head >= 0xf0 && head < 0xf8 ? 3 : head >= 0xe0 ? 2 : head >= 0xc0 ? 1 : 0;
    uint32_t code = more == 3 ? head & 7 : more == 2 ? head & 15 : head & 31;
    *ret_n = 1;
    if (head < 0x80)
        return head;
    if (!more || more >= s.n || head >= 0xf8)
        return 0xfffd;
    for (size_t i = 1; i <= more; i++) {
        if (((unsigned char)s.p[i] & 0xc0) != 0x80)
            return 0xfffd;
        code = code << 6 | ((unsigned char)s.p[i] & 0x3f);
    }
    *ret_n = more + 1;
    return code;
}

size_t bw_cel_utf8_count(struct bw_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}
