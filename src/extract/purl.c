#include "extract/purl.h"

#define SOURCE_RPM ".src.rpm"

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int no_room(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "no memory for a package URL");
}

/* ECMA-427 5.4. */
static int decode(struct bw_str s, struct bw_arena *arena, struct bw_str *ret, struct bw_err *err)
{
    char *out = bw_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    if (!out)
        return no_room(err);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            out[n++] = s.p[i];
            continue;
        }
        int high = i + 2 < s.n ? digit_of(s.p[i + 1]) : -1;
        int low = i + 2 < s.n ? digit_of(s.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return bw_err_set(err, BW_EFORMAT, "a package URL with a '%%' that begins no escape");
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret = bw_str_n(out, n);
    return 0;
}

static int lower(struct bw_str s, struct bw_arena *arena, struct bw_str *ret, struct bw_err *err)
{
    char *out = bw_arena_alloc(arena, s.n + 1);
    if (!out)
        return no_room(err);
    for (size_t i = 0; i < s.n; i++)
        out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] - 'A' + 'a' : s.p[i]);
    *ret = bw_str_n(out, s.n);
    return 0;
}

static struct bw_str *qualifier(struct bw_purl *purl, struct bw_str key)
{
    const struct {
        const char *key;
        struct bw_str *value;
    } known[] = {
        {"arch", &purl->arch},         {"distro", &purl->distro}, {"epoch", &purl->epoch},
        {"upstream", &purl->upstream}, {"rpmmod", &purl->module},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_eq_nocase(key, bw_str(known[i].key)))
            return known[i].value;
    return NULL;
}

static int read_qualifiers(struct bw_str text, struct bw_arena *arena, struct bw_purl *purl,
                           struct bw_err *err)
{
    struct bw_str pair;
    while (bw_str_split(&text, '&', &pair)) {
        size_t equals = bw_str_find(pair, '=');
        if (equals == SIZE_MAX)
            continue;
        struct bw_str *value = qualifier(purl, bw_str_take(pair, equals));
        if (!value || value->p)
            continue;
        int rc = decode(bw_str_from(pair, equals + 1), arena, value, err);
        if (rc)
            return rc;
    }
    return 0;
}

static struct bw_str without_slashes(struct bw_str s)
{
    while (s.n && s.p[0] == '/')
        s = bw_str_from(s, 1);
    while (s.n && s.p[s.n - 1] == '/')
        s = bw_str_take(s, s.n - 1);
    return s;
}

/* Cuts what stands behind the last `sep` off *text: empty where there is none. */
static struct bw_str cut(struct bw_str *text, char sep)
{
    size_t at = bw_str_rfind(*text, sep);
    if (at == SIZE_MAX)
        return (struct bw_str){0};
    struct bw_str behind = bw_str_from(*text, at + 1);
    *text = bw_str_take(*text, at);
    return behind;
}

/* NAMESPACE/NAME@VERSION. The '@' of a version stands behind the last '/': the one of an npm scope
 * that was not encoded does not count. */
static int read_name(struct bw_str text, struct bw_arena *arena, struct bw_purl *purl,
                     struct bw_err *err)
{
    struct bw_str namespace = without_slashes(text), name = namespace;
    size_t slash = bw_str_rfind(namespace, '/');
    if (slash == SIZE_MAX)
    namespace = (struct bw_str){0};
    else name = cut(&namespace, '/');
    size_t at = bw_str_rfind(name, '@');
    struct bw_str version = at == SIZE_MAX ? (struct bw_str){0} : bw_str_from(name, at + 1);
    int rc = decode(bw_str_take(name, at), arena, &purl->name, err);
    rc = rc ? rc : decode(version, arena, &purl->version, err);
    rc = rc ? rc : decode(without_slashes(namespace), arena, &purl->namespace, err);
    if (rc == 0 && !purl->name.n)
        rc = bw_err_set(err, BW_EFORMAT, "a package URL without a name");
    return rc;
}

int bw_purl_parse(struct bw_str text, struct bw_arena *arena, struct bw_purl *ret_purl,
                  struct bw_err *err)
{
    struct bw_purl purl = {0};
    if (text.n > BW_PURL_MAX)
        return bw_err_set(err, BW_ELIMIT, "a package URL over the limit of %zu bytes", BW_PURL_MAX);
    if (!bw_str_eq_nocase(bw_str_take(text, 4), BW_STR("pkg:")))
        return bw_err_set(err, BW_EFORMAT, "a package URL that does not begin with pkg:");
    struct bw_str rest = without_slashes(bw_str_from(text, 4)), qualifiers = {0};
    size_t hash = bw_str_find(rest, '#');
    rest = bw_str_take(rest, hash);
    size_t question = bw_str_find(rest, '?');
    if (question != SIZE_MAX) {
        qualifiers = bw_str_from(rest, question + 1);
        rest = bw_str_take(rest, question);
    }
    size_t slash = bw_str_find(rest, '/');
    if (slash == SIZE_MAX || slash == 0)
        return bw_err_set(err, BW_EFORMAT, "a package URL without a type and a name");
    int rc = lower(bw_str_take(rest, slash), arena, &purl.type, err);
    rc = rc ? rc : read_name(bw_str_from(rest, slash), arena, &purl, err);
    rc = rc ? rc : read_qualifiers(qualifiers, arena, &purl, err);
    if (rc == 0)
        *ret_purl = purl;
    return rc;
}

