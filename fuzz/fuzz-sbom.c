#include "extract/sbom.h"
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    fuzz_read(fact->place.inner);
    if (fact->place.path.n && !bw_path_is_normal(fact->place.path))
        abort();
    if (fact->kind == BW_FACT_BILL) {
        fuzz_read(fact->bill.name);
        for (size_t i = 0; i < fact->bill.layers_n; i++)
            fuzz_read(fact->bill.layers[i].created_by);
        for (size_t i = 0; i < fact->bill.tags.n; i++)
            fuzz_read(fact->bill.tags.v[i]);
    }
    return fuzz_fact(ctx, fact, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bw_extract_sink sink = {.fact = take_fact, .gap = fuzz_gap};
    struct bw_err err = {0};
    int rc = bw_sbom_parse(BW_STR("x.json"), data, size, &sink, &err);
    if (rc && !err.msg[0])
        abort();
    return 0;
}
