/*
 * words.h: how a finding is told in words, alike in every output.
 *
 * What is appended is text from outside as it came: the output escapes it for its form.
 */
#ifndef BW_REPORT_WORDS_H
#define BW_REPORT_WORDS_H

#include "base/buf.h"
#include "model/report.h"

/* Bytes of one text made here: names and paths of hostile images have no end. */
#define BW_WORDS_MAX ((size_t)64 << 10)

/* "app/config.py:12", "srv/app.war!/WEB-INF/web.xml:3", "Env TOKEN"; nothing where no place is
 * known. */
void bw_words_place(struct bw_buf *buf, const struct bw_place *place);

/* The Dockerfile step that made a layer, without what builders put around it: "RUN apt-get update",
 * "COPY app /srv/app". Nothing where the history does not say. */
void bw_words_step(struct bw_buf *buf, struct bw_str created_by);

/* The layer that a finding is in; NULL where the subject has no such layer. */
const struct bw_layer *bw_words_layer(const struct bw_report *report,
                                      const struct bw_finding *finding);

/* "layer 1: RUN apt-get update", counted from 0 as in JSON; nothing for a subject without an
 * image's layers. */
void bw_words_layer_of(struct bw_buf *buf, const struct bw_report *report,
                       const struct bw_finding *finding, uint32_t layer);

/* An advisory as people know it: "DSA-5764-1 (CVE-2024-5535)", "DSA-5532-1 (3 CVEs)",
 * "CVE-2023-0464"; the id of anything else. */
void bw_words_name(struct bw_buf *buf, const struct bw_finding *finding);

/* What it is about: "openssl 3.0.11-1", else its place. */
void bw_words_object(struct bw_buf *buf, const struct bw_finding *finding);

/* One line: "openssl 3.0.11-1: DSA-5764-1 (CVE-2024-5535)", "AWS access key: app/config.py:12". */
void bw_words_headline(struct bw_buf *buf, const struct bw_finding *finding);

/* All that is known, a line a fact, in the order of its weight; `value` lives during the call.
 * The labels are of ours: "Severity", "Fixed in", ... */
typedef void (*bw_words_fact)(void *ctx, const char *label, struct bw_str value);
void bw_words_facts(const struct bw_report *report, const struct bw_finding *finding,
                    bw_words_fact fact, void *ctx);

/* "12 %", "0.04 %" of a chance in millionths. */
void bw_words_chance(struct bw_buf *buf, int millionths);

#endif