bool bw_purl_type(struct bw_str word, enum bw_package_type *ret_type)
{
    for (unsigned type = 0; type < BW_PACKAGE_TYPE_COUNT; type++) {
        if (!bw_str_eq(word, bw_str(bw_package_type_name((enum bw_package_type)type))))
            continue;
        *ret_type = (enum bw_package_type)type;
        return true;
    }
    return false;
}

struct bw_str bw_purl_full_name(struct bw_str namespace, struct bw_str name,
                                enum bw_package_type type, struct bw_arena *arena)
{
    if (!namespace.n || bw_package_is_os(type))
        return name;
    char *joined = bw_arena_alloc(arena, namespace.n + 1 + name.n);
    if (!joined)
        return (struct bw_str){0};
    memcpy(joined, namespace.p, namespace.n);
    joined[namespace.n] = type == BW_PACKAGE_MAVEN ? ':' : '/';
    if (name.n)
        memcpy(joined + namespace.n + 1, name.p, name.n);
    return bw_str_n(joined, namespace.n + 1 + name.n);
}

/* Some tools leave the epoch to its qualifier, some repeat it. */
static struct bw_str with_epoch(struct bw_str version, struct bw_str epoch, struct bw_arena *arena)
{
    uint64_t number;
    if (!bw_str_to_u64(epoch, &number) || number == 0 || bw_str_find(version, ':') != SIZE_MAX)
        return version;
    return bw_arena_printf(arena, "%llu:%" BW_STR_F, (unsigned long long)number, BW_STR_A(version));
}

static struct bw_str without_zero_epoch(struct bw_str version)
{
    return bw_str_starts(version, BW_STR("0:")) ? bw_str_from(version, 2) : version;
}

/* "NAME", "NAME@VERSION", rpm: "NAME-VERSION-RELEASE.src.rpm". */
static void read_upstream(struct bw_str upstream, struct bw_package *package)
{
    if (!upstream.n)
        return;
    size_t at = bw_str_rfind(upstream, '@');
    package->source_name = bw_str_take(upstream, at);
    if (at != SIZE_MAX)
        package->source_version = bw_str_from(upstream, at + 1);
    if (package->type != BW_PACKAGE_RPM || !bw_str_ends(upstream, BW_STR(SOURCE_RPM)))
        return;
    struct bw_str name = bw_str_take(upstream, upstream.n - (sizeof SOURCE_RPM - 1));
    struct bw_str release = cut(&name, '-'), version = cut(&name, '-');
    if (!name.n || !version.n || !release.n)
        return;
    package->source_name = name;
    package->source_version = bw_str_n(version.p, (size_t)(release.p + release.n - version.p));
}

int bw_purl_package(const struct bw_purl *purl, struct bw_arena *arena,
                    struct bw_package *ret_package, struct bw_err *err)
{
    struct bw_package package = {.version = purl->version};
    if (!bw_purl_type(purl->type, &package.type))
        return bw_err_set(err, BW_EUNSUPPORTED, "packages of type %" BW_STR_F " are not known",
                          BW_STR_A(bw_str_take(purl->type, 40)));
    package.name = bw_purl_full_name(purl->namespace, purl->name, package.type, arena);
    if (bw_package_is_os(package.type) || package.type == BW_PACKAGE_BITNAMI)
        package.arch = purl->arch;
    if (bw_package_is_os(package.type))
        package.version = with_epoch(purl->version, purl->epoch, arena);
    if (!package.name.p || (purl->version.n && !package.version.p))
        return no_room(err);
    if (package.type == BW_PACKAGE_RPM) {
        package.version = without_zero_epoch(package.version);
        package.module = purl->module;
    }
    package.source_name = package.name;
    package.source_version = package.version;
    if (bw_package_is_os(package.type))
        read_upstream(purl->upstream, &package);
    *ret_package = package;
    return 0;
}

struct bw_distribution bw_purl_distribution(const struct bw_purl *purl)
{
    struct bw_str distro = purl->distro;
    size_t dash = bw_str_rfind(distro, '-');
    bool version_alone = distro.n && distro.p[0] >= '0' && distro.p[0] <= '9';
    struct bw_distribution d = {.id = bw_str_take(distro, dash)};
    if (dash != SIZE_MAX)
        d.version_id = bw_str_from(distro, dash + 1);
    if (version_alone)
        d = (struct bw_distribution){.id = purl->namespace, .version_id = distro};
    return d;
}
