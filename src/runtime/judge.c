#include "runtime/judge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "extract/document.h"
#include "model/object.h"
#include "model/value-json.h"
#include "runtime/bundle.h"
#include "runtime/docker-name.h"
#include "wrap/json.h"

/* The one reader that is needed; the table of all would bring the libraries of all. */
extern const struct bw_reader bw_reader_oci_spec;

struct bw_runtime_judge {
    struct bw_arena *arena;
    struct bw_gate_rules *rules;
    struct bw_gate_judge *judge, *before; /* `before` is made when it is asked */
    struct bw_str bundle;
    struct bw_str called; /* how a person calls the container; looked up when it is denied */
    bool looked_up;
    struct bw_str set;              /* mapped; empty where there is none */
    struct bw_policy_set *mutating; /* the set, where some of its policies mutate */
    struct bw_policy_selection *selection;
    struct bw_policy_judge *mutator;
};

/* --- opening --- */

static int map_set(const char *path, struct bw_str *ret_bytes, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return bw_err_errno(err, "the set of policies %s", path);
    int rc = bw_runtime_check_owner(fd, path, BW_POLICY_SET_MAX, err);
    if (rc)
        return rc;
    if (st.st_size == 0)
        return bw_err_set(err, BW_EFORMAT, "the set of policies %s is empty", path);
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return bw_err_errno(err, "the set of policies %s", path);
    *ret_bytes = bw_str_n(p, (size_t)st.st_size);
    return 0;
}

static bool mutates(const struct bw_policy_set *set)
{
    for (size_t i = 0; i < bw_policy_count(set); i++)
        if (bw_policy_at(set, i)->kind == BW_POLICY_MUTATING)
            return true;
    return false;
}

static int open_set(struct bw_runtime_judge *judge, const char *path, struct bw_err *err)
{
    struct bw_policy_choice everything = {0};
    int rc = map_set(path, &judge->set, err);
    if (rc == 0)
        rc = bw_policy_set_open(judge->set, &judge->mutating, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", path);
    if (!mutates(judge->mutating))
        return 0;
    rc = bw_policy_select(judge->mutating, &everything, &judge->selection, err);
    if (rc == 0)
        judge->mutator = bw_policy_judge_new(judge->mutating, judge->selection, err);
    return rc == 0 && !judge->mutator ? BW_ENOMEM : rc;
}

int bw_runtime_judge_open(const struct bw_runtime_config *config, struct bw_arena *arena,
                          struct bw_runtime_judge **ret_judge, struct bw_err *err)
{
    struct bw_runtime_judge *judge = bw_arena_alloc(arena, sizeof *judge);
    struct bw_buf gate BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_CONFIG_MAX);
    int rc = judge ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory for the gate");
    if (rc == 0)
        judge->arena = arena;
    if (rc == 0 && config->set)
        rc = open_set(judge, config->set, err);
    if (config->gate.kind == BW_VALUE_ABSENT)
        bw_buf_str(&gate, BW_STR("{}"));
    else
        bw_object_json(config->gate, false, &gate);
    if (rc == 0 && bw_buf_failed(&gate))
        rc = bw_err_set(err, BW_ELIMIT, "the configuration of the gate is too long");
    if (rc == 0)
        rc = bw_gate_rules_open(bw_buf_slice(&gate), &judge->set, judge->set.n ? 1 : 0,
                                &judge->rules, err);
    if (rc == 0)
        judge->judge = bw_gate_judge_new(judge->rules, err);
    if (rc == 0 && !judge->judge)
        rc = BW_ENOMEM;
    if (rc)
        bw_runtime_judge_free(judge);
    else
        *ret_judge = judge;
    return rc;
}

void bw_runtime_judge_place(struct bw_runtime_judge *judge, const char *bundle)
{
    judge->bundle = bw_str(bundle);
}

void bw_runtime_judge_free(struct bw_runtime_judge *judge)
{
    if (!judge)
        return;
    bw_gate_judge_free(judge->judge);
    bw_gate_judge_free(judge->before);
    bw_gate_rules_unref(judge->rules);
    bw_policy_judge_free(judge->mutator);
    bw_policy_selection_free(judge->selection);
    bw_policy_set_free(judge->mutating);
    if (judge->set.n)
        munmap((void *)(uintptr_t)judge->set.p, judge->set.n);
    *judge = (struct bw_runtime_judge){0};
}

void bw_runtime_judge_freep(struct bw_runtime_judge **judge)
{
    bw_runtime_judge_free(*judge);
    *judge = NULL;
}

/* --- specifications --- */

struct listening {
    struct bw_arena *arena;
    struct bw_runtime_spec *spec;
};

