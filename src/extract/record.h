/*
 * record.h: what the parsers of record files have alike: the gaps of bad records, and the words
 * that may be a package's name or version.
 */
#ifndef BW_EXTRACT_RECORD_H
#define BW_EXTRACT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "extract/parser.h"

/* Packages that one database may hold. */
#define BW_EXTRACT_PACKAGES_MAX 200000u

/* Gaps that one file may cause; a last one counts the rest. */
#define BW_EXTRACT_GAPS_MAX 50u

/* Bytes of a package's name, version, architecture or source. */
#define BW_EXTRACT_WORD_MAX 1024u

/* Bytes of a vendor, licence or module label; what is longer is left out. */
#define BW_EXTRACT_TEXT_MAX 65536u

/* Counts the gaps of one file. All slices are borrowed. */
struct bw_record_gaps {
    const struct bw_extract_sink *sink;
    struct bw_str path;
    struct bw_str what; /* the parser's `what` */
    uint32_t n;
};

/* A gap at a line of the file (0: none). The message is the reason. */
void bw_record_gap(struct bw_record_gaps *gaps, enum bw_gap_class class, uint32_t line,
                   const char *fmt, ...) BW_PRINTF(4, 5);

/* Says how many gaps were not spelt out. To be called once, at the end of the file. */
void bw_record_gaps_end(struct bw_record_gaps *gaps);

/* True for 1 to BW_EXTRACT_WORD_MAX bytes of UTF-8 without blanks and control characters. */
bool bw_record_is_word(struct bw_str s);

/* Reads exactly `size` bytes from base64 (RFC 4648, with its padding) or from hexadecimal digits of
 * either case; false where the text is anything else, and out is then undefined. */
bool bw_record_base64(struct bw_str s, uint8_t *out, size_t size);
bool bw_record_hex(struct bw_str s, uint8_t *out, size_t size);

/* s, or the empty slice where it is longer than BW_EXTRACT_TEXT_MAX. */
struct bw_str bw_record_text(struct bw_str s);

#endif
