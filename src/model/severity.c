#include "model/severity.h"

#include "base/compiler.h"

static const struct {
    const char *word;
    enum bw_severity severity;
} words[] = {
    /* The first of each severity is its name; the order follows the enum. */
    {"unknown", BW_SEVERITY_UNKNOWN},
    {"negligible", BW_SEVERITY_NEGLIGIBLE},
    {"low", BW_SEVERITY_LOW},
    {"medium", BW_SEVERITY_MEDIUM},
    {"high", BW_SEVERITY_HIGH},
    {"critical", BW_SEVERITY_CRITICAL},
    {"none", BW_SEVERITY_NEGLIGIBLE},
    {"unimportant", BW_SEVERITY_NEGLIGIBLE},
    {"minor", BW_SEVERITY_LOW},
    {"moderate", BW_SEVERITY_MEDIUM},
    {"important", BW_SEVERITY_HIGH},
    {"untriaged", BW_SEVERITY_UNKNOWN},
    {"not yet assigned", BW_SEVERITY_UNKNOWN},
};

const char *bw_severity_name(enum bw_severity severity)
{
    return (unsigned)severity < BW_SEVERITY_COUNT ? words[severity].word : words[0].word;
}

bool bw_severity_parse(struct bw_str word, enum bw_severity *ret_severity)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        if (bw_str_eq_nocase(word, bw_str(words[i].word))) {
            *ret_severity = words[i].severity;
            return true;
        }
    }
    return false;
}

enum bw_severity bw_severity_of_score(unsigned tenths)
{
    if (tenths == 0)
        return BW_SEVERITY_NEGLIGIBLE;
    if (tenths < 40)
        return BW_SEVERITY_LOW;
    if (tenths < 70)
        return BW_SEVERITY_MEDIUM;
    return tenths < 90 ? BW_SEVERITY_HIGH : BW_SEVERITY_CRITICAL;
}
