/*
 * pattern.h: the regular expression that a function is called with; for the files of src/cel/
 * alone.
 */
#ifndef BW_CEL_PATTERN_H
#define BW_CEL_PATTERN_H

#include "cel/function.h"
#include "cel/regex.h"

/* The argument that is of the type `pattern` in the signature: the compiled one that lies in the
 * program where the pattern is a constant, else one that the run keeps, or it is compiled in the
 * call's arena; which makes no difference to the cost. Valid until the next call. ABSENT, or the
 * ERROR. */
struct bw_value bw_cel_pattern(struct bw_cel_call *call, struct bw_value pattern,
                               const struct bw_cel_regex **ret_regex);

#endif
