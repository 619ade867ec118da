/*
 * Pages of lists: items with what a list leaves out, and where a list goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "extract/admission-review.h"
#include "extract/kubernetes-list.h"

static const struct bw_kubernetes_kind pods = {"", "v1", "pods", "Pod"};
static const struct bw_kubernetes_kind deployments = {"apps", "v1", "deployments", "Deployment"};

struct seen {
    const struct bw_kubernetes_kind *kind;
    struct bw_buf text, reviews;
    unsigned n;
};

static int note(void *ctx, const struct bw_kubernetes_item *item, struct bw_err *err)
{
    struct seen *seen = ctx;
    struct bw_json_writer w = bw_json_writer(&seen->text, false);
    (void)err;
    bw_buf_printf(&seen->text, "%" BW_STR_F "/%" BW_STR_F " uid=%" BW_STR_F " of=%" BW_STR_F " ",
                  BW_STR_A(item->namespace), BW_STR_A(item->name), BW_STR_A(item->uid),
                  BW_STR_A(item->controller));
    bw_kubernetes_item_put(item, seen->kind, &w);
    bw_buf_byte(&seen->text, '\n');
    bw_kubernetes_item_review(item, seen->kind, &seen->reviews);
    seen->n++;
    return 0;
}

static void items_get_their_kind_back(void **state)
{
    (void)state;
    struct seen seen = {.kind = &deployments, .text = BW_BUF(65536), .reviews = BW_BUF(65536)};
    struct bw_buf next = BW_BUF(64);
    struct bw_str page = BW_STR(
        "{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/"
        "v1\",\"metadata\":{\"continue\":\"c1\"},"
        "\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"u1\"},\"spec\":{"
        "\"x\":1.5}},"
        "{\"kind\":\"Lie\",\"metadata\":{\"name\":\"b\",\"ownerReferences\":[{\"uid\":\"no\"},"
        "{\"controller\":true,\"uid\":\"u1\"}]}}]}");
    assert_int_equal(bw_kubernetes_page_read(page, note, &seen, &next, NULL), 0);
    bw_buf_byte(&seen.text, 0);
    assert_string_equal(
        (char *)seen.text.p,
        "n/a uid=u1 of= "
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\","
        "\"namespace\":\"n\",\"uid\":\"u1\"},\"spec\":{\"x\":1.5}}\n"
        "/b uid= of=u1 "
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"b\","
        "\"ownerReferences\":[{\"uid\":\"no\"},{\"controller\":true,\"uid\":\"u1\"}]}}\n");
    assert_int_equal(next.n, 2);
    assert_memory_equal(next.p, "c1", 2);
    bw_buf_free(&seen.text);
    bw_buf_free(&seen.reviews);
    bw_buf_free(&next);
}

static void no_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx, (void)class, (void)where, (void)what;
    fail_msg("%" BW_STR_F, BW_STR_A(why));
}

static void a_review_is_one_that_the_webhook_reads(void **state)
{
    (void)state;
    struct seen seen = {.kind = &pods, .text = BW_BUF(65536), .reviews = BW_BUF(65536)};
    struct bw_buf next BW_CLEANUP(bw_buf_free) = BW_BUF(64);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(1 << 20);
    struct bw_reader_sink sink = {NULL, no_gap};
    struct bw_admission_review review;
    struct bw_err err = {0};
    struct bw_str page = BW_STR(
        "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"metadata\":{\"name\":\"a\","
        "\"namespace\":\"n\",\"uid\":\"u\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":"
        "\"i\"}]}}]}");
    assert_int_equal(bw_kubernetes_page_read(page, note, &seen, &next, NULL), 0);
    assert_int_equal(next.n, 0);
    if (bw_admission_review_read(bw_buf_slice(&seen.reviews), &sink, arena, &review, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(review.document.objects_n, 1);
    assert_true(bw_str_eq(review.document.objects[0].resource, BW_STR("pods")));
    assert_true(bw_str_eq(review.namespace, BW_STR("n")));
    assert_true(bw_value_is(bw_value_get(review.object, BW_STR("kind")), "Pod"));
    bw_buf_free(&seen.text);
    bw_buf_free(&seen.reviews);
}

static void what_is_no_list_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"kind\":\"Status\",\"items\":[]}",
        "{\"kind\":\"PodList\",\"items\":[{}]}",
        "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":7}}]}",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(texts); i++) {
        struct seen seen = {.kind = &pods};
        struct bw_buf next = BW_BUF(64);
        assert_int_equal(bw_kubernetes_page_read(bw_str(texts[i]), note, &seen, &next, NULL),
                         BW_EFORMAT);
        assert_int_equal(seen.n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_get_their_kind_back),
        cmocka_unit_test(a_review_is_one_that_the_webhook_reads),
        cmocka_unit_test(what_is_no_list_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
