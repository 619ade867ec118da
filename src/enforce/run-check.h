/*
 * run-check.h: options of `bulwark run` that are refused before there is a plan.
 *
 * An option that the engine would read otherwise than it is read here is refused: what is judged
 * would not be what is started.
 */
#ifndef BW_ENFORCE_RUN_CHECK_H
#define BW_ENFORCE_RUN_CHECK_H

#include "enforce/run-plan.h"

/* BW_EUSAGE for an image that looks like an option, several values in one option, keys of --mount
 * that are not known. */
int bw_run_check(const struct bw_run_request *request, struct bw_err *err) BW_MUST_USE;

/* BW_EUSAGE where the program would run as root, by --user or by the image as far as it is known,
 * and that was not allowed; the message says what would do. */
int bw_run_check_user(const struct bw_run_request *request, struct bw_err *err) BW_MUST_USE;

#endif
