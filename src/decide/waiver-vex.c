/*
 * VEX documents: OpenVEX 0.2.0, CycloneDX (vulnerabilities[].analysis), CSAF 2.0 (VEX profile).
 */
#include "base/clock.h"
#include "decide/waiver-state.h"

#define BRANCH_DEPTH_MAX 32u
#define PRODUCTS_MAX     1000000u

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more waivers");
}

static struct bw_str text_of(const struct bw_json *object, const char *key)
{
    return bw_json_string(bw_json_get(object, bw_str(key)));
}

static int copy_of(struct bw_waivers *waivers, struct bw_str s, struct bw_str *ret,
                   struct bw_err *err)
{
    *ret = bw_waivers_copy(waivers, s);
    return ret->p ? 0 : no_memory(err);
}

static enum bw_vex_status status_of(struct bw_str word)
{
    static const struct {
        const char *word;
        enum bw_vex_status status;
    } words[] = {
        {"not_affected", BW_VEX_NOT_AFFECTED},
        {"false_positive", BW_VEX_NOT_AFFECTED},
        {"fixed", BW_VEX_FIXED},
        {"resolved", BW_VEX_FIXED},
        {"resolved_with_pedigree", BW_VEX_FIXED},
        {"affected", BW_VEX_AFFECTED},
        {"exploitable", BW_VEX_AFFECTED},
        {"under_investigation", BW_VEX_UNDER_INVESTIGATION},
        {"in_triage", BW_VEX_UNDER_INVESTIGATION},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(word, bw_str(words[i].word)))
            return words[i].status;
    return BW_VEX_NONE;
}

static bool waives(enum bw_vex_status status)
{
    return status == BW_VEX_NOT_AFFECTED || status == BW_VEX_FIXED;
}

/* The first text of several, with a copy. */
static int set_reason(struct bw_waivers *waivers, struct bw_waiver *waiver, struct bw_str a,
                      struct bw_str b, struct bw_str c, struct bw_err *err)
{
    return copy_of(waivers, a.n ? a : b.n ? b : c, &waiver->reason, err);
}

/* --- OpenVEX --- */

/* The package URL of a component, else its "@id". */
static struct bw_str identifier_of(const struct bw_json *component)
{
    struct bw_str purl = text_of(bw_json_get(component, BW_STR("identifiers")), "purl");
    return purl.n ? purl : text_of(component, "@id");
}

static int add_names(struct bw_waivers *waivers, struct bw_str first, const struct bw_json *aliases,
                     struct bw_strs *ret, struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(aliases);
    ret->v = bw_arena_array(waivers->arena, bw_json_size(aliases) + 1, sizeof *ret->v);
    if (!ret->v)
        return no_memory(err);
    int rc = copy_of(waivers, first, &ret->v[ret->n++], err);
    for (const struct bw_json *alias; rc == 0 && (alias = bw_json_next(&it));)
        if (bw_json_string(alias).n)
            rc = copy_of(waivers, bw_json_string(alias), &ret->v[ret->n++], err);
    return rc;
}

/* A rule a product: the subcomponents are those of this product alone. */
static int add_product(struct bw_waivers *waivers, const struct bw_waiver_rule *like,
                       const struct bw_json *product, struct bw_err *err)
{
    struct bw_str id = identifier_of(product);
    const struct bw_json *parts = bw_json_get(product, BW_STR("subcomponents"));
    struct bw_waiver_rule *rule =
        bw_waivers_add(waivers, like->waiver.source, like->waiver.line, err);
    if (!rule)
        return BW_ELIMIT;
    *rule = *like;
    if (!id.n)
        return bw_err_set(err, BW_EFORMAT, "a product without @id and purl");
    /* Without subcomponents it is about the whole product. */
    if (parts && (bw_json_type(parts) != BW_JSON_ARRAY || bw_json_size(parts) == 0))
        return bw_err_set(err, BW_EFORMAT, "subcomponents that are no list, or an empty one");
    int rc = bw_waivers_one(waivers, id, &rule->products, err);
    struct bw_strs packages = {
        bw_arena_array(waivers->arena, bw_json_size(parts), sizeof(struct bw_str)), 0};
    if (!packages.v)
        return no_memory(err);
    struct bw_json_iter it = bw_json_iter(parts);
    for (const struct bw_json *part; rc == 0 && (part = bw_json_next(&it));)
        rc = copy_of(waivers, identifier_of(part), &packages.v[packages.n++], err);
    waivers->v[waivers->n - 1].packages = packages;
    return rc;
}

