/*
 * bench-admission: what an admission review costs within the server, on one core.
 *
 *     bench-admission POD.json
 *
 * Makes a review of the Pod, and reads it, and answers it, over and over: by the profile
 * restricted, by the default one, with mutating policies, and one that is denied. Prints lines
 * WHAT, VALUE, UNIT, TARGET, separated by tabs; the last may be empty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fd.h"
#include "enforce/kubernetes-guard.h"
#include "enforce/metrics.h"
#include "extract/admission-review.h"

#define ROUNDS 20000

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench-admission: %s\n", what);
    exit(1);
}

static void no_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx, (void)class, (void)where, (void)what;
    must(false, why.p);
}

static void tell(const char *what, double seconds, const char *target)
{
    printf("%s\t%.2f\tus\t%s\n", what, seconds / ROUNDS * 1e6, target);
}

static void bench_reading(struct bw_str body)
{
    struct bw_arena *arena = bw_arena_new((size_t)8 << 20);
    struct bw_reader_sink sink = {NULL, no_gap};
    struct bw_admission_review review;
    struct bw_err err = {0};
    double start = 0;
    must(arena, "out of memory");
    for (int i = -ROUNDS / 10; i < ROUNDS; i++) {
        if (i == 0)
            start = now();
        bw_arena_reset(arena);
        must(bw_admission_review_read(body, &sink, arena, &review, &err) == 0, err.msg);
    }
    tell("a review is read", now() - start, "15");
    bw_arena_free(arena);
}

static void bench_answering(const char *what, const char *configuration, const char *path,
                            struct bw_str body, const char *expected)
{
    struct bw_gate_rules *rules = NULL;
    struct bw_err err = {0};
    must(bw_gate_rules_open(bw_str(configuration), NULL, 0, &rules, &err) == 0, err.msg);
    struct bw_exchange exchange = {
        .method = BW_STR("POST"),
        .path = bw_str(path),
        .content_type = BW_STR("application/json"),
        .body = body,
        .arena = bw_arena_new((size_t)8 << 20),
        .judge = bw_gate_judge_new(rules, &err),
        .metrics = bw_metrics_new(),
        .reply = BW_BUF((size_t)1 << 20),
        .record = BW_BUF((size_t)1 << 20),
    };
    double start = 0;
    must(exchange.arena && exchange.judge && exchange.metrics, "out of memory");
    for (int i = -ROUNDS / 10; i < ROUNDS; i++) {
        if (i == 0)
            start = now();
        bw_arena_reset(exchange.arena);
        bw_buf_clear(&exchange.reply);
        bw_buf_clear(&exchange.record);
        bw_kubernetes_guard_handle(NULL, &exchange);
    }
    tell(what, now() - start, "");
    must(bw_str_find_str(bw_buf_slice(&exchange.reply), bw_str(expected)) != SIZE_MAX, what);
    bw_buf_free(&exchange.reply);
    bw_buf_free(&exchange.record);
    bw_metrics_free(exchange.metrics);
    bw_gate_judge_free(exchange.judge);
    bw_arena_free(exchange.arena);
    bw_gate_rules_unref(rules);
}

static void make_review(struct bw_str pod, struct bw_buf *body)
{
    bw_buf_printf(body,
                  "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\","
                  "\"request\":{\"uid\":\"705ab4f5-6393-11e8-b7cc-42010a800002\",\"kind\":{"
                  "\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":"
                  "\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"requestKind\":{\"group\":\"\","
                  "\"version\":\"v1\",\"kind\":\"Pod\"},\"requestResource\":{\"group\":\"\","
                  "\"version\":\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"namespace\":"
                  "\"shop\",\"operation\":\"CREATE\",\"userInfo\":{\"username\":\"jane\","
                  "\"groups\":[\"dev\",\"system:authenticated\"]},\"object\":%" BW_STR_F
                  ",\"oldObject\":null,\"dryRun\":false,\"options\":{\"kind\":\"CreateOptions\","
                  "\"apiVersion\":\"meta.k8s.io/v1\"}}}",
                  BW_STR_A(pod));
}

int main(int argc, char **argv)
{
    struct bw_buf pod BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)2 << 20);
    struct bw_buf denied BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)2 << 20);
    struct bw_err err = {0};
    must(argc == 2, "usage: bench-admission POD.json");
    must(bw_fd_slurp_path(argv[1], &pod, &err) == 0, err.msg);
    make_review(bw_buf_slice(&pod), &body);
    make_review(BW_STR("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"},"
                       "\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"web\","
                       "\"image\":\"web:1\",\"securityContext\":{\"privileged\":true}}]}}"),
                &denied);
    bench_reading(bw_buf_slice(&body));
    bench_answering("a review is answered (restricted)", "{\"profiles\":[\"restricted\"]}",
                    "/validate", bw_buf_slice(&body), "\"allowed\":true");
    bench_answering("a review is answered (baseline)", "{}", "/validate", bw_buf_slice(&body),
                    "\"allowed\":true");
    bench_answering("a review is denied (restricted)", "{\"profiles\":[\"restricted\"]}",
                    "/validate", bw_buf_slice(&denied), "\"allowed\":false");
    bench_answering("a review is mutated (harden)", "{\"mutate\":[\"harden\"]}", "/mutate",
                    bw_buf_slice(&denied), "\"patch\":");
    return 0;
}
