/*
 * registry-client.h: asks a registry for manifests and blobs; private to src/acquire.
 *
 * Specifications: OCI distribution-spec v1.1 (pull); github.com/distribution/distribution,
 * docs/content/spec/auth (token, oauth); RFC 9110 (ranges, Retry-After).
 *
 * Mirrors are asked before docker.io itself; one that cannot be reached, or that fails in another
 * way than by not having the thing, is left out for the rest of the image.
 *
 * A question is put again, after a pause that grows, when the connection failed or broke or the
 * answer was 408, 429, 500, 502, 503 or 504: BW_REGISTRY_TRIES_MAX times in a row without
 * BW_REGISTRY_STEP bytes of progress. A Retry-After longer than BW_REGISTRY_PAUSE_MAX_MS is not
 * waited for. A blob goes on where it broke off.
 *
 * Credentials go to the registry they are for, and to the token server that it names; that has to
 * be https where the registry is. They are looked for when a registry asks for them.
 */
#ifndef BW_ACQUIRE_REGISTRY_CLIENT_H
#define BW_ACQUIRE_REGISTRY_CLIENT_H

#include <stdbool.h>

#include "acquire/registry-reference.h"
#include "acquire/source.h"
#include "base/buf.h"

#define BW_REGISTRY_TRIES_MAX      6u
#define BW_REGISTRY_PAUSE_MS       400 /* the first; each is twice as long, and up to half less */
#define BW_REGISTRY_PAUSE_MAX_MS   30000
#define BW_REGISTRY_STEP           ((uint64_t)1 << 20)
#define BW_REGISTRY_ENDPOINTS_MAX  17u /* mirrors and the registry */
#define BW_REGISTRY_TOKEN_JSON_MAX ((size_t)256 << 10)

struct bw_registry;

/* Whether the deadline has passed. */
bool bw_registry_is_over(const struct bw_acquire *acquire);

/* Nothing is asked yet. The reference and the options live as long as the registry, which is in the
 * arena and to be closed. BW_EUSAGE: a mirror that is no URL. */
int bw_registry_open(struct bw_acquire *acquire, const struct bw_reference *reference,
                     struct bw_registry **ret_registry, struct bw_err *err) BW_MUST_USE;
void bw_registry_close(struct bw_registry *registry); /* takes NULL; wipes what is secret */

/* Reads a manifest or an index, by tag or digest, into an empty buffer. BW_ENOENT: no such thing;
 * BW_EACCESS: a login is wanted or was refused; BW_ELIMIT at buf->max; BW_ENET; BW_ETIMEOUT: the
 * deadline. Messages carry the remedy. */
int bw_registry_manifest(struct bw_registry *registry, struct bw_str tag_or_digest,
                         struct bw_buf *buf, struct bw_err *err) BW_MUST_USE;

/* Reads a small blob, a configuration, into an empty buffer. Errors as above. */
int bw_registry_blob(struct bw_registry *registry, struct bw_str digest, struct bw_buf *buf,
                     struct bw_err *err) BW_MUST_USE;

/* Writes a blob of `size` bytes to an empty file. acquire->pump is called meanwhile. Errors as
 * above; BW_EDIGEST where it has another size; BW_EIO. The bytes are not compared with the digest.
 */
int bw_registry_blob_to_file(struct bw_registry *registry, struct bw_str digest, uint64_t size,
                             int fd, struct bw_err *err) BW_MUST_USE;

#endif
