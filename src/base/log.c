#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

#define LOG_LINE_MAX 2048

static enum bw_log_level max_level = BW_LOG_WARN;
static bool as_json;
static void (*hook)(void);

void bw_log_set_level(enum bw_log_level level)
{
    max_level = level;
}

void bw_log_json(bool on)
{
    as_json = on;
}

void bw_log_set_hook(void (*before_line)(void))
{
    hook = before_line;
}

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static void write_json(enum bw_log_level level, const char *msg)
{
    char when[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(bw_clock_wall(), when);
    fprintf(stderr, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"", when, level_names[level]);
    for (const unsigned char *p = (const unsigned char *)msg; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(stderr, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(stderr, "\\u%04x", *p);
        else
            fputc(*p, stderr);
    }
    fputs("\"}\n", stderr);
}

/* Control characters from hostile names must not reach a terminal. */
static void write_text(enum bw_log_level level, char *msg)
{
    for (unsigned char *p = (unsigned char *)msg; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "bulwark: %s: %s\n", level_names[level], msg);
}

void bw_log(enum bw_log_level level, const char *fmt, ...)
{
    if (level > max_level)
        return;
    char msg[LOG_LINE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    if (hook)
        hook();
    if (as_json)
        write_json(level, msg);
    else
        write_text(level, msg);
}
