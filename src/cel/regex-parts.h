/*
 * regex-parts.h: what the parts of the regular expressions share; for src/cel/regex-*.c alone.
 *
 * A pattern is parsed into a tree of nodes over sets of characters, and the tree is written out as
 * steps (Thompson's construction, in Pike's form). Characters that no set of the pattern tells
 * apart share a column; steps, automaton and matcher know columns alone.
 */
#ifndef BW_CEL_REGEX_PARTS_H
#define BW_CEL_REGEX_PARTS_H

#include "cel/regex.h"

#define RUNE_MAX 0x10ffffu

struct range {
    uint32_t lo, hi; /* both are in it */
};

/* A set of characters. Cleaned: in order, and no range touches the next. */
struct set {
    struct range *v;
    uint32_t n, cap;
};

/* --- sets (regex-set.c): -1 where memory is short or there are too many ranges --- */

int bw_set_add(struct bw_arena *arena, struct set *set, uint32_t lo, uint32_t hi) BW_MUST_USE;
int bw_set_join(struct bw_arena *arena, struct set *set, const struct set *more) BW_MUST_USE;
void bw_set_clean(struct set *set);
int bw_set_negate(struct bw_arena *arena, struct set *set) BW_MUST_USE; /* of a cleaned one */
int bw_set_fold(struct bw_arena *arena, struct set *set) BW_MUST_USE;   /* adds the other cases */

/* Adds a class by its name: "d", "s", "w" (Perl's), ":alpha:" (POSIX's), a general category or a
 * script. 1: there is none of that name. */
int bw_set_add_perl(struct bw_arena *arena, struct set *set, char name) BW_MUST_USE;
int bw_set_add_posix(struct bw_arena *arena, struct set *set, struct bw_str name) BW_MUST_USE;
int bw_set_add_unicode(struct bw_arena *arena, struct set *set, struct bw_str name) BW_MUST_USE;

/* --- tables (regex-table.c, written by tools/regex-table) --- */

struct bw_regex_fold {
    uint32_t lo, hi, stride; /* lo, lo + stride, ..., hi */
    int32_t delta; /* to the next character of the same letter; the last leads to the first */
};

struct bw_regex_class {
    char name[24];
    uint32_t first, n; /* in bw_regex_ranges */
};

extern const struct bw_regex_fold bw_regex_folds[]; /* in the order of lo */
extern const size_t bw_regex_folds_n;
extern const struct bw_regex_class bw_regex_classes[]; /* in byte order of their names */
extern const size_t bw_regex_classes_n;
extern const struct range bw_regex_ranges[];

/* --- the tree --- */

enum node_kind {
    NODE_EMPTY,
    NODE_SET,
    NODE_ASSERT,
    NODE_GROUP,
    NODE_CAT,
    NODE_ALT,
    NODE_REPEAT
};

#define REPEAT_INFINITE UINT32_MAX

struct node {
    enum node_kind kind;
    bool lazy;               /* REPEAT: prefers less */
    uint32_t min, max;       /* REPEAT */
    uint32_t weight;         /* greatest product of counted repetitions in each other */
    uint32_t group;          /* GROUP: its number */
    uint32_t assertion;      /* ASSERT: an ASSERT_ bit */
    struct set set;          /* SET */
    struct node *sub, *last; /* first child, last child */
    struct node *next;       /* of the same parent */
};

#define ASSERT_BEGIN_LINE  1u
#define ASSERT_END_LINE    2u
#define ASSERT_BEGIN_TEXT  4u
#define ASSERT_END_TEXT    8u
#define ASSERT_WORD        16u
#define ASSERT_NO_WORD     32u
#define ASSERT_ALL         63u
#define ASSERT_ABOUT_LINES (ASSERT_BEGIN_LINE | ASSERT_END_LINE)
#define ASSERT_ABOUT_WORDS (ASSERT_WORD | ASSERT_NO_WORD)

/* regex-parse.c; ret_groups counts the whole, too. */
int bw_regex_parse(struct bw_str pattern, struct bw_arena *arena, struct node **ret_tree,
                   uint32_t *ret_groups, struct bw_err *err) BW_MUST_USE;

/* --- the program --- */

enum step_kind {
    STEP_FAIL,
    STEP_MATCH,
    STEP_NOP,
    STEP_ALT,    /* out, then arg */
    STEP_SAVE,   /* the position in slot arg */
    STEP_ASSERT, /* arg: an ASSERT_ bit */
    STEP_COLUMN, /* a character of column arg */
    STEP_SET,    /* a character of a column in set arg */
};

struct step {
    uint32_t kind, out, arg;
};

/* What a character is to assertions. EDGE: there is none, the text begins or ends. */
enum column_kind {
    COLUMN_OTHER,
    COLUMN_NEWLINE,
    COLUMN_WORD,
    COLUMN_EDGE,
    COLUMN_KINDS
};

