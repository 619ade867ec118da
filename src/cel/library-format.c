/*
 * kubernetes.NamedFormat: format.dns1123Label().validate(s) is none where s is of the format, and
 * else what is wrong. Which strings a format takes is Kubernetes' (apimachinery's validation and
 * kube-openapi's strfmt); the sentences are ours.
 */
#include <stdio.h>

#include "cel/dns-name.h"
#include "cel/function-text.h"
#include "cel/url.h"

/* --- what is wrong --- */

struct issues {
    struct bw_cel_call *call;
    struct bw_value list;
};

static void add_issue(struct issues *issues, const char *about, const char *text)
{
    struct bw_str whole = bw_arena_printf(issues->call->arena, "%s%s", about, text);
    if (!whole.p)
        issues->call->make.failed = true;
    else
        bw_value_add(&issues->call->make, &issues->list, bw_cel_string(issues->call, whole));
}

static void check_length(struct issues *issues, const char *about, struct bw_str s, unsigned max)
{
    char text[64];
    if (s.n <= max)
        return;
    (void)snprintf(text, sizeof text, "must be no more than %u characters", max);
    add_issue(issues, about, text);
}

static void check_label(struct issues *issues, struct bw_str s)
{
    check_length(issues, "", s, BW_DNS_LABEL_MAX);
    if (bw_dns_is_label(s))
        return;
    add_issue(issues, "",
              bw_dns_is_subdomain(s)
                  ? "must not contain dots"
                  : "must be lower case letters, digits and hyphens, beginning and "
                    "ending with a letter or digit (RFC 1123 label)");
}

static void check_subdomain_of(struct issues *issues, const char *about, struct bw_str s)
{
    check_length(issues, about, s, BW_DNS_SUBDOMAIN_MAX);
    if (!bw_dns_is_subdomain(s))
        add_issue(issues, about,
                  "must be labels of lower case letters, digits and hyphens with dots between, "
                  "each beginning and ending with a letter or digit (RFC 1123 subdomain)");
}

static void check_subdomain(struct issues *issues, struct bw_str s)
{
    check_subdomain_of(issues, "", s);
}

static void check_label_1035(struct issues *issues, struct bw_str s)
{
    check_length(issues, "", s, BW_DNS_LABEL_MAX);
    if (!bw_dns_is_label_1035(s))
        add_issue(issues, "",
                  "must be lower case letters, digits and hyphens, beginning with a letter and "
                  "ending with a letter or digit (RFC 1035 label)");
}

#define QUALIFIED                                                                                  \
    "be letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"

static void check_qualified_name(struct issues *issues, struct bw_str s)
{
    size_t slash = bw_str_find(s, '/');
    struct bw_str name = slash == SIZE_MAX ? s : bw_str_from(s, slash + 1);
    if (bw_str_find(name, '/') != SIZE_MAX) {
        add_issue(issues, "", "a qualified name has at most one '/', behind a DNS subdomain");
        return;
    }
    if (slash == 0)
        add_issue(issues, "prefix part ", "must be non-empty");
    else if (slash != SIZE_MAX)
        check_subdomain_of(issues, "prefix part ", bw_str_take(s, slash));
    if (!name.n)
        add_issue(issues, "name part ", "must be non-empty");
    check_length(issues, "name part ", name, BW_DNS_LABEL_MAX);
    if (!bw_dns_is_qualified(name))
        add_issue(issues, "name part ", "must " QUALIFIED);
}

static void check_label_value(struct issues *issues, struct bw_str s)
{
    check_length(issues, "", s, BW_DNS_LABEL_MAX);
    if (s.n && !bw_dns_is_qualified(s))
        add_issue(issues, "", "must be empty, or " QUALIFIED);
}

/* Of a prefix that something will be appended to, a hyphen at the end counts as a letter;
 * Kubernetes takes the character before it away, too. */
static struct bw_str masked(struct issues *issues, struct bw_str s)
{
    if (s.n < 2 || s.p[s.n - 1] != '-')
        return s;
    struct bw_str copy = bw_arena_printf(issues->call->arena, "%.*sa", (int)(s.n - 2), s.p);
    return copy.p ? copy : s;
}

static void check_label_prefix(struct issues *issues, struct bw_str s)
{
    check_label(issues, masked(issues, s));
}

static void check_subdomain_prefix(struct issues *issues, struct bw_str s)
{
    check_subdomain(issues, masked(issues, s));
}

static void check_label_1035_prefix(struct issues *issues, struct bw_str s)
{
    check_label_1035(issues, masked(issues, s));
}

/* --- other formats --- */

static void check_uri(struct issues *issues, struct bw_str s)
{
    const char *why = bw_url_check(s, issues->call->arena);
    if (why)
        add_issue(issues, "", why);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Hyphens may be left out. */
static void check_uuid(struct issues *issues, struct bw_str s)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    size_t at = 0;
    bool valid = true;
    for (size_t g = 0; g < BW_ARRAY_LEN(groups) && valid; g++) {
        at += g && at < s.n && s.p[at] == '-';
        for (unsigned i = 0; i < groups[g] && valid; i++, at++)
            valid = at < s.n && is_hex(s.p[at]);
    }
    if (!valid || at != s.n)
        add_issue(issues, "", "does not match the UUID format");
}

static void check_base64(struct issues *issues, struct bw_str s)
{
    size_t end = s.n;
    while (end && s.n - end < 2 && s.p[end - 1] == '=')
        end--;
    bool valid = s.n && s.n % 4 == 0;
    for (size_t i = 0; i < end && valid; i++)
        valid = is_alnum(s.p[i]) || s.p[i] == '+' || s.p[i] == '/';
    if (!valid)
        add_issue(issues, "", "invalid base64");
}

