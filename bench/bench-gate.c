/*
 * bench-gate: what a decision takes, on one core.
 *
 *     bench-gate POD.json
 *
 * Decides about the Pod over and over: by each profile as it stands, with scopes and exceptions,
 * and about one that is denied, with the message and the record; then appends to a log. Prints
 * lines WHAT, VALUE, UNIT, TARGET, separated by tabs; the last may be empty. To the standard error
 * goes the message where BENCH_VERBOSE is set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/evidence.h"
#include "enforce/gate.h"
#include "model/value-json.h"
#include "wrap/json.h"

#define ROUNDS      20000
#define MESSAGE_MAX 4096u

static const char denied[] =
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\"}, \"spec\": "
    "{\"hostNetwork\": true, \"containers\": [{\"name\": \"web\", \"image\": \"web:1\", "
    "\"securityContext\": {\"privileged\": true}}], \"volumes\": [{\"name\": \"root\", "
    "\"hostPath\": {\"path\": \"/\"}}]}}";

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int rc, const struct bw_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench-gate: %s\n", err->msg);
    exit(1);
}

static void tell(const struct bw_gate_decision *decision, struct bw_buf *message,
                 struct bw_buf *record)
{
    struct bw_json_writer writer = bw_json_writer(record, false);
    bw_buf_clear(message);
    bw_buf_clear(record);
    bw_gate_message(decision, MESSAGE_MAX, message);
    bw_json_begin_object(&writer);
    bw_gate_record(decision, &writer);
    bw_json_end(&writer);
}

static void bench(const char *what, const char *configuration, struct bw_str pod,
                  const char *target)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_gate_rules *rules BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(MESSAGE_MAX);
    struct bw_buf record BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_value_maker make = {.arena = arena};
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .version = BW_STR("v1"),
                               .resource = BW_STR("pods"),
                               .kind = BW_STR("Pod"),
                               .namespace = BW_STR("shop"),
                               .name = BW_STR("web")};
    struct bw_document document = {.objects = &object, .objects_n = 1};
    struct bw_gate_request request = {.document = &document, .around = {.now_ns = 1}};
    struct bw_gate_decision decision = {0};
    struct bw_err err = {0};
    must(bw_value_from_json(&make, pod, &object.value, &err), &err);
    must(bw_gate_rules_open(bw_str(configuration), NULL, 0, &rules, &err), &err);
    struct bw_gate_judge *judge BW_CLEANUP(bw_gate_judge_freep) = bw_gate_judge_new(rules, &err);
    must(judge ? 0 : BW_ENOMEM, &err);
    double start = 0;
    for (int i = -ROUNDS / 10; i < ROUNDS; i++) {
        if (i == 0)
            start = now();
        must(bw_gate_decide(judge, &request, &decision, &err), &err);
        tell(&decision, &message, &record);
    }
    printf("%s, %u evaluated, %zu reasons\t%.2f\tus\t%s\n", what, decision.evaluated,
           decision.reasons_n, (now() - start) / ROUNDS * 1e6, target);
    if (getenv("BENCH_VERBOSE"))
        fprintf(stderr, "%.*s\n\n%.*s\n\n", (int)message.n, (const char *)message.p, (int)record.n,
                (const char *)record.p);
}

/* Appending what a denial says, to a file in the directory for temporary files. */
static void bench_log(void)
{
    static const char members[] =
        "\"gate\":\"docker\",\"user\":\"anna\",\"method\":\"POST\",\"uri\":\"/v1.41/containers/"
        "create\","
        "\"verdict\":\"deny\",\"reasons\":[{\"policy\":\"container-privileged\",\"weight\":"
        "\"deny\","
        "\"object\":\"container web\",\"message\":\"runs privileged: web\"}],\"evaluated\":12";
    char path[] = "/tmp/bench-gate-XXXXXX";
    struct bw_evidence_options options = {.path = path, .keep = 1};
    struct bw_evidence *evidence = NULL;
    struct bw_err err = {0};
    int fd = mkstemp(path);
    must(fd < 0 ? BW_EIO : bw_evidence_open(&options, &evidence, &err), &err);
    double start = now();
    for (int i = 0; i < ROUNDS; i++)
        must(bw_evidence_append(evidence, BW_STR(members), &err), &err);
    double appending = now() - start;
    start = now();
    for (int i = 0; i < ROUNDS; i++)
        must(write(fd, members, sizeof members) < 0 ? BW_EIO : 0, &err);
    printf("appending a decision to the log\t%.2f\tus\t\n", appending / ROUNDS * 1e6);
    printf("  of which the write\t%.2f\tus\t\n", (now() - start) / ROUNDS * 1e6);
    bw_evidence_close(evidence);
    close(fd);
    unlink(path);
}

static void bench_open(void)
{
    struct bw_err err = {0};
    double start = now();
    for (int i = 0; i < 200; i++) {
        struct bw_gate_rules *rules BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
        must(bw_gate_rules_open(BW_STR("{}"), NULL, 0, &rules, &err), &err);
    }
    printf("opening the rules\t%.3f\tms\t0.5\n", (now() - start) / 200 * 1e3);
}

int main(int argc, char **argv)
{
    struct bw_buf pod BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_err err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: bench-gate POD.json\n");
        return 2;
    }
    must(bw_fd_slurp_path(argv[1], &pod, &err), &err);
    bench_open();
    bench("baseline", "{}", bw_buf_slice(&pod), "10");
    bench("restricted", "{\"profiles\": [\"restricted\"]}", bw_buf_slice(&pod), "15");
    bench("baseline, a scope and an exception",
          "{\"scopes\": [{\"namespaces\": [\"kube-*\"], \"profiles\": [\"off\"]}], \"exceptions\": "
          "[{\"id\": [\"host-namespaces\"], \"namespaces\": [\"kube-*\"], \"reason\": \"nodes\", "
          "\"expires\": \"2099-12-31\"}]}",
          bw_buf_slice(&pod), "10");
    bench("baseline, denied and told", "{}", bw_str(denied), "");
    bench("hosting, denied and told", "{\"profiles\": [\"hosting\"]}", bw_str(denied), "");
    bench_log();
    return 0;
}
