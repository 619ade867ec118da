/*
 * Opening a set: every index of its bytes is looked at once, and nobody looks again.
 */
#include <stdlib.h>

#include "check/policy-identity.h"
#include "check/policy-state.h"
#include "model/value-json.h"

/* A run within an entry, and the table it is of. */
struct link {
    size_t offset;
    enum bw_policy_table table;
};

#define LINKS(...)                                                                                 \
    (const struct link[]){__VA_ARGS__},                                                            \
        sizeof((const struct link[]){__VA_ARGS__}) / sizeof(struct link)

#define OF(type, field, name)                                                                      \
    {                                                                                              \
        offsetof(struct type, field), BW_POLICY_TABLE_##name                                       \
    }

static const struct {
    size_t size;
    const struct link *links;
    size_t links_n;
} layout[BW_POLICY_TABLES] = {
    [BW_POLICY_TABLE_STRINGS] = {1, NULL, 0},
    [BW_POLICY_TABLE_CODE] = {1, NULL, 0},
    [BW_POLICY_TABLE_PROGRAMS] = {sizeof(struct bw_policy_run), LINKS({0, BW_POLICY_TABLE_CODE})},
    [BW_POLICY_TABLE_WORDS] = {sizeof(struct bw_policy_run), LINKS({0, BW_POLICY_TABLE_STRINGS})},
    [BW_POLICY_TABLE_REQUIREMENTS] = {sizeof(struct bw_policy_requirement),
                                      LINKS(OF(bw_policy_requirement, key, STRINGS),
                                            OF(bw_policy_requirement, values, WORDS))},
    [BW_POLICY_TABLE_RULES] = {sizeof(struct bw_policy_rule),
                               LINKS(OF(bw_policy_rule, groups, WORDS),
                                     OF(bw_policy_rule, versions, WORDS),
                                     OF(bw_policy_rule, resources, WORDS),
                                     OF(bw_policy_rule, kinds, WORDS),
                                     OF(bw_policy_rule, names, WORDS))},
    [BW_POLICY_TABLE_MATCHES] = {sizeof(struct bw_policy_match),
                                 LINKS(OF(bw_policy_match, rules, RULES),
                                       OF(bw_policy_match, excluded, RULES),
                                       OF(bw_policy_match, namespace_requirements, REQUIREMENTS),
                                       OF(bw_policy_match, label_requirements, REQUIREMENTS),
                                       OF(bw_policy_match, namespaces, WORDS),
                                       OF(bw_policy_match, excluded_namespaces, WORDS),
                                       OF(bw_policy_match, name, STRINGS))},
    [BW_POLICY_TABLE_PARAMS] = {sizeof(struct bw_policy_param),
                                LINKS(OF(bw_policy_param, group, STRINGS),
                                      OF(bw_policy_param, kind, STRINGS),
                                      OF(bw_policy_param, namespace, STRINGS),
                                      OF(bw_policy_param, name, STRINGS),
                                      OF(bw_policy_param, json, STRINGS))},
    [BW_POLICY_TABLE_BINDINGS] = {sizeof(struct bw_policy_binding),
                                  LINKS(OF(bw_policy_binding, params, PARAMS),
                                        OF(bw_policy_binding, param_name, STRINGS),
                                        OF(bw_policy_binding, param_space, STRINGS),
                                        OF(bw_policy_binding, requirements, REQUIREMENTS))},
    [BW_POLICY_TABLE_PARTS] = {sizeof(struct bw_policy_use),
                               LINKS(OF(bw_policy_use, name, STRINGS),
                                     OF(bw_policy_use, message, STRINGS),
                                     OF(bw_policy_use, reason, STRINGS))},
    [BW_POLICY_TABLE_POLICIES] =
        {sizeof(struct bw_policy_record),
         LINKS(OF(bw_policy_record, id, STRINGS), OF(bw_policy_record, title, STRINGS),
               OF(bw_policy_record, remedy, STRINGS), OF(bw_policy_record, harden, STRINGS),
               OF(bw_policy_record, docker, STRINGS), OF(bw_policy_record, file, STRINGS),
               OF(bw_policy_record, references, WORDS), OF(bw_policy_record, aliases, WORDS),
               OF(bw_policy_record, profiles, WORDS), OF(bw_policy_record, resources, WORDS),
               OF(bw_policy_record, bindings, BINDINGS), OF(bw_policy_record, conditions, PARTS),
               OF(bw_policy_record, variables, PARTS), OF(bw_policy_record, validations, PARTS),
               OF(bw_policy_record, audits, PARTS), OF(bw_policy_record, mutations, PARTS),
               OF(bw_policy_record, fixes, PARTS))},
};

