/*
 * SPDX 2.2 and 2.3, JSON. bulwark's own annotations are JSON lists of properties; Trivy tells the
 * source of a package in `sourceInfo`.
 */
#include "extract/sbom-reader.h"

#define BUILT_FROM "built package from: "

/* The properties that bulwark put into an annotation, or NULL; *ret_doc owns them. */
static const struct bw_json *own_properties(const struct bw_json *annotation,
                                            struct bw_json_doc **ret_doc)
{
    if (!bw_str_starts(bw_sbom_text(annotation, "annotator"), BW_STR("Tool: bulwark")) ||
        bw_json_parse(ret_doc, bw_sbom_text(annotation, "comment"), NULL, 0, NULL))
        return NULL;
    const struct bw_json *root = bw_json_root(*ret_doc);
    return bw_json_type(root) == BW_JSON_ARRAY ? root : NULL;
}

static int read_properties(struct bw_sbom *sbom, const struct bw_json *properties, bool subject,
                           struct bw_sbom_item *item, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(properties);
    int rc = 0;
    for (const struct bw_json *p; rc == 0 && (p = bw_json_next(&it));) {
        struct bw_str name = bw_sbom_text(p, "name"), value = bw_sbom_text(p, "value");
        if (subject)
            rc = bw_sbom_subject_property(sbom, name, value, err);
        else
            bw_sbom_item_property(item, name, value);
    }
    return rc;
}

static bool has_property(const struct bw_json *properties, const char *name)
{
    struct bw_json_iter it = bw_json_iter(properties);
    for (const struct bw_json *p; (p = bw_json_next(&it));)
        if (bw_str_eq(bw_sbom_text(p, "name"), bw_str(name)))
            return true;
    return false;
}

static void read_purl(const struct bw_json *package, struct bw_sbom_item *item)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(package, BW_STR("externalRefs")));
    for (const struct bw_json *ref; !item->purl.n && (ref = bw_json_next(&it));)
        if (bw_str_eq(bw_sbom_text(ref, "referenceType"), BW_STR("purl")))
            item->purl = bw_sbom_text(ref, "referenceLocator");
}

/* "built package from: openssl 3.0.11-1" */
static void read_source(const struct bw_json *package, struct bw_sbom_item *item)
{
    struct bw_str text = bw_sbom_text(package, "sourceInfo"), name;
    if (!bw_str_starts(text, BW_STR(BUILT_FROM)))
        return;
    text = bw_str_from(text, sizeof BUILT_FROM - 1);
    if (bw_str_split(&text, ' ', &name)) {
        item->package.source_name = name;
        item->package.source_version = text;
    }
}

static void read_system(struct bw_sbom *sbom, const struct bw_json *package)
{
    if (sbom->own || sbom->distribution.id.n)
        return;
    sbom->distribution.id = bw_sbom_text(package, "name");
    sbom->distribution.version_id = bw_sbom_text(package, "versionInfo");
}

static bool says_something(struct bw_str s)
{
    return s.n && !bw_str_eq(s, BW_STR("NOASSERTION")) && !bw_str_eq(s, BW_STR("NONE"));
}

/* Of what is no package itself: the image, the system, a file. */
static bool is_package(const struct bw_json *package, const struct bw_sbom_item *item)
{
    static const char *const others[] = {"CONTAINER", "OPERATING_SYSTEM", "OPERATING-SYSTEM",
                                         "FILE",      "SOURCE",           "DEVICE"};
    struct bw_str purpose = bw_sbom_text(package, "primaryPackagePurpose");
    for (size_t i = 0; i < BW_ARRAY_LEN(others); i++)
        if (bw_str_eq(purpose, bw_str(others[i])))
            return item->purl.n > 0;
    return true;
}

/* Reads one package; 1 where its annotation says that it is the subject. */
static int read_annotated(struct bw_sbom *sbom, const struct bw_json *package,
                          struct bw_sbom_item *item, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    const struct bw_json *properties = NULL;
    struct bw_json_iter it = bw_json_iter(bw_json_get(package, BW_STR("annotations")));
    for (const struct bw_json *a; !doc && (a = bw_json_next(&it));)
        properties = own_properties(a, &doc);
    bool subject = has_property(properties, BW_BILL_PREFIX "kind");
    int rc = read_properties(sbom, properties, subject, item, err);
    if (rc || subject)
        return rc;
    if (!item->type.n)
        read_source(package, item);
    return is_package(package, item) ? bw_sbom_item_end(sbom, item, err) : 0;
}

static int read_package(struct bw_sbom *sbom, const struct bw_json *package,
                        struct bw_str described, struct bw_err *err)
{
    struct bw_sbom_item item = {
        .name = bw_sbom_text(package, "name"),
        .version = bw_sbom_text(package, "versionInfo"),
    };
    struct bw_str licence = bw_sbom_text(package, "licenseDeclared");
    if (says_something(licence))
        item.package.licence = licence;
    read_purl(package, &item);
    if (!item.purl.n &&
        bw_str_starts(bw_sbom_text(package, "primaryPackagePurpose"), BW_STR("OPERATING")))
        read_system(sbom, package);
    bool root = described.n && bw_str_eq(bw_sbom_text(package, "SPDXID"), described);
    if (root && !item.purl.n && !bw_json_size(bw_json_get(package, BW_STR("annotations"))))
        return bw_sbom_keep(sbom, item.name, &sbom->bill.name, err);
    return read_annotated(sbom, package, &item, err);
}

/* What the document describes: by `documentDescribes`, or by a relationship. */
static struct bw_str described(const struct bw_json *root)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(root, BW_STR("documentDescribes")));
    struct bw_str id = bw_json_string(bw_json_next(&it));
    it = bw_json_iter(bw_json_get(root, BW_STR("relationships")));
    for (const struct bw_json *r; !id.n && (r = bw_json_next(&it));)
        if (bw_str_eq(bw_sbom_text(r, "relationshipType"), BW_STR("DESCRIBES")))
            id = bw_sbom_text(r, "relatedSpdxElement");
    return id;
}

int bw_sbom_read_spdx(struct bw_sbom *sbom, const struct bw_json *root, struct bw_err *err)
{
    struct bw_str version = bw_sbom_text(root, "spdxVersion"), id = described(root);
    if (!bw_str_starts(version, BW_STR("SPDX-2.")))
        return bw_err_set(err, BW_EUNSUPPORTED,
                          "SPDX of version \"%" BW_STR_F "\": 2.2 and 2.3 are supported",
                          BW_STR_A(bw_str_take(version, 20)));
    sbom->bill.format = bw_arena_printf(sbom->arena, "SPDX %" BW_STR_F,
                                        BW_STR_A(bw_str_from(bw_str_take(version, 20), 5)));
    int rc = bw_sbom_keep(sbom, bw_sbom_text(root, "name"), &sbom->bill.name, err);
    struct bw_json_iter it = bw_json_iter(bw_json_get(root, BW_STR("packages")));
    for (const struct bw_json *p; rc == 0 && (p = bw_json_next(&it));)
        rc = read_package(sbom, p, id, err);
    return rc;
}
