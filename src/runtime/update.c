#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/object.h"
#include "runtime/act.h"
#include "runtime/bundle.h"

#define POINTER_MAX 512u

/* The container's specification, new limits, and the specification with these. */
struct updating {
    struct bw_runtime_call *call;
    struct bw_bundle bundle;
    struct bw_runtime_spec before, limits, after;
    struct bw_str path, resources;
    struct bw_buf text; /* of the limits, as they came */
    bool piped;
};

/* --- the limits --- */

static int read_resources(struct updating *u, const char *path, struct bw_err *err)
{
    u->piped = strcmp(path, "-") == 0;
    int fd BW_CLEANUP(bw_fd_closep) =
        u->piped ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bw_err_errno(err, "the resources %s", path);
    int rc = bw_fd_slurp(fd, &u->text, err);
    return rc ? bw_err_prefix(err, rc, "the resources %s", path) : 0;
}

/* What flags say. A number with a unit is a limit, whichever. */
static void describe(struct updating *u)
{
    static const struct {
        enum bw_runtime_slot slot;
        const char *part, *name;
    } flags[] = {
        {BW_RUNTIME_PIDS_LIMIT, "pids", "limit"},
        {BW_RUNTIME_MEMORY, "memory", "limit"},
        {BW_RUNTIME_CPU_QUOTA, "cpu", "quota"},
        {BW_RUNTIME_CPU_PERIOD, "cpu", "period"},
    };
    struct bw_value_maker make = {.arena = u->call->arena};
    struct bw_value all = bw_value_map(&make, 4);
    for (size_t i = 0; i < BW_ARRAY_LEN(flags); i++) {
        const char *text = bw_runtime_value(u->call->args, flags[i].slot, NULL);
        struct bw_value old = bw_value_get(all, bw_str(flags[i].part));
        struct bw_value part = old.kind == BW_VALUE_MAP ? old : bw_value_map(&make, 2);
        if (!text)
            continue;
        bw_value_set(&make, &part, flags[i].name, bw_value_int(strtoll(text, NULL, 10)));
        bw_value_set(&make, &all, flags[i].part, part);
    }
    bw_object_json(all, false, &u->text);
}

/* As the runtime reads them: as a part of a specification that has nothing else. */
static int read_limits(struct updating *u, struct bw_err *err)
{
    struct bw_buf whole BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_RUNTIME_SPEC_MAX);
    int rc = bw_runtime_check_object(u->resources, "the resources", err);
    if (rc)
        return rc;
    bw_buf_str(&whole, BW_STR("{\"ociVersion\":\"1.0.2\",\"linux\":{\"resources\":"));
    bw_buf_str(&whole, u->resources);
    bw_buf_str(&whole, BW_STR("}}"));
    struct bw_str text = bw_arena_str(u->call->arena, bw_buf_slice(&whole));
    if (!text.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the resources");
    bw_runtime_spec_free(&u->limits);
    return bw_runtime_spec_read(u->call->arena, BW_STR("the resources"), text, &u->limits, err);
}

static struct bw_value resources_of(const struct bw_runtime_spec *spec)
{
    return bw_value_at(spec->value, "linux", "resources", NULL);
}

static int mend(struct updating *u, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = u->call->arena};
    struct bw_value operations = bw_value_list(&make, 4);
    u->resources = bw_buf_slice(&u->text);
    int rc = read_limits(u, err);
    if (rc)
        return rc;
    bw_harden_resources(&u->call->config->harden, resources_of(&u->limits), &make, &operations);
    u->call->mended = operations;
    if (!bw_value_count(operations))
        return 0;
    if (!bw_runtime_option(u->call->args, BW_RUNTIME_RESOURCES)) {
        bw_buf_str(&u->call->reason, BW_STR("a limit that every container has may not be lifted"));
        return 0;
    }
    rc = bw_runtime_patched(u->call->arena, u->resources, operations, &u->resources, err);
    return rc ? rc : read_limits(u, err);
}

/* --- the container with them --- */

/* Appends "/KEY" to a JSON pointer (RFC 6901 section 3). */
static void add_step(struct bw_buf *pointer, struct bw_str key)
{
    bw_buf_byte(pointer, '/');
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] == '~' || key.p[i] == '/')
            bw_buf_str(pointer, key.p[i] == '~' ? BW_STR("~0") : BW_STR("~1"));
        else
            bw_buf_byte(pointer, (uint8_t)key.p[i]);
}

/* 0 and "" are fields of Go's that nobody set. */
static bool is_set(struct bw_value value)
{
    if (value.kind == BW_VALUE_INT)
        return value.i != 0;
    if (value.kind == BW_VALUE_STRING)
        return bw_value_text(value).n > 0;
    return value.kind != BW_VALUE_NULL &&
           ((value.kind != BW_VALUE_LIST && value.kind != BW_VALUE_MAP) || bw_value_count(value));
}

