/*
 * ID.examples.yaml: what a policy must let pass and what it must not; of a mutating policy, what it
 * must make of an object, and which it must keep as it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/policy-suite.h"
#include "scan/policy-files.h"

#define SUFFIX ".examples.yaml"

struct examples {
    struct bw_suite_run *run;
    const char *path;
    char file[4096]; /* of the policy */
    struct bw_policy_files files;
    struct bw_str id;
    size_t policy;
    bool passes[BW_SYNTAX_COUNT], fails[BW_SYNTAX_COUNT]; /* has such examples */
    bool mended[BW_SYNTAX_COUNT], left_alone[BW_SYNTAX_COUNT];
};

static bool read_syntax(struct bw_str word, enum bw_syntax *ret_syntax)
{
    for (int i = 0; i < BW_SYNTAX_COUNT; i++)
        if (bw_str_eq(word, bw_str(bw_syntax_name((enum bw_syntax)i)))) {
            *ret_syntax = (enum bw_syntax)i;
            return true;
        }
    return false;
}

static void tell_verdict(struct examples *x, enum bw_syntax syntax, uint32_t line,
                         enum bw_status wanted, const struct bw_suite_verdict *verdict,
                         const char *gap)
{
    char why[2048];
    snprintf(why, sizeof why, "wanted %s, got %s: %" BW_STR_F "%s%" BW_STR_F "%s%s",
             bw_status_name(wanted), bw_status_name(verdict->status), BW_STR_A(verdict->message),
             verdict->because.n ? "\n" : "", BW_STR_A(verdict->because), gap[0] ? "\n" : "", gap);
    bw_suite_tell(x->run, verdict->status == wanted ? NULL : why, "%" BW_STR_F " %s %s (%s:%u)",
                  BW_STR_A(x->id), bw_syntax_name(syntax),
                  wanted == BW_STATUS_PASS ? "passes" : "fails", x->path, line);
}

/* `set`: the policy's, or with what stands beside it in the example. */
static void run_example(struct examples *x, const struct bw_policy_set *set, enum bw_syntax syntax,
                        const struct bw_yaml *text, enum bw_status wanted)
{
    struct bw_suite_verdict verdict = {0};
    struct bw_suite_document read;
    struct bw_err err = {0};
    uint32_t line = bw_yaml_line(text);
    bw_arena_reset(x->run->arena);
    int rc = bw_suite_read(x->run, syntax, bw_yaml_text(text), &read, &err);
    if (rc == BW_EUNSUPPORTED) {
        bw_suite_skip(x->run, err.msg, "%" BW_STR_F " %s (%s:%u)", BW_STR_A(x->id),
                      bw_syntax_name(syntax), x->path, line);
        return;
    }
    if (rc == 0)
        rc = bw_suite_judge(x->run, set, x->policy, &read.document, NULL, NULL, &verdict, &err);
    if (rc)
        bw_suite_tell(x->run, err.msg, "%" BW_STR_F " %s (%s:%u)", BW_STR_A(x->id),
                      bw_syntax_name(syntax), x->path, line);
    else
        tell_verdict(x, syntax, line, wanted, &verdict, read.gap);
    if (rc == 0 && wanted == BW_STATUS_FAIL && verdict.status == BW_STATUS_FAIL) {
        const struct bw_suite_example example = {syntax, bw_yaml_text(text), &read, x->path, line};
        enum bw_suite_mended mended = bw_suite_mend(x->run, set, x->policy, &example);
        x->mended[syntax] |= mended == BW_SUITE_MENDED;
        x->left_alone[syntax] |= mended == BW_SUITE_LEFT_ALONE;
    }
}

static void wrong(struct examples *x, const struct bw_yaml *at, const char *why)
{
    bw_suite_tell(x->run, why, "%s:%u", x->path, bw_yaml_line(at));
}

/* The policy with other documents beside it: bindings and parameters. */
static int load_with(struct examples *x, struct bw_str documents, struct bw_policy_set **ret_set,
                     struct bw_err *err)
{
    struct bw_buf policy BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, err);
    int rc = loader ? bw_fd_slurp_path(x->file, &policy, err) : BW_ENOMEM;
    if (rc == 0)
        rc = bw_policy_load(loader, bw_str(x->file), bw_buf_slice(&policy), err);
    if (rc == 0)
        rc = bw_policy_load(loader, BW_STR("with"), documents, err);
    return rc ? rc : bw_policy_set_build(loader, ret_set, err);
}

