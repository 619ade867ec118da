/*
 * vec.h: typed growing arrays with a maximum.
 *
 *     struct names { BW_VEC(struct bw_str) };      or   BW_VEC_TYPE(names, struct bw_str);
 *     struct bw_str *slot = BW_VEC_PUSH(&names, MAX_NAMES);
 *     if (!slot) ... the maximum or memory was reached
 *
 * v[0..n) are the elements. A push may move v: keep indices, not pointers. Heap memory; BW_VEC_FREE
 * takes a vector that never grew.
 */
#ifndef BW_BASE_VEC_H
#define BW_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#include "base/compiler.h"

#define BW_VEC(type)                                                                               \
    type *v;                                                                                       \
    size_t n, cap

#define BW_VEC_TYPE(name, type)                                                                    \
    struct name {                                                                                  \
        BW_VEC(type);                                                                              \
    }

/* A pointer to one more zeroed element, or NULL at `max` elements or when memory is short. */
#define BW_VEC_PUSH(vec, max)                                                                      \
    ((__typeof__((vec)->v))bw_vec_push((void **)&(vec)->v, &(vec)->n, &(vec)->cap,                 \
                                       sizeof *(vec)->v, (max)))

#define BW_VEC_FREE(vec)                                                                           \
    do {                                                                                           \
        free((vec)->v);                                                                            \
        (vec)->v = NULL;                                                                           \
        (vec)->n = (vec)->cap = 0;                                                                 \
    } while (0)

/* The machinery of BW_VEC_PUSH. */
void *bw_vec_push(void **v, size_t *n, size_t *cap, size_t size, size_t max) BW_MUST_USE;

#endif
