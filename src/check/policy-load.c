#include "check/policy-load.h"

#include <stdio.h>
#include <stdlib.h>

/* --- problems --- */

int bw_policy_problem(struct bw_policy_reader *reader, uint32_t line, uint32_t column,
                      const char *fmt, ...)
{
    struct bw_policy_loader *loader = reader->loader;
    struct bw_str file = reader->source ? reader->source->file : BW_STR("policies");
    char text[BW_ERR_MSG_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct bw_policy_problem problem = {file, line, column, reader->policy, text};
    if (loader->on_problem)
        loader->on_problem(loader->ctx, &problem);
    if (!loader->first.code)
        bw_policy_problem_text(&problem, &loader->first);
    return BW_EFORMAT;
}

int bw_policy_problem_text(const struct bw_policy_problem *problem, struct bw_err *err)
{
    char place[32] = "";
    if (problem->line)
        snprintf(place, sizeof place, "%u:%u:", problem->line, problem->column);
    return bw_err_set(err, BW_EFORMAT, "%" BW_STR_F ":%s %s%" BW_STR_F "%s%s",
                      BW_STR_A(problem->file), place, problem->policy.n ? "policy " : "",
                      BW_STR_A(problem->policy), problem->policy.n ? ": " : "", problem->message);
}

int bw_policy_problem_at(struct bw_policy_reader *reader, const struct bw_yaml *value,
                         const char *fmt, ...)
{
    char text[BW_ERR_MSG_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return bw_policy_problem(reader, bw_yaml_line(value), bw_yaml_column(value), "%s", text);
}

int bw_policy_no_room(struct bw_policy_reader *reader)
{
    bool full = bw_arena_is_full(reader->loader->arena);
    if (!reader->loader->first.code)
        bw_err_set(&reader->loader->first, full ? BW_ELIMIT : BW_ENOMEM,
                   full ? "the policies are larger than the %zu MiB that are held"
                        : "out of memory for policies",
                   BW_POLICY_DRAFT_MAX >> 20);
    return full ? BW_ELIMIT : BW_ENOMEM;
}

/* --- the loader --- */

struct bw_policy_loader *bw_policy_loader_new(bw_policy_on_problem on_problem, void *ctx,
                                              struct bw_err *err)
{
    struct bw_policy_loader *loader = calloc(1, sizeof *loader);
    if (loader)
        loader->arena = bw_arena_new(BW_POLICY_DRAFT_MAX);
    if (!loader || !loader->arena) {
        free(loader);
        bw_err_set(err, BW_ENOMEM, "out of memory for policies");
        return NULL;
    }
    loader->on_problem = on_problem;
    loader->ctx = ctx;
    return loader;
}

void bw_policy_loader_free(struct bw_policy_loader *loader)
{
    if (!loader)
        return;
    for (size_t i = 0; i < loader->sources.n; i++)
        bw_yaml_free(loader->sources.v[i]->stream);
    BW_VEC_FREE(&loader->sources);
    BW_VEC_FREE(&loader->policies);
    BW_VEC_FREE(&loader->bindings);
    BW_VEC_FREE(&loader->objects);
    bw_arena_free(loader->arena);
    free(loader);
}

void bw_policy_loader_freep(struct bw_policy_loader **loader)
{
    bw_policy_loader_free(*loader);
    *loader = NULL;
}

/* --- documents --- */

static const struct {
    const char *group, *kind;
    const char *versions; /* blanks between them; NULL: any */
    int (*read)(struct bw_policy_reader *reader, const struct bw_yaml *root);
    const char *beyond;
} kinds[] = {
    {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "v1 v1beta1",
     bw_policy_read_validating, NULL},
    {"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", "v1 v1beta1",
     bw_policy_read_binding, NULL},
    {"admissionregistration.k8s.io", "MutatingAdmissionPolicy", "v1 v1beta1 v1alpha1",
     bw_policy_read_mutating, NULL},
    {"admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", "v1 v1beta1 v1alpha1",
     bw_policy_read_binding, NULL},
    {"templates.gatekeeper.sh", "ConstraintTemplate", "v1 v1beta1 v1alpha1",
     bw_policy_read_template, NULL},
    {"constraints.gatekeeper.sh", NULL, NULL, bw_policy_read_constraint, NULL},
    {"policies.kyverno.io", "ValidatingPolicy", "v1 v1beta1 v1alpha1", bw_policy_read_kyverno,
     NULL},
    {"policies.kyverno.io", NULL, NULL, NULL,
     "of Kyverno's kinds of policies only ValidatingPolicy judges an object by itself"},
    {"kyverno.io", "ClusterPolicy", NULL, NULL,
     "Kyverno's patterns and JMESPath are not supported; ValidatingPolicy (CEL) is"},
    {"kyverno.io", "Policy", NULL, NULL,
     "Kyverno's patterns and JMESPath are not supported; ValidatingPolicy (CEL) is"},
};

static bool has_word(const char *words, struct bw_str word)
{
    struct bw_str rest = bw_str(words), part;
    while (bw_str_split(&rest, ' ', &part))
        if (bw_str_eq(part, word))
            return true;
    return false;
}

static int read_object(struct bw_policy_reader *reader, const struct bw_yaml *root,
                       struct bw_str version, struct bw_str kind)
{
    struct bw_policy_draft_object *object =
        BW_VEC_PUSH(&reader->loader->objects, BW_POLICY_PARAMS_MAX);
    const struct bw_yaml *metadata = bw_yaml_get(root, "metadata");
    if (!object)
        return bw_policy_problem_at(reader, root, "more than %u objects beside the policies",
                                    BW_POLICY_PARAMS_MAX);
    *object = (struct bw_policy_draft_object){
        .source = reader->source,
        .root = root,
        .version = version,
        .kind = kind,
        .namespace = bw_yaml_text(bw_yaml_get(metadata, "namespace")),
        .name = bw_yaml_text(bw_yaml_get(metadata, "name")),
    };
    return 0;
}

static int read_kind(struct bw_policy_reader *reader, const struct bw_yaml *root, struct bw_str api,
                     struct bw_str kind)
{
    size_t slash = bw_str_find(api, '/');
    struct bw_str group = slash == SIZE_MAX ? BW_STR("") : bw_str_take(api, slash);
    struct bw_str version = slash == SIZE_MAX ? api : bw_str_from(api, slash + 1);
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds); i++) {
        if (!bw_str_eq(group, bw_str(kinds[i].group)) ||
            (kinds[i].kind && !bw_str_eq(kind, bw_str(kinds[i].kind))))
            continue;
        if (!kinds[i].read)
            return bw_policy_problem_at(reader, root, "kind %" BW_STR_F ": %s", BW_STR_A(kind),
                                        kinds[i].beyond);
        if (kinds[i].versions && !has_word(kinds[i].versions, version))
            return bw_policy_problem_at(
                reader, root, "version %" BW_STR_F " of %" BW_STR_F " is not known; these are: %s",
                BW_STR_A(version), BW_STR_A(kind), kinds[i].versions);
        return kinds[i].read(reader, root);
    }
    return read_object(reader, root, api, kind);
}