static int read_statement(struct bw_waivers *waivers, struct bw_str file,
                          const struct bw_json *statement, struct bw_str author, struct bw_err *err)
{
    const struct bw_json *vulnerability = bw_json_get(statement, BW_STR("vulnerability"));
    struct bw_waiver_rule like = {.waiver.source = file, .kind = BW_FINDING_VULNERABILITY};
    struct bw_str name = text_of(vulnerability, "name");
    like.waiver.status = status_of(text_of(statement, "status"));
    if (like.waiver.status == BW_VEX_NONE || !name.n)
        return bw_err_set(err, BW_EFORMAT, "a statement without a vulnerability or a status");
    if (!waives(like.waiver.status))
        return 0;
    int rc =
        add_names(waivers, name, bw_json_get(vulnerability, BW_STR("aliases")), &like.ids, err);
    rc = rc ? rc
            : set_reason(waivers, &like.waiver, text_of(statement, "impact_statement"),
                         text_of(statement, "status_notes"), text_of(statement, "justification"),
                         err);
    rc =
        rc ? rc
           : copy_of(waivers, text_of(statement, "justification"), &like.waiver.justification, err);
    rc = rc ? rc : copy_of(waivers, author, &like.waiver.owner, err);
    const struct bw_json *products = bw_json_get(statement, BW_STR("products"));
    /* Without products it is about the document's, which nothing here names. */
    if (rc == 0 && bw_json_size(products) == 0)
        return bw_err_set(err, BW_EFORMAT, "a statement without products");
    struct bw_json_iter it = bw_json_iter(products);
    for (const struct bw_json *product; rc == 0 && (product = bw_json_next(&it));)
        rc = add_product(waivers, &like, product, err);
    return rc;
}

int bw_waivers_read_openvex(struct bw_waivers *waivers, struct bw_str file,
                            const struct bw_json *root, struct bw_err *err)
{
    const struct bw_json *statements = bw_json_get(root, BW_STR("statements"));
    if (bw_json_type(statements) != BW_JSON_ARRAY)
        return bw_err_set(err, BW_EFORMAT, "OpenVEX without statements");
    struct bw_json_iter it = bw_json_iter(statements);
    int rc = 0;
    for (const struct bw_json *statement; rc == 0 && (statement = bw_json_next(&it));)
        rc = read_statement(waivers, file, statement, text_of(root, "author"), err);
    return rc;
}

/* --- products by reference --- */

/* A list of package URLs under one reference. */
struct products {
    struct bw_waivers *waivers;
    struct bw_map by_reference; /* -> struct named */
};

struct named {
    struct bw_str purl;    /* of the component; empty where it has none */
    struct bw_str product; /* of what it is part of (CSAF relationships) */
};

static int add_named(struct products *products, struct bw_str reference, struct named named,
                     struct bw_err *err)
{
    struct named *kept = bw_arena_alloc(products->waivers->arena, sizeof *kept);
    struct bw_str key = bw_waivers_copy(products->waivers, reference);
    struct bw_map_item *item = kept && key.p ? bw_map_at(&products->by_reference, key) : NULL;
    if (!item)
        return no_memory(err);
    int rc = copy_of(products->waivers, named.purl, &kept->purl, err);
    rc = rc ? rc : copy_of(products->waivers, named.product, &kept->product, err);
    item->value = kept;
    return rc;
}

/* --- CycloneDX --- */

static int gather_components(struct products *products, const struct bw_json *list, unsigned depth,
                             struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(list);
    int rc = 0;
    if (depth > BRANCH_DEPTH_MAX)
        return bw_err_set(err, BW_ELIMIT, "components nested over %u deep", BRANCH_DEPTH_MAX);
    for (const struct bw_json *component; rc == 0 && (component = bw_json_next(&it));) {
        struct bw_str reference = text_of(component, "bom-ref");
        if (reference.n)
            rc = add_named(products, reference, (struct named){.purl = text_of(component, "purl")},
                           err);
        if (rc == 0)
            rc = gather_components(products, bw_json_get(component, BW_STR("components")),
                                   depth + 1, err);
    }
    return rc;
}

/* A reference within the document, a package URL, or a BOM-Link ("urn:cdx:SERIAL/1#REFERENCE"). */
static int add_affected(struct products *products, const struct bw_waiver_rule *like,
                        struct bw_str reference, struct bw_err *err)
{
    struct bw_waivers *waivers = products->waivers;
    size_t hash =
        bw_str_starts(reference, BW_STR("urn:cdx:")) ? bw_str_find(reference, '#') : SIZE_MAX;
    if (hash != SIZE_MAX)
        reference = bw_str_from(reference, hash + 1);
    const struct named *named = bw_map_get(&products->by_reference, reference);
    struct bw_waiver_rule *rule = bw_waivers_add(waivers, like->waiver.source, 0, err);
    if (!rule)
        return BW_ELIMIT;
    *rule = *like;
    struct bw_str purl = named && named->purl.n ? named->purl : reference;
    /* What SBOM writers call the whole image is a product, a package is itself. */
    return bw_waivers_one(waivers, purl, &rule->products, err);
}

