/*
 * str.h: borrowed slices of bytes.
 *
 * A bw_str owns nothing and need not be NUL-terminated; p may be NULL only when n is 0. What it
 * points into must outlive it: an arena, a mapped file, a literal. Passed by value.
 */
#ifndef BW_BASE_STR_H
#define BW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct bw_str {
    const char *p;
    size_t n;
};

/* A slice of a string literal, also in constant initialisers. */
#define BW_STR(lit) ((struct bw_str){(lit), sizeof(lit) - 1})

/* For printf: printf("%" BW_STR_F, BW_STR_A(s)). */
#define BW_STR_F    ".*s"
#define BW_STR_A(s) (int)(s).n, ((s).n ? (s).p : "")

/* A slice of a NUL-terminated string; NULL gives the empty slice. */
static inline struct bw_str bw_str(const char *s)
{
    return (struct bw_str){s, s ? strlen(s) : 0};
}

static inline struct bw_str bw_str_n(const void *p, size_t n)
{
    return (struct bw_str){(const char *)p, n};
}

static inline bool bw_str_eq(struct bw_str a, struct bw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, shorter first on a common prefix: <0, 0, >0. */
int bw_str_cmp(struct bw_str a, struct bw_str b);

/* Equal but for the case of ASCII letters. */
bool bw_str_eq_nocase(struct bw_str a, struct bw_str b);

bool bw_str_starts(struct bw_str s, struct bw_str prefix);
bool bw_str_ends(struct bw_str s, struct bw_str suffix);

/* s[from..), or empty where from is past the end. */
struct bw_str bw_str_from(struct bw_str s, size_t from);

/* s[0..n), or s where it is shorter. */
struct bw_str bw_str_take(struct bw_str s, size_t n);

/* The index of the first / last byte c, or SIZE_MAX. */
size_t bw_str_find(struct bw_str s, char c);
size_t bw_str_rfind(struct bw_str s, char c);

/* The index of the first occurrence of needle, or SIZE_MAX. The empty needle is at 0. */
size_t bw_str_find_str(struct bw_str s, struct bw_str needle);

/* Without leading and trailing blanks (space, \t, \r, \n, \v, \f). */
struct bw_str bw_str_trim(struct bw_str s);

/*
 * Cuts the piece before the first `sep` off *rest. Returns false when *rest is used up.
 * "a,,b" gives "a", "", "b"; "a," gives "a", ""; an
 * empty slice gives one empty piece, and nothing where its p is NULL.
 *     struct bw_str rest = s, part;
 *     while (bw_str_split(&rest, ',', &part)) ...
 * After the last piece rest->p is NULL.
 */
bool bw_str_split(struct bw_str *rest, char sep, struct bw_str *ret_part);

/* As bw_str_split at '\n', with a final "\r" taken off and no empty line after the last '\n'. */
bool bw_str_line(struct bw_str *rest, struct bw_str *ret_line);

/* Decimal digits only, no sign, no blanks; false on anything else or on overflow. */
bool bw_str_to_u64(struct bw_str s, uint64_t *ret_value);

/* A number of bytes: "4096", "512K", "64M", "16G", "1T" (powers of 1024). false when it is none. */
bool bw_str_to_size(struct bw_str s, uint64_t *ret_bytes);

/* FNV-1a with a final mix; not keyed: tables over hostile input are bounded by their maximum. */
uint64_t bw_str_hash(struct bw_str s);

/* True for well-formed UTF-8 (RFC 3629: no surrogates, nothing over U+10FFFF, shortest form). */
bool bw_str_is_utf8(struct bw_str s);

#endif
