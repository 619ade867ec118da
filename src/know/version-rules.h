/*
 * version-rules.h: what one version order consists of. For version.c and the version-*.c files
 * only; everyone else asks version.h.
 */
#ifndef BW_KNOW_VERSION_RULES_H
#define BW_KNOW_VERSION_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The contract of each member is that of the function of version.h that calls it. */
struct bw_version_rules {
    const char *name;
    int (*compare)(struct bw_str a, struct bw_str b);
    bool (*valid)(struct bw_str s);
};

extern const struct bw_version_rules bw_version_rules_dpkg;
extern const struct bw_version_rules bw_version_rules_apk;
extern const struct bw_version_rules bw_version_rules_rpm;
extern const struct bw_version_rules bw_version_rules_semver;
extern const struct bw_version_rules bw_version_rules_pub;
extern const struct bw_version_rules bw_version_rules_maven;
extern const struct bw_version_rules bw_version_rules_pypi;
extern const struct bw_version_rules bw_version_rules_packagist;
extern const struct bw_version_rules bw_version_rules_rubygems;
extern const struct bw_version_rules bw_version_rules_nuget;
extern const struct bw_version_rules bw_version_rules_cran;
extern const struct bw_version_rules bw_version_rules_hackage;
extern const struct bw_version_rules bw_version_rules_conan;
extern const struct bw_version_rules bw_version_rules_opam;

/* ASCII only, whatever the locale: versions are not language. */
static inline bool bw_version_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool bw_version_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool bw_version_is_alpha(char c)
{
    return bw_version_is_lower(c) || (c >= 'A' && c <= 'Z');
}

static inline bool bw_version_is_alnum(char c)
{
    return bw_version_is_digit(c) || bw_version_is_alpha(c);
}

/* Cuts the longest prefix of *s whose bytes `is` accepts off *s; may be empty. */
struct bw_str bw_version_cut(struct bw_str *s, bool (*is)(char));

/* True where s is not empty and `is` accepts all its bytes. */
bool bw_version_all(struct bw_str s, bool (*is)(char));

/* Two strings of digits as numbers of any size; the empty string is 0. -1, 0, 1. */
int bw_version_numbers(struct bw_str a, struct bw_str b);

/* bw_str_cmp brought to -1, 0, 1; and the same of both in lower case (ASCII). */
int bw_version_texts(struct bw_str a, struct bw_str b);
int bw_version_texts_nocase(struct bw_str a, struct bw_str b);

#endif
