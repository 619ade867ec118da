/*
 * clock.h: time. Monotonic time is in milliseconds, wall time in seconds since 1970 (UTC).
 */
#ifndef BW_BASE_CLOCK_H
#define BW_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

/* For deadlines and progress. */
int64_t bw_clock_monotonic_ms(void);

/* The time a report is made at: SOURCE_DATE_EPOCH where it is set to a number
 * (reproducible-builds.org), else now. */
int64_t bw_clock_wall(void);

/* "2026-11-22T02:38:18Z" and its NUL. */
#define BW_CLOCK_RFC3339_SIZE 21

/* RFC 3339 in UTC, whole seconds. Years outside 0..9999 give the nearest year's text. */
void bw_clock_rfc3339(int64_t wall, char out[BW_CLOCK_RFC3339_SIZE]);

/* RFC 3339 with any offset, fractions cut off; a date alone means its midnight. false when it is
 * neither. */
bool bw_clock_parse(struct bw_str s, int64_t *ret_wall);

#endif
