#include "check/policy-tables.h"

#define TABLE_MAX   ((size_t)128 << 20)
#define STRINGS_MAX 4000000u

struct bw_policy_tables bw_policy_tables(void)
{
    struct bw_policy_tables t = {.strings = BW_MAP(STRINGS_MAX)};
    for (size_t i = 0; i < BW_POLICY_TABLES; i++)
        t.tables[i] = BW_BUF(TABLE_MAX);
    return t;
}

void bw_policy_tables_free(struct bw_policy_tables *t)
{
    for (size_t i = 0; i < BW_POLICY_TABLES; i++)
        bw_buf_free(&t->tables[i]);
    bw_map_free(&t->strings);
}

uint32_t bw_policy_table_count(const struct bw_policy_tables *t, enum bw_policy_table table)
{
    return (uint32_t)(t->tables[table].n / bw_policy_entry_size(table));
}

void bw_policy_put_entry(struct bw_policy_tables *t, enum bw_policy_table table, const void *entry)
{
    bw_buf_add(&t->tables[table], entry, bw_policy_entry_size(table));
}

/* A failure of the map or a buffer shows at the end. */
struct bw_policy_run bw_policy_put_string(struct bw_policy_tables *t, struct bw_str s)
{
    struct bw_buf *strings = &t->tables[BW_POLICY_TABLE_STRINGS];
    struct bw_map_item *item = bw_map_at(&t->strings, s.p ? s : BW_STR(""));
    if (!item)
        strings->failed = true;
    if (!item || strings->failed)
        return (struct bw_policy_run){0};
    if (!item->value) {
        item->value = (void *)(uintptr_t)(strings->n + 1);
        bw_buf_str(strings, s);
        bw_buf_byte(strings, 0);
    }
    return (struct bw_policy_run){(uint32_t)((uintptr_t)item->value - 1), (uint32_t)s.n};
}

struct bw_policy_run bw_policy_put_words(struct bw_policy_tables *t, struct bw_strs words)
{
    struct bw_policy_run list = {bw_policy_table_count(t, BW_POLICY_TABLE_WORDS),
                                 (uint32_t)words.n};
    for (size_t i = 0; i < words.n; i++) {
        struct bw_policy_run word = bw_policy_put_string(t, words.v[i]);
        bw_policy_put_entry(t, BW_POLICY_TABLE_WORDS, &word);
    }
    return list;
}

/* --- matching --- */

struct bw_policy_run bw_policy_put_requirements(struct bw_policy_tables *t,
                                                const struct bw_policy_draft_requirements *list)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    struct bw_policy_run run = {bw_policy_table_count(t, BW_POLICY_TABLE_REQUIREMENTS),
                                (uint32_t)list->n};
    for (size_t i = 0; i < list->n; i++) {
        const struct bw_policy_draft_requirement *one = &list->v[i];
        struct bw_policy_requirement entry = {.key = bw_policy_put_string(t, one->key.text),
                                              .values = bw_policy_put_words(t, one->values)};
        while (!bw_str_eq(one->operator.text, bw_str(operators[entry.operator])))
            entry.operator++;
        bw_policy_put_entry(t, BW_POLICY_TABLE_REQUIREMENTS, &entry);
    }
    return run;
}

static struct bw_policy_run put_rules(struct bw_policy_tables *t,
                                      const struct bw_policy_draft_rules *list)
{
    struct bw_policy_run run = {bw_policy_table_count(t, BW_POLICY_TABLE_RULES), (uint32_t)list->n};
    for (size_t i = 0; i < list->n; i++) {
        const struct bw_policy_draft_rule *rule = &list->v[i];
        struct bw_policy_rule entry = {
            .groups = bw_policy_put_words(t, rule->groups),
            .versions = bw_policy_put_words(t, rule->versions),
            .resources = bw_policy_put_words(t, rule->resources),
            .kinds = bw_policy_put_words(t, rule->kinds),
            .names = bw_policy_put_words(t, rule->names),
            .operations = rule->operations,
            .scope = rule->scope,
        };
        bw_policy_put_entry(t, BW_POLICY_TABLE_RULES, &entry);
    }
    return run;
}

uint32_t bw_policy_put_match(struct bw_policy_tables *t, const struct bw_policy_draft_match *match)
{
    if (!match->present)
        return BW_POLICY_NONE;
    struct bw_policy_match entry = {
        .rules = put_rules(t, &match->rules),
        .excluded = put_rules(t, &match->excluded),
        .namespace_requirements = bw_policy_put_requirements(t, &match->namespace_requirements),
        .label_requirements = bw_policy_put_requirements(t, &match->label_requirements),
        .namespaces = bw_policy_put_words(t, match->namespaces),
        .excluded_namespaces = bw_policy_put_words(t, match->excluded_namespaces),
        .name = bw_policy_put_string(t, match->name.text),
        .any_resource = match->any_resource,
        .exact = match->exact,
    };
    bw_policy_put_entry(t, BW_POLICY_TABLE_MATCHES, &entry);
    return bw_policy_table_count(t, BW_POLICY_TABLE_MATCHES) - 1;
}

/* --- the bytes --- */

void bw_policy_put_program(struct bw_policy_tables *t, struct bw_str bytes)
{
    struct bw_buf *code = &t->tables[BW_POLICY_TABLE_CODE];
    while (code->n % 8 && !code->failed)
        bw_buf_byte(code, 0);
    struct bw_policy_run entry = {(uint32_t)code->n, (uint32_t)bytes.n};
    bw_buf_str(code, bytes);
    bw_policy_put_entry(t, BW_POLICY_TABLE_PROGRAMS, &entry);
}

int bw_policy_lay_out(const struct bw_policy_tables *t, uint32_t memos, struct bw_str build,
                      struct bw_buf *out, struct bw_err *err)
{
    struct bw_policy_head head = {.magic = BW_POLICY_MAGIC, .memos = memos};
    size_t at = (sizeof head + 7) & ~(size_t)7;
    for (size_t i = 0; i < BW_POLICY_TABLES; i++) {
        if (bw_buf_failed(&t->tables[i]))
            return bw_err_set(err, BW_ELIMIT, "a set of policies is larger than %zu MiB",
                              TABLE_MAX >> 20);
        head.tables[i] =
            (struct bw_policy_run){(uint32_t)at, bw_policy_table_count(t, (enum bw_policy_table)i)};
        at = (at + t->tables[i].n + 7) & ~(size_t)7;
    }
    if (at > BW_POLICY_SET_MAX)
        return bw_err_set(err, BW_ELIMIT, "a set of policies is larger than %zu MiB",
                          BW_POLICY_SET_MAX >> 20);
    head.size = (uint32_t)at;
    head.build_n = (uint32_t)bw_str_take(build, BW_POLICY_BUILD_MAX).n;
    if (head.build_n)
        memcpy(head.build, build.p, head.build_n);
    uint8_t *p = bw_buf_reserve(out, at);
    if (!p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    memset(p, 0, at);
    memcpy(p, &head, sizeof head);
    for (size_t i = 0; i < BW_POLICY_TABLES; i++)
        if (t->tables[i].n)
            memcpy(p + head.tables[i].at, t->tables[i].p, t->tables[i].n);
    out->n = at;
    return 0;
}
