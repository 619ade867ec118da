#include "know/language.h"

#include "base/compiler.h"

static const struct language {
    const char *name;
    bool has_advisories;
    enum bw_version_order order;
} LANGUAGES[BW_PACKAGE_TYPE_COUNT] = {
    [BW_PACKAGE_NPM] = {"npm", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_PYPI] = {"PyPI", true, BW_VERSION_PYPI},
    [BW_PACKAGE_GO] = {"Go", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_MAVEN] = {"Maven", true, BW_VERSION_MAVEN},
    [BW_PACKAGE_CARGO] = {"crates.io", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_GEM] = {"RubyGems", true, BW_VERSION_RUBYGEMS},
    [BW_PACKAGE_COMPOSER] = {"Packagist", true, BW_VERSION_PACKAGIST},
    [BW_PACKAGE_NUGET] = {"NuGet", true, BW_VERSION_NUGET},
    [BW_PACKAGE_PUB] = {"Pub", true, BW_VERSION_PUB},
    [BW_PACKAGE_SWIFT] = {"SwiftURL", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_HEX] = {"Hex", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_CONAN] = {"ConanCenter", true, BW_VERSION_CONAN},
    [BW_PACKAGE_CONDA] = {"Conda", false, BW_VERSION_SEMVER},
    [BW_PACKAGE_JULIA] = {"Julia", true, BW_VERSION_SEMVER},
    [BW_PACKAGE_CRAN] = {"CRAN", true, BW_VERSION_CRAN},
    [BW_PACKAGE_BITNAMI] = {"Bitnami", true, BW_VERSION_SEMVER},
};

static const struct language *language_of(enum bw_package_type type)
{
    bool known = (unsigned)type < BW_PACKAGE_TYPE_COUNT && LANGUAGES[type].name;
    return known ? &LANGUAGES[type] : NULL;
}

const char *bw_language_name(enum bw_package_type type)
{
    const struct language *language = language_of(type);
    return language ? language->name : bw_package_type_name(type);
}

bool bw_language_ecosystem(enum bw_package_type type, struct bw_ecosystem *ret_ecosystem)
{
    const struct language *language = language_of(type);
    if (!language || !language->has_advisories)
        return false;
    struct bw_str name = bw_str(language->name);
    *ret_ecosystem = (struct bw_ecosystem){
        .base = name, .name = name, .by = BW_BY_BINARY, .order = language->order, .type = type};
    return true;
}

/* --- names --- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void put_lower(struct bw_buf *buf, struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++)
        bw_buf_byte(buf, (uint8_t)lower(name.p[i]));
}

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == '.';
}

/* PEP 503. */
static void put_pypi(struct bw_buf *buf, struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!is_separator(name.p[i]))
            bw_buf_byte(buf, (uint8_t)lower(name.p[i]));
        else if (i == 0 || !is_separator(name.p[i - 1]))
            bw_buf_byte(buf, '-');
    }
}

/* "https://user@host/path.git/", and the short form of SSH, "git@host:path". */
static void put_swift(struct bw_buf *buf, struct bw_str name)
{
    size_t scheme = bw_str_find_str(name, BW_STR("://"));
    if (scheme != SIZE_MAX)
        name = bw_str_from(name, scheme + 3);
    size_t at = bw_str_find(name, '@'), slash = bw_str_find(name, '/');
    if (at != SIZE_MAX && (slash == SIZE_MAX || at < slash))
        name = bw_str_from(name, at + 1);
    while (name.n && name.p[name.n - 1] == '/')
        name.n--;
    if (bw_str_ends(name, BW_STR(".git")))
        name.n -= 4;
    size_t colon = scheme == SIZE_MAX ? bw_str_find(name, ':') : SIZE_MAX;
    put_lower(buf, bw_str_take(name, colon));
    if (colon == SIZE_MAX)
        return;
    bw_buf_byte(buf, '/');
    put_lower(buf, bw_str_from(name, colon + 1));
}

void bw_language_put_name(struct bw_buf *buf, struct bw_str ecosystem, struct bw_str name)
{
    static const struct {
        struct bw_str base;
        void (*put)(struct bw_buf *buf, struct bw_str name);
    } RULES[] = {
        {{"PyPI", 4}, put_pypi},
        {{"NuGet", 5}, put_lower},
        {{"Packagist", 9}, put_lower},
        {{"SwiftURL", 8}, put_swift},
    };
    struct bw_str base = bw_str_take(ecosystem, bw_str_find(ecosystem, ':'));
    for (size_t i = 0; i < BW_ARRAY_LEN(RULES); i++)
        if (bw_str_eq(base, RULES[i].base)) {
            RULES[i].put(buf, name);
            return;
        }
    bw_buf_str(buf, name);
}

/* --- versions --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct bw_str go_version(struct bw_str version)
{
    if (bw_str_starts(version, BW_STR("go")))
        version = bw_str_from(version, 2);
    return bw_str_take(version, bw_str_find(version, ' '));
}

/* One letter may stand in front ("v1.2", Maven's "r09"), Conan's "cci.2020" and the like; a branch
 * or a placeholder is no version. */
static bool is_version(struct bw_str version, enum bw_package_type type)
{
    if (version.n == 0)
        return false;
    if (is_digit(version.p[0]))
        return true;
    if (version.n > 1 && is_digit(version.p[1]))
        return true;
    if (type != BW_PACKAGE_MAVEN && type != BW_PACKAGE_CONAN)
        return false;
    bool digit = false;
    for (size_t i = 0; i < version.n; i++) {
        digit = digit || is_digit(version.p[i]);
        if (version.p[i] == '$' || version.p[i] == '{')
            return false;
    }
    return digit;
}

struct bw_str bw_language_version(enum bw_package_type type, struct bw_str version)
{
    version = bw_str_trim(version);
    if (type == BW_PACKAGE_GO)
        version = go_version(version);
    return is_version(version, type) ? version : BW_STR("");
}
