/*
 * bulwark-runtime: an OCI runtime that judges and hardens what it is to start, and then lets runc
 * or crun start it.
 *
 *     bulwark-runtime [--bulwark-config FILE] [OPTIONS] VERB ...      as runc and crun take them
 *     bulwark-runtime [--bulwark-config FILE] hook                    as a createRuntime hook
 *
 * A verb that starts nothing is executed at once, whatever state the configuration is in, so that
 * containers can always be stopped and removed. Everything else needs a configuration that can be
 * read: a doubt is a denial.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enforce/evidence.h"
#include "runtime/act.h"
#include "runtime/find.h"
#include "wrap/blake2b.h"
#include "wrap/json.h"

#define EXIT_DENIED 1

#define RECORD_MAX (BW_EVIDENCE_LINE_MAX - 1024)

static void record_given(const struct bw_runtime_call *call, struct bw_json_writer *w)
{
    uint8_t digest[BW_BLAKE2B_SIZE];
    char hex[BW_BLAKE2B_HEX_SIZE];
    bw_blake2b(call->given.p, call->given.n, digest);
    bw_blake2b_hex(digest, hex);
    bw_json_member_str(w, "digest", bw_str(hex));
    bw_json_key(w, BW_STR("mended"));
    bw_json_begin_array(w);
    for (uint32_t i = 0; i < bw_value_count(call->mended); i++)
        bw_json_put_str(
            w, bw_value_text(bw_value_get(bw_value_index(call->mended, i), BW_STR("path"))));
    bw_json_end(w);
}

void bw_runtime_settle(struct bw_runtime_call *call, const struct bw_gate_decision *decision)
{
    struct bw_json_writer w = bw_json_writer(&call->record, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "gate", BW_STR("runtime"));
    bw_json_member_str(&w, "verb", bw_str(call->args->verb));
    bw_json_member_str(&w, "container", bw_str(call->args->id));
    if (call->config->log)
        record_given(call, &w);
    bw_gate_record(decision, &w);
    bw_json_end(&w);
    if (!decision->allowed)
        bw_gate_message(decision, BW_RUNTIME_REASON_MAX, &call->reason);
}

static int decide(struct bw_runtime_call *call, struct bw_err *err)
{
    int rc = bw_runtime_judge_open(call->config, call->arena, &call->judge, err);
    if (rc)
        return rc;
    switch (call->args->act) {
    case BW_RUNTIME_CREATE:
        return bw_runtime_create(call, err);
    case BW_RUNTIME_EXEC:
        return bw_runtime_exec(call, err);
    case BW_RUNTIME_UPDATE:
        return bw_runtime_update(call, err);
    default:
        return bw_runtime_hook(call, err);
    }
}

/* Writes the record of a decision; one that is none says why. */
static int record(struct bw_runtime_call *call, struct bw_err *err)
{
    struct bw_evidence_options options = {.path = call->config->log,
                                          .rotate_bytes = call->config->log_rotate_bytes,
                                          .keep = call->config->log_keep};
    struct bw_evidence *log = NULL;
    struct bw_str members = bw_buf_slice(&call->record);
    if (!options.path)
        return 0;
    int rc = bw_buf_failed(&call->record) || members.n < 2
                 ? bw_err_set(err, BW_ELIMIT, "the record of the decision is too long")
                 : bw_evidence_open(&options, &log, err);
    if (rc == 0)
        rc = bw_evidence_append(log, bw_str_n(members.p + 1, members.n - 2), err);
    bw_evidence_close(log);
    return rc;
}

/* What was refused without a verdict of policies. */
static void record_refusal(struct bw_runtime_call *call, const char *why)
{
    bw_buf_clear(&call->record);
    struct bw_json_writer w = bw_json_writer(&call->record, false);
    bw_json_begin_object(&w);
    bw_json_member_str(&w, "gate", BW_STR("runtime"));
    bw_json_member_str(&w, "verb", bw_str(call->args->verb));
    bw_json_member_str(&w, "container", bw_str(call->args->id));
    bw_json_member_str(&w, "verdict", BW_STR("deny"));
    bw_json_member_str(&w, "why", bw_str(why));
    bw_json_end(&w);
}

static void refuse(struct bw_runtime_call *call, const char *why)
{
    bw_buf_clear(&call->reason);
    const char *id = call->args->id;
    bw_buf_printf(&call->reason, "%s%s%s is refused: %s",
                  *call->args->verb ? call->args->verb : "the command", id ? " " : "", id ? id : "",
                  why);
    record_refusal(call, why);
}

/* Decides, and writes it down. The reason stands in call->reason afterwards where it is refused. */
static void judge(struct bw_runtime_call *call, int broken, const struct bw_err *why)
{
    struct bw_err err = {0};
    if (call->args->act == BW_RUNTIME_REFUSE)
        refuse(call, call->args->why);
    else if (broken)
        refuse(call, why->msg);
    else if (decide(call, &err))
        refuse(call, err.msg);
    else if (call->reason.n && !call->record.n)
        record_refusal(call, "a limit");
    if (broken || record(call, &err) == 0)
        return;
    fprintf(stderr, "bulwark-runtime: %s\n", err.msg);
    if (call->config->log_required && !call->reason.n)
        refuse(call, err.msg);
}

static int execute(const struct bw_runtime_args *args, const struct bw_runtime_config *config)
{
    char path[PATH_MAX], text[BW_ERR_MSG_MAX];
    struct bw_err err;
    if (bw_runtime_find(config->runtime, path, &err) == 0) {
        args->argv[0] = path;
        execv(path, args->argv);
        bw_err_errno(&err, "%s cannot be executed", path);
    }
    snprintf(text, sizeof text, "%s", err.msg);
    bw_runtime_tell(args, bw_str(text));
    return EXIT_DENIED;
}

static int run(struct bw_runtime_args *args, struct bw_arena *arena)
{
    struct bw_runtime_config config;
    struct bw_err why = {0};
    int broken = bw_runtime_config_read(args->configuration, arena, &config, &why);
    struct bw_runtime_call call = {.args = args,
                                   .config = &config,
                                   .arena = arena,
                                   .reason = BW_BUF(2 * BW_RUNTIME_REASON_MAX),
                                   .record = BW_BUF(RECORD_MAX)};
    int rc = 0;
    if (args->act != BW_RUNTIME_PASS)
        judge(&call, broken, &why);
    /* What is held goes with the process that the runtime takes the place of. */
    if (!call.reason.n && args->act != BW_RUNTIME_HOOK)
        rc = execute(args, &config);
    if (call.reason.n) {
        bw_runtime_tell(args, bw_buf_slice(&call.reason));
        rc = EXIT_DENIED;
    }
    bw_runtime_judge_free(call.judge);
    bw_buf_free(&call.reason);
    bw_buf_free(&call.record);
    return rc;
}

int main(int argc, char **argv)
{
    struct bw_runtime_args args BW_CLEANUP(bw_runtime_args_free) = {0};
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_RUNTIME_ARENA_MAX);
    struct bw_err err;
    if (arena && bw_runtime_args_parse(argc, argv, &args, &err) == 0)
        return run(&args, arena);
    fprintf(stderr, "bulwark-runtime: %s\n", arena ? err.msg : "out of memory");
    return EXIT_DENIED;
}
