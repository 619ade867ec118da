/*
 * terminal.h: what the terminal can show, a progress line on standard error, and the place output
 * goes to.
 */
#ifndef BW_CLI_TERMINAL_H
#define BW_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Columns of the terminal behind a descriptor; 0 where it is none. */
unsigned bw_terminal_width(int fd);

/* Whether colour is wanted on a descriptor: a terminal, NO_COLOR unset or empty (no-color.org),
 * TERM not "dumb". */
bool bw_terminal_colour(int fd);

/* Whether the locale of the environment (LC_ALL, LC_CTYPE, LANG) is UTF-8. */
bool bw_terminal_unicode(void);

/*
 * One line that is written over and over, on standard error when that is a terminal and --quiet was
 * not given; else nothing. Log lines clear it first.
 */
void bw_progress_start(bool quiet);

/* done/total in any unit; total 0: unknown. Of several things, `nth` (from 1) of `of`, the bar and
 * the time left are those of all of them. Redraws at most ten times a second. */
void bw_progress_show(const char *what, size_t nth, size_t of, uint64_t done, uint64_t total);
void bw_progress_clear(void);

/*
 * Standard output, or with a path a file that appears whole at bw_output_close: a reader sees the
 * old content or the new.
 */
struct bw_output_file {
    FILE *stream;
    char *path;  /* NULL for standard output */
    char *aside; /* NULL where nothing is replaced: a pipe, a terminal */
};
int bw_output_open(struct bw_output_file *file, const char *path, struct bw_err *err) BW_MUST_USE;

/* keep: rename into place; otherwise what was written is thrown away. */
int bw_output_close(struct bw_output_file *file, bool keep, struct bw_err *err) BW_MUST_USE;

/* A struct bw_output_sink's write onto such a file (ctx). */
int bw_output_sink_write(void *ctx, const void *p, size_t n, struct bw_err *err);

#endif
