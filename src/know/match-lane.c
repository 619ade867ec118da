#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "know/language.h"
#include "know/match-state.h"

#define KEYS_MAX   4096
#define LISTED_MAX 12 /* releases named in a message */

/* A lane on its way. */
struct opening {
    struct bw_matcher *m;
    struct bw_lane *lane;
};

static int find_keys(struct opening *o, struct bw_err *err)
{
    struct bw_strs names = o->lane->eco.names;
    /* An ecosystem of a language has no releases. */
    if (!names.n)
        names = (struct bw_strs){&o->lane->eco.name, 1};
    struct bw_sqlite_stmt *find BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    /* GLOB takes '*' as wanted, and nothing else that a name may hold. */
    int rc = bw_sqlite_prepare(o->m->know->db,
                               "SELECT key, newest FROM ecosystem WHERE records > 0 AND"
                               " (name = ?1 OR (instr(?1, '*') > 0 AND name GLOB ?1)) ORDER BY key",
                               &find, err);
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        bw_sqlite_bind_str(find, 1, names.v[i]);
        while ((rc = bw_sqlite_step(find, err)) > 0) {
            struct bw_ecosystem_key *slot = BW_VEC_PUSH(&o->lane->keys, KEYS_MAX);
            if (!slot)
                return bw_err_set(err, BW_ELIMIT, "more than %d ecosystems for one release",
                                  KEYS_MAX);
            slot->key = bw_sqlite_column_i64(find, 0);
            slot->decides = o->lane->eco.last_decides && i + 1 == names.n;
            int64_t newest;
            if (bw_clock_parse(bw_sqlite_column_str(find, 1), &newest) && newest > o->lane->newest)
                o->lane->newest = newest;
        }
    }
    return rc;
}

/* "8, 9, 10, 11": the releases of the distribution that the store has. */
static int list_releases(struct opening *o, struct bw_buf *list, struct bw_err *err)
{
    struct bw_sqlite_stmt *rows BW_CLEANUP(bw_sqlite_stmt_freep) = NULL;
    int rc = bw_sqlite_prepare(
        o->m->know->db, "SELECT name FROM ecosystem WHERE base=?1 AND name <> base ORDER BY name",
        &rows, err);
    if (rc)
        return rc;
    bw_sqlite_bind_str(rows, 1, o->lane->eco.base);
    int n = 0;
    while ((rc = bw_sqlite_step(rows, err)) > 0) {
        if (n++ < LISTED_MAX)
            bw_buf_printf(list, "%s%" BW_STR_F, n > 1 ? ", " : "",
                          BW_STR_A(bw_sqlite_column_str(rows, 0)));
    }
    if (n > LISTED_MAX)
        bw_buf_printf(list, " and %d more", n - LISTED_MAX);
    return rc;
}

static int explain_absence(struct opening *o, struct bw_err *err)
{
    struct bw_buf list BW_CLEANUP(bw_buf_free) = BW_BUF(16 << 10);
    int rc = list_releases(o, &list, err);
    if (rc)
        return rc;
    o->lane->coverage = list.n ? BW_COVERAGE_RELEASE_ABSENT : BW_COVERAGE_NOT_IMPORTED;
    if (list.n)
        o->lane->why = bw_arena_printf(o->m->arena,
                                       "the advisory database has nothing for %" BW_STR_F
                                       ", only for %" BW_STR_F ": run `bulwark db update`",
                                       BW_STR_A(o->lane->eco.name), BW_STR_A(bw_buf_slice(&list)));
    else
        o->lane->why = bw_arena_printf(o->m->arena,
                                       "the advisory database has nothing for %" BW_STR_F
                                       ": run `bulwark db update`",
                                       BW_STR_A(o->lane->eco.base));
    return o->lane->why.p ? 0 : bw_matcher_no_memory(o->m, err);
}

static int leave(struct opening *o, const char *why, struct bw_err *err)
{
    o->lane->coverage = BW_COVERAGE_UNSUPPORTED;
    o->lane->why = bw_arena_str(o->m->arena, bw_str(why));
    return o->lane->why.p ? 0 : bw_matcher_no_memory(o->m, err);
}

static int find_advisories(struct opening *o, struct bw_err *err)
{
    int rc = find_keys(o, err);
    return rc == 0 && o->lane->keys.n == 0 ? explain_absence(o, err) : rc;
}

static int begin(struct bw_matcher *m, struct opening *ret_opening, struct bw_err *err)
{
    struct bw_lane **slot = BW_VEC_PUSH(&m->lanes, BW_MATCH_LANES_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "more than %d distributions", BW_MATCH_LANES_MAX);
    *slot = calloc(1, sizeof **slot);
    if (!*slot)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    (*slot)->number = (uint32_t)m->lanes.n;
    *ret_opening = (struct opening){.m = m, .lane = *slot};
    return 0;
}

