#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
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
    struct bw_str path;           /* names it */
    struct bw_runtime_spec spec;  /* as it is now */
    struct bw_runtime_spec named; /* with mounts as they were written; judged where they differ */
    bool differs;
};

static int reread(struct mending *m, struct bw_str text, struct bw_err *err)
{
    if (m->spec.text.p == text.p)
        return 0;
    bw_runtime_spec_free(&m->spec);
    return bw_runtime_spec_read(m->call->arena, m->path, text, &m->spec, err);
}

/* Applies operations to what there is now. */
static int apply(struct mending *m, struct bw_value operations, struct bw_err *err)
{
    struct bw_str text = m->spec.text;
    int rc = bw_runtime_patched(m->call->arena, text, operations, &text, err);
    return rc ? rc : reread(m, text, err);
}

/* What the site's own policies change, and then the steps of harden.h. */
static int harden(struct mending *m, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = m->call->arena};
    struct bw_value site = bw_value_list(&make, 0), ours = bw_value_list(&make, 16);
    int rc = bw_runtime_mutate(m->call->judge, &m->spec, &make, &site, err);
    if (rc == 0)
        rc = apply(m, site, err);
    if (rc)
        return rc;
    bw_harden_spec(&m->call->config->harden, m->spec.value, &make, &ours);
    if (make.failed)
        return bw_err_set(err, BW_ELIMIT, "the specification has more than can be mended");
    return apply(m, ours, err);
}

/* Both are judged: where a mount leads, and how it was called. */
static int resolve(struct mending *m, struct bw_err *err)
{
    struct bw_value_maker make = {.arena = m->call->arena};
    struct bw_value operations = bw_value_list(&make, 0);
    int rc = bw_runtime_resolve_mounts(m->spec.value, m->bundle->dir, &make, &operations, err);
    if (rc == 0 && make.failed)
        rc = bw_err_set(err, BW_ELIMIT, "more mounts than find room");
    m->differs = rc == 0 && bw_value_count(operations);
    if (!m->differs)
        return rc;
    m->named = m->spec;
    m->spec = (struct bw_runtime_spec){.text = m->named.text};
    return apply(m, operations, err);
}

static int decide(struct mending *m, struct bw_err *err)
{
    struct bw_str name = bw_str(m->call->args->id);
    struct bw_gate_decision decision = {.allowed = true};
    int rc = m->differs ? bw_runtime_decide(m->call->judge, &m->named, name, &decision, err) : 0;
    if (rc == 0 && decision.allowed)
        rc = bw_runtime_decide(m->call->judge, &m->spec, name, &decision, err);
    if (rc == 0)
        bw_runtime_settle(m->call, &decision);
    return rc;
}

/* Opens the bundle, reads and resolves; `mend` says whether the specification may be changed. */
static int judge(struct mending *m, const char *bundle, const char *name, bool mend,
                 struct bw_err *err)
{
    struct bw_arena *arena = m->call->arena;
    int rc = bw_bundle_open(bundle, name, m->bundle, err);
    if (rc)
        return rc;
    m->path = bw_arena_printf(arena, "%s/config.json", m->bundle->path);
    if (!m->path.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the specification");
    rc = bw_runtime_spec_read(arena, m->path, bw_buf_slice(&m->bundle->text), &m->spec, err);
    if (rc == 0 && mend)
        rc = harden(m, err);
    if (rc == 0)
        rc = resolve(m, err);
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
                   bw_runtime_value(args, BW_RUNTIME_SPEC, "config.json"), true, err);
    if (rc == 0 && !call->reason.n && m.spec.text.p != (const char *)bundle.text.p)
        rc = bw_bundle_write(&bundle, m.spec.text, err);
    finish(&m);
    return rc;
}

int bw_runtime_hook(struct bw_runtime_call *call, struct bw_err *err)
{
    struct bw_bundle bundle = BW_BUNDLE();
    struct mending m = {.call = call, .bundle = &bundle};
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
    rc = judge(&m, path.p, "config.json", false, err);
    finish(&m);
    return rc;
}