static int read_vulnerability(struct products *products, struct bw_str file,
                              const struct bw_json *vulnerability, struct bw_err *err)
{
    struct bw_waivers *waivers = products->waivers;
    const struct bw_json *analysis = bw_json_get(vulnerability, BW_STR("analysis"));
    struct bw_waiver_rule like = {.waiver.source = file, .kind = BW_FINDING_VULNERABILITY};
    like.waiver.status = status_of(text_of(analysis, "state"));
    if (!waives(like.waiver.status))
        return 0;
    if (!text_of(vulnerability, "id").n)
        return bw_err_set(err, BW_EFORMAT, "a vulnerability with an analysis and without an id");
    int rc = bw_waivers_one(waivers, text_of(vulnerability, "id"), &like.ids, err);
    rc = rc ? rc
            : set_reason(waivers, &like.waiver, text_of(analysis, "detail"),
                         text_of(analysis, "justification"), text_of(analysis, "state"), err);
    rc = rc ? rc
            : copy_of(waivers, text_of(analysis, "justification"), &like.waiver.justification, err);
    const struct bw_json *affects = bw_json_get(vulnerability, BW_STR("affects"));
    if (rc == 0 && bw_json_size(affects) == 0)
        return bw_err_set(err, BW_EFORMAT, "an analysis that says of nothing (affects)");
    struct bw_json_iter it = bw_json_iter(affects);
    for (const struct bw_json *affected; rc == 0 && (affected = bw_json_next(&it));)
        rc = add_affected(products, &like, text_of(affected, "ref"), err);
    return rc;
}

int bw_waivers_read_cyclonedx(struct bw_waivers *waivers, struct bw_str file,
                              const struct bw_json *root, struct bw_err *err)
{
    struct products products = {.waivers = waivers, .by_reference = BW_MAP(PRODUCTS_MAX)};
    const struct bw_json *metadata = bw_json_get(root, BW_STR("metadata"));
    const struct bw_json *main_component = bw_json_get(metadata, BW_STR("component"));
    int rc = gather_components(&products, bw_json_get(root, BW_STR("components")), 0, err);
    if (rc == 0 && text_of(main_component, "bom-ref").n)
        rc = add_named(&products, text_of(main_component, "bom-ref"),
                       (struct named){.purl = text_of(main_component, "purl").n
                                                  ? text_of(main_component, "purl")
                                                  : text_of(main_component, "name")},
                       err);
    struct bw_json_iter it = bw_json_iter(bw_json_get(root, BW_STR("vulnerabilities")));
    for (const struct bw_json *v; rc == 0 && (v = bw_json_next(&it));)
        rc = read_vulnerability(&products, file, v, err);
    bw_map_free(&products.by_reference);
    return rc;
}

/* --- CSAF --- */

static struct bw_str helper_purl(const struct bw_json *product)
{
    return text_of(bw_json_get(product, BW_STR("product_identification_helper")), "purl");
}

static int gather_product(struct products *products, const struct bw_json *product,
                          struct bw_err *err)
{
    struct bw_str id = text_of(product, "product_id");
    return id.n ? add_named(products, id, (struct named){.purl = helper_purl(product)}, err) : 0;
}

static int gather_branches(struct products *products, const struct bw_json *list, unsigned depth,
                           struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(list);
    int rc = 0;
    if (depth > BRANCH_DEPTH_MAX)
        return bw_err_set(err, BW_ELIMIT, "branches nested over %u deep", BRANCH_DEPTH_MAX);
    for (const struct bw_json *branch; rc == 0 && (branch = bw_json_next(&it));) {
        rc = gather_product(products, bw_json_get(branch, BW_STR("product")), err);
        if (rc == 0)
            rc = gather_branches(products, bw_json_get(branch, BW_STR("branches")), depth + 1, err);
    }
    return rc;
}

static int gather_relationships(struct products *products, const struct bw_json *list,
                                struct bw_err *err)
{
    struct bw_json_iter it = bw_json_iter(list);
    int rc = 0;
    for (const struct bw_json *relation; rc == 0 && (relation = bw_json_next(&it));) {
        struct bw_str id =
            text_of(bw_json_get(relation, BW_STR("full_product_name")), "product_id");
        const struct named *part =
            bw_map_get(&products->by_reference, text_of(relation, "product_reference"));
        const struct named *whole =
            bw_map_get(&products->by_reference, text_of(relation, "relates_to_product_reference"));
        /* What it is part of narrows it: where that cannot be recognised, neither can this be. */
        bool known = part && whole && whole->purl.n;
        if (id.n)
            rc = add_named(products, id,
                           (struct named){.purl = known ? part->purl : BW_STR(""),
                                          .product = known ? whole->purl : BW_STR("")},
                           err);
    }
    return rc;
}

