#include "cel/function.h"

static const struct bw_cel_overload overloads[] = {
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_standard = {
    .name = "standard",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
