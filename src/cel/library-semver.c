/*
 * kubernetes.Semver: semantic versions (semver.org 2.0.0), strict, or made so where normalizing is
 * asked for: "v1.0" is 1.0.0, and leading zeros go.
 */
#include "cel/function-text.h"

struct version {
    uint64_t numbers[3];
    struct bw_str pre; /* without the hyphen, in the arena; empty: none */
};

/* --- reading --- */

static bool is_digits(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

static bool is_identifier(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c != '-' && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'))
            return false;
    }
    return s.n > 0;
}

static bool has_leading_zero(struct bw_str s)
{
    return s.n > 1 && s.p[0] == '0';
}

static const char *read_number(struct bw_str s, uint64_t *ret_number)
{
    if (!is_digits(s))
        return "Invalid character(s) found in version number";
    if (has_leading_zero(s))
        return "Version number must not contain leading zeroes";
    return bw_str_to_u64(s, ret_number) ? NULL : "Invalid version number";
}

static const char *check_identifiers(struct bw_str s, bool numbers_too)
{
    struct bw_str part;
    uint64_t number;
    while (bw_str_split(&s, '.', &part)) {
        if (!is_identifier(part))
            return part.n ? "Invalid character(s) found in prerelease or build meta data"
                          : "Prerelease or build meta data is empty";
        if (numbers_too && is_digits(part) && read_number(part, &number))
            return "Numeric PreRelease version must not contain leading zeroes";
    }
    return NULL;
}

/* The piece behind `mark`, cut off *s; NULL where there is none. */
static struct bw_str cut_behind(struct bw_str *s, char mark)
{
    size_t at = bw_str_find(*s, mark);
    struct bw_str behind = {0};
    if (at != SIZE_MAX) {
        behind = bw_str_n(s->p + at + 1, s->n - at - 1);
        *s = bw_str_take(*s, at);
    }
    return behind;
}

/* The three parts: the last one has all that is left. */
static bool split(struct bw_str s, struct bw_str parts[3])
{
    return bw_str_split(&s, '.', &parts[0]) && bw_str_split(&s, '.', &parts[1]) && s.p &&
           (parts[2] = s, true);
}

static const char *read_version(struct bw_str s, struct version *version)
{
    struct bw_str parts[3];
    if (!s.n)
        return "Version string empty";
    if (!split(s, parts))
        return "No Major.Minor.Patch elements found";
    struct bw_str build = cut_behind(&parts[2], '+');
    version->pre = cut_behind(&parts[2], '-');
    const char *why = NULL;
    for (unsigned i = 0; i < 3 && !why; i++)
        why = read_number(parts[i], &version->numbers[i]);
    if (!why && version->pre.p)
        why = check_identifiers(version->pre, true);
    if (!why && build.p)
        why = check_identifiers(build, false);
    return why;
}

/* --- normalizing --- */

static struct bw_str without_zeros(struct bw_str s)
{
    if (s.n < 2)
        return s;
    while (s.n > 1 && s.p[0] == '0' && s.p[1] >= '0' && s.p[1] <= '9')
        s = bw_str_from(s, 1);
    return s;
}

/* "v1.02" -> "1.2.0"; where a number is missing before something else, it is 0. NULL with *why
 * where it cannot be. */
static struct bw_str normalize(struct bw_cel_call *call, struct bw_str s, const char **why)
{
    struct bw_str parts[3] = {{0}};
    unsigned n = 0;
    if (bw_str_starts(s, BW_STR("v")))
        s = bw_str_from(s, 1);
    while (n < 2 && bw_str_split(&s, '.', &parts[n]))
        n++;
    if (n == 2 && s.p)
        parts[n++] = s;
    struct bw_str last = parts[n ? n - 1 : 0];
    if (n < 3 && (bw_str_find(last, '+') != SIZE_MAX || bw_str_find(last, '-') != SIZE_MAX)) {
        *why = "short version cannot contain PreRelease/Build meta data";
        return (struct bw_str){0};
    }
    const char *zero[3];
    for (unsigned i = 0; i < 3; i++) {
        parts[i] = i < n ? without_zeros(parts[i]) : BW_STR("0");
        zero[i] = parts[i].n > 1 && !is_digits(bw_str_take(parts[i], 1)) ? "0" : "";
    }
    return bw_arena_printf(call->arena, "%s%" BW_STR_F ".%s%" BW_STR_F ".%s%" BW_STR_F, zero[0],
                           BW_STR_A(parts[0]), zero[1], BW_STR_A(parts[1]), zero[2],
                           BW_STR_A(parts[2]));
}

