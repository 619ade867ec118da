/*
 * waiver-state.h: the readers of each kind of file; private to src/decide.
 */
#ifndef BW_DECIDE_WAIVER_STATE_H
#define BW_DECIDE_WAIVER_STATE_H

#include "decide/waiver.h"
#include "wrap/json.h"

/* A rule more, or NULL with *err. */
struct bw_waiver_rule *bw_waivers_add(struct bw_waivers *waivers, struct bw_str file, uint32_t line,
                                      struct bw_err *err);

/* A copy in the arena; p is NULL where it is full. */
struct bw_str bw_waivers_copy(struct bw_waivers *waivers, struct bw_str s);

/* A list of one copy. */
int bw_waivers_one(struct bw_waivers *waivers, struct bw_str s, struct bw_strs *ret,
                   struct bw_err *err) BW_MUST_USE;

/* "2027-01-31": the end of that day in UTC. false where it is no date. */
bool bw_waiver_date(struct bw_str text, int64_t *ret_expires);

int bw_waivers_read_ignore_lines(struct bw_waivers *waivers, struct bw_str file, struct bw_str text,
                                 struct bw_err *err) BW_MUST_USE;
int bw_waivers_read_ignore_yaml(struct bw_waivers *waivers, struct bw_str file, struct bw_str text,
                                struct bw_err *err) BW_MUST_USE;
int bw_waivers_read_openvex(struct bw_waivers *waivers, struct bw_str file,
                            const struct bw_json *root, struct bw_err *err) BW_MUST_USE;
int bw_waivers_read_cyclonedx(struct bw_waivers *waivers, struct bw_str file,
                              const struct bw_json *root, struct bw_err *err) BW_MUST_USE;
int bw_waivers_read_csaf(struct bw_waivers *waivers, struct bw_str file, const struct bw_json *root,
                         struct bw_err *err) BW_MUST_USE;

/* pkg:TYPE/NAMESPACE/NAME, the version, the qualifiers (ECMA-427); a fragment is left out. Slices
 * of what was split. */
struct bw_purl_parts {
    struct bw_str base, version, qualifiers;
};
struct bw_purl_parts bw_purl_split(struct bw_str purl);

/* Percent-encoded bytes decoded, so that "%2B" and "+" are one. The empty slice where it does not
 * fit. */
#define BW_PURL_DECODED_MAX 4096u
struct bw_str bw_purl_decode(struct bw_str s, char out[BW_PURL_DECODED_MAX]);

#endif
