/*
 * pcre2.h: one regular expression at a time, with its groups, by PCRE2.
 *
 * Interpreted, not compiled to machine code: the workers may not map executable memory. Every
 * search is bounded in steps, depth and memory, whatever pattern and bytes are.
 */
#ifndef BW_WRAP_PCRE2_H
#define BW_WRAP_PCRE2_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Bounds of one search (pcre2api(3), "the match context"). */
#define BW_REGEX_STEPS_MAX 200000u
#define BW_REGEX_DEPTH_MAX 2000u
#define BW_REGEX_HEAP_MAX  4096u /* KiB */

struct bw_regex; /* constant once compiled */

/* What a search works in, for any number of expressions. One thread at a time. */
struct bw_regex_room;

struct bw_regex_match {
    size_t start, end;             /* of the whole match, offsets into the subject */
    size_t group_start, group_end; /* of the first group; the whole match where it took no part */
};

/* Bytes, not characters; '^' also matches after a newline. BW_EFORMAT, BW_ENOMEM. */
int bw_regex_compile(struct bw_regex **ret_regex, const char *pattern,
                     struct bw_err *err) BW_MUST_USE;
void bw_regex_free(struct bw_regex *regex); /* takes NULL */
void bw_regex_freep(struct bw_regex **regex);

/* The first match that starts at `from` or later. 1 found, 0 none; BW_ELIMIT where a bound was
 * reached first, BW_EINTERNAL. */
int bw_regex_search(const struct bw_regex *regex, struct bw_regex_room *room, struct bw_str subject,
                    size_t from, struct bw_regex_match *ret_match, struct bw_err *err) BW_MUST_USE;

/* NULL when memory is short. */
struct bw_regex_room *bw_regex_room_new(void) BW_MUST_USE;
void bw_regex_room_free(struct bw_regex_room *room); /* takes NULL */

#endif
