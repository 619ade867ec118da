#include "extract/product.h"

#include <ctype.h>
#include <stdio.h>

#include "extract/package-fact.h"

#define NUMBERS_MAX  5u  /* of a version */
#define DIGITS_MAX   10u /* of a number */
#define TAIL_MAX     64u
#define BUILDS_MAX   64u /* places of eight zeros that are looked at */
#define BUILD_ID_MAX 128u
#define PATCH_DIGITS 3u
#define ZEROS        "00000000"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '+' || c == '~' || c == '_';
}

static size_t count(struct bw_str s, size_t max, bool (*is)(char))
{
    size_t n = 0;
    while (n < s.n && n < max && is(s.p[n]))
        n++;
    return n;
}

/* --- versions --- */

/* "1.25.3" at the beginning of s: numbers apart by dots; empty where there are fewer than two. */
static struct bw_str numbers_of(struct bw_str s, unsigned *ret_numbers)
{
    size_t n = 0, end = 0;
    *ret_numbers = 0;
    while (*ret_numbers < NUMBERS_MAX) {
        size_t digits = count(bw_str_from(s, n), DIGITS_MAX + 1, is_digit);
        if (digits == 0 || digits > DIGITS_MAX)
            break;
        ++*ret_numbers;
        n += digits;
        end = n;
        if (n >= s.n || s.p[n] != '.')
            break;
        n++;
    }
    return *ret_numbers < 2 ? (struct bw_str){NULL, 0} : bw_str_take(s, end);
}

/* The length of "-rc1", "rc1", "~beta.2" at the beginning of s; 0 where it says nothing of that
 * kind. */
static size_t unfinished(struct bw_str s)
{
    static const char *const words[] = {"alpha", "beta", "rc", "RC", "dev", "pre"};
    size_t mark = s.n && (s.p[0] == '-' || s.p[0] == '~') ? 1 : 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        size_t n = mark + strlen(words[i]);
        if (!bw_str_starts(bw_str_from(s, mark), bw_str(words[i])))
            continue;
        if (n + 1 < s.n && s.p[n] == '.' && is_digit(s.p[n + 1]))
            n++;
        return n + count(bw_str_from(s, n), DIGITS_MAX, is_digit);
    }
    return 0;
}

struct version {
    char text[BW_PRODUCT_VERSION_MAX];
};

static void write_version(struct version *to, struct bw_str numbers, struct bw_str rest,
                          enum bw_product_form form)
{
    size_t n = form == BW_FORM_LETTER ? 0 : unfinished(rest);
    const char *dash = n ? "-" : "";
    struct bw_str more = bw_str_take(rest, n);
    if (n && (rest.p[0] == '-' || rest.p[0] == '~'))
        more = bw_str_from(more, 1);
    if (form == BW_FORM_LETTER && rest.n && islower((unsigned char)rest.p[0]))
        more = bw_str_take(rest, 1 + count(bw_str_from(rest, 1), DIGITS_MAX, is_digit));
    snprintf(to->text, sizeof to->text, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(numbers), dash,
             BW_STR_A(more));
}

/* "2023-12-20T..." */
static bool read_date(struct bw_str s, struct version *to)
{
    static const char form[] = "dddd-dd-ddT";
    if (s.n < sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? !is_digit(s.p[i]) : s.p[i] != form[i])
            return false;
    snprintf(to->text, sizeof to->text, "%.4s.%.2s.%.2s", s.p, s.p + 5, s.p + 8);
    return true;
}

static bool read_java(struct bw_str s, struct version *to)
{
    unsigned numbers;
    struct bw_str version = numbers_of(s, &numbers);
    size_t single = count(s, 3, is_digit);
    if (version.n == 0) /* "17" */
        return single > 0 && single < 3 &&
               snprintf(to->text, sizeof to->text, "%.*s.0.0", (int)single, s.p) > 0;
    struct bw_str rest = bw_str_from(s, version.n);
    size_t update = rest.n && rest.p[0] == '_' ? count(bw_str_from(rest, 1), 4, is_digit) : 0;
    if (!bw_str_starts(version, BW_STR("1.")))
        snprintf(to->text, sizeof to->text, "%" BW_STR_F, BW_STR_A(version));
    else if (update)
        snprintf(to->text, sizeof to->text, "%" BW_STR_F ".%.*s", BW_STR_A(bw_str_from(version, 2)),
                 (int)update, rest.p + 1);
    else
        snprintf(to->text, sizeof to->text, "%" BW_STR_F ".0", BW_STR_A(bw_str_from(version, 2)));
    return true;
}

