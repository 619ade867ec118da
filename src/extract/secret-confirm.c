/*
 * From a hit of a pattern to a finding: where the value begins and ends, what stands around it, and
 * whether it is one.
 */
#include <string.h>

#include "extract/base64.h"
#include "extract/secret-allow.h"
#include "extract/secret-check.h"
#include "extract/secret-state.h"

/* A match of a rule may begin with others that end too early to be the one that was hit. */
#define TRIES_MAX 8

/* Of a masked value: bytes that are shown, and stars for the rest. */
#define MASK_KEEP_MAX  40u
#define MASK_STARS_MAX (BW_SECRET_MASKED_MAX - MASK_KEEP_MAX)

struct pass {
    struct bw_secret_scanner *scanner;
    struct bw_secret_window *w;
    size_t start; /* where in the window the scan began */
};

static void fail(struct bw_secret_scanner *scanner, int code, const struct bw_err *why)
{
    scanner->failed = code;
    scanner->failure = *why;
}

static struct bw_regex *regex_of(struct bw_secret_scanner *scanner, uint32_t id)
{
    struct bw_err why = {0};
    if (!scanner->regexes[id]) {
        int rc = bw_regex_compile(&scanner->regexes[id], scanner->rules[id]->pattern, &why);
        if (rc)
            fail(scanner, rc, &why);
    }
    return scanner->regexes[id];
}

/* --- what stands around --- */

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Whether the bytes before end with an escape whose last byte is a letter: "\n", "%3D". */
static bool ends_with_escape(const uint8_t *p, size_t n)
{
    if (n >= 2 && p[n - 2] == '\\' && strchr("nrtvfb0", p[n - 1]))
        return true;
    if (n >= 3 && p[n - 3] == '%' && is_hex(p[n - 2]) && is_hex(p[n - 1]))
        return true;
    return n >= 6 && p[n - 6] == '\\' && p[n - 5] == 'u' && is_hex(p[n - 1]);
}

static bool begins_apart(const uint8_t *p, size_t at, bool named)
{
    if (at == 0 || !is_alnum(p[at - 1]) || ends_with_escape(p, at))
        return true;
    /* camelCase: a word may begin with a capital within another. */
    return named && p[at - 1] >= 'a' && p[at - 1] <= 'z' && p[at] >= 'A' && p[at] <= 'Z';
}

static bool ends_apart(const uint8_t *p, size_t n, size_t at)
{
    if (at >= n)
        return true;
    if (is_alnum(p[at]) || p[at] == '_')
        return false;
    if (p[at] == '-' || p[at] == '+' || p[at] == '/')
        return at + 1 >= n || !is_alnum(p[at + 1]);
    return true;
}

static size_t extended(const struct bw_secret_rule *rule, const uint8_t *p, size_t n, size_t at)
{
    bool more = rule->flags & BW_SECRET_EXTENDS_64;
    size_t end = n - at < BW_SECRET_AHEAD ? n : at + BW_SECRET_AHEAD;
    while (at < end && (is_alnum(p[at]) || p[at] == '_' || p[at] == '-' ||
                        (more && (p[at] == '+' || p[at] == '/' || p[at] == '=' || p[at] == '.'))))
        at++;
    return at;
}

static bool stands_alone(const struct bw_secret_rule *rule, const struct bw_secret_window *w,
                         const struct bw_regex_match *m)
{
    if (rule->flags & BW_SECRET_DELIMITED || rule->paths)
        return true;
    return begins_apart(w->p, m->start, rule->flags & BW_SECRET_NAMED) &&
           ends_apart(w->p, w->n, m->group_end);
}

/* --- masking --- */

/* The prefix that every such value has, or a little of a long one; stars for the rest. */
static void mask(struct bw_secret_find *find, const struct bw_secret_rule *rule,
                 struct bw_str value)
{
    size_t keep = rule->keep ? rule->keep : value.n >= 32 ? 4 : 0;
    keep = keep < value.n ? keep : value.n;
    keep = keep < MASK_KEEP_MAX ? keep : MASK_KEEP_MAX;
    size_t stars = value.n - keep < MASK_STARS_MAX ? value.n - keep : MASK_STARS_MAX;
    for (size_t i = 0; i < keep; i++)
        find->masked[i] = value.p[i] >= 0x20 && value.p[i] < 0x7f ? value.p[i] : '?';
    memset(find->masked + keep, '*', stars);
    find->masked_n = keep + stars;
}

/* --- findings --- */

