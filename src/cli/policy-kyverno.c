/*
 * kyverno-test.yaml, as the Kyverno CLI has it (cli.kyverno.io/v1alpha1, kind Test): policies,
 * resources, and for each of them by name the result that is wanted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/policy-suite.h"
#include "scan/policy-files.h"

/* Files of one suite. */
#define FILES_MAX 1000u

struct kyverno {
    struct bw_suite_run *run;
    const char *path;
    struct bw_policy_files files;
    struct bw_document document; /* all resources together */
};

/* A path that the suite names, seen from the suite; for the caller to free. */
static char *beside(const char *suite, struct bw_str name)
{
    char *path;
    const char *slash = strrchr(suite, '/');
    int length = slash && name.p[0] != '/' ? (int)(slash - suite + 1) : 0;
    return asprintf(&path, "%.*s%" BW_STR_F, length, suite, BW_STR_A(name)) < 0 ? NULL : path;
}

static int collect(const char *suite, const struct bw_yaml *list, struct bw_paths *paths,
                   struct bw_err *err)
{
    struct bw_yaml_iter it = bw_yaml_iter(list);
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it));) {
        struct bw_str name = bw_yaml_text(item);
        char **slot = name.n ? BW_VEC_PUSH(paths, FILES_MAX) : NULL;
        if (!slot)
            return bw_err_set(err, BW_EFORMAT, "line %u: a path is expected, and at most %u",
                              bw_yaml_line(item), FILES_MAX);
        *slot = beside(suite, name);
        if (!*slot)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    return 0;
}

/* --- resources --- */

static int append_objects(struct bw_suite_run *run, struct bw_document *all,
                          const struct bw_document *more, struct bw_err *err)
{
    size_t n = all->objects_n + more->objects_n;
    struct bw_object *objects = bw_arena_array(run->arena, n, sizeof *objects);
    if (!objects)
        return bw_err_set(err, BW_ELIMIT, "no room for the resources of the suite");
    if (all->objects_n)
        memcpy(objects, all->objects, all->objects_n * sizeof *objects);
    for (size_t i = 0; i < more->objects_n; i++) {
        objects[all->objects_n + i] = more->objects[i];
        if (more->objects[i].view_of != BW_OBJECT_NO_VIEW)
            objects[all->objects_n + i].view_of += (uint32_t)all->objects_n;
    }
    all->objects = objects;
    all->objects_n = n;
    return 0;
}

static int read_resources(struct kyverno *k, const struct bw_yaml *root, struct bw_err *err)
{
    struct bw_paths paths BW_CLEANUP(bw_paths_free) = {0};
    int rc = collect(k->path, bw_yaml_get(root, "resources"), &paths, err);
    for (size_t i = 0; i < paths.n && rc == 0; i++) {
        struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
        struct bw_suite_document read;
        rc = bw_fd_slurp_path(paths.v[i], &text, err);
        if (rc == 0)
            rc = bw_suite_read(k->run, BW_SYNTAX_MANIFEST, bw_buf_slice(&text), &read, err);
        if (rc == 0 && read.gap[0])
            rc = bw_err_set(err, BW_EFORMAT, "%s: %s", paths.v[i], read.gap);
        if (rc == 0)
            rc = append_objects(k->run, &k->document, &read.document, err);
    }
    return rc;
}

/* --- results --- */

struct wanted_object {
    struct bw_str name, namespace, kind;
};

/* An object and the views of it. */
static bool is_wanted(void *ctx, const struct bw_document *document, const struct bw_object *object)
{
    const struct wanted_object *wanted = ctx;
    if (object->view_of < document->objects_n)
        object = &document->objects[object->view_of];
    return bw_str_eq(object->name, wanted->name) &&
           (!wanted->kind.n || bw_str_eq(object->kind, wanted->kind)) &&
           (!wanted->namespace.n || bw_str_eq(object->namespace, wanted->namespace) ||
            (!object->namespace.n && bw_str_eq(wanted->namespace, BW_STR("default"))));
}

/* Kyverno's word for a verdict. */
static const char *word_of(const struct bw_suite_verdict *verdict)
{
    switch (verdict->status) {
    case BW_STATUS_PASS:
        return "pass";
    case BW_STATUS_FAIL:
        if (verdict->error)
            return "error";
        return "fail";
    case BW_STATUS_NOT_EVALUATED:
        return "error";
    default:
        return "skip";
    }
}

static bool fits(struct bw_str wanted, const struct bw_suite_verdict *verdict)
{
    bool warns = verdict->status == BW_STATUS_FAIL && verdict->action != BW_POLICY_DENY;
    return bw_str_eq(wanted, bw_str(word_of(verdict))) ||
           (warns && bw_str_eq(wanted, BW_STR("warn")));
}