struct column_range {
    uint32_t lo; /* up to the next one's */
    uint32_t column;
};

/* What the automaton answers instead of a state. */
#define STATE_NO    0u
#define STATE_YES   1u
#define STATE_FIRST 2u

/* All offsets count from the header, in bytes. */
struct bw_cel_regex {
    uint32_t magic, size;
    uint32_t steps_n, start, groups;
    uint32_t columns_n, ranges_n, sets_n;
    uint32_t assertions; /* the ASSERT_ bits that it asks for */
    uint32_t anchored;   /* 1: it matches at the begin of the text alone */
    uint32_t states_n;   /* of the automaton, STATE_NO and STATE_YES included; 0: there is none */
    uint32_t steps, ranges, sets, kinds, states;
    uint16_t ascii[128]; /* columns */
};

#define BW_REGEX_MAGIC 0x31786572u

static inline const struct step *regex_steps(const struct bw_cel_regex *regex)
{
    return (const struct step *)((const char *)regex + regex->steps);
}

static inline const struct column_range *regex_ranges(const struct bw_cel_regex *regex)
{
    return (const struct column_range *)((const char *)regex + regex->ranges);
}

/* A byte a column: enum column_kind. */
static inline const uint8_t *regex_kinds(const struct bw_cel_regex *regex)
{
    return (const uint8_t *)regex + regex->kinds;
}

/* A row a state: the next state by column, and last what the end of the text answers. */
static inline const uint16_t *regex_states(const struct bw_cel_regex *regex)
{
    return (const uint16_t *)((const char *)regex + regex->states);
}

static inline uint32_t regex_set_words(const struct bw_cel_regex *regex)
{
    return (regex->columns_n + 31) / 32;
}

/* A bit a column. */
static inline bool regex_set_has(const struct bw_cel_regex *regex, uint32_t set, uint32_t column)
{
    const uint32_t *sets = (const uint32_t *)((const char *)regex + regex->sets);
    return sets[(size_t)set * regex_set_words(regex) + column / 32] >> column % 32 & 1;
}

static inline bool regex_step_takes(const struct bw_cel_regex *regex, const struct step *step,
                                    uint32_t column)
{
    if (step->kind == STEP_COLUMN)
        return step->arg == column;
    return step->kind == STEP_SET && regex_set_has(regex, step->arg, column);
}

/* Whether a thread goes on from the step to `out` without a character, where those assertions hold.
 */
static inline bool regex_step_passes(const struct step *step, uint32_t holds)
{
    return step->kind == STEP_NOP || step->kind == STEP_ALT || step->kind == STEP_SAVE ||
           (step->kind == STEP_ASSERT && step->arg & holds);
}

/* The assertions that hold between two characters. */
static inline uint32_t regex_holds(enum column_kind before, enum column_kind after)
{
    uint32_t holds =
        (before == COLUMN_WORD) != (after == COLUMN_WORD) ? ASSERT_WORD : ASSERT_NO_WORD;
    if (before == COLUMN_EDGE)
        holds |= ASSERT_BEGIN_TEXT | ASSERT_BEGIN_LINE;
    if (before == COLUMN_NEWLINE)
        holds |= ASSERT_BEGIN_LINE;
    if (after == COLUMN_EDGE)
        holds |= ASSERT_END_TEXT | ASSERT_END_LINE;
    if (after == COLUMN_NEWLINE)
        holds |= ASSERT_END_LINE;
    return holds;
}

/* The character at p, and how many bytes it takes; U+FFFD and 1 for what is no UTF-8. p < end. */
uint32_t bw_regex_rune(const char *p, const char *end, uint32_t *ret_size);

uint32_t bw_regex_column(const struct bw_cel_regex *regex, uint32_t rune);

/* Columns and sets for the nodes of a tree (regex-column.c). */
struct columns {
    uint32_t n, ranges_n, sets_n, set_words;
    struct column_range *ranges; /* from character 0 on */
    uint8_t *kinds;
    uint32_t *sets;
};

/* What a set became: a column of its own, a set of several, or nothing at all. */
struct column_set {
    enum step_kind kind;
    uint32_t arg;
};

int bw_regex_columns(const struct set *const *sets, uint32_t n, uint32_t assertions,
                     struct bw_arena *arena, struct columns *ret_columns,
                     struct column_set *ret_sets, struct bw_err *err) BW_MUST_USE;

/* The automaton of a program without one (regex-automaton.c): rows for `states`, in the arena.
 * *ret_n is 0 where it would be too large. */
int bw_regex_automaton(const struct bw_cel_regex *regex, struct bw_arena *arena,
                       uint16_t **ret_rows, uint32_t *ret_n, struct bw_err *err) BW_MUST_USE;

#endif
