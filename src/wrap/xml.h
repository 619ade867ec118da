/*
 * xml.h: reading XML 1.0 documents into a tree of elements, by expat.
 *
 * For documents that say what a project is made of: pom.xml, *.csproj, packages.config. Comments,
 * processing instructions and the order of text among child elements are not kept.
 *
 * Documents may be hostile. Nothing outside of the document is ever read. A document that declares
 * entities is refused, so nothing expands: character references and the five entities of XML itself
 * are all that is replaced. The reader bounds the depth, the elements and the bytes; no function
 * here recurses.
 *
 * An element is a `const struct bw_xml *` that lives as long as its document. Every accessor takes
 * NULL ("not there"), so that paths chain without checks:
 *     bw_xml_text(bw_xml_child(bw_xml_child(project, "parent"), "version"))
 */
#ifndef BW_WRAP_XML_H
#define BW_WRAP_XML_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/* Longest document, deepest nesting (the root is 1), most elements and attributes together. */
#define BW_XML_TEXT_MAX  ((size_t)16 << 20)
#define BW_XML_DEPTH_MAX 64u
#define BW_XML_NODES_MAX 262144u

struct bw_xml;     /* an element */
struct bw_xml_doc; /* a parsed document, owner of its elements */

/* Parses a document in UTF-8, UTF-16, ISO 8859-1 or ASCII, as its declaration or byte order mark
 * says. The text may go away afterwards. BW_EFORMAT with the line in the message, BW_ELIMIT at one
 * of the limits above, BW_ENOMEM. */
int bw_xml_parse(struct bw_xml_doc **ret_doc, struct bw_str text, struct bw_err *err) BW_MUST_USE;
void bw_xml_free(struct bw_xml_doc *doc);   /* takes NULL */
void bw_xml_freep(struct bw_xml_doc **doc); /* for BW_CLEANUP */

/* The outermost element; never NULL. */
const struct bw_xml *bw_xml_root(const struct bw_xml_doc *doc);

/* The name without its namespace prefix: "project". */
struct bw_str bw_xml_name(const struct bw_xml *element);

/* The character data directly within the element, put together and without blanks around it, in
 * UTF-8; empty where there is none. */
struct bw_str bw_xml_text(const struct bw_xml *element);

/* The value of an attribute, by its name without prefix (the first of several); p is NULL where
 * there is none, and never for an attribute. Linear. */
struct bw_str bw_xml_attribute(const struct bw_xml *element, const char *name);

/* The line the element begins on, from 1; 0 for NULL. */
uint32_t bw_xml_line(const struct bw_xml *element);

/*
 * The elements within an element, in the order of the document; NULL at the end.
 *     for (const struct bw_xml *it = bw_xml_first(list); it; it = bw_xml_next(it))
 */
const struct bw_xml *bw_xml_first(const struct bw_xml *element);
const struct bw_xml *bw_xml_next(const struct bw_xml *element);

/* The first element of that name within an element, or NULL. Linear. */
const struct bw_xml *bw_xml_child(const struct bw_xml *element, const char *name);

#endif
