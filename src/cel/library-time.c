/* Timestamps and durations: conversions, and their parts (langdef.md, "Timestamp and Duration"). */
#include "cel/function.h"
#include "cel/time-text.h"

#define NANOS INT64_C(1000000000)

static struct bw_value identity(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return args[0];
}

static struct bw_value string_to_timestamp(struct bw_cel_call *call, const struct bw_value *args,
                                           size_t n)
{
    struct bw_cel_timestamp time;
    (void)n;
    if (!bw_cel_time_parse(bw_value_text(args[0]), &time))
        return bw_cel_fail(call, "invalid timestamp '%" BW_STR_F "'",
                           BW_STR_A(bw_str_take(bw_value_text(args[0]), 100)));
    return bw_cel_timestamp(call, time.seconds, time.nanos);
}

static struct bw_value int_to_timestamp(struct bw_cel_call *call, const struct bw_value *args,
                                        size_t n)
{
    (void)n;
    return bw_cel_timestamp(call, args[0].i, 0);
}

static struct bw_value timestamp_to_int(struct bw_cel_call *call, const struct bw_value *args,
                                        size_t n)
{
    (void)call, (void)n;
    return bw_value_int(bw_cel_timestamp_of(args[0])->seconds);
}

static struct bw_value timestamp_to_string(struct bw_cel_call *call, const struct bw_value *args,
                                           size_t n)
{
    char out[BW_CEL_TIME_SIZE];
    (void)n;
    return bw_value_string(&call->make, bw_cel_time_text(bw_cel_timestamp_of(args[0]), out));
}

static struct bw_value string_to_duration(struct bw_cel_call *call, const struct bw_value *args,
                                          size_t n)
{
    int64_t nanoseconds;
    (void)n;
    if (!bw_cel_duration_parse(bw_value_text(args[0]), &nanoseconds))
        return bw_cel_fail(call, "invalid duration '%" BW_STR_F "'",
                           BW_STR_A(bw_str_take(bw_value_text(args[0]), 100)));
    return bw_cel_duration(call, nanoseconds);
}

static struct bw_value duration_to_int(struct bw_cel_call *call, const struct bw_value *args,
                                       size_t n)
{
    (void)call, (void)n;
    return bw_value_int(bw_cel_duration_of(args[0]));
}

static struct bw_value duration_to_string(struct bw_cel_call *call, const struct bw_value *args,
                                          size_t n)
{
    char out[BW_CEL_TIME_SIZE];
    (void)n;
    return bw_value_string(&call->make, bw_cel_duration_text(bw_cel_duration_of(args[0]), out));
}

/* --- parts of a timestamp, in a zone --- */

/* The fields of the first argument in the zone of the second; ABSENT, or the ERROR. */
static struct bw_value fields(struct bw_cel_call *call, const struct bw_value *args, size_t n,
                              struct bw_cel_civil *ret_civil)
{
    int64_t offset = 0, seconds = bw_cel_timestamp_of(args[0])->seconds;
    if (n > 1 && !bw_cel_zone_offset(bw_value_text(args[1]), seconds, &offset))
        return bw_cel_fail(call, "no such time zone: '%" BW_STR_F "'",
                           BW_STR_A(bw_str_take(bw_value_text(args[1]), 100)));
    *ret_civil = bw_cel_civil(seconds + offset);
    return (struct bw_value){0};
}

#define PART(name, expression)                                                                     \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        struct bw_cel_civil c = {0};                                                               \
        struct bw_value failed = fields(call, args, n, &c);                                        \
        return failed.kind ? failed : bw_value_int((int64_t)(expression));                         \
    }

PART(full_year, c.year)
PART(month, c.month - 1)
PART(date, c.day)
PART(day_of_month, c.day - 1)
PART(day_of_week, c.week_day)
PART(day_of_year, c.year_day)
PART(hours, c.hour)
PART(minutes, c.minute)
PART(seconds, c.second)
PART(milliseconds, bw_cel_timestamp_of(args[0])->nanos / 1000000)

/* --- a duration in units --- */

#define WHOLE(name, expression)                                                                    \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        int64_t d = bw_cel_duration_of(args[0]);                                                   \
        (void)call, (void)n;                                                                       \
        return bw_value_int(expression);                                                           \
    }

WHOLE(whole_hours, d / (3600 * NANOS))
WHOLE(whole_minutes, d / (60 * NANOS))
WHOLE(whole_seconds, d / NANOS)

#define OF_TIMESTAMP(name, function)                                                               \
    {"timestamp." name "(): int", function},                                                       \
    {                                                                                              \
        "timestamp." name "(string): int", function                                                \
    }

static const struct bw_cel_overload overloads[] = {
    {"timestamp(timestamp): timestamp", identity},
    {"timestamp(string): timestamp", string_to_timestamp},
    {"timestamp(int): timestamp", int_to_timestamp},
    {"int(timestamp): int", timestamp_to_int},
    {"string(timestamp): string", timestamp_to_string},
    {"duration(duration): duration", identity},
    {"duration(string): duration", string_to_duration},
    {"int(duration): int", duration_to_int},
    {"string(duration): string", duration_to_string},
    OF_TIMESTAMP("getFullYear", full_year),
    OF_TIMESTAMP("getMonth", month),
    OF_TIMESTAMP("getDate", date),
    OF_TIMESTAMP("getDayOfMonth", day_of_month),
    OF_TIMESTAMP("getDayOfWeek", day_of_week),
    OF_TIMESTAMP("getDayOfYear", day_of_year),
    OF_TIMESTAMP("getHours", hours),
    OF_TIMESTAMP("getMinutes", minutes),
    OF_TIMESTAMP("getSeconds", seconds),
    OF_TIMESTAMP("getMilliseconds", milliseconds),
    {"duration.getHours(): int", whole_hours},
    {"duration.getMinutes(): int", whole_minutes},
    {"duration.getSeconds(): int", whole_seconds},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_time = {
    .name = "time",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