/* Two digits. */
static int two(const char *p)
{
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

static bool is_date(struct bw_str s)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || two(s.p) < 0 || two(s.p + 2) < 0)
        return false;
    int year = two(s.p) * 100 + two(s.p + 2), month = two(s.p + 5), day = two(s.p + 8);
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap);
}

/* hh:mm:ss, a fraction behind any character, and z or an offset. */
static bool is_time(struct bw_str s)
{
    if (s.n < 9 || s.p[2] != ':' || s.p[5] != ':')
        return false;
    int hour = two(s.p), minute = two(s.p + 3), second = two(s.p + 6);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    s = bw_str_from(s, 8);
    size_t digits = 1;
    while (digits < s.n && is_digit(s.p[digits]))
        digits++;
    struct bw_str zone = bw_str_from(s, digits > 1 ? digits : 0);
    bool offset = s.n == 6 && (s.p[0] == '+' || s.p[0] == '-');
    if (offset || (zone.n == 6 && (zone.p[0] == '+' || zone.p[0] == '-')))
        return two((offset ? s : zone).p + 1) >= 0 && (offset ? s : zone).p[3] == ':' &&
               two((offset ? s : zone).p + 4) >= 0;
    return zone.n == 1 && (zone.p[0] | 32) == 'z';
}

static void check_date(struct issues *issues, struct bw_str s)
{
    if (!is_date(s))
        add_issue(issues, "", "invalid date");
}

static size_t find_t(struct bw_str s)
{
    size_t i = 0;
    while (i < s.n && (s.p[i] | 32) != 't')
        i++;
    return i;
}

static void check_datetime(struct issues *issues, struct bw_str s)
{
    size_t t = find_t(s);
    struct bw_str time = bw_str_from(s, t + 1);
    if (t == s.n || !is_date(bw_str_take(s, t)) || !is_time(bw_str_take(time, find_t(time))))
        add_issue(issues, "", "invalid datetime");
}

/* --- values --- */

#define F "kubernetes.NamedFormat"

struct format {
    const char *name;
    void (*check)(struct issues *issues, struct bw_str s);
};

static const struct format formats[] = {
    {"dns1123Label", check_label},
    {"dns1123Subdomain", check_subdomain},
    {"dns1035Label", check_label_1035},
    {"qualifiedName", check_qualified_name},
    {"dns1123LabelPrefix", check_label_prefix},
    {"dns1123SubdomainPrefix", check_subdomain_prefix},
    {"dns1035LabelPrefix", check_label_1035_prefix},
    {"labelValue", check_label_value},
    {"uri", check_uri},
    {"uuid", check_uuid},
    {"byte", check_base64},
    {"date", check_date},
    {"datetime", check_datetime},
};

static bool format_equal(const void *a, const void *b)
{
    return a == b;
}

static const struct bw_cel_opaque_class format_class = {F, format_equal, NULL};

static struct bw_value named(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    for (size_t i = 0; i < BW_ARRAY_LEN(formats); i++)
        if (bw_value_is(args[0], formats[i].name))
            return bw_cel_optional(call, bw_cel_opaque(call, &format_class, &formats[i]));
    return bw_cel_optional(call, (struct bw_value){0});
}

static struct bw_value validate(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    const struct format *format = bw_cel_opaque_of(args[0], &format_class);
    struct issues issues = {call, bw_value_list(&call->make, 0)};
    if (!bw_cel_charge_bytes(call, 4 * bw_value_text(args[1]).n))
        return bw_cel_fail_budget();
    format->check(&issues, bw_value_text(args[1]));
    bool fine = bw_value_count(issues.list) == 0;
    return bw_cel_optional(call, fine ? (struct bw_value){0} : issues.list);
}

/* format.NAME() of each, by its place in the table. */
#define CONSTANT(name, index)                                                                      \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)args;                                                                                \
        (void)n;                                                                                   \
        return bw_cel_opaque(call, &format_class, &formats[index]);                                \
    }

CONSTANT(dns1123_label, 0)
CONSTANT(dns1123_subdomain, 1)
CONSTANT(dns1035_label, 2)
CONSTANT(qualified_name, 3)
CONSTANT(dns1123_label_prefix, 4)
CONSTANT(dns1123_subdomain_prefix, 5)
CONSTANT(dns1035_label_prefix, 6)
CONSTANT(label_value, 7)
CONSTANT(uri, 8)
CONSTANT(uuid, 9)
CONSTANT(byte, 10)
CONSTANT(date, 11)
CONSTANT(datetime, 12)

static const char *const types[] = {F, NULL};

static const struct bw_cel_overload overloads[] = {
    {"format.named(string): optional_type(" F ")", named},
    {F ".validate(string): optional_type(list(string))", validate},
    {"format.dns1123Label(): " F, dns1123_label},
    {"format.dns1123Subdomain(): " F, dns1123_subdomain},
    {"format.dns1035Label(): " F, dns1035_label},
    {"format.qualifiedName(): " F, qualified_name},
    {"format.dns1123LabelPrefix(): " F, dns1123_label_prefix},
    {"format.dns1123SubdomainPrefix(): " F, dns1123_subdomain_prefix},
    {"format.dns1035LabelPrefix(): " F, dns1035_label_prefix},
    {"format.labelValue(): " F, label_value},
    {"format.uri(): " F, uri},
    {"format.uuid(): " F, uuid},
    {"format.byte(): " F, byte},
    {"format.date(): " F, date},
    {"format.datetime(): " F, datetime},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_format = {
    .name = "format",
    .dialects = BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
