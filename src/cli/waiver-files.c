#include "cli/waiver-files.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "decide/waiver.h"

#define FILES_MAX 1000u

static const char *const defaults[] = {".bulwarkignore.yaml", ".trivyignore", ".trivyignore.yaml"};

int bw_waiver_files_add(struct bw_waiver_files *files, const char *path, struct bw_err *err)
{
    const char **slot = BW_VEC_PUSH(files, FILES_MAX);
    if (!slot)
        return bw_err_set(err, BW_EUSAGE, "more than %u ignore files and VEX documents", FILES_MAX);
    *slot = path;
    return 0;
}

void bw_waiver_files_free(struct bw_waiver_files *files)
{
    BW_VEC_FREE(files);
}

static int read_file(struct bw_waivers *waivers, const char *path, struct bw_err *err)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_WAIVER_FILE_MAX);
    int rc = bw_fd_slurp_path(path, &bytes, err);
    return rc ? rc : bw_waivers_read(waivers, bw_str(path), bw_buf_slice(&bytes), err);
}

static int read_all(const struct bw_waiver_files *files, struct bw_waivers *waivers,
                    struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < files->n; i++)
        rc = read_file(waivers, files->v[i], err);
    for (size_t i = 0; rc == 0 && !files->no_default && i < BW_ARRAY_LEN(defaults); i++) {
        if (access(defaults[i], F_OK) != 0)
            continue;
        size_t before = waivers->n;
        rc = read_file(waivers, defaults[i], err);
        if (rc == 0)
            bw_log(BW_LOG_INFO, "%s: %zu waivers", defaults[i], waivers->n - before);
    }
    return rc;
}

struct expiry {
    struct bw_arena *arena;
    BW_VEC_TYPE(expiry_gaps, struct bw_gap) gaps;
    bool lost;
};

static void note_expired(void *ctx, const struct bw_waiver_rule *rule)
{
    struct expiry *expiry = ctx;
    char date[BW_CLOCK_RFC3339_SIZE];
    bw_clock_rfc3339(rule->waiver.expires - 1, date);
    struct bw_gap *gap = BW_VEC_PUSH(&expiry->gaps, BW_WAIVER_RULES_MAX);
    struct bw_str where = bw_arena_printf(expiry->arena, "%" BW_STR_F " line %u",
                                          BW_STR_A(rule->waiver.source), rule->waiver.line);
    struct bw_str what =
        bw_arena_printf(expiry->arena, "the waiver of %" BW_STR_F, BW_STR_A(rule->ids.v[0]));
    struct bw_str why = bw_arena_printf(expiry->arena,
                                        "it expired on %.10s; look at the finding again, and renew "
                                        "or remove the waiver",
                                        date);
    expiry->lost |= !gap || !where.p || !what.p || !why.p;
    if (gap)
        *gap = (struct bw_gap){.class = BW_GAP_NOTE,
                               .subject = BW_GAP_NO_SUBJECT,
                               .where = where,
                               .what = what,
                               .why = why};
}

static int add_gaps(struct bw_report *report, const struct expiry *expiry, struct bw_err *err)
{
    size_t n = report->gaps_n + expiry->gaps.n;
    struct bw_gap *gaps = bw_arena_array(expiry->arena, n, sizeof *gaps);
    if (expiry->lost || !gaps)
        return bw_err_set(err, BW_ELIMIT, "no room for the gaps of expired waivers");
    if (report->gaps_n)
        memcpy(gaps, report->gaps, report->gaps_n * sizeof *gaps);
    memcpy(gaps + report->gaps_n, expiry->gaps.v, expiry->gaps.n * sizeof *gaps);
    report->gaps = gaps;
    report->gaps_n = n;
    return 0;
}

int bw_waiver_files_apply(const struct bw_waiver_files *files, struct bw_report *report,
                          struct bw_arena *arena, struct bw_err *err)
{
    struct bw_waivers waivers BW_CLEANUP(bw_waivers_free) = bw_waivers(arena);
    struct expiry expiry = {.arena = arena};
    int rc = read_all(files, &waivers, err);
    if (rc == 0 && waivers.n)
        rc = bw_waivers_apply(&waivers, report, bw_clock_wall(), note_expired, &expiry, err);
    if (rc == 0 && expiry.gaps.n)
        rc = add_gaps(report, &expiry, err);
    BW_VEC_FREE(&expiry.gaps);
    return rc;
}
