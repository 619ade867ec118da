/*
 * requirement.h: a requirement of Python: "name[extra]==1.2; python_version > '3'" (PEP 508,
 * packaging.python.org, "Dependency specifiers").
 */
#ifndef BW_EXTRACT_REQUIREMENT_H
#define BW_EXTRACT_REQUIREMENT_H

#include <stdbool.h>

#include "base/str.h"

/* The name that a requirement begins with; empty where it begins with none. */
struct bw_str bw_requirement_name(struct bw_str requirement);

/* Whether it asks for one version exactly ("==1.2", "===1.2", not "==1.*" and not a range). */
bool bw_requirement_exact(struct bw_str requirement, struct bw_str *ret_name,
                          struct bw_str *ret_version);

/* Whether it names an address instead of a version ("name @ https://..."). */
bool bw_requirement_is_address(struct bw_str requirement);

#endif