size_t bw_policy_entry_size(enum bw_policy_table table)
{
    return layout[table].size;
}

static uint32_t count(const struct bw_policy_set *set, enum bw_policy_table table)
{
    return set->head->tables[table].n;
}

static const void *table(const struct bw_policy_set *set, enum bw_policy_table table)
{
    return set->base + set->head->tables[table].at;
}

/* --- the checks --- */

static bool tables_fit(const struct bw_policy_head *head)
{
    for (size_t i = 0; i < BW_POLICY_TABLES; i++) {
        struct bw_policy_run run = head->tables[i];
        if (run.at % 8 || run.at < sizeof *head ||
            (uint64_t)run.at + (uint64_t)run.n * layout[i].size > head->size)
            return false;
    }
    return true;
}

static bool run_fits(const struct bw_policy_set *set, struct bw_policy_run run,
                     enum bw_policy_table of)
{
    uint64_t end = (uint64_t)run.at + run.n;
    if (of == BW_POLICY_TABLE_STRINGS)
        return end < count(set, of) && !set->strings[end];
    return end <= count(set, of) && (of != BW_POLICY_TABLE_CODE || run.at % 8 == 0);
}

static bool entries_fit(const struct bw_policy_set *set, enum bw_policy_table which)
{
    const uint8_t *entry = table(set, which);
    uint32_t n = layout[which].links_n ? count(set, which) : 0;
    for (uint32_t i = 0; i < n; i++, entry += layout[which].size)
        for (size_t j = 0; j < layout[which].links_n; j++) {
            const struct link *link = &layout[which].links[j];
            struct bw_policy_run run;
            memcpy(&run, entry + link->offset, sizeof run);
            if (!run_fits(set, run, link->table))
                return false;
        }
    return true;
}

static bool is_index(uint32_t i, uint32_t n)
{
    return i == BW_POLICY_NONE || i < n;
}

static bool numbers_fit(const struct bw_policy_set *set)
{
    uint32_t programs = count(set, BW_POLICY_TABLE_PROGRAMS);
    for (uint32_t i = 0; i < count(set, BW_POLICY_TABLE_PARTS); i++) {
        const struct bw_policy_use *use = &set->parts[i];
        if (use->program >= programs || !is_index(use->message_program, programs) ||
            !is_index(use->memo, set->head->memos) || use->kind > BW_POLICY_PART_FIX)
            return false;
    }
    for (uint32_t i = 0; i < count(set, BW_POLICY_TABLE_BINDINGS); i++)
        if (!is_index(set->bindings[i].match, count(set, BW_POLICY_TABLE_MATCHES)) ||
            set->bindings[i].action >= BW_POLICY_ACTION_COUNT)
            return false;
    for (size_t i = 0; i < set->policies_n; i++) {
        const struct bw_policy_record *record = &set->records[i];
        if (record->match >= count(set, BW_POLICY_TABLE_MATCHES) ||
            record->kind > BW_POLICY_MUTATING || record->severity >= BW_SEVERITY_COUNT ||
            record->action >= BW_POLICY_ACTION_COUNT ||
            record->variables.n > BW_POLICY_VARIABLES_MAX)
            return false;
    }
    /* A variable has one, and one more where it was tried with types. */
    return set->head->memos <= 2 * (uint64_t)count(set, BW_POLICY_TABLE_PARTS);
}

static int refuse(struct bw_err *err)
{
    return bw_err_set(err, BW_EFORMAT, "no compiled set of policies, or a damaged one");
}

static int check_head(struct bw_str bytes, struct bw_str build, struct bw_err *err)
{
    static const char magic[8] = BW_POLICY_MAGIC;
    struct bw_policy_head head;
    if (bytes.n < sizeof head || (uintptr_t)bytes.p % 8)
        return refuse(err);
    memcpy(&head, bytes.p, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.build_n > sizeof head.build)
        return refuse(err);
    if (!bw_str_eq(bw_str_n(head.build, head.build_n), bw_str_take(build, BW_POLICY_BUILD_MAX)))
        return bw_err_set(err, BW_EFORMAT,
                          "the set of policies was compiled by another version of bulwark: run "
                          "`bulwark policy compile` again");
    return head.size == bytes.n && tables_fit(&head) ? 0 : refuse(err);
}

/* --- what is made of it --- */

