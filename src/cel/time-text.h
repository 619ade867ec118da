/*
 * time-text.h: points in time and spans of it as text (RFC 3339, Go's durations) and as the fields
 * of a calendar; for the files of src/cel/ alone.
 */
#ifndef BW_CEL_TIME_TEXT_H
#define BW_CEL_TIME_TEXT_H

#include "cel/function.h"

struct bw_cel_civil {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned year_day;   /* from 0 */
    unsigned week_day;   /* from 0, Sunday */
    unsigned hour, minute, second;
};

/* Seconds since 1970 in UTC, in the Gregorian calendar for ever. */
struct bw_cel_civil bw_cel_civil(int64_t seconds);
int64_t bw_cel_civil_seconds(int64_t year, unsigned month, unsigned day);

/* "2009-02-13T23:31:30.5Z" with any offset; false when it is none or out of range. */
bool bw_cel_time_parse(struct bw_str s, struct bw_cel_timestamp *ret_time);

/* "1h2m3.5s", "-1.5ms", "0" in nanoseconds; false when it is none or out of range. */
bool bw_cel_duration_parse(struct bw_str s, int64_t *ret_nanoseconds);

#define BW_CEL_TIME_SIZE 48u
struct bw_str bw_cel_time_text(const struct bw_cel_timestamp *time, char out[BW_CEL_TIME_SIZE]);
struct bw_str bw_cel_duration_text(int64_t nanoseconds, char out[BW_CEL_TIME_SIZE]); /* "1.5s" */

/* How far a zone is ahead of UTC at a time, in seconds: "UTC", "+05:30", "-08:00", "02:00", or a
 * name of the system's time zone database (RFC 9636, /usr/share/zoneinfo). false when there is no
 * such zone. */
bool bw_cel_zone_offset(struct bw_str zone, int64_t seconds, int64_t *ret_offset);

#endif
