/*
 * The lock files of Gradle ("Locking Versions"): lines "group:artifact:version=configuration,...";
 * '#' begins a comment, and "empty=..." names configurations without dependencies. A package that
 * only configurations for testing name is for development.
 */
#include "extract/package-fact.h"

#define WHAT     "packages (Gradle)"
#define LOCK_MAX ((size_t)16 << 20)

static const char *const paths[] = {
    "**/gradle.lockfile",
    "**/buildscript-gradle.lockfile",
    "**/gradle/dependency-locks/*.lockfile",
    NULL,
};

static bool is_for_testing(struct bw_str configurations)
{
    struct bw_str name;
    while (bw_str_split(&configurations, ',', &name))
        if (!bw_str_starts(name, BW_STR("test")) &&
            bw_str_find_str(name, BW_STR("Test")) == SIZE_MAX)
            return false;
    return true;
}

static int read_line(struct bw_record_gaps *gaps, uint32_t number, struct bw_str line,
                     struct bw_err *err)
{
    line = bw_str_trim(line);
    size_t equals = bw_str_find(line, '=');
    struct bw_str names = bw_str_take(line, equals);
    struct bw_str configurations = bw_str_from(line, equals == SIZE_MAX ? line.n : equals + 1);
    if (line.n == 0 || line.p[0] == '#' || bw_str_eq(names, BW_STR("empty")))
        return 0;
    size_t first = bw_str_find(names, ':'), last = bw_str_rfind(names, ':');
    if (first == last) {
        bw_record_gap(gaps, BW_GAP_BLOCKING, number, "the line is not group:artifact:version");
        return 0;
    }
    return bw_package_fact(gaps, number,
                           (struct bw_package){
                               .type = BW_PACKAGE_MAVEN,
                               .name = bw_str_take(names, last),
                               .version = bw_str_from(names, last + 1),
                               .locked = true,
                               .development = configurations.n && is_for_testing(configurations),
                           },
                           err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_record_gaps gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)};
    struct bw_str rest = bw_str_n(p, n), line;
    int rc = 0;
    for (uint32_t number = 1; !rc && bw_str_line(&rest, &line); number++)
        rc = read_line(&gaps, number, line, err);
    bw_record_gaps_end(&gaps);
    return rc;
}

const struct bw_parser bw_parser_gradle_lock = {
    .name = "gradle-lock",
    .what = WHAT,
    .paths = paths,
    .max = LOCK_MAX,
    .lock = true,
    .parse = parse,
};