/* "name", or "namespace/name". */
static void run_resource(struct kyverno *k, const struct bw_yaml *result, size_t policy,
                         const struct bw_yaml *resource)
{
    struct bw_str name = bw_yaml_text(resource);
    size_t slash = bw_str_rfind(name, '/');
    struct wanted_object wanted = {.name = slash == SIZE_MAX ? name : bw_str_from(name, slash + 1),
                                   .namespace =
                                       slash == SIZE_MAX ? BW_STR("") : bw_str_take(name, slash),
                                   .kind = bw_yaml_text(bw_yaml_get(result, "kind"))};
    struct bw_str word = bw_yaml_text(bw_yaml_get(result, "result"));
    struct bw_suite_verdict verdict = {0};
    struct bw_err err = {0};
    char why[1024] = "";
    if (!wanted.namespace.n)
        wanted.namespace = bw_yaml_text(bw_yaml_get(result, "namespace"));
    size_t found = 0;
    for (size_t i = 0; i < k->document.objects_n; i++)
        found += is_wanted(&wanted, &k->document, &k->document.objects[i]);
    int rc = bw_suite_judge(k->run, k->files.set, policy, &k->document, is_wanted, &wanted,
                            &verdict, &err);
    if (rc)
        snprintf(why, sizeof why, "%s", err.msg);
    else if (!found)
        snprintf(why, sizeof why, "there is no such resource");
    else if (!fits(word, &verdict))
        snprintf(why, sizeof why, "wanted %" BW_STR_F ", got %s: %" BW_STR_F, BW_STR_A(word),
                 word_of(&verdict), BW_STR_A(verdict.message));
    bw_suite_tell(k->run, why[0] ? why : NULL, "%s %" BW_STR_F " is %" BW_STR_F " (%s:%u)",
                  bw_policy_at(k->files.set, policy)->check.id, BW_STR_A(name), BW_STR_A(word),
                  k->path, bw_yaml_line(resource));
}

static void run_result(struct kyverno *k, const struct bw_yaml *result)
{
    struct bw_str id = bw_yaml_text(bw_yaml_get(result, "policy"));
    const struct bw_yaml *resources = bw_yaml_get(result, "resources");
    const struct bw_yaml *resource = bw_yaml_get(result, "resource");
    size_t policy = bw_policy_find(k->files.set, id);
    if (policy == SIZE_MAX) {
        bw_suite_tell(k->run, "the suite loads no such policy", "%" BW_STR_F " (%s:%u)",
                      BW_STR_A(id), k->path, bw_yaml_line(result));
        return;
    }
    if (resource)
        run_resource(k, result, policy, resource);
    struct bw_yaml_iter it = bw_yaml_iter(resources);
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it));)
        run_resource(k, result, policy, item);
    if (!resource && !bw_yaml_size(resources))
        bw_suite_tell(k->run, "a result names resources", "%" BW_STR_F " (%s:%u)", BW_STR_A(id),
                      k->path, bw_yaml_line(result));
}

static int open_suite(struct kyverno *k, const struct bw_yaml *root, struct bw_err *err)
{
    static const char *const beyond[] = {"variables", "userinfo", "exceptions", "context",
                                         "targetResources"};
    struct bw_paths paths BW_CLEANUP(bw_paths_free) = {0};
    for (size_t i = 0; i < BW_ARRAY_LEN(beyond); i++)
        if (bw_yaml_get(root, beyond[i]))
            return bw_err_set(err, BW_EUNSUPPORTED, "the suite uses %s", beyond[i]);
    int rc = collect(k->path, bw_yaml_get(root, "policies"), &paths, err);
    if (rc == 0 && !paths.n)
        rc = bw_err_set(err, BW_EFORMAT, "the suite names no policies");
    if (rc == 0)
        rc = bw_policy_files_open(&k->files, (const char *const *)paths.v, paths.n, err);
    return rc ? rc : read_resources(k, root, err);
}

void bw_suite_kyverno(struct bw_suite_run *run, const char *path)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct kyverno k = {.run = run, .path = path};
    struct bw_err err = {0};
    int rc = bw_fd_slurp_path(path, &text, &err);
    if (rc == 0)
        rc = bw_yaml_parse(&stream, bw_buf_slice(&text), &err);
    const struct bw_yaml *root = rc ? NULL : bw_yaml_first(stream);
    if (rc == 0)
        rc = open_suite(&k, root, &err);
    if (rc == BW_EUNSUPPORTED)
        bw_suite_skip(run, err.msg, "%s", path);
    else if (rc)
        bw_suite_tell(run, err.msg, "%s", path);
    struct bw_yaml_iter it = bw_yaml_iter(rc ? NULL : bw_yaml_get(root, "results"));
    for (const struct bw_yaml *result; (result = bw_yaml_next(&it));)
        run_result(&k, result);
    bw_policy_files_close(&k.files);
}
