#include "cli/facts-objects.h"

#define VALUE_MAX ((size_t)1 << 30)

static struct bw_value_place place_of(const struct bw_objects *objects,
                                      const struct bw_object *object, struct bw_str *ret_file)
{
    struct bw_value_place place = {0};
    if (object->place < objects->places_n)
        place = objects->places[object->place];
    *ret_file = place.line && place.file < objects->files_n ? objects->files[place.file]
                                                            : (struct bw_str){0};
    return place;
}

static void put_object(struct bw_json_writer *w, const struct bw_objects *objects,
                       const struct bw_document *document, const struct bw_object *object)
{
    struct bw_buf value BW_CLEANUP(bw_buf_free) = BW_BUF(VALUE_MAX);
    struct bw_str file;
    struct bw_value_place place = place_of(objects, object, &file);
    bw_json_begin_object(w);
    bw_json_member_str(w, "syntax", bw_str(bw_syntax_name(object->syntax)));
    bw_json_member_str(w, "group", object->group);
    bw_json_member_str(w, "version", object->version);
    bw_json_member_str(w, "resource", object->resource);
    bw_json_member_str(w, "kind", object->kind);
    bw_json_member_str(w, "namespace", object->namespace);
    bw_json_member_str(w, "name", object->name);
    bw_json_member_str(w, "path",
                       file.n                              ? file
                       : document->file < objects->files_n ? objects->files[document->file]
                                                           : file);
    bw_json_member_u64(w, "line", place.line);
    bw_json_member_bool(w, "view", object->view_of != BW_OBJECT_NO_VIEW);
    bw_object_json(object->value, false, &value);
    bw_json_key(w, BW_STR("object"));
    bw_json_put_raw(w, bw_buf_slice(&value));
    w->buf->failed |= bw_buf_failed(&value);
    bw_json_end(w);
}

void bw_facts_put_objects(struct bw_json_writer *w, const struct bw_objects *objects)
{
    bw_json_key(w, BW_STR("objects"));
    bw_json_begin_array(w);
    for (size_t d = 0; d < objects->documents_n; d++) {
        const struct bw_document *document = &objects->documents[d].document;
        for (size_t i = 0; i < document->objects_n; i++)
            put_object(w, objects, document, &document->objects[i]);
    }
    bw_json_end(w);
}

void bw_facts_put_clean(struct bw_buf *buf, struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        bw_buf_byte(buf, (uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : (uint8_t)s.p[i]);
}

static void list_object(struct bw_buf *buf, const struct bw_objects *objects,
                        const struct bw_object *object)
{
    struct bw_str file;
    struct bw_value_place place = place_of(objects, object, &file);
    bw_buf_printf(buf, "%s\t", bw_syntax_name(object->syntax));
    bw_facts_put_clean(buf, object->kind);
    bw_buf_byte(buf, '\t');
    bw_facts_put_clean(buf, object->namespace);
    if (object->namespace.n)
        bw_buf_byte(buf, '/');
    bw_facts_put_clean(buf, object->name);
    bw_buf_byte(buf, '\t');
    bw_facts_put_clean(buf, file);
    bw_buf_printf(buf, ":%u%s\n", place.line, object->view_of == BW_OBJECT_NO_VIEW ? "" : "\tview");
}

void bw_facts_list_objects(struct bw_buf *buf, const struct bw_objects *objects)
{
    for (size_t d = 0; d < objects->documents_n; d++) {
        const struct bw_document *document = &objects->documents[d].document;
        for (size_t i = 0; i < document->objects_n; i++)
            list_object(buf, objects, &document->objects[i]);
    }
}
