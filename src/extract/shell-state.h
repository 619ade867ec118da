/*
 * shell-state.h: what the parts of the shell parser share.
 */
#ifndef BW_EXTRACT_SHELL_STATE_H
#define BW_EXTRACT_SHELL_STATE_H

#include "base/buf.h"
#include "base/vec.h"
#include "extract/shell.h"

#define BW_SHELL_PENDING_MAX 32u

/* Of the whole script, with all scripts in it. The vectors are stacks: who pushes takes off. */
struct bw_shell {
    struct bw_arena *arena;
    BW_VEC_TYPE(bw_shell_commands, struct bw_shell_command) commands; /* not a stack: the result */
    BW_VEC_TYPE(bw_shell_words, struct bw_shell_part) words;
    BW_VEC_TYPE(bw_shell_assignments, struct bw_shell_assignment) assignments;
    BW_VEC_TYPE(bw_shell_redirects, struct bw_shell_redirect) redirects;
    BW_VEC_TYPE(bw_shell_pipes, uint32_t) pipes;
    struct bw_buf scratch; /* words while they are read */
    size_t budget;         /* bytes that may still be read once more, as scripts in scripts */
    struct bw_str interpreter;
    const char *unparsed;
    size_t unparsed_at;
    bool limit;
    bool full; /* the arena is: nothing counts any more */
};

/* A word with where it stands in the parser's text. */
struct bw_shell_part {
    struct bw_shell_word word;
    size_t start, end;
    bool quoted;      /* some of it is in quotes: it is no keyword */
    bool substitutes; /* holds a substitution whose commands are known already */
};

/* What holds for the commands at a place. */
struct bw_shell_context {
    uint32_t depth;
    bool conditional, substitution;
    bool *pipefail; /* of the shell that runs them */
};

/* A here-document whose body has not come yet. */
struct bw_shell_pending {
    struct bw_str name;
    bool chomp, quoted;
    bool script; /* the body is run by a shell */
    bool alone;  /* nothing else is on the line: a #! counts */
    bool pipefail;
    struct bw_shell_context context; /* but its pipefail */
};

struct bw_shell_parser {
    struct bw_shell *shell;
    struct bw_str text;
    const struct bw_text_spans *spans;
    size_t base, at;
    struct bw_text_spans *record; /* where the bytes of a word come from; NULL: nobody asks */
    size_t record_base;           /* where the word begins in scratch */
    unsigned nested, scripts;
    bool quiet;       /* commands are known already, or not wanted */
    bool substituted; /* those of substitutions are */
    bool failed;      /* stop, up to the list of the script */
    struct bw_shell_pending pending[BW_SHELL_PENDING_MAX];
    size_t pending_n;
};

/* --- shell-parse.c --- */

/* A list up to what no command begins with: the end, ')', '}', "done", ... */
void bw_shell_list(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* All of the parser's text. What is not understood is skipped up to the next command. */
void bw_shell_all(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* --- shell-token.c --- */

/* Notes why something is not understood, or not read. */
void bw_shell_note(struct bw_shell_parser *parser, const char *why, bool limit);

/* Notes it and stops the parser. */
void bw_shell_fail(struct bw_shell_parser *parser, const char *why);

/* A limit: nothing more of the parser's text is read. */
void bw_shell_stop(struct bw_shell_parser *parser, const char *why);

size_t bw_shell_source(const struct bw_shell_parser *parser, size_t at);

static inline int bw_shell_peek(const struct bw_shell_parser *parser, size_t ahead)
{
    return parser->at + ahead < parser->text.n ? (uint8_t)parser->text.p[parser->at + ahead] : -1;
}

/* Counts one more construct; false at the limit. Who leaves it takes one off parser->nested. */
bool bw_shell_enter(struct bw_shell_parser *parser);

/* A parser for a script in this one's; false at a limit (which is noted). */
bool bw_shell_inner(struct bw_shell_parser *parser, struct bw_str text,
                    const struct bw_text_spans *spans, size_t base,
                    struct bw_shell_parser *ret_inner);

/* Blanks, continued lines, and a comment. */
void bw_shell_skip_blanks(struct bw_shell_parser *parser);

/* The end of a line, behind which the bodies of its here-documents are read. */
bool bw_shell_take_newline(struct bw_shell_parser *parser);
void bw_shell_skip_newlines(struct bw_shell_parser *parser);

bool bw_shell_at_keyword(const struct bw_shell_parser *parser, const char *keyword);
bool bw_shell_take_keyword(struct bw_shell_parser *parser, const char *keyword);

/* As bw_shell_take_keyword, on a line of its own maybe; fails where it is not there. */
void bw_shell_want_keyword(struct bw_shell_parser *parser, const char *keyword);

/* Whether what ends a list without being part of it is here. */
bool bw_shell_at_list_end(const struct bw_shell_parser *parser);

/* --- shell-simple.c --- */

/* A simple command, or the test [[ ]]: its index, or -1. */
int bw_shell_simple_command(struct bw_shell_parser *parser, const struct bw_shell_context *context);
int bw_shell_test_command(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* A redirection onto the stack of them. */
bool bw_shell_take_redirect(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* --- shell-compound.c --- */

/* Any command: the index of a simple one, or -1. */
int bw_shell_command(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* The command behind "name()". */
void bw_shell_function_body(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* --- shell-word.c --- */

/* The word at the parser's place, or false where none begins there. */
bool bw_shell_word(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                   struct bw_shell_part *ret_part);

/* A list up to its ')', behind "$(" or "<(". */
void bw_shell_substitution(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* "((" at the parser's place up to its "))"; false, and the place unchanged, where it is no
 * arithmetic. */
bool bw_shell_arithmetic(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* Substitutions in the parser's text, which is a here-document. */
void bw_shell_expansions(struct bw_shell_parser *parser, const struct bw_shell_context *context);

/* --- shell-wrapper.c --- */

/* The command behind wrappers: the index of its word among n; their names are put into names. */
#define BW_SHELL_WRAPPERS_MAX 16u
size_t bw_shell_unwrap(const struct bw_shell_part *parts, size_t n, struct bw_str *names,
                       size_t *ret_names);

/* --- shell-command.c --- */

/* A simple command of what lies on the stacks from these heights on, and the scripts in it. Returns
 * its index, or -1 where there is none. */
struct bw_shell_simple {
    size_t words, assignments, redirects, pending;
};
int bw_shell_emit(struct bw_shell_parser *parser, const struct bw_shell_context *context,
                  const struct bw_shell_simple *simple);

/* A body that is a script. */
void bw_shell_heredoc_script(struct bw_shell_parser *parser, const struct bw_shell_pending *pending,
                             struct bw_str body, size_t at);

#endif
