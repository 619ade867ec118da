/* A page of a list of an API server: each item becomes an AdmissionReview, which is read. */
#include "extract/admission-review.h"
#include "extract/kubernetes-list.h"

#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int review_item(void *ctx, const struct bw_kubernetes_item *item, struct bw_err *err)
{
    static const struct bw_kubernetes_kind kind = {"", "v1", "pods", "Pod"};
    struct bw_arena *arena = ctx;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 20);
    struct bw_reader_sink sink = {NULL, fuzz_gap};
    struct bw_admission_review review;
    bw_arena_reset(arena);
    bw_kubernetes_item_review(item, &kind, &buf);
    if (bw_buf_failed(&buf))
        return 0;
    if (bw_admission_review_read(bw_buf_slice(&buf), &sink, arena, &review, err) == 0)
        fuzz_document(&review.document, arena);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_buf next BW_CLEANUP(bw_buf_free) = BW_BUF(BW_KUBERNETES_CONTINUE_MAX);
    struct bw_err err = {0};
    if (!arena)
        abort();
    int rc = bw_kubernetes_page_read(bw_str_n(data, size), review_item, arena, &next, &err);
    if (rc && (!err.msg[0] || next.n))
        abort();
    return 0;
}