/* The same value again, or a weaker name for the same place: no finding of its own. */
static bool is_known(struct bw_secret_scanner *scanner, const struct bw_secret_find *new)
{
    bool generic = scanner->rules[new->rule]->flags & BW_SECRET_GENERIC;
    for (size_t i = 0; i < scanner->finds_n; i++) {
        struct bw_secret_find *old = &scanner->finds[i];
        bool same = old->hash == new->hash;
        if (same && old->rule == new->rule) {
            old->count += old->start != new->start || old->encoded != new->encoded;
            return true;
        }
        if (!same &&
            (old->encoded != new->encoded || new->start >= old->end || old->start >= new->end))
            continue;
        if (scanner->rules[old->rule]->flags & BW_SECRET_GENERIC) {
            *old = *new;
            return true;
        }
        if (generic || same)
            return true;
    }
    return false;
}

static void add(struct bw_secret_scanner *scanner, const struct bw_secret_find *find)
{
    if (is_known(scanner, find))
        return;
    if (scanner->finds_n == BW_SECRET_FINDINGS_MAX) {
        scanner->stopped = "more different secrets than are told of one file (100): the rest of it "
                           "was not looked at";
        return;
    }
    scanner->finds[scanner->finds_n++] = *find;
}

static enum bw_severity severity_of(const struct bw_secret_rule *rule, enum bw_secret_proof proof)
{
    if (proof == BW_SECRET_LOCKED && rule->severity > BW_SEVERITY_LOW)
        return BW_SEVERITY_LOW;
    return rule->severity;
}

/* Whether the path silences rules with one of these flags. */
static bool is_quiet(struct bw_secret_scanner *scanner, unsigned flags)
{
    flags &= BW_SECRET_GENERIC | BW_SECRET_SAMPLED | BW_SECRET_DOUBTS;
    if (flags && scanner->quiet < 0)
        scanner->quiet = (int)bw_secret_quiet(scanner->path);
    return flags && (flags & (unsigned)scanner->quiet);
}

static enum bw_secret_proof prove(struct bw_secret_scanner *scanner,
                                  const struct bw_secret_rule *rule,
                                  struct bw_secret_candidate *candidate)
{
    struct bw_str value = candidate->value;
    if ((!rule->paths && is_quiet(scanner, rule->flags)) ||
        (rule->entropy && bw_secret_entropy(value) < rule->entropy))
        return BW_SECRET_REJECTED;
    enum bw_secret_proof proof = rule->check ? rule->check(candidate) : BW_SECRET_PLAUSIBLE;
    if (proof == BW_SECRET_DOUBTFUL && !rule->paths && is_quiet(scanner, BW_SECRET_DOUBTS))
        return BW_SECRET_REJECTED;
    if (proof <= BW_SECRET_PLAUSIBLE && !(rule->flags & BW_SECRET_CHOSEN) &&
        bw_secret_is_placeholder(value))
        return BW_SECRET_REJECTED;
    return bw_secret_is_published(candidate->identity) ? BW_SECRET_REJECTED : proof;
}

static void judge(struct bw_secret_scanner *scanner, struct bw_secret_window *w, uint32_t id,
                  const struct bw_regex_match *m)
{
    const struct bw_secret_rule *rule = scanner->rules[id];
    const char *p = (const char *)w->p;
    size_t ahead = w->n - m->start < BW_SECRET_AHEAD ? w->n - m->start : BW_SECRET_AHEAD;
    struct bw_str value = bw_str_n(p + m->group_start, m->group_end - m->group_start);
    struct bw_secret_candidate candidate = {
        .value = value,
        .match = bw_str_n(p + m->start, m->end - m->start),
        .rest = bw_str_n(p + m->start, ahead),
    };
    if (!stands_alone(rule, w, m))
        return;
    enum bw_secret_proof proof = prove(scanner, rule, &candidate);
    if (proof == BW_SECRET_REJECTED)
        return;
    struct bw_secret_find find = {
        .rule = id,
        .severity = severity_of(rule, proof),
        .encoded = w->encoded,
        .line = scanner->run.line,
        .column = scanner->run.column,
        .count = 1,
        .start = w->encoded ? scanner->run.start : w->base + m->group_start,
        .end = w->encoded ? scanner->run.start + 1 : w->base + m->group_end,
        .hash = candidate.identity ? candidate.identity : bw_str_hash(candidate.value),
    };
    if (!w->encoded)
        bw_secret_window_place(w, m->group_start, &find.line, &find.column);
    mask(&find, rule, candidate.value);
    add(scanner, &find);
}

/* --- the pass --- */

