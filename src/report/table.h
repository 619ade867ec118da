/*
 * table.h: the parts of the table for people; private to src/report.
 */
#ifndef BW_REPORT_TABLE_H
#define BW_REPORT_TABLE_H

#include "report/group.h"
#include "report/text.h"

/* "1 package", "2 packages", on one line. */
void bw_table_count(struct bw_text *text, enum bw_style style, unsigned indent, size_t n,
                    const char *one, const char *many);

/* A comma or a kind of it, and a blank. */
void bw_table_separate(struct bw_text *text, const char *mark);

/* " ... and 9 more (--format json lists all)" */
void bw_table_more(struct bw_text *text, enum bw_style style, unsigned indent, size_t n);

/* The part of a digest that people compare: "sha256:" and twelve digits. */
struct bw_str bw_table_short_digest(struct bw_str digest);

/* A subject: what it is, its counts, its findings, what a later layer removed. BW_ENOMEM. */
int bw_table_subject(struct bw_text *text, const struct bw_report *report, uint32_t index,
                     struct bw_err *err) BW_MUST_USE;

/* A severity in capitals, as a column of a list has it. */
#define BW_TABLE_SEVERITY_SIZE 12u
void bw_table_severity(enum bw_severity severity, char out[BW_TABLE_SEVERITY_SIZE]);

/* The vulnerabilities, a group a row. */
void bw_table_findings(struct bw_text *text, const struct bw_report *report,
                       const struct bw_groups *groups);

/* What is no matter of updating a package: secrets, files by check, licences; then the waived
 * findings, with the reason. Each list with a heading of its own. BW_ENOMEM. */
int bw_table_lists(struct bw_text *text, const struct bw_report *report, uint32_t subject,
                   struct bw_err *err) BW_MUST_USE;

/* The end of the page: gaps, what was examined by what, the score, the verdict. */
void bw_table_close(struct bw_text *text, const struct bw_report *report);

#endif
