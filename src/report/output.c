#include "report/output.h"

const struct bw_output *bw_output_named(struct bw_str name)
{
    for (const struct bw_output *const *output = bw_outputs; *output; output++)
        if (bw_str_eq(bw_str((*output)->name), name))
            return *output;
    return NULL;
}