/* Why a product is not affected: a flag's label, a threat of category "impact". */
static int find_reason(struct bw_waivers *waivers, const struct bw_json *vulnerability,
                       struct bw_waiver *waiver, struct bw_err *err)
{
    struct bw_str impact = {0}, label = {0};
    struct bw_json_iter it = bw_json_iter(bw_json_get(vulnerability, BW_STR("threats")));
    for (const struct bw_json *threat; (threat = bw_json_next(&it));)
        if (bw_str_eq(text_of(threat, "category"), BW_STR("impact")))
            impact = text_of(threat, "details");
    it = bw_json_iter(bw_json_get(vulnerability, BW_STR("flags")));
    for (const struct bw_json *flag; (flag = bw_json_next(&it));)
        label = text_of(flag, "label");
    int rc = copy_of(waivers, label, &waiver->justification, err);
    return rc ? rc
              : set_reason(waivers, waiver, impact, label, BW_STR("as the CSAF document states"),
                           err);
}

static int add_status(struct products *products, struct bw_waiver_rule like,
                      const struct bw_json *list, enum bw_vex_status status, struct bw_err *err)
{
    struct bw_waivers *waivers = products->waivers;
    struct bw_json_iter it = bw_json_iter(list);
    int rc = 0;
    like.waiver.status = status;
    for (const struct bw_json *item; rc == 0 && (item = bw_json_next(&it));) {
        const struct named *named = bw_map_get(&products->by_reference, bw_json_string(item));
        /* A product without a package URL is none that can be recognised. */
        if (!named || !named->purl.n)
            continue;
        struct bw_waiver_rule *rule = bw_waivers_add(waivers, like.waiver.source, 0, err);
        if (!rule)
            return BW_ELIMIT;
        *rule = like;
        rc = bw_waivers_one(waivers, named->product.n ? named->product : named->purl,
                            &rule->products, err);
        if (rc == 0 && named->product.n)
            rc = bw_waivers_one(waivers, named->purl, &rule->packages, err);
    }
    return rc;
}

static int read_csaf_vulnerability(struct products *products, struct bw_str file,
                                   const struct bw_json *vulnerability, struct bw_err *err)
{
    static const struct {
        const char *list;
        enum bw_vex_status status;
    } lists[] = {
        {"known_not_affected", BW_VEX_NOT_AFFECTED},
        {"fixed", BW_VEX_FIXED},
        {"first_fixed", BW_VEX_FIXED},
    };
    const struct bw_json *status = bw_json_get(vulnerability, BW_STR("product_status"));
    struct bw_waiver_rule like = {.waiver.source = file, .kind = BW_FINDING_VULNERABILITY};
    struct bw_str cve = text_of(vulnerability, "cve");
    if (!cve.n)
        return 0;
    int rc = bw_waivers_one(products->waivers, cve, &like.ids, err);
    rc = rc ? rc : find_reason(products->waivers, vulnerability, &like.waiver, err);
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(lists); i++)
        rc = add_status(products, like, bw_json_get(status, bw_str(lists[i].list)), lists[i].status,
                        err);
    return rc;
}

int bw_waivers_read_csaf(struct bw_waivers *waivers, struct bw_str file, const struct bw_json *root,
                         struct bw_err *err)
{
    struct products products = {.waivers = waivers, .by_reference = BW_MAP(PRODUCTS_MAX)};
    const struct bw_json *tree = bw_json_get(root, BW_STR("product_tree"));
    int rc = gather_branches(&products, bw_json_get(tree, BW_STR("branches")), 0, err);
    struct bw_json_iter it = bw_json_iter(bw_json_get(tree, BW_STR("full_product_names")));
    for (const struct bw_json *product; rc == 0 && (product = bw_json_next(&it));)
        rc = gather_product(&products, product, err);
    if (rc == 0)
        rc = gather_relationships(&products, bw_json_get(tree, BW_STR("relationships")), err);
    it = bw_json_iter(bw_json_get(root, BW_STR("vulnerabilities")));
    for (const struct bw_json *v; rc == 0 && (v = bw_json_next(&it));)
        rc = read_csaf_vulnerability(&products, file, v, err);
    bw_map_free(&products.by_reference);
    return rc;
}
