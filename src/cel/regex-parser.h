/*
 * regex-parser.h: what the two files of the parser of regular expressions share; for
 * src/cel/regex-parse.c and src/cel/regex-class.c alone.
 */
#ifndef BW_CEL_REGEX_PARSER_H
#define BW_CEL_REGEX_PARSER_H

#include "cel/regex-parts.h"

#define RANGES_MAX 131072u

#define FLAG_FOLD  1u /* i */
#define FLAG_LINES 2u /* m */
#define FLAG_DOT   4u /* s */
#define FLAG_LAZY  8u /* U */

struct open_group {
    struct node *group;   /* GROUP, or NULL for one that captures nothing */
    struct node *choice;  /* ALT: the alternatives before this one; NULL: this is the first */
    struct node *current; /* CAT */
    unsigned flags;       /* to be had again behind it */
};

struct parser {
    struct bw_arena *arena;
    struct bw_str pattern;
    const char *p, *end;
    struct bw_err *err;
    int rc; /* the first failure */
    unsigned flags;
    uint32_t groups, depth;
    uint32_t ranges;        /* of all sets together */
    const char *repetition; /* what stood just before was one, and began here */
    struct open_group open[BW_CEL_REGEX_DEPTH_MAX + 1];
};

/* The first failure stays. */
void bw_regex_fail(struct parser *parser, const char *what, const char *begin, const char *end);
void bw_regex_fail_memory(struct parser *parser);

static inline bool at_end(const struct parser *parser)
{
    return parser->p == parser->end;
}

static inline bool looking_at(const struct parser *parser, const char *literal)
{
    return bw_str_starts(bw_str_n(parser->p, (size_t)(parser->end - parser->p)), bw_str(literal));
}

static inline uint32_t next_rune(struct parser *parser)
{
    uint32_t size;
    uint32_t rune = bw_regex_rune(parser->p, parser->end, &size);
    parser->p += size;
    return rune;
}

static inline bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_letter(uint32_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* --- regex-class.c --- */

void bw_regex_add_range(struct parser *parser, struct set *set, uint32_t lo, uint32_t hi);

/* Of a set that was made: sorting and folding takes time by the range. */
void bw_regex_count_ranges(struct parser *parser, const struct set *set);

/* The character that a backslash and what is behind it stand for. */
uint32_t bw_regex_escape(struct parser *parser);

/* Adds \d \D \s \S \w \W, or \pL \p{Greek} \P{^Greek}; false where there is none. */
bool bw_regex_perl(struct parser *parser, struct set *set);
bool bw_regex_unicode(struct parser *parser, struct set *set);

/* [...], but for the other cases of its characters, and not turned round. */
void bw_regex_class(struct parser *parser, struct set *ret_set, bool *ret_negated);

#endif
