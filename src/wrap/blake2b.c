#include "wrap/blake2b.h"

#include <assert.h>

#include <sodium.h>

/* Without sodium_init(), which would ask the kernel for random bytes: the portable implementation
 * then does it, which is fast enough for lines. */
void bw_blake2b(const void *p, size_t n, uint8_t ret_digest[BW_BLAKE2B_SIZE])
{
    int failed = crypto_generichash(ret_digest, BW_BLAKE2B_SIZE, p, n, NULL, 0);
    assert(!failed); /* only sizes that are out of range make it fail */
    (void)failed;
}

void bw_blake2b_hex(const uint8_t digest[BW_BLAKE2B_SIZE], char out[BW_BLAKE2B_HEX_SIZE])
{
    sodium_bin2hex(out, BW_BLAKE2B_HEX_SIZE, digest, BW_BLAKE2B_SIZE);
}
