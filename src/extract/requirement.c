#include "extract/requirement.h"

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

struct bw_str bw_requirement_name(struct bw_str requirement)
{
    struct bw_str s = bw_str_trim(requirement);
    size_t n = 0;
    while (n < s.n && is_name_byte(s.p[n]))
        n++;
    return bw_str_take(s, n);
}

/* What follows the name and its extras, up to the marker. */
static struct bw_str specifier(struct bw_str requirement)
{
    struct bw_str s = bw_str_trim(requirement);
    s = bw_str_trim(bw_str_from(s, bw_requirement_name(s).n));
    if (s.n && s.p[0] == '[') {
        size_t end = bw_str_find(s, ']');
        s = bw_str_trim(bw_str_from(s, end == SIZE_MAX ? s.n : end + 1));
    }
    s = bw_str_trim(bw_str_take(s, bw_str_find(s, ';')));
    if (s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')')
        s = bw_str_trim(bw_str_n(s.p + 1, s.n - 2));
    return s;
}

bool bw_requirement_exact(struct bw_str requirement, struct bw_str *ret_name,
                          struct bw_str *ret_version)
{
    struct bw_str name = bw_requirement_name(requirement), spec = specifier(requirement);
    if (!name.n || !bw_str_starts(spec, BW_STR("==")))
        return false;
    struct bw_str version =
        bw_str_trim(bw_str_from(spec, bw_str_starts(spec, BW_STR("===")) ? 3 : 2));
    for (size_t i = 0; i < version.n; i++)
        if (strchr(",*<>=!~ \t", version.p[i]))
            return false;
    if (!version.n)
        return false;
    *ret_name = name;
    *ret_version = version;
    return true;
}

bool bw_requirement_is_address(struct bw_str requirement)
{
    return bw_requirement_name(requirement).n && bw_str_starts(specifier(requirement), BW_STR("@"));
}
