/*
 * shell.h: the commands of a shell script, without running it: POSIX sh (Shell Command Language,
 * XCU chapter 2) and what bash adds.
 *
 * What comes out is no syntax tree but a list: every simple command in the order of the text, with
 * what stands around it said in flags. It looks through wrappers (sudo, env X=1, exec, xargs ...),
 * into $( ) and backquotes, and into scripts that are arguments or here-documents of a shell
 * (bash -c '...', eval "...", sh <<EOF).
 *
 * Nothing is expanded. A script that is not understood as a whole gives the commands that were, and
 * `unparsed` says so.
 */
#ifndef BW_EXTRACT_SHELL_H
#define BW_EXTRACT_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/str.h"
#include "extract/text-map.h"

/* Constructs within each other ($( ), ( ), if, quotes ...), scripts within scripts, commands of one
 * script, words of one command. */
#define BW_SHELL_DEPTH_MAX    100u
#define BW_SHELL_SCRIPTS_MAX  8u
#define BW_SHELL_COMMANDS_MAX ((size_t)20000)
#define BW_SHELL_WORDS_MAX    ((size_t)100000)

/* `at` is everywhere the byte of the source where it begins: what the spans say. */
struct bw_shell_word {
    struct bw_str text; /* quotes removed; an expansion stays as it is written: "$x" */
    size_t at;
    bool expands; /* holds an expansion: it is something else when the script runs */
};

struct bw_shell_assignment {
    struct bw_str name, value;
    size_t at;
};

struct bw_shell_redirect {
    struct bw_str op;     /* ">", "2>&1" is ">&" with fd 2 and target "1" */
    struct bw_str target; /* of a here-document its delimiter */
    int fd;               /* 0 or 1 where none is written */
    size_t at;
};

struct bw_shell_command {
    struct bw_str
        name; /* the last component of path; empty for assignments and redirections alone */
    struct bw_str path; /* the command word */
    size_t at;
    const struct bw_shell_word *args;
    size_t args_n;
    const struct bw_str *wrappers; /* names of what it is run by, outermost first */
    size_t wrappers_n;
    const struct bw_shell_assignment *assignments;
    size_t assignments_n;
    const struct bw_shell_redirect *redirects;
    size_t redirects_n;
    const char *op;             /* what follows it: "&&", "||", ";", "|", "&" or "" */
    uint32_t pipe, pipe_length; /* its position in its pipeline, from 0, of so many */
    uint32_t depth;    /* 0: of the script itself; in a subshell, loop, `bash -c` ... more */
    bool conditional;  /* in if, while or case, or behind && or || */
    bool substitution; /* within $( ) or backquotes */
    bool pipefail;     /* `set -o pipefail` is in force */
};

struct bw_shell_text {
    struct bw_str text;
    const struct bw_text_spans *spans; /* of the text; NULL: it is the source */
    size_t base;                       /* of the text in what the spans are about */
    bool pipefail;                     /* in force from the beginning */
};

struct bw_shell_script {
    const struct bw_shell_command *commands;
    size_t commands_n;
    struct bw_str interpreter; /* of a script that is a here-document alone and begins with #! */
    const char *unparsed;      /* why something was not understood; NULL: all was */
    bool limit;                /* it was one of the limits above, and the rest was not read */
    size_t unparsed_at;
};

/* Everything is the arena's. Always succeeds, but the arena may become full: false then. Time and
 * memory are linear in the length of the text. */
bool bw_shell_parse(const struct bw_shell_text *text, struct bw_arena *arena,
                    struct bw_shell_script *ret_script) BW_MUST_USE;

/* The same for a command whose words are known: the exec form of an instruction. They are strings
 * of a JSON list in the text, and `at` is the byte of the text that each begins with (without
 * quotes).
 */
bool bw_shell_exec(const struct bw_shell_text *text, const struct bw_shell_word *words, size_t n,
                   struct bw_arena *arena, struct bw_shell_script *ret_script) BW_MUST_USE;

/* The last component of a path. */
struct bw_str bw_shell_basename(struct bw_str path);

/* Whether that is the name of a shell that is read here. */
bool bw_shell_is_shell(struct bw_str name);

#endif
