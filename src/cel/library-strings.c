/*
 * The extension "strings" of cel-go, as far as all dialects agree. Positions count characters.
 */
#include "cel/function-text.h"
#include "cel/text.h"

/* Of a string; never NULL, as the checker sees to it that it is one. */
static struct bw_str text_of(struct bw_value value)
{
    struct bw_str s = bw_value_text(value);
    return s.p ? s : BW_STR("");
}

static struct bw_value out_of_range(struct bw_cel_call *call, int64_t index)
{
    return bw_cel_fail(call, "index out of range: %lld", (long long)index);
}

/* The byte at a character's index, SIZE_MAX where there is none. */
static size_t offset_of(struct bw_str s, int64_t index)
{
    return index < 0 ? SIZE_MAX : bw_cel_character_at(s, (size_t)index);
}

static struct bw_value char_at(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str s = text_of(args[0]);
    size_t at = offset_of(s, args[1].i);
    if (!bw_cel_charge_bytes(call, s.n))
        return bw_cel_fail_budget();
    if (at == SIZE_MAX)
        return out_of_range(call, args[1].i);
    s = bw_str_from(s, at);
    return bw_cel_string(call, bw_str_take(s, bw_cel_character_size(s)));
}

/* --- searching --- */

static struct bw_value character_index(struct bw_str s, size_t offset)
{
    if (offset == SIZE_MAX)
        return bw_value_int(-1);
    return bw_value_int((int64_t)bw_cel_utf8_count(bw_str_take(s, offset)));
}

/* memmem() is linear; so is the search for the last place below, but for texts that repeat. */
static size_t find_from(struct bw_str s, struct bw_str what, size_t from)
{
    const char *at = memmem(s.p + from, s.n - from, what.p, what.n);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

struct bw_value bw_cel_index_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_str s = text_of(args[0]), what = text_of(args[1]);
    size_t from = n > 2 ? offset_of(s, args[2].i) : 0;
    if (!bw_cel_charge_bytes(call, s.n + what.n))
        return bw_cel_fail_budget();
    if (from == SIZE_MAX)
        return out_of_range(call, args[2].i);
    return character_index(s, find_from(s, what, from));
}

static size_t find_last(struct bw_str s, struct bw_str what, size_t from)
{
    if (what.n > s.n)
        return SIZE_MAX;
    for (size_t at = from < s.n - what.n ? from : s.n - what.n;; at--) {
        if (memcmp(s.p + at, what.p, what.n) == 0)
            return at;
        if (at == 0)
            return SIZE_MAX;
    }
}

struct bw_value bw_cel_last_index_of(struct bw_cel_call *call, const struct bw_value *args,
                                     size_t n)
{
    struct bw_str s = text_of(args[0]), what = text_of(args[1]);
    size_t from = n > 2 ? offset_of(s, args[2].i) : s.n;
    /* memcmp() stops early but for texts that repeat themselves: charged as if they did. */
    if (!bw_cel_charge_bytes(call, s.n + what.n) || !bw_cel_charge(call, s.n * what.n / 4096))
        return bw_cel_fail_budget();
    if (from == SIZE_MAX)
        return out_of_range(call, args[2].i);
    return character_index(s, find_last(s, what, from));
}

/* --- parts --- */

static struct bw_value substring(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_str s = text_of(args[0]);
    if (n > 2 && args[1].i > args[2].i)
        return bw_cel_fail(call, "invalid substring range. start: %lld, end: %lld",
                           (long long)args[1].i, (long long)args[2].i);
    size_t from = offset_of(s, args[1].i), to = n > 2 ? offset_of(s, args[2].i) : s.n;
    if (!bw_cel_charge_bytes(call, s.n))
        return bw_cel_fail_budget();
    if (from == SIZE_MAX)
        return out_of_range(call, args[1].i);
    if (to == SIZE_MAX)
        return out_of_range(call, args[2].i);
    return bw_cel_string(call, bw_str_n(s.p + from, to - from));
}

