/*
 * product.h: programs that were put in by hand, recognised by the name of a file and the version
 * that its bytes tell.
 *
 * A product is known by the name that Bitnami's advisories have for it, where there are any. Its
 * literals stand right before and right behind the version, as in "nginx/" 1.25.3 "\0". The file is
 * searched once for each literal of the products that its name fits, and for nothing else.
 *
 * Versions are numbers with dots, and what marks a release that is not final ("-rc1", "beta2").
 * What a distributor appends is left out.
 */
#ifndef BW_EXTRACT_PRODUCT_H
#define BW_EXTRACT_PRODUCT_H

#include "extract/record.h"

#define BW_PRODUCT_VERSION_MAX 64u

enum bw_product_form {
    BW_FORM_VERSION, /* before, version, after; what else belongs to the word in front of `after`
                        is skipped; the first place counts */
    BW_FORM_THREE,   /* as above, where the version has three numbers or more */
    BW_FORM_LETTER,  /* as the first, and a letter belongs to the version: "1.1.1w", "9.2p1" */
    BW_FORM_ALONE,   /* a C string of three numbers and nothing else that begins with `before`,
                        where all such in the file are the same */
    BW_FORM_NAMED,   /* such a string that continues the number in the file's name:
                        "libpython3.11.so.1.0" and "3.11.2" */
    BW_FORM_BUILD,   /* Redis and its kin: a C string of version, build id and eight zeros or more,
                        where the version is a C string elsewhere too */
    BW_FORM_DATE,    /* "2023-12-20T01-00-02Z", which becomes "2023.12.20" */
    BW_FORM_WHOLE,   /* what the file begins with */
    BW_FORM_PATH,    /* the directory the file is in is the version */
    BW_FORM_JAVA,    /* "1.8.0_392", which becomes "8.0.392" as in Java's own later numbering */
};

struct bw_product_literal {
    enum bw_product_form form;
    struct bw_str before, after;
};

#define BW_PRODUCT_FILES_MAX    6
#define BW_PRODUCT_LITERALS_MAX 4

struct bw_product {
    const char *name;
    const char *files[BW_PRODUCT_FILES_MAX]; /* patterns as in struct bw_parser */
    struct bw_product_literal literals[BW_PRODUCT_LITERALS_MAX]; /* tried in this order */
};

/* Programs and libraries (ELF files); name is NULL at the end. In binary-products.c. */
extern const struct bw_product bw_binary_products[];

/* Programs written in Go, whose version is that of the main module, by the beginning of the import
 * path (whole components); import is NULL at the end. In binary-products.c. */
struct bw_go_product {
    const char *import, *name;
};
extern const struct bw_go_product bw_go_products[];

/* Sends each product of a table that the path fits and the content has a version of, as
 * BW_PACKAGE_BITNAMI. *ret_n: how many. */
int bw_product_send(const struct bw_product *table, struct bw_str content,
                    struct bw_record_gaps *gaps, size_t *ret_n, struct bw_err *err) BW_MUST_USE;

/* Sends one product with a version that is known. */
int bw_product_send_known(const char *name, struct bw_str version, struct bw_record_gaps *gaps,
                          struct bw_err *err) BW_MUST_USE;

#endif
