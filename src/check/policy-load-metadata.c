/*
 * metadata: the name, and the annotations under bulwark.dev/. Kyverno's titles and severities are
 * read where ours are not there.
 */
#include "check/policy-load.h"

#define OURS    "bulwark.dev/"
#define KYVERNO "policies.kyverno.io/"

/* Words of one list, and the longest name. */
#define LIST_MAX       1000u
#define NAME_MAX_BYTES 253u

/* Splits at `separator` and trims; empty pieces are none. */
static int take_list(struct bw_policy_reader *reader, struct bw_str text, char separator,
                     struct bw_strs *ret)
{
    struct bw_str rest = text, part;
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == separator;
    struct bw_str *v = bw_arena_array(reader->loader->arena, n, sizeof *v);
    if (!v)
        return bw_policy_no_room(reader);
    *ret = (struct bw_strs){v, 0};
    while (bw_str_split(&rest, separator, &part)) {
        part = bw_str_trim(part);
        if (part.n)
            ret->v[ret->n++] = part;
    }
    return 0;
}

static int take_lines(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return take_list(reader, bw_yaml_text(value), '\n', at);
}

static int take_commas(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return take_list(reader, bw_yaml_text(value), ',', at);
}

static int take_trimmed(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    (void)reader;
    *(struct bw_str *)at = bw_str_trim(bw_yaml_text(value));
    return 0;
}

static int take_severity(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const words[] = {"negligible", "low", "medium", "high", "critical"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, words, BW_ARRAY_LEN(words), &which);
    if (rc == 0)
        *(enum bw_severity *)at = (enum bw_severity)(BW_SEVERITY_NEGLIGIBLE + which);
    return rc;
}

static int take_action(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    static const char *const words[] = {"Deny", "Warn", "Audit"};
    uint32_t which = 0;
    int rc = bw_policy_take_choice(reader, value, words, BW_ARRAY_LEN(words), &which);
    if (rc == 0) {
        struct bw_policy_draft *draft = at;
        draft->action = (enum bw_policy_action)which;
        draft->has_action = true;
    }
    return rc;
}

static int add_fix(struct bw_policy_reader *reader, const struct bw_yaml *value, struct bw_str name,
                   void *at)
{
    struct bw_policy_draft_parts *fixes = at;
    struct bw_policy_draft_part *part = BW_POLICY_PUSH(reader, fixes, 2u);
    if (!part)
        return bw_policy_no_room(reader);
    *part = (struct bw_policy_draft_part){.name = {.text = name},
                                          .expression = {bw_yaml_text(value), value}};
    return 0;
}

static int take_fix(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return add_fix(reader, value, BW_STR(""), at);
}

static int take_fix_compose(struct bw_policy_reader *reader, const struct bw_yaml *value, void *at)
{
    return add_fix(reader, value, BW_STR("compose"), at);
}

#define AT(field) offsetof(struct bw_policy_draft, field)

static const struct bw_policy_field ours[] = {
    {"title", take_trimmed, AT(title), false, NULL},
    {"severity", take_severity, AT(severity), false, NULL},
    {"remedy", take_trimmed, AT(remedy), false, NULL},
    {"references", take_lines, AT(references), false, NULL},
    {"aliases", take_commas, AT(aliases), false, NULL},
    {"profiles", take_commas, AT(profiles), false, NULL},
    {"action", take_action, 0, false, NULL},
    {"harden", take_trimmed, AT(harden), false, NULL},
    {"docker", take_trimmed, AT(docker), false, NULL},
    {"fix", take_fix, AT(fixes), false, NULL},
    {"fix-compose", take_fix_compose, AT(fixes), false, NULL},
};

static int take_ours(struct bw_policy_reader *reader, const struct bw_yaml *key,
                     const struct bw_yaml *value, struct bw_policy_draft *draft)
{
    const char *names[BW_ARRAY_LEN(ours)];
    struct bw_str name = bw_str_from(bw_yaml_text(key), sizeof OURS - 1);
    for (size_t i = 0; i < BW_ARRAY_LEN(ours); i++) {
        names[i] = ours[i].name;
        if (!bw_str_eq(name, bw_str(ours[i].name)))
            continue;
        if (bw_yaml_type(value) != BW_YAML_SCALAR)
            return bw_policy_problem_at(reader, value, "an annotation is a text");
        return ours[i].take(reader, value, (char *)draft + ours[i].offset);
    }
    const char *near = bw_policy_nearest(name, names, BW_ARRAY_LEN(ours));
    return bw_policy_problem_at(reader, key, "there is no annotation '" OURS "%" BW_STR_F "'%s%s%s",
                                BW_STR_A(bw_str_take(name, 60)),
                                near ? "; did you mean '" OURS : "", near ? near : "",
                                near ? "'?" : "");
}

