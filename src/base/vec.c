#include "base/vec.h"

#include <string.h>

void *bw_vec_push(void **v, size_t *n, size_t *cap, size_t size, size_t max)
{
    if (*n >= max)
        return NULL;
    if (*n == *cap) {
        size_t want = *cap ? *cap * 2 : 8;
        if (want > max)
            want = max;
        void *p = reallocarray(*v, want, size);
        if (!p)
            return NULL;
        *v = p;
        *cap = want;
    }
    void *slot = (char *)*v + *n * size;
    memset(slot, 0, size);
    (*n)++;
    return slot;
}
