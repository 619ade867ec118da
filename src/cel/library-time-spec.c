/*
 * What cel-spec means by the milliseconds of a duration: those beyond its whole seconds.
 */
#include "cel/function.h"

static struct bw_value milliseconds(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return bw_value_int(bw_cel_duration_of(args[0]) / 1000000 % 1000);
}

static const struct bw_cel_overload overloads[] = {
    {"duration.getMilliseconds(): int", milliseconds},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_time_spec = {
    .name = "time-spec",
    .dialects = BW_CEL_IN_SPEC,
    .overloads = overloads,
};
