/*
 * docker-api.h: asks a Docker daemon (Engine API v1.24+).
 *
 * The daemon is the one that DOCKER_HOST names, or who opens it: unix:///path or tcp://host:port,
 * with TLS where DOCKER_TLS_VERIFY is set (ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH, else
 * in ~/.docker); without it /var/run/docker.sock. Paths are asked for without a version, which
 * gives the daemon's own.
 */
#ifndef BW_ACQUIRE_DOCKER_API_H
#define BW_ACQUIRE_DOCKER_API_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/err.h"
#include "wrap/curl.h"

#define BW_DOCKER_SOCKET "/var/run/docker.sock"

/* Silence of the daemon before giving up. Older daemons write an export to a temporary file before
 * the first byte of it is sent. */
#define BW_DOCKER_STALL_S 900u

struct bw_docker_api;

/* Reads the environment; nothing is asked yet. In the arena; to be closed. BW_EUNSUPPORTED for
 * ssh://, npipe:// and their kind, BW_EUSAGE for what is malformed. */
int bw_docker_api_open(struct bw_arena *arena, struct bw_docker_api **ret_api,
                       struct bw_err *err) BW_MUST_USE;

/* As bw_docker_api_open, for the daemon at `host` (NULL: as above). Each answer must be there whole
 * within deadline_ms (0: it may take its time): else BW_ETIMEOUT. */
int bw_docker_api_open_at(struct bw_arena *arena, const char *host, uint32_t deadline_ms,
                          struct bw_docker_api **ret_api, struct bw_err *err) BW_MUST_USE;
void bw_docker_api_close(struct bw_docker_api *api); /* takes NULL */
void bw_docker_api_closep(struct bw_docker_api **api);

/* Whether it is reached over a socket of this machine, and so may share its directories. */
bool bw_docker_api_is_local(const struct bw_docker_api *api);

/* What to call it in a message: "the Docker daemon at unix:///var/run/docker.sock". */
const char *bw_docker_api_where(const struct bw_docker_api *api);

/* GET of "/images/json" or the like; the answer's body is appended. Any status but 200 is an error
 * with the daemon's own words: 404 BW_ENOENT, else BW_ENET. Not to be reached: BW_EACCESS, BW_ENET
 * or BW_ETIMEOUT. */
int bw_docker_api_get(struct bw_docker_api *api, const char *path, struct bw_buf *buf,
                      struct bw_err *err) BW_MUST_USE;

/* As bw_docker_api_get, piece by piece. */
int bw_docker_api_stream(struct bw_docker_api *api, const char *path,
                         int (*write)(void *ctx, const void *p, size_t n, struct bw_err *err),
                         void *ctx, struct bw_err *err) BW_MUST_USE;

#endif
