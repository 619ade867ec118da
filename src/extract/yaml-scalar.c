#include "extract/yaml-scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "wrap/base64.h"

#define TAG_PREFIX BW_STR("tag:yaml.org,2002:")

/* Longer texts are no numbers to us; the program they are for would make infinities of them. */
#define NUMBER_MAX 1024u

/* --- numbers, as Go's strconv reads and writes them --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_sign(char c)
{
    return c == '+' || c == '-';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The digits of a number without its sign; base 0: as a prefix says (0x, 0o, 0b, 0). */
static bool read_magnitude(struct bw_str s, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!s.n)
        return false;
    if (base == 0 && s.p[0] == '0') {
        char mark = s.n >= 3 ? lower(s.p[1]) : '\0';
        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        s = bw_str_from(s, mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    } else if (base == 0) {
        base = 10;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = lower(s.p[i]);
        unsigned digit = is_digit(c)            ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10
                                                : base;
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

/* ParseInt, then ParseUint, which knows no sign: over int64 a number is UINT. */
static bool read_integer(struct bw_str s, unsigned base, struct bw_value *ret_value)
{
    bool sign = s.n && is_sign(s.p[0]), negative = sign && s.p[0] == '-';
    uint64_t magnitude = 0;
    if (!read_magnitude(bw_str_from(s, sign), base, &magnitude))
        return false;
    if (magnitude <= INT64_MAX)
        *ret_value = bw_value_int(negative ? -(int64_t)magnitude : (int64_t)magnitude);
    else if (negative && magnitude == (uint64_t)INT64_MAX + 1)
        *ret_value = bw_value_int(INT64_MIN);
    else if (!sign)
        *ret_value = bw_value_uint(magnitude);
    else
        return false;
    return true;
}

static size_t count_digits(struct bw_str s, size_t from)
{
    size_t i = from;
    while (i < s.n && is_digit(s.p[i]))
        i++;
    return i - from;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(struct bw_str s)
{
    size_t i = s.n && is_sign(s.p[0]), whole = count_digits(s, i), part = 0;
    i += whole;
    if (i < s.n && s.p[i] == '.') {
        part = count_digits(s, i + 1);
        i += 1 + part;
    }
    if (!whole && !part)
        return false;
    if (i < s.n && lower(s.p[i]) == 'e') {
        i += 1 + (i + 1 < s.n && is_sign(s.p[i + 1]));
        size_t exponent = count_digits(s, i);
        if (!exponent)
            return false;
        i += exponent;
    }
    return i == s.n;
}

/* s is followed by a NUL. Too large is no number, too small is zero. */
static bool read_float(struct bw_str s, struct bw_value *ret_value)
{
    if (!is_float(s))
        return false;
    double d = strtod(s.p, NULL);
    if (!isfinite(d))
        return false;
    *ret_value = bw_value_double(d);
    return true;
}

/* An underscore stands between digits; Go says so where a float begins with a dot. */
static bool underscores_separate(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '_' &&
            (i == 0 || i + 1 == s.n || !(is_digit(s.p[i - 1]) || s.p[i - 1] == '_') ||
             !is_digit(s.p[i + 1])))
            return false;
    return true;
}

static bool read_number(struct bw_str s, enum bw_yaml_dialect dialect, struct bw_value *ret_value)
{
    char text[NUMBER_MAX + 1];
    size_t n = 0;
    if (s.n > NUMBER_MAX || !s.n || !(is_digit(s.p[0]) || is_sign(s.p[0]) || s.p[0] == '.'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '_')
            text[n++] = s.p[i];
    text[n] = '\0';
    struct bw_str bare = {text, n};
    if (s.p[0] == '.')
        return underscores_separate(s) && read_float(bare, ret_value);
    if (read_integer(bare, 0, ret_value) || read_float(bare, ret_value))
        return true;
    /* What is left of these has a sign behind its prefix: "0b+1". */
    if (bw_str_starts(bare, BW_STR("0b")))
        return read_integer(bw_str_from(bare, 2), 2, ret_value);
    return dialect == BW_YAML_COMPOSE && bw_str_starts(bare, BW_STR("0o")) &&
           read_integer(bw_str_from(bare, 2), 8, ret_value);
}

/* The fewest digits that read back the same, as "d.ddde[+-]dd". */
static void shortest(double d, bool single, char *text, size_t size)
{
    for (int precision = 0; precision <= 17; precision++) {
        snprintf(text, size, "%.*e", precision, d);
        if (single ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d)
            return;
    }
}

/* FormatFloat(d, 'g', -1, 32), which is what becomes of a key. */
static void key_of_double(double d, char *text, size_t size)
{
    char digits[48];
    float f = (float)d;
    if (!isfinite(f)) {
        snprintf(text, size, "%s", isnan(f) ? ".nan" : f < 0 ? "-.inf" : ".inf");
        return;
    }
    shortest(f, true, digits, sizeof digits);
    const char *e = strchr(digits, 'e'), *dot = strchr(digits, '.');
    int exponent = atoi(e + 1), behind = dot ? (int)(e - dot) - 1 : 0;
    if (exponent < -4 || exponent >= 6)
        snprintf(text, size, "%s", digits);
    else
        snprintf(text, size, "%.*f", behind > exponent ? behind - exponent : 0, (double)f);
}

/* A double as it comes out of the JSON between go-yaml and the API server: written with its
 * shortest digits and without an exponent below 1e21, and an integer where it then looks like one
 * and fits. */
static struct bw_value through_json(double d)
{
    char digits[48];
    int64_t value = 0;
    if (d != trunc(d) || fabs(d) >= 9.3e18)
        return bw_value_double(d);
    if (fabs(d) <= 9007199254740992.0)
        return bw_value_int((int64_t)d);
    shortest(d, false, digits, sizeof digits);
    int places = atoi(strchr(digits, 'e') + 1);
    bool negative = digits[0] == '-', overflow = false;
    for (const char *p = digits + negative; *p != 'e'; p++) {
        if (*p == '.')
            continue;
        int64_t digit = negative ? -(*p - '0') : *p - '0';
        overflow |= __builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, digit, &value);
        places -= p > digits + negative + 1;
    }
    for (; places > 0; places--)
        overflow |= __builtin_mul_overflow(value, 10, &value);
    return overflow ? bw_value_double(d) : bw_value_int(value);
}

/* --- words --- */

static const struct word {
    const char *text;
    bool old; /* YAML 1.1 alone */
    uint8_t kind;
    double value;
} words[] = {
    {"", false, BW_VALUE_NULL, 0},         {"~", false, BW_VALUE_NULL, 0},
    {"null", false, BW_VALUE_NULL, 0},     {"Null", false, BW_VALUE_NULL, 0},
    {"NULL", false, BW_VALUE_NULL, 0},     {"true", false, BW_VALUE_BOOL, 1},
    {"True", false, BW_VALUE_BOOL, 1},     {"TRUE", false, BW_VALUE_BOOL, 1},
    {"false", false, BW_VALUE_BOOL, 0},    {"False", false, BW_VALUE_BOOL, 0},
    {"FALSE", false, BW_VALUE_BOOL, 0},    {"y", true, BW_VALUE_BOOL, 1},
    {"Y", true, BW_VALUE_BOOL, 1},         {"yes", true, BW_VALUE_BOOL, 1},
    {"Yes", true, BW_VALUE_BOOL, 1},       {"YES", true, BW_VALUE_BOOL, 1},
    {"on", true, BW_VALUE_BOOL, 1},        {"On", true, BW_VALUE_BOOL, 1},
    {"ON", true, BW_VALUE_BOOL, 1},        {"n", true, BW_VALUE_BOOL, 0},
    {"N", true, BW_VALUE_BOOL, 0},         {"no", true, BW_VALUE_BOOL, 0},
    {"No", true, BW_VALUE_BOOL, 0},        {"NO", true, BW_VALUE_BOOL, 0},
    {"off", true, BW_VALUE_BOOL, 0},       {"Off", true, BW_VALUE_BOOL, 0},
    {"OFF", true, BW_VALUE_BOOL, 0},       {".nan", false, BW_VALUE_DOUBLE, NAN},
    {".NaN", false, BW_VALUE_DOUBLE, NAN}, {".NAN", false, BW_VALUE_DOUBLE, NAN},
};

#define WORD_MAX 5u /* "false", "+.inf" */

static bool is_infinity(struct bw_str s)
{
    return bw_str_eq(s, BW_STR(".inf")) || bw_str_eq(s, BW_STR(".Inf")) ||
           bw_str_eq(s, BW_STR(".INF"));
}

static bool read_word(struct bw_str s, enum bw_yaml_dialect dialect, struct bw_value *ret_value)
{
    if (s.n > WORD_MAX)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        const struct word *word = &words[i];
        if (!bw_str_eq(s, bw_str(word->text)) || (word->old && dialect != BW_YAML_KUBERNETES))
            continue;
        *ret_value = word->kind == BW_VALUE_NULL   ? bw_value_null()
                     : word->kind == BW_VALUE_BOOL ? bw_value_bool(word->value != 0)
                                                   : bw_value_double(word->value);
        return true;
    }
    bool sign = s.n && is_sign(s.p[0]);
    if (!is_infinity(bw_str_from(s, sign)))
        return false;
    *ret_value = bw_value_double(sign && s.p[0] == '-' ? -INFINITY : INFINITY);
    return true;
}

/* ABSENT where the text is a string. */
static struct bw_value resolve(struct bw_str text, enum bw_yaml_dialect dialect)
{
    struct bw_value value = {0};
    if (!read_word(text, dialect, &value))
        (void)read_number(text, dialect, &value);
    return value;
}

/* --- scalars --- */

/* What is no UTF-8 becomes U+FFFD, a byte each, as Go's JSON writes it. */
static struct bw_value clean_string(struct bw_value_maker *make, struct bw_str s)
{
    struct bw_buf buf = BW_BUF(BW_VALUE_TEXT_MAX);
    if (bw_str_is_utf8(s))
        return bw_value_string(make, s);
    for (size_t i = 0; i < s.n;) {
        size_t n = 1;
        while (n < 4 && i + n <= s.n && !bw_str_is_utf8(bw_str_n(s.p + i, n)))
            n++;
        bool whole = i + n <= s.n && bw_str_is_utf8(bw_str_n(s.p + i, n));
        bw_buf_str(&buf, whole ? bw_str_n(s.p + i, n) : BW_STR("\xef\xbf\xbd"));
        i += whole ? n : 1;
    }
    make->failed |= bw_buf_failed(&buf);
    struct bw_value value = bw_value_string(make, bw_buf_slice(&buf));
    bw_buf_free(&buf);
    return value;
}

static int read_binary(struct bw_value_maker *make, const struct bw_yaml *scalar,
                       struct bw_value *ret_value, struct bw_err *err)
{
    struct bw_str text = bw_yaml_text(scalar), line;
    struct bw_buf joined BW_CLEANUP(bw_buf_free) = BW_BUF(BW_YAML_TEXT_MAX);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_YAML_TEXT_MAX);
    while (bw_str_line(&text, &line))
        bw_buf_str(&joined, line);
    /* Go demands the padding. */
    if (bw_buf_failed(&joined) || joined.n % 4 != 0 ||
        !bw_base64_read(bw_buf_slice(&joined), &bytes))
        return bw_err_set(err, BW_EFORMAT, "line %u: a !!binary that is no base64",
                          bw_yaml_line(scalar));
    *ret_value = clean_string(make, bw_buf_slice(&bytes));
    return 0;
}

