/*
 * dockerfile-build.h: the state of one Dockerfile on its way to an object; shared by the parts of
 * the reader dockerfile. The shape of the object is policies/schema/dockerfiles.json.
 */
#ifndef BW_EXTRACT_DOCKERFILE_BUILD_H
#define BW_EXTRACT_DOCKERFILE_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/value.h"
#include "extract/dockerfile-expand.h"
#include "extract/dockerfile-lines.h"
#include "extract/dockerfile-syntax.h"
#include "extract/document.h"
#include "extract/text-map.h"

/* What more a file has of these is a gap. */
#define BW_DOCKERFILE_INSTRUCTIONS_MAX 10000u
#define BW_DOCKERFILE_STAGES_MAX       1000u
#define BW_DOCKERFILE_WARNINGS_MAX     1000u
#define BW_DOCKERFILE_BAD_MAX          1000u

/* Bytes of all expanded words of a file. */
#define BW_DOCKERFILE_EXPANDED_MAX ((size_t)64 << 20)

/* Comment lines before one instruction that are kept. */
#define BW_DOCKERFILE_COMMENTS_MAX 32u

struct bw_dockerfile_stage {
    struct bw_str name, original; /* lower case, and as it is written; empty where it has none */
    struct bw_value from;         /* map: the FROM's */
    struct bw_value instructions; /* list */
    int parent;                   /* the stage that it is from, -1 where it is from an image */
    bool scratch;                 /* it stands on nothing, at the end of its parents */
    bool used;
    bool entrypoint_set, cmd_set;      /* here, not by a parent */
    struct bw_value env, labels, args; /* maps */
    struct bw_value user, root, workdir, entrypoint, cmd, shell, healthcheck, exposed;
    uint32_t place;
    BW_VEC_TYPE(bw_dockerfile_sources, uint32_t) sources; /* stages that it copies from, mounts */
};

struct bw_dockerfile_build {
    struct bw_reading *reading;
    struct bw_value_maker *make; /* the reading's */
    struct bw_text_map map;
    struct bw_dockerfile_lines lines;
    struct bw_value directives, instructions, warnings, global_args;
    BW_VEC_TYPE(bw_dockerfile_stages, struct bw_dockerfile_stage) stages;
    bool limit_told, shell_told; /* gaps that are told once */
    uint32_t read, bad;          /* instructions, and gaps about them */
    uint32_t strangers;          /* lines that begin with no instruction */

    /* the instruction at hand */
    struct bw_dockerfile_line line;
    struct bw_dockerfile_instruction it;
    bool expand;               /* variables have values: it is not for another build (ONBUILD) */
    struct bw_value undefined; /* list: variables that it uses and nobody sets in this file */

    /* expansion */
    struct bw_buf word;
    size_t expanded;
    char unknown[128]; /* why the last value was not known */

    /* comments */
    struct bw_str comments[BW_DOCKERFILE_COMMENTS_MAX]; /* before the instruction */
    size_t comments_n;
    BW_VEC_TYPE(bw_dockerfile_waits, struct bw_ignore) waiting; /* for the next instruction */
    struct bw_str pragma_shell; /* "# hadolint shell=bash": what SHELL does not say */

    /* .dockerignore */
    bool ignore_asked;
    struct bw_str ignore_text; /* p is NULL where there is none */
    size_t ignore_steps;       /* that comparing took so far */
};

/* --- values: dockerfile-value.c --- */

/* The place of byte `at` of the line at hand. */
uint32_t bw_dockerfile_place(struct bw_dockerfile_build *build, size_t at);

/* The place of a byte of the file. */
uint32_t bw_dockerfile_source_place(struct bw_dockerfile_build *build, size_t source);

/* A string, and what a word says as it is written. */
struct bw_value bw_dockerfile_text(struct bw_dockerfile_build *build, struct bw_str text,
                                   uint32_t place);
struct bw_value bw_dockerfile_raw(struct bw_dockerfile_build *build,
                                  const struct bw_dockerfile_word *word);

/* The text with variables and quotes expanded; `at` is its place in the line. A STRING, or UNKNOWN
 * where it depends on what nobody knows or cannot be expanded (a gap). */
struct bw_value bw_dockerfile_expanded(struct bw_dockerfile_build *build, struct bw_str text,
                                       size_t at);

/* As bw_dockerfile_expanded; the bytes, with BW_EXPAND_UNKNOWN where a value is not known, are in
 * build->word. false where it cannot be expanded. */
