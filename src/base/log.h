/*
 * log.h: lines on standard error for the person who runs the program.
 *
 * Only composers log, once an event; stages return errors and gaps, and may log at debug. A line is
 * "bulwark: LEVEL: MESSAGE", or a JSON object a line with bw_log_json(true). Standard output is
 * never touched. A progress line (see cli) is cleared before a log line through the hook.
 */
#ifndef BW_BASE_LOG_H
#define BW_BASE_LOG_H

#include <stdbool.h>

#include "base/compiler.h"

enum bw_log_level {
    BW_LOG_ERROR,
    BW_LOG_WARN,
    BW_LOG_INFO,
    BW_LOG_DEBUG,
};

/* Lines above this level are dropped. The start value is BW_LOG_WARN. */
void bw_log_set_level(enum bw_log_level level);
void bw_log_json(bool on);

/* Called before each line is written, to clear what stands on the terminal's line. NULL is none. */
void bw_log_set_hook(void (*before_line)(void));

void bw_log(enum bw_log_level level, const char *fmt, ...) BW_PRINTF(2, 3);

#endif
