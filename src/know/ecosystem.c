#include "know/ecosystem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "know/fields.h"

#define FOLDER_MAX 120
#define NAMES_MAX  8

/* The usual ones first: what images are made of. */
#define USUAL 35
static struct bw_str KNOWN[] = {
    {"AlmaLinux", 9},
    {"Alpaquita", 9},
    {"Alpine", 6},
    {"Azure Linux", 11},
    {"BellSoft Hardened Containers", 28},
    {"Bitnami", 7},
    {"CRAN", 4},
    {"Chainguard", 10},
    {"CleanStart", 10},
    {"ConanCenter", 11},
    {"Debian", 6},
    {"Docker Hardened Images", 22},
    {"Echo", 4},
    {"Go", 2},
    {"Hex", 3},
    {"Julia", 5},
    {"Mageia", 6},
    {"Maven", 5},
    {"MinimOS", 7},
    {"NuGet", 5},
    {"Packagist", 9},
    {"Photon OS", 9},
    {"Pub", 3},
    {"PyPI", 4},
    {"Red Hat", 7},
    {"Rocky Linux", 11},
    {"RubyGems", 8},
    {"SUSE", 4},
    {"SwiftURL", 8},
    {"Ubuntu", 6},
    {"Wolfi", 5},
    {"crates.io", 9},
    {"npm", 3},
    {"openEuler", 9},
    {"openSUSE", 8},
    {"Bioconductor", 12},
    {"GHC", 3},
    {"GitHub Actions", 14},
    {"Hackage", 7},
    {"Kubernetes", 10},
    {"VSCode", 6},
    {"opam", 4},
};

struct bw_strs bw_ecosystem_known(bool usual)
{
    return (struct bw_strs){KNOWN, usual ? USUAL : BW_ARRAY_LEN(KNOWN)};
}

bool bw_ecosystem_is_folder(struct bw_str name)
{
    return name.n > 0 && name.n <= FOLDER_MAX && name.p[0] != '.' &&
           bw_str_find(name, '/') == SIZE_MAX && bw_str_is_utf8(name) &&
           !bw_fields_has_control(name);
}

/* --- distributions --- */

struct builder {
    const struct bw_distribution *d;
    struct bw_arena *arena;
    struct bw_ecosystem *eco;
    struct bw_err *err;
};

/* What os-release says goes into patterns and messages: only what release names are made of. */
static bool is_release(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '.' || c == '_' || c == '-' || c == ' '))
            return false;
    }
    return s.n > 0 && s.n <= 64;
}

static int add(struct builder *b, const char *fmt, ...) BW_PRINTF(2, 3);
static int add(struct builder *b, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct bw_str copy = bw_arena_str(b->arena, bw_str(text));
    if (!copy.p || b->eco->names.n == NAMES_MAX)
        return bw_err_set(b->err, BW_ENOMEM, "out of memory");
    b->eco->names.v[b->eco->names.n++] = copy;
    return 0;
}

static int no_release(struct builder *b)
{
    return bw_err_set(b->err, BW_EFORMAT,
                      "os-release of %" BW_STR_F " does not say which release it is",
                      BW_STR_A(bw_str_take(b->d->id, 64)));
}

/* The part before the first, or the second, '.'. */
static struct bw_str major(struct bw_str version)
{
    return bw_str_take(version, bw_str_find(version, '.'));
}

static struct bw_str major_minor(struct bw_str version)
{
    size_t dot = bw_str_find(version, '.');
    if (dot == SIZE_MAX)
        return version;
    size_t second = bw_str_find(bw_str_from(version, dot + 1), '.');
    return second == SIZE_MAX ? version : bw_str_take(version, dot + 1 + second);
}

