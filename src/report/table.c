/*
 * The report for people. It is read from the end, where the terminal stands: the verdict is the
 * last line, the score above it, the gaps above the score.
 */
#include "report/table.h"

#include <ctype.h>
#include <stdio.h>

void bw_table_count(struct bw_text *text, enum bw_style style, unsigned indent, size_t n,
                    const char *one, const char *many)
{
    bw_text_need(text, 12 + (unsigned)strlen(many), indent);
    bw_text_printf(text, style, "%zu %s", n, n == 1 ? one : many);
}

void bw_table_separate(struct bw_text *text, const char *mark)
{
    bw_text_put(text, BW_STYLE_PLAIN, bw_str(mark));
    bw_text_blanks(text, 1);
}

void bw_table_more(struct bw_text *text, enum bw_style style, unsigned indent, size_t n)
{
    bw_text_flowf(text, style, indent, " %s and %zu more (--format json lists all)",
                  bw_text_either(text, "\xe2\x80\xa6", "...").p, n);
}

struct bw_str bw_table_short_digest(struct bw_str digest)
{
    size_t colon = bw_str_find(digest, ':');
    return bw_str_take(digest, colon == SIZE_MAX ? 12 : colon + 13);
}

void bw_table_severity(enum bw_severity severity, char out[BW_TABLE_SEVERITY_SIZE])
{
    snprintf(out, BW_TABLE_SEVERITY_SIZE, "%s", bw_severity_name(severity));
    for (char *c = out; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

static int write_table(const struct bw_report *report, const struct bw_output_options *options,
                       const struct bw_output_sink *sink, struct bw_err *err)
{
    struct bw_text text = bw_text_begin(options, sink, err);
    int status = 0;
    for (size_t i = 0; i < report->subjects_n && !status && !text.stream.status; i++)
        status = bw_table_subject(&text, report, (uint32_t)i, err);
    if (!status)
        bw_table_close(&text, report);
    int end = bw_text_end(&text);
    return status ? status : end;
}

const struct bw_output bw_output_table = {
    .name = "table",
    .summary = "for people: grouped by what to update, worst first",
    .write = write_table,
};
