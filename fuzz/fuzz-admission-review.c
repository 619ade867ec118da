/* What an API server asks a webhook: the review, its object and the views of it. */
#include "extract/admission-review.h"

#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
    struct bw_reader_sink sink = {NULL, fuzz_gap};
    struct bw_admission_review review;
    struct bw_err err = {0};
    if (!arena)
        abort();
    int rc = bw_admission_review_read(bw_str_n(data, size), &sink, arena, &review, &err);
    if (rc ? !err.msg[0] || review.document.objects : !review.uid.n)
        abort();
    if (rc)
        return 0;
    fuzz_document(&review.document, arena);
    struct bw_document before;
    if (review.document.objects_n && review.object.kind == BW_VALUE_MAP &&
        review.old_object.kind == BW_VALUE_MAP &&
        bw_admission_review_before(&review, &sink, arena, &before, NULL) == 0)
        fuzz_document(&before, arena);
    return 0;
}
