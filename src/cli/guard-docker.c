/*
 * guard docker: the options, and what the service is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/guard.h"
#include "enforce/docker-guard.h"
#include "enforce/gate-config.h"
#include "wrap/sha256.h"

enum {
    OPTION_SOCKET = 1,
    OPTION_DOCKER_HOST,
    OPTION_RUNTIME_GATE,
    OPTION_LOG_READS,
    OPTION_THREADS,
    OPTION_QUIET,
};

#define SOCKET_DEFAULT "/run/docker/plugins/bulwark.sock"

const struct bw_option bw_guard_docker_options[] = {
    {OPTION_SOCKET, 0, "socket", "PATH",
     "listen there; default: " SOCKET_DEFAULT ", or the socket that systemd hands over"},
    BW_GATE_OPTION_ROWS,
    {OPTION_LOG_READS, 0, "log-reads", NULL, "record requests that only read, too"},
    {OPTION_DOCKER_HOST, 0, "docker-host", "ADDRESS",
     "the daemon that is guarded, to be asked what names in a request mean: unix:///PATH or "
     "tcp://HOST:PORT; default: $DOCKER_HOST, else unix:///var/run/docker.sock"},
    {OPTION_RUNTIME_GATE, 0, "runtime-gate", "yes|no|auto",
     "whether bulwark-runtime is the daemon's default runtime: what it mends (a limit of "
     "processes, the seccomp profile, hidden paths of the kernel, and what \"mended\" of --config "
     "names) only warns here. Default auto: the daemon is asked"},
    {OPTION_THREADS, 0, "threads", "N",
     "threads that decide; default: one for each processor, at most 8"},
    {OPTION_QUIET, 'q', "quiet", NULL, "say on standard error only what goes wrong"},
    {0},
};

/* Of the library, whatever the profile: without these two something could pass unjudged, because
 * the daemon did not show it or because nobody knows what it does. */
static const char *const always[] = {"docker-body-missing", "docker-request-unknown"};

/* What bulwark-runtime mends unless its configuration says otherwise (enforce/harden.h). A site
 * that has it mend more says so in --config. */
static const char *const mended[] = {"pids-limit", "masked-paths", "seccomp"};

struct choice {
    struct bw_docker_guard guard; /* first: what handlers are told */
    struct bw_gate_options gate;
    const char *socket;
    unsigned threads;
    bool quiet;
};

static int take_runtime_gate(struct choice *choice, const char *value, struct bw_err *err)
{
    static const char *const words[] = {[BW_DOCKER_RUNTIME_GATE_AUTO] = "auto",
                                        [BW_DOCKER_RUNTIME_GATE_NO] = "no",
                                        [BW_DOCKER_RUNTIME_GATE_YES] = "yes"};
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (strcmp(value, words[i]) == 0) {
            choice->guard.runtime_gate = (enum bw_docker_runtime_gate)i;
            return 0;
        }
    return bw_err_set(err, BW_EUSAGE, "--runtime-gate takes yes, no or auto, not '%s'", value);
}

static int take_threads(struct choice *choice, const char *value, struct bw_err *err)
{
    uint64_t n;
    if (!bw_str_to_u64(bw_str(value), &n) || !n || n > BW_SERVICE_THREADS_MAX)
        return bw_err_set(err, BW_EUSAGE, "--threads takes a number from 1 to %u, not '%s'",
                          BW_SERVICE_THREADS_MAX, value);
    choice->threads = (unsigned)n;
    return 0;
}

static int take(struct choice *choice, int id, const char *value, struct bw_err *err)
{
    switch (id) {
    case OPTION_SOCKET:
        choice->socket = value;
        return 0;
    case OPTION_DOCKER_HOST:
        choice->guard.host = value;
        return 0;
    case OPTION_RUNTIME_GATE:
        return take_runtime_gate(choice, value, err);
    case OPTION_LOG_READS:
        choice->guard.log_reads = true;
        return 0;
    case OPTION_THREADS:
        return take_threads(choice, value, err);
    case OPTION_QUIET:
        choice->quiet = true;
        return 0;
    case BW_ARG_OPERAND:
        return bw_err_set(err, BW_EUSAGE, "'%s': there is nothing to name but options", value);
    default:
        return bw_gate_options_take(&choice->gate, id, value, err);
    }
}

/* -1 to go on, else the exit code. */
static int read_arguments(struct choice *choice, const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_WRONG || take(choice, id, value, &err))
            return bw_cli_usage_error(verb, &err);
    }
    int rc = bw_gate_options_check(&choice->gate, &err);
    if (rc == 0 && choice->gate.no_library && !choice->gate.policies.n)
        rc = bw_err_set(&err, BW_EUSAGE, "--no-library leaves nothing: name policies by --policy");
    return rc ? bw_cli_usage_error(verb, &err) : -1;
}

static int load(void *ctx, struct bw_service_rules *rules, struct bw_err *err)
{
    struct choice *choice = ctx;
    choice->gate.mended = mended;
    choice->gate.mended_n = bw_docker_guard_mends_later(&choice->guard) ? BW_ARRAY_LEN(mended) : 0;
    return bw_gate_options_load(&choice->gate, &rules->configuration, &rules->set, err);
}

static int serve(struct choice *choice, struct bw_err *err)
{
    const struct bw_service_options options = {
        .socket = choice->socket ? choice->socket : SOCKET_DEFAULT,
        .threads = choice->threads,
        .body_max = BW_DOCKER_GUARD_BODY_MAX,
        .memory_max = 8 * BW_DOCKER_GUARD_BODY_MAX,
        .log = choice->gate.log,
        .log_required = choice->gate.log_required,
        .watch = bw_gate_options_watch(&choice->gate),
        .tick_ms = BW_DOCKER_GUARD_TICK_MS,
        .ctx = choice,
        .load = load,
        .answer = bw_docker_guard_answer,
        .tick = bw_docker_guard_tick,
        .handle = bw_docker_guard_handle,
        .undecided = bw_docker_guard_undecided,
    };
    uint8_t digest[BW_SHA256_SIZE];
    if (!options.watch)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    /* OpenSSL reads its configuration at the first digest, which a server could not. */
    int rc = bw_sha256("", 0, digest);
    return rc ? bw_err_set(err, rc, "SHA-256 does not work") : bw_service_run(&options, err);
}

int bw_guard_docker(const struct bw_verb *verb, int argc, char **argv)
{
    struct choice choice = {.gate = bw_gate_options()};
    struct bw_err err = {0};
    int code = read_arguments(&choice, verb, argc, argv);
    choice.gate.always = always;
    choice.gate.always_n = BW_ARRAY_LEN(always);
    if (code < 0) {
        bw_log_set_level(choice.quiet ? BW_LOG_WARN : BW_LOG_INFO);
        int rc = serve(&choice, &err);
        code = rc ? bw_cli_error(&err) : BW_EXIT_FINE;
    }
    bw_gate_options_free(&choice.gate);
    return code;
}