static bool read_version(const struct bw_product_literal *literal, struct bw_str s,
                         struct version *to)
{
    unsigned numbers;
    if (literal->form == BW_FORM_DATE)
        return read_date(s, to);
    if (literal->form == BW_FORM_JAVA)
        return read_java(s, to);
    struct bw_str version = numbers_of(s, &numbers);
    if (version.n == 0 || version.n > BW_PRODUCT_VERSION_MAX / 2 ||
        (literal->form == BW_FORM_THREE && numbers < 3))
        return false;
    struct bw_str rest = bw_str_from(s, version.n);
    if (literal->after.n && !bw_str_starts(rest, literal->after)) {
        size_t tail = count(rest, TAIL_MAX, is_word);
        if (!bw_str_starts(bw_str_from(rest, tail), literal->after))
            return false;
    }
    write_version(to, version, rest, literal->form);
    return true;
}

/* --- the places --- */

static bool find_literal(const struct bw_product_literal *literal, struct bw_str content,
                         struct version *to)
{
    for (size_t at; (at = bw_str_find_str(content, literal->before)) != SIZE_MAX;) {
        content = bw_str_from(content, at + literal->before.n);
        if (read_version(literal, content, to))
            return true;
        if (content.n == 0)
            break;
    }
    return false;
}

/* The next C string of three numbers. */
static bool next_alone(struct bw_str *rest, struct bw_str *ret_version)
{
    unsigned numbers;
    for (size_t at; (at = bw_str_find(*rest, '\0')) != SIZE_MAX;) {
        *rest = bw_str_from(*rest, at + 1);
        if (rest->n < 6 || !is_digit(rest->p[0]))
            continue;
        struct bw_str version = numbers_of(*rest, &numbers);
        if (numbers == 3 && version.n < rest->n && rest->p[version.n] == '\0' &&
            version.n < BW_PRODUCT_VERSION_MAX) {
            *ret_version = version;
            return true;
        }
    }
    return false;
}

static void copy_version(struct version *to, struct bw_str version)
{
    snprintf(to->text, sizeof to->text, "%" BW_STR_F, BW_STR_A(version));
}

static bool find_alone(struct bw_str beginning, struct bw_str content, struct version *to)
{
    struct bw_str version, first = {0};
    while (next_alone(&content, &version)) {
        if (!bw_str_starts(version, beginning))
            continue;
        if (first.n && !bw_str_eq(first, version))
            return false;
        first = version;
    }
    copy_version(to, first);
    return first.n > 0;
}

static struct bw_str last_component(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

static bool find_named(struct bw_str path, struct bw_str content, struct version *to)
{
    unsigned numbers;
    struct bw_str name = last_component(path), version;
    while (name.n && !is_digit(name.p[0]))
        name = bw_str_from(name, 1);
    name = numbers_of(name, &numbers);
    if (numbers < 2)
        return false;
    size_t minor = bw_str_find(name, '.') + 1;
    name = bw_str_take(name, minor + count(bw_str_from(name, minor), DIGITS_MAX, is_digit));
    while (next_alone(&content, &version))
        if (bw_str_starts(version, name) && version.p[name.n] == '.') {
            copy_version(to, version);
            return true;
        }
    return false;
}

static bool stands_alone(struct bw_str content, struct bw_str version)
{
    char room[BW_PRODUCT_VERSION_MAX + 2];
    memcpy(room + 1, version.p, version.n);
    room[0] = room[1 + version.n] = '\0';
    return bw_str_find_str(content, bw_str_n(room, version.n + 2)) != SIZE_MAX;
}

/* The C string that ends at p[end): its beginning, at most BUILD_ID_MAX before. */
static struct bw_str string_before(struct bw_str content, size_t end)
{
    size_t start = end;
    while (start > 0 && end - start < BUILD_ID_MAX && is_word(content.p[start - 1]))
        start--;
    return bw_str_from(bw_str_take(content, end), start);
}

/* A name such as "buildkitsandbox", not a number and not a container's id in hexadecimal, whose
 * first digits could be anybody's. */
static bool is_host_name(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isxdigit((unsigned char)s.p[i]))
            return true;
    return false;
}

