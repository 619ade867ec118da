#include <stdlib.h>

#include "wrap/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t seen;

static void touch(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        seen ^= (uint8_t)s.p[i];
    if (!bw_str_is_utf8(s))
        abort();
}

static void walk(const struct bw_xml *element, unsigned depth)
{
    if (depth > BW_XML_DEPTH_MAX || !bw_xml_name(element).p || !bw_xml_line(element))
        abort();
    touch(bw_xml_name(element));
    touch(bw_xml_text(element));
    touch(bw_xml_attribute(element, "a"));
    for (const struct bw_xml *it = bw_xml_first(element); it; it = bw_xml_next(it))
        walk(it, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    struct bw_err err = {0};
    if (!bw_xml_parse(&doc, bw_str_n(data, size), &err))
        walk(bw_xml_root(doc), 1);
    else if (!err.msg[0])
        abort();
    return 0;
}
