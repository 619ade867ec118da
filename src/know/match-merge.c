#include <stdlib.h>

#include "know/match-state.h"
#include "know/osv.h"

/* --- entries to advisories --- */

/* The advisory as this package is rated. */
static int apply_rating(struct bw_matcher *m, const struct bw_hit *hit, struct bw_found *found,
                        struct bw_err *err)
{
    found->advisory = &found->cached->advisory;
    found->severity = found->cached->severity;
    if (!hit->rated)
        return 0;
    struct bw_advisory *own = bw_arena_alloc(m->arena, sizeof *own);
    if (!own)
        return bw_matcher_no_memory(m, err);
    *own = found->cached->advisory;
    own->severity_from = hit->from;
    own->vector = hit->vector;
    own->score_tenths = hit->score;
    found->advisory = own;
    found->severity = bw_matcher_severity((int64_t)hit->severity);
    return 0;
}

static int by_advisory(const void *pa, const void *pb)
{
    const struct bw_hit *a = pa, *b = pb;
    return (a->advisory > b->advisory) - (a->advisory < b->advisory);
}

/* Whether a is the fix rather than b. Every entry here holds the installed version: of a language's
 * overlapping ones only the last fix lies outside of them all. A distribution's are about several
 * builds or repositories, and the first is that of the package's own. */
static bool is_better_fix(const struct bw_lane *lane, struct bw_str a, struct bw_str b)
{
    if (!a.n || !b.n)
        return a.n > 0;
    int c = bw_version_compare(lane->eco.order, a, b);
    return lane->language ? c > 0 : c < 0;
}

/* The hits of one advisory as one: false where one of its entries calls the version fixed. */
static bool merge_hits(const struct bw_lane *lane, const struct bw_hit *hits, size_t n,
                       struct bw_hit *ret_hit)
{
    *ret_hit = hits[0];
    for (size_t i = 0; i < n; i++) {
        if (hits[i].is_fixed)
            return false;
        if (is_better_fix(lane, hits[i].fixed, ret_hit->fixed))
            ret_hit->fixed = hits[i].fixed;
        if (hits[i].rated && (!ret_hit->rated || hits[i].severity > ret_hit->severity)) {
            struct bw_str fixed = ret_hit->fixed;
            *ret_hit = hits[i];
            ret_hit->fixed = fixed;
        }
    }
    return true;
}

static int add_found(struct bw_matcher *m, const struct bw_hit *hit, struct bw_err *err)
{
    struct bw_found *found = BW_VEC_PUSH(&m->found, BW_MATCH_HITS_MAX);
    if (!found)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    found->fixed = hit->fixed;
    int rc = bw_matcher_advisory(m, hit->advisory, &found->cached, err);
    return rc ? rc : apply_rating(m, hit, found, err);
}

/* From m->hits to m->found. */
static int find_advisories(struct bw_matcher *m, const struct bw_lane *lane, struct bw_err *err)
{
    m->found.n = 0;
    if (m->hits.n > 1)
        qsort(m->hits.v, m->hits.n, sizeof *m->hits.v, by_advisory);
    int rc = 0;
    for (size_t from = 0, to; rc == 0 && from < m->hits.n; from = to) {
        struct bw_hit hit;
        to = from + 1;
        while (to < m->hits.n && m->hits.v[to].advisory == m->hits.v[from].advisory)
            to++;
        if (merge_hits(lane, &m->hits.v[from], to - from, &hit))
            rc = add_found(m, &hit, err);
    }
    return rc;
}

/* --- advisories to vulnerabilities --- */

static int by_id(const void *pa, const void *pb)
{
    const struct bw_found *a = pa, *b = pb;
    return bw_str_cmp(a->advisory->id, b->advisory->id);
}

static int by_group(const void *pa, const void *pb)
{
    const struct bw_found *a = pa, *b = pb;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return by_id(pa, pb);
}

/* The first of a group; the way there is shortened. */
static size_t first_of(struct bw_matcher *m, size_t at)
{
    struct bw_found *v = m->found.v;
    while (v[at].group != at) {
        v[at].group = v[v[at].group].group;
        at = v[at].group;
    }
    return at;
}

