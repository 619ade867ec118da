/*
 * package-fact.h: sending a package that was found in a binary or an archive.
 */
#ifndef BW_EXTRACT_PACKAGE_FACT_H
#define BW_EXTRACT_PACKAGE_FACT_H

#include "base/compiler.h"
#include "extract/record.h"

/* Sends the package with its own name and version as its source. A name or version that is no word
 * (bw_record_is_word) is a blocking gap instead. line: 0 where lines have no meaning. */
int bw_package_fact(struct bw_record_gaps *gaps, uint32_t line, struct bw_package package,
                    struct bw_err *err) BW_MUST_USE;

#endif
