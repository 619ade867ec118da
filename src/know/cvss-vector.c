#include "know/cvss-vector.h"

#include <string.h>

static size_t find_metric(struct bw_str key, const struct bw_cvss_metric *metrics, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(key, bw_str(metrics[i].key)))
            return i;
    return SIZE_MAX;
}

static bool find_value(struct bw_str value, const char *values, uint8_t *ret_index)
{
    struct bw_str rest = bw_str(values), known;
    for (uint8_t i = 0; bw_str_split(&rest, ' ', &known); i++) {
        if (bw_str_eq(value, known)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static int parse_metric(struct bw_str part, const char *name, const struct bw_cvss_metric *metrics,
                        size_t n, uint8_t *values, struct bw_err *err)
{
    size_t colon = bw_str_find(part, ':');
    size_t at = find_metric(bw_str_take(part, colon), metrics, n);
    if (colon == SIZE_MAX || at == SIZE_MAX)
        return bw_err_set(err, BW_EFORMAT, "CVSS %s vector: unknown metric", name);
    if (values[at] != BW_CVSS_UNSET)
        return bw_err_set(err, BW_EFORMAT, "CVSS %s vector: metric %s is given twice", name,
                          metrics[at].key);
    if (!find_value(bw_str_from(part, colon + 1), metrics[at].values, &values[at]))
        return bw_err_set(err, BW_EFORMAT, "CVSS %s vector: metric %s has an unknown value", name,
                          metrics[at].key);
    return 0;
}

int bw_cvss_parse(struct bw_str body, const char *name, const struct bw_cvss_metric *metrics,
                  size_t n, uint8_t *values, struct bw_err *err)
{
    struct bw_str part;
    memset(values, BW_CVSS_UNSET, n);
    while (bw_str_split(&body, '/', &part)) {
        int rc = parse_metric(part, name, metrics, n, values, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n; i++)
        if (metrics[i].mandatory && values[i] == BW_CVSS_UNSET)
            return bw_err_set(err, BW_EFORMAT, "CVSS %s vector: metric %s is missing", name,
                              metrics[i].key);
    return 0;
}
