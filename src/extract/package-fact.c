#include "extract/package-fact.h"

#define NAME_IN_GAP_MAX 128u

int bw_package_fact(struct bw_record_gaps *gaps, uint32_t line, struct bw_package package,
                    struct bw_err *err)
{
    if (!bw_record_is_word(package.name) || !bw_record_is_word(package.version)) {
        struct bw_str name = bw_str_take(package.name, NAME_IN_GAP_MAX);
        bw_record_gap(gaps, BW_GAP_BLOCKING, line, "a package has a malformed name or version: %s",
                      bw_record_is_word(name) ? "" : "no word");
        return 0;
    }
    package.source_name = package.name;
    package.source_version = package.version;
    const struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = gaps->path, .line = line},
        .package = package,
    };
    return gaps->sink->fact(gaps->sink->ctx, &fact, err);
}
