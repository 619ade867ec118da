#include <stdlib.h>

#include "model/licence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is given back reads back the same, whatever the text was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    struct bw_licence first = {0}, second = {0};
    struct bw_err err = {0};
    if (!arena)
        return 0;
    if (bw_licence_read(bw_str_n(data, size), NULL, arena, &first, &err) == 0) {
        if (!first.expression.n)
            abort();
        if (first.expression.n <= BW_LICENCE_TEXT_MAX &&
            bw_licence_read(first.expression, NULL, arena, &second, &err) == 0 && first.listed &&
            !second.listed)
            abort();
    }
    bw_arena_free(arena);
    return 0;
}
