/*
 * Prints what a file's reader makes of it, as JSON: reader-dump [-r READER] PATH [OTHER-PATH...]
 *
 * Other paths are files that the document may ask for. Objects are printed one after the other with
 * their names; then gaps, comments that waive, and what the reader wanted and did not get.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "extract/document.h"
#include "wrap/json.h"

#define ARENA_MAX ((size_t)1 << 30)
#define FILES_MAX 64

static struct bw_json_writer out;

static bool read_file(const char *path, struct bw_buf *buf)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    uint8_t *p = NULL;
    size_t n = 1;
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    while (n && (p = bw_buf_reserve(buf, 65536)))
        buf->n += n = fread(p, 1, 65536, file);
    fclose(file);
    return !bw_buf_failed(buf);
}

static void print_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                      struct bw_str why)
{
    (void)ctx;
    bw_json_begin_object(&out);
    bw_json_member_str(&out, "gap", class == BW_GAP_BLOCKING ? BW_STR("blocking") : BW_STR("note"));
    bw_json_member_str(&out, "where", where);
    bw_json_member_str(&out, "what", what);
    bw_json_member_str(&out, "why", why);
    bw_json_end(&out);
}

static void print_object(const struct bw_document *document, const struct bw_object *object)
{
    struct bw_buf value BW_CLEANUP(bw_buf_free) = BW_BUF(ARENA_MAX);
    bw_object_json(object->value, false, &value);
    bw_json_begin_object(&out);
    bw_json_member_str(&out, "group", object->group);
    bw_json_member_str(&out, "version", object->version);
    bw_json_member_str(&out, "resource", object->resource);
    bw_json_member_str(&out, "kind", object->kind);
    bw_json_member_str(&out, "namespace", object->namespace);
    bw_json_member_str(&out, "name", object->name);
    bw_json_member_u64(&out, "line", document->places[object->place].line);
    if (object->view_of != BW_OBJECT_NO_VIEW)
        bw_json_member_u64(&out, "viewOf", object->view_of);
    bw_json_key(&out, BW_STR("object"));
    bw_json_put_raw(&out, bw_buf_slice(&value));
    bw_json_end(&out);
}

static void print_ignore(const struct bw_ignore *ignore)
{
    bw_json_begin_object(&out);
    bw_json_member_str(&out, "ignore", ignore->id);
    bw_json_member_str(&out, "reason", ignore->reason);
    bw_json_member_str(&out, "until", ignore->until);
    bw_json_member_u64(&out, "line", ignore->line);
    bw_json_member_u64(&out, "first", ignore->first);
    bw_json_member_u64(&out, "last", ignore->last);
    bw_json_end(&out);
}

static void print_wanted(struct bw_str path)
{
    bw_json_begin_object(&out);
    bw_json_member_str(&out, "wanted", path);
    bw_json_end(&out);
}

static int dump(const struct bw_reader *reader, const struct bw_reader_request *request,
                struct bw_arena *arena, struct bw_err *err)
{
    struct bw_reader_sink sink = {NULL, print_gap};
    struct bw_document document;
    struct bw_str *wanted = NULL;
    size_t wanted_n = 0;
    int rc = bw_reader_read(reader, request, &sink, arena, &document, &wanted, &wanted_n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < document.objects_n; i++)
        print_object(&document, &document.objects[i]);
    for (size_t i = 0; i < document.ignores_n; i++)
        print_ignore(&document.ignores[i]);
    for (size_t i = 0; i < wanted_n; i++)
        print_wanted(wanted[i]);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bw_buf texts[FILES_MAX];
    static struct bw_reader_file files[FILES_MAX];
    const struct bw_str all = BW_STR("*");
    struct bw_buf buf = BW_BUF(ARENA_MAX);
    struct bw_err err = {0};
    const struct bw_reader *reader = NULL;
    int first = argc > 2 && strcmp(argv[1], "-r") == 0 ? 3 : 1;
    if (argc <= first || argc - first > FILES_MAX) {
        fprintf(stderr, "usage: reader-dump [-r READER] PATH [OTHER-PATH...]\n");
        return 2;
    }
    for (int i = 0; first + i < argc; i++) {
        texts[i] = BW_BUF(ARENA_MAX);
        if (!read_file(argv[first + i], &texts[i]))
            return 2;
        files[i] = (struct bw_reader_file){bw_str(argv[first + i]), bw_buf_slice(&texts[i]), false};
    }
    reader =
        first == 3 ? bw_reader_named(bw_str(argv[2])) : bw_reader_for(files[0].path, files[0].text);
    if (!reader) {
        fprintf(stderr, "%s: no reader for it\n", argv[first]);
        return 1;
    }
    struct bw_reader_request request = {.path = files[0].path,
                                        .text = files[0].text,
                                        .files = files + 1,
                                        .files_n = (size_t)(argc - first - 1),
                                        .profiles = &all,
                                        .profiles_n = 1};
    struct bw_arena *arena = bw_arena_new(ARENA_MAX);
    out = bw_json_writer(&buf, true);
    bw_json_begin_array(&out);
    int rc = arena ? dump(reader, &request, arena, &err) : BW_ENOMEM;
    bw_json_end(&out);
    fwrite(buf.p, 1, buf.n, stdout);
    if (rc)
        fprintf(stderr, "%s: %s: %s: %s\n", argv[first], reader->name, bw_code_name(rc), err.msg);
    bw_arena_free(arena);
    bw_buf_free(&buf);
    for (int i = 0; first + i < argc; i++)
        bw_buf_free(&texts[i]);
    return rc ? 1 : 0;
}
