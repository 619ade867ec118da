#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fd.h"
#include "collect.h"
#include "extract/sbom.h"

/* As collect.h, with the places and what the bill is about. */
static int take_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct collected *to = ctx;
    const struct bw_place *place = &fact->place;
    const struct bw_bill *bill = &fact->bill;
    if (fact->kind == BW_FACT_BILL && !to->quiet) {
        bw_buf_printf(&to->text, "bill");
        collect_text(to, "", bill->format);
        collect_text(to, "of ", bill->name);
        collect_text(to, "", bill->platform);
        collect_text(to, "", bw_str_take(bill->digest, 11));
        for (size_t i = 0; i < bill->tags.n; i++)
            collect_text(to, "tag ", bill->tags.v[i]);
        for (size_t i = 0; i < bill->layers_n; i++) {
            collect_text(to, "layer ", bw_str_take(bill->layers[i].digest, 11));
            collect_text(to, "diff ", bw_str_take(bill->layers[i].diff_id, 11));
        }
        collect_text(to, "base ", bill->base.name);
        bw_buf_byte(&to->text, '\n');
    }
    if (fact->kind == BW_FACT_PACKAGE && !to->quiet) {
        bw_buf_printf(&to->text, "%s %u:%" BW_STR_F, bw_package_type_name(fact->package.type),
                      place->layer, BW_STR_A(place->path));
        collect_text(to, "! ", place->inner);
        bw_buf_byte(&to->text, ' ');
    }
    return collect_fact(ctx, fact, err);
}

static const char *read_bill(struct collected *to, const void *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, p, n);
    bw_buf_free(&to->text);
    *to = (struct collected){.text = BW_BUF(COLLECT_MAX), .quiet = to->quiet};
    const struct bw_extract_sink sink = {.ctx = to, .fact = take_fact, .gap = collect_gap};
    struct bw_err err = {0};
    int rc = bw_sbom_parse(BW_STR("x.json"), copy, n, &sink, &err);
    if (rc)
        bw_buf_printf(&to->text, "error %s: %s\n", bw_code_name(rc), err.msg);
    bw_buf_byte(&to->text, 0);
    free(copy);
    return (const char *)to->text.p;
}

/* What is read of a document is NAME.txt; BW_UPDATE_GOLDEN=1 rewrites it, to be read by a person.
 */
static void expect_golden(const char *document, const char *name)
{
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct bw_buf want BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    struct collected got = {0};
    char path[128];
    snprintf(path, sizeof path, "tests/golden/sbom/%s.txt", name);
    assert_int_equal(bw_fd_slurp_path(document, &bytes, NULL), 0);
    struct bw_str text = bw_str(read_bill(&got, bytes.p, bytes.n));
    if (getenv("BW_UPDATE_GOLDEN"))
        assert_int_equal(bw_fd_replace_file(path, text.p, text.n, 0644, NULL), 0);
    assert_int_equal(bw_fd_slurp_path(path, &want, NULL), 0);
    if (!bw_str_eq(text, bw_buf_slice(&want)))
        fail_msg("%s differs:\n%" BW_STR_F, path, BW_STR_A(text));
    bw_buf_free(&got.text);
}

static void expect(const char *text, const char *wanted)
{
    struct collected got = {0};
    assert_string_equal(read_bill(&got, text, strlen(text)), wanted);
    bw_buf_free(&got.text);
}

/* But for its name, what comes back of the two formats is the same. */
static void what_bulwark_wrote_comes_back(void **state)
{
    (void)state;
    expect_golden("tests/golden/sbom/bill.cyclonedx.json", "bill.cyclonedx");
    expect_golden("tests/golden/sbom/bill.spdx.json", "bill.spdx");
}

static void bills_of_others(void **state)
{
    (void)state;
    expect_golden("fuzz/corpus/sbom/foreign-syft.json", "foreign-syft");
    expect_golden("fuzz/corpus/sbom/foreign-trivy-cyclonedx.json", "foreign-trivy-cyclonedx");
    expect_golden("fuzz/corpus/sbom/foreign-spdx.json", "foreign-spdx");
    expect_golden("fuzz/corpus/sbom/languages.json", "languages");
}

