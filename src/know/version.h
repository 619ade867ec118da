/*
 * version.h: which of two version strings is the later one.
 *
 * Every packaging system has an order of its own; an advisory's range is only true in the order of
 * its ecosystem. The orders here are exact: dpkg, apk and rpm are those of the tools, as the
 * comments in each version-*.c state. Pure functions: no allocation, no global state, linear in
 * the length of both strings; callable from any thread.
 *
 * Another order is one file version-NAME.c that exports one `struct bw_version_rules`, one word in
 * meson.build, one value here and one line in each of the two tables of version.c.
 */
#ifndef BW_KNOW_VERSION_H
#define BW_KNOW_VERSION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/str.h"

enum bw_version_order {
    /*
     * deb-version(7): [epoch:]upstream[-revision]. No epoch is epoch 0, no revision is revision 0.
     * Where the part before the first ':' is not a number it is no epoch, but belongs to the
     * version (dpkg refuses such a string).
     */
    BW_VERSION_DPKG,
    /*
     * apk-tools 3: number{.number}{letter}{_suffix{number}}{~hash}{-rN}. A string that breaks this
     * grammar is compared up to the break; there it is older than any that goes on or ends
     * properly, and two that break at the same place compare by the rest of their text, numbers
     * as numbers; rests that both begin with '-' are equal. "-r" without a number, at the end or
     * before a '-', is "-r0". (For well-formed versions this is apk-tools 3 to the letter; it calls
     * more of the broken ones equal.)
     */
    BW_VERSION_APK,
    /*
     * rpmverCmp: [epoch:]version[-release], each by rpmvercmp with '~' and '^'. No epoch is epoch
     * 0. A version without a release is older than the same one with any release, also an empty
     * one, as rpm compares packages. (rpm's *dependencies* ignore the release where one side has
     * none; that is not an order, and not done here.)
     */
    BW_VERSION_RPM,
    /*
     * Semantic Versioning 2.0.0, section 11, as OSV's SEMVER ranges use it. Build metadata is
     * ignored. More tolerant than the specification: a leading "v", missing minor and patch
     * numbers (they are 0), more than three numbers (compared on), leading zeros, a pre-release
     * without its hyphen ("1.2rc1"), numbers of any length. OSV's introduced "0" is not a version
     * but the start of everything: the caller handles it before it comes here.
     */
    BW_VERSION_SEMVER,
    /* Dart's pub: as SEMVER, but the build metadata counts last: 1.0.0 < 1.0.0+1 < 1.0.0+2. */
    BW_VERSION_PUB,
    /* Maven's POM reference, "Version Order Specification". Where a word stands behind a dot, or
     * first, this order is not transitive, as Maven's own was not: 1.0 < 1.0-1 < 1.0.rc < 1.0. */
    BW_VERSION_MAVEN,
    /* PEP 440; below all its versions those it does not know, in the order setuptools had. A number
     * there counts as a number, of whatever length (setuptools compares those of more than eight
     * digits as text). */
    BW_VERSION_PYPI,
    /*
     * Composer: PHP's version_compare. (Composer itself fills up to four numbers and lowers words
     * before; here as in PHP 1.0 < 1.0.0, and "BETA" is no "beta".) PHP's '#' equals any number and
     * none: with it alone this order is not transitive.
     */
    BW_VERSION_PACKAGIST,
    /* Gem::Version: a word is a pre-release, '-' is ".pre.". */
    BW_VERSION_RUBYGEMS,
    /* NuGetVersion: as SEMVER with any count of numbers, words in any case. */
    BW_VERSION_NUGET,
    /* R's package_version: numbers joined by '.' or '-'; 1.0 < 1.0.0. */
    BW_VERSION_CRAN,
    /* Haskell's Data.Version: numbers joined by '.'; 1.0 < 1.0.0. */
    BW_VERSION_HACKAGE,
    /* Conan 2: 1.1.1 < 1.1.1t < 1.1.2 < cci.20240101; 1.0 = 1.0.0; '-' pre-release, '+' build. */
    BW_VERSION_CONAN,
    /* opam: dpkg's rule for the whole string, without epoch and revision. */
    BW_VERSION_OPAM,
    BW_VERSION_ORDER_COUNT,
};

/*
 * <0, 0, >0: a is older than, equal to, newer than b. Total: any two byte strings compare, no input
 * fails; antisymmetric and transitive (but for what MAVEN and PACKAGIST say). Equal is not the same
 * as identical
 * ("1.0" and "0:1.0-0").
 */
int bw_version_compare(enum bw_version_order order, struct bw_str a, struct bw_str b) BW_MUST_USE;

/*
 * True where s is well-formed in the order's own grammar, as strictly as its tool reads it. A
 * string that is not still compares; a caller that wants to warn asks here. SEMVER and PUB: the
 * grammar of semver.org, with the leading "v" of Go allowed.
 */
bool bw_version_valid(enum bw_version_order order, struct bw_str s) BW_MUST_USE;

/* "dpkg", "pypi" and so on, the word in lower case: for messages. Never NULL. */
const char *bw_version_order_name(enum bw_version_order order) BW_MUST_USE;

/*
 * The order of an OSV ecosystem name (OSV schema, "affected[].package field"), with or without a
 * ":RELEASE" suffix: "Debian", "Debian:12", "Ubuntu:Pro:18.04:LTS", "Alpine:v3.19", "Go". The name
 * is case-sensitive, as in OSV. Vendors that patch other distributions' packages ("Root:Alpine:
 * 3.18", "TuxCare:AlmaLinux:9") have the order of the distribution. False, and *ret untouched,
 * where the ecosystem is not known or has an order that is not built in: its ranges cannot be
 * evaluated, and the caller says so in a gap.
 */
bool bw_version_order_of_ecosystem(struct bw_str ecosystem, enum bw_version_order *ret) BW_MUST_USE;

#endif
