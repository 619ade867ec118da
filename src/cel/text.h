/*
 * text.h: strings as CEL sees them, sequences of code points; for the files of src/cel/ alone.
 */
#ifndef BW_CEL_TEXT_H
#define BW_CEL_TEXT_H

#include "base/buf.h"
#include "base/str.h"
#include "base/value.h"

/* Writes a code point's UTF-8 (at most 4 bytes); returns how many. */
size_t bw_cel_utf8_put(char *out, uint32_t code);

/* The first code point of a non-empty text, and its bytes; a byte that begins none is U+FFFD. */
uint32_t bw_cel_utf8_get(struct bw_str s, size_t *ret_n);

/* Code points. */
size_t bw_cel_utf8_count(struct bw_str s);

/* A number as string() writes it: doubles in the fewest digits that read the same again, with an
 * exponent below 1e-4 and from 1e6 on, as Go's %g. */
#define BW_CEL_NUMBER_SIZE 40u
struct bw_str bw_cel_number_text(struct bw_value number, char out[BW_CEL_NUMBER_SIZE]);

/* A finite double in the fewest digits that read the same again, without an exponent. */
#define BW_CEL_PLAIN_SIZE 384u
struct bw_str bw_cel_double_plain(double d, char out[BW_CEL_PLAIN_SIZE]);

/* 0 to 15, or -1 for what is no hexadecimal digit. */
int bw_cel_hex_digit(uint32_t c);

#endif
