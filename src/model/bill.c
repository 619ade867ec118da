#include "model/bill.h"

#define OF_DISTRIBUTION(name, field)                                                               \
    {                                                                                              \
        BW_BILL_PREFIX "distribution:" name, offsetof(struct bw_distribution, field)               \
    }
#define OF_PACKAGE(name, field)                                                                    \
    {                                                                                              \
        BW_BILL_PREFIX name, offsetof(struct bw_package, field)                                    \
    }

const struct bw_bill_field bw_bill_distribution_fields[] = {
    OF_DISTRIBUTION("id", id),
    OF_DISTRIBUTION("id-like", id_like),
    OF_DISTRIBUTION("version-id", version_id),
    OF_DISTRIBUTION("codename", codename),
    OF_DISTRIBUTION("name", name),
    OF_DISTRIBUTION("pretty-name", pretty_name),
    OF_DISTRIBUTION("variant-id", variant_id),
    OF_DISTRIBUTION("cpe", cpe),
    {0},
};

const struct bw_bill_field bw_bill_package_fields[] = {
    OF_PACKAGE("arch", arch),
    OF_PACKAGE("source-name", source_name),
    OF_PACKAGE("source-version", source_version),
    OF_PACKAGE("module", module),
    OF_PACKAGE("vendor", vendor),
    OF_PACKAGE("licence", licence),
    OF_PACKAGE("checksum", checksum),
    {0},
};

struct bw_str *bw_bill_field_named(const struct bw_bill_field *fields, void *record,
                                   struct bw_str name)
{
    for (; fields->name; fields++)
        if (bw_str_eq(name, bw_str(fields->name)))
            return (struct bw_str *)(void *)((char *)record + fields->offset);
    return NULL;
}
