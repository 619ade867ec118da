/* Why a result is what it is: the part that decided. */
#include "cel/eval.h"

int bw_cel_explain(const struct bw_cel_program *program, const struct bw_cel_run *run,
                   struct bw_cel_reason *ret_reason, struct bw_err *err)
{
    const struct bw_cel_span *spans = bw_cel_rows(program, BW_CEL_P_SPANS);
    (void)err;
    *ret_reason = (struct bw_cel_reason){.offset = spans[program->root].offset,
                                         .length = spans[program->root].length,
                                         .value = bw_cel_eval(program, run),
                                         .path = {"", 0}};
    return 0;
}
