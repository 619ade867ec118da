/*
 * ignore-comment.h: comments that say that a finding may stand, in the words that Bulwark and Trivy
 * use in any kind of file, and where they hold in YAML.
 *
 *     # bulwark:ignore ID[,ID...] [until=YYYY-MM-DD] [reason]
 *     #trivy:ignore:ID [exp:YYYY-MM-DD]      (several on one line, too)
 */
#ifndef BW_EXTRACT_IGNORE_COMMENT_H
#define BW_EXTRACT_IGNORE_COMMENT_H

#include "extract/document.h"

/*
 * What a comment waives, given without its "#". Adds an ignore for each id; file, line, first and
 * last are those of `where`. Returns how many were added.
 */
size_t bw_ignore_comment(struct bw_reading *reading, struct bw_str comment,
                         const struct bw_ignore *where);

/*
 * All such comments of a YAML text. One behind a value holds for its line and what is nested in
 * it. One on a line of its own holds for the next line that is no comment and what is nested in
 * that: above the first line of a document, for the document; above a "- ", for the element.
 */
void bw_ignore_yaml(struct bw_reading *reading, uint32_t file, struct bw_str text);

#endif
