/*
 * base64.h: reading base64 (RFC 4648 section 4), by OpenSSL. Writing it is base/base64.h's.
 */
#ifndef BW_WRAP_BASE64_H
#define BW_WRAP_BASE64_H

#include <stdbool.h>

#include "base/base64.h" /* writes it */
#include "base/buf.h"

/* Appends the bytes that a text stands for. Padding may be left out; blanks around it are no part
 * of it. false where it is no base64, or the buffer is full: nothing was appended then. */
bool bw_base64_read(struct bw_str text, struct bw_buf *buf) BW_MUST_USE;

#endif
