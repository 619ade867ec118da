#include "extract/sbom.h"

#include "extract/sbom-reader.h"

#define ARENA_MAX ((size_t)512 << 20)

static const struct format {
    const char *key; /* a member of the root that only this format has */
    int (*read)(struct bw_sbom *sbom, const struct bw_json *root, struct bw_err *err);
} formats[] = {
    {"bomFormat", bw_sbom_read_cyclonedx},
    {"spdxVersion", bw_sbom_read_spdx},
    {"artifacts", bw_sbom_read_syft},
};

static int read_root(struct bw_sbom *sbom, const struct bw_json *root, struct bw_err *err)
{
    if (bw_json_type(root) == BW_JSON_OBJECT && bw_json_get(root, BW_STR("@graph")))
        return bw_err_set(err, BW_EUNSUPPORTED, "a document of SPDX 3: 2.2 and 2.3 are supported");
    for (size_t i = 0; i < BW_ARRAY_LEN(formats); i++)
        if (bw_json_get(root, bw_str(formats[i].key)))
            return formats[i].read(sbom, root, err);
    return bw_err_set(err, BW_EFORMAT,
                      "a JSON document that is neither CycloneDX nor SPDX nor Syft's");
}

static int emit_subject(struct bw_sbom *sbom, struct bw_err *err)
{
    struct bw_fact fact = {.kind = BW_FACT_DISTRIBUTION, .distribution = sbom->distribution};
    int rc = sbom->distribution.id.n ? sbom->sink->fact(sbom->sink->ctx, &fact, err) : 0;
    if (rc)
        return rc;
    fact = (struct bw_fact){.kind = BW_FACT_BILL, .bill = sbom->bill};
    fact.bill.layers = sbom->layers.v;
    fact.bill.layers_n = sbom->layers.n;
    fact.bill.tags = (struct bw_strs){sbom->tags.v, sbom->tags.n};
    return sbom->sink->fact(sbom->sink->ctx, &fact, err);
}

static void emit_notes(struct bw_sbom *sbom)
{
    if (sbom->nameless)
        bw_record_gap(&sbom->gaps, BW_GAP_NOTE, 0,
                      "without a package URL nothing is known of a component: %u", sbom->nameless);
    if (sbom->unversioned)
        bw_record_gap(&sbom->gaps, BW_GAP_NOTE, 0,
                      "without a version nothing is known of a component: %u", sbom->unversioned);
    if (sbom->unknown)
        bw_record_gap(&sbom->gaps, BW_GAP_NOTE, 0,
                      "components of a type that bulwark does not know, such as %" BW_STR_F ": %u",
                      BW_STR_A(bw_str_take(sbom->unknown_type, 40)), sbom->unknown);
    if (sbom->os_packages && !sbom->distribution.id.n && !sbom->own)
        bw_record_gap(&sbom->gaps, BW_GAP_BLOCKING, 0,
                      "it names no distribution, by whose advisories its packages could be judged");
}

int bw_sbom_parse(struct bw_str path, const uint8_t *p, size_t n,
                  const struct bw_extract_sink *sink, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    if (n > BW_SBOM_SIZE_MAX)
        return bw_err_set(err, BW_ELIMIT, "larger than the limit of %zu bytes", BW_SBOM_SIZE_MAX);
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "no memory for a bill of materials");
    int rc = bw_json_parse(&doc, bw_str_n(p, n), NULL, 0, err);
    if (rc)
        return rc;
    struct bw_sbom sbom = {
        .arena = arena,
        .sink = sink,
        .gaps = {.sink = sink, .path = path, .what = BW_STR("packages of the bill of materials")},
        .by_diff_id = BW_MAP(BW_SBOM_LAYERS_MAX),
    };
    rc = read_root(&sbom, bw_json_root(doc), err);
    if (rc == 0)
        rc = emit_subject(&sbom, err);
    if (rc == 0)
        emit_notes(&sbom);
    bw_record_gaps_end(&sbom.gaps);
    BW_VEC_FREE(&sbom.layers);
    BW_VEC_FREE(&sbom.tags);
    bw_map_free(&sbom.by_diff_id);
    return rc;
}
