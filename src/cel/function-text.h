/*
 * function-text.h: strings in the functions of CEL: characters, and texts that are built; for the
 * files of src/cel/ alone.
 *
 * CEL counts characters, not bytes. Strings are well-formed UTF-8, as base/value.h demands.
 */
#ifndef BW_CEL_FUNCTION_TEXT_H
#define BW_CEL_FUNCTION_TEXT_H

#include "base/buf.h"
#include "cel/function.h"

/* Bytes of a text that a function builds: what the budget of an expression can pay. */
#define BW_CEL_TEXT_MAX ((size_t)16 << 20)

/* Charges what it costs to go over n bytes. */
bool bw_cel_charge_bytes(struct bw_cel_call *call, size_t n) BW_MUST_USE;

/* The byte at which the character of that index begins; s.n for the one behind the last, SIZE_MAX
 * beyond. */
size_t bw_cel_character_at(struct bw_str s, size_t index);

/* Bytes of the character that begins s; 0 at the end. */
size_t bw_cel_character_size(struct bw_str s);

/* A text that grows and is paid for. After the first failure nothing more is added. */
struct bw_cel_text {
    struct bw_cel_call *call;
    struct bw_buf buf;
    bool spent; /* the budget is used up */
};

#define BW_CEL_TEXT(the_call)                                                                      \
    ((struct bw_cel_text){.call = (the_call), .buf = BW_BUF(BW_CEL_TEXT_MAX)})

void bw_cel_text_add(struct bw_cel_text *text, struct bw_str s);
void bw_cel_text_printf(struct bw_cel_text *text, const char *fmt, ...) BW_PRINTF(2, 3);

/* The text as a string, or an ERROR; frees the buffer. To be called once for every text. */
struct bw_value bw_cel_text_end(struct bw_cel_text *text);

/* A string of its own in the arena, without a copy on the heap between. */
struct bw_value bw_cel_string(struct bw_cel_call *call, struct bw_str s);

/* As bw_cel_string(), with U+FFFD for each byte that is no UTF-8. */
struct bw_value bw_cel_string_lossy(struct bw_cel_call *call, struct bw_str s);

/* The shortest decimal number that reads as d, without an exponent; "NaN", "Infinity" and
 * "-Infinity". */
void bw_cel_text_double(struct bw_cel_text *text, double d);

/* string.indexOf() and lastIndexOf() of the newest version: a position outside is an error. */
struct bw_value bw_cel_index_of(struct bw_cel_call *call, const struct bw_value *args, size_t n);
struct bw_value bw_cel_last_index_of(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n);

/* string.format() (function-format.c). american: as cel-go's versions 1 to 3 write: numbers are
 * grouped, strings in lists quoted. */
struct bw_value bw_cel_format(struct bw_cel_call *call, struct bw_str format, struct bw_value list,
                              bool american);

/* Whether format() can take such arguments in its American form: null, or the ERROR that it would
 * be. An UNKNOWN sample stands for an argument of any type. */
struct bw_value bw_cel_format_try(struct bw_cel_call *call, struct bw_str format,
                                  struct bw_value samples);

#endif