static int open_programs(struct bw_policy_set *set, bool own, struct bw_err *err)
{
    const struct bw_policy_run *runs = table(set, BW_POLICY_TABLE_PROGRAMS);
    const char *code = table(set, BW_POLICY_TABLE_CODE);
    uint32_t n = count(set, BW_POLICY_TABLE_PROGRAMS);
    set->programs = calloc(n + 1, sizeof *set->programs);
    if (!set->programs)
        return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    for (uint32_t i = 0; i < n; i++) {
        struct bw_str bytes = {code + runs[i].at, runs[i].n};
        set->programs[i] = own ? bw_cel_own(bytes) : bw_cel_open(bytes, err);
        if (!set->programs[i])
            return BW_EFORMAT;
    }
    return 0;
}

static struct bw_strs strs(const struct bw_policy_set *set, struct bw_policy_run list)
{
    return (struct bw_strs){set->texts + list.at, list.n};
}

static void fill_policy(struct bw_policy_set *set, size_t i, const char ***cstrings)
{
    const struct bw_policy_record *record = &set->records[i];
    struct bw_policy *policy = &set->policies[i];
    const char **references = *cstrings;
    for (uint32_t j = 0; j < record->references.n; j++)
        *(*cstrings)++ = set->texts[record->references.at + j].p;
    *(*cstrings)++ = NULL;
    *policy = (struct bw_policy){
        .check = {.id = set->strings + record->id.at,
                  .title = set->strings + record->title.at,
                  .remedy = set->strings + record->remedy.at,
                  .references = references,
                  .policy = true},
        .id = bw_policy_text(set, record->id),
        .kind = (enum bw_policy_kind)record->kind,
        .severity = (enum bw_severity)record->severity,
        .action = (enum bw_policy_action)record->action,
        .ignores_errors = record->ignores_errors,
        .aliases = strs(set, record->aliases),
        .profiles = strs(set, record->profiles),
        .resources = strs(set, record->resources),
        .harden = bw_policy_text(set, record->harden),
        .docker = bw_policy_text(set, record->docker),
        .fixable = record->fixes.n > 0,
        .file = bw_policy_text(set, record->file),
        .line = record->line,
    };
}

static int make_policies(struct bw_policy_set *set, struct bw_err *err)
{
    uint32_t words = count(set, BW_POLICY_TABLE_WORDS);
    size_t references = set->policies_n;
    for (size_t i = 0; i < set->policies_n; i++)
        references += set->records[i].references.n;
    set->texts = calloc((size_t)words + 1, sizeof *set->texts);
    set->cstrings = calloc(references + 1, sizeof *set->cstrings);
    set->policies = calloc(set->policies_n + 1, sizeof *set->policies);
    if (!set->texts || !set->cstrings || !set->policies)
        return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    for (uint32_t i = 0; i < words; i++)
        set->texts[i] = bw_policy_text(set, set->words[i]);
    const char **cstrings = set->cstrings;
    for (size_t i = 0; i < set->policies_n; i++)
        fill_policy(set, i, &cstrings);
    return 0;
}

static int make_params(struct bw_policy_set *set, struct bw_err *err)
{
    uint32_t n = count(set, BW_POLICY_TABLE_PARAMS);
    if (!n)
        return 0;
    set->arena = bw_arena_new(BW_POLICY_SET_MAX);
    set->param_values =
        set->arena ? bw_arena_array(set->arena, n, sizeof *set->param_values) : NULL;
    struct bw_value_maker make = {.arena = set->arena};
    int rc = set->param_values ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = bw_value_from_json(&make, bw_policy_text(set, set->params[i].json),
                                &set->param_values[i], err);
    return rc;
}

static int check_entries(struct bw_policy_set *set, struct bw_err *err)
{
    for (size_t i = 0; i < BW_POLICY_TABLES; i++)
        if (!entries_fit(set, (enum bw_policy_table)i))
            return refuse(err);
    return numbers_fit(set) ? 0 : refuse(err);
}

static int open_set(struct bw_str bytes, struct bw_str build, bool own, void *owned,
                    struct bw_policy_set **ret_set, struct bw_err *err)
{
    int rc = check_head(bytes, build, err);
    if (rc)
        return rc;
    struct bw_policy_set *set = calloc(1, sizeof *set);
    if (!set)
        return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    set->base = (const uint8_t *)bytes.p;
    set->bytes = bytes;
    set->head = (const struct bw_policy_head *)bytes.p;
    set->strings = table(set, BW_POLICY_TABLE_STRINGS);
    set->words = table(set, BW_POLICY_TABLE_WORDS);
    set->requirements = table(set, BW_POLICY_TABLE_REQUIREMENTS);
    set->rules = table(set, BW_POLICY_TABLE_RULES);
    set->matches = table(set, BW_POLICY_TABLE_MATCHES);
    set->params = table(set, BW_POLICY_TABLE_PARAMS);
    set->bindings = table(set, BW_POLICY_TABLE_BINDINGS);
    set->parts = table(set, BW_POLICY_TABLE_PARTS);
    set->records = table(set, BW_POLICY_TABLE_POLICIES);
    set->policies_n = count(set, BW_POLICY_TABLE_POLICIES);
    rc = own ? 0 : check_entries(set, err);
    if (rc == 0)
        rc = open_programs(set, own, err);
    if (rc == 0)
        rc = make_policies(set, err);
    if (rc == 0)
        rc = make_params(set, err);
    if (rc) {
        bw_policy_set_free(set);
        return rc;
    }
    set->owned = owned;
    *ret_set = set;
    return 0;
}

