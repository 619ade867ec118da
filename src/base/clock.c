#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t bw_clock_monotonic_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t bw_clock_wall(void)
{
    uint64_t fixed;
    if (bw_str_to_u64(bw_str(getenv("SOURCE_DATE_EPOCH")), &fixed) && fixed < INT64_MAX)
        return (int64_t)fixed;
    return (int64_t)time(NULL);
}

void bw_clock_rfc3339(int64_t wall, char out[BW_CLOCK_RFC3339_SIZE])
{
    const int64_t first = -62167219200, last = 253402300799;
    time_t t = (time_t)(wall < first ? first : wall > last ? last : wall);
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    if (!strftime(out, BW_CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
        out[0] = '\0';
}

static bool two_digits(struct bw_str *s, char before, int max, int *ret)
{
    if (before) {
        if (s->n < 1 || s->p[0] != before)
            return false;
        *s = bw_str_from(*s, 1);
    }
    uint64_t v;
    if (s->n < 2 || !bw_str_to_u64(bw_str_take(*s, 2), &v) || v > (uint64_t)max)
        return false;
    *s = bw_str_from(*s, 2);
    *ret = (int)v;
    return true;
}

static bool parse_offset(struct bw_str s, int64_t *ret_seconds)
{
    if (bw_str_eq_nocase(s, BW_STR("z"))) {
        *ret_seconds = 0;
        return true;
    }
    if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-'))
        return false;
    int hours, minutes, sign = s.p[0] == '-' ? -1 : 1;
    s = bw_str_from(s, 1);
    if (!two_digits(&s, 0, 23, &hours) || !two_digits(&s, ':', 59, &minutes))
        return false;
    *ret_seconds = sign * ((int64_t)hours * 3600 + minutes * 60);
    return true;
}

static bool parse_time(struct bw_str s, struct tm *tm, int64_t *ret_offset)
{
    if (s.n == 0)
        return true;
    if (s.p[0] != 'T' && s.p[0] != 't' && s.p[0] != ' ')
        return false;
    if (!two_digits(&s, s.p[0], 23, &tm->tm_hour) || !two_digits(&s, ':', 59, &tm->tm_min) ||
        !two_digits(&s, ':', 60, &tm->tm_sec))
        return false;
    if (s.n && s.p[0] == '.') {
        size_t i = 1;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++;
        s = bw_str_from(s, i);
    }
    return parse_offset(s, ret_offset);
}

bool bw_clock_parse(struct bw_str s, int64_t *ret_wall)
{
    uint64_t year;
    struct tm tm = {0};
    if (s.n < 10 || !bw_str_to_u64(bw_str_take(s, 4), &year))
        return false;
    s = bw_str_from(s, 4);
    if (!two_digits(&s, '-', 12, &tm.tm_mon) || !two_digits(&s, '-', 31, &tm.tm_mday) ||
        tm.tm_mon == 0 || tm.tm_mday == 0)
        return false;
    int64_t offset = 0;
    if (!parse_time(s, &tm, &offset))
        return false;
    tm.tm_year = (int)year - 1900;
    tm.tm_mon--;
    *ret_wall = (int64_t)timegm(&tm) - offset;
    return true;
}
