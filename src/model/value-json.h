/*
 * value-json.h: JSON as a value (base/value.h). Integers of 64 bits are integers, other numbers
 * doubles; of members with the same key the last one counts; nothing has a place.
 */
#ifndef BW_MODEL_VALUE_JSON_H
#define BW_MODEL_VALUE_JSON_H

#include "base/err.h"
#include "base/str.h"
#include "base/value.h"

/* BW_EFORMAT for what is no JSON, BW_ELIMIT for what is deeper than BW_VALUE_DEPTH_MAX or finds no
 * room. */
int bw_value_from_json(struct bw_value_maker *make, struct bw_str json, struct bw_value *ret_value,
                       struct bw_err *err) BW_MUST_USE;

#endif
