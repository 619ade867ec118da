#include "cli/policy-print.h"

#include <unistd.h>

#define JSON_MAX ((size_t)1 << 30)

struct bw_output_options bw_policy_print_options(const struct bw_output_file *file)
{
    bool terminal = !file->path;
    return (struct bw_output_options){
        .width = terminal ? bw_terminal_width(STDOUT_FILENO) : 0,
        .colour = terminal && bw_terminal_colour(STDOUT_FILENO),
        .unicode = bw_terminal_unicode(),
    };
}

const char *bw_policy_does(const struct bw_policy *policy)
{
    return policy->kind == BW_POLICY_MUTATING ? "Mutate" : bw_policy_action_name(policy->action);
}

static void put_words(struct bw_json_writer *w, const char *name, struct bw_strs words)
{
    bw_json_key(w, bw_str(name));
    bw_json_begin_array(w);
    for (size_t i = 0; i < words.n; i++)
        bw_json_put_str(w, words.v[i]);
    bw_json_end(w);
}

static void put_references(struct bw_json_writer *w, const char *const *references)
{
    bw_json_key(w, BW_STR("references"));
    bw_json_begin_array(w);
    for (; *references; references++)
        bw_json_put_str(w, bw_str(*references));
    bw_json_end(w);
}

static void put_parts(struct bw_json_writer *w, const struct bw_policy_set *set, size_t policy)
{
    static const char *const kinds[] = {"condition", "variable", "validation",
                                        "audit",     "mutation", "fix"};
    struct bw_policy_part part;
    bw_json_key(w, BW_STR("parts"));
    bw_json_begin_array(w);
    for (size_t i = 0; bw_policy_part_at(set, policy, i, &part); i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "kind", bw_str(kinds[part.kind]));
        bw_json_member_str(w, "name", part.name);
        bw_json_member_str(w, "expression", part.source);
        bw_json_member_str(w, "message", part.message);
        bw_json_member_u64(w, "line", part.line);
        bw_json_member_u64(w, "column", part.column);
        bw_json_end(w);
    }
    bw_json_end(w);
}

void bw_policy_put_json(struct bw_json_writer *w, const struct bw_policy_set *set, size_t i,
                        bool whole)
{
    const struct bw_policy *policy = bw_policy_at(set, i);
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", policy->id);
    bw_json_member_str(w, "title", bw_str(policy->check.title));
    bw_json_member_str(
        w, "kind", policy->kind == BW_POLICY_MUTATING ? BW_STR("mutating") : BW_STR("validating"));
    bw_json_member_str(w, "severity", bw_str(bw_severity_name(policy->severity)));
    bw_json_member_str(w, "action", bw_str(bw_policy_does(policy)));
    put_words(w, "profiles", policy->profiles);
    put_words(w, "resources", policy->resources);
    put_words(w, "aliases", policy->aliases);
    put_references(w, policy->check.references);
    bw_json_member_str(w, "remedy", bw_str(policy->check.remedy));
    if (policy->docker.n)
        bw_json_member_str(w, "docker", policy->docker);
    if (policy->harden.n)
        bw_json_member_str(w, "harden", policy->harden);
    bw_json_member_bool(w, "fixable", policy->fixable);
    bw_json_member_str(w, "file", policy->file);
    bw_json_member_u64(w, "line", policy->line);
    if (whole)
        put_parts(w, set, i);
    bw_json_end(w);
}

int bw_policy_print_json(struct bw_output_file *file, const struct bw_policy_set *set,
                         const size_t *policies, size_t n, bool whole, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(JSON_MAX);
    struct bw_json_writer w = bw_json_writer(&buf, true);
    bw_json_begin_object(&w);
    bw_json_member_u64(&w, "schema_version", 1);
    bw_json_key(&w, BW_STR("policies"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < n; i++)
        bw_policy_put_json(&w, set, policies[i], whole);
    bw_json_end(&w);
    bw_json_end(&w);
    if (bw_buf_failed(&buf))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the list of policies");
    return bw_output_sink_write(file, buf.p, buf.n, err);
}
