#include "wrap/xml.h"

#include <stdlib.h>

#include <expat.h>

#include "base/arena.h"
#include "base/buf.h"

/* What the tree of the largest document takes at most: its nodes, and its text twice over, since
 * UTF-16 may take one and a half times the bytes in UTF-8. */
#define ARENA_MAX (BW_XML_NODES_MAX * (size_t)128 + 2 * BW_XML_TEXT_MAX)

struct attribute {
    struct bw_str name, value;
    struct attribute *next;
};

struct bw_xml {
    struct bw_str name, text;
    struct attribute *attributes;
    struct bw_xml *first, *next;
    uint32_t line;
};

struct bw_xml_doc {
    struct bw_arena *arena;
    struct bw_xml *root;
};

/* An element whose end has not come yet. */
struct open_element {
    struct bw_xml *element;
    struct bw_xml **tail; /* where its next child is linked */
    struct bw_buf text;
};

struct reader {
    XML_Parser parser;
    struct bw_arena *arena;
    struct bw_xml *root;
    struct open_element open[BW_XML_DEPTH_MAX];
    uint32_t depth, nodes;
    int rc; /* why the parser was stopped; err is filled then */
    struct bw_err *err;
};

/* From 2.9 on the one is deprecated in favour of the other. */
#if XML_MAJOR_VERSION * 100 + XML_MINOR_VERSION >= 209
#define line_number XML_GetCurrentLineNumber64
#else
#define line_number XML_GetCurrentLineNumber
#endif

static uint32_t line_of(const struct reader *reader)
{
    uint64_t line = line_number(reader->parser);
    return line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
}

static void stop(struct reader *reader, int rc)
{
    reader->rc = rc;
    (void)XML_StopParser(reader->parser, XML_FALSE);
}

static void stop_short(struct reader *reader)
{
    stop(reader, bw_err_set(reader->err, BW_ENOMEM, "out of memory while reading XML"));
}

/* An arena allocation for one more node, counted. */
static void *new_node(struct reader *reader, size_t size)
{
    if (reader->nodes++ >= BW_XML_NODES_MAX) {
        stop(reader, bw_err_set(reader->err, BW_ELIMIT,
                                "XML of more than %u elements and attributes", BW_XML_NODES_MAX));
        return NULL;
    }
    void *node = bw_arena_alloc(reader->arena, size);
    if (!node)
        stop_short(reader);
    return node;
}

static struct bw_str keep(struct reader *reader, struct bw_str s)
{
    struct bw_str copy = bw_arena_str(reader->arena, s);
    if (!copy.p)
        stop_short(reader);
    return copy;
}

static struct bw_str keep_name(struct reader *reader, const XML_Char *name)
{
    struct bw_str s = bw_str(name);
    size_t colon = bw_str_rfind(s, ':');
    return keep(reader, colon == SIZE_MAX ? s : bw_str_from(s, colon + 1));
}

static void add_attributes(struct reader *reader, struct bw_xml *element, const XML_Char **list)
{
    struct attribute **tail = &element->attributes;
    for (; *list && !reader->rc; list += 2) {
        struct attribute *it = new_node(reader, sizeof *it);
        if (!it)
            return;
        it->name = keep_name(reader, list[0]);
        it->value = keep(reader, bw_str(list[1]));
        *tail = it;
        tail = &it->next;
    }
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = ctx;
    /* expat may have events in hand when it is stopped. */
    if (reader->rc)
        return;
    if (reader->depth == BW_XML_DEPTH_MAX) {
        stop(reader, bw_err_set(reader->err, BW_ELIMIT, "XML deeper than %u elements, at line %u",
                                BW_XML_DEPTH_MAX, line_of(reader)));
        return;
    }
    struct bw_xml *element = new_node(reader, sizeof *element);
    if (!element)
        return;
    element->line = line_of(reader);
    element->name = keep_name(reader, name);
    add_attributes(reader, element, attributes);
    struct bw_xml **at = reader->depth ? reader->open[reader->depth - 1].tail : &reader->root;
    *at = element;
    if (reader->depth)
        reader->open[reader->depth - 1].tail = &element->next;
    struct open_element *open = &reader->open[reader->depth++];
    open->element = element;
    open->tail = &element->first;
    bw_buf_clear(&open->text);
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int n)
{
    struct reader *reader = ctx;
    if (reader->rc)
        return;
    struct bw_buf *buf = &reader->open[reader->depth - 1].text;
    bw_buf_add(buf, text, (size_t)n);
    if (bw_buf_failed(buf))
        stop_short(reader);
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    struct reader *reader = ctx;
    (void)name;
    if (reader->rc)
        return;
    struct open_element *open = &reader->open[--reader->depth];
    struct bw_str text = bw_str_trim(bw_buf_slice(&open->text));
    if (text.n)
        open->element->text = keep(reader, text);
}