/* A tag of YAML's own that a scalar must fit; false for !!str, !!timestamp and tags of others,
 * whose scalars are strings. */
static bool tag_kind(struct bw_str tag, enum bw_value_kind *ret_kind)
{
    static const struct {
        const char *name;
        enum bw_value_kind kind;
    } kinds[] = {{"null", BW_VALUE_NULL},
                 {"bool", BW_VALUE_BOOL},
                 {"int", BW_VALUE_INT},
                 {"float", BW_VALUE_DOUBLE}};
    if (!bw_str_starts(tag, TAG_PREFIX))
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds); i++)
        if (bw_str_eq(bw_str_from(tag, TAG_PREFIX.n), bw_str(kinds[i].name))) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    return false;
}

static bool fits(struct bw_value *value, enum bw_value_kind kind)
{
    if (kind == BW_VALUE_DOUBLE && value->kind == BW_VALUE_INT)
        *value = bw_value_double((double)value->i);
    if (kind == BW_VALUE_INT && value->kind == BW_VALUE_UINT)
        return true;
    return value->kind == kind;
}

/* The scalar as go-yaml has it: UINT too; ABSENT where it is a string as it stands. */
static int resolve_scalar(enum bw_yaml_dialect dialect, const struct bw_yaml *scalar,
                          struct bw_value *ret_value, struct bw_err *err)
{
    enum bw_value_kind kind = BW_VALUE_ABSENT;
    struct bw_str text = bw_yaml_text(scalar), tag = bw_yaml_tag(scalar);
    *ret_value = (struct bw_value){0};
    if (!tag.p) {
        if (bw_yaml_is_plain(scalar))
            *ret_value = resolve(text, dialect);
        return 0;
    }
    if (!tag_kind(tag, &kind))
        return 0;
    *ret_value = resolve(text, dialect);
    if (!fits(ret_value, kind))
        return bw_err_set(err, BW_EFORMAT, "line %u: `%" BW_STR_F "` is no %" BW_STR_F,
                          bw_yaml_line(scalar), BW_STR_A(bw_str_take(text, 40)),
                          BW_STR_A(bw_str_from(tag, TAG_PREFIX.n)));
    return 0;
}

