/*
 * vectorscan-compile.h: the compiler of pattern sets for vectorscan.h. It runs when bulwark is
 * built; the program itself does not contain it.
 */
#ifndef BW_WRAP_VECTORSCAN_COMPILE_H
#define BW_WRAP_VECTORSCAN_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"

struct bw_vectorscan_pattern {
    const char *regex; /* Perl syntax without look-around and back references; no anchors */
    unsigned id;       /* what bw_vectorscan_found is called with */
    size_t width;      /* filled: bytes of its longest match; SIZE_MAX where that is unbounded */
};

/* Compiles for the oldest processor of the architecture that Vectorscan runs on, and appends the
 * serialised set. BW_EFORMAT names the pattern that cannot be compiled, or that matches nothing. */
int bw_vectorscan_compile(struct bw_vectorscan_pattern *patterns, size_t n, struct bw_buf *buf,
                          struct bw_err *err) BW_MUST_USE;

#endif
