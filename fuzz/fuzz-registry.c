/*
 * What acquisition itself reads around a registry: the first byte chooses the reader, the rest is
 * its text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acquire/registry-auth.h"
#include "acquire/registry-reference.h"
#include "wrap/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t kept;

static void read_reference(struct bw_str text)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_reference reference;
    if (arena && bw_reference_parse(text, arena, &reference, NULL) == 0)
        kept += bw_reference_text(&reference, arena).n + bw_reference_is_loopback(reference.host);
}

static void read_challenge(struct bw_str text)
{
    struct bw_challenge challenge = {0};
    bw_challenge_read(text, &challenge);
    kept += strlen(challenge.realm) + strlen(challenge.service) + strlen(challenge.scope);
}

static void read_credential(struct bw_str text, bool helper)
{
    struct bw_credential credential BW_CLEANUP(bw_credential_free) = {0};
    int rc = helper ? bw_credentials_of_helper(text, &credential, NULL)
                    : bw_credentials_in(text, BW_STR("r.example"), BW_STR("team/app"), &credential,
                                        NULL);
    kept += rc == 0 && credential.user ? strlen(credential.user) : 0;
}

static void read_token(struct bw_str text)
{
    char *token = NULL;
    if (bw_registry_token_in(text, &token, NULL) == 0)
        kept += strlen(token);
    free(token);
}

static void read_base64(struct bw_str text)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    if (bw_base64_read(text, &buf))
        kept += buf.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    /* A copy of the exact size, so that a read beyond it is seen. */
    char *copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    struct bw_str text = bw_str_n(copy + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        read_reference(text);
        break;
    case 1:
        read_challenge(text);
        break;
    case 2:
    case 3:
        read_credential(text, data[0] % 6 == 3);
        break;
    case 4:
        read_token(text);
        break;
    default:
        read_base64(text);
    }
    free(copy);
    return 0;
}
