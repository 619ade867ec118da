#include "extract/parser.h"

#include <assert.h>
#include <pthread.h>

/*
 * Of millions of paths almost all are wanted by nobody, so patterns are kept by what turns a path
 * away fastest:
 *   - without '*': by their length, and of the lengths one bit each;
 *   - below any directories: by the hash of their last component, or, where that is "*.ending", of
 *     its ending;
 *   - what is left is tried one by one, after its prefix.
 */
#define LENGTHS_MAX  64u
#define PATTERNS_MAX 512u
#define BUCKETS      256u
#define ANYWHERE     "**/"

struct pattern {
    const struct bw_parser *parser;
    struct bw_str text;
    size_t prefix;     /* bytes before the first '*' */
    unsigned next;     /* the next pattern of the same length or bucket, index + 1 */
    unsigned priority; /* the parser's place in the table */
};

static struct {
    struct pattern v[PATTERNS_MAX];
    unsigned n;
    uint64_t lengths;                /* bit n: there is a pattern without '*' of n bytes */
    unsigned by_length[LENGTHS_MAX]; /* index + 1 */
    unsigned by_name[BUCKETS];       /* last component, index + 1 */
    unsigned by_ending[BUCKETS];     /* of the last component, from its last '.', index + 1 */
    unsigned others[PATTERNS_MAX];
    unsigned others_n;
} table;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct bw_str last_component(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

static struct bw_str ending_of(struct bw_str name)
{
    size_t dot = bw_str_rfind(name, '.');
    return dot == SIZE_MAX ? bw_str_from(name, name.n) : bw_str_from(name, dot);
}

static unsigned *bucket(unsigned *buckets, struct bw_str key)
{
    return &buckets[bw_str_hash(key) % BUCKETS];
}

static void link_pattern(unsigned *head)
{
    table.v[table.n].next = *head;
    *head = ++table.n;
}

static void add_anywhere(struct bw_str text)
{
    struct bw_str name = last_component(text), ending = ending_of(name);
    if (bw_str_find(name, '*') == SIZE_MAX)
        link_pattern(bucket(table.by_name, name));
    else if (ending.n > 1 && bw_str_find(ending, '*') == SIZE_MAX)
        link_pattern(bucket(table.by_ending, ending));
    else
        table.others[table.others_n++] = table.n++;
}

static void add_pattern(const struct bw_parser *parser, unsigned priority, struct bw_str text)
{
    assert(table.n < PATTERNS_MAX);
    size_t star = bw_str_find(text, '*');
    table.v[table.n] =
        (struct pattern){parser, text, star == SIZE_MAX ? text.n : star, 0, priority};
    if (bw_str_starts(text, BW_STR(ANYWHERE))) {
        add_anywhere(text);
    } else if (star != SIZE_MAX || text.n >= LENGTHS_MAX) {
        table.others[table.others_n++] = table.n++;
    } else {
        table.lengths |= (uint64_t)1 << text.n;
        link_pattern(&table.by_length[text.n]);
    }
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

/* As many of the path's last components as the pattern has. */
static struct bw_str last_components(struct bw_str path, struct bw_str pattern)
{
    size_t components = 1, from = path.n;
    for (size_t i = 0; i < pattern.n; i++)
        components += pattern.p[i] == '/';
    while (components && from) {
        size_t slash = bw_str_rfind(bw_str_take(path, from), '/');
        if (slash == SIZE_MAX)
            return components == 1 ? path : bw_str_from(path, path.n);
        from = slash;
        components--;
    }
    return bw_str_from(path, from + 1);
}

static bool fits(struct bw_str pattern, struct bw_str path)
{
    if (!bw_str_starts(pattern, BW_STR(ANYWHERE)))
        return matches(pattern, path);
    pattern = bw_str_from(pattern, sizeof ANYWHERE - 1);
    return matches(pattern, last_components(path, pattern));
}

bool bw_parser_matches(const char *pattern, struct bw_str path)
{
    return fits(bw_str(pattern), path);
}

struct search {
    struct bw_str path;
    bool locks;
    const struct pattern *best;
};

static void consider(struct search *search, const struct pattern *it)
{
    if (search->best && search->best->priority <= it->priority)
        return;
    if ((search->locks || !it->parser->lock) && fits(it->text, search->path))
        search->best = it;
}

static void consider_chain(struct search *search, unsigned head)
{
    for (unsigned at = head; at; at = table.v[at - 1].next)
        consider(search, &table.v[at - 1]);
}

const struct bw_parser *bw_parser_for(struct bw_str path, bool locks)
{
    if (path.n == 0)
        return NULL;
    pthread_once(&once, build);
    struct search search = {.path = path, .locks = locks};
    if (path.n < LENGTHS_MAX && (table.lengths >> path.n & 1))
        consider_chain(&search, table.by_length[path.n]);
    struct bw_str name = last_component(path), ending = ending_of(name);
    consider_chain(&search, *bucket(table.by_name, name));
    if (ending.n > 1)
        consider_chain(&search, *bucket(table.by_ending, ending));
    for (unsigned i = 0; i < table.others_n; i++) {
        const struct pattern *it = &table.v[table.others[i]];
        if (path.n >= it->prefix &&
            (it->prefix == 0 || memcmp(it->text.p, path.p, it->prefix) == 0))
            consider(&search, it);
    }
    return search.best ? search.best->parser : NULL;
}

const struct bw_parser *bw_parser_sniff(const uint8_t *p, size_t n)
{
    if (n > BW_PARSER_SNIFF)
        n = BW_PARSER_SNIFF;
    for (size_t i = 0; bw_parsers[i]; i++)
        if (bw_parsers[i]->sniff && bw_parsers[i]->sniff(p, n))
            return bw_parsers[i];
    return NULL;
}

const struct bw_parser *bw_parser_named(struct bw_str name)
{
    for (size_t i = 0; bw_parsers[i]; i++)
        if (bw_str_eq(bw_str(bw_parsers[i]->name), name))
            return bw_parsers[i];
    return NULL;
}
