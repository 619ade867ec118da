/*
 * Tells the static analyzer what it cannot see from another file: that the functions which report
 * an error return a negative code. tools/check-tidy puts it in front of every file.
 */
#ifndef BW_TIDY_PRELUDE_H
#define BW_TIDY_PRELUDE_H

#include "base/err.h"

#define BW_TIDY_NEGATIVE(code)     ((int)(code) < 0 ? (int)(code) : (int)BW_EINTERNAL)
#define bw_err_set(err, code, ...) (bw_err_set((err), (code), __VA_ARGS__), BW_TIDY_NEGATIVE(code))
#define bw_err_errno(err, ...)     (bw_err_errno((err), __VA_ARGS__), (int)BW_EIO)
#define bw_err_prefix(err, code, ...)                                                              \
    (bw_err_prefix((err), (code), __VA_ARGS__), BW_TIDY_NEGATIVE(code))

#endif
