/*
 * json.h: the report as JSON, also for the outputs that carry it; private to src/report.
 */
#ifndef BW_REPORT_JSON_H
#define BW_REPORT_JSON_H

#include "report/output.h"

/* As docs/schema/report.schema.json states it; on one line where it is not pretty. As a bw_output's
 * write. */
int bw_report_json(const struct bw_report *report, bool pretty, const struct bw_output_sink *sink,
                   struct bw_err *err) BW_MUST_USE;

#endif
