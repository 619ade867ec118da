#include "model/package.h"

#include "base/buf.h"

/* A purl of fields that fill whole database records still ends. */
#define PURL_MAX ((size_t)256 << 10)

const char *bw_package_type_name(enum bw_package_type type)
{
    static const char *const names[BW_PACKAGE_TYPE_COUNT] = {
        [BW_PACKAGE_DEB] = "deb",         [BW_PACKAGE_APK] = "apk",
        [BW_PACKAGE_RPM] = "rpm",         [BW_PACKAGE_NPM] = "npm",
        [BW_PACKAGE_PYPI] = "pypi",       [BW_PACKAGE_GO] = "golang",
        [BW_PACKAGE_MAVEN] = "maven",     [BW_PACKAGE_CARGO] = "cargo",
        [BW_PACKAGE_GEM] = "gem",         [BW_PACKAGE_COMPOSER] = "composer",
        [BW_PACKAGE_NUGET] = "nuget",     [BW_PACKAGE_PUB] = "pub",
        [BW_PACKAGE_SWIFT] = "swift",     [BW_PACKAGE_HEX] = "hex",
        [BW_PACKAGE_CONAN] = "conan",     [BW_PACKAGE_CONDA] = "conda",
        [BW_PACKAGE_JULIA] = "julia",     [BW_PACKAGE_CRAN] = "cran",
        [BW_PACKAGE_BITNAMI] = "bitnami",
    };
    return (unsigned)type < BW_PACKAGE_TYPE_COUNT ? names[type] : "unknown";
}

size_t bw_digest_size(enum bw_digest_algorithm algorithm)
{
    static const size_t sizes[BW_DIGEST_ALGORITHM_COUNT] = {
        [BW_DIGEST_MD5] = 16, [BW_DIGEST_SHA1] = 20, [BW_DIGEST_SHA256] = 32};
    return (unsigned)algorithm < BW_DIGEST_ALGORITHM_COUNT ? sizes[algorithm] : 0;
}

/* ECMA-427 5.4: letters, digits and ".-_~" stand for themselves, and so does ':' everywhere. */
static bool stands_for_itself(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '_' || c == '~' || c == ':';
}

static void put_encoded(struct bw_buf *buf, struct bw_str s, bool lower)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (lower && c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        if (stands_for_itself(c)) {
            bw_buf_byte(buf, c);
        } else {
            bw_buf_byte(buf, '%');
            bw_buf_byte(buf, (uint8_t)hex[c >> 4]);
            bw_buf_byte(buf, (uint8_t)hex[c & 15]);
        }
    }
}

/* The vendor as the purl type definitions want it: the distribution's id but where the field has
 * settled on another word. */
static struct bw_str purl_namespace(const struct bw_distribution *distribution)
{
    if (!distribution)
        return BW_STR("");
    if (bw_str_eq(distribution->id, BW_STR("rhel")))
        return BW_STR("redhat");
    if (bw_str_starts(distribution->id, BW_STR("opensuse")))
        return BW_STR("opensuse");
    return distribution->id;
}

/* "0:" to "4294967295:" in front of a version. */
static struct bw_str epoch_of(struct bw_str version)
{
    size_t colon = bw_str_find(version, ':');
    if (colon == SIZE_MAX || colon == 0)
        return BW_STR("");
    struct bw_str epoch = bw_str_take(version, colon);
    uint64_t number;
    return bw_str_to_u64(epoch, &number) ? epoch : BW_STR("");
}

static struct bw_str without_epoch(struct bw_str version)
{
    struct bw_str epoch = epoch_of(version);
    return epoch.n ? bw_str_from(version, epoch.n + 1) : version;
}

struct qualifiers {
    struct bw_buf *buf;
    bool any;
};

static void begin_qualifier(struct qualifiers *q, const char *key)
{
    bw_buf_byte(q->buf, q->any ? '&' : '?');
    bw_buf_str(q->buf, bw_str(key));
    bw_buf_byte(q->buf, '=');
    q->any = true;
}

static void put_qualifier(struct qualifiers *q, const char *key, struct bw_str value)
{
    if (!value.n)
        return;
    begin_qualifier(q, key);
    put_encoded(q->buf, value, false);
}

static void put_distro(struct qualifiers *q, const struct bw_distribution *d)
{
    if (!d || !d->id.n)
        return;
    struct bw_str release = d->version_id.n ? d->version_id : d->codename;
    begin_qualifier(q, "distro");
    put_encoded(q->buf, d->id, true);
    if (release.n) {
        bw_buf_byte(q->buf, '-');
        put_encoded(q->buf, release, false);
    }
}

