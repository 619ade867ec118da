#include <stdlib.h>

#include "extract/compose-model.h"
#include "extract/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX ((size_t)256 << 20)
#define FILES_MAX 8u

/* Keeps the reads from being optimised away. */
static volatile uint8_t seen;

static void look_at(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        seen ^= (uint8_t)s.p[i];
}

static void take_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    (void)ctx, (void)class, (void)what;
    look_at(where);
    look_at(why);
}

/* What policies rely on: places that are there, no flag of the reader's own, nothing ABSENT. */
static void check(const struct bw_document *document, struct bw_value value, unsigned depth)
{
    if (!depth || value.kind == BW_VALUE_ABSENT || value.place >= document->places_n ||
        (value.flags & BW_COMPOSE_FLAGS))
        abort();
    look_at(bw_value_text(value));
    for (uint32_t i = 0; i < bw_value_count(value); i++) {
        if (value.kind == BW_VALUE_MAP && value.map->v[i].key.kind != BW_VALUE_STRING)
            abort();
        if (value.kind == BW_VALUE_MAP)
            check(document, value.map->v[i].key, depth - 1);
        check(document, value.kind == BW_VALUE_MAP ? value.map->v[i].value : value.list->v[i],
              depth - 1);
    }
}

/* A line "%%% PATH" begins another file that the document may ask for. */
static size_t split(struct bw_str text, struct bw_reader_file *files)
{
    size_t n = 0, at;
    files[0] = (struct bw_reader_file){.path = BW_STR("p/compose.yaml"), .text = text};
    while (n + 1 < FILES_MAX &&
           (at = bw_str_find_str(files[n].text, BW_STR("\n%%% "))) != SIZE_MAX) {
        struct bw_str rest = bw_str_from(files[n].text, at + 5), path;
        files[n].text = bw_str_take(files[n].text, at + 1);
        if (!bw_str_line(&rest, &path))
            break;
        files[++n] = (struct bw_reader_file){.path = path, .text = rest};
    }
    return n + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bw_str environment[] = {BW_STR("SET=s"), BW_STR("EMPTY=")};
    struct bw_reader_file files[FILES_MAX];
    size_t files_n = split(bw_str_n(data, size), files), wanted_n = 0;
    struct bw_reader_request request = {.path = files[0].path,
                                        .text = files[0].text,
                                        .files = files + 1,
                                        .files_n = files_n - 1,
                                        .environment = environment,
                                        .environment_n = BW_ARRAY_LEN(environment)};
    struct bw_reader_sink sink = {.gap = take_gap};
    struct bw_arena *arena = bw_arena_new(ARENA_MAX);
    struct bw_document document;
    struct bw_str *wanted = NULL;
    const struct bw_reader *reader = bw_reader_named(BW_STR("compose"));
    if (!arena || !reader)
        abort();
    seen ^= reader->recognise(BW_STR("-"), request.text);
    if (bw_reader_read(reader, &request, &sink, arena, &document, &wanted, &wanted_n, NULL) == 0)
        for (size_t i = 0; i < document.objects_n; i++)
            check(&document, document.objects[i].value, BW_VALUE_DEPTH_MAX + 8);
    bw_arena_free(arena);
    return 0;
}
