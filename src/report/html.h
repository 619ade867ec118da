/*
 * html.h: the parts of the page of html.c, made from web/report by tools/embed-page.
 */
#ifndef BW_REPORT_HTML_H
#define BW_REPORT_HTML_H

#include "base/str.h"

/* What stands before the title, between it, what is for readers without scripts, and the data, and
 * after the data. */
extern const struct bw_str bw_html_before_title;
extern const struct bw_str bw_html_before_plain;
extern const struct bw_str bw_html_before_data;
extern const struct bw_str bw_html_after_data;

#endif
