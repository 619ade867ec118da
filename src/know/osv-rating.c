#include "know/osv-rating.h"

#include "know/cvss.h"

int bw_osv_rating_cmp(const struct bw_osv_rating *a, const struct bw_osv_rating *b)
{
    if (a->rung != b->rung)
        return a->rung < b->rung ? -1 : 1;
    /* "cvss:2.0" < "cvss:3.0" < "cvss:3.1" < "cvss:4.0" */
    int c = a->rung == BW_OSV_CVSS ? bw_str_cmp(a->from, b->from) : 0;
    if (c == 0)
        c = (a->score > b->score) - (a->score < b->score);
    if (c == 0)
        c = (a->severity > b->severity) - (a->severity < b->severity);
    return c;
}

static void raise_vendor(struct bw_osv_rating *rating, enum bw_severity severity)
{
    const struct bw_osv_rating vendor = {
        .rung = BW_OSV_VENDOR, .severity = severity, .from = BW_STR("vendor"), .score = -1};
    if (severity != BW_SEVERITY_UNKNOWN && bw_osv_rating_cmp(&vendor, rating) > 0)
        *rating = vendor;
}

static struct bw_str cvss_name(int version)
{
    switch (version) {
    case 40:
        return BW_STR("cvss:4.0");
    case 31:
        return BW_STR("cvss:3.1");
    case 30:
        return BW_STR("cvss:3.0");
    default:
        return BW_STR("cvss:2.0");
    }
}

int bw_osv_rate_vector(struct bw_str vector, struct bw_arena *arena, struct bw_osv_rating *rating,
                       struct bw_err *err)
{
    unsigned tenths;
    int version;
    if (bw_cvss_score(vector, &tenths, &version, NULL))
        return 0;
    struct bw_osv_rating cvss = {
        .rung = BW_OSV_CVSS,
        .severity = bw_severity_of_score(tenths),
        .from = cvss_name(version),
        .score = (int)tenths,
    };
    if (bw_osv_rating_cmp(&cvss, rating) <= 0)
        return 0;
    cvss.vector = bw_arena_str(arena, bw_str_trim(vector));
    if (!cvss.vector.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    *rating = cvss;
    return 0;
}

int bw_osv_rate_severity(const struct bw_json *severity, struct bw_arena *arena,
                         struct bw_osv_rating *rating, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(severity);
    for (const struct bw_json *entry; (entry = bw_json_next(&it));) {
        struct bw_str type = bw_json_string(bw_json_get(entry, BW_STR("type")));
        struct bw_str score = bw_json_string(bw_json_get(entry, BW_STR("score")));
        enum bw_severity word;
        int rc = 0;
        if (bw_str_starts(type, BW_STR("CVSS_V")))
            rc = bw_osv_rate_vector(score, arena, rating, err);
        else if (bw_str_eq(type, BW_STR("Ubuntu")) && bw_severity_parse(score, &word))
            raise_vendor(rating, word);
        if (rc)
            return rc;
    }
    return 0;
}

void bw_osv_rate_specific(const struct bw_json *specific, struct bw_osv_rating *rating)
{
    static const struct bw_str keys[] = {
        {"severity", 8},
        {"urgency", 7},
        {"ubuntu_priority", 15},
    };
    if (bw_json_type(specific) != BW_JSON_OBJECT)
        return;
    for (size_t i = 0; i < BW_ARRAY_LEN(keys); i++) {
        enum bw_severity word;
        if (bw_severity_parse(bw_str_trim(bw_json_string(bw_json_get(specific, keys[i]))), &word))
            raise_vendor(rating, word);
    }
}

void bw_osv_rate_summary(struct bw_str id, struct bw_str summary, struct bw_osv_rating *rating)
{
    static const struct bw_str families[] = {{"AL", 2}, {"RL", 2}, {"RX", 2}, {"RH", 2}, {"EL", 2}};
    static const struct bw_str words[] = {
        {"Critical", 8}, {"Important", 9}, {"Moderate", 8}, {"Low", 3}};
    bool erratum = false;
    for (size_t i = 0; i < BW_ARRAY_LEN(families); i++)
        erratum = erratum || bw_str_starts(id, families[i]);
    size_t colon = bw_str_find(summary, ':');
    if (!erratum || colon == SIZE_MAX)
        return;
    struct bw_str word = bw_str_take(summary, colon);
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        enum bw_severity severity;
        if (bw_str_eq(word, words[i]) && bw_severity_parse(word, &severity))
            raise_vendor(rating, severity);
    }
}
