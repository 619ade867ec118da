#include "wrap/checksum.h"
#include "wrap/sha256.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/err.h"

struct bw_sha256 {
    EVP_MD_CTX *ctx;
    bool failed;
};

static void sha256_start(struct bw_sha256 *sha)
{
    sha->failed = EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) != 1;
}

struct bw_sha256 *bw_sha256_new(void)
{
    struct bw_sha256 *sha = calloc(1, sizeof *sha);
    if (!sha)
        return NULL;
    sha->ctx = EVP_MD_CTX_new();
    if (!sha->ctx) {
        free(sha);
        return NULL;
    }
    sha256_start(sha);
    return sha;
}

void bw_sha256_free(struct bw_sha256 *sha)
{
    if (!sha)
        return;
    EVP_MD_CTX_free(sha->ctx);
    free(sha);
}

void bw_sha256_freep(struct bw_sha256 **sha)
{
    bw_sha256_free(*sha);
    *sha = NULL;
}

void bw_sha256_update(struct bw_sha256 *sha, const void *p, size_t n)
{
    if (!sha->failed && n)
        sha->failed = EVP_DigestUpdate(sha->ctx, p, n) != 1;
}

int bw_sha256_final(struct bw_sha256 *sha, uint8_t ret_digest[BW_SHA256_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool ok = !sha->failed && EVP_DigestFinal_ex(sha->ctx, digest, &n) == 1 && n == BW_SHA256_SIZE;
    sha256_start(sha);
    if (!ok)
        return BW_EINTERNAL;
    memcpy(ret_digest, digest, BW_SHA256_SIZE);
    return 0;
}

int bw_sha256(const void *p, size_t n, uint8_t ret_digest[BW_SHA256_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(n ? p : "", n, digest, &size, EVP_sha256(), NULL) != 1 || size != BW_SHA256_SIZE)
        return BW_EINTERNAL;
    memcpy(ret_digest, digest, BW_SHA256_SIZE);
    return 0;
}

void bw_sha256_hex(const uint8_t digest[BW_SHA256_SIZE], char out[BW_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BW_SHA256_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * BW_SHA256_SIZE] = '\0';
}

static int sha256_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bw_sha256_parse(struct bw_str hex, uint8_t ret_digest[BW_SHA256_SIZE])
{
    uint8_t digest[BW_SHA256_SIZE];
    if (hex.n != sizeof digest * 2)
        return false;
    for (size_t i = 0; i < sizeof digest; i++) {
        int high = sha256_digit(hex.p[2 * i]), low = sha256_digit(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(ret_digest, digest, sizeof digest);
    return true;
}

struct bw_checksum {
    EVP_MD_CTX *ctx;
    EVP_MD *md;
    bool failed;
};

static void checksum_start(struct bw_checksum *checksum)
{
    checksum->failed = EVP_DigestInit_ex2(checksum->ctx, checksum->md, NULL) != 1;
}

/* Fetched once: looking a digest up for each small file costs more than computing it. */
struct bw_checksum *bw_checksum_new(enum bw_checksum_kind kind)
{
    static const char *const names[] = {
        [BW_CHECKSUM_MD5] = "MD5", [BW_CHECKSUM_SHA1] = "SHA1", [BW_CHECKSUM_SHA256] = "SHA256"};
    struct bw_checksum *checksum = calloc(1, sizeof *checksum);
    if (!checksum)
        return NULL;
    checksum->ctx = EVP_MD_CTX_new();
    checksum->md = EVP_MD_fetch(NULL, names[kind], NULL);
    if (!checksum->ctx || !checksum->md) {
        bw_checksum_free(checksum);
        return NULL;
    }
    checksum_start(checksum);
    return checksum;
}

void bw_checksum_free(struct bw_checksum *checksum)
{
    if (!checksum)
        return;
    EVP_MD_CTX_free(checksum->ctx);
    EVP_MD_free(checksum->md);
    free(checksum);
}

void bw_checksum_freep(struct bw_checksum **checksum)
{
    bw_checksum_free(*checksum);
    *checksum = NULL;
}

void bw_checksum_update(struct bw_checksum *checksum, const void *p, size_t n)
{
    if (!checksum->failed && n)
        checksum->failed = EVP_DigestUpdate(checksum->ctx, p, n) != 1;
}

int bw_checksum_final(struct bw_checksum *checksum, uint8_t ret_digest[BW_CHECKSUM_SIZE_MAX])
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    bool ok = !checksum->failed && EVP_DigestFinal_ex(checksum->ctx, digest, NULL) == 1;
    checksum_start(checksum);
    if (!ok)
        return BW_EINTERNAL;
    memcpy(ret_digest, digest, BW_CHECKSUM_SIZE_MAX);
    return 0;
}