int bw_policy_set_open_as(struct bw_str bytes, struct bw_str build, void *owned,
                          struct bw_policy_set **ret_set, struct bw_err *err)
{
    return open_set(bytes, build, false, owned, ret_set, err);
}

int bw_policy_set_open_own(struct bw_str bytes, struct bw_policy_set **ret_set, struct bw_err *err)
{
    return open_set(bytes, BW_STR(""), true, NULL, ret_set, err);
}

#define DIGITS_(number) #number
#define DIGITS(number)  DIGITS_(number)

struct bw_str bw_policy_identity(void)
{
    /* Tables of a set are structs as this machine lays them out. */
    return BW_STR(BW_POLICY_IDENTITY "-" DIGITS(__SIZEOF_POINTER__) DIGITS(__BYTE_ORDER__));
}

int bw_policy_set_open(struct bw_str bytes, struct bw_policy_set **ret_set, struct bw_err *err)
{
    return bw_policy_set_open_as(bytes, bw_policy_identity(), NULL, ret_set, err);
}

void bw_policy_set_free(struct bw_policy_set *set)
{
    if (!set)
        return;
    free(set->programs);
    free(set->texts);
    free(set->cstrings);
    free(set->policies);
    bw_arena_free(set->arena);
    free(set->owned);
    free(set);
}

void bw_policy_set_freep(struct bw_policy_set **set)
{
    bw_policy_set_free(*set);
    *set = NULL;
}

struct bw_str bw_policy_set_bytes(const struct bw_policy_set *set)
{
    return set->bytes;
}

/* --- what a set tells --- */

size_t bw_policy_count(const struct bw_policy_set *set)
{
    return set->policies_n;
}

const struct bw_policy *bw_policy_at(const struct bw_policy_set *set, size_t i)
{
    return i < set->policies_n ? &set->policies[i] : NULL;
}

static bool has_alias(const struct bw_policy *policy, struct bw_str word)
{
    for (size_t i = 0; i < policy->aliases.n; i++)
        if (bw_str_eq_nocase(policy->aliases.v[i], word))
            return true;
    return false;
}

bool bw_policy_answers_to(const struct bw_policy *policy, struct bw_str id_or_alias)
{
    return bw_str_eq_nocase(policy->id, id_or_alias) || has_alias(policy, id_or_alias);
}

size_t bw_policy_find(const struct bw_policy_set *set, struct bw_str id_or_alias)
{
    for (size_t i = 0; i < set->policies_n; i++)
        if (bw_str_eq_nocase(set->policies[i].id, id_or_alias))
            return i;
    for (size_t i = 0; i < set->policies_n; i++)
        if (has_alias(&set->policies[i], id_or_alias))
            return i;
    return SIZE_MAX;
}

static void fill_part(const struct bw_policy_set *set, const struct bw_policy_use *use,
                      struct bw_policy_part *part)
{
    *part = (struct bw_policy_part){
        .kind = (enum bw_policy_part_kind)use->kind,
        .name = bw_policy_text(set, use->name),
        .source = bw_cel_source(set->programs[use->program]),
        .message = bw_policy_text(set, use->message),
        .line = use->line,
        .column = use->column,
    };
    if (use->message_program != BW_POLICY_NONE)
        part->message = bw_cel_source(set->programs[use->message_program]);
}

bool bw_policy_part_at(const struct bw_policy_set *set, size_t policy, size_t i,
                       struct bw_policy_part *ret_part)
{
    if (policy >= set->policies_n)
        return false;
    const struct bw_policy_record *record = &set->records[policy];
    const struct bw_policy_run runs[] = {record->conditions, record->variables, record->validations,
                                         record->audits,     record->mutations, record->fixes};
    for (size_t j = 0; j < BW_ARRAY_LEN(runs); j++) {
        if (i < runs[j].n) {
            fill_part(set, &set->parts[runs[j].at + i], ret_part);
            return true;
        }
        i -= runs[j].n;
    }
    return false;
}