static bool is_binary(const struct bw_yaml *scalar)
{
    return bw_str_eq(bw_yaml_tag(scalar), BW_STR("tag:yaml.org,2002:binary"));
}

int bw_yaml_scalar(struct bw_value_maker *make, enum bw_yaml_dialect dialect,
                   const struct bw_yaml *scalar, struct bw_value *ret_value, struct bw_err *err)
{
    struct bw_value value;
    if (is_binary(scalar))
        return read_binary(make, scalar, ret_value, err);
    int rc = resolve_scalar(dialect, scalar, &value, err);
    if (rc)
        return rc;
    if (value.kind == BW_VALUE_ABSENT)
        value = bw_value_string(make, bw_yaml_text(scalar));
    if (value.kind == BW_VALUE_UINT)
        value = bw_value_double((double)value.u);
    if (value.kind == BW_VALUE_DOUBLE && dialect == BW_YAML_KUBERNETES) {
        if (!isfinite(value.d))
            return bw_err_set(err, BW_EFORMAT, "line %u: %" BW_STR_F " has no form in JSON",
                              bw_yaml_line(scalar), BW_STR_A(bw_yaml_text(scalar)));
        value = through_json(value.d);
    }
    *ret_value = value;
    return 0;
}

int bw_yaml_key(struct bw_value_maker *make, enum bw_yaml_dialect dialect,
                const struct bw_yaml *scalar, struct bw_value *ret_key, struct bw_err *err)
{
    struct bw_value key;
    char text[64];
    if (is_binary(scalar))
        return read_binary(make, scalar, ret_key, err);
    int rc = resolve_scalar(dialect, scalar, &key, err);
    if (rc)
        return rc;
    if (key.kind == BW_VALUE_ABSENT) {
        *ret_key = bw_value_string(make, bw_yaml_text(scalar));
        return 0;
    }
    if (dialect == BW_YAML_COMPOSE || key.kind == BW_VALUE_NULL || key.kind == BW_VALUE_UINT)
        return bw_err_set(err, BW_EFORMAT, "line %u: the key `%" BW_STR_F "` is no string",
                          bw_yaml_line(scalar), BW_STR_A(bw_str_take(bw_yaml_text(scalar), 40)));
    if (key.kind == BW_VALUE_BOOL)
        snprintf(text, sizeof text, "%s", key.u ? "true" : "false");
    else if (key.kind == BW_VALUE_INT)
        snprintf(text, sizeof text, "%" PRId64, key.i);
    else
        key_of_double(key.d, text, sizeof text);
    *ret_key = bw_value_string(make, bw_str(text));
    return 0;
}
