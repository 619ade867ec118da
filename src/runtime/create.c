#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/value-json.h"
#include "runtime/act.h"
#include "runtime/bundle.h"
#include "runtime/mounts.h"
#include "wrap/json.h"

/* Bytes of what the engine tells a hook. */
#define STATE_MAX ((size_t)1 << 20)

/* A specification on its way from what the engine wrote to what the runtime reads. */
struct mending {
    struct bw_runtime_call *call;
    struct bw_bundle *bundle;
    struct bw_value_maker make;
    struct bw_str path; /* names it */
    struct bw_str text; /* as it is now */
    struct bw_runtime_spec spec,
        named; /* judged: in the end, and with mounts as they were called */
    bool veto; /* it can only be refused: nothing of ours is written in */
    bool differs;
};

static int parse(struct mending *m, struct bw_value *ret_value, struct bw_err *err)
{
    int rc = bw_value_from_json(&m->make, m->text, ret_value, err);
    return rc ? bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(m->path)) : 0;
}

/* What the site's own policies change. */
static int change(struct mending *m, struct bw_err *err)
{
    struct bw_runtime_spec spec BW_CLEANUP(bw_runtime_spec_free) = {0};
    struct bw_value operations = bw_value_list(&m->make, 0);
    if (m->veto || !bw_runtime_mutates(m->call->judge))
        return 0;
    int rc = bw_runtime_spec_read(m->call->arena, m->path, m->text, &spec, err);
    if (rc == 0)
        rc = bw_runtime_mutate(m->call->judge, &spec, &m->make, &operations, err);
    return rc ? rc : bw_runtime_patched(m->call->arena, m->text, operations, &m->text, err);
}

/* Puts mounts where they lead, and takes the steps of harden.h. Where mounts were called something
 * else, the specification with these names is kept to be judged as well. */
static int harden(struct mending *m, struct bw_err *err)
{
    struct bw_value spec = {0}, steps = bw_value_list(&m->make, 16);
    struct bw_value all = bw_value_list(&m->make, 16);
    struct bw_str named;
    int rc = parse(m, &spec, err);
    if (rc == 0)
        rc = bw_runtime_resolve(spec, m->bundle, &m->make, &all, err);
    if (rc)
        return rc;
    m->differs = bw_value_count(all);
    if (!m->veto)
        bw_harden_spec(&m->call->config->harden, spec, &m->make, &steps);
    for (uint32_t i = 0; i < bw_value_count(steps); i++)
        bw_value_add(&m->make, &all, steps.list->v[i]);
    if (m->make.failed)
        return bw_err_set(err, BW_ELIMIT, "the specification has more than can be mended");
    m->call->mended = all;
    if (m->differs)
        rc = bw_runtime_patched(m->call->arena, m->text, steps, &named, err);
    if (rc == 0 && m->differs)
        rc = bw_runtime_spec_read(m->call->arena, m->path, named, &m->named, err);
    return rc ? rc : bw_runtime_patched(m->call->arena, m->text, all, &m->text, err);
}

static int decide(struct mending *m, struct bw_err *err)
{
    struct bw_str name = bw_str(m->call->args->id);
    struct bw_gate_decision decision = {.allowed = true};
    int rc = bw_runtime_spec_read(m->call->arena, m->path, m->text, &m->spec, err);
    if (rc == 0 && m->differs)
        rc = bw_runtime_decide(m->call->judge, &m->named, name, &decision, err);
    if (rc == 0 && decision.allowed)
        rc = bw_runtime_decide(m->call->judge, &m->spec, name, &decision, err);
    m->call->given = m->text;
    if (rc == 0)
        bw_runtime_settle(m->call, &decision);
    return rc;
}

static int judge(struct mending *m, const char *bundle, const char *name, struct bw_err *err)
{
    int rc = bw_bundle_open(bundle, name, m->bundle, err);
    if (rc)
        return rc;
    m->make.arena = m->call->arena;
    m->text = bw_buf_slice(&m->bundle->text);
    m->path = bw_arena_printf(m->call->arena, "%s/config.json", m->call->args->id);
    bw_runtime_judge_place(m->call->judge, m->bundle->path);
    if (!m->path.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the specification");
    rc = change(m, err);
    if (rc == 0)
        rc = harden(m, err);
    return rc ? rc : decide(m, err);
}

static void finish(struct mending *m)
{
    bw_runtime_spec_free(&m->spec);
    bw_runtime_spec_free(&m->named);
    bw_bundle_close(m->bundle);
}

int bw_runtime_create(struct bw_runtime_call *call, struct bw_err *err)
{
    struct bw_bundle bundle = BW_BUNDLE();
    struct mending m = {.call = call, .bundle = &bundle};
    const struct bw_runtime_args *args = call->args;
    int rc = judge(&m, bw_runtime_value(args, BW_RUNTIME_BUNDLE, "."),
                   bw_runtime_value(args, BW_RUNTIME_SPEC, "config.json"), err);
    if (rc == 0 && !call->reason.n && m.text.p != (const char *)bundle.text.p)
        rc = bw_bundle_write(&bundle, m.text, err);
    finish(&m);
    return rc;
}

int bw_runtime_hook(struct bw_runtime_call *call, struct bw_err *err)
{
    struct bw_bundle bundle = BW_BUNDLE();
    struct mending m = {.call = call, .bundle = &bundle, .veto = true};
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(STATE_MAX);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_fd_slurp(STDIN_FILENO, &text, err);
    if (rc == 0)
        rc = bw_json_parse(&doc, bw_buf_slice(&text), NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "the state of the container");
    const struct bw_json *root = bw_json_root(doc);
    struct bw_str path =
        bw_arena_str(call->arena, bw_json_string(bw_json_get(root, BW_STR("bundle"))));
    struct bw_str id = bw_arena_str(call->arena, bw_json_string(bw_json_get(root, BW_STR("id"))));
    if (!path.n || !id.n || strlen(path.p) != path.n || strlen(id.p) != id.n)
        return bw_err_set(err, BW_EFORMAT, "the state of the container names no bundle");
    call->args->id = id.p;
    rc = judge(&m, path.p, "config.json", err);
    finish(&m);
    return rc;
}
