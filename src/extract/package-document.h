/*
 * package-document.h: how the parsers of language packages read their file: as a document of its
 * syntax, which becomes a list of packages (package-list.h).
 *
 * Each function parses the text, calls `read`, which adds packages to the list, sends the closing
 * gaps and frees everything. Errors are those of the syntax, and of `read`.
 */
#ifndef BW_EXTRACT_PACKAGE_DOCUMENT_H
#define BW_EXTRACT_PACKAGE_DOCUMENT_H

#include "extract/json-text.h"
#include "extract/package-list.h"
#include "extract/toml.h"
#include "wrap/xml.h"
#include "wrap/yaml.h"

/* What a parser was called with, and the type of the packages it finds. */
struct bw_package_job {
    const struct bw_parser *parser;
    enum bw_package_type type;
    struct bw_str path;
    struct bw_str text;
    const struct bw_extract_sink *sink;
};

int bw_package_job_json(const struct bw_package_job *job, unsigned flags,
                        int (*read)(struct bw_package_list *list, struct bw_json_text *text,
                                    struct bw_err *err),
                        struct bw_err *err) BW_MUST_USE;

/* root: of the first document, NULL where the text has none. */
int bw_package_job_yaml(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, const struct bw_yaml *root,
                                    struct bw_err *err),
                        struct bw_err *err) BW_MUST_USE;

int bw_package_job_toml(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, const struct bw_toml *root,
                                    struct bw_err *err),
                        struct bw_err *err) BW_MUST_USE;

int bw_package_job_xml(const struct bw_package_job *job,
                       int (*read)(struct bw_package_list *list, const struct bw_xml *root,
                                   struct bw_err *err),
                       struct bw_err *err) BW_MUST_USE;

int bw_package_job_text(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, struct bw_str text,
                                    struct bw_err *err),
                        struct bw_err *err) BW_MUST_USE;

/* The string of a member, p NULL where there is none. */
struct bw_str bw_json_string_at(const struct bw_json *object, const char *key);
struct bw_str bw_toml_string_at(const struct bw_toml *table, const char *key);
struct bw_str bw_yaml_text_at(const struct bw_yaml *mapping, const char *key);

/* The package at hand depends on the members of an object, by their keys. */
void bw_package_list_depend_keys(struct bw_package_list *list, const struct bw_json *object);

#endif
