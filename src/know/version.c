#include "know/version.h"

#include <assert.h>

#include "know/version-rules.h"

static const struct bw_version_rules *const ORDERS[] = {
    [BW_VERSION_DPKG] = &bw_version_rules_dpkg,
    [BW_VERSION_APK] = &bw_version_rules_apk,
    [BW_VERSION_RPM] = &bw_version_rules_rpm,
    [BW_VERSION_SEMVER] = &bw_version_rules_semver,
    [BW_VERSION_PUB] = &bw_version_rules_pub,
    [BW_VERSION_MAVEN] = &bw_version_rules_maven,
    [BW_VERSION_PYPI] = &bw_version_rules_pypi,
    [BW_VERSION_PACKAGIST] = &bw_version_rules_packagist,
    [BW_VERSION_RUBYGEMS] = &bw_version_rules_rubygems,
    [BW_VERSION_NUGET] = &bw_version_rules_nuget,
    [BW_VERSION_CRAN] = &bw_version_rules_cran,
    [BW_VERSION_HACKAGE] = &bw_version_rules_hackage,
    [BW_VERSION_CONAN] = &bw_version_rules_conan,
    [BW_VERSION_OPAM] = &bw_version_rules_opam,
};

/* What may stand behind the first ':' of an ecosystem name. */
enum suffix {
    RELEASE,      /* anything, or nothing: it does not change the order */
    NONE,         /* nothing: with a suffix it is another ecosystem, whose order we do not have */
    DISTRIBUTION, /* the name of a distribution, which has the order */
};

struct ecosystem {
    struct bw_str name;
    enum bw_version_order order; /* without meaning for DISTRIBUTION */
    enum suffix suffix;
};

#define NAME(lit)                                                                                  \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    }

/* Names of the OSV schema, and three of distributions that OSV does not carry yet. */
static const struct ecosystem ECOSYSTEMS[] = {
    {NAME("Debian"), BW_VERSION_DPKG, RELEASE},
    {NAME("Echo"), BW_VERSION_DPKG, NONE},
    {NAME("Ubuntu"), BW_VERSION_DPKG, RELEASE},

    {NAME("Alpaquita"), BW_VERSION_APK, RELEASE},
    {NAME("Alpine"), BW_VERSION_APK, RELEASE},
    {NAME("BellSoft Hardened Containers"), BW_VERSION_APK, RELEASE},
    {NAME("Chainguard"), BW_VERSION_APK, RELEASE},
    {NAME("CleanStart"), BW_VERSION_APK, RELEASE},
    {NAME("MinimOS"), BW_VERSION_APK, RELEASE},
    {NAME("Wolfi"), BW_VERSION_APK, RELEASE},

    {NAME("AlmaLinux"), BW_VERSION_RPM, RELEASE},
    {NAME("Amazon Linux"), BW_VERSION_RPM, RELEASE},
    {NAME("Azure Linux"), BW_VERSION_RPM, RELEASE},
    {NAME("Fedora"), BW_VERSION_RPM, RELEASE},
    {NAME("Mageia"), BW_VERSION_RPM, RELEASE},
    {NAME("Oracle Linux"), BW_VERSION_RPM, RELEASE},
    {NAME("Photon OS"), BW_VERSION_RPM, RELEASE},
    {NAME("Red Hat"), BW_VERSION_RPM, RELEASE},
    {NAME("Rocky Linux"), BW_VERSION_RPM, RELEASE},
    {NAME("SUSE"), BW_VERSION_RPM, RELEASE},
    {NAME("openEuler"), BW_VERSION_RPM, RELEASE},
    {NAME("openSUSE"), BW_VERSION_RPM, RELEASE},

    {NAME("Bioconductor"), BW_VERSION_SEMVER, RELEASE},
    {NAME("Bitnami"), BW_VERSION_SEMVER, RELEASE},
    {NAME("ConanCenter"), BW_VERSION_CONAN, RELEASE},
    {NAME("Docker Hardened Images"), BW_VERSION_SEMVER, RELEASE},
    {NAME("GHC"), BW_VERSION_SEMVER, RELEASE},
    {NAME("GitHub Actions"), BW_VERSION_SEMVER, RELEASE},
    {NAME("Go"), BW_VERSION_SEMVER, RELEASE},
    {NAME("Hex"), BW_VERSION_SEMVER, RELEASE},
    {NAME("Julia"), BW_VERSION_SEMVER, RELEASE},
    {NAME("Kubernetes"), BW_VERSION_SEMVER, RELEASE},
    {NAME("SwiftURL"), BW_VERSION_SEMVER, RELEASE},
    {NAME("VSCode"), BW_VERSION_SEMVER, RELEASE},
    {NAME("crates.io"), BW_VERSION_SEMVER, RELEASE},
    {NAME("npm"), BW_VERSION_SEMVER, RELEASE},

    {NAME("CRAN"), BW_VERSION_CRAN, RELEASE},
    {NAME("Hackage"), BW_VERSION_HACKAGE, RELEASE},
    {NAME("Maven"), BW_VERSION_MAVEN, RELEASE},
    {NAME("NuGet"), BW_VERSION_NUGET, RELEASE},
    {NAME("Packagist"), BW_VERSION_PACKAGIST, RELEASE},
    {NAME("Pub"), BW_VERSION_PUB, RELEASE},
    {NAME("opam"), BW_VERSION_OPAM, RELEASE},
    {NAME("PyPI"), BW_VERSION_PYPI, RELEASE},
    {NAME("RubyGems"), BW_VERSION_RUBYGEMS, RELEASE},

    {NAME("Root"), BW_VERSION_DPKG, DISTRIBUTION},
    {NAME("TuxCare"), BW_VERSION_DPKG, DISTRIBUTION},
};

