#include "scan/charts.h"

#include <unistd.h>

#include "acquire/command.h"
#include "acquire/tree.h"

#define ERRORS_MAX 512u

/* Charts may ask for a version. Helm without a cluster claims the one that it was built for. */
#define KUBERNETES "1.34.0"

void bw_charts_free(struct bw_charts *charts)
{
    BW_VEC_FREE(charts);
}

/* --- finding --- */

struct finding_charts {
    struct bw_charts *charts;
    struct bw_arena *arena;
};

static bool is_description(struct bw_str path)
{
    return bw_str_eq(path, BW_STR("Chart.yaml")) || bw_str_ends(path, BW_STR("/Chart.yaml"));
}

static bool wants(void *ctx, struct bw_str path)
{
    (void)ctx;
    return is_description(path);
}

static int entry(void *ctx, struct bw_str path, const struct bw_file *file)
{
    struct finding_charts *finding = ctx;
    if (file->type != BW_FILE_REGULAR || !is_description(path))
        return 0;
    struct bw_str directory = bw_str_take(path, path.n - (sizeof "Chart.yaml" - 1));
    struct bw_str *slot = BW_VEC_PUSH(finding->charts, BW_CHARTS_MAX);
    if (slot)
        *slot = bw_arena_str(finding->arena, bw_str_take(directory, directory.n - !!directory.n));
    return slot && slot->p ? 0 : BW_ELIMIT;
}

static int content(void *ctx, struct bw_str path, int fd, const struct bw_file *file)
{
    (void)ctx;
    (void)path;
    (void)file;
    close(fd);
    return 0;
}

/* The walk that reads the documents meets the same gaps. */
static void gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                struct bw_str why)
{
    (void)ctx;
    (void)class;
    (void)where;
    (void)what;
    (void)why;
}

/* The rest of a path below a directory; p is NULL where it lies elsewhere. */
static struct bw_str below(struct bw_str path, struct bw_str directory)
{
    if (!directory.n)
        return path;
    if (!path.p || !bw_str_starts(path, directory) || path.n <= directory.n ||
        path.p[directory.n] != '/')
        return (struct bw_str){0};
    return bw_str_from(path, directory.n + 1);
}

static bool is_part(const struct bw_charts *charts, struct bw_str chart)
{
    for (size_t i = 0; i < charts->n; i++) {
        struct bw_str rest = below(chart, charts->v[i]);
        if (rest.p && !bw_str_eq(chart, charts->v[i]) && bw_str_starts(rest, BW_STR("charts/")))
            return true;
    }
    return false;
}

int bw_charts_find(int directory, struct bw_arena *arena, struct bw_charts *charts,
                   struct bw_err *err)
{
    struct finding_charts finding = {charts, arena};
    const struct bw_tree_visitor visitor = {
        .ctx = &finding, .wants = wants, .entry = entry, .content = content, .gap = gap};
    int rc = bw_tree_walk(directory, false, &visitor, err);
    if (rc == BW_ELIMIT)
        return bw_err_set(err, rc, "more than %u Helm charts", BW_CHARTS_MAX);
    /* A parent stands before its parts or behind them. */
    for (size_t i = charts->n; i-- > 0;)
        if (is_part(charts, charts->v[i]))
            charts->v[i] = charts->v[--charts->n];
    return rc;
}

bool bw_charts_own(const struct bw_charts *charts, struct bw_str path)
{
    static const char *const folders[] = {"templates/", "charts/", "crds/", "files/"};
    for (size_t i = 0; i < charts->n; i++) {
        struct bw_str rest = below(path, charts->v[i]);
        if (!rest.p)
            continue;
        for (size_t f = 0; f < BW_ARRAY_LEN(folders); f++)
            if (bw_str_starts(rest, bw_str(folders[f])))
                return true;
        if (bw_str_find(rest, '/') == SIZE_MAX &&
            (bw_str_starts(rest, BW_STR("Chart.")) || bw_str_starts(rest, BW_STR("values"))))
            return true;
    }
    return false;
}

/* --- rendering --- */

int bw_chart_render(const char *directory, struct bw_buf *ret_text, struct bw_err *err)
{
    struct bw_buf errors BW_CLEANUP(bw_buf_free) = BW_BUF(ERRORS_MAX);
    const char *const argv[] = {"helm",     "template",       "release", "--kube-version",
                                KUBERNETES, "--include-crds", directory, NULL};
    const struct bw_command command = {
        .argv = argv, .timeout_ms = BW_CHART_RENDER_MS, .output = ret_text, .errors = &errors};
    int code;
    int rc = bw_command_run(&command, &code, err);
    if (rc || code == 0)
        return rc;
    return bw_err_set(err, BW_EFORMAT, "helm template failed: %" BW_STR_F,
                      BW_STR_A(bw_str_trim(bw_buf_slice(&errors))));
}