#define CDX(components)                                                                            \
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[" components "]}"

static void what_is_no_bill_is_refused(void **state)
{
    (void)state;
    expect("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"2.0\"}",
           "error unsupported: CycloneDX of version \"2.0\": 1.2 to 1.7 are supported\n");
    expect("{\"spdxVersion\":\"SPDX-3.0\"}",
           "error unsupported: SPDX of version \"SPDX-3.0\": 2.2 and 2.3 are supported\n");
    expect("{\"@context\":\"x\",\"@graph\":[]}",
           "error unsupported: a document of SPDX 3: 2.2 and 2.3 are supported\n");
    expect("[1]", "error format: a JSON document that is neither CycloneDX nor SPDX nor Syft's\n");
    expect("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":{\"properties\":"
           "[{\"name\":\"bulwark:subjects\",\"value\":\"2\"}]}}",
           "error unsupported: it lists several things: write a document for each\n");
}

static void members_of_wrong_types_are_passed_over(void **state)
{
    (void)state;
    expect(
        CDX("1,null,\"x\",[],{},{\"type\":1,\"purl\":[]},{\"type\":\"library\",\"properties\":{},"
            "\"licenses\":7,\"components\":\"x\",\"evidence\":[1]}"),
        "bill CycloneDX 1.6\n"
        "note x.json: without a package URL nothing is known of a component: 1\n");
}

static void a_distribution_is_wanted(void **state)
{
    (void)state;
    expect(CDX("{\"type\":\"library\",\"purl\":\"pkg:deb/debian/a@1\"}"),
           "deb 0: package a 1 source a 1 line 0:\n"
           "bill CycloneDX 1.6\n"
           "blocking x.json: it names no distribution, by whose advisories its packages could be "
           "judged\n");
}

/* A path that leads out, a layer that is no number, a digest that is none. */
static void lies_of_own_properties(void **state)
{
    (void)state;
    expect("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":{\"component\":{"
           "\"name\":\"n\",\"properties\":[{\"name\":\"bulwark:kind\",\"value\":\"image\"},"
           "{\"name\":\"bulwark:digest\",\"value\":\"sha256:XYZ\"},"
           "{\"name\":\"bulwark:layer\",\"value\":\"{\"},"
           "{\"name\":\"bulwark:gap\",\"value\":\"{}\"}]}},\"components\":[{\"type\":\"library\","
           "\"name\":\"a\",\"version\":\"1\",\"properties\":["
           "{\"name\":\"bulwark:type\",\"value\":\"deb\"},"
           "{\"name\":\"bulwark:path\",\"value\":\"../../etc/passwd\"},"
           "{\"name\":\"bulwark:owner\",\"value\":\"deb/b/c\"},"
           "{\"name\":\"bulwark:layer\",\"value\":\"-1\"}]}]}",
           "blocking x.json: a property bulwark:layer: no valid JSON: unexpected end of data at "
           "byte 1\n"
           "blocking : \n"
           "deb 0: package a 1 source a 1 line 0:\n"
           "bill CycloneDX 1.6 of n\n");
}

static void components_have_a_maximum(void **state)
{
    (void)state;
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)128 << 20);
    struct collected got = {.quiet = true};
    bw_buf_printf(&text, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{}");
    for (uint32_t i = 0; i <= BW_SBOM_COMPONENTS_MAX; i++)
        bw_buf_printf(&text, ",{\"purl\":\"pkg:npm/a@%u\"}", i);
    bw_buf_printf(&text, "]}");
    assert_string_equal(read_bill(&got, text.p, text.n),
                        "blocking x.json: more than the limit of 500000 components: the rest was "
                        "left out\n");
    assert_int_equal(got.packages, BW_SBOM_COMPONENTS_MAX);
    bw_buf_free(&got.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_bulwark_wrote_comes_back),
        cmocka_unit_test(bills_of_others),
        cmocka_unit_test(what_is_no_bill_is_refused),
        cmocka_unit_test(members_of_wrong_types_are_passed_over),
        cmocka_unit_test(a_distribution_is_wanted),
        cmocka_unit_test(lies_of_own_properties),
        cmocka_unit_test(components_have_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
