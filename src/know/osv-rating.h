/*
 * osv-rating.h: the first two rungs of the severity ladder of osv.h.
 */
#ifndef BW_KNOW_OSV_RATING_H
#define BW_KNOW_OSV_RATING_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "know/osv.h"
#include "wrap/json.h"

#define BW_OSV_RATING_NONE ((struct bw_osv_rating){.score = -1})

/* Raises *rating by an OSV `severity` array (NULL: nothing). Entries of unknown type are passed
 * over. Slices are copied to the arena. */
int bw_osv_rate_severity(const struct bw_json *severity, struct bw_arena *arena,
                         struct bw_osv_rating *rating, struct bw_err *err) BW_MUST_USE;

/* Raises *rating by a CVSS vector of any version; one that does not parse changes nothing. */
int bw_osv_rate_vector(struct bw_str vector, struct bw_arena *arena, struct bw_osv_rating *rating,
                       struct bw_err *err) BW_MUST_USE;

/* Raises *rating by an ecosystem_specific or database_specific object (NULL: nothing). Their shape
 * is the vendor's: what is no string of a known word is passed over. */
void bw_osv_rate_specific(const struct bw_json *specific, struct bw_osv_rating *rating);

/* Raises *rating by the summary of an erratum. */
void bw_osv_rate_summary(struct bw_str id, struct bw_str summary, struct bw_osv_rating *rating);

/* <0, 0, >0: a rates less, alike, more than b: by rung, and within a rung by score and severity. */
int bw_osv_rating_cmp(const struct bw_osv_rating *a, const struct bw_osv_rating *b);

#endif