/* The build id follows the version without a mark, and its first digits seem to belong to it: the
 * longest that is a string of its own is the version. Where none is, all of it before a name. */
static bool read_build(struct bw_str content, struct bw_str build, struct version *to)
{
    while (build.n && !is_digit(build.p[0]))
        build = bw_str_from(build, 1);
    size_t dot = bw_str_find(build, '.');
    if (dot == SIZE_MAX)
        return false;
    size_t second = bw_str_find(bw_str_from(build, dot + 1), '.');
    if (second == SIZE_MAX || dot + second > 8)
        return false;
    size_t patch = dot + 1 + second + 1;
    size_t digits = count(bw_str_from(build, patch), PATCH_DIGITS, is_digit);
    struct bw_str named = bw_str_from(build, patch + digits),
                  whole = bw_str_take(build, patch + digits);
    for (size_t n = digits; n; n--)
        if (stands_alone(content, bw_str_take(build, patch + n))) {
            copy_version(to, bw_str_take(build, patch + n));
            return true;
        }
    if (!digits || !is_host_name(bw_str_take(named, bw_str_find(named, '-'))))
        return false;
    copy_version(to, whole);
    return true;
}

static bool find_build(struct bw_str content, struct version *to)
{
    const struct bw_str end = bw_str_n(ZEROS, sizeof ZEROS);
    size_t from = 0;
    for (unsigned i = 0; i < BUILDS_MAX; i++) {
        size_t at = bw_str_find_str(bw_str_from(content, from), end);
        if (at == SIZE_MAX)
            return false;
        from += at + end.n;
        if (read_build(content, string_before(content, from - 1), to))
            return true;
    }
    return false;
}

static bool find_in_path(struct bw_str path, struct version *to)
{
    const struct bw_product_literal any = {.form = BW_FORM_VERSION};
    size_t slash = bw_str_rfind(path, '/');
    return slash != SIZE_MAX && read_version(&any, last_component(bw_str_take(path, slash)), to);
}

static bool find_version(const struct bw_product_literal *literal, struct bw_str path,
                         struct bw_str content, struct version *to)
{
    switch (literal->form) {
    case BW_FORM_ALONE:
        return find_alone(literal->before, content, to);
    case BW_FORM_NAMED:
        return find_named(path, content, to);
    case BW_FORM_BUILD:
        return find_build(content, to);
    case BW_FORM_WHOLE:
        return read_version(literal, content, to);
    case BW_FORM_PATH:
        return find_in_path(path, to);
    default:
        return literal->before.n && find_literal(literal, content, to);
    }
}

/* --- the products --- */

static bool fits(const struct bw_product *product, struct bw_str path)
{
    for (size_t i = 0; i < BW_PRODUCT_FILES_MAX && product->files[i]; i++)
        if (bw_parser_matches(product->files[i], path))
            return true;
    return false;
}

int bw_product_send_known(const char *name, struct bw_str version, struct bw_record_gaps *gaps,
                          struct bw_err *err)
{
    return bw_package_fact(
        gaps, 0,
        (struct bw_package){.type = BW_PACKAGE_BITNAMI, .name = bw_str(name), .version = version},
        err);
}

int bw_product_send(const struct bw_product *table, struct bw_str content,
                    struct bw_record_gaps *gaps, size_t *ret_n, struct bw_err *err)
{
    int rc = 0;
    struct version version;
    *ret_n = 0;
    for (const struct bw_product *product = table; !rc && product->name; product++) {
        bool found = false;
        for (size_t i = 0; i < BW_PRODUCT_LITERALS_MAX && !found && fits(product, gaps->path); i++)
            found = find_version(&product->literals[i], gaps->path, content, &version);
        if (found)
            rc = bw_product_send_known(product->name, bw_str(version.text), gaps, err);
        *ret_n += found;
    }
    return rc;
}