static void hear(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                 struct bw_str why)
{
    struct listening *listening = ctx;
    struct bw_gate_gap *gap = BW_VEC_PUSH(&listening->spec->gaps, BW_RUNTIME_GAPS_MAX);
    if (!gap) { /* the last one stands for all that follow: it must block if one of them does */
        if (listening->spec->gaps.n)
            listening->spec->gaps.v[listening->spec->gaps.n - 1].blocking |=
                class == BW_GAP_BLOCKING;
        return;
    }
    gap->blocking = class == BW_GAP_BLOCKING;
    gap->where = bw_arena_str(listening->arena, where);
    gap->what = bw_arena_str(listening->arena, what);
    gap->why = bw_arena_str(listening->arena, why);
}

/* Namespaces are files of one file system: the same inode is the same namespace. */
static bool is_host(struct bw_str type, struct bw_str path)
{
    static const char *const files[][2] = {{"network", "net"},   {"mount", "mnt"}, {"pid", "pid"},
                                           {"ipc", "ipc"},       {"uts", "uts"},   {"user", "user"},
                                           {"cgroup", "cgroup"}, {"time", "time"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(files); i++) {
        char own[32];
        struct stat ours, theirs;
        if (!bw_str_eq(type, bw_str(files[i][0])))
            continue;
        snprintf(own, sizeof own, "/proc/self/ns/%s", files[i][1]);
        return strlen(path.p) != path.n || stat(own, &ours) != 0 || stat(path.p, &theirs) != 0 ||
               (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino);
    }
    return true;
}

int bw_runtime_spec_read(struct bw_arena *arena, struct bw_str path, struct bw_str text,
                         struct bw_runtime_spec *ret_spec, struct bw_err *err)
{
    struct bw_runtime_spec spec = {.text = text};
    struct listening listening = {arena, &spec};
    struct bw_reader_sink sink = {&listening, hear};
    struct bw_reader_machine machine = {
        .apparmor = access("/sys/kernel/security/apparmor", F_OK) == 0, .is_host = is_host};
    struct bw_reader_request request = {.path = path, .text = text, .here = &machine};
    struct bw_str *wanted = NULL;
    size_t wanted_n = 0;
    int rc = bw_reader_read(&bw_reader_oci_spec, &request, &sink, arena, &spec.document, &wanted,
                            &wanted_n, err);
    if (rc) {
        bw_runtime_spec_free(&spec);
        return bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(path));
    }
    if (spec.document.objects_n)
        spec.value = spec.document.objects[0].value;
    *ret_spec = spec;
    return 0;
}

void bw_runtime_spec_free(struct bw_runtime_spec *spec)
{
    BW_VEC_FREE(&spec->gaps);
}

int bw_runtime_patched(struct bw_arena *arena, struct bw_str text, struct bw_value operations,
                       struct bw_str *ret_text, struct bw_err *err)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUNTIME_SPEC_MAX);
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_RUNTIME_SPEC_MAX);
    if (!bw_value_count(operations)) {
        *ret_text = text;
        return 0;
    }
    bw_object_json(operations, false, &json);
    if (bw_buf_failed(&json))
        return bw_err_set(err, BW_ELIMIT, "more is mended than finds room");
    int rc = bw_json_patch(text, bw_buf_slice(&json), &out, err);
    if (rc)
        return bw_err_prefix(err, rc, "mending the specification");
    struct bw_str copy = bw_arena_str(arena, bw_buf_slice(&out));
    if (!copy.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the specification");
    *ret_text = copy;
    return 0;
}

/* --- deciding --- */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool bw_runtime_mutates(const struct bw_runtime_judge *judge)
{
    return judge->mutator != NULL;
}

int bw_runtime_mutate(struct bw_runtime_judge *judge, const struct bw_runtime_spec *spec,
                      struct bw_value_maker *make, struct bw_value *operations, struct bw_err *err)
{
    struct bw_policy_around around = {.now_ns = now()};
    if (!judge->mutator || !spec->document.objects_n)
        return 0;
    for (size_t i = 0; i < bw_policy_count(judge->mutating); i++) {
        struct bw_value wanted = {0};
        if (bw_policy_at(judge->mutating, i)->kind != BW_POLICY_MUTATING)
            continue;
        int rc =
            bw_policy_mutate(judge->mutator, i, &spec->document.objects[0], &around, &wanted, err);
        if (rc)
            return rc;
        /* What a policy made is gone with the next one. */
        struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUNTIME_SPEC_MAX);
        struct bw_value copy = {0};
        bw_object_json(wanted, false, &json);
        rc = bw_value_from_json(make, bw_buf_slice(&json), &copy, err);
        if (rc)
            return rc;
        for (uint32_t j = 0; j < bw_value_count(copy); j++)
            bw_value_add(make, operations, copy.list->v[j]);
    }
    return 0;
}

/* Kubernetes' words, from the engines whose users cannot write these annotations themselves: the
 * bundle's place tells which that is. */
