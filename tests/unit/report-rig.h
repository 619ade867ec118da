/*
 * report-rig.h: renders reports and compares them with golden files, for test-report*.c.
 */
#ifndef BW_TESTS_REPORT_RIG_H
#define BW_TESTS_REPORT_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "report/output.h"

/* Of the versions in the fixtures, the byte order is the right one. */
static inline int by_bytes(enum bw_package_type type, struct bw_str a, struct bw_str b)
{
    (void)type;
    return bw_str_cmp(a, b);
}

static inline int to_buf(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)err;
    bw_buf_add(ctx, p, n);
    return 0;
}

static inline void render(const char *format, const struct bw_report *report,
                          const struct bw_output_options *options, struct bw_buf *buf)
{
    const struct bw_output *output = bw_output_named(bw_str(format));
    assert_non_null(output);
    const struct bw_output_sink sink = {buf, to_buf};
    struct bw_err err = {0};
    assert_int_equal(output->write(report, options, &sink, &err), 0);
    assert_false(bw_buf_failed(buf));
}

/* BW_UPDATE_GOLDEN=1 rewrites the files; what they then hold is for a person to read. */
static inline void expect_golden(const char *name, const char *format,
                                 const struct bw_report *report, struct bw_output_options options)
{
    struct bw_buf got BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    struct bw_buf want BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    char path[128];
    snprintf(path, sizeof path, "tests/golden/report/%s", name);
    options.compare = by_bytes;
    render(format, report, &options, &got);
    if (getenv("BW_UPDATE_GOLDEN"))
        assert_int_equal(bw_fd_replace_file(path, got.p, got.n, 0644, NULL), 0);
    assert_int_equal(bw_fd_slurp_path(path, &want, NULL), 0);
    if (!bw_str_eq(bw_buf_slice(&got), bw_buf_slice(&want)))
        fail_msg("%s differs:\n%" BW_STR_F, path, BW_STR_A(bw_buf_slice(&got)));
}

#endif
