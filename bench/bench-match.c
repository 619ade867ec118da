/*
 * How long it takes to compare images, whose packages are known, with a database: what a re-match
 * of cached images costs. The packages are those that the database has advisories for, with
 * versions of each image's own, so that every one is looked up: a worse case than images that share
 * a base.
 *
 *     bench-match ADVISORIES.db [images [packages of each]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "check/vulnerability.h"
#include "know/advisories.h"
#include "wrap/sqlite.h"

#define ARENA_MAX    ((size_t)4 << 30)
#define PACKAGES_MAX 2000000

static const struct {
    const char *ecosystem;
    enum bw_package_type type;
} sorts[] = {
    {"Debian:11", BW_PACKAGE_DEB},   {"npm", BW_PACKAGE_NPM},         {"PyPI", BW_PACKAGE_PYPI},
    {"Go", BW_PACKAGE_GO},           {"crates.io", BW_PACKAGE_CARGO}, {"Maven", BW_PACKAGE_MAVEN},
    {"Bitnami", BW_PACKAGE_BITNAMI},
};

struct name {
    struct bw_str name;
    enum bw_package_type type;
};

struct bench {
    struct bw_arena *arena;
    BW_VEC_TYPE(names, struct name) names;
    size_t gaps;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const struct bw_err *err)
{
    fprintf(stderr, "bench-match: %s\n", err->msg);
    exit(1);
}

static void load_names(struct bench *b, const char *path)
{
    struct bw_sqlite *db = NULL;
    struct bw_sqlite_stmt *rows = NULL;
    struct bw_err err = {0};
    if (bw_sqlite_open(path, BW_SQLITE_IMMUTABLE, &db, &err) ||
        bw_sqlite_prepare(db,
                          "SELECT p.name FROM package p JOIN ecosystem e ON e.key = p.ecosystem"
                          " WHERE e.name = ?1 ORDER BY p.name",
                          &rows, &err))
        die(&err);
    for (size_t i = 0; i < BW_ARRAY_LEN(sorts); i++) {
        bw_sqlite_bind_str(rows, 1, bw_str(sorts[i].ecosystem));
        while (bw_sqlite_step(rows, &err) > 0) {
            struct name *slot = BW_VEC_PUSH(&b->names, PACKAGES_MAX);
            if (!slot)
                exit(1);
            slot->name = bw_arena_str(b->arena, bw_sqlite_column_str(rows, 0));
            slot->type = sorts[i].type;
        }
    }
    bw_sqlite_stmt_free(rows);
    bw_sqlite_close(db);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void make_package(struct bench *b, struct bw_package *package, uint64_t *state)
{
    const struct name *name = &b->names.v[next(state) % b->names.n];
    struct bw_str version =
        bw_arena_printf(b->arena, "%u.%u.%u", (unsigned)(next(state) % 4),
                        (unsigned)(next(state) % 20), (unsigned)(next(state) % 30));
    *package = (struct bw_package){.type = name->type,
                                   .name = name->name,
                                   .version = version,
                                   .source_name = name->name,
                                   .source_version = version};
}

static struct bw_subject make_image(struct bench *b, const struct bw_package *pool, size_t pool_n,
                                    size_t n, uint64_t *state)
{
    struct bw_installed_package *installed = bw_arena_array(b->arena, n, sizeof *installed);
    if (!installed)
        exit(1);
    for (size_t i = 0; i < n; i++)
        installed[i].package = &pool[next(state) % pool_n];
    return (struct bw_subject){.distribution = {.id = BW_STR("debian"), .version_id = BW_STR("11")},
                               .packages = installed,
                               .packages_n = n};
}

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct bench *b = ctx;
    (void)class, (void)where, (void)what, (void)why;
    b->gaps++;
}

static void measure(struct bench *b, const char *path, const struct bw_subject *subjects, size_t n)
{
    struct bw_know *know = NULL;
    struct bw_matcher *matcher = NULL;
    struct bw_findings findings = {0};
    struct bw_err err = {0};
    size_t evaluated = 0;
    double from = now();
    if (bw_know_open(path, &know, &err) || bw_matcher_new(know, b->arena, &matcher, &err))
        die(&err);
    for (size_t i = 0; i < n; i++) {
        struct bw_result result;
        if (bw_check_vulnerabilities(matcher, &subjects[i], (uint32_t)i, 0, b->arena, &findings,
                                     &result, on_gap, b, &err))
            die(&err);
        evaluated += result.evaluated;
    }
    double seconds = now() - from;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu images, %zu packages, %zu findings, %zu gaps: %.2f s, %.1f us a package, "
           "%ld MB at the peak\n",
           n, evaluated, findings.n, b->gaps, seconds, seconds * 1e6 / (double)evaluated,
           usage.ru_maxrss / 1024);
    BW_VEC_FREE(&findings);
    bw_matcher_free(matcher);
    bw_know_close(know);
}

int main(int argc, char **argv)
{
    size_t images = argc > 2 ? (size_t)atoi(argv[2]) : 1000;
    size_t packages = argc > 3 ? (size_t)atoi(argv[3]) : 300;
    size_t different = argc > 4 ? (size_t)atoi(argv[4]) : 1000000;
    struct bench b = {.arena = bw_arena_new(ARENA_MAX)};
    uint64_t state = 7;
    if (argc < 2 || !b.arena || !different) {
        fputs("usage: bench-match ADVISORIES.db [images [packages of each [different]]]\n", stderr);
        return 2;
    }
    load_names(&b, argv[1]);
    if (b.names.n == 0) {
        fputs("bench-match: the database has none of the ecosystems\n", stderr);
        return 1;
    }
    struct bw_subject *subjects = bw_arena_array(b.arena, images, sizeof *subjects);
    struct bw_package *pool = bw_arena_array(b.arena, different, sizeof *pool);
    if (!subjects || !pool)
        return 1;
    for (size_t i = 0; i < different; i++)
        make_package(&b, &pool[i], &state);
    for (size_t i = 0; i < images; i++)
        subjects[i] = make_image(&b, pool, different, packages, &state);
    measure(&b, argv[1], subjects, images);
    BW_VEC_FREE(&b.names);
    bw_arena_free(b.arena);
    return 0;
}