/* --- distributions --- */

static int open_distribution(struct bw_matcher *m, const struct bw_distribution *distribution,
                             struct bw_lane **ret_lane, struct bw_err *err)
{
    struct opening o = {.m = m};
    struct bw_err why;
    int rc = begin(m, &o, err);
    if (rc)
        return rc;
    rc = bw_ecosystem_of(distribution, m->arena, &o.lane->eco, &why);
    if (rc == BW_EUNSUPPORTED || rc == BW_EFORMAT)
        rc = leave(&o, why.msg, err);
    else
        rc = rc ? bw_matcher_no_memory(m, err) : find_advisories(&o, err);
    if (rc == 0)
        *ret_lane = o.lane;
    return rc;
}

/* All that bw_ecosystem_of looks at. */
static struct bw_str text_of(struct bw_matcher *m, const struct bw_distribution *d)
{
    const struct bw_str parts[] = {d->id, d->version_id, d->codename, d->pretty_name};
    bw_buf_clear(&m->key);
    for (size_t i = 0; i < BW_ARRAY_LEN(parts); i++) {
        bw_buf_str(&m->key, parts[i]);
        bw_buf_byte(&m->key, 0);
    }
    return bw_buf_failed(&m->key) ? (struct bw_str){NULL, 0} : bw_buf_slice(&m->key);
}

int bw_matcher_set_distribution(struct bw_matcher *m, const struct bw_distribution *distribution,
                                struct bw_err *err)
{
    struct bw_str text = text_of(m, distribution);
    struct bw_lane *lane = text.p ? bw_map_get(&m->distributions, text) : NULL;
    if (!lane) {
        struct bw_str key = bw_arena_str(m->arena, text);
        int rc = open_distribution(m, distribution, &lane, err);
        if (rc)
            return rc;
        struct bw_map_item *item = text.p && key.p ? bw_map_at(&m->distributions, key) : NULL;
        if (item)
            item->value = lane;
    }
    m->system = lane;
    return 0;
}

/* --- languages --- */

static int open_language(struct bw_matcher *m, enum bw_package_type type, struct bw_lane **ret_lane,
                         struct bw_err *err)
{
    struct opening o = {.m = m};
    int rc = begin(m, &o, err);
    if (rc)
        return rc;
    o.lane->language = true;
    if (bw_language_ecosystem(type, &o.lane->eco)) {
        rc = find_advisories(&o, err);
    } else {
        char why[64];
        snprintf(why, sizeof why, "OSV has no advisories for %s", bw_language_name(type));
        rc = leave(&o, why, err);
    }
    if (rc == 0)
        *ret_lane = o.lane;
    return rc;
}

int bw_matcher_lane(struct bw_matcher *m, enum bw_package_type type,
                    const struct bw_lane **ret_lane, struct bw_err *err)
{
    int rc = 0;
    if (bw_package_is_os(type) || (unsigned)type >= BW_PACKAGE_TYPE_COUNT) {
        *ret_lane = m->system;
        return 0;
    }
    if (!m->languages[type])
        rc = open_language(m, type, &m->languages[type], err);
    if (rc == 0)
        *ret_lane = m->languages[type];
    return rc;
}

const char *bw_matcher_type_name(enum bw_package_type type)
{
    return bw_language_name(type);
}

static bool is_foreign(const struct bw_lane *lane, enum bw_package_type type)
{
    return lane->coverage != BW_COVERAGE_UNSUPPORTED && lane->eco.type != type;
}

int bw_matcher_covering(struct bw_matcher *m, enum bw_package_type type,
                        struct bw_covering *ret_covering, struct bw_err *err)
{
    static const struct bw_covering none = {.coverage = BW_COVERAGE_UNSUPPORTED,
                                            .why = {"the distribution is not known", 29}};
    const struct bw_lane *lane;
    int rc = bw_matcher_lane(m, type, &lane, err);
    if (rc)
        return rc;
    struct bw_covering covering = none;
    if (lane)
        covering = (struct bw_covering){.coverage = lane->coverage,
                                        .ecosystem = lane->eco.name,
                                        .why = lane->why,
                                        .newest = lane->newest};
    if (lane && is_foreign(lane, type))
        covering = (struct bw_covering){
            .coverage = BW_COVERAGE_UNSUPPORTED,
            .why = BW_STR("of another package manager than the distribution's")};
    else if (covering.coverage == BW_COVERAGE_UNSUPPORTED)
        covering.ecosystem = BW_STR("");
    *ret_covering = covering;
    return 0;
}
