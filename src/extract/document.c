#include "extract/document.h"

#include <stdarg.h>
#include <stdio.h>

#define FILE_NAMES_MAX  BW_DOCUMENT_FILES_MAX
#define PLACES_MAX      ((size_t)8 << 20)
#define WANTED_MAX      BW_DOCUMENT_FILES_MAX
#define PATH_LENGTH_MAX 4096u

/* --- for readers --- */

uint32_t bw_reading_file(struct bw_reading *reading, struct bw_str path)
{
    for (size_t i = 0; i < reading->files.n; i++)
        if (bw_str_eq(reading->files.v[i], path))
            return (uint32_t)i;
    struct bw_str *slot = BW_VEC_PUSH(&reading->files, FILE_NAMES_MAX);
    struct bw_str copy = bw_arena_str(reading->arena, path);
    if (slot && copy.p) {
        *slot = copy;
        return (uint32_t)(reading->files.n - 1);
    }
    if (slot)
        reading->files.n--;
    reading->make.failed = true;
    return 0;
}

uint32_t bw_reading_place(struct bw_reading *reading, uint32_t file, uint32_t line, uint32_t column)
{
    struct bw_value_place *place = BW_VEC_PUSH(&reading->places, PLACES_MAX);
    if (!place)
        return 0;
    *place = (struct bw_value_place){file, line, column};
    return (uint32_t)(reading->places.n - 1);
}

static void want(struct bw_reading *reading, struct bw_str path)
{
    for (size_t i = 0; i < reading->wanted.n; i++)
        if (bw_str_eq(reading->wanted.v[i], path))
            return;
    struct bw_str copy = bw_arena_str(reading->arena, path);
    struct bw_str *slot = copy.p ? BW_VEC_PUSH(&reading->wanted, WANTED_MAX) : NULL;
    if (slot)
        *slot = copy;
    else
        reading->make.failed = true;
}

bool bw_reading_other(struct bw_reading *reading, struct bw_str path, struct bw_str *ret_text)
{
    const struct bw_reader_request *request = reading->request;
    for (size_t i = 0; i < request->files_n; i++) {
        if (!bw_str_eq(request->files[i].path, path))
            continue;
        if (!request->files[i].missing)
            *ret_text = request->files[i].text;
        return !request->files[i].missing;
    }
    want(reading, path);
    return false;
}

/* Appends the components of a path to out[0..n), which has no ".."; false where it leads out. */
static bool walk(char *out, size_t *n, struct bw_str path)
{
    struct bw_str part;
    while (bw_str_split(&path, '/', &part)) {
        if (!part.n || bw_str_eq(part, BW_STR(".")))
            continue;
        if (bw_str_eq(part, BW_STR(".."))) {
            size_t slash = bw_str_rfind(bw_str_n(out, *n), '/');
            if (!*n)
                return false;
            *n = slash == SIZE_MAX ? 0 : slash;
            continue;
        }
        if (*n + part.n + 1 > PATH_LENGTH_MAX)
            return false;
        if (*n)
            out[(*n)++] = '/';
        memcpy(out + *n, part.p, part.n);
        *n += part.n;
    }
    return true;
}

struct bw_str bw_reading_beside(struct bw_reading *reading, struct bw_str from, struct bw_str path)
{
    char out[PATH_LENGTH_MAX];
    size_t n = 0, slash = bw_str_rfind(from, '/');
    bool absolute = bw_str_starts(from, BW_STR("/"));
    if (bw_str_starts(path, BW_STR("/")) || bw_str_find(path, '\0') != SIZE_MAX)
        return (struct bw_str){0};
    if (!walk(out, &n, slash == SIZE_MAX ? BW_STR("") : bw_str_take(from, slash)) ||
        !walk(out, &n, path))
        return (struct bw_str){0};
    return bw_arena_printf(reading->arena, "%s%.*s", absolute ? "/" : "", (int)n, out);
}

static struct bw_str keep(struct bw_reading *reading, struct bw_str s)
{
    struct bw_str copy = bw_arena_str(reading->arena, s);
    if (!copy.p)
        reading->make.failed = true;
    return copy;
}

uint32_t bw_reading_object(struct bw_reading *reading, const struct bw_object *object)
{
    struct bw_object *slot = BW_VEC_PUSH(&reading->objects, BW_DOCUMENT_OBJECTS_MAX);
    if (!slot) {
        reading->make.failed = true;
        return BW_OBJECT_NO_VIEW;
    }
    *slot = *object;
    slot->syntax = reading->syntax;
    slot->group = keep(reading, object->group);
    slot->version = keep(reading, object->version);
    slot->resource = keep(reading, object->resource);
    slot->kind = keep(reading, object->kind);
    slot->namespace = keep(reading, object->namespace);
    slot->name = keep(reading, object->name);
    return (uint32_t)(reading->objects.n - 1);
}

