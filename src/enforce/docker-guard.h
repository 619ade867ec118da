/*
 * docker-guard.h: the Docker authorization plugin.
 *
 * The daemon asks about each request that it is sent, before it looks at it itself (AuthZReq), and
 * once more when it has the answer (AuthZRes): docs.docker.com/engine/extend/plugins_authorization.
 * Here are the handlers of a service (enforce/service.h); `bulwark guard docker` puts them
 * together.
 *
 *   POST /Plugin.Activate         what the plugin is for: "authz"
 *   POST /AuthZPlugin.AuthZReq    {"Allow": BOOL, "Msg": WHY, "Err": ""}: decided
 *   POST /AuthZPlugin.AuthZRes    allowed: what the daemon answers is not ours to judge
 *
 * A request is read as the daemon itself will (extract, reader "docker-request"), what it refers to
 * is asked for, and policies judge it (enforce/gate.h). What cannot be read or decided is denied,
 * with the reason. What clients ask all day passes unjudged, and a request that only reads is
 * recorded only on demand, or where a policy has something to say about it.
 * Docker has no way to warn whoever sent a request that is allowed: warnings stand in the log
 * alone.
 */
#ifndef BW_ENFORCE_DOCKER_GUARD_H
#define BW_ENFORCE_DOCKER_GUARD_H

#include <stdbool.h>

#include "enforce/service.h"

/* The body of the longest request that the daemon hands over (4 MiB since 29.3), and its answer, in
 * base64, and their headers. */
#define BW_DOCKER_GUARD_BODY_MAX ((size_t)16 << 20)

/* Bytes of a refusal as the person who sent the request sees it. */
#define BW_DOCKER_GUARD_MESSAGE_MAX ((size_t)4 << 10)

enum bw_docker_runtime_gate {
    BW_DOCKER_RUNTIME_GATE_AUTO, /* the daemon is asked for its default runtime */
    BW_DOCKER_RUNTIME_GATE_NO,
    BW_DOCKER_RUNTIME_GATE_YES,
};

/* What the handlers are told: the ctx of a service. */
struct bw_docker_guard {
    const char *host; /* of the daemon, as bw_docker_api_open_at has it; NULL: the default one */
    enum bw_docker_runtime_gate runtime_gate;
    bool log_reads; /* record requests that only read, too */

    /* In the supervisor: what /info said last. */
    bool asked, mended;
    unsigned ticks;
};

/* --- in the server --- */
void bw_docker_guard_handle(void *guard, struct bw_exchange *exchange);
void bw_docker_guard_undecided(void *guard, struct bw_exchange *exchange, const char *why);

/* --- in the supervisor --- */
#define BW_DOCKER_GUARD_TICK_MS 2000

int bw_docker_guard_answer(void *guard, struct bw_str ask, struct bw_buf *answer,
                           struct bw_err *err);

/* Finds out, until it is known and now and then afterwards, whether a runtime gate stands behind
 * this one (`mended`); rules are loaded anew when that changes. A daemon that cannot be asked is no
 * error: it may not be up yet. */
int bw_docker_guard_tick(void *guard, bool *ret_reload, struct bw_err *err);

/* Whether what a runtime gate mends is to warn only. */
bool bw_docker_guard_mends_later(const struct bw_docker_guard *guard);

#endif
