/*
 * bench-policy: what loading and judging by policies takes, on one core.
 *
 *     bench-policy POD.json POLICIES
 *
 * Loads the directory of policies, opens the library, and judges the Pod by each profile over and
 * over. Prints lines WHAT, VALUE, UNIT, TARGET, separated by tabs; the last may be empty. To the
 * standard error go the verdicts other than a pass where BENCH_VERBOSE is set.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "check/policy.h"
#include "model/value-json.h"

#define ROUNDS 20000
#define OPENS  200

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
    fprintf(stderr, "bench-policy: %s\n", err->msg);
    exit(1);
}

static void bench_open(void)
{
    struct bw_err err = {0};
    double start = now();
    size_t n = 0;
    for (int i = 0; i < OPENS; i++) {
        struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
        must(bw_policy_set_builtin(&set, &err), &err);
        n = bw_policy_count(set);
    }
    printf("opening the library, %zu policies\t%.3f\tms\t1\n", n, (now() - start) / OPENS * 1e3);
}

static void load_directory(struct bw_policy_loader *loader, const char *path, int depth)
{
    DIR *dir = depth < 3 ? opendir(path) : NULL;
    struct bw_err err = {0};
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char below[4096];
        struct bw_str name = bw_str(entry->d_name);
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (name.p[0] == '.' || bw_str_ends(name, BW_STR(".examples.yaml")))
            continue;
        if (!bw_str_ends(name, BW_STR(".yaml"))) {
            load_directory(loader, below, depth + 1);
            continue;
        }
        struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
        must(bw_fd_slurp_path(below, &text, &err), &err);
        must(bw_policy_load(loader, bw_str(below), bw_buf_slice(&text), &err), &err);
    }
    if (dir)
        closedir(dir);
}

static void bench_load(const char *path)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    double start = now();
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, &err);
    load_directory(loader, path, 0);
    double read = now();
    must(bw_policy_set_build(loader, &set, &err), &err);
    double end = now();
    printf("loading %zu policies from YAML\t%.1f\tms\t50\n", bw_policy_count(set),
           (end - start) * 1e3);
    printf("  of which compiling\t%.1f\tms\t\n", (end - read) * 1e3);
}

static void bench_judge(const struct bw_policy_set *set, struct bw_str pod, const char *profile,
                        const char *target)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)1 << 20);
    struct bw_value_maker make = {.arena = arena};
    struct bw_str word = bw_str(profile);
    struct bw_policy_choice choice = {.profiles = {&word, 1}};
    struct bw_policy_around around = {0};
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .version = BW_STR("v1"),
                               .resource = BW_STR("pods"),
                               .kind = BW_STR("Pod"),
                               .namespace = BW_STR("shop"),
                               .name = BW_STR("web")};
    const struct bw_policy_outcome *outcomes = NULL;
    struct bw_err err = {0};
    size_t n = 0, fails = 0;
    must(bw_value_from_json(&make, pod, &object.value, &err), &err);
    must(bw_policy_select(set, &choice, &selection, &err), &err);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    double start = 0;
    for (int i = -ROUNDS / 10; i < ROUNDS; i++) {
        if (i == 0)
            start = now();
        must(bw_policy_judge_object(judge, &object, &around, &outcomes, &n, &err), &err);
    }
    double each = (now() - start) / ROUNDS;
    for (size_t i = 0; i < n; i++) {
        fails += outcomes[i].status == BW_STATUS_FAIL;
        if (getenv("BENCH_VERBOSE") && outcomes[i].status != BW_STATUS_PASS)
            fprintf(stderr, "%s: %.*s\n", bw_policy_at(set, outcomes[i].policy)->check.id,
                    (int)outcomes[i].message.n, outcomes[i].message.p);
    }
    printf("%s, %zu policies over the pod, %zu fail\t%.2f\tus\t%s\n", profile, n, fails, each * 1e6,
           target);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name, *target;
    } profiles[] = {{"baseline", ""}, {"restricted", "15"}, {"cis-docker", ""}, {"hosting", ""}};
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_buf pod BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    struct bw_err err = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: bench-policy POD.json POLICIES\n");
        return 2;
    }
    must(bw_fd_slurp_path(argv[1], &pod, &err), &err);
    bench_load(argv[2]);
    bench_open();
    must(bw_policy_set_builtin(&set, &err), &err);
    for (size_t i = 0; i < BW_ARRAY_LEN(profiles); i++)
        bench_judge(set, bw_buf_slice(&pod), profiles[i].name, profiles[i].target);
    return 0;
}
