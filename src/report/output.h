/*
 * output.h: the forms a report is written in.
 *
 * An output is one .c file that exports one `const struct bw_output` named bw_output_NAME and one
 * word in meson.build; the table is generated from that list. Outputs are pure functions of the
 * report and the options; they write as they go, so that memory does not grow with the report.
 */
#ifndef BW_REPORT_OUTPUT_H
#define BW_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "model/report.h"

/* Columns where the terminal's are not known, and the fewest that are laid out for. */
#define BW_OUTPUT_WIDTH     100u
#define BW_OUTPUT_WIDTH_MIN 48u
/* Lines longer than this are hard to read: a wider terminal stays empty on the right. */
#define BW_OUTPUT_WIDTH_MAX 200u

/* Longest single element of a report, as written: a finding, a gap. */
#define BW_OUTPUT_ELEMENT_MAX ((size_t)1 << 30)

enum bw_output_detail {
    BW_OUTPUT_NORMAL,
    BW_OUTPUT_QUIET,   /* counts, gaps and the verdict, no findings one by one */
    BW_OUTPUT_VERBOSE, /* no list is cut, layers are listed */
};

/* The order of version strings of a package type: <0, 0, >0. */
typedef int (*bw_output_compare)(enum bw_package_type type, struct bw_str a, struct bw_str b);

/* How people want to read it; machine formats take no notice. Zero is a plain ASCII text. */
struct bw_output_options {
    unsigned width; /* columns of the terminal; 0: no terminal, BW_OUTPUT_WIDTH */
    bool colour;    /* SGR sequences may be used */
    bool unicode;   /* the reader takes UTF-8; otherwise every other character becomes '?' */
    enum bw_output_detail detail;
    bw_output_compare compare; /* to name the version that mends most; NULL: none is named where
                                  several differ */
    bool as_ordered;           /* a person asked for the order of the findings: groups keep to it */
    struct bw_str template_text; /* for an output that needs one */
    struct bw_str template_name; /* its file: the ending tells what it writes */
};

/* Takes a part of the output: 0, or a negative enum bw_code with *err, which ends it. */
struct bw_output_sink {
    void *ctx;
    int (*write)(void *ctx, const void *p, size_t n, struct bw_err *err);
};

struct bw_output {
    const char *name;    /* "json": the word for --format */
    const char *summary; /* a line for --help */
    bool needs_template;
    /* The error of the sink, BW_ENOMEM, or BW_ELIMIT over BW_OUTPUT_ELEMENT_MAX. What was written
     * before a failure stays written. */
    int (*write)(const struct bw_report *report, const struct bw_output_options *options,
                 const struct bw_output_sink *sink, struct bw_err *err);
};

/* All outputs, NULL at the end: generated from the list in meson.build. The first is the default.
 */
extern const struct bw_output *const bw_outputs[];

/* By name, or NULL. */
const struct bw_output *bw_output_named(struct bw_str name);

#endif
