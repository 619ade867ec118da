/*
 * base64.h: Base64 (RFC 4648 sections 4 and 5) within other bytes.
 */
#ifndef BW_EXTRACT_BASE64_H
#define BW_EXTRACT_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* The value of each byte in either alphabet ("+/" and "-_"), or BW_BASE64_NONE. */
#define BW_BASE64_NONE 0xffu
extern const uint8_t bw_base64_values[256];

static inline bool bw_base64_is(uint8_t byte)
{
    return bw_base64_values[byte] != BW_BASE64_NONE;
}

/* Decodes up to the first byte that is of neither alphabet, or until `max` bytes are written; bits
 * that make no whole byte are dropped. Returns the bytes written. */
size_t bw_base64_decode(struct bw_str text, uint8_t *out, size_t max);

#endif