/* NULL, or why not; the budget and the memory are the caller's to look at. */
static const char *read_argument(struct bw_cel_call *call, const struct bw_value *args, size_t n,
                                 struct version *version)
{
    struct bw_str s = bw_value_text(args[0]);
    const char *why = "no memory";
    if (n > 1 && bw_value_is_true(args[1])) {
        s = normalize(call, s, &why);
        if (!s.p)
            return why;
    }
    return read_version(s, version);
}

/* --- order --- */

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_identifiers(struct bw_str a, struct bw_str b)
{
    uint64_t x, y;
    bool a_number = is_digits(a) && bw_str_to_u64(a, &x);
    bool b_number = is_digits(b) && bw_str_to_u64(b, &y);
    if (a_number && b_number)
        return order_of(x, y);
    if (a_number || b_number)
        return a_number ? -1 : 1;
    int order = bw_str_cmp(a, b);
    return (order > 0) - (order < 0);
}

static int compare_pre(struct bw_str a, struct bw_str b)
{
    struct bw_str x, y;
    if (!a.n || !b.n)
        return a.n ? -1 : b.n > 0;
    while (a.p && b.p) {
        (void)bw_str_split(&a, '.', &x);
        (void)bw_str_split(&b, '.', &y);
        int order = compare_identifiers(x, y);
        if (order)
            return order;
    }
    return (a.p != NULL) - (b.p != NULL);
}

static int compare(const struct version *a, const struct version *b)
{
    for (unsigned i = 0; i < 3; i++)
        if (a->numbers[i] != b->numbers[i])
            return order_of(a->numbers[i], b->numbers[i]);
    return compare_pre(a->pre, b->pre);
}

/* --- values --- */

static bool version_equal(const void *a, const void *b)
{
    return compare(a, b) == 0;
}

static struct bw_value version_to_string(struct bw_cel_call *call, const void *p)
{
    const struct version *version = p;
    struct bw_cel_text text = BW_CEL_TEXT(call);
    bw_cel_text_printf(&text, "%llu.%llu.%llu", (unsigned long long)version->numbers[0],
                       (unsigned long long)version->numbers[1],
                       (unsigned long long)version->numbers[2]);
    if (version->pre.n)
        bw_cel_text_add(&text, BW_STR("-"));
    bw_cel_text_add(&text, version->pre);
    return bw_cel_text_end(&text);
}

static const struct bw_cel_opaque_class version_class = {"kubernetes.Semver", version_equal,
                                                         version_to_string};

static struct bw_value from_string(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct version read = {0};
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    const char *why = read_argument(call, args, n, &read);
    if (why)
        return bw_cel_fail(call, "%s", why);
    struct version *version = bw_arena_alloc(call->arena, sizeof *version);
    if (!version)
        return bw_cel_fail_memory(call->arena);
    *version = read;
    return bw_cel_opaque(call, &version_class, version);
}

static struct bw_value is_semver(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct version read = {0};
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    return bw_value_bool(!read_argument(call, args, n, &read));
}

static struct bw_value number(struct bw_value value, unsigned i)
{
    const struct version *version = bw_cel_opaque_of(value, &version_class);
    return bw_value_int((int64_t)version->numbers[i]);
}

static struct bw_value major_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return number(args[0], 0);
}

static struct bw_value minor_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return number(args[0], 1);
}

static struct bw_value patch_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return number(args[0], 2);
}

static int compare_values(const struct bw_value *args)
{
    return compare(bw_cel_opaque_of(args[0], &version_class),
                   bw_cel_opaque_of(args[1], &version_class));
}

static struct bw_value compare_to(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_int(compare_values(args));
}

static struct bw_value is_less(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_bool(compare_values(args) < 0);
}

static struct bw_value is_greater(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return bw_value_bool(compare_values(args) > 0);
}

#define V "kubernetes.Semver"

static const char *const types[] = {V, NULL};

static const struct bw_cel_overload overloads[] = {
    {"semver(string): " V, from_string},
    {"semver(string, bool): " V, from_string},
    {"isSemver(string): bool", is_semver},
    {"isSemver(string, bool): bool", is_semver},
    {V ".major(): int", major_of},
    {V ".minor(): int", minor_of},
    {V ".patch(): int", patch_of},
    {V ".compareTo(" V "): int", compare_to},
    {V ".isLessThan(" V "): bool", is_less},
    {V ".isGreaterThan(" V "): bool", is_greater},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_semver = {
    .name = "semver",
    .dialects = BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
