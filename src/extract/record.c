#include "extract/record.h"

#include <stdarg.h>
#include <stdio.h>

#include "extract/base64.h"

#define GAP_TEXT_MAX 512

static void send_gap(const struct bw_record_gaps *gaps, enum bw_gap_class class, uint32_t line,
                     struct bw_str why)
{
    char where[GAP_TEXT_MAX];
    struct bw_str at = gaps->path;
    if (line) {
        int n = snprintf(where, sizeof where, "%" BW_STR_F ", line %u",
                         BW_STR_A(bw_str_take(at, GAP_TEXT_MAX / 2)), line);
        at = bw_str_n(where, n > 0 ? (size_t)n : 0);
    }
    gaps->sink->gap(gaps->sink->ctx, class, at, gaps->what, why);
}

void bw_record_gap(struct bw_record_gaps *gaps, enum bw_gap_class class, uint32_t line,
                   const char *fmt, ...)
{
    if (gaps->n < UINT32_MAX)
        gaps->n++;
    if (gaps->n > BW_EXTRACT_GAPS_MAX)
        return;
    char why[GAP_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof why ? (size_t)n : sizeof why - 1;
    send_gap(gaps, class, line, bw_str_n(why, len));
}

void bw_record_gaps_end(struct bw_record_gaps *gaps)
{
    if (gaps->n <= BW_EXTRACT_GAPS_MAX)
        return;
    char why[GAP_TEXT_MAX];
    int n = snprintf(why, sizeof why, "%u more bad records (at most %u are named)",
                     gaps->n - BW_EXTRACT_GAPS_MAX, BW_EXTRACT_GAPS_MAX);
    send_gap(gaps, BW_GAP_BLOCKING, 0, bw_str_n(why, n > 0 ? (size_t)n : 0));
    gaps->n = 0;
}

bool bw_record_is_word(struct bw_str s)
{
    if (s.n == 0 || s.n > BW_EXTRACT_WORD_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return bw_str_is_utf8(s);
}

bool bw_record_base64(struct bw_str s, uint8_t *out, size_t size)
{
    return s.n == (size + 2) / 3 * 4 && bw_base64_decode(s, out, size) == size;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bw_record_hex(struct bw_str s, uint8_t *out, size_t size)
{
    if (s.n != size * 2)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(s.p[2 * i]), low = hex_value(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

struct bw_str bw_record_text(struct bw_str s)
{
    return s.n <= BW_EXTRACT_TEXT_MAX ? s : (struct bw_str){NULL, 0};
}
