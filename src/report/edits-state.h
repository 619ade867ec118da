/*
 * edits-state.h: what edits.c, which knows words and places, lends to edits-yaml.c, which knows
 * mappings and sequences.
 */
#ifndef BW_REPORT_EDITS_STATE_H
#define BW_REPORT_EDITS_STATE_H

#include "report/edits.h"

/* Where something was written; false where that is not in this text. */
struct bw_edits_mark {
    size_t at; /* byte */
    struct bw_value_place place;
};
bool bw_edits_mark(struct bw_edits *edits, uint32_t place, struct bw_edits_mark *ret_mark);

/* Where a line begins, from 1; SIZE_MAX past the end. */
size_t bw_edits_line(struct bw_edits *edits, uint32_t line);

/* How many bytes a scalar takes that stands at `at`; 0 where something else does. */
size_t bw_edits_written(const struct bw_edits *edits, size_t at, struct bw_value value);

int bw_edits_refuse(struct bw_err *err, const char *why);
int bw_edits_push(struct bw_edits *edits, size_t at, size_t remove, struct bw_str insert,
                  struct bw_err *err) BW_MUST_USE;
int bw_edits_replace(struct bw_edits *edits, struct bw_value value, struct bw_str text,
                     struct bw_err *err) BW_MUST_USE;

/* The changes "set", "append", "rename" and "remove". BW_EFORMAT where it is none of these. */
int bw_edits_yaml(struct bw_edits *edits, struct bw_value at, struct bw_value change,
                  struct bw_err *err) BW_MUST_USE;

#endif
