#include "extract/sbom-reader.h"

#include "extract/path-list.h"
#include "extract/purl.h"

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "no memory for a bill of materials");
}

int bw_sbom_keep(struct bw_sbom *sbom, struct bw_str s, struct bw_str *ret, struct bw_err *err)
{
    struct bw_str copy = bw_arena_str(sbom->arena, s);
    if (!copy.p)
        return no_memory(err);
    *ret = copy;
    return 0;
}

/* "sha256:" and 64 digits, or nothing: what is sent to the parent is checked there. */
static struct bw_str digest_or_nothing(struct bw_str s)
{
    size_t digits = bw_str_starts(s, BW_STR("sha256:"))   ? 64
                    : bw_str_starts(s, BW_STR("sha512:")) ? 128
                                                          : 0;
    if (!digits || s.n != 7 + digits)
        return (struct bw_str){0};
    for (size_t i = 7; i < s.n; i++)
        if (!s.p[i] || !strchr("0123456789abcdef", s.p[i]))
            return (struct bw_str){0};
    return s;
}

/* --- the thing that is listed --- */

int bw_sbom_layer(struct bw_sbom *sbom, const struct bw_layer *layer, struct bw_err *err)
{
    struct bw_layer kept = {.size = layer->size};
    if (sbom->layers.n == BW_SBOM_LAYERS_MAX) {
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0,
                      "it lists more layers than the limit of %u: the rest was left out",
                      BW_SBOM_LAYERS_MAX);
        return 0;
    }
    struct bw_layer *slot = BW_VEC_PUSH(&sbom->layers, BW_SBOM_LAYERS_MAX);
    if (!slot)
        return no_memory(err);
    int rc = bw_sbom_keep(sbom, digest_or_nothing(layer->digest), &kept.digest, err);
    rc = rc ? rc : bw_sbom_keep(sbom, digest_or_nothing(layer->diff_id), &kept.diff_id, err);
    rc = rc ? rc : bw_sbom_keep(sbom, layer->created_by, &kept.created_by, err);
    if (rc)
        return rc;
    *slot = kept;
    struct bw_map_item *item = bw_map_at(&sbom->by_diff_id, kept.diff_id);
    if (!item)
        return no_memory(err);
    item->value = (void *)(uintptr_t)sbom->layers.n;
    return 0;
}

int bw_sbom_tag(struct bw_sbom *sbom, struct bw_str tag, struct bw_err *err)
{
    if (sbom->tags.n == BW_SBOM_TAGS_MAX)
        return 0;
    struct bw_str *slot = BW_VEC_PUSH(&sbom->tags, BW_SBOM_TAGS_MAX);
    return slot ? bw_sbom_keep(sbom, tag, slot, err) : no_memory(err);
}

static int read_layer(struct bw_sbom *sbom, const struct bw_json *json, struct bw_err *err)
{
    struct bw_layer layer = {
        .digest = bw_sbom_text(json, "digest"),
        .diff_id = bw_sbom_text(json, "diff_id"),
        .created_by = bw_sbom_text(json, "created_by"),
    };
    bw_json_u64(bw_json_get(json, BW_STR("size")), &layer.size);
    return bw_sbom_layer(sbom, &layer, err);
}

static int read_base(struct bw_sbom *sbom, const struct bw_json *json, struct bw_err *err)
{
    struct bw_base_image *base = &sbom->bill.base;
    uint64_t layers = 0;
    if (bw_json_u64(bw_json_get(json, BW_STR("layers")), &layers) && layers <= BW_SBOM_LAYERS_MAX)
        base->layers_n = (uint32_t)layers;
    struct bw_str digest = digest_or_nothing(bw_sbom_text(json, "digest"));
    int rc = bw_sbom_keep(sbom, bw_sbom_text(json, "name"), &base->name, err);
    rc = rc ? rc : bw_sbom_keep(sbom, digest, &base->digest, err);
    return rc ? rc : bw_sbom_keep(sbom, bw_sbom_text(json, "how"), &base->how, err);
}

