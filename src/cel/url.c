#include "cel/url.h"

#include "cel/address.h"
#include "cel/text.h"

#define WHY_MEMORY  "there is no memory for it"
#define WHY_ESCAPE  "invalid URL escape"
#define WHY_HOST    "invalid character in host name"
#define WHY_PORT    "invalid port after host"
#define WHY_LITERAL "invalid IP-literal"

static const char path_plain[] = "-_.~$&+,/:;=@";
static const char host_plain[] = "-_.~!$&'()*+,;=:[]<>\"";

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool is_plain(char c, const char *others)
{
    return is_alnum(c) || (c && strchr(others, c));
}

/* --- escapes --- */

/* The byte that an escape at the begin of s stands for, or -1. */
static int escaped_byte(struct bw_str s)
{
    if (s.n < 3 || bw_cel_hex_digit((uint8_t)s.p[1]) < 0 || bw_cel_hex_digit((uint8_t)s.p[2]) < 0)
        return -1;
    return bw_cel_hex_digit((uint8_t)s.p[1]) << 4 | bw_cel_hex_digit((uint8_t)s.p[2]);
}

static struct bw_str unescape(struct bw_str s, char plus, struct bw_arena *arena)
{
    struct bw_str result = bw_arena_str(arena, s);
    char *to = (char *)result.p; /* a copy of its own */
    size_t n = 0;
    for (size_t i = 0; result.p && i < s.n; i++) {
        if (s.p[i] == '%') {
            to[n++] = (char)escaped_byte(bw_str_from(s, i));
            i += 2;
        } else {
            to[n++] = s.p[i] == '+' ? plus : s.p[i];
        }
    }
    result.n = n;
    return result;
}

static bool has_sound_escapes(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '%' && escaped_byte(bw_str_from(s, i)) < 0)
            return false;
    return true;
}

/* In a host only what is no ASCII may be escaped, and the percent sign before a zone; in a zone
 * also what may stand there anyway, and spaces. */
static const char *check_host_part(struct bw_str s, bool zone)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            int byte = escaped_byte(bw_str_from(s, i));
            bool allowed = byte == '%' || (!zone && byte >= 0x80) ||
                           (zone && (byte == ' ' || is_plain((char)byte, host_plain)));
            if (byte < 0 || !allowed)
                return WHY_ESCAPE;
            i += 2;
        } else if ((uint8_t)s.p[i] < 0x80 && !is_plain(s.p[i], host_plain)) {
            return WHY_HOST;
        }
    }
    return NULL;
}

struct bw_str bw_url_unescape_query(struct bw_str s, struct bw_arena *arena)
{
    return has_sound_escapes(s) ? unescape(s, ' ', arena) : (struct bw_str){0};
}

/* --- the host --- */

static bool is_port(struct bw_str s)
{
    if (s.n && s.p[0] != ':')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

/* "[fe80::1%25eth0]:80" */
static const char *read_bracketed(struct bw_str s, struct bw_arena *arena, struct bw_str *ret_host)
{
    size_t close = bw_str_rfind(s, ']');
    if (close == SIZE_MAX)
        return "missing ']' in host";
    if (!is_port(bw_str_from(s, close + 1)))
        return WHY_PORT;
    struct bw_str name = bw_str_n(s.p + 1, close - 1);
    size_t zone = bw_str_find_str(name, BW_STR("%25"));
    const char *why = check_host_part(bw_str_take(name, zone), false);
    if (!why && zone != SIZE_MAX)
        why = check_host_part(bw_str_from(name, zone), true);
    if (why)
        return why;
    struct bw_str plain = unescape(s, '+', arena);
    if (!plain.p)
        return WHY_MEMORY;
    struct bw_address address;
    struct bw_str literal = bw_str_n(plain.p + 1, bw_str_rfind(plain, ']') - 1);
    size_t percent = bw_str_find(literal, '%');
    if (percent + 1 == literal.n || bw_str_find(literal, ':') == SIZE_MAX)
        return WHY_LITERAL;
    const char *refused = bw_address_read(bw_str_take(literal, percent), true, &address);
    if (refused && !bw_address_is_mapped(bw_str_take(literal, percent)))
        return "invalid host";
    *ret_host = plain;
    return NULL;
}

static const char *read_host(struct bw_str s, struct bw_arena *arena, struct bw_str *ret_host)
{
    size_t open = bw_str_rfind(s, '['), colon = bw_str_rfind(s, ':');
    if (open != SIZE_MAX)
        return open ? WHY_LITERAL : read_bracketed(s, arena, ret_host);
    if (colon != SIZE_MAX && !is_port(bw_str_from(s, colon)))
        return WHY_PORT;
    const char *why = check_host_part(s, false);
    if (why)
        return why;
    *ret_host = unescape(s, '+', arena);
    return ret_host->p ? NULL : WHY_MEMORY;
}

static const char *read_authority(struct bw_str s, struct bw_arena *arena, struct bw_str *ret_host)
{
    size_t at = bw_str_rfind(s, '@');
    struct bw_str user = at == SIZE_MAX ? BW_STR("") : bw_str_take(s, at);
    const char *why = read_host(at == SIZE_MAX ? s : bw_str_from(s, at + 1), arena, ret_host);
    for (size_t i = 0; !why && i < user.n; i++)
        if (!is_plain(user.p[i], "-._:~!$&'()*+,;=%@"))
            why = "invalid userinfo";
    return !why && !has_sound_escapes(user) ? WHY_ESCAPE : why;
}

struct bw_str bw_url_hostname(struct bw_str host)
{
    size_t colon = bw_str_rfind(host, ':');
    if (colon != SIZE_MAX && is_port(bw_str_from(host, colon)))
        host = bw_str_take(host, colon);
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = bw_str_n(host.p + 1, host.n - 2);
    return host;
}

struct bw_str bw_url_port(struct bw_str host)
{
    size_t colon = bw_str_rfind(host, ':');
    if (colon == SIZE_MAX || !is_port(bw_str_from(host, colon)))
        return BW_STR("");
    return bw_str_from(host, colon + 1);
}

/* --- the path --- */

/* A path that is written as it might be stays so; else it is written anew. */
static bool is_valid_path(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_plain(s.p[i], "-_.~!$&'()*+,;=:@[]%/"))
            return false;
    return true;
}

