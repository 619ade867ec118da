#include "know/cvss.h"

#include "know/cvss-vector.h"

static bool cut_prefix(struct bw_str *s, struct bw_str prefix)
{
    if (!bw_str_starts(*s, prefix))
        return false;
    *s = bw_str_from(*s, prefix.n);
    return true;
}

static struct bw_str without_parentheses(struct bw_str s)
{
    bool enclosed = s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')';
    return enclosed ? bw_str_take(bw_str_from(s, 1), s.n - 2) : s;
}

static int score(struct bw_str body, unsigned *ret_tenths, int *ret_version, struct bw_err *err)
{
    if (cut_prefix(&body, BW_STR("CVSS:4.0/"))) {
        *ret_version = 40;
        return bw_cvss4_score(body, ret_tenths, err);
    }
    if (cut_prefix(&body, BW_STR("CVSS:3.1/"))) {
        *ret_version = 31;
        return bw_cvss3_score(body, 1, ret_tenths, err);
    }
    if (cut_prefix(&body, BW_STR("CVSS:3.0/"))) {
        *ret_version = 30;
        return bw_cvss3_score(body, 0, ret_tenths, err);
    }
    if (!cut_prefix(&body, BW_STR("CVSS:2.0/")) && !cut_prefix(&body, BW_STR("CVSS2#")) &&
        bw_str_starts(body, BW_STR("CVSS:")))
        return bw_err_set(err, BW_EUNSUPPORTED, "CVSS vector: not of version 2.0, 3.0, 3.1 or 4.0");
    *ret_version = 20;
    return bw_cvss2_score(without_parentheses(body), ret_tenths, err);
}

int bw_cvss_score(struct bw_str vector, unsigned *ret_tenths, int *ret_version, struct bw_err *err)
{
    unsigned tenths = 0;
    int version = 0;
    if (vector.n > BW_CVSS_VECTOR_MAX)
        return bw_err_set(err, BW_ELIMIT, "CVSS vector: longer than %d bytes (BW_CVSS_VECTOR_MAX)",
                          BW_CVSS_VECTOR_MAX);
    int rc = score(without_parentheses(bw_str_trim(vector)), &tenths, &version, err);
    if (rc)
        return rc;
    if (ret_tenths)
        *ret_tenths = tenths;
    if (ret_version)
        *ret_version = version;
    return 0;
}