/* A gap of a class that is none is a blocking one. */
static int read_gap(struct bw_sbom *sbom, const struct bw_json *json, struct bw_err *err)
{
    (void)err;
    bool note = bw_str_eq(bw_sbom_text(json, "class"), BW_STR("note"));
    sbom->sink->gap(sbom->sink->ctx, note ? BW_GAP_NOTE : BW_GAP_BLOCKING,
                    bw_sbom_text(json, "where"), bw_sbom_text(json, "what"),
                    bw_sbom_text(json, "why"));
    return 0;
}

/* Properties whose value is JSON again. */
static int read_nested(struct bw_sbom *sbom, struct bw_str name, struct bw_str value,
                       struct bw_err *err)
{
    static const struct {
        const char *name;
        int (*read)(struct bw_sbom *sbom, const struct bw_json *json, struct bw_err *err);
    } nested[] = {
        {BW_BILL_PREFIX "layer", read_layer},
        {BW_BILL_PREFIX "base", read_base},
        {BW_BILL_PREFIX "gap", read_gap},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(nested); i++) {
        if (!bw_str_eq(name, bw_str(nested[i].name)))
            continue;
        struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
        struct bw_err why = {0};
        int rc = bw_json_parse(&doc, value, NULL, 0, &why);
        if (rc == 0)
            return nested[i].read(sbom, bw_json_root(doc), err);
        if (rc == BW_ENOMEM)
            return no_memory(err);
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0, "a property %s: %.200s", nested[i].name,
                      why.msg);
    }
    return 0;
}

int bw_sbom_subject_property(struct bw_sbom *sbom, struct bw_str name, struct bw_str value,
                             struct bw_err *err)
{
    struct bw_str *field =
        bw_bill_field_named(bw_bill_distribution_fields, &sbom->distribution, name);
    if (field)
        return bw_sbom_keep(sbom, value, field, err);
    if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "kind")))
        sbom->own = true;
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "name")))
        return bw_sbom_keep(sbom, value, &sbom->bill.name, err);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "digest")))
        return bw_sbom_keep(sbom, digest_or_nothing(value), &sbom->bill.digest, err);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "platform")))
        return bw_sbom_keep(sbom, value, &sbom->bill.platform, err);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "tag")))
        return bw_sbom_tag(sbom, value, err);
    return read_nested(sbom, name, value, err);
}

/* --- components --- */

static bool is_database(struct bw_str path)
{
    return bw_parser_for(path, true) != NULL;
}

void bw_sbom_item_path(struct bw_sbom_item *item, struct bw_str path)
{
    if (bw_str_starts(path, BW_STR("/")))
        path = bw_str_from(path, 1);
    if (!bw_path_is_normal(path) || path.n > BW_PATH_LIST_PATH_MAX)
        return;
    if (!item->place.path.n || (!is_database(item->place.path) && is_database(path)))
        item->place.path = path;
}

static void read_u32(struct bw_str value, uint32_t *ret)
{
    uint64_t number;
    if (bw_str_to_u64(value, &number) && number <= UINT32_MAX)
        *ret = (uint32_t)number;
}

/* What the texts of other tools are called, and the field that each is. */
static struct bw_str *text_of(struct bw_sbom_item *item, struct bw_str name)
{
    const struct {
        const char *name;
        struct bw_str *text;
    } known[] = {
        {BW_BILL_PREFIX "type", &item->type},
        {BW_BILL_PREFIX "inner", &item->place.inner},
        {BW_BILL_PREFIX "owner", &item->owner},
        {"aquasecurity:trivy:SrcName", &item->package.source_name},
        {"aquasecurity:trivy:SrcVersion", &item->package.source_version},
        {"aquasecurity:trivy:SrcRelease", &item->source_release},
        {"aquasecurity:trivy:SrcEpoch", &item->source_epoch},
        {"aquasecurity:trivy:Modularitylabel", &item->package.module},
        {"syft:metadata:source", &item->package.source_name},
        {"syft:metadata:sourceVersion", &item->package.source_version},
        {"syft:metadata:modularityLabel", &item->package.module},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_eq(name, bw_str(known[i].name)))
            return known[i].text;
    return bw_bill_field_named(bw_bill_package_fields, &item->package, name);
}