static int join_by(struct bw_matcher *m, struct bw_map *ids, struct bw_str id, size_t at,
                   struct bw_err *err)
{
    struct bw_map_item *item = bw_map_at(ids, id);
    if (!item)
        return bw_err_set(err, BW_ELIMIT, "more than %d ids of advisories for a package",
                          BW_MATCH_HITS_MAX);
    if (!item->value) {
        item->value = (void *)(uintptr_t)(at + 1);
        return 0;
    }
    size_t a = first_of(m, (size_t)(uintptr_t)item->value - 1), b = first_of(m, at);
    m->found.v[a > b ? a : b].group = a > b ? b : a;
    return 0;
}

/* Records that name each other, or a third, in one group, next to each other. */
static int group(struct bw_matcher *m, struct bw_err *err)
{
    struct bw_map ids BW_CLEANUP(bw_map_free) = BW_MAP(BW_MATCH_HITS_MAX);
    struct bw_found *v = m->found.v;
    int rc = 0;
    for (size_t i = 0; i < m->found.n; i++)
        v[i].group = i;
    for (size_t i = 0; rc == 0 && i < m->found.n; i++) {
        rc = join_by(m, &ids, v[i].advisory->id, i, err);
        struct bw_strs aliases = v[i].advisory->aliases;
        for (size_t k = 0; rc == 0 && k < aliases.n; k++)
            rc = join_by(m, &ids, aliases.v[k], i, err);
    }
    for (size_t i = 0; rc == 0 && i < m->found.n; i++)
        v[i].group = first_of(m, i);
    if (rc == 0)
        qsort(v, m->found.n, sizeof *v, by_group);
    return rc;
}

/* How much a rating is worth: the ladder of store.h from below. */
static int rung_of(const struct bw_advisory *advisory)
{
    struct bw_str from = advisory->severity_from;
    if (bw_str_eq(from, BW_STR(BW_OSV_MALICIOUS)))
        return 4;
    if (bw_str_starts(from, BW_STR("cvss:")))
        return 3;
    if (bw_str_eq(from, BW_STR("vendor")))
        return 2;
    return from.n > 0;
}

static bool is_ghsa(struct bw_str id)
{
    return bw_str_starts(id, BW_STR("GHSA-"));
}

/* Whether a speaks for a vulnerability rather than b. */
static bool speaks_before(const struct bw_found *a, const struct bw_found *b)
{
    int rung_a = rung_of(a->advisory), rung_b = rung_of(b->advisory);
    if (rung_a != rung_b)
        return rung_a > rung_b;
    if (a->severity != b->severity)
        return a->severity > b->severity;
    if (is_ghsa(a->advisory->id) != is_ghsa(b->advisory->id))
        return is_ghsa(a->advisory->id);
    return bw_str_cmp(a->advisory->id, b->advisory->id) < 0;
}

static int class_of(struct bw_str id)
{
    if (bw_str_starts(id, BW_STR("MAL-")))
        return 0;
    if (bw_osv_is_cve(id))
        return 1;
    return is_ghsa(id) ? 2 : 3;
}

/* The id that people search for. */
static struct bw_str better_id(struct bw_str a, struct bw_str b)
{
    if (!a.p || class_of(b) != class_of(a))
        return !a.p || class_of(b) < class_of(a) ? b : a;
    return bw_str_cmp(b, a) < 0 ? b : a;
}

static void take_id(struct bw_match *match, const struct bw_advisory *advisory)
{
    match->id = better_id(match->id, advisory->id);
    for (size_t i = 0; i < advisory->aliases.n; i++)
        match->id = better_id(match->id, advisory->aliases.v[i]);
}

static void take_risk(struct bw_match *match, const struct bw_found *found)
{
    const struct bw_cached_advisory *cached = found->cached;
    if (cached->epss_millionths > match->epss_millionths) {
        match->epss_millionths = cached->epss_millionths;
        match->epss_percentile_millionths = cached->epss_percentile_millionths;
    }
    match->kev = match->kev || cached->advisory.kev;
    match->ransomware = match->ransomware || cached->ransomware;
    match->malicious = match->malicious || rung_of(found->advisory) == 4;
}

