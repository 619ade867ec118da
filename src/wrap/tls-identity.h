/*
 * tls-identity.h: what a TLS server shows of itself, and whom it believes, by GnuTLS.
 *
 * A certificate chain with its key, and the certificate authorities of clients. Reference-counted
 * and immutable: a session keeps the one that its handshake began with.
 */
#ifndef BW_WRAP_TLS_IDENTITY_H
#define BW_WRAP_TLS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Bytes of a client's common name with its NUL; what is longer is none. */
#define BW_TLS_NAME_MAX 256u

struct bw_tls_identity;

/* All of it PEM, the leaf first; client_ca may be empty: no client is believed then. BW_EFORMAT
 * where a part is unusable, or chain and key do not belong together; BW_ENOMEM. */
int bw_tls_identity_new(struct bw_str chain, struct bw_str key, struct bw_str client_ca,
                        struct bw_tls_identity **ret_identity, struct bw_err *err) BW_MUST_USE;
struct bw_tls_identity *bw_tls_identity_ref(struct bw_tls_identity *identity);
void bw_tls_identity_unref(struct bw_tls_identity *identity); /* takes NULL */

/* For a server's callbacks, in GnuTLS's own types: gnutls_pcert_st *, gnutls_privkey_t. */
void bw_tls_identity_show(struct bw_tls_identity *identity, void **ret_chain, unsigned *ret_n,
                          void **ret_key);

/* Whether the certificate that a client has shown in this session (gnutls_session_t) is one for
 * clients of the CA; its subject's common name, or "". *ret_shown: it has shown one. */
bool bw_tls_identity_believes(const struct bw_tls_identity *identity, void *session,
                              bool *ret_shown, char ret_name[BW_TLS_NAME_MAX]);

#endif