static void place_in_cluster(const struct bw_runtime_judge *judge,
                             const struct bw_runtime_spec *spec, struct bw_gate_request *request)
{
    static const struct {
        const char *bundle, *namespace, *name;
    } engines[] = {
        {"/io.containerd.runtime.v2.task/k8s.io/", "io.kubernetes.cri.sandbox-namespace",
         "io.kubernetes.cri.sandbox-name"},
        {"/run/containers/storage/overlay-containers/", "io.kubernetes.pod.namespace",
         "io.kubernetes.pod.name"},
    };
    struct bw_value annotations = bw_value_get(spec->value, BW_STR("annotations"));
    for (size_t i = 0; i < BW_ARRAY_LEN(engines); i++) {
        if (bw_str_find_str(judge->bundle, bw_str(engines[i].bundle)) == SIZE_MAX)
            continue;
        request->namespace = bw_value_text(bw_value_get(annotations, bw_str(engines[i].namespace)));
        request->name = bw_value_text(bw_value_get(annotations, bw_str(engines[i].name)));
    }
}

static int decide(const struct bw_runtime_judge *judge, struct bw_gate_judge *gate,
                  const struct bw_runtime_spec *spec, struct bw_str name,
                  struct bw_gate_decision *ret_decision, struct bw_err *err)
{
    struct bw_gate_request request = {.document = &spec->document,
                                      .gaps = spec->gaps.v,
                                      .gaps_n = spec->gaps.n,
                                      .name = name,
                                      .around = {.now_ns = now()}};
    place_in_cluster(judge, spec, &request);
    if (!request.name.n)
        request.name = name;
    return bw_gate_decide(gate, &request, ret_decision, err);
}

/* Exceptions are written for names, and most containers need none: so it is looked up late. */
static bool look_up(struct bw_runtime_judge *judge, const struct bw_runtime_spec *spec,
                    struct bw_str id)
{
    if (!judge->looked_up)
        judge->called = bw_docker_name(spec->value, id, judge->arena);
    judge->looked_up = true;
    return judge->called.n > 0;
}

int bw_runtime_decide(struct bw_runtime_judge *judge, const struct bw_runtime_spec *spec,
                      struct bw_str name, struct bw_gate_decision *ret_decision, struct bw_err *err)
{
    int rc = decide(judge, judge->judge, spec, name, ret_decision, err);
    if (rc || ret_decision->allowed || !look_up(judge, spec, name))
        return rc;
    return decide(judge, judge->judge, spec, judge->called, ret_decision, err);
}

/* The same thing said of what was before. */
static bool was_denied(const struct bw_gate_decision *before, const struct bw_gate_reason *reason)
{
    for (size_t i = 0; i < before->reasons_n; i++)
        if (before->reasons[i].weight == BW_GATE_DENIES &&
            before->reasons[i].policy == reason->policy &&
            bw_str_eq(before->reasons[i].message, reason->message))
            return true;
    return false;
}

/* What of a decision is denied anew. */
static int keep_new(struct bw_arena *arena, const struct bw_gate_decision *old,
                    struct bw_gate_decision *decision, struct bw_err *err)
{
    const struct bw_gate_reason *all = decision->reasons;
    struct bw_gate_reason *kept = bw_arena_array(arena, decision->reasons_n, sizeof *kept);
    size_t n = 0;
    if (!kept)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the gate");
    decision->allowed = true;
    for (size_t i = 0; i < decision->reasons_n; i++) {
        bool denies = all[i].weight == BW_GATE_DENIES;
        if (denies && was_denied(old, &all[i]))
            continue;
        kept[n++] = all[i];
        decision->allowed &= !denies;
    }
    decision->reasons = kept;
    decision->reasons_n = n;
    return 0;
}

int bw_runtime_decide_change(struct bw_runtime_judge *judge, struct bw_arena *arena,
                             struct bw_str before, const struct bw_runtime_spec *after,
                             struct bw_str name, struct bw_gate_decision *ret_decision,
                             struct bw_err *err)
{
    struct bw_runtime_spec spec BW_CLEANUP(bw_runtime_spec_free) = {0};
    struct bw_gate_decision old = {0}, new = {0};
    int rc = bw_runtime_decide(judge, after, name, &new, err);
    if (rc == 0 && !new.allowed) {
        if (!judge->before)
            judge->before = bw_gate_judge_new(judge->rules, err);
        if (!judge->before)
            return BW_ENOMEM;
        rc = bw_runtime_spec_read(arena, after->document.files[0], before, &spec, err);
        if (rc == 0)
            rc = decide(judge, judge->before, &spec, judge->called.n ? judge->called : name, &old,
                        err);
        if (rc == 0)
            rc = keep_new(arena, &old, &new, err);
    }
    if (rc == 0)
        *ret_decision = new;
    return rc;
}
