/*
 * regex.h: regular expressions with the syntax and the meaning of RE2, as Go has them.
 *
 * https://github.com/google/re2/wiki/Syntax; among the alternatives that match, the leftmost is
 * taken, and of those the one that the pattern prefers. Look-around and back references are not
 * there, as they are not in RE2: time is never more than (bytes of the text) x (steps of the
 * pattern). \C is refused, as Go refuses it: it would cut characters apart. Unicode 15: \p{} knows
 * the general categories but Cn and LC, and the scripts.
 *
 * A compiled pattern is immutable, position-independent bytes, aligned to 4: it may be stored,
 * mapped and used by any number of threads.
 */
#ifndef BW_CEL_REGEX_H
#define BW_CEL_REGEX_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

#define BW_CEL_REGEX_PATTERN_MAX ((size_t)16 << 10) /* bytes */
#define BW_CEL_REGEX_DEPTH_MAX   250u               /* groups in groups */
#define BW_CEL_REGEX_REPEAT_MAX  1000u  /* of counted repetitions, nested ones multiplied */
#define BW_CEL_REGEX_STEPS_MAX   65536u /* of the program */
#define BW_CEL_REGEX_SIZE_MAX    ((size_t)4 << 20) /* bytes of the program */

/* Also makes the automaton that decides without memory and in a few instructions a character,
 * where it is small enough: worth while for a pattern that is used more than once. */
#define BW_CEL_REGEX_AUTOMATON 1u

struct bw_cel_regex;

/* The program is put into the arena. BW_EFORMAT with RE2's message ("missing closing ): `(a`"),
 * BW_ELIMIT, BW_ENOMEM. */
int bw_cel_regex_compile(struct bw_str pattern, unsigned flags, struct bw_arena *arena,
                         const struct bw_cel_regex **ret_regex, struct bw_err *err) BW_MUST_USE;

/* Its bytes, and the program in bytes that lie somewhere else and outlive it. Every index is
 * checked. NULL with BW_EFORMAT. */
struct bw_str bw_cel_regex_bytes(const struct bw_cel_regex *regex);
const struct bw_cel_regex *bw_cel_regex_open(struct bw_str bytes, struct bw_err *err) BW_MUST_USE;

/* Groups in parentheses, and the whole as group 0. */
unsigned bw_cel_regex_groups(const struct bw_cel_regex *regex);

/* How many steps its program has. */
unsigned bw_cel_regex_steps(const struct bw_cel_regex *regex);

/* What a byte of text costs at most, for a budget, to be matched: 1 with an automaton, else the
 * steps. */
unsigned bw_cel_regex_weight(const struct bw_cel_regex *regex);

/* Whether the pattern matches somewhere in the text. What is no UTF-8 counts as U+FFFD, byte by
 * byte. Fails with BW_ENOMEM alone: without an automaton it takes memory and gives it back. */
int bw_cel_regex_match(const struct bw_cel_regex *regex, struct bw_str text, bool *ret_matches,
                       struct bw_err *err) BW_MUST_USE;

/* As bw_cel_regex_match, from a byte of the text on; what stands before it counts for ^ and \b.
 * Where it matches, slots[2i] and slots[2i + 1] are where group i begins and ends, SIZE_MAX for one
 * that took no part; slots_n may be less than all. */
int bw_cel_regex_find(const struct bw_cel_regex *regex, struct bw_str text, size_t from,
                      size_t *slots, size_t slots_n, bool *ret_matches,
                      struct bw_err *err) BW_MUST_USE;

#endif
