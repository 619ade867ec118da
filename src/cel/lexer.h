/*
 * lexer.h: the words of an expression (langdef.md, "Syntax"); for the files of src/cel/ alone.
 */
#ifndef BW_CEL_LEXER_H
#define BW_CEL_LEXER_H

#include "base/arena.h"
#include "base/str.h"
#include "base/value.h"

enum bw_cel_word {
    BW_CEL_W_END,
    BW_CEL_W_WRONG,       /* no word: `wrong` says why */
    BW_CEL_W_NAME,        /* also a reserved word; not "true", "false", "null", "in" */
    BW_CEL_W_QUOTED_NAME, /* `a-b`, the text without its quotes */
    BW_CEL_W_INT,
    BW_CEL_W_UINT,
    BW_CEL_W_DOUBLE,
    BW_CEL_W_STRING, /* with its prefix and quotes */
    BW_CEL_W_BYTES,
    BW_CEL_W_TRUE,
    BW_CEL_W_FALSE,
    BW_CEL_W_NULL,
    BW_CEL_W_IN,
    BW_CEL_W_AND,
    BW_CEL_W_OR,
    BW_CEL_W_EQ,
    BW_CEL_W_NE,
    BW_CEL_W_LE,
    BW_CEL_W_GE,
    BW_CEL_W_SIGN, /* any other: one character, in text */
};

struct bw_cel_token {
    enum bw_cel_word word;
    uint32_t offset;
    struct bw_str text;
    const char *wrong;
};

struct bw_cel_lexer {
    struct bw_str source;
    size_t at;
};

/* The next word; after the last one END for ever. */
struct bw_cel_token bw_cel_lex(struct bw_cel_lexer *lexer);

/* Whether a name is reserved for host languages and so is none of a variable or function. */
bool bw_cel_is_reserved(struct bw_str name);

/* The value of a STRING or BYTES word, escapes decoded, in the maker's arena. ABSENT with
 * *ret_wrong and *ret_at (bytes into the word) where it has a wrong escape; ABSENT with *ret_wrong
 * NULL where the arena has no more. */
struct bw_value bw_cel_literal_text(struct bw_value_maker *make, const struct bw_cel_token *token,
                                    const char **ret_wrong, size_t *ret_at);

/* The value of a number's word, its sign included; ABSENT where it is out of range. */
struct bw_value bw_cel_literal_number(const struct bw_cel_token *token, bool negative);

#endif
