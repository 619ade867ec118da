/*
 * Private keys in PEM: whether a body stands behind the first line, and what it is.
 */
#include <stdlib.h>
#include <string.h>

#include "extract/base64.h"
#include "extract/secret-check.h"
#include "wrap/sha256.h"

/* Letters of the shortest body: an Ed25519 key in PKCS #8 has 64. */
#define BODY_MIN 48u

struct body {
    uint8_t *letters;
    size_t n;
    bool ended;     /* the last line was reached */
    bool encrypted; /* the header says so (RFC 1421 section 4.6.1.1) */
};

/* Skips what stands between the letters of a body: blanks, and the marks of a string that holds
 * lines ("...\n", '...' +, a leading '|' or '#'). */
static size_t skip_between(struct bw_str s, size_t at)
{
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (c == '\\' && at + 1 < s.n && (s.p[at + 1] == 'n' || s.p[at + 1] == 'r'))
            at++;
        else if (!c || !strchr(" \t\r\n\"',+\\|#*", c) ||
                 (c == '+' && at + 1 < s.n && s.p[at + 1] != ' ' && s.p[at + 1] != '\n'))
            return at;
    }
    return at;
}

/* Skips "Proc-Type: 4,ENCRYPTED" and its like, with the blank line behind. */
static size_t skip_headers(struct bw_str s, size_t at, struct body *body)
{
    for (;;) {
        at = skip_between(s, at);
        struct bw_str line = bw_str_take(bw_str_from(s, at), 80);
        size_t end = bw_str_find(line, '\n'), escape = bw_str_find_str(line, BW_STR("\\n"));
        end = escape < end ? escape : end;
        if (end == SIZE_MAX || bw_str_find(bw_str_take(line, end), ':') == SIZE_MAX)
            return at;
        if (bw_str_find_str(bw_str_take(line, end), BW_STR("ENCRYPTED")) != SIZE_MAX)
            body->encrypted = true;
        at += end;
    }
}

static void read_letters(struct bw_str s, size_t at, struct body *body)
{
    while (at < s.n) {
        at = skip_between(s, at);
        if (at < s.n && (s.p[at] == '-' || s.p[at] == '=')) {
            body->ended = true;
            return;
        }
        if (at >= s.n || !bw_base64_is((uint8_t)s.p[at]))
            return;
        while (at < s.n && s.p[at] != '-' && bw_base64_is((uint8_t)s.p[at]))
            body->letters[body->n++] = (uint8_t)s.p[at++];
    }
}

/* A DER sequence that takes up all bytes, or more than there are where the end was not seen. */
static bool is_der(const uint8_t *p, size_t n, bool ended)
{
    size_t head = 2, length;
    if (n < 16 || p[0] != 0x30)
        return false;
    length = p[1];
    if (p[1] & 0x80) {
        size_t bytes = p[1] & 0x7f;
        if (bytes < 1 || bytes > 3)
            return false;
        head += bytes;
        for (length = 0; bytes > 0; bytes--)
            length = length << 8 | p[head - bytes];
    }
    return ended ? head + length == n || head + length + 1 == n || head + length + 2 == n
                 : head + length > n;
}

#define OPENSSH_MAGIC "openssh-key-v1" /* PROTOCOL.key of OpenSSH: a NUL ends it */

static enum bw_secret_proof openssh(const uint8_t *p, size_t n)
{
    const size_t magic = sizeof OPENSSH_MAGIC;
    if (n < magic + 12)
        return BW_SECRET_REJECTED;
    /* string ciphername */
    bool plain = memcmp(p + magic, "\0\0\0\4none", 8) == 0;
    return plain ? BW_SECRET_PROVEN : BW_SECRET_LOCKED;
}

static enum bw_secret_proof judge(const struct body *body, const uint8_t *bytes, size_t n)
{
    if (n > sizeof OPENSSH_MAGIC && memcmp(bytes, OPENSSH_MAGIC, sizeof OPENSSH_MAGIC) == 0)
        return openssh(bytes, n);
    if (body->encrypted)
        return n >= 32 ? BW_SECRET_LOCKED : BW_SECRET_REJECTED;
    return is_der(bytes, n, body->ended) ? BW_SECRET_PROVEN : BW_SECRET_REJECTED;
}

static uint64_t identity_of(const uint8_t *bytes, size_t n)
{
    uint8_t digest[BW_SHA256_SIZE];
    uint64_t identity = 0;
    if (bw_sha256(bytes, n, digest))
        return 0;
    for (size_t i = 0; i < sizeof identity; i++)
        identity = identity << 8 | digest[i];
    return identity;
}

enum bw_secret_proof bw_secret_check_pem(struct bw_secret_candidate *candidate)
{
    enum bw_secret_proof proof = BW_SECRET_REJECTED;
    struct bw_str rest = candidate->rest;
    struct body body = {.letters = malloc(rest.n + 1)};
    uint8_t *bytes = malloc(rest.n + 1);
    if (body.letters && bytes) {
        size_t at = skip_headers(rest, candidate->match.n, &body);
        read_letters(rest, at, &body);
        /* Room behind the match or a file that ends: either is the end of the key. */
        size_t n = bw_base64_decode(bw_str_n(body.letters, body.n), bytes, rest.n);
        if (body.n >= BODY_MIN)
            proof = judge(&body, bytes, n);
        if (proof == BW_SECRET_PROVEN &&
            bw_str_find_str(candidate->match, BW_STR("ENCRYPTED")) != SIZE_MAX)
            proof = BW_SECRET_LOCKED;
        candidate->identity = identity_of(bytes, n);
    }
    if (body.letters)
        explicit_bzero(body.letters, body.n);
    if (bytes)
        explicit_bzero(bytes, rest.n);
    free(body.letters);
    free(bytes);
    return proof;
}
