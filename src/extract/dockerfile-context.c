/* Which sources of COPY .dockerignore leaves out of the build, as moby/patternmatcher has it. */
#include "extract/dockerfile-build.h"

/* Longest pattern and path compared, and the steps that all comparisons of a file may take. */
#define PATTERN_MAX 512u
#define STEPS_MAX   ((size_t)20 << 20)

/* "a/b": no "./", no leading or trailing '/'. */
static struct bw_str bare(struct bw_str path)
{
    while (bw_str_starts(path, BW_STR("./")) || bw_str_starts(path, BW_STR("/")))
        path = bw_str_from(path, path.p[0] == '.' ? 2 : 1);
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

struct states {
    bool v[PATTERN_MAX + 1];
};

/* Where nothing has to be read to get on: behind stars. "**" and a '/' behind it may be nothing. */
static void skip_stars(struct bw_str pattern, struct states *states)
{
    for (size_t i = 0; i < pattern.n; i++)
        if (states->v[i] && pattern.p[i] == '*') {
            states->v[i + 1] = true;
            if (i + 2 < pattern.n && pattern.p[i + 1] == '*' && pattern.p[i + 2] == '/')
                states->v[i + 3] = true;
        }
}

static void advance(struct bw_str pattern, struct states *states, char c)
{
    struct states next = {0};
    for (size_t i = 0; i < pattern.n; i++) {
        char want = pattern.p[i];
        bool twice = want == '*' && i + 1 < pattern.n && pattern.p[i + 1] == '*';
        if (!states->v[i])
            continue;
        if (twice || (want == '*' && c != '/'))
            next.v[i] = true;
        else if ((want == '?' && c != '/') || want == c)
            next.v[i + 1] = true;
    }
    skip_stars(pattern, &next);
    *states = next;
}

/* Whether a pattern fits the path or a directory that it lies in. */
static bool fits(struct bw_str pattern, struct bw_str path)
{
    struct states states = {.v = {true}};
    skip_stars(pattern, &states);
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '/' && states.v[pattern.n])
            return true;
        advance(pattern, &states, path.p[i]);
    }
    return states.v[pattern.n];
}

/* The Dockerfile's own file first, then that of the directory. */
static void ask(struct bw_dockerfile_build *build)
{
    struct bw_str path = build->reading->request->path, own;
    build->ignore_asked = true;
    if (bw_str_eq(path, BW_STR("-")))
        return;
    own = bw_arena_printf(build->reading->arena, "%" BW_STR_F ".dockerignore", BW_STR_A(path));
    if (own.p && bw_reading_other(build->reading, own, &build->ignore_text))
        return;
    path = bw_reading_beside(build->reading, path, BW_STR(".dockerignore"));
    if (path.p)
        bw_reading_other(build->reading, path, &build->ignore_text);
}

bool bw_dockerfile_is_ignored(struct bw_dockerfile_build *build, struct bw_str source)
{
    if (!build->ignore_asked)
        ask(build);
    struct bw_str rest = build->ignore_text, line, path = bare(source);
    bool ignored = false;
    if (!rest.p || !path.n || path.n > PATTERN_MAX || bw_str_eq(path, BW_STR(".")) ||
        bw_str_find(path, '*') != SIZE_MAX || bw_str_find(path, '?') != SIZE_MAX)
        return false;
    while (bw_str_line(&rest, &line)) {
        line = bw_str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        bool except = line.p[0] == '!';
        struct bw_str pattern = bare(bw_str_trim(bw_str_from(line, except)));
        build->ignore_steps += pattern.n * path.n + line.n;
        if (build->ignore_steps > STEPS_MAX)
            return false; /* a check that only warns gives up */
        if (pattern.n && pattern.n <= PATTERN_MAX && fits(pattern, path))
            ignored = !except;
    }
    return ignored;
}
