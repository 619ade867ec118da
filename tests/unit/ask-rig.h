/*
 * ask-rig.h: a store of records made for a test, and a matcher that is asked. Includes know-rig.h.
 */
#ifndef BW_TESTS_ASK_RIG_H
#define BW_TESTS_ASK_RIG_H

#include "know-rig.h"
#include "know/advisories.h"

static inline struct bw_distribution distribution(const char *id, const char *version)
{
    return (struct bw_distribution){.id = bw_str(id), .version_id = bw_str(version)};
}

struct asked {
    struct rig rig;
    struct bw_know *know;
    struct bw_arena *arena;
    struct bw_matcher *matcher;
    struct bw_buf found; /* "ID:fixed ID:fixed" */
};

static inline struct asked ask_store(const char *db, const char *id, const char *version)
{
    struct asked a = {.arena = bw_arena_new(64 << 20), .found = BW_BUF(1 << 20)};
    struct bw_err err = {0};
    const struct bw_distribution d = distribution(id, version);
    if (bw_know_open(db, &a.know, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(bw_matcher_new(a.know, a.arena, &a.matcher, &err), 0);
    assert_int_equal(bw_matcher_set_distribution(a.matcher, &d, &err), 0);
    return a;
}

/* A store of the given records, asked by a distribution. */
static inline struct asked ask(const char *const *records, size_t n, const char *id,
                               const char *version)
{
    struct rig rig = rig_open();
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "r/%zu.json", i);
        rig_text(&rig, name, records[i]);
    }
    struct bw_import import;
    assert_int_equal(rig_import(&rig, rig_path(&rig, "r"), &import, NULL), 0);
    assert_int_equal(import.unreadable, 0);
    struct asked a = ask_store(rig.db, id, version);
    a.rig = rig;
    return a;
}

static inline void asked_free(struct asked *a)
{
    bw_matcher_free(a->matcher);
    bw_know_close(a->know);
    bw_arena_free(a->arena);
    bw_buf_free(&a->found);
    if (*a->rig.dir)
        rig_close(&a->rig);
}

/* The first match, and how many there are. */
static inline size_t match_first(struct asked *a, const struct bw_package *package,
                                 struct bw_match *ret_match)
{
    struct bw_err err = {0};
    const struct bw_match *v = NULL;
    size_t n = 0;
    if (bw_matcher_match(a->matcher, package, &v, &n, &err))
        fail_msg("%s", err.msg);
    if (n)
        *ret_match = v[0];
    return n;
}

/* "ID:fixed ID:fixed" of all matches; ">" and the others' ids stand behind where there are some. */
static inline const char *matches(struct asked *a, const struct bw_package *package)
{
    struct bw_err err = {0};
    const struct bw_match *v = NULL;
    size_t n = 0;
    bw_buf_clear(&a->found);
    if (bw_matcher_match(a->matcher, package, &v, &n, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < n; i++) {
        bw_buf_printf(&a->found, "%s%" BW_STR_F ":%" BW_STR_F, i ? " " : "", BW_STR_A(v[i].id),
                      BW_STR_A(v[i].fixed_version));
        for (size_t k = 0; k < v[i].others_n; k++)
            bw_buf_printf(&a->found, ">%" BW_STR_F, BW_STR_A(v[i].others[k]->id));
    }
    bw_buf_byte(&a->found, 0);
    return (const char *)a->found.p;
}

static inline struct bw_covering covering(struct asked *a, enum bw_package_type type)
{
    struct bw_covering covering;
    struct bw_err err = {0};
    assert_int_equal(bw_matcher_covering(a->matcher, type, &covering, &err), 0);
    return covering;
}

static inline struct bw_package package(enum bw_package_type type, const char *name,
                                        const char *version, const char *source,
                                        const char *source_version)
{
    return (struct bw_package){.type = type,
                               .name = bw_str(name),
                               .version = bw_str(version),
                               .source_name = bw_str(source),
                               .source_version = bw_str(source_version)};
}

#define RECORD(id, more, affected)                                                                 \
    "{\"id\":\"" id "\",\"modified\":\"2024-01-01T00:00:00Z\"" more ",\"affected\":[" affected "]" \
    "}"
#define AFFECTED(eco, name, events, more)                                                          \
    "{\"package\":{\"ecosystem\":\"" eco "\",\"name\":\"" name "\"},\"ranges\":[{\"type\":"        \
    "\"ECOSYSTEM\",\"events\":[" events "]}]" more "}"
#define FROM(v)  "{\"introduced\":\"" v "\"}"
#define UNTIL(v) ",{\"fixed\":\"" v "\"}"

#endif
