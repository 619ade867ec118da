#include "cel/time-text.h"

#include <ctype.h>
#include <stdio.h>

#define NANOS      INT64_C(1000000000)
#define DAY        86400
#define ERA_DAYS   146097 /* 400 years */
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

/* Days by years that begin in March, so that a leap day is the last one of its year. */
int64_t bw_cel_civil_seconds(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (era * ERA_DAYS + days - EPOCH_DAYS) * DAY;
}

struct bw_cel_civil bw_cel_civil(int64_t seconds)
{
    int64_t days = seconds / DAY, rest = seconds % DAY;
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    int64_t z = days + EPOCH_DAYS, era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = z - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    unsigned month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    struct bw_cel_civil c = {.year = year + era * 400 + (month <= 2),
                             .month = month,
                             .day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1),
                             .hour = (unsigned)(rest / 3600),
                             .minute = (unsigned)(rest / 60 % 60),
                             .second = (unsigned)(rest % 60),
                             .week_day = (unsigned)(((days + 4) % 7 + 7) % 7)};
    c.year_day = (unsigned)(days - bw_cel_civil_seconds(c.year, 1, 1) / DAY);
    return c;
}

/* --- reading --- */

static bool read_number(struct bw_str *rest, size_t digits, char after, int64_t *ret_value)
{
    uint64_t value;
    if (rest->n < digits + (after != 0) || !bw_str_to_u64(bw_str_take(*rest, digits), &value) ||
        (after && rest->p[digits] != after))
        return false;
    *rest = bw_str_from(*rest, digits + (after != 0));
    *ret_value = (int64_t)value;
    return true;
}

/* ".5" at the front: nanoseconds. */
static int64_t read_fraction(struct bw_str *rest)
{
    int64_t nanos = 0, unit = NANOS / 10;
    if (rest->n < 2 || rest->p[0] != '.' || !isdigit((unsigned char)rest->p[1]))
        return 0;
    *rest = bw_str_from(*rest, 1);
    for (; rest->n && isdigit((unsigned char)rest->p[0]); *rest = bw_str_from(*rest, 1)) {
        nanos += unit * (rest->p[0] - '0');
        unit /= 10;
    }
    return nanos;
}

/* "Z", "+02:00": seconds ahead of UTC. */
static bool read_offset(struct bw_str rest, int64_t *ret_offset)
{
    int64_t hours, minutes;
    if (rest.n == 1 && rest.p[0] == 'Z') {
        *ret_offset = 0;
        return true;
    }
    bool minus = rest.n && rest.p[0] == '-';
    if (rest.n != 6 || (!minus && rest.p[0] != '+'))
        return false;
    rest = bw_str_from(rest, 1);
    if (!read_number(&rest, 2, ':', &hours) || !read_number(&rest, 2, 0, &minutes) || hours > 24 ||
        minutes > 59)
        return false;
    *ret_offset = (minus ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool is_day(int64_t year, int64_t month, int64_t day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

bool bw_cel_time_parse(struct bw_str s, struct bw_cel_timestamp *ret_time)
{
    int64_t year, month, day, hour, minute, second, offset;
    if (!read_number(&s, 4, '-', &year) || !read_number(&s, 2, '-', &month) ||
        !read_number(&s, 2, 'T', &day) || !read_number(&s, 2, ':', &hour) ||
        !read_number(&s, 2, ':', &minute) || !read_number(&s, 2, 0, &second) ||
        !is_day(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t nanos = read_fraction(&s);
    if (!read_offset(s, &offset))
        return false;
    int64_t seconds = bw_cel_civil_seconds(year, (unsigned)month, (unsigned)day) + hour * 3600 +
                      minute * 60 + second - offset;
    if (seconds < BW_CEL_TIMESTAMP_MIN || seconds > BW_CEL_TIMESTAMP_MAX)
        return false;
    *ret_time = (struct bw_cel_timestamp){seconds, (int32_t)nanos};
    return true;
}

static int64_t read_unit(struct bw_str *rest)
{
    static const struct {
        const char *name;
        int64_t nanos;
    } units[] = {{"ns", 1},       {"us", 1000}, {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
                 {"ms", 1000000}, {"s", NANOS}, {"m", 60 * NANOS},   {"h", 3600 * NANOS}};
    for (size_t i = 0; i < BW_ARRAY_LEN(units); i++)
        if (bw_str_starts(*rest, bw_str(units[i].name))) {
            *rest = bw_str_from(*rest, strlen(units[i].name));
            return units[i].nanos;
        }
    return 0;
}

/* "1.5h" at the front, added as a negative number: there is one more of them. */
static bool read_part(struct bw_str *rest, int64_t *total)
{
    size_t n = 0;
    uint64_t whole = 0;
    double fraction = 0, place = 0.1;
    while (n < rest->n && isdigit((unsigned char)rest->p[n]))
        n++;
    bool digits = n > 0;
    if (n && !bw_str_to_u64(bw_str_take(*rest, n), &whole))
        return false;
    *rest = bw_str_from(*rest, n);
    if (rest->n && rest->p[0] == '.')
        for (*rest = bw_str_from(*rest, 1); rest->n && isdigit((unsigned char)rest->p[0]);
             *rest = bw_str_from(*rest, 1)) {
            fraction += place * (rest->p[0] - '0');
            place /= 10;
            digits = true;
        }
    int64_t unit = read_unit(rest), part;
    return digits && unit && whole <= INT64_MAX &&
           !__builtin_mul_overflow(-(int64_t)whole, unit, &part) &&
           !__builtin_sub_overflow(part, (int64_t)(fraction * (double)unit + 0.5), &part) &&
           !__builtin_add_overflow(*total, part, total);
}

bool bw_cel_duration_parse(struct bw_str s, int64_t *ret_nanoseconds)
{
    int64_t total = 0;
    bool minus = s.n && s.p[0] == '-';
    if (minus || (s.n && s.p[0] == '+'))
        s = bw_str_from(s, 1);
    if (!s.n)
        return false;
    if (bw_str_eq(s, BW_STR("0")))
        s = bw_str_from(s, 1);
    while (s.n)
        if (!read_part(&s, &total))
            return false;
    if (!minus && total == INT64_MIN)
        return false;
    *ret_nanoseconds = minus ? total : -total;
    return true;
}

/* --- writing --- */

/* ".5" without the zeros behind; nothing for none. */
static int write_fraction(char *out, int64_t nanos)
{
    if (!nanos)
        return 0;
    int n = sprintf(out, ".%09d", (int)nanos);
    while (out[n - 1] == '0')
        n--;
    return n;
}

struct bw_str bw_cel_time_text(const struct bw_cel_timestamp *time, char out[BW_CEL_TIME_SIZE])
{
    struct bw_cel_civil c = bw_cel_civil(time->seconds);
    int n = snprintf(out, BW_CEL_TIME_SIZE / 2, "%04d-%02u-%02uT%02u:%02u:%02u", (int)c.year,
                     c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
    n += write_fraction(out + n, time->nanos);
    out[n++] = 'Z';
    return bw_str_n(out, (size_t)n);
}

struct bw_str bw_cel_duration_text(int64_t nanoseconds, char out[BW_CEL_TIME_SIZE])
{
    uint64_t size = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
    int n = sprintf(out, "%s%llu", nanoseconds < 0 ? "-" : "",
                    (unsigned long long)(size / (uint64_t)NANOS));
    n += write_fraction(out + n, (int64_t)(size % (uint64_t)NANOS));
    out[n++] = 's';
    return bw_str_n(out, (size_t)n);
}