/* Finds the match of a rule that ends at `end` or later, from `from` on. false: there is none. */
static bool locate(struct bw_secret_scanner *scanner, const struct bw_secret_window *w, uint32_t id,
                   size_t from, size_t end, struct bw_regex_match *ret_match)
{
    struct bw_err why = {0};
    struct bw_regex *regex = regex_of(scanner, id);
    size_t span = bw_secret_spans[id];
    struct bw_str subject = bw_str_n(w->p, w->n - end < span ? w->n : end + span);
    for (int i = 0; i < TRIES_MAX && regex; i++) {
        int rc = bw_regex_search(regex, scanner->room, subject, from, ret_match, &why);
        if (rc == BW_ELIMIT)
            scanner->unsure++;
        else if (rc < 0)
            fail(scanner, rc, &why);
        if (rc <= 0)
            return false;
        if (ret_match->end >= end)
            return true;
        from = ret_match->start + 1;
    }
    return false;
}

static void confirm(struct bw_secret_scanner *scanner, struct bw_secret_window *w, uint32_t id,
                    size_t end)
{
    const struct bw_secret_rule *rule = scanner->rules[id];
    size_t span = bw_secret_spans[id], from = end > span ? end - span : 0;
    struct bw_regex_match m;
    if (w->done[id] > w->base && w->done[id] - w->base > from)
        from = (size_t)(w->done[id] - w->base);
    if (!locate(scanner, w, id, from, end, &m)) {
        w->done[id] = w->base + end;
        return;
    }
    if (rule->flags & (BW_SECRET_EXTENDS | BW_SECRET_EXTENDS_64) && m.group_end == m.end)
        m.group_end = m.end = extended(rule, w->p, w->n, m.end);
    w->done[id] = w->base + m.end;
    judge(scanner, w, id, &m);
}

static bool on_hit(void *ctx, unsigned id, size_t end)
{
    struct pass *pass = ctx;
    struct bw_secret_scanner *scanner = pass->scanner;
    struct bw_secret_window *w = pass->w;
    const struct bw_secret_rule *rule = scanner->rules[id];
    end += pass->start;
    if (end <= w->looked || w->base + end <= w->done[id])
        return true;
    if (scanner->binary && rule->flags & (BW_SECRET_GENERIC | BW_SECRET_NAMED))
        return true;
    if (++scanner->candidates > BW_SECRET_CANDIDATES_MAX)
        scanner->stopped = "more than 250000 candidates: the rest of the file was not looked at";
    else
        confirm(scanner, w, id, end);
    return !bw_secret_is_over(scanner);
}

/* The rules for this kind of file: each alone, over the same bytes. */
static void search_here(struct bw_secret_scanner *scanner, struct bw_secret_window *w, uint32_t id,
                        size_t limit)
{
    struct bw_err why = {0};
    struct bw_str subject = bw_str_n(w->p, w->n);
    struct bw_regex *regex = regex_of(scanner, id);
    struct bw_regex_match m;
    size_t from = w->done[id] > w->base ? (size_t)(w->done[id] - w->base) : 0;
    int rc = 0;
    while (regex && !bw_secret_is_over(scanner) && from < limit &&
           (rc = bw_regex_search(regex, scanner->room, subject, from, &m, &why)) > 0 &&
           m.start < limit) {
        judge(scanner, w, id, &m);
        from = m.end > m.start ? m.end : m.end + 1;
        w->done[id] = w->base + from;
    }
    if (rc == BW_ELIMIT)
        scanner->unsure++;
    else if (rc < 0)
        fail(scanner, rc, &why);
}

void bw_secret_look(struct bw_secret_scanner *scanner, struct bw_secret_window *w, size_t limit)
{
    struct bw_err why = {0};
    struct pass pass = {scanner, w, 0};
    if (w->looked > BW_SECRET_SPAN_MAX)
        pass.start = w->looked - BW_SECRET_SPAN_MAX;
    if (limit <= w->looked)
        return;
    int rc = bw_vectorscan_scan(scanner->set, w->p + pass.start, limit - pass.start, on_hit, &pass,
                                &why);
    if (rc && !scanner->failed)
        fail(scanner, rc, &why);
    if (w->encoded)
        return;
    size_t part = limit;
    if (scanner->here_n && w->base + limit > BW_SECRET_PATH_BYTES_MAX) {
        scanner->path_cut = true;
        part =
            w->base >= BW_SECRET_PATH_BYTES_MAX ? 0 : (size_t)(BW_SECRET_PATH_BYTES_MAX - w->base);
    }
    for (size_t i = 0; i < scanner->here_n && part > w->looked; i++)
        search_here(scanner, w, scanner->here[i], part);
}
