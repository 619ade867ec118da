/*
 * composer-packages.h: a list of packages as Composer writes it, in lock files and beside what it
 * installed (getcomposer.org/doc/04-schema.md).
 */
#ifndef BW_EXTRACT_COMPOSER_PACKAGES_H
#define BW_EXTRACT_COMPOSER_PACKAGES_H

#include "extract/package-document.h"

/* Whether a package of that name is of development; ctx is the caller's. */
typedef bool bw_composer_is_development(void *ctx, struct bw_str name);

/* Adds every package of an array. */
int bw_composer_packages_add(struct bw_package_list *list, struct bw_json_text *text,
                             const struct bw_json *packages,
                             bw_composer_is_development *is_development, void *ctx,
                             struct bw_err *err) BW_MUST_USE;

#endif