static bool is_path(struct bw_str name)
{
    return bw_str_eq(name, BW_STR(BW_BILL_PREFIX "path")) ||
           bw_str_eq(name, BW_STR("aquasecurity:trivy:FilePath")) ||
           (bw_str_starts(name, BW_STR("syft:location:")) && bw_str_ends(name, BW_STR(":path")));
}

void bw_sbom_item_property(struct bw_sbom_item *item, struct bw_str name, struct bw_str value)
{
    struct bw_str *text = text_of(item, name);
    if (text)
        *text = value;
    else if (is_path(name))
        bw_sbom_item_path(item, value);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "layer")))
        read_u32(value, &item->place.layer);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "line")))
        read_u32(value, &item->place.line);
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "locked")))
        item->package.locked = bw_str_eq(value, BW_STR("true"));
    else if (bw_str_eq(name, BW_STR(BW_BILL_PREFIX "development")))
        item->package.development = bw_str_eq(value, BW_STR("true"));
}

/* Trivy's three parts of a source's version as one. */
static int join_source_version(struct bw_sbom *sbom, struct bw_sbom_item *item, struct bw_err *err)
{
    struct bw_str *version = &item->package.source_version;
    uint64_t epoch = 0;
    bool with_epoch = bw_str_to_u64(item->source_epoch, &epoch) && epoch;
    if (!version->n || (!item->source_release.n && !with_epoch))
        return 0;
    struct bw_str epoch_text = with_epoch ? item->source_epoch : BW_STR("");
    *version = bw_arena_printf(sbom->arena, "%" BW_STR_F "%s%" BW_STR_F "%s%" BW_STR_F,
                               BW_STR_A(epoch_text), with_epoch ? ":" : "", BW_STR_A(*version),
                               item->source_release.n ? "-" : "", BW_STR_A(item->source_release));
    return version->p ? 0 : no_memory(err);
}

static void overlay(struct bw_str *to, struct bw_str from)
{
    if (from.n)
        *to = from;
}

/* What the properties say wins over what follows from the package URL. */
static void overlay_package(struct bw_package *to, const struct bw_package *from)
{
    overlay(&to->arch, from->arch);
    overlay(&to->source_version,
            from->source_version.n || !from->source_name.n ? from->source_version : to->version);
    overlay(&to->source_name, from->source_name);
    overlay(&to->module, from->module);
    to->vendor = from->vendor;
    to->licence = from->licence;
    to->checksum = from->checksum;
    to->locked = from->locked;
    to->development = from->development;
}

static void count_unknown(struct bw_sbom *sbom, struct bw_str type)
{
    /* The thing itself, as some tools list it among its parts. */
    if (bw_str_eq(type, BW_STR("oci")) || bw_str_eq(type, BW_STR("docker")))
        return;
    sbom->unknown++;
    sbom->unknown_type = type;
}

