#include "wrap/vectorscan-compile.h"

#include <hs.h>
#include <limits.h>
#include <stdlib.h>

static int measure(struct bw_vectorscan_pattern *pattern, struct bw_err *err)
{
    hs_compile_error_t *why = NULL;
    hs_expr_info_t *info = NULL;
    if (hs_expression_info(pattern->regex, 0, &info, &why) != HS_SUCCESS) {
        int rc = bw_err_set(err, BW_EFORMAT, "pattern %u: %s: %s", pattern->id, why->message,
                            pattern->regex);
        hs_free_compile_error(why);
        return rc;
    }
    pattern->width = info->max_width == UINT_MAX ? SIZE_MAX : info->max_width;
    int rc = 0;
    if (info->min_width == 0)
        rc = bw_err_set(err, BW_EFORMAT, "pattern %u matches no bytes at all", pattern->id);
    free(info);
    return rc;
}

static int compile(const char *const *regexes, const unsigned *ids, size_t n, struct bw_buf *buf,
                   struct bw_err *err)
{
    /* No processor features: the set then runs on every processor the library does. */
    const hs_platform_info_t platform = {.tune = HS_TUNE_FAMILY_GENERIC};
    hs_compile_error_t *why = NULL;
    hs_database_t *database = NULL;
    char *image = NULL;
    size_t size = 0;
    int rc = 0;
    if (hs_compile_multi(regexes, NULL, ids, (unsigned)n, HS_MODE_BLOCK, &platform, &database,
                         &why) != HS_SUCCESS) {
        rc = bw_err_set(err, BW_EFORMAT, "pattern %d: %s",
                        why->expression < 0 ? -1 : (int)ids[why->expression], why->message);
        hs_free_compile_error(why);
        return rc;
    }
    if (hs_serialize_database(database, &image, &size) != HS_SUCCESS)
        rc = bw_err_set(err, BW_ENOMEM, "cannot serialise the patterns");
    else
        bw_buf_add(buf, image, size);
    free(image);
    hs_free_database(database);
    if (!rc && bw_buf_failed(buf))
        rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    return rc;
}

int bw_vectorscan_compile(struct bw_vectorscan_pattern *patterns, size_t n, struct bw_buf *buf,
                          struct bw_err *err)
{
    const char **regexes = calloc(n + 1, sizeof *regexes);
    unsigned *ids = calloc(n + 1, sizeof *ids);
    int rc = regexes && ids ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < n && !rc; i++) {
        regexes[i] = patterns[i].regex;
        ids[i] = patterns[i].id;
        rc = measure(&patterns[i], err);
    }
    if (!rc)
        rc = compile(regexes, ids, n, buf, err);
    free(ids);
    free(regexes);
    return rc;
}
