/*
 * An installed package of Python: NAME.dist-info/METADATA, and PKG-INFO or the file NAME.egg-info
 * of older tools (packaging.python.org, "Core metadata specifications"). The licence is its SPDX
 * expression (2.4), else the one line of License, else what the classifiers say. What is needed
 * only for an extra is no dependency.
 */
#include "extract/fields.h"
#include "extract/package-document.h"
#include "extract/requirement.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_python_metadata;

static const char *const paths[] = {
    "**/*.dist-info/METADATA",
    "**/*.egg-info/PKG-INFO",
    "**/*.egg-info",
    NULL,
};

#define CLASSIFIER "License :: "

struct reader {
    struct bw_package package;
    struct bw_str expression, licence;
    uint32_t line;
};

/* "License :: OSI Approved :: MIT License": the last part. */
static void read_classifier(struct bw_package_list *list, struct bw_str value)
{
    struct bw_str rest = value, last = value;
    if (!bw_str_starts(value, BW_STR(CLASSIFIER)))
        return;
    for (size_t at; (at = bw_str_find_str(rest, BW_STR(" :: "))) != SIZE_MAX;)
        rest = last = bw_str_from(rest, at + 4);
    if (!bw_str_eq(last, BW_STR("OSI Approved")))
        bw_package_list_licence(list, last);
}

static void read_need(struct bw_package_list *list, struct bw_str value)
{
    size_t marker = bw_str_find(value, ';');
    struct bw_str condition = bw_str_from(value, marker == SIZE_MAX ? value.n : marker);
    if (bw_str_find_str(condition, BW_STR("extra")) == SIZE_MAX)
        bw_package_list_depend(list, bw_requirement_name(value));
}

static void read_field(struct reader *reader, struct bw_package_list *list,
                       const struct bw_fields *field)
{
    struct bw_str name = field->name, value = field->value;
    if (bw_str_eq_nocase(name, BW_STR("Name"))) {
        reader->package.name = value;
        reader->line = field->line;
    } else if (bw_str_eq_nocase(name, BW_STR("Version"))) {
        reader->package.version = value;
    } else if (bw_str_eq_nocase(name, BW_STR("License-Expression"))) {
        reader->expression = value;
    } else if (bw_str_eq_nocase(name, BW_STR("License"))) {
        reader->licence = value;
    } else if (bw_str_eq_nocase(name, BW_STR("Classifier"))) {
        read_classifier(list, value);
    } else if (bw_str_eq_nocase(name, BW_STR("Requires-Dist"))) {
        read_need(list, value);
    }
}

/* Some put the whole text of their licence there, and some "UNKNOWN". */
static bool says_something(struct bw_str licence)
{
    return licence.n && bw_str_find(licence, '\n') == SIZE_MAX &&
           !bw_str_eq_nocase(licence, BW_STR("UNKNOWN"));
}

static int read_metadata(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct reader reader = {0};
    struct bw_fields fields = bw_fields(text);
    while (bw_fields_next(&fields))
        read_field(&reader, list, &fields);
    struct bw_str own = reader.expression.n ? reader.expression : reader.licence;
    if (!says_something(own) && !list->licence.n)
        own = bw_fields_first_line(own);
    else if (!says_something(own))
        own = (struct bw_str){0};
    if (own.n) {
        bw_buf_clear(&list->licence);
        reader.package.licence = own;
    }
    return bw_package_list_add(list, &reader.package, reader.line, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_python_metadata, BW_PACKAGE_PYPI, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_text(&job, read_metadata, err);
}

const struct bw_parser bw_parser_python_metadata = {
    .name = "python-metadata",
    .what = "packages (Python)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
