#include "cel/dns-name.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower((char)(c | 32));
}

static bool is_lower_alnum(char c)
{
    return is_lower(c) || is_digit(c);
}

/* Begins and ends as asked, with these characters and `others` between. */
static bool is_word(struct bw_str s, bool (*begins)(char), bool (*ends)(char), const char *others)
{
    if (!s.n || !begins(s.p[0]) || !ends(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || (!ends(s.p[i]) && !strchr(others, s.p[i])))
            return false;
    return true;
}

bool bw_dns_is_label(struct bw_str s)
{
    return is_word(s, is_lower_alnum, is_lower_alnum, "-");
}

bool bw_dns_is_subdomain(struct bw_str s)
{
    struct bw_str part;
    while (bw_str_split(&s, '.', &part))
        if (!bw_dns_is_label(part))
            return false;
    return true;
}

bool bw_dns_is_label_1035(struct bw_str s)
{
    return is_word(s, is_lower, is_lower_alnum, "-");
}

bool bw_dns_is_qualified(struct bw_str s)
{
    return is_word(s, is_alnum, is_alnum, "-_.");
}
