/*
 * image.h: the tables of a program while it is compiled; for the compiler alone. See program.h.
 *
 * It remembers its first failure (memory, or a table that is full); bw_cel_image_finish() then
 * gives nothing.
 */
#ifndef BW_CEL_IMAGE_H
#define BW_CEL_IMAGE_H

#include "base/map.h"
#include "base/vec.h"
#include "cel/env.h"
#include "cel/program.h"

struct bw_cel_complaint;

struct bw_cel_image {
    const struct bw_cel_env *env;
    struct bw_cel_complaint *complaint; /* the compiler's */
    struct bw_arena *arena;
    bool failed;
    BW_VEC_TYPE(bw_cel_image_nodes, struct bw_cel_node) nodes;
    BW_VEC_TYPE(bw_cel_image_spans, struct bw_cel_span) spans;
    BW_VEC_TYPE(bw_cel_image_children, uint32_t) children;
    BW_VEC_TYPE(bw_cel_image_constants, struct bw_value) constants;
    BW_VEC_TYPE(bw_cel_image_overloads, struct bw_cel_overload_row) overloads;
    BW_VEC_TYPE(bw_cel_image_parameters, struct bw_cel_parameter) parameters;
    struct bw_buf texts;
    struct bw_map seen; /* texts, to where they are, plus one */
    uint32_t locals, variables;
};

void bw_cel_image_free(struct bw_cel_image *image); /* for BW_CLEANUP */

/* Each adds a row and gives its index; UINT32_MAX on failure. */
uint32_t bw_cel_image_node(struct bw_cel_image *image, struct bw_cel_node node,
                           struct bw_cel_span span);
uint32_t bw_cel_image_constant(struct bw_cel_image *image, struct bw_value value);
uint32_t bw_cel_image_text(struct bw_cel_image *image, struct bw_str text); /* a STRING constant */
uint32_t bw_cel_image_overload(struct bw_cel_image *image, struct bw_cel_overload_row row);
uint32_t bw_cel_image_parameter(struct bw_cel_image *image, struct bw_cel_parameter parameter);

/* Adds an overload that a call may be, and its parameters. */
struct bw_cel_ast;
void bw_cel_image_candidate(struct bw_cel_image *image, const struct bw_cel_ast *call,
                            const struct bw_cel_candidate *candidate);

/* Adds n rows; the first one's index. */
uint32_t bw_cel_image_children(struct bw_cel_image *image, const uint32_t *nodes, uint32_t n);

/* A block among the texts, aligned to 8: likewise. */
uint32_t bw_cel_image_block(struct bw_cel_image *image, struct bw_str bytes);

/* A C string among the texts: where it is, from the beginning of the texts. */
uint32_t bw_cel_image_string(struct bw_cel_image *image, struct bw_str text);

/* Slots below n are used. */
void bw_cel_image_locals(struct bw_cel_image *image, uint32_t n);

/* The program; NULL on failure. */
struct bw_cel_program *bw_cel_image_finish(struct bw_cel_image *image, uint32_t root,
                                           struct bw_str source, const struct bw_cel_type *type);

#endif