bool bw_dockerfile_expand(struct bw_dockerfile_build *build, struct bw_str text);

/* A piece of what a text expanded to: a STRING, or UNKNOWN where it holds BW_EXPAND_UNKNOWN. */
struct bw_value bw_dockerfile_value(struct bw_dockerfile_build *build, struct bw_str piece,
                                    uint32_t place);

/* Adds the words that a text expands to. */
void bw_dockerfile_expand_words(struct bw_dockerfile_build *build,
                                const struct bw_dockerfile_word *word, struct bw_value *list);

/* An UNKNOWN(MISSING) with build->unknown for its reason. */
struct bw_value bw_dockerfile_unknown(struct bw_dockerfile_build *build, uint32_t place);

/* The value of a flag "--name=value", as it is written; false where the flag is not there. */
bool bw_dockerfile_flag(const struct bw_dockerfile_build *build, const char *name,
                        struct bw_str *ret_value, size_t *ret_at);

/* Some of the instruction at hand cannot be told: a blocking gap. */
void bw_dockerfile_bad(struct bw_dockerfile_build *build, const char *why, ...) BW_PRINTF(2, 3);

/* It is told whole, though no builder takes it: a note. */
void bw_dockerfile_refused(struct bw_dockerfile_build *build, const char *why, ...) BW_PRINTF(2, 3);

/* A warning by the name that BuildKit's checks have for it. */
void bw_dockerfile_warn(struct bw_dockerfile_build *build, const char *rule, const char *message,
                        ...) BW_PRINTF(3, 4);

/* --- instructions: dockerfile-instruction.c, dockerfile-from.c, dockerfile-copy.c,
 * dockerfile-run.c. Each sets members of the instruction's map and changes the stage. --- */

void bw_dockerfile_add_instruction(struct bw_dockerfile_build *build);
/* A new stage, its `from` and the arguments; ABSENT where it names no image. */
struct bw_value bw_dockerfile_from(struct bw_dockerfile_build *build, struct bw_value *instruction);
/* false where there is not enough of it. */
bool bw_dockerfile_copy(struct bw_dockerfile_build *build, struct bw_value *instruction,
                        struct bw_value args);
void bw_dockerfile_run(struct bw_dockerfile_build *build, struct bw_value *instruction);

/* A command as a value. */
struct bw_shell_command;
struct bw_value bw_dockerfile_command(struct bw_dockerfile_build *build,
                                      const struct bw_shell_command *command);

/* Whether .dockerignore keeps a source of COPY out of the build. */
bool bw_dockerfile_is_ignored(struct bw_dockerfile_build *build, struct bw_str source);

/* --- stages: dockerfile-stage.c --- */

/* The stage at hand, or NULL before the first FROM and under ONBUILD. */
struct bw_dockerfile_stage *bw_dockerfile_stage(struct bw_dockerfile_build *build);

/* The stage of that name, or -1. */
int bw_dockerfile_stage_named(const struct bw_dockerfile_build *build, struct bw_str name);

/* The stage of a COPY --from or a mount's from, by name or number, and notes that it is used; -1
 * where it is none. */
int bw_dockerfile_source_stage(struct bw_dockerfile_build *build, struct bw_str name);

/* "FROM build-$TARGETARCH" may be from any stage whose name begins and ends like that. */
void bw_dockerfile_stage_may_use(struct bw_dockerfile_build *build, struct bw_str written);

/* A new one, from stage `parent` or an image. NULL at the maximum. */
struct bw_dockerfile_stage *bw_dockerfile_stage_begin(struct bw_dockerfile_build *build, int parent,
                                                      bool scratch);

/* What an instruction does to the configuration of its stage. */
void bw_dockerfile_stage_apply(struct bw_dockerfile_build *build, struct bw_value instruction);

/* All stages, and the view of the last one as a Pod, which is added for object `of`. */
struct bw_value bw_dockerfile_stage_values(struct bw_dockerfile_build *build);
void bw_dockerfile_pod(struct bw_dockerfile_build *build, uint32_t of);

/* --- comments: dockerfile-comment.c --- */

/* A comment without its '#'. */
void bw_dockerfile_comment(struct bw_dockerfile_build *build, struct bw_str text, uint32_t line);
void bw_dockerfile_check_directive(struct bw_dockerfile_build *build, struct bw_str value,
                                   uint32_t line);

/* What waits is for these lines. */
void bw_dockerfile_comments_end(struct bw_dockerfile_build *build, uint32_t first, uint32_t last);

#endif