/* `mutate` and what it `becomes`, or what the policy is to `keep`: counted as that which fails and
 * that which passes. */
static void run_mutation(struct examples *x, const struct bw_policy_set *set, enum bw_syntax syntax,
                         const struct bw_yaml *entry)
{
    const struct bw_yaml *from = bw_yaml_get(entry, "mutate"), *keep = bw_yaml_get(entry, "keep");
    struct bw_str becomes = bw_yaml_text(bw_yaml_get(entry, "becomes"));
    struct bw_str before = bw_yaml_text(keep ? keep : from);
    struct bw_err err = {0};
    if (!before.p || (keep ? from || becomes.p : !becomes.p)) {
        wrong(x, entry,
              "an example of a mutating policy has the texts `mutate` and `becomes`, or `keep`");
        return;
    }
    x->passes[syntax] |= keep != NULL;
    x->fails[syntax] |= keep == NULL;
    bw_arena_reset(x->run->arena);
    int rc = bw_suite_mutate(x->run, set, x->policy, syntax, before, keep ? before : becomes, &err);
    bw_suite_tell(x->run, rc ? err.msg : NULL, "%" BW_STR_F " %s %s (%s:%u)", BW_STR_A(x->id),
                  bw_syntax_name(syntax), keep ? "is kept" : "is mutated", x->path,
                  bw_yaml_line(keep ? keep : from));
}

static bool is_mutating(const struct examples *x)
{
    return bw_policy_at(x->files.set, x->policy)->kind == BW_POLICY_MUTATING;
}

static void run_entry(struct examples *x, const struct bw_yaml *entry)
{
    struct bw_policy_set *more BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_yaml_iter it = bw_yaml_iter(entry);
    struct bw_err err = {0};
    enum bw_syntax syntax;
    struct bw_str with = bw_yaml_text(bw_yaml_get(entry, "with"));
    if (!read_syntax(bw_yaml_text(bw_yaml_get(entry, "as")), &syntax)) {
        wrong(x, entry,
              "`as` is none of manifest, dockerfile, compose, docker-create, "
              "docker-inspect, docker-request, oci-spec, image");
        return;
    }
    if (with.p && load_with(x, with, &more, &err)) {
        wrong(x, entry, err.msg);
        return;
    }
    if (is_mutating(x)) {
        run_mutation(x, more ? more : x->files.set, syntax, entry);
        return;
    }
    for (const struct bw_yaml *value; (value = bw_yaml_next(&it));) {
        struct bw_str key = bw_yaml_text(it.key);
        bool passes = bw_str_eq(key, BW_STR("pass")), fails = bw_str_eq(key, BW_STR("fail"));
        bool known = bw_str_eq(key, BW_STR("as")) || bw_str_eq(key, BW_STR("with"));
        if ((!passes && !fails && !known) || bw_yaml_type(value) != BW_YAML_SCALAR) {
            wrong(x, value,
                  "an example has `as`, and the texts `pass`, `fail` and, for bindings and "
                  "parameters, `with`");
            continue;
        }
        if (known)
            continue;
        x->passes[syntax] |= passes;
        x->fails[syntax] |= fails;
        run_example(x, more ? more : x->files.set, syntax, value,
                    passes ? BW_STATUS_PASS : BW_STATUS_FAIL);
    }
}

/* Where the policy has a fix, an example must show it at work. */
static void check_fixes(struct examples *x)
{
    for (int i = 0; i < BW_SYNTAX_COUNT; i++)
        if (x->left_alone[i] && !x->mended[i])
            bw_suite_tell(x->run, "none is changed by it", "%" BW_STR_F " %s has a fix (%s)",
                          BW_STR_A(x->id), bw_syntax_name((enum bw_syntax)i), x->path);
}

static void check_completeness(struct examples *x)
{
    char why[512] = "";
    for (int i = 0; i < BW_SYNTAX_COUNT; i++)
        if (x->passes[i] != x->fails[i])
            snprintf(why + strlen(why), sizeof why - strlen(why), "%s has no example that %s\n",
                     bw_syntax_name((enum bw_syntax)i),
                     is_mutating(x) ? x->passes[i] ? "is mutated" : "is kept"
                     : x->passes[i] ? "fails"
                                    : "passes");
    if (x->run->strict)
        bw_suite_tell(x->run, why[0] ? why : NULL, "%" BW_STR_F " has both kinds of examples (%s)",
                      BW_STR_A(x->id), x->path);
}

