/*
 * blake2b.h: BLAKE2b (RFC 7693) with digests of 32 bytes and no key, by libsodium.
 *
 * Needs nothing of the system and no memory but the stack's, so that a process that has closed
 * itself in may hash, and one that lives for a millisecond, too.
 */
#ifndef BW_WRAP_BLAKE2B_H
#define BW_WRAP_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define BW_BLAKE2B_SIZE     32
#define BW_BLAKE2B_HEX_SIZE (2 * BW_BLAKE2B_SIZE + 1)

void bw_blake2b(const void *p, size_t n, uint8_t ret_digest[BW_BLAKE2B_SIZE]);

/* 64 lower-case hexadecimal digits and a NUL. */
void bw_blake2b_hex(const uint8_t digest[BW_BLAKE2B_SIZE], char out[BW_BLAKE2B_HEX_SIZE]);

#endif