/* Unicode's White_Space; bytes of the one that s begins with, or 0. */
static size_t space_size(struct bw_str s)
{
    static const char *const wide[] = {
        "\xc2\x85", "\xc2\xa0", "\u1680", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
    };
    if (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        return 1;
    /* U+2000 to U+200A */
    if (bw_str_starts(s, BW_STR("\xe2\x80")) && s.n > 2 && (uint8_t)s.p[2] <= 0x8a)
        return 3;
    for (size_t i = 0; i < BW_ARRAY_LEN(wide); i++)
        if (bw_str_starts(s, bw_str(wide[i])))
            return strlen(wide[i]);
    return 0;
}

static struct bw_value trim(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str s = text_of(args[0]);
    if (!bw_cel_charge_bytes(call, s.n))
        return bw_cel_fail_budget();
    for (size_t size; (size = space_size(s)) != 0;)
        s = bw_str_from(s, size);
    size_t end = 0;
    for (size_t at = 0; at < s.n;) {
        struct bw_str rest = bw_str_from(s, at);
        at += bw_cel_character_size(rest);
        if (!space_size(rest))
            end = at;
    }
    return bw_cel_string(call, bw_str_take(s, end));
}

/* The next piece before `sep`, or a character where that is empty. */
static struct bw_str next_piece(struct bw_str s, struct bw_str sep)
{
    if (!sep.n)
        return bw_str_take(s, bw_cel_character_size(s));
    size_t at = bw_str_find_str(s, sep);
    return at == SIZE_MAX ? s : bw_str_take(s, at);
}

static struct bw_value split(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_str s = text_of(args[0]), sep = text_of(args[1]);
    int64_t limit = n > 2 ? args[2].i : -1;
    struct bw_value list = bw_value_list(&call->make, 0);
    if (limit == 0 || (!sep.n && !s.n))
        return list;
    for (int64_t count = 1;; count++) {
        struct bw_str piece = count == limit ? s : next_piece(s, sep);
        if (!bw_cel_charge_bytes(call, piece.n + sep.n + 1))
            return bw_cel_fail_budget();
        bw_value_add(&call->make, &list, bw_cel_string(call, piece));
        if (piece.n == s.n)
            return list;
        s = bw_str_from(s, piece.n + sep.n);
    }
}

/* --- made anew --- */

static struct bw_value cased(struct bw_cel_call *call, struct bw_value value, char from)
{
    struct bw_str s = text_of(value);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    bw_cel_text_add(&text, s);
    for (size_t i = 0; i < text.buf.n; i++)
        if (text.buf.p[i] >= from && text.buf.p[i] < from + 26)
            text.buf.p[i] ^= 0x20;
    return bw_cel_text_end(&text);
}

static struct bw_value lower_ascii(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return cased(call, args[0], 'A');
}

static struct bw_value upper_ascii(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return cased(call, args[0], 'a');
}

/* An empty `what` stands before each character and at the end. */
static struct bw_value replace(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_str s = text_of(args[0]), what = text_of(args[1]);
    struct bw_str with = text_of(args[2]);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    int64_t limit = n > 3 ? args[3].i : -1;
    for (int64_t count = 0; count != limit && !text.spent; count++) {
        struct bw_str before = {0};
        if (what.n || count > 0)
            before = next_piece(s, what);
        if (before.n == s.n && (what.n || (count > 0 && !s.n)))
            break;
        bw_cel_text_add(&text, before);
        bw_cel_text_add(&text, with);
        s = bw_str_from(s, before.n + what.n);
    }
    bw_cel_text_add(&text, s);
    return bw_cel_text_end(&text);
}

static struct bw_value join(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    struct bw_cel_text text = BW_CEL_TEXT(call);
    for (size_t i = 0; i < bw_value_count(args[0]) && !text.spent; i++) {
        struct bw_value element = bw_value_index(args[0], i);
        if (element.kind != BW_VALUE_STRING) {
            bw_buf_free(&text.buf);
            return bw_cel_fail(call, "join: invalid input: %s", bw_cel_type_name(element));
        }
        if (i && n > 1)
            bw_cel_text_add(&text, text_of(args[1]));
        if (!bw_cel_charge(call, 1))
            text.spent = true;
        bw_cel_text_add(&text, text_of(element));
    }
    return bw_cel_text_end(&text);
}

static struct bw_value quote(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
    struct bw_str s = text_of(args[0]);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    bw_buf_byte(&text.buf, '"');
    for (size_t i = 0, from = 0; i <= s.n && !text.spent; i++) {
        const char *special = i < s.n && s.p[i] ? strchr(plain, s.p[i]) : NULL;
        if (i < s.n && !special)
            continue;
        bw_cel_text_add(&text, bw_str_n(s.p + from, i - from));
        from = i + 1;
        if (special)
            bw_cel_text_add(&text, bw_str_n((char[]){'\\', letters[special - plain]}, 2));
    }
    bw_buf_byte(&text.buf, '"');
    return bw_cel_text_end(&text);
}

static const struct bw_cel_overload overloads[] = {
    {"string.charAt(int): string", char_at},
    {"string.indexOf(string): int", bw_cel_index_of},
    {"string.lastIndexOf(string): int", bw_cel_last_index_of},
    {"string.lowerAscii(): string", lower_ascii},
    {"string.upperAscii(): string", upper_ascii},
    {"string.replace(string, string): string", replace},
    {"string.replace(string, string, int): string", replace},
    {"string.split(string): list(string)", split},
    {"string.split(string, int): list(string)", split},
    {"string.substring(int): string", substring},
    {"string.substring(int, int): string", substring},
    {"string.trim(): string", trim},
    {"list(string).join(): string", join},
    {"list(string).join(string): string", join},
    {"strings.quote(string): string", quote},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_strings = {
    .name = "strings",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
