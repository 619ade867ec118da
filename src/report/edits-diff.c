/*
 * Two texts as a unified diff.
 */
#include "report/edits.h"

#define CONTEXT 3u

/* Lines of both texts that differ: all between two that are the same. */
struct hunk {
    size_t before, before_n, after, after_n;
};

struct lines {
    BW_VEC(struct bw_str);
};

static void split(struct bw_str text, struct lines *lines)
{
    while (text.n) {
        size_t end = bw_str_find(text, '\n');
        size_t n = end == SIZE_MAX ? text.n : end + 1;
        struct bw_str *slot = BW_VEC_PUSH(lines, SIZE_MAX / sizeof *slot);
        if (!slot)
            return;
        *slot = bw_str_take(text, n);
        text = bw_str_from(text, n);
    }
}

/* Edits are few and small: the next place where the texts meet again is near. */
static bool meet(const struct lines *a, const struct lines *b, size_t i, size_t j, size_t *ret_i,
                 size_t *ret_j)
{
    for (size_t distance = 1; distance <= a->n - i + b->n - j; distance++)
        for (size_t x = 0; x <= distance; x++) {
            size_t p = i + x, q = j + distance - x;
            if (p > a->n || q > b->n)
                continue;
            bool end = p == a->n && q == b->n;
            if (end || (p < a->n && q < b->n && bw_str_eq(a->v[p], b->v[q]))) {
                *ret_i = p;
                *ret_j = q;
                return true;
            }
        }
    return false;
}

static void put_line(struct bw_buf *buf, char mark, struct bw_str line)
{
    bw_buf_byte(buf, (uint8_t)mark);
    bw_buf_str(buf, line);
    if (!bw_str_ends(line, BW_STR("\n")))
        bw_buf_str(buf, BW_STR("\n\\ No newline at end of file\n"));
}

static struct bw_str line_at(const struct lines *lines, size_t i)
{
    return lines->v && i < lines->n ? lines->v[i] : BW_STR("");
}

/* Hunks [from, to) are near enough to share their context. */
static void put_hunks(struct bw_buf *buf, const struct lines *a, const struct lines *b,
                      const struct hunk *hunks, size_t n)
{
    const struct hunk *first = &hunks[0], *last = &hunks[n - 1];
    size_t start = first->before > CONTEXT ? first->before - CONTEXT : 0;
    size_t end = last->before + last->before_n + CONTEXT;
    end = end < a->n ? end : a->n;
    size_t shift_start = first->after - (first->before - start);
    size_t after_n =
        last->after + last->after_n + (end - last->before - last->before_n) - shift_start;
    bw_buf_printf(buf, "@@ -%zu,%zu +%zu,%zu @@\n", end > start ? start + 1 : start, end - start,
                  after_n ? shift_start + 1 : shift_start, after_n);
    size_t at = start;
    for (size_t h = 0; h < n; h++) {
        for (; at < hunks[h].before; at++)
            put_line(buf, ' ', line_at(a, at));
        for (size_t i = 0; i < hunks[h].before_n; i++)
            put_line(buf, '-', line_at(a, at++));
        for (size_t i = 0; i < hunks[h].after_n; i++)
            put_line(buf, '+', line_at(b, hunks[h].after + i));
    }
    for (; at < end; at++)
        put_line(buf, ' ', line_at(a, at));
}

void bw_edits_diff(struct bw_str path, struct bw_str before, struct bw_str after,
                   struct bw_buf *ret_diff)
{
    struct lines a = {0}, b = {0};
    BW_VEC_TYPE(hunks, struct hunk) hunks = {0};
    split(before, &a);
    split(after, &b);
    for (size_t i = 0, j = 0; i < a.n || j < b.n;) {
        size_t p = i + 1, q = j + 1;
        if (i < a.n && j < b.n && bw_str_eq(a.v[i], b.v[j])) {
            i = p;
            j = q;
            continue;
        }
        struct hunk *hunk = BW_VEC_PUSH(&hunks, 2 * (size_t)BW_EDITS_MAX);
        if (!hunk || !meet(&a, &b, i, j, &p, &q))
            break;
        *hunk = (struct hunk){i, p - i, j, q - j};
        i = p;
        j = q;
    }
    if (hunks.n)
        bw_buf_printf(ret_diff, "--- %" BW_STR_F "\n+++ %" BW_STR_F "\n", BW_STR_A(path),
                      BW_STR_A(path));
    for (size_t from = 0, to; from < hunks.n; from = to) {
        for (to = from + 1; to < hunks.n; to++)
            if (hunks.v[to].before - (hunks.v[to - 1].before + hunks.v[to - 1].before_n) >
                2 * (size_t)CONTEXT)
                break;
        put_hunks(ret_diff, &a, &b, &hunks.v[from], to - from);
    }
    BW_VEC_FREE(&a);
    BW_VEC_FREE(&b);
    BW_VEC_FREE(&hunks);
}