static int read_document(struct bw_policy_reader *reader, const struct bw_yaml *root, bool in_list)
{
    struct bw_str api = bw_yaml_text(bw_yaml_get(root, "apiVersion"));
    struct bw_str kind = bw_yaml_text(bw_yaml_get(root, "kind"));
    reader->policy = bw_yaml_text(bw_yaml_get(bw_yaml_get(root, "metadata"), "name"));
    if (bw_policy_is_null(root))
        return 0;
    if (!api.n || !kind.n)
        return bw_policy_problem_at(reader, root,
                                    "no object of Kubernetes: it has no apiVersion and kind");
    if (in_list || !bw_str_eq(api, BW_STR("v1")) || !bw_str_eq(kind, BW_STR("List")))
        return read_kind(reader, root, api, kind);
    struct bw_yaml_iter it = bw_yaml_iter(bw_yaml_get(root, "items"));
    int rc = 0;
    for (const struct bw_yaml *item; (item = bw_yaml_next(&it));) {
        int one = read_document(reader, item, true);
        if (one == BW_ENOMEM || one == BW_ELIMIT)
            return one;
        rc = rc ? rc : one;
    }
    return rc;
}

static int index_lines(struct bw_policy_source *source, struct bw_arena *arena)
{
    size_t n = 1;
    for (size_t i = 0; i < source->text.n; i++)
        n += source->text.p[i] == '\n';
    source->lines = bw_arena_array(arena, n, sizeof *source->lines);
    if (!source->lines)
        return BW_ENOMEM;
    source->lines[source->lines_n++] = 0;
    for (size_t i = 0; i < source->text.n; i++)
        if (source->text.p[i] == '\n')
            source->lines[source->lines_n++] = (uint32_t)i + 1;
    return 0;
}

static struct bw_policy_source *add_source(struct bw_policy_loader *loader, struct bw_str file,
                                           struct bw_str text)
{
    struct bw_policy_source *source = bw_arena_alloc(loader->arena, sizeof *source);
    if (!source)
        return NULL;
    source->file = bw_arena_str(loader->arena, file);
    source->text = bw_arena_str(loader->arena, text);
    if (!source->file.p || !source->text.p || index_lines(source, loader->arena))
        return NULL;
    struct bw_policy_source **slot = BW_VEC_PUSH(&loader->sources, BW_POLICY_FILES_MAX);
    if (slot)
        *slot = source;
    return slot ? source : NULL;
}

/* libyaml tells the line alone, at the end of its message. */
static int bad_yaml(struct bw_policy_reader *reader, const struct bw_err *why)
{
    const char *line = strstr(why->msg, " at line ");
    return bw_policy_problem(reader, line ? (uint32_t)strtoul(line + 9, NULL, 10) : 0, 1, "%s",
                             why->msg);
}

int bw_policy_load(struct bw_policy_loader *loader, struct bw_str file, struct bw_str text,
                   struct bw_err *err)
{
    struct bw_policy_reader reader = {.loader = loader};
    struct bw_err before = loader->first, why = {0};
    loader->first = (struct bw_err){0};
    if (text.n > BW_POLICY_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "%" BW_STR_F ": longer than the %zu MiB of a policy file",
                          BW_STR_A(file), BW_POLICY_TEXT_MAX >> 20);
    struct bw_policy_source *source = add_source(loader, file, text);
    reader.source = source;
    int rc = source ? bw_yaml_parse(&source->stream, text, &why) : bw_policy_no_room(&reader);
    if (rc == BW_EFORMAT || (rc == BW_ELIMIT && source))
        rc = bad_yaml(&reader, &why);
    else if (rc && source)
        bw_err_set(&loader->first, rc, "%s", why.msg);
    for (const struct bw_yaml *root = rc ? NULL : bw_yaml_first(source->stream); root;
         root = bw_yaml_next_document(root)) {
        int one = read_document(&reader, root, false);
        rc = rc ? rc : one;
        if (one == BW_ENOMEM || one == BW_ELIMIT)
            break;
    }
    if (rc && loader->first.code)
        rc = loader->first.code;
    if (rc && err)
        *err = loader->first;
    if (before.code)
        loader->first = before;
    return rc;
}

bool bw_policy_is_policy_text(struct bw_str text)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds); i++)
        if (bw_str_find_str(text, bw_str(kinds[i].group)) != SIZE_MAX)
            return true;
    return false;
}
