/* Names that were nearly right, by the optimal string alignment distance. */
#include "cel/env.h"

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(struct bw_str a, struct bw_str b)
{
    size_t rows[3][BW_CEL_SUGGEST_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t cost = a.p[i - 1] != b.p[j - 1];
            now[j] = min(min(last[j], now[j - 1]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = min(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b.n];
}

void bw_cel_suggest(struct bw_cel_suggestion *suggestion, struct bw_str name)
{
    struct bw_str wanted = suggestion->wanted;
    if (wanted.n > BW_CEL_SUGGEST_MAX || name.n > BW_CEL_SUGGEST_MAX || name.n == 0)
        return;
    size_t d = bw_str_eq_nocase(wanted, name) ? 1 : distance(wanted, name);
    size_t most = (wanted.n + 2) / 3;
    if (d <= most && d < name.n && (!suggestion->best.p || d < suggestion->distance)) {
        suggestion->best = name;
        suggestion->distance = d;
    }
}

void bw_cel_suggest_all(struct bw_cel_suggestion *suggestion, const struct bw_map *names)
{
    for (size_t i = 0; names && i < names->n; i++)
        bw_cel_suggest(suggestion, names->items[i].key);
}
