/*
 * mustache.h: templates of mustache(5) over a JSON value.
 *
 * What mustache.github.io specifies, without lambdas, partials and changed delimiters:
 *     {{name}}  {{a.b}}  {{.}}      a value, escaped for the form that is written
 *     {{{name}}}  {{&name}}         a value as it stands
 *     {{#name}} ... {{/name}}       once for each element of a list; else once, within the value,
 *                                   unless it is false, null, 0, "", an empty list or not there
 *     {{^name}} ... {{/name}}       where {{#name}} would write nothing
 *     {{! ... }}                    nothing
 * A tag of the last three that stands alone in its line takes the line with it. A name is looked
 * for in the innermost section's value first, then outwards. Lists and objects have no text of
 * their own. There is no DEB package of a C library for it (looked for in Debian 12, 13 and Ubuntu
 * 24.04), hence this one.
 */
#ifndef BW_REPORT_MUSTACHE_H
#define BW_REPORT_MUSTACHE_H

#include "report/gatherer.h"
#include "wrap/json.h"

#define BW_MUSTACHE_TEXT_MAX   ((size_t)1 << 20)
#define BW_MUSTACHE_TOKENS_MAX 65536u
#define BW_MUSTACHE_DEPTH_MAX  32u /* sections within sections */

/* Tokens written in one rendering: sections that repeat within each other multiply. */
#define BW_MUSTACHE_STEPS_MAX ((uint64_t)10000000)

struct bw_mustache;

/* Appends a value in the form's own escape, as those of escape.h do. */
typedef void (*bw_mustache_escape)(struct bw_buf *buf, struct bw_str s);

/* text is borrowed. BW_EFORMAT with the line in the message, BW_ELIMIT, BW_ENOMEM. */
int bw_mustache_parse(struct bw_mustache **ret_template, struct bw_str text,
                      struct bw_err *err) BW_MUST_USE;
void bw_mustache_free(struct bw_mustache *template);   /* takes NULL */
void bw_mustache_freep(struct bw_mustache **template); /* for BW_CLEANUP */

/* Writes to the gatherer, whose failure ends it and is told by bw_gatherer_finish(). BW_ELIMIT over
 * BW_MUSTACHE_STEPS_MAX. */
int bw_mustache_render(const struct bw_mustache *template, const struct bw_json *root,
                       bw_mustache_escape escape, struct bw_gatherer *gatherer,
                       struct bw_err *err) BW_MUST_USE;

#endif