/* 1 where *ret is the package, 0 where the component was counted. */
static int identify(struct bw_sbom *sbom, const struct bw_sbom_item *item, struct bw_package *ret,
                    struct bw_err *err)
{
    struct bw_purl purl;
    struct bw_err why = {0};
    if (item->type.n) {
        *ret = (struct bw_package){.name = item->name,
                                   .version = item->version,
                                   .source_name = item->name,
                                   .source_version = item->version};
        if (bw_purl_type(item->type, &ret->type))
            return 1;
        count_unknown(sbom, item->type);
        return 0;
    }
    if (!item->purl.n) {
        sbom->nameless++;
        return 0;
    }
    int rc = bw_purl_parse(item->purl, sbom->arena, &purl, &why);
    if (rc == 0)
        rc = bw_purl_package(&purl, sbom->arena, ret, &why);
    if (rc == BW_ENOMEM)
        return no_memory(err);
    if (rc == BW_EUNSUPPORTED)
        count_unknown(sbom, purl.type);
    else if (rc)
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0, "the component %" BW_STR_F ": %.200s",
                      BW_STR_A(bw_str_take(item->name, 100)), why.msg);
    else if (!sbom->own && !sbom->distribution.id.n && bw_package_is_os(ret->type))
        sbom->distribution = bw_purl_distribution(&purl);
    return rc ? 0 : 1;
}

/* False where the package is none to be judged, which was counted or told. */
static bool check(struct bw_sbom *sbom, struct bw_package *package)
{
    if (!package->version.n) {
        sbom->unversioned++;
        return false;
    }
    if (!bw_record_is_word(package->name) || !bw_record_is_word(package->version)) {
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0,
                      "the component %" BW_STR_F " has a malformed name or version",
                      BW_STR_A(bw_str_take(package->name, 100)));
        return false;
    }
    if (!bw_record_is_word(package->source_name)) {
        package->source_name = package->name;
        package->source_version = package->version;
    }
    if (!bw_record_is_word(package->source_version))
        package->source_version = package->version;
    if (!bw_record_is_word(package->arch))
        package->arch = BW_STR("");
    package->module = bw_record_text(package->module);
    package->vendor = bw_record_text(package->vendor);
    package->licence = bw_record_text(package->licence);
    package->checksum = bw_record_text(package->checksum);
    return true;
}

/* "deb/node-debug/all": the package of the operating system whose file it is in. */
static int emit_owner(struct bw_sbom *sbom, const struct bw_sbom_item *item, struct bw_err *err)
{
    struct bw_str rest = item->owner, type, name, path = item->place.path;
    enum bw_package_type of;
    if (!item->owner.n || !path.n)
        return 0;
    if (!bw_str_split(&rest, '/', &type) || !bw_purl_type(type, &of) ||
        !bw_str_split(&rest, '/', &name) || !bw_record_is_word(name))
        return 0;
    struct bw_str owner = bw_arena_printf(sbom->arena, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(name),
                                          rest.n ? ":" : "", BW_STR_A(rest));
    if (!owner.p)
        return no_memory(err);
    struct bw_fact fact = {
        .kind = BW_FACT_OWNERSHIP,
        .place = item->place,
        .ownership = {.type = of, .package = owner, .files = {&path, 1}},
    };
    return sbom->sink->fact(sbom->sink->ctx, &fact, err);
}

int bw_sbom_item_end(struct bw_sbom *sbom, struct bw_sbom_item *item, struct bw_err *err)
{
    struct bw_fact fact = {.kind = BW_FACT_PACKAGE};
    if (sbom->components == BW_SBOM_COMPONENTS_MAX) {
        sbom->components++;
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0,
                      "more than the limit of %u components: the rest was left out",
                      BW_SBOM_COMPONENTS_MAX);
    }
    if (sbom->components > BW_SBOM_COMPONENTS_MAX)
        return 0;
    sbom->components++;
    int rc = join_source_version(sbom, item, err);
    if (rc)
        return rc;
    rc = identify(sbom, item, &fact.package, err);
    if (rc != 1)
        return rc;
    overlay_package(&fact.package, &item->package);
    if (!check(sbom, &fact.package))
        return 0;
    sbom->os_packages |= bw_package_is_os(fact.package.type);
    fact.place = item->place;
    rc = sbom->sink->fact(sbom->sink->ctx, &fact, err);
    return rc ? rc : emit_owner(sbom, item, err);
}
