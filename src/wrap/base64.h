/*
 * base64.h: base64 (RFC 4648 section 4), by OpenSSL.
 */
#ifndef BW_WRAP_BASE64_H
#define BW_WRAP_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends the bytes that a text stands for. Padding may be left out; blanks around it are no part
 * of it. false where it is no base64, or the buffer is full: nothing was appended then. */
bool bw_base64_read(struct bw_str text, struct bw_buf *buf) BW_MUST_USE;

/* Appends the text of n bytes, padded. */
void bw_base64_write(const void *p, size_t n, struct bw_buf *buf);

#endif
