/*
 * sha256.h: SHA-256 (FIPS 180-4), by OpenSSL.
 *
 * The first use in a process loads OpenSSL's configuration from its file: a process that closes
 * itself in hashes once before (bw_unpack_prepare() does).
 */
#ifndef BW_WRAP_SHA256_H
#define BW_WRAP_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

#define BW_SHA256_SIZE     32
#define BW_SHA256_HEX_SIZE (2 * BW_SHA256_SIZE + 1)

struct bw_sha256;

/* Ready for bytes. NULL when memory is short. One thread at a time. */
struct bw_sha256 *bw_sha256_new(void) BW_MUST_USE;
void bw_sha256_free(struct bw_sha256 *sha); /* takes NULL */
void bw_sha256_freep(struct bw_sha256 **sha);

/* Never allocates. A failure within OpenSSL is remembered and told by bw_sha256_final. */
void bw_sha256_update(struct bw_sha256 *sha, const void *p, size_t n);

/* The digest of all bytes so far; the state starts anew. 0, or BW_EINTERNAL if OpenSSL failed. */
int bw_sha256_final(struct bw_sha256 *sha, uint8_t ret_digest[BW_SHA256_SIZE]) BW_MUST_USE;

/* The digest of bytes in memory. 0, or BW_EINTERNAL if OpenSSL failed. */
int bw_sha256(const void *p, size_t n, uint8_t ret_digest[BW_SHA256_SIZE]) BW_MUST_USE;

/* 64 lower-case hexadecimal digits and a NUL. */
void bw_sha256_hex(const uint8_t digest[BW_SHA256_SIZE], char out[BW_SHA256_HEX_SIZE]);

/* The reverse, as OCI digests demand it (image-spec, descriptor.md): exactly 64 digits, lower case.
 * false on anything else. */
bool bw_sha256_parse(struct bw_str hex, uint8_t ret_digest[BW_SHA256_SIZE]) BW_MUST_USE;

#endif
