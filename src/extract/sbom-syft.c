/*
 * The JSON of Syft (github.com/anchore/syft, schema/json): artifacts with package URLs and the
 * layers they were seen in, `distro`, and `source`, the image.
 */
#include "extract/sbom-reader.h"

static int read_distro(struct bw_sbom *sbom, const struct bw_json *distro)
{
    sbom->distribution = (struct bw_distribution){
        .id = bw_sbom_text(distro, "id"),
        .version_id = bw_sbom_text(distro, "versionID"),
        .codename = bw_sbom_text(distro, "versionCodename"),
        .name = bw_sbom_text(distro, "name"),
        .pretty_name = bw_sbom_text(distro, "prettyName"),
        .variant_id = bw_sbom_text(distro, "variantID"),
        .cpe = bw_sbom_text(distro, "cpeName"),
    };
    return 0;
}

static int read_platform(struct bw_sbom *sbom, const struct bw_json *metadata, struct bw_err *err)
{
    struct bw_str os = bw_sbom_text(metadata, "os");
    struct bw_str architecture = bw_sbom_text(metadata, "architecture");
    if (!os.n || !architecture.n)
        return 0;
    sbom->bill.platform = bw_arena_printf(sbom->arena, "%" BW_STR_F "/%" BW_STR_F, BW_STR_A(os),
                                          BW_STR_A(architecture));
    return sbom->bill.platform.p ? 0 : bw_err_set(err, BW_ENOMEM, "no memory for a platform");
}

/* Syft names a layer by the digest of its uncompressed tar. */
static int read_source(struct bw_sbom *sbom, const struct bw_json *source, struct bw_err *err)
{
    const struct bw_json *metadata = bw_json_get(source, BW_STR("metadata"));
    struct bw_str name = bw_sbom_text(metadata, "userInput");
    name = name.n ? name : bw_sbom_text(source, "name");
    name = name.n ? name : bw_sbom_text(metadata, "path");
    int rc = bw_sbom_keep(sbom, name, &sbom->bill.name, err);
    rc = rc ? rc
            : bw_sbom_subject_property(sbom, BW_STR(BW_BILL_PREFIX "digest"),
                                       bw_sbom_text(metadata, "manifestDigest"), err);
    rc = rc ? rc : read_platform(sbom, metadata, err);
    struct bw_json_iter it = bw_json_iter(bw_json_get(metadata, BW_STR("tags")));
    for (const struct bw_json *tag; rc == 0 && (tag = bw_json_next(&it));)
        rc = bw_sbom_tag(sbom, bw_json_string(tag), err);
    it = bw_json_iter(bw_json_get(metadata, BW_STR("layers")));
    for (const struct bw_json *l; rc == 0 && (l = bw_json_next(&it));) {
        struct bw_layer layer = {.diff_id = bw_sbom_text(l, "digest")};
        bw_json_u64(bw_json_get(l, BW_STR("size")), &layer.size);
        rc = bw_sbom_layer(sbom, &layer, err);
    }
    return rc;
}

/* Syft calls the file that a package was recognised by primary evidence, others supporting. */
static bool is_primary(const struct bw_json *location)
{
    return bw_str_eq(bw_sbom_text(bw_json_get(location, BW_STR("annotations")), "evidence"),
                     BW_STR("primary"));
}

static void read_some(const struct bw_sbom *sbom, const struct bw_json *artifact, bool primary,
                      struct bw_sbom_item *item)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(artifact, BW_STR("locations")));
    for (const struct bw_json *l; (l = bw_json_next(&it));) {
        if (primary && !is_primary(l))
            continue;
        struct bw_str before = item->place.path;
        bw_sbom_item_path(item, bw_sbom_text(l, "path"));
        if (item->place.path.p == before.p)
            continue;
        uintptr_t layer = (uintptr_t)bw_map_get(&sbom->by_diff_id, bw_sbom_text(l, "layerID"));
        item->place.layer = layer ? (uint32_t)layer - 1 : 0;
    }
}

static void read_locations(const struct bw_sbom *sbom, const struct bw_json *artifact,
                           struct bw_sbom_item *item)
{
    read_some(sbom, artifact, true, item);
    if (!item->place.path.n)
        read_some(sbom, artifact, false, item);
}

static struct bw_str first_licence(const struct bw_json *artifact)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(artifact, BW_STR("licenses")));
    const struct bw_json *licence = bw_json_next(&it);
    struct bw_str text = bw_json_string(licence); /* before schema 9 */
    text = text.n ? text : bw_sbom_text(licence, "spdxExpression");
    return text.n ? text : bw_sbom_text(licence, "value");
}

static int read_artifact(struct bw_sbom *sbom, const struct bw_json *artifact, struct bw_err *err)
{
    const struct bw_json *metadata = bw_json_get(artifact, BW_STR("metadata"));
    struct bw_sbom_item item = {
        .name = bw_sbom_text(artifact, "name"),
        .version = bw_sbom_text(artifact, "version"),
        .purl = bw_sbom_text(artifact, "purl"),
        .package = {.source_name = bw_sbom_text(metadata, "source"),
                    .source_version = bw_sbom_text(metadata, "sourceVersion"),
                    .module = bw_sbom_text(metadata, "modularityLabel"),
                    .licence = first_licence(artifact)},
    };
    read_locations(sbom, artifact, &item);
    return bw_sbom_item_end(sbom, &item, err);
}

int bw_sbom_read_syft(struct bw_sbom *sbom, const struct bw_json *root, struct bw_err *err)
{
    struct bw_str version = bw_sbom_text(bw_json_get(root, BW_STR("schema")), "version");
    sbom->bill.format =
        bw_arena_printf(sbom->arena, "Syft %" BW_STR_F, BW_STR_A(bw_str_take(version, 20)));
    if (!sbom->bill.format.p)
        return bw_err_set(err, BW_ENOMEM, "no memory for a bill of materials");
    int rc = read_distro(sbom, bw_json_get(root, BW_STR("distro")));
    rc = rc ? rc : read_source(sbom, bw_json_get(root, BW_STR("source")), err);
    struct bw_json_iter it = bw_json_iter(bw_json_get(root, BW_STR("artifacts")));
    for (const struct bw_json *a; rc == 0 && (a = bw_json_next(&it));)
        rc = read_artifact(sbom, a, err);
    return rc;
}
