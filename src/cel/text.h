/*
 * text.h: strings as CEL sees them, sequences of code points; for the files of src/cel/ alone.
 */
#ifndef BW_CEL_TEXT_H
#define BW_CEL_TEXT_H

#include "base/str.h"

/* Writes a code point's UTF-8 (at most 4 bytes); returns how many. */
size_t bw_cel_utf8_put(char *out, uint32_t code);

/* The first code point of a non-empty text, and its bytes; a byte that begins none is U+FFFD. */
uint32_t bw_cel_utf8_get(struct bw_str s, size_t *ret_n);

/* Code points. */
size_t bw_cel_utf8_count(struct bw_str s);

#endif
