/*
 * oci-spec-fields.h: the types of the fields of an OCI runtime's config.json (OCI Runtime
 * Specification 1.2, config.md and config-linux.md), as far as something is read from them.
 */
#ifndef BW_EXTRACT_OCI_SPEC_FIELDS_H
#define BW_EXTRACT_OCI_SPEC_FIELDS_H

#include "extract/typed-fields.h"

extern const struct bw_field bw_oci_spec;

#endif