static int debian(struct builder *b)
{
    static const struct {
        const char *codename, *release;
    } names[] = {
        {"squeeze", "6"}, {"wheezy", "7"},    {"jessie", "8"},    {"stretch", "9"},
        {"buster", "10"}, {"bullseye", "11"}, {"bookworm", "12"}, {"trixie", "13"},
        {"forky", "14"},  {"duke", "15"},     {"sid", "sid"},
    };
    struct bw_str release = major(b->d->version_id);
    if (is_release(release))
        return add(b, "Debian:%" BW_STR_F, BW_STR_A(release));
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(b->d->codename, bw_str(names[i].codename)))
            return add(b, "Debian:%s", names[i].release);
    return no_release(b);
}

/* Every second April release has long-term support; 6.06 is the odd one. */
static bool is_lts(struct bw_str release)
{
    if (bw_str_eq(release, BW_STR("6.06")))
        return true;
    uint64_t year = 0;
    return bw_str_ends(release, BW_STR(".04")) && bw_str_to_u64(major(release), &year) &&
           year % 2 == 0;
}

static int ubuntu(struct builder *b)
{
    struct bw_str release = major_minor(b->d->version_id);
    if (!is_release(release))
        return no_release(b);
    if (!is_lts(release))
        return add(b, "Ubuntu:%" BW_STR_F, BW_STR_A(release));
    int rc = add(b, "Ubuntu:%" BW_STR_F ":LTS", BW_STR_A(release));
    b->eco->last_decides = true;
    return rc ? rc : add(b, "Ubuntu:Pro:%" BW_STR_F ":LTS", BW_STR_A(release));
}

static int alpine(struct builder *b)
{
    struct bw_str version = b->d->version_id;
    /* "3.21.0_alpha20240807" is edge between two releases. */
    if (bw_str_find_str(version, BW_STR("_alpha")) != SIZE_MAX ||
        bw_str_eq(version, BW_STR("edge")))
        return add(b, "Alpine:edge");
    struct bw_str release = major_minor(version);
    return is_release(release) ? add(b, "Alpine:v%" BW_STR_F, BW_STR_A(release)) : no_release(b);
}

static int by_major(struct builder *b)
{
    struct bw_str release = major(b->d->version_id);
    return is_release(release)
               ? add(b, "%" BW_STR_F ":%" BW_STR_F, BW_STR_A(b->eco->base), BW_STR_A(release))
               : no_release(b);
}

static int by_version(struct builder *b)
{
    struct bw_str release = b->d->version_id;
    return is_release(release)
               ? add(b, "%" BW_STR_F ":%" BW_STR_F, BW_STR_A(b->eco->base), BW_STR_A(release))
               : no_release(b);
}

static int without_release(struct builder *b)
{
    return add(b, "%" BW_STR_F, BW_STR_A(b->eco->base));
}

/* A rolling distribution may also have a release's name behind its own. */
static int rolling(struct builder *b)
{
    int rc = without_release(b);
    return rc ? rc : add(b, "%" BW_STR_F ":*", BW_STR_A(b->eco->base));
}

static int azure(struct builder *b)
{
    struct bw_str release = b->d->version_id;
    if (!is_release(release))
        return no_release(b);
    int rc = add(b, "Azure Linux:%" BW_STR_F, BW_STR_A(major(release)));
    return rc ? rc : add(b, "Azure Linux:%" BW_STR_F, BW_STR_A(release));
}

static int red_hat(struct builder *b)
{
    struct bw_str release = major(b->d->version_id);
    if (!is_release(release))
        return no_release(b);
    int rc = add(b, "Red Hat:enterprise_linux:%" BW_STR_F, BW_STR_A(release));
    if (rc == 0)
        rc = add(b, "Red Hat:enterprise_linux:%" BW_STR_F "::*", BW_STR_A(release));
    /* From 10 on the minor release is part of the name. */
    return rc ? rc : add(b, "Red Hat:enterprise_linux:%" BW_STR_F ".*", BW_STR_A(release));
}