void bw_reading_ignore(struct bw_reading *reading, const struct bw_ignore *ignore)
{
    struct bw_ignore *slot = BW_VEC_PUSH(&reading->ignores, BW_DOCUMENT_IGNORES_MAX);
    if (!slot)
        return; /* one waiver fewer: what it was for is found */
    *slot = *ignore;
    slot->id = keep(reading, ignore->id);
    slot->reason = keep(reading, ignore->reason);
    slot->until = keep(reading, ignore->until);
}

void bw_reading_gap(struct bw_reading *reading, enum bw_gap_class class, uint32_t line,
                    struct bw_str what, const char *why, ...)
{
    char text[BW_ERR_MSG_MAX], where[PATH_LENGTH_MAX + 32];
    va_list args;
    va_start(args, why);
    vsnprintf(text, sizeof text, why, args);
    va_end(args);
    if (line)
        snprintf(where, sizeof where, "%" BW_STR_F ":%u", BW_STR_A(reading->request->path), line);
    else
        snprintf(where, sizeof where, "%" BW_STR_F, BW_STR_A(reading->request->path));
    reading->sink->gap(reading->sink->ctx, class, bw_str(where), what, bw_str(text));
}

/* --- reading --- */

static void *copy_of(struct bw_arena *arena, const void *v, size_t n, size_t size)
{
    void *copy = bw_arena_array(arena, n, size);
    if (copy && n)
        memcpy(copy, v, n * size);
    return copy;
}

struct bw_reading bw_reading_begin(const struct bw_reader_request *request,
                                   const struct bw_reader_sink *sink, struct bw_arena *arena,
                                   enum bw_syntax syntax)
{
    struct bw_reading reading = {.request = request,
                                 .sink = sink,
                                 .arena = arena,
                                 .make = {.arena = arena},
                                 .syntax = syntax};
    bw_reading_file(&reading, request->path);
    bw_reading_place(&reading, 0, 0, 0);
    return reading;
}

void bw_reading_end(struct bw_reading *reading)
{
    BW_VEC_FREE(&reading->files);
    BW_VEC_FREE(&reading->places);
    BW_VEC_FREE(&reading->objects);
    BW_VEC_FREE(&reading->ignores);
    BW_VEC_FREE(&reading->wanted);
}

int bw_reading_document(struct bw_reading *reading, struct bw_document *ret_document,
                        struct bw_err *err)
{
    struct bw_arena *arena = reading->arena;
    struct bw_document document = {
        .syntax = reading->syntax,
        .files = copy_of(arena, reading->files.v, reading->files.n, sizeof *reading->files.v),
        .files_n = reading->files.n,
        .places = copy_of(arena, reading->places.v, reading->places.n, sizeof *reading->places.v),
        .places_n = reading->places.n,
        .objects =
            copy_of(arena, reading->objects.v, reading->objects.n, sizeof *reading->objects.v),
        .objects_n = reading->objects.n,
        .ignores =
            copy_of(arena, reading->ignores.v, reading->ignores.n, sizeof *reading->ignores.v),
        .ignores_n = reading->ignores.n,
    };
    if (reading->make.failed || !document.files || !document.places || !document.objects ||
        !document.ignores)
        return bw_err_set(err, BW_ELIMIT, "the document has more values than are held at a time");
    *ret_document = document;
    return 0;
}

static int finish(struct bw_reading *reading, struct bw_document *ret_document,
                  struct bw_str **ret_wanted, size_t *ret_wanted_n, struct bw_err *err)
{
    struct bw_str *wanted =
        copy_of(reading->arena, reading->wanted.v, reading->wanted.n, sizeof *reading->wanted.v);
    if (!wanted)
        reading->make.failed = true;
    int rc = bw_reading_document(reading, ret_document, err);
    if (rc)
        return rc;
    *ret_wanted = wanted;
    *ret_wanted_n = reading->wanted.n;
    return 0;
}

int bw_reader_read(const struct bw_reader *reader, const struct bw_reader_request *request,
                   const struct bw_reader_sink *sink, struct bw_arena *arena,
                   struct bw_document *ret_document, struct bw_str **ret_wanted,
                   size_t *ret_wanted_n, struct bw_err *err)
{
    if (request->text.n > BW_READER_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "longer than the %zu MiB that are read",
                          BW_READER_TEXT_MAX >> 20);
    struct bw_reading reading = bw_reading_begin(request, sink, arena, reader->syntax);
    int rc = reader->read(&reading, err);
    if (rc == 0)
        rc = finish(&reading, ret_document, ret_wanted, ret_wanted_n, err);
    bw_reading_end(&reading);
    return rc;
}
