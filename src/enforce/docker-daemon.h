/*
 * docker-daemon.h: what the supervisor of the Docker guard asks the daemon.
 *
 * A request refers to things: a volume by its name, another container. What they are decides what
 * the request does, and only the daemon knows. The guard's server may not connect to anything, so
 * its supervisor asks. The server reads what strangers send and is not trusted: it is answered GETs
 * of the paths below and no others.
 *
 * The daemon puts these questions to the guard in turn, as requests of their own. They are GETs,
 * which the guard lets pass without asking anything, so nobody waits in a circle; and each answer
 * has a deadline.
 */
#ifndef BW_ENFORCE_DOCKER_DAEMON_H
#define BW_ENFORCE_DOCKER_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* For one answer, from connecting to its last byte. */
#define BW_DOCKER_DAEMON_DEADLINE_MS 2000u

/* Whether it is one of
 *     /volumes/NAME  /containers/NAME/json  /exec/ID/json  /images/NAME/json  /networks/NAME
 *     /plugins/NAME/json
 * where NAME is what Docker takes for one: letters, digits, '_', '.' and '-', a letter or digit
 * first; of an image or plugin also '/', ':' and '@'. */
bool bw_docker_daemon_may_ask(struct bw_str path);

/* GET of such a path; the body of the answer is appended. `host` as bw_docker_api_open_at has it.
 * BW_EUSAGE for another path, BW_ENOENT where there is no such thing; BW_ENET, BW_EACCESS,
 * BW_ETIMEOUT, BW_ELIMIT. */
int bw_docker_daemon_ask(const char *host, struct bw_str path, struct bw_buf *answer,
                         struct bw_err *err) BW_MUST_USE;

/* Whether containers of the daemon are started by bulwark-runtime unless a request asks for another
 * runtime. Errors as above; BW_EFORMAT. */
int bw_docker_daemon_has_runtime_gate(const char *host, bool *ret_has,
                                      struct bw_err *err) BW_MUST_USE;

/* The same of the body of GET /info. */
int bw_docker_daemon_info_has_runtime_gate(struct bw_str info, bool *ret_has,
                                           struct bw_err *err) BW_MUST_USE;

#endif