/* "15.5" is "15 SP5", "15" and "16.0" are themselves. */
static int suse(struct builder *b)
{
    struct bw_str version = b->d->version_id;
    if (!is_release(version))
        return no_release(b);
    char name[80];
    struct bw_str first = major(version), second = bw_str_from(version, first.n + 1);
    uint64_t number = 0;
    if (bw_str_to_u64(first, &number) && number < 16 && second.n && !bw_str_eq(second, BW_STR("0")))
        snprintf(name, sizeof name, "%" BW_STR_F " SP%" BW_STR_F, BW_STR_A(first),
                 BW_STR_A(second));
    else
        snprintf(name, sizeof name, "%" BW_STR_F, BW_STR_A(number < 16 ? first : version));
    static const char *const products[] = {
        "Linux Enterprise Server %s",      "Linux Enterprise Module for * %s",
        "Linux Enterprise Server %s-LTSS", "Linux Enterprise Desktop %s",
        "Linux Enterprise Micro %s",
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(products); i++) {
        const char *at = strstr(products[i], "%s");
        rc = add(b, "SUSE:%.*s%s%s", (int)(at - products[i]), products[i], name, at + 2);
    }
    return rc;
}

static int suse_micro(struct builder *b)
{
    struct bw_str version = b->d->version_id;
    if (!is_release(version))
        return no_release(b);
    int rc = add(b, "SUSE:Linux Enterprise Micro %" BW_STR_F, BW_STR_A(version));
    return rc ? rc : add(b, "SUSE:Linux Micro %" BW_STR_F, BW_STR_A(version));
}

static int leap(struct builder *b)
{
    struct bw_str version = b->d->version_id;
    return is_release(version) ? add(b, "openSUSE:Leap %" BW_STR_F, BW_STR_A(version))
                               : no_release(b);
}

static int leap_micro(struct builder *b)
{
    struct bw_str version = b->d->version_id;
    return is_release(version) ? add(b, "openSUSE:Leap Micro %" BW_STR_F, BW_STR_A(version))
                               : no_release(b);
}

static int tumbleweed(struct builder *b)
{
    return add(b, "openSUSE:Tumbleweed");
}

/* VERSION_ID "22.03" and PRETTY_NAME "openEuler 22.03 (LTS-SP3)" make "22.03-LTS-SP3". */
static int open_euler(struct builder *b)
{
    struct bw_str version = b->d->version_id, pretty = b->d->pretty_name;
    if (!is_release(version))
        return no_release(b);
    size_t open = bw_str_find(pretty, '('), close = bw_str_find(pretty, ')');
    if (open == SIZE_MAX || close == SIZE_MAX || close < open)
        return add(b, "openEuler:%" BW_STR_F, BW_STR_A(version));
    struct bw_str stage = bw_str_take(bw_str_from(pretty, open + 1), close - open - 1);
    return is_release(stage)
               ? add(b, "openEuler:%" BW_STR_F "-%" BW_STR_F, BW_STR_A(version), BW_STR_A(stage))
               : no_release(b);
}

#define DEB BW_VERSION_DPKG, BW_PACKAGE_DEB
#define APK BW_VERSION_APK, BW_PACKAGE_APK
#define RPM BW_VERSION_RPM, BW_PACKAGE_RPM

