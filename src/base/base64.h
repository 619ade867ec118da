/*
 * base64.h: bytes as base64 (RFC 4648 section 4). Reading it is wrap/base64.h's.
 */
#ifndef BW_BASE_BASE64_H
#define BW_BASE_BASE64_H

#include "base/buf.h"

/* Appends the text of n bytes, padded. */
void bw_base64_write(const void *p, size_t n, struct bw_buf *buf);

#endif
