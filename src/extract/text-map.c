#include "extract/text-map.h"

static struct bw_text_mark step(struct bw_text_mark mark, char c)
{
    if (c == '\n')
        return (struct bw_text_mark){mark.line + 1, 1};
    mark.column += ((uint8_t)c & 0xc0) != 0x80; /* not for the later bytes of a character */
    return mark;
}

bool bw_text_map_make(struct bw_text_map *map, struct bw_str text, struct bw_arena *arena)
{
    struct bw_text_mark mark = {1, 1};
    struct bw_text_mark *marks =
        bw_arena_array(arena, text.n / BW_TEXT_MARK_STEP + 1, sizeof *marks);
    if (!marks)
        return false;
    marks[0] = mark;
    for (size_t i = 0; i < text.n; i++) {
        mark = step(mark, text.p[i]);
        if ((i + 1) % BW_TEXT_MARK_STEP == 0)
            marks[(i + 1) / BW_TEXT_MARK_STEP] = mark;
    }
    *map = (struct bw_text_map){text, marks};
    return true;
}

struct bw_text_mark bw_text_map_find(const struct bw_text_map *map, size_t at)
{
    if (at > map->text.n)
        at = map->text.n;
    struct bw_text_mark mark = map->marks[at / BW_TEXT_MARK_STEP];
    for (size_t i = at - at % BW_TEXT_MARK_STEP; i < at; i++)
        mark = step(mark, map->text.p[i]);
    return mark;
}

bool bw_text_span_add(struct bw_text_spans *spans, size_t at, size_t source)
{
    if (spans->n) {
        const struct bw_text_span *last = &spans->v[spans->n - 1];
        if (at - last->at == source - last->source)
            return true;
    }
    struct bw_text_span *span = BW_VEC_PUSH(spans, BW_TEXT_SPANS_MAX);
    if (span)
        *span = (struct bw_text_span){(uint32_t)at, (uint32_t)source};
    return span;
}

size_t bw_text_source(const struct bw_text_spans *spans, size_t at)
{
    size_t low = 0, high = spans->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->v[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return at;
    return at - spans->v[low - 1].at + spans->v[low - 1].source;
}

struct bw_str bw_text_brief(struct bw_str text)
{
    size_t n = 60;
    if (text.n <= n)
        return text;
    while (n && ((uint8_t)text.p[n] & 0xc0) == 0x80)
        n--;
    return bw_str_take(text, n);
}
