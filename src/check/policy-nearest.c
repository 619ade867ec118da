/*
 * The word that somebody meant. A file of its own: who only opens and selects needs no reader of
 * YAML for it.
 */
#include "check/policy-load.h"

#define NEAR_MAX 40u

/* Levenshtein distance, in one row. */
static size_t distance(struct bw_str a, struct bw_str b)
{
    size_t row[NEAR_MAX + 1];
    if (a.n > NEAR_MAX || b.n > NEAR_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j], best = diagonal + (a.p[i - 1] != b.p[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
        }
    }
    return row[b.n];
}

const char *bw_policy_nearest(struct bw_str word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t least = word.n / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, bw_str(words[i]));
        if (d < least) {
            least = d;
            best = words[i];
        }
    }
    return best;
}