static const struct family {
    const char *id; /* of os-release, lower case */
    const char *base;
    enum bw_ecosystem_by by;
    enum bw_version_order order;
    enum bw_package_type type;
    int (*names)(struct builder *b);
} FAMILIES[] = {
    {"debian", "Debian", BW_BY_SOURCE, DEB, debian},
    {"raspbian", "Debian", BW_BY_SOURCE, DEB, debian},
    {"ubuntu", "Ubuntu", BW_BY_SOURCE, DEB, ubuntu},
    {"echo", "Echo", BW_BY_SOURCE, DEB, rolling},
    {"alpine", "Alpine", BW_BY_SOURCE, APK, alpine},
    {"alpaquita", "Alpaquita", BW_BY_SOURCE, APK, by_version},
    {"bellsoft-hardened-containers", "BellSoft Hardened Containers", BW_BY_SOURCE, APK, by_version},
    {"wolfi", "Wolfi", BW_BY_EITHER, APK, rolling},
    {"chainguard", "Chainguard", BW_BY_EITHER, APK, rolling},
    {"minimos", "MinimOS", BW_BY_EITHER, APK, rolling},
    {"cleanstart", "CleanStart", BW_BY_EITHER, APK, rolling},
    {"almalinux", "AlmaLinux", BW_BY_BINARY, RPM, by_major},
    {"rocky", "Rocky Linux", BW_BY_EITHER, RPM, by_major},
    {"rhel", "Red Hat", BW_BY_EITHER, RPM, red_hat},
    {"sles", "SUSE", BW_BY_EITHER, RPM, suse},
    {"sled", "SUSE", BW_BY_EITHER, RPM, suse},
    {"sles_sap", "SUSE", BW_BY_EITHER, RPM, suse},
    {"sle_hpc", "SUSE", BW_BY_EITHER, RPM, suse},
    {"sle-micro", "SUSE", BW_BY_EITHER, RPM, suse_micro},
    {"sl-micro", "SUSE", BW_BY_EITHER, RPM, suse_micro},
    {"opensuse-leap", "openSUSE", BW_BY_EITHER, RPM, leap},
    {"opensuse-leap-micro", "openSUSE", BW_BY_EITHER, RPM, leap_micro},
    {"opensuse-tumbleweed", "openSUSE", BW_BY_EITHER, RPM, tumbleweed},
    {"photon", "Photon OS", BW_BY_EITHER, RPM, by_version},
    {"azurelinux", "Azure Linux", BW_BY_EITHER, RPM, azure},
    {"mariner", "Azure Linux", BW_BY_EITHER, RPM, azure},
    {"mageia", "Mageia", BW_BY_EITHER, RPM, by_version},
    {"openeuler", "openEuler", BW_BY_EITHER, RPM, open_euler},
};

/* Distributions whose vendors publish nothing that OSV carries. */
static const struct {
    const char *id, *name;
} WITHOUT[] = {
    {"amzn", "Amazon Linux"},    {"arch", "Arch Linux"}, {"centos", "CentOS"},
    {"fedora", "Fedora"},        {"gentoo", "Gentoo"},   {"kali", "Kali Linux"},
    {"linuxmint", "Linux Mint"}, {"nixos", "NixOS"},     {"ol", "Oracle Linux"},
};

static int unsupported(struct bw_str id, struct bw_err *err)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(WITHOUT); i++)
        if (bw_str_eq(id, bw_str(WITHOUT[i].id)))
            return bw_err_set(err, BW_EUNSUPPORTED, "OSV has no advisories for %s",
                              WITHOUT[i].name);
    if (id.n == 0)
        return bw_err_set(err, BW_EUNSUPPORTED, "the distribution is not known");
    if (!is_release(id))
        return bw_err_set(err, BW_EUNSUPPORTED, "the ID in os-release is no plain word");
    return bw_err_set(err, BW_EUNSUPPORTED,
                      "no advisories are known for the distribution '%" BW_STR_F "'", BW_STR_A(id));
}

int bw_ecosystem_of(const struct bw_distribution *d, struct bw_arena *arena,
                    struct bw_ecosystem *ret_ecosystem, struct bw_err *err)
{
    const struct family *family = NULL;
    for (size_t i = 0; !family && i < BW_ARRAY_LEN(FAMILIES); i++)
        if (bw_str_eq_nocase(d->id, bw_str(FAMILIES[i].id)))
            family = &FAMILIES[i];
    if (!family)
        return unsupported(d->id, err);
    struct bw_ecosystem eco = {
        .base = bw_str(family->base),
        .by = family->by,
        .order = family->order,
        .type = family->type,
        .names.v = bw_arena_array(arena, NAMES_MAX, sizeof(struct bw_str)),
    };
    struct builder b = {.d = d, .arena = arena, .eco = &eco, .err = err};
    int rc = eco.names.v ? family->names(&b) : bw_err_set(err, BW_ENOMEM, "out of memory");
    if (rc)
        return rc;
    /* Every family adds a name or fails. */
    assert(eco.names.v && eco.names.n > 0);
    eco.name = eco.names.v[0];
    *ret_ecosystem = eco;
    return 0;
}
