#include "extract/secret-rule.h"

#include <assert.h>

size_t bw_secret_rules_count(void)
{
    size_t n = 0;
    for (size_t i = 0; bw_secret_tables[i]; i++)
        n += bw_secret_tables[i]->n;
    return n;
}

const struct bw_secret_rule *bw_secret_rule_at(size_t index)
{
    size_t i = 0;
    while (bw_secret_tables[i] && index >= bw_secret_tables[i]->n)
        index -= bw_secret_tables[i++]->n;
    assert(bw_secret_tables[i]);
    return &bw_secret_tables[i]->rules[index];
}