/* Puts members over those that are there, map by map. */
static void merge(struct bw_value_maker *make, struct bw_value *operations, struct bw_value old,
                  struct bw_value new, const char *at, unsigned depth)
{
    for (uint32_t i = 0; new.kind == BW_VALUE_MAP &&i < new.map->n; i++) {
        struct bw_value key = new.map->v[i].key, value = new.map->v[i].value;
        struct bw_value there = bw_value_find(old, key);
        struct bw_buf pointer BW_CLEANUP(bw_buf_free) = BW_BUF(POINTER_MAX);
        bw_buf_str(&pointer, bw_str(at));
        add_step(&pointer, bw_value_text(key));
        bw_buf_byte(&pointer, '\0');
        if (bw_buf_failed(&pointer))
            make->failed = true;
        else if (value.kind == BW_VALUE_MAP && there.kind == BW_VALUE_MAP && depth)
            merge(make, operations, there, value, (const char *)pointer.p, depth - 1);
        else if (is_set(value))
            bw_harden_operation(make, operations, "add", (const char *)pointer.p, value);
    }
}

static int place(struct updating *u, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = u->call->arena};
    struct bw_value operations = bw_value_list(&make, 8), old = resources_of(&u->before);
    struct bw_str text = u->before.text;
    if (bw_value_get(u->before.value, BW_STR("linux")).kind == BW_VALUE_ABSENT)
        bw_harden_operation(&make, &operations, "add", "/linux", bw_value_map(&make, 0));
    if (old.kind == BW_VALUE_ABSENT)
        bw_harden_operation(&make, &operations, "add", "/linux/resources", bw_value_map(&make, 0));
    merge(&make, &operations, old, resources_of(&u->limits), "/linux/resources", 1);
    if (make.failed)
        return bw_err_set(err, BW_ELIMIT, "the resources have more than finds room");
    int rc = bw_runtime_patched(u->call->arena, text, operations, &text, err);
    if (rc == 0)
        rc = bw_runtime_spec_read(u->call->arena, u->path, text, &u->after, err);
    /* What could not be read of the limits is a doubt about the container. */
    for (size_t i = 0; rc == 0 && i < u->limits.gaps.n; i++) {
        struct bw_gate_gap *gap = BW_VEC_PUSH(&u->after.gaps, 2 * BW_RUNTIME_GAPS_MAX);
        if (gap)
            *gap = u->limits.gaps.v[i];
        else
            rc = bw_err_set(err, BW_ENOMEM, "out of memory for the resources");
    }
    return rc;
}

static int judge(struct updating *u, struct bw_err *err)
{
    struct bw_gate_decision decision = {0};
    int rc = bw_runtime_decide_change(u->call->judge, u->call->arena, u->before.text, &u->after,
                                      bw_str(u->call->args->id), &decision, err);
    u->call->given = u->resources;
    if (rc == 0)
        bw_runtime_settle(u->call, &decision);
    return rc;
}

/* The runtime reads what was judged, also where it came through a pipe. */
static int hand_over(struct updating *u, const struct bw_runtime_option *option, struct bw_err *err)
{
    char path[64];
    int fd = bw_runtime_memory_file("resources.json", u->resources, err);
    if (fd < 0)
        return BW_EIO;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return bw_runtime_args_replace(u->call->args, option, path, err);
}

static int update(struct updating *u, struct bw_err *err)
{
    const struct bw_runtime_option *file = bw_runtime_option(u->call->args, BW_RUNTIME_RESOURCES);
    char bundle[PATH_MAX];
    int rc = bw_bundle_of(u->call->args, bundle, err);
    if (rc == 0)
        rc = bw_bundle_open(bundle, "config.json", &u->bundle, err);
    u->path = bw_arena_printf(u->call->arena, "%s/config.json", u->call->args->id);
    bw_runtime_judge_place(u->call->judge, u->bundle.path);
    if (rc == 0)
        rc = bw_runtime_spec_read(u->call->arena, u->path, bw_buf_slice(&u->bundle.text),
                                  &u->before, err);
    if (rc == 0 && file)
        rc = read_resources(u, file->value, err);
    else if (rc == 0)
        describe(u);
    if (rc == 0)
        rc = mend(u, err);
    if (rc == 0 && !u->call->reason.n)
        rc = place(u, err);
    if (rc == 0 && !u->call->reason.n)
        rc = judge(u, err);
    if (rc == 0 && file && !u->call->reason.n)
        rc = hand_over(u, file, err);
    return rc;
}

int bw_runtime_update(struct bw_runtime_call *call, struct bw_err *err)
{
    struct updating u = {.call = call, .bundle = BW_BUNDLE(), .text = BW_BUF(BW_RUNTIME_SPEC_MAX)};
    int rc = update(&u, err);
    bw_runtime_spec_free(&u.before);
    bw_runtime_spec_free(&u.limits);
    bw_runtime_spec_free(&u.after);
    bw_bundle_close(&u.bundle);
    bw_buf_free(&u.text);
    return rc;
}