static int list_others(struct bw_matcher *m, const struct bw_found *v, size_t n,
                       struct bw_match *match, struct bw_err *err)
{
    const struct bw_advisory **others = bw_arena_array(m->arena, n, sizeof(void *));
    if (!others)
        return bw_matcher_no_memory(m, err);
    for (size_t i = 0; i < n; i++)
        if (v[i].advisory != match->advisory)
            others[match->others_n++] = v[i].advisory;
    match->others = others;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return bw_str_cmp(*(const struct bw_str *)a, *(const struct bw_str *)b);
}

/* The CVEs of all records, sorted, each once. */
static int unite_cves(struct bw_matcher *m, const struct bw_found *v, size_t n,
                      struct bw_strs *ret_cves, struct bw_err *err)
{
    size_t most = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        most += v[i].advisory->cves.n;
    struct bw_strs cves = {.v = bw_arena_array(m->arena, most, sizeof *cves.v)};
    if (!cves.v)
        return bw_matcher_no_memory(m, err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < v[i].advisory->cves.n; k++)
            cves.v[cves.n++] = v[i].advisory->cves.v[k];
    qsort(cves.v, cves.n, sizeof *cves.v, by_bytes);
    for (size_t i = 0; i < cves.n; i++)
        if (kept == 0 || !bw_str_eq(cves.v[i], cves.v[kept - 1]))
            cves.v[kept++] = cves.v[i];
    cves.n = kept;
    *ret_cves = cves;
    return 0;
}

/* Who speaks for the vulnerability says what the others know of CVEs and exploitation, too. */
static int complete(struct bw_matcher *m, const struct bw_found *v, size_t n,
                    struct bw_match *match, struct bw_err *err)
{
    struct bw_strs cves = {0};
    int rc = unite_cves(m, v, n, &cves, err);
    if (rc || (cves.n == match->advisory->cves.n && match->kev == match->advisory->kev))
        return rc;
    struct bw_advisory *own = bw_arena_alloc(m->arena, sizeof *own);
    if (!own)
        return bw_matcher_no_memory(m, err);
    *own = *match->advisory;
    own->cves = cves;
    own->kev = match->kev;
    match->advisory = own;
    return 0;
}

/* One vulnerability of the n records at v. */
static int make_match(struct bw_matcher *m, const struct bw_lane *lane, const struct bw_found *v,
                      size_t n, struct bw_match *match, struct bw_err *err)
{
    const struct bw_found *best = v;
    match->epss_millionths = match->epss_percentile_millionths = -1;
    for (size_t i = 0; i < n; i++) {
        if (speaks_before(&v[i], best))
            best = &v[i];
        if (lane->language)
            take_id(match, v[i].advisory);
        take_risk(match, &v[i]);
        if (is_better_fix(lane, v[i].fixed, match->fixed_version))
            match->fixed_version = v[i].fixed;
    }
    match->advisory = best->advisory;
    match->severity = best->severity;
    if (!lane->language)
        match->id = best->advisory->id;
    int rc = n > 1 ? list_others(m, v, n, match, err) : 0;
    return rc || n == 1 ? rc : complete(m, v, n, match, err);
}

int bw_matcher_merge(struct bw_matcher *m, const struct bw_lane *lane,
                     struct bw_remembered *ret_matches, struct bw_err *err)
{
    int rc = find_advisories(m, lane, err);
    if (rc || m->found.n == 0)
        return rc;
    struct bw_found *v = m->found.v;
    qsort(v, m->found.n, sizeof *v, by_id);
    if (lane->language)
        rc = group(m, err);
    struct bw_match *matches = bw_arena_array(m->arena, m->found.n, sizeof *matches);
    if (rc == 0 && !matches)
        rc = bw_matcher_no_memory(m, err);
    size_t made = 0;
    for (size_t from = 0, to; matches && rc == 0 && from < m->found.n; from = to) {
        to = from + 1;
        while (lane->language && to < m->found.n && v[to].group == v[from].group)
            to++;
        rc = make_match(m, lane, &v[from], to - from, &matches[made++], err);
    }
    if (rc == 0)
        *ret_matches = (struct bw_remembered){.matches = matches, .n = made};
    return rc;
}