static struct bw_str escape_path(struct bw_str s, struct bw_arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = bw_arena_array(arena, s.n + 1, 3);
    size_t n = 0;
    for (size_t i = 0; to && i < s.n; i++) {
        if (is_plain(s.p[i], path_plain)) {
            to[n++] = s.p[i];
            continue;
        }
        to[n++] = '%';
        to[n++] = digits[(uint8_t)s.p[i] >> 4];
        to[n++] = digits[(uint8_t)s.p[i] & 15];
    }
    return (struct bw_str){to, n};
}

static const char *read_path(struct bw_str s, struct bw_arena *arena, struct bw_str *ret_path)
{
    if (!has_sound_escapes(s))
        return WHY_ESCAPE;
    *ret_path = s;
    if (is_valid_path(s))
        return NULL;
    struct bw_str plain = unescape(s, '+', arena);
    *ret_path = plain.p ? escape_path(plain, arena) : plain;
    return ret_path->p ? NULL : WHY_MEMORY;
}

/* --- all --- */

/* "http:" off *s, where it begins so. */
static const char *take_scheme(struct bw_str *s, struct bw_str *ret_scheme)
{
    size_t n = 0;
    while (n < s->n && (is_alnum(s->p[n]) || strchr("+-.", s->p[n] ? s->p[n] : 'a')))
        n++;
    bool begins = s->n && (s->p[0] | 32) >= 'a' && (s->p[0] | 32) <= 'z';
    *ret_scheme = BW_STR("");
    if (bw_str_starts(*s, BW_STR(":")))
        return "missing protocol scheme";
    if (begins && n < s->n && s->p[n] == ':') {
        *ret_scheme = bw_str_take(*s, n);
        *s = bw_str_from(*s, n + 1);
    }
    return NULL;
}

static struct bw_str lower(struct bw_str s, struct bw_arena *arena)
{
    struct bw_str copy = bw_arena_str(arena, s);
    for (size_t i = 0; copy.p && i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'Z')
            ((char *)copy.p)[i] |= 32;
    return copy;
}

static bool has_control(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

/* Without a fragment. request: as the target of a request, which is absolute. */
static const char *read_url(struct bw_str s, bool request, struct bw_arena *arena,
                            struct bw_url *url)
{
    *url = (struct bw_url){BW_STR(""), BW_STR(""), BW_STR(""), BW_STR("")};
    if (has_control(s))
        return "invalid control character in URL";
    if (!s.n && request)
        return "empty url";
    if (bw_str_eq(s, BW_STR("*"))) {
        url->path = s;
        return NULL;
    }
    const char *why = take_scheme(&s, &url->scheme);
    if (why)
        return why;
    url->scheme = lower(url->scheme, arena);
    size_t mark = bw_str_find(s, '?');
    if (mark != SIZE_MAX) {
        url->query = bw_str_from(s, mark + 1);
        s = bw_str_take(s, mark);
    }
    if (!bw_str_starts(s, BW_STR("/"))) {
        if (url->scheme.n)
            return url->scheme.p ? NULL : WHY_MEMORY; /* "mailto:x": opaque */
        return request ? "invalid URI for request" : "relative URL";
    }
    bool authority = bw_str_starts(s, BW_STR("//")) &&
                     (url->scheme.n || (!request && !bw_str_starts(s, BW_STR("///"))));
    if (authority) {
        s = bw_str_from(s, 2);
        struct bw_str host = bw_str_take(s, bw_str_find(s, '/'));
        s = bw_str_from(s, host.n);
        why = read_authority(host, arena, &url->host);
    }
    return why ? why : read_path(s, arena, &url->path);
}

const char *bw_url_check(struct bw_str text, struct bw_arena *arena)
{
    struct bw_url url;
    return read_url(text, true, arena, &url);
}

const char *bw_url_read(struct bw_str text, struct bw_arena *arena, struct bw_url *ret_url)
{
    struct bw_url url;
    size_t hash = bw_str_find(text, '#');
    const char *why = bw_url_check(text, arena);
    if (!why)
        why = read_url(bw_str_take(text, hash), false, arena, &url);
    if (!why && hash != SIZE_MAX && !has_sound_escapes(bw_str_from(text, hash + 1)))
        why = WHY_ESCAPE;
    if (!why)
        *ret_url = url;
    return why;
}
