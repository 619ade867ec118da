#include "extract/parser.h"

#include <assert.h>
#include <pthread.h>

/* Patterns without '*' are found by their length: of millions of paths almost all are turned away
 * by one bit. */
#define LENGTHS_MAX  64u
#define PATTERNS_MAX 256u

struct pattern {
    const struct bw_parser *parser;
    struct bw_str text;
    size_t prefix;     /* bytes before the first '*' */
    unsigned next;     /* the next pattern of the same length, index + 1 */
    unsigned priority; /* the parser's place in the table */
};

static struct {
    struct pattern v[PATTERNS_MAX];
    unsigned n;
    uint64_t lengths;                /* bit n: there is a pattern without '*' of n bytes */
    unsigned by_length[LENGTHS_MAX]; /* index + 1 */
    unsigned others[PATTERNS_MAX];   /* patterns with '*', or longer than LENGTHS_MAX */
    unsigned others_n;
} table;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_pattern(const struct bw_parser *parser, unsigned priority, struct bw_str text)
{
    assert(table.n < PATTERNS_MAX);
    size_t star = bw_str_find(text, '*');
    struct pattern *new = &table.v[table.n];
    *new = (struct pattern){parser, text, star == SIZE_MAX ? text.n : star, 0, priority};
    if (star != SIZE_MAX || text.n >= LENGTHS_MAX) {
        table.others[table.others_n++] = table.n++;
        return;
    }
    new->next = table.by_length[text.n];
    table.by_length[text.n] = ++table.n;
    table.lengths |= (uint64_t)1 << text.n;
}

static void build(void)
{
    for (unsigned i = 0; bw_parsers[i]; i++)
        for (const char *const *path = bw_parsers[i]->paths; *path; path++)
            add_pattern(bw_parsers[i], i, bw_str(*path));
}

/* Only the last '*' is ever retried: it cannot cross a '/', and what stands before it in the same
 * component was matched as early as possible. */
static bool matches(struct bw_str pattern, struct bw_str path)
{
    size_t i = 0, j = 0, star = SIZE_MAX, retry = 0;
    while (j < path.n) {
        if (i < pattern.n && pattern.p[i] == '*') {
            star = ++i;
            retry = j;
        } else if (i < pattern.n && pattern.p[i] == path.p[j]) {
            i++;
            j++;
        } else if (star != SIZE_MAX && path.p[retry] != '/') {
            i = star;
            j = ++retry;
        } else {
            return false;
        }
    }
    while (i < pattern.n && pattern.p[i] == '*')
        i++;
    return i == pattern.n;
}

bool bw_parser_matches(const char *pattern, struct bw_str path)
{
    return matches(bw_str(pattern), path);
}

static const struct pattern *better(const struct pattern *a, const struct pattern *b)
{
    return a && a->priority <= b->priority ? a : b;
}

const struct bw_parser *bw_parser_for(struct bw_str path)
{
    if (path.n == 0)
        return NULL;
    pthread_once(&once, build);
    const struct pattern *best = NULL;
    if (path.n < LENGTHS_MAX && (table.lengths >> path.n & 1))
        for (unsigned at = table.by_length[path.n]; at; at = table.v[at - 1].next) {
            const struct pattern *it = &table.v[at - 1];
            if (memcmp(it->text.p, path.p, path.n) == 0)
                best = better(best, it);
        }
    for (unsigned i = 0; i < table.others_n; i++) {
        const struct pattern *it = &table.v[table.others[i]];
        if (path.n >= it->prefix && (it->prefix == 0 || path.p[0] == it->text.p[0]) &&
            memcmp(it->text.p, path.p, it->prefix) == 0 && matches(it->text, path))
            best = better(best, it);
    }
    return best ? best->parser : NULL;
}

const struct bw_parser *bw_parser_named(struct bw_str name)
{
    for (size_t i = 0; bw_parsers[i]; i++)
        if (bw_str_eq(bw_str(bw_parsers[i]->name), name))
            return bw_parsers[i];
    return NULL;
}
