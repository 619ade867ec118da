/*
 * The system's time zone database (RFC 9636, TZif), read for one question: the C library's own zone
 * is one for the whole process.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "cel/time-text.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo/"
#define ZONE_NAME_MAX  64u
#define ZONE_FILE_MAX  ((size_t)256 << 10)
#define HEADER         44u
#define DAY            86400

/* --- the rule behind the last transition (POSIX TZ) --- */

struct rule {
    int64_t offset[2]; /* ahead of UTC, standard and daylight */
    bool daylight;
    struct change {
        char kind; /* 'M', 'J', or 0: a day from 0 */
        int64_t month, week, day, time;
    } change[2]; /* to daylight, and back */
};

static bool read_int(struct bw_str *rest, int64_t most, int64_t *ret_value)
{
    int64_t value = 0;
    size_t n = 0;
    while (n < rest->n && isdigit((unsigned char)rest->p[n]) && value <= most)
        value = value * 10 + (rest->p[n++] - '0');
    *rest = bw_str_from(*rest, n);
    *ret_value = value;
    return n && value <= most;
}

static bool skip(struct bw_str *rest, char c)
{
    if (!rest->n || rest->p[0] != c)
        return false;
    *rest = bw_str_from(*rest, 1);
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(struct bw_str *rest, int64_t *ret_seconds)
{
    int64_t part[3] = {0};
    bool minus = skip(rest, '-');
    if (!minus)
        (void)skip(rest, '+');
    if (!read_int(rest, 167, &part[0]))
        return false;
    for (size_t i = 1; i < 3 && skip(rest, ':'); i++)
        if (!read_int(rest, 59, &part[i]))
            return false;
    *ret_seconds = (minus ? -1 : 1) * (part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

/* "CET", "<+0545>" */
static bool skip_name(struct bw_str *rest)
{
    bool quoted = skip(rest, '<');
    size_t n = 0;
    while (n < rest->n && (quoted ? rest->p[n] != '>' : isalpha((unsigned char)rest->p[n])))
        n++;
    *rest = bw_str_from(*rest, n);
    return n && (!quoted || skip(rest, '>'));
}

static bool read_change(struct bw_str *rest, struct change *change)
{
    if (!skip(rest, ','))
        return false;
    change->time = 7200;
    change->kind = skip(rest, 'M') ? 'M' : skip(rest, 'J') ? 'J' : '\0';
    if (change->kind != 'M') {
        if (!read_int(rest, 365, &change->day))
            return false;
    } else if (!read_int(rest, 12, &change->month) || !skip(rest, '.') ||
               !read_int(rest, 5, &change->week) || !skip(rest, '.') ||
               !read_int(rest, 6, &change->day) || !change->month || !change->week) {
        return false;
    }
    return !skip(rest, '/') || read_time(rest, &change->time);
}

static bool read_rule(struct bw_str text, struct rule *rule)
{
    *rule = (struct rule){0};
    if (!skip_name(&text) || !read_time(&text, &rule->offset[0]))
        return false;
    rule->offset[0] = -rule->offset[0];
    rule->offset[1] = rule->offset[0] + 3600;
    if (!text.n)
        return true;
    rule->daylight = true;
    if (!skip_name(&text))
        return false;
    if (text.n && text.p[0] != ',') {
        if (!read_time(&text, &rule->offset[1]))
            return false;
        rule->offset[1] = -rule->offset[1];
    }
    return read_change(&text, &rule->change[0]) && read_change(&text, &rule->change[1]) && !text.n;
}

/* When a change happens in a year, in local seconds. */
static int64_t change_at(const struct change *change, int64_t year)
{
    int64_t first = bw_cel_civil_seconds(year, 1, 1), day;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (change->kind == 'M') {
        first = bw_cel_civil_seconds(year, (unsigned)change->month, 1);
        struct bw_cel_civil c = bw_cel_civil(first);
        day = (change->day - c.week_day + 7) % 7 + (change->week - 1) * 7;
        while (bw_cel_civil(first + day * DAY).month != (unsigned)change->month)
            day -= 7;
    } else {
        day = change->kind == 'J' ? change->day - 1 + (leap && change->day > 59) : change->day;
    }
    return first + day * DAY + change->time;
}

static int64_t rule_offset(const struct rule *rule, int64_t seconds)
{
    if (!rule->daylight)
        return rule->offset[0];
    int64_t year = bw_cel_civil(seconds + rule->offset[0]).year;
    int64_t start = change_at(&rule->change[0], year) - rule->offset[0];
    int64_t end = change_at(&rule->change[1], year) - rule->offset[1];
    bool in = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
    return rule->offset[in];
}

/* --- the file --- */

static uint64_t big(const uint8_t *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* One of the two blocks of a file: times of 4 or of 8 bytes. */
struct block {
    const uint8_t *times, *indices, *types;
    uint64_t times_n, types_n;
    size_t size; /* with its header */
};

static bool read_block(struct bw_str s, size_t width, struct block *ret_block)
{
    const uint8_t *p = (const uint8_t *)s.p;
    uint64_t counts[6];
    if (s.n < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++) /* isut, isstd, leap, time, type, char */
        if ((counts[i] = big(p + 20 + 4 * i, 4)) > ZONE_FILE_MAX)
            return false;
    uint64_t size = HEADER + counts[3] * (width + 1) + counts[4] * 6 + counts[5] +
                    counts[2] * (width + 4) + counts[1] + counts[0];
    if (size > s.n || !counts[4])
        return false;
    *ret_block = (struct block){.times = p + HEADER,
                                .indices = p + HEADER + counts[3] * width,
                                .types = p + HEADER + counts[3] * (width + 1),
                                .times_n = counts[3],
                                .types_n = counts[4],
                                .size = size};
    return true;
}

static bool offset_of(const struct block *block, uint64_t type, int64_t *ret_offset)
{
    if (type >= block->types_n)
        return false;
    *ret_offset = (int32_t)big(block->types + type * 6, 4);
    return true;
}

/* The second block, and behind it the rule between two line ends. */
static bool look_up(struct bw_str file, int64_t seconds, int64_t *ret_offset)
{
    struct block first, block;
    struct rule rule;
    if (!read_block(file, 4, &first) || file.p[4] < '2' ||
        !read_block(bw_str_from(file, first.size), 8, &block))
        return false;
    uint64_t low = 0, high = block.times_n; /* transitions at or before: [0, low) */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if ((int64_t)big(block.times + 8 * middle, 8) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    struct bw_str footer = bw_str_trim(bw_str_from(file, first.size + block.size));
    if (low == block.times_n && footer.n) {
        if (!read_rule(footer, &rule))
            return false;
        *ret_offset = rule_offset(&rule, seconds);
        return true;
    }
    return offset_of(&block, low ? block.indices[low - 1] : 0, ret_offset);
}

/* A name of the database is no path out of it. */
static bool is_name(struct bw_str zone)
{
    if (!zone.n || zone.n > ZONE_NAME_MAX || !isalpha((unsigned char)zone.p[0]))
        return false;
    for (size_t i = 0; i < zone.n; i++)
        if (!isalnum((unsigned char)zone.p[i]) && !strchr("_+-/", zone.p[i]))
            return false;
    return true;
}

/* "+05:30", "05:30" */
static bool fixed_offset(struct bw_str zone, int64_t *ret_offset)
{
    int64_t hours, minutes;
    bool minus = skip(&zone, '-');
    if (!minus)
        (void)skip(&zone, '+');
    if (zone.n != 5 || !read_int(&zone, 23, &hours) || !skip(&zone, ':') ||
        !read_int(&zone, 59, &minutes) || zone.n)
        return false;
    *ret_offset = (minus ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

bool bw_cel_zone_offset(struct bw_str zone, int64_t seconds, int64_t *ret_offset)
{
    char path[sizeof ZONE_DIRECTORY + ZONE_NAME_MAX];
    struct bw_buf file BW_CLEANUP(bw_buf_free) = BW_BUF(ZONE_FILE_MAX);
    if (fixed_offset(zone, ret_offset))
        return true;
    if (bw_str_eq(zone, BW_STR("UTC")) || bw_str_eq(zone, BW_STR("Z"))) {
        *ret_offset = 0;
        return true;
    }
    if (!is_name(zone))
        return false;
    snprintf(path, sizeof path, ZONE_DIRECTORY "%" BW_STR_F, BW_STR_A(zone));
    return !bw_fd_slurp_path(path, &file, NULL) &&
           look_up(bw_buf_slice(&file), seconds, ret_offset);
}
