/*
 * CycloneDX, JSON: components may hold components, to BW_SBOM_DEPTH_MAX levels.
 */
#include "extract/purl.h"
#include "extract/sbom-reader.h"

static int read_subject_properties(struct bw_sbom *sbom, const struct bw_json *properties,
                                   struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(properties);
    int rc = 0;
    for (const struct bw_json *p; rc == 0 && (p = bw_json_next(&it));)
        rc = bw_sbom_subject_property(sbom, bw_sbom_text(p, "name"), bw_sbom_text(p, "value"), err);
    return rc;
}

static int read_metadata(struct bw_sbom *sbom, const struct bw_json *metadata, struct bw_err *err)
{
    const struct bw_json *component = bw_json_get(metadata, BW_STR("component"));
    struct bw_json_iter it = bw_json_iter(bw_json_get(metadata, BW_STR("properties")));
    for (const struct bw_json *p; (p = bw_json_next(&it));)
        if (bw_str_eq(bw_sbom_text(p, "name"), BW_STR(BW_BILL_PREFIX "subjects")))
            return bw_err_set(err, BW_EUNSUPPORTED,
                              "it lists several things: write a document for each");
    int rc = bw_sbom_keep(sbom, bw_sbom_text(component, "name"), &sbom->bill.name, err);
    if (rc)
        return rc;
    return read_subject_properties(sbom, bw_json_get(component, BW_STR("properties")), err);
}

static void read_system(struct bw_sbom *sbom, const struct bw_json *component)
{
    struct bw_distribution *d = &sbom->distribution;
    if (sbom->own || d->id.n)
        return;
    d->id = bw_sbom_text(component, "name");
    d->version_id = bw_sbom_text(component, "version");
    d->pretty_name = bw_sbom_text(component, "description");
    struct bw_json_iter it = bw_json_iter(bw_json_get(component, BW_STR("properties")));
    for (const struct bw_json *p; (p = bw_json_next(&it));) {
        struct bw_str name = bw_sbom_text(p, "name"), value = bw_sbom_text(p, "value");
        if (bw_str_eq(name, BW_STR("syft:distro:id")))
            d->id = value;
        else if (bw_str_eq(name, BW_STR("syft:distro:versionID")))
            d->version_id = value;
        else if (bw_str_eq(name, BW_STR("syft:distro:versionCodename")))
            d->codename = value;
        else if (bw_str_eq(name, BW_STR("syft:distro:prettyName")))
            d->pretty_name = value;
    }
}

/* An expression, or the ids and names of all. */
static int read_licences(struct bw_sbom *sbom, const struct bw_json *licences, struct bw_str *ret,
                         struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(licences);
    struct bw_buf all BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXTRACT_TEXT_MAX);
    for (const struct bw_json *choice; (choice = bw_json_next(&it));) {
        const struct bw_json *licence = bw_json_get(choice, BW_STR("license"));
        struct bw_str text = bw_sbom_text(choice, "expression");
        text = text.n ? text : bw_sbom_text(licence, "id");
        text = text.n ? text : bw_sbom_text(licence, "name");
        if (text.n && all.n)
            bw_buf_str(&all, BW_STR(" AND "));
        bw_buf_str(&all, text);
    }
    if (!all.n || bw_buf_failed(&all))
        return 0;
    return bw_sbom_keep(sbom, bw_buf_slice(&all), ret, err);
}

/* Group and name are one name to the package managers that know groups. */
static int read_name(struct bw_sbom *sbom, const struct bw_json *component,
                     struct bw_sbom_item *item, struct bw_err *err)
{
    enum bw_package_type type;
    item->name = bw_sbom_text(component, "name");
    if (!item->name.n || !bw_purl_type(item->type, &type))
        return 0;
    item->name = bw_purl_full_name(bw_sbom_text(component, "group"), item->name, type, sbom->arena);
    return item->name.p ? 0 : bw_err_set(err, BW_ENOMEM, "no memory for a name");
}

