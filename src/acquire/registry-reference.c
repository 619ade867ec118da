#include "acquire/registry-reference.h"

#include <arpa/inet.h>

#include "wrap/sha256.h"

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* alpha-numeric [separator alpha-numeric]*, where a separator is '.', '_', "__" or dashes. */
static bool is_component(struct bw_str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t word = i, separator;
        while (i < s.n && is_lower_or_digit(s.p[i]))
            i++;
        if (i == word)
            return false;
        if (i == s.n)
            return true;
        separator = i;
        while (i < s.n && s.p[i] == s.p[separator] && strchr("._-", s.p[i]))
            i++;
        size_t n = i - separator;
        if (n == 0 || i == s.n || (s.p[separator] == '.' && n > 1) ||
            (s.p[separator] == '_' && n > 2))
            return false;
    }
    return false;
}

static bool is_repository(struct bw_str s)
{
    struct bw_str rest = s, part;
    while (bw_str_split(&rest, '/', &part))
        if (!is_component(part))
            return false;
    return true;
}

static bool is_tag(struct bw_str s)
{
    if (s.n == 0 || s.n > BW_REFERENCE_TAG_MAX || s.p[0] == '.' || s.p[0] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_letter_or_digit(s.p[i]) && (!s.p[i] || !strchr("_.-", s.p[i])))
            return false;
    return true;
}

static bool is_host_name(struct bw_str s)
{
    struct bw_str rest = s, label;
    while (bw_str_split(&rest, '.', &label)) {
        if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_letter_or_digit(label.p[i]) && label.p[i] != '-')
                return false;
    }
    return true;
}

static bool is_address(struct bw_str s, int family)
{
    char text[64];
    unsigned char address[16];
    if (s.n >= sizeof text)
        return false;
    memcpy(text, s.p ? s.p : "", s.n);
    text[s.n] = '\0';
    return strlen(text) == s.n && inet_pton(family, text, address) == 1;
}

/* Takes "HOST[:PORT]" apart; the brackets of an IPv6 address go. */
static bool split_host(struct bw_str s, struct bw_str *ret_host)
{
    size_t end = bw_str_find(s, ']'), colon = bw_str_rfind(s, ':');
    struct bw_str host = s, rest = {0};
    uint64_t port;
    if (bw_str_starts(s, BW_STR("["))) {
        if (end == SIZE_MAX || !is_address(bw_str_take(bw_str_from(s, 1), end - 1), AF_INET6))
            return false;
        host = bw_str_take(bw_str_from(s, 1), end - 1);
        rest = bw_str_from(s, end + 1);
    } else {
        if (colon != SIZE_MAX) {
            host = bw_str_take(s, colon);
            rest = bw_str_from(s, colon);
        }
        if (!is_host_name(host))
            return false;
    }
    if (rest.n && (rest.p[0] != ':' || rest.n > 6 || !bw_str_to_u64(bw_str_from(rest, 1), &port) ||
                   port == 0 || port > 65535))
        return false;
    *ret_host = host;
    return true;
}

bool bw_reference_is_loopback(struct bw_str host)
{
    struct bw_str name;
    if (!split_host(host, &name))
        return false;
    return bw_str_eq_nocase(name, BW_STR("localhost")) || bw_str_eq(name, BW_STR("::1")) ||
           (bw_str_starts(name, BW_STR("127.")) && is_address(name, AF_INET));
}

static bool has_upper_case(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'Z')
            return true;
    return false;
}

/* normalize.go, splitDockerDomain. */
static int split_name(struct bw_str name, struct bw_arena *arena, struct bw_reference *ret,
                      struct bw_err *err)
{
    struct bw_str ignored, first = bw_str_take(name, bw_str_find(name, '/'));
    bool host = first.n < name.n &&
                (bw_str_find(first, '.') != SIZE_MAX || bw_str_find(first, ':') != SIZE_MAX ||
                 bw_str_eq(first, BW_STR("localhost")) || has_upper_case(first));
    ret->host = host ? first : BW_STR("docker.io");
    ret->repository = host ? bw_str_from(name, first.n + 1) : name;
    if (!split_host(ret->host, &ignored))
        return bw_err_set(err, BW_EUSAGE, "\"%.*s\" is no name of a registry",
                          BW_STR_A(bw_str_take(first, 100)));
    if (bw_str_eq(ret->host, BW_STR("index.docker.io")))
        ret->host = BW_STR("docker.io");
    if (!bw_str_eq(ret->host, BW_STR("docker.io")) ||
        bw_str_find(ret->repository, '/') != SIZE_MAX || !ret->repository.n)
        return 0;
    ret->repository = bw_arena_printf(arena, "library/%" BW_STR_F, BW_STR_A(ret->repository));
    return ret->repository.p ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
}

int bw_reference_parse(struct bw_str text, struct bw_arena *arena, struct bw_reference *ret,
                       struct bw_err *err)
{
    struct bw_reference reference = {0};
    uint8_t ignored[BW_SHA256_SIZE];
    struct bw_str shown = bw_str_take(text, 100), name = text, sha256 = BW_STR("sha256:");
    size_t at = bw_str_find(text, '@');
    if (bw_str_find_str(text, BW_STR("://")) != SIZE_MAX)
        return bw_err_set(err, BW_EUSAGE, "\"%.*s\": a name without \"https://\" is wanted",
                          BW_STR_A(shown));
    if (at != SIZE_MAX) {
        name = bw_str_take(text, at);
        reference.digest = bw_str_from(text, at + 1);
        if (!bw_str_starts(reference.digest, sha256) ||
            !bw_sha256_parse(bw_str_from(reference.digest, sha256.n), ignored))
            return bw_err_set(err, BW_EUSAGE, "\"%.*s\": what stands behind @ is no sha256 digest",
                              BW_STR_A(shown));
    }
    size_t colon = bw_str_rfind(name, ':'), slash = bw_str_rfind(name, '/');
    if (colon != SIZE_MAX && (slash == SIZE_MAX || colon > slash)) {
        reference.tag = bw_str_from(name, colon + 1);
        name = bw_str_take(name, colon);
        if (!is_tag(reference.tag))
            return bw_err_set(err, BW_EUSAGE, "\"%.*s\": no valid tag", BW_STR_A(shown));
    } else if (!reference.digest.n) {
        reference.tag = BW_STR("latest");
    }
    if (bw_sha256_parse(name, ignored))
        return bw_err_set(err, BW_EUSAGE, "\"%.*s\" is an identifier; a registry knows names",
                          BW_STR_A(shown));
    int rc = split_name(name, arena, &reference, err);
    if (rc)
        return rc;
    if (!is_repository(reference.repository))
        return bw_err_set(err, BW_EUSAGE,
                          "\"%.*s\" is no name of an image: lower-case letters, digits and single "
                          "separators between slashes",
                          BW_STR_A(shown));
    if (reference.repository.n > BW_REFERENCE_REPOSITORY_MAX)
        return bw_err_set(err, BW_EUSAGE, "the name is longer than the limit of %u bytes",
                          BW_REFERENCE_REPOSITORY_MAX);
    *ret = reference;
    return 0;
}

struct bw_str bw_reference_text(const struct bw_reference *reference, struct bw_arena *arena)
{
    return bw_arena_printf(arena, "%" BW_STR_F "/%" BW_STR_F "%s%" BW_STR_F "%s%" BW_STR_F,
                           BW_STR_A(reference->host), BW_STR_A(reference->repository),
                           reference->tag.n ? ":" : "", BW_STR_A(reference->tag),
                           reference->digest.n ? "@" : "", BW_STR_A(reference->digest));
}