static void take_kyverno(const struct bw_yaml *annotations, struct bw_policy_draft *draft)
{
    if (!draft->title.n)
        draft->title = bw_str_trim(bw_yaml_text(bw_yaml_get(annotations, KYVERNO "title")));
    if (draft->severity == BW_SEVERITY_UNKNOWN)
        (void)bw_severity_parse(bw_yaml_text(bw_yaml_get(annotations, KYVERNO "severity")),
                                &draft->severity);
}

static int take_annotations(struct bw_policy_reader *reader, const struct bw_yaml *annotations,
                            struct bw_policy_draft *draft)
{
    struct bw_yaml_iter it = bw_yaml_iter(annotations);
    int rc = 0;
    if (bw_yaml_size(annotations) > LIST_MAX)
        return bw_policy_problem_at(reader, annotations, "more than %u annotations", LIST_MAX);
    for (const struct bw_yaml *value; rc == 0 && (value = bw_yaml_next(&it));)
        if (bw_str_starts(bw_yaml_text(it.key), BW_STR(OURS)))
            rc = take_ours(reader, it.key, value, draft);
    if (rc == 0)
        take_kyverno(annotations, draft);
    return rc;
}

/* What is not said follows from what is: the worse, the stricter. */
static void settle(struct bw_policy_draft *draft)
{
    if (!draft->title.n)
        draft->title = draft->id;
    if (draft->severity == BW_SEVERITY_UNKNOWN)
        draft->severity = BW_SEVERITY_MEDIUM;
    if (draft->has_action)
        return;
    if (draft->severity >= BW_SEVERITY_MEDIUM)
        draft->action = BW_POLICY_DENY;
    else
        draft->action = draft->severity == BW_SEVERITY_LOW ? BW_POLICY_WARN : BW_POLICY_AUDIT;
}

static int take_name(struct bw_policy_reader *reader, const struct bw_yaml *root,
                     struct bw_str *ret_name)
{
    struct bw_str name = bw_yaml_text(bw_yaml_get(bw_yaml_get(root, "metadata"), "name"));
    if (!name.n)
        return bw_policy_problem_at(reader, root, "it has no metadata.name");
    if (name.n > NAME_MAX_BYTES)
        return bw_policy_problem_at(reader, root, "a name of more than %u bytes", NAME_MAX_BYTES);
    *ret_name = name;
    return 0;
}

int bw_policy_take_metadata(struct bw_policy_reader *reader, const struct bw_yaml *root,
                            struct bw_policy_draft *draft)
{
    int rc = take_name(reader, root, &draft->id);
    if (rc == 0)
        rc = take_annotations(reader, bw_yaml_get(bw_yaml_get(root, "metadata"), "annotations"),
                              draft);
    if (rc == 0)
        settle(draft);
    return rc;
}

struct bw_policy_draft *bw_policy_new_draft(struct bw_policy_reader *reader,
                                            const struct bw_yaml *root)
{
    struct bw_policy_draft *draft = bw_arena_alloc(reader->loader->arena, sizeof *draft);
    if (!draft) {
        bw_policy_no_room(reader);
        return NULL;
    }
    draft->source = reader->source;
    draft->line = bw_yaml_line(root);
    draft->column = bw_yaml_column(root);
    return bw_policy_take_metadata(reader, root, draft) ? NULL : draft;
}

struct bw_policy_draft_binding *bw_policy_new_binding(struct bw_policy_reader *reader,
                                                      const struct bw_yaml *root)
{
    struct bw_policy_draft_binding *binding =
        bw_arena_alloc(reader->loader->arena, sizeof *binding);
    if (!binding) {
        bw_policy_no_room(reader);
        return NULL;
    }
    binding->source = reader->source;
    binding->line = bw_yaml_line(root);
    binding->column = bw_yaml_column(root);
    return take_name(reader, root, &binding->name) ? NULL : binding;
}
