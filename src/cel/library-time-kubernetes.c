/*
 * What Kubernetes 1.34 means by the milliseconds of a duration: all of it in that unit, as cel-go
 * had it then.
 */
#include "cel/function.h"

static struct bw_value milliseconds(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call, (void)n;
    return bw_value_int(bw_cel_duration_of(args[0]) / 1000000);
}

static const struct bw_cel_overload overloads[] = {
    {"duration.getMilliseconds(): int", milliseconds},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_time_kubernetes = {
    .name = "time-kubernetes",
    .dialects = BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
