#include "cel/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

/* --- numbers --- */

/* Digits without the point, and the place of the point behind the first: d.ddd x 10^exponent. */
static int shortest(double d, char digits[24], int *ret_exponent)
{
    char text[40];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, d);
        if (precision == 16 || strtod(text, NULL) == d)
            break;
    }
    char *e = strchr(text, 'e');
    int n = 0;
    for (const char *c = text; c < e; c++)
        if (isdigit((unsigned char)*c))
            digits[n++] = *c;
    *ret_exponent = atoi(e + 1);
    return n;
}

static size_t write_plain(char *out, const char *digits, int n, int exponent)
{
    char *p = out;
    if (exponent < 0) {
        p += sprintf(p, "0.");
        for (int i = -1; i > exponent; i--)
            *p++ = '0';
        exponent = n - 1;
    }
    for (int i = 0; i < n || i <= exponent; i++) {
        if (i == exponent + 1 && i < n)
            *p++ = '.';
        *p++ = i < n ? digits[i] : '0';
    }
    return (size_t)(p - out);
}

static size_t write_exponent(char *out, const char *digits, int n, int exponent)
{
    return (size_t)sprintf(out, "%c%s%.*se%+03d", digits[0], n > 1 ? "." : "", n - 1, digits + 1,
                           exponent);
}

struct bw_str bw_cel_double_plain(double d, char out[BW_CEL_PLAIN_SIZE])
{
    char digits[24] = "";
    int exponent = 0;
    size_t sign = signbit(d) ? 1 : 0;
    out[0] = '-';
    int n = shortest(fabs(d), digits, &exponent);
    return bw_str_n(out, sign + write_plain(out + sign, digits, n, exponent));
}

static struct bw_str double_text(double d, char out[BW_CEL_NUMBER_SIZE])
{
    char digits[24] = "";
    int exponent = 0;
    if (isnan(d) || isinf(d))
        return bw_str(isnan(d) ? "NaN" : d < 0 ? "-Inf" : "+Inf");
    size_t sign = signbit(d) ? 1 : 0;
    out[0] = '-';
    int n = shortest(fabs(d), digits, &exponent);
    size_t length = exponent < -4 || exponent >= 6 ? write_exponent(out + sign, digits, n, exponent)
                                                   : write_plain(out + sign, digits, n, exponent);
    return bw_str_n(out, sign + length);
}

struct bw_str bw_cel_number_text(struct bw_value number, char out[BW_CEL_NUMBER_SIZE])
{
    if (number.kind == BW_VALUE_DOUBLE)
        return double_text(number.d, out);
    int n = number.kind == BW_VALUE_UINT
                ? snprintf(out, BW_CEL_NUMBER_SIZE, "%llu", (unsigned long long)number.u)
                : snprintf(out, BW_CEL_NUMBER_SIZE, "%lld", (long long)number.i);
    return bw_str_n(out, (size_t)n);
}

/* --- digits --- */

int bw_cel_hex_digit(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (int)((c | 32) - 'a') + 10 : -1;
}