static const struct bw_version_rules *rules_of(enum bw_version_order order)
{
    assert((size_t)order < BW_ARRAY_LEN(ORDERS));
    return ORDERS[order];
}

int bw_version_compare(enum bw_version_order order, struct bw_str a, struct bw_str b)
{
    return rules_of(order)->compare(a, b);
}

bool bw_version_valid(enum bw_version_order order, struct bw_str s)
{
    return rules_of(order)->valid(s);
}

const char *bw_version_order_name(enum bw_version_order order)
{
    return rules_of(order)->name;
}

static const struct ecosystem *find_ecosystem(struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(ECOSYSTEMS); i++)
        if (bw_str_eq(ECOSYSTEMS[i].name, name))
            return &ECOSYSTEMS[i];
    return NULL;
}

/*
 * The vendor's rebuilds of language packages ("Root:npm") carry their patch level in build
 * metadata, which SEMVER ignores: a fixed and a vulnerable version would look equal. Hence only
 * distributions.
 */
static const struct ecosystem *find_distribution(struct bw_str suffix)
{
    const struct ecosystem *eco = find_ecosystem(bw_str_take(suffix, bw_str_find(suffix, ':')));
    if (!eco || eco->suffix != RELEASE)
        return NULL;
    bool distribution = eco->order == BW_VERSION_DPKG || eco->order == BW_VERSION_APK ||
                        eco->order == BW_VERSION_RPM;
    return distribution ? eco : NULL;
}

bool bw_version_order_of_ecosystem(struct bw_str ecosystem, enum bw_version_order *ret)
{
    size_t colon = bw_str_find(ecosystem, ':');
    const struct ecosystem *eco = find_ecosystem(bw_str_take(ecosystem, colon));
    if (!eco)
        return false;
    if (eco->suffix == NONE && colon != SIZE_MAX)
        return false;
    if (eco->suffix == DISTRIBUTION) {
        if (colon == SIZE_MAX)
            return false;
        eco = find_distribution(bw_str_from(ecosystem, colon + 1));
        if (!eco)
            return false;
    }
    *ret = eco->order;
    return true;
}

struct bw_str bw_version_cut(struct bw_str *s, bool (*is)(char))
{
    size_t n = 0;
    while (n < s->n && is(s->p[n]))
        n++;
    struct bw_str head = bw_str_take(*s, n);
    *s = bw_str_from(*s, n);
    return head;
}

bool bw_version_all(struct bw_str s, bool (*is)(char))
{
    struct bw_str rest = s;
    bw_version_cut(&rest, is);
    return s.n > 0 && rest.n == 0;
}

static struct bw_str without_zeros(struct bw_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == '0')
        n++;
    return bw_str_from(s, n);
}

int bw_version_numbers(struct bw_str a, struct bw_str b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return bw_version_texts(a, b);
}

int bw_version_texts(struct bw_str a, struct bw_str b)
{
    int c = bw_str_cmp(a, b);
    return (c > 0) - (c < 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int bw_version_texts_nocase(struct bw_str a, struct bw_str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        unsigned char x = (unsigned char)lower(a.p[i]), y = (unsigned char)lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}