static void refuse_entities(struct reader *reader)
{
    if (!reader->rc)
        stop(reader,
             bw_err_set(reader->err, BW_EFORMAT,
                        "XML with entities of its own, at line %u: refused", line_of(reader)));
}

static void XMLCALL on_entity(void *ctx, const XML_Char *name, int parameter, const XML_Char *value,
                              int n, const XML_Char *base, const XML_Char *system_id,
                              const XML_Char *public_id, const XML_Char *notation)
{
    (void)name, (void)parameter, (void)value, (void)n, (void)base;
    (void)system_id, (void)public_id, (void)notation;
    refuse_entities(ctx);
}

/* A reference to what an external part of the document type would declare. */
static void XMLCALL on_skipped(void *ctx, const XML_Char *name, int parameter)
{
    (void)name, (void)parameter;
    refuse_entities(ctx);
}

static int read_text(struct reader *reader, struct bw_str text, struct bw_err *err)
{
    XML_Parser parser = reader->parser;
    XML_SetUserData(parser, reader);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetEntityDeclHandler(parser, on_entity);
    XML_SetSkippedEntityHandler(parser, on_skipped);
    if (XML_Parse(parser, text.p, (int)text.n, XML_TRUE) == XML_STATUS_OK)
        return reader->rc;
    if (reader->rc)
        return reader->rc;
    enum XML_Error code = XML_GetErrorCode(parser);
    if (code == XML_ERROR_NO_MEMORY)
        return bw_err_set(err, BW_ENOMEM, "out of memory while reading XML");
    return bw_err_set(err, BW_EFORMAT, "no valid XML: %s at line %u", XML_ErrorString(code),
                      line_of(reader));
}

static int read_tree(struct bw_xml_doc *doc, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {.arena = doc->arena, .err = err};
    for (size_t i = 0; i < BW_XML_DEPTH_MAX; i++)
        reader.open[i].text = BW_BUF(2 * BW_XML_TEXT_MAX);
    reader.parser = XML_ParserCreate(NULL);
    if (!reader.parser)
        return bw_err_set(err, BW_ENOMEM, "out of memory while reading XML");
    int rc = read_text(&reader, text, err);
    XML_ParserFree(reader.parser);
    for (size_t i = 0; i < BW_XML_DEPTH_MAX; i++)
        bw_buf_free(&reader.open[i].text);
    doc->root = reader.root;
    return rc;
}

int bw_xml_parse(struct bw_xml_doc **ret_doc, struct bw_str text, struct bw_err *err)
{
    if (text.n > BW_XML_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "XML of %zu bytes is longer than the limit of %zu",
                          text.n, BW_XML_TEXT_MAX);
    struct bw_xml_doc *doc = calloc(1, sizeof *doc);
    if (doc)
        doc->arena = bw_arena_new(ARENA_MAX);
    if (!doc || !doc->arena) {
        free(doc);
        return bw_err_set(err, BW_ENOMEM, "out of memory while reading XML");
    }
    int rc = read_tree(doc, text, err);
    if (rc) {
        bw_xml_free(doc);
        return rc;
    }
    *ret_doc = doc;
    return 0;
}

void bw_xml_free(struct bw_xml_doc *doc)
{
    if (!doc)
        return;
    bw_arena_free(doc->arena);
    free(doc);
}

void bw_xml_freep(struct bw_xml_doc **doc)
{
    bw_xml_free(*doc);
    *doc = NULL;
}

const struct bw_xml *bw_xml_root(const struct bw_xml_doc *doc)
{
    return doc->root;
}

struct bw_str bw_xml_name(const struct bw_xml *element)
{
    return element ? element->name : (struct bw_str){0};
}

struct bw_str bw_xml_text(const struct bw_xml *element)
{
    return element ? element->text : (struct bw_str){0};
}

struct bw_str bw_xml_attribute(const struct bw_xml *element, const char *name)
{
    for (struct attribute *it = element ? element->attributes : NULL; it; it = it->next)
        if (bw_str_eq(it->name, bw_str(name)))
            return it->value;
    return (struct bw_str){0};
}

uint32_t bw_xml_line(const struct bw_xml *element)
{
    return element ? element->line : 0;
}

const struct bw_xml *bw_xml_first(const struct bw_xml *element)
{
    return element ? element->first : NULL;
}

const struct bw_xml *bw_xml_next(const struct bw_xml *element)
{
    return element ? element->next : NULL;
}

const struct bw_xml *bw_xml_child(const struct bw_xml *element, const char *name)
{
    for (const struct bw_xml *it = bw_xml_first(element); it; it = bw_xml_next(it))
        if (bw_str_eq(it->name, bw_str(name)))
            return it;
    return NULL;
}
