/*
 * dockerfile-syntax.h: one instruction of a Dockerfile: its keyword, flags and arguments, each with
 * its place in the logical line. Nothing is expanded and no meaning is given to anything; as
 * BuildKit's parser does (frontend/dockerfile/parser/line_parsers.go), oddities included.
 */
#ifndef BW_EXTRACT_DOCKERFILE_SYNTAX_H
#define BW_EXTRACT_DOCKERFILE_SYNTAX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Words of one instruction, and here-documents. */
#define BW_DOCKERFILE_WORDS_MAX    ((size_t)100000)
#define BW_DOCKERFILE_HEREDOCS_MAX ((size_t)100)

/* In the order of bw_dockerfile_keywords. */
enum bw_dockerfile_keyword {
    BW_DOCKERFILE_ADD,
    BW_DOCKERFILE_ARG,
    BW_DOCKERFILE_CMD,
    BW_DOCKERFILE_COPY,
    BW_DOCKERFILE_ENTRYPOINT,
    BW_DOCKERFILE_ENV,
    BW_DOCKERFILE_EXPOSE,
    BW_DOCKERFILE_FROM,
    BW_DOCKERFILE_HEALTHCHECK,
    BW_DOCKERFILE_LABEL,
    BW_DOCKERFILE_MAINTAINER,
    BW_DOCKERFILE_ONBUILD,
    BW_DOCKERFILE_RUN,
    BW_DOCKERFILE_SHELL,
    BW_DOCKERFILE_STOPSIGNAL,
    BW_DOCKERFILE_USER,
    BW_DOCKERFILE_VOLUME,
    BW_DOCKERFILE_WORKDIR,
    BW_DOCKERFILE_UNKNOWN,
};
extern const char *const bw_dockerfile_keywords[BW_DOCKERFILE_UNKNOWN]; /* upper case */

/* Slices are of the line, or of the arena where what is meant is not what is written. */
struct bw_dockerfile_word {
    struct bw_str text;
    uint32_t at;       /* where it begins in the line */
    bool is_json;      /* a string in JSON quotes, which `at` is behind */
    bool as_it_stands; /* the text is the line's bytes from `at` on */
};
BW_VEC_TYPE(bw_dockerfile_words, struct bw_dockerfile_word);

struct bw_dockerfile_heredoc {
    struct bw_str name, body;
    bool expand; /* its delimiter is not quoted */
    bool chomp;  /* "<<-": tabs at the beginning of lines do not count */
};
BW_VEC_TYPE(bw_dockerfile_heredocs, struct bw_dockerfile_heredoc);

struct bw_dockerfile_instruction {
    enum bw_dockerfile_keyword keyword;
    struct bw_dockerfile_word original; /* the keyword as it is written */
    struct bw_dockerfile_word onbuild;  /* the ONBUILD before it, as it is written; else empty */
    struct bw_dockerfile_word text;     /* what follows the keyword */
    struct bw_dockerfile_word rest;     /* what follows the flags */
    bool json;                          /* the arguments are a JSON list */
    bool legacy;                        /* ENV and LABEL: "NAME VALUE" */
    struct bw_dockerfile_words flags;   /* with their "--" */
    struct bw_dockerfile_words args;    /* of ENV and LABEL: name, value, name, value ... */
    struct bw_dockerfile_heredocs heredocs; /* their bodies are the caller's to fill in */
};

/* Takes a zeroed instruction or one that was used before, whose memory then serves again. The line
 * outlives the instruction. BW_EFORMAT for arguments that the keyword does not allow: keyword and
 * text are set even so. An unknown keyword is none of these: it has no arguments. BW_ELIMIT. */
int bw_dockerfile_parse(struct bw_dockerfile_instruction *instruction, struct bw_str line,
                        char escape, struct bw_arena *arena, struct bw_err *err) BW_MUST_USE;
void bw_dockerfile_instruction_free(struct bw_dockerfile_instruction *instruction);

/* Words at blanks that no quotes and no escape character protect; both stay in them. `at` is added
 * to their places. */
int bw_dockerfile_words(struct bw_str text, uint32_t at, char escape,
                        struct bw_dockerfile_words *words, struct bw_err *err) BW_MUST_USE;

#endif