/* Where the package was built from another source: NAME, NAME@VERSION when that differs too, for
 * rpm the file name of the source package, as SBOM tools and the matchers behind them write it. */
static void put_upstream(struct qualifiers *q, const struct bw_package *package)
{
    bool rpm = package->type == BW_PACKAGE_RPM;
    struct bw_str version = package->version, source_version = package->source_version;
    if (rpm) {
        version = without_epoch(version);
        source_version = without_epoch(source_version);
    }
    bool same_version = !source_version.n || bw_str_eq(version, source_version);
    if (!package->source_name.n || (bw_str_eq(package->source_name, package->name) && same_version))
        return;
    begin_qualifier(q, "upstream");
    put_encoded(q->buf, package->source_name, false);
    if (rpm && source_version.n) {
        bw_buf_byte(q->buf, '-');
        put_encoded(q->buf, source_version, false);
        bw_buf_str(q->buf, BW_STR(".src.rpm"));
    } else if (!same_version) {
        bw_buf_str(q->buf, BW_STR("%40"));
        put_encoded(q->buf, source_version, false);
    }
}

/* PEP 503: lower case, and each run of '-', '_' and '.' is one '-'. */
static void put_pypi_name(struct bw_buf *buf, struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        bool separator = name.p[i] == '-' || name.p[i] == '_' || name.p[i] == '.';
        if (separator && i &&
            (name.p[i - 1] == '-' || name.p[i - 1] == '_' || name.p[i - 1] == '.'))
            continue;
        put_encoded(buf, separator ? BW_STR("-") : bw_str_n(name.p + i, 1), true);
    }
}

/* A name whose pieces stand apart by `separator` is namespace and name. */
static void put_pieces(struct bw_buf *buf, struct bw_str name, char separator, bool lower)
{
    struct bw_str rest = name, piece;
    for (bool first = true; bw_str_split(&rest, separator, &piece); first = false) {
        if (!first)
            bw_buf_byte(buf, '/');
        put_encoded(buf, piece, lower);
    }
}

/* The names as the purl type definitions write them. */
static void put_language_name(struct bw_buf *buf, const struct bw_package *package)
{
    struct bw_str name = package->name;
    switch (package->type) {
    case BW_PACKAGE_PYPI:
        put_pypi_name(buf, name);
        break;
    case BW_PACKAGE_MAVEN:
        put_pieces(buf, name, ':', false);
        break;
    case BW_PACKAGE_COMPOSER:
    case BW_PACKAGE_HEX:
    case BW_PACKAGE_BITNAMI:
        put_pieces(buf, name, '/', true);
        break;
    default:
        put_pieces(buf, name, '/', false);
    }
}

static void put_language(struct bw_buf *buf, const struct bw_package *package)
{
    put_language_name(buf, package);
    if (package->version.n) {
        bw_buf_byte(buf, '@');
        put_encoded(buf, package->version, false);
    }
    struct qualifiers q = {.buf = buf};
    if (package->type == BW_PACKAGE_BITNAMI)
        put_qualifier(&q, "arch", package->arch);
}

static void put_os(struct bw_buf *buf, const struct bw_package *package,
                   const struct bw_distribution *distribution)
{
    bool rpm = package->type == BW_PACKAGE_RPM;
    struct bw_str namespace = purl_namespace(distribution);
    if (namespace.n) {
        put_encoded(buf, namespace, true);
        bw_buf_byte(buf, '/');
    }
    /* deb and apk names are not case sensitive, rpm names are. */
    put_encoded(buf, package->name, !rpm);
    struct bw_str version = rpm ? without_epoch(package->version) : package->version;
    if (version.n) {
        bw_buf_byte(buf, '@');
        put_encoded(buf, version, false);
    }
    struct qualifiers q = {.buf = buf};
    put_qualifier(&q, "arch", package->arch);
    put_distro(&q, distribution);
    put_qualifier(&q, "epoch", rpm ? epoch_of(package->version) : BW_STR(""));
    put_upstream(&q, package);
}

struct bw_str bw_package_purl(const struct bw_package *package,
                              const struct bw_distribution *distribution, struct bw_arena *arena)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(PURL_MAX);
    bw_buf_printf(&buf, "pkg:%s/", bw_package_type_name(package->type));
    if (bw_package_is_os(package->type))
        put_os(&buf, package, distribution);
    else
        put_language(&buf, package);
    if (bw_buf_failed(&buf))
        return (struct bw_str){NULL, 0};
    return bw_arena_str(arena, bw_buf_slice(&buf));
}
