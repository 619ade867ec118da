/*
 * yaml-scalar.h: what a YAML scalar means in a dialect (see yaml-value.h); private to what reads
 * YAML into values.
 */
#ifndef BW_EXTRACT_YAML_SCALAR_H
#define BW_EXTRACT_YAML_SCALAR_H

#include "base/err.h"
#include "base/value.h"
#include "extract/yaml-value.h"

/* The scalar as null, bool, int, double or string, without a place. BW_EFORMAT where it does not
 * fit its tag, or has no form in JSON (Kubernetes: .inf). */
int bw_yaml_scalar(struct bw_value_maker *make, enum bw_yaml_dialect dialect,
                   const struct bw_yaml *scalar, struct bw_value *ret_value,
                   struct bw_err *err) BW_MUST_USE;

/* The scalar as the key of a member: a string. BW_EFORMAT where it cannot be one (null). */
int bw_yaml_key(struct bw_value_maker *make, enum bw_yaml_dialect dialect,
                const struct bw_yaml *scalar, struct bw_value *ret_key,
                struct bw_err *err) BW_MUST_USE;

#endif