static void run_list(struct examples *x, struct bw_str text)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_err err = {0};
    if (bw_yaml_parse(&stream, text, &err)) {
        bw_suite_tell(x->run, err.msg, "%s", x->path);
        return;
    }
    const struct bw_yaml *root = bw_yaml_first(stream);
    if (bw_yaml_type(root) != BW_YAML_SEQUENCE || !bw_yaml_size(root)) {
        bw_suite_tell(x->run, "a list of examples is expected", "%s", x->path);
        return;
    }
    struct bw_yaml_iter it = bw_yaml_iter(root);
    for (const struct bw_yaml *entry; (entry = bw_yaml_next(&it));)
        run_entry(x, entry);
    check_fixes(x);
    check_completeness(x);
}

/* The policy beside it: DIR/ID.yaml, whose name is ID. */
static int open_policy(struct examples *x, struct bw_err *err)
{
    struct bw_str stem = bw_str_take(bw_str(x->path), strlen(x->path) - strlen(SUFFIX));
    size_t slash = bw_str_rfind(stem, '/');
    x->id = slash == SIZE_MAX ? stem : bw_str_from(stem, slash + 1);
    snprintf(x->file, sizeof x->file, "%" BW_STR_F ".yaml", BW_STR_A(stem));
    const char *paths[] = {x->file};
    int rc = bw_policy_files_open(&x->files, paths, 1, err);
    if (rc)
        return rc;
    x->policy = bw_policy_find(x->files.set, x->id);
    return x->policy != SIZE_MAX
               ? 0
               : bw_err_set(err, BW_ENOENT, "%s holds no policy of that name", x->file);
}

void bw_suite_examples(struct bw_suite_run *run, const char *path)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    struct examples x = {.run = run, .path = path};
    struct bw_err err = {0};
    int rc = open_policy(&x, &err);
    if (rc == 0)
        rc = bw_fd_slurp_path(path, &text, &err);
    if (rc)
        bw_suite_tell(run, err.msg, "%s", path);
    else
        run_list(&x, bw_buf_slice(&text));
    bw_policy_files_close(&x.files);
}

/* --- strictness --- */

/* Of a profile that follows a document, which can be pointed at. */
static bool is_of_a_standard(const struct bw_policy *policy)
{
    for (size_t i = 0; i < policy->profiles.n; i++)
        if (bw_str_eq(policy->profiles.v[i], BW_STR("baseline")) ||
            bw_str_eq(policy->profiles.v[i], BW_STR("cis-docker")))
            return true;
    return false;
}

static void check_policy(struct bw_suite_run *run, const struct bw_policy *policy, const char *path)
{
    char why[512] = "", examples[4096];
    struct bw_str stem = bw_str_take(bw_str(path), strlen(path) - strlen(".yaml"));
    struct bw_buf ignored BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SUITE_TEXT_MAX);
    snprintf(examples, sizeof examples, "%" BW_STR_F SUFFIX, BW_STR_A(stem));
    const struct {
        bool there;
        const char *what;
    } wanted[] = {
        {bw_str_ends(stem, policy->id), "a file of its name"},
        {strcmp(policy->check.title, policy->check.id) != 0, "bulwark.dev/title"},
        {policy->check.remedy[0], "bulwark.dev/remedy"},
        {policy->check.references[0] || !is_of_a_standard(policy), "bulwark.dev/references"},
        {policy->profiles.n, "bulwark.dev/profiles"},
        {bw_fd_slurp_path(examples, &ignored, NULL) == 0, "examples beside it"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wanted); i++)
        if (!wanted[i].there)
            snprintf(why + strlen(why), sizeof why - strlen(why), "it has no %s\n", wanted[i].what);
    bw_suite_tell(run, why[0] ? why : NULL, "%s is complete (%s)", policy->check.id, path);
}

void bw_suite_strict(struct bw_suite_run *run, const char *path)
{
    struct bw_policy_files files BW_CLEANUP(bw_policy_files_close) = {0};
    struct bw_err err = {0};
    int rc = bw_policy_files_open(&files, &path, 1, &err);
    if (rc == BW_ENOENT) /* what lies beside policies */
        return;
    if (rc)
        bw_suite_tell(run, err.msg, "%s", path);
    for (size_t i = 0; rc == 0 && i < bw_policy_count(files.set); i++)
        check_policy(run, bw_policy_at(files.set, i), path);
}