/* Components that are no packages are passed over; of those that could be one, some say it by a
 * package URL. */
static bool is_package(const struct bw_json *component)
{
    struct bw_str type = bw_sbom_text(component, "type");
    return bw_sbom_text(component, "purl").n || bw_str_eq(type, BW_STR("library")) ||
           bw_str_eq(type, BW_STR("application")) || bw_str_eq(type, BW_STR("framework"));
}

static int read_package(struct bw_sbom *sbom, const struct bw_json *component, struct bw_err *err)
{
    struct bw_sbom_item item = {
        .version = bw_sbom_text(component, "version"),
        .purl = bw_sbom_text(component, "purl"),
        .package.vendor = bw_sbom_text(component, "publisher"),
    };
    int rc =
        read_licences(sbom, bw_json_get(component, BW_STR("licenses")), &item.package.licence, err);
    if (rc)
        return rc;
    struct bw_json_iter it = bw_json_iter(bw_json_get(component, BW_STR("properties")));
    for (const struct bw_json *p; (p = bw_json_next(&it));)
        bw_sbom_item_property(&item, bw_sbom_text(p, "name"), bw_sbom_text(p, "value"));
    it = bw_json_iter(
        bw_json_get(bw_json_get(component, BW_STR("evidence")), BW_STR("occurrences")));
    for (const struct bw_json *seen; !item.type.n && (seen = bw_json_next(&it));)
        bw_sbom_item_path(&item, bw_sbom_text(seen, "location"));
    rc = read_name(sbom, component, &item, err);
    return rc ? rc : bw_sbom_item_end(sbom, &item, err);
}

static int read_component(struct bw_sbom *sbom, const struct bw_json *component, struct bw_err *err)
{
    if (bw_str_eq(bw_sbom_text(component, "type"), BW_STR("operating-system"))) {
        read_system(sbom, component);
        return 0;
    }
    return is_package(component) ? read_package(sbom, component, err) : 0;
}

static int read_components(struct bw_sbom *sbom, const struct bw_json *components,
                           struct bw_err *err)
{
    struct bw_json_iter stack[BW_SBOM_DEPTH_MAX] = {bw_json_iter(components)};
    unsigned depth = 1;
    while (depth) {
        const struct bw_json *component = bw_json_next(&stack[depth - 1]);
        if (!component) {
            depth--;
            continue;
        }
        int rc = read_component(sbom, component, err);
        if (rc)
            return rc;
        const struct bw_json *parts = bw_json_get(component, BW_STR("components"));
        if (!bw_json_size(parts))
            continue;
        if (depth < BW_SBOM_DEPTH_MAX)
            stack[depth++] = bw_json_iter(parts);
        else
            bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0,
                          "components nested deeper than the limit of %u were left out",
                          BW_SBOM_DEPTH_MAX);
    }
    return 0;
}

int bw_sbom_read_cyclonedx(struct bw_sbom *sbom, const struct bw_json *root, struct bw_err *err)
{
    struct bw_str version = bw_sbom_text(root, "specVersion");
    if (!bw_str_starts(version, BW_STR("1.")))
        return bw_err_set(err, BW_EUNSUPPORTED,
                          "CycloneDX of version \"%" BW_STR_F "\": 1.2 to 1.7 are supported",
                          BW_STR_A(bw_str_take(version, 20)));
    sbom->bill.format =
        bw_arena_printf(sbom->arena, "CycloneDX %" BW_STR_F, BW_STR_A(bw_str_take(version, 20)));
    if (!sbom->bill.format.p)
        return bw_err_set(err, BW_ENOMEM, "no memory for a bill of materials");
    int rc = read_metadata(sbom, bw_json_get(root, BW_STR("metadata")), err);
    return rc ? rc : read_components(sbom, bw_json_get(root, BW_STR("components")), err);
}
