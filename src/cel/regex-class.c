/*
 * Escapes and classes of characters, as Go's regexp/syntax reads them.
 */
#include "cel/regex-parser.h"
#include "cel/text.h"

/* --- sets --- */

void bw_regex_count_ranges(struct parser *parser, const struct set *set)
{
    parser->ranges += set->n;
    if (parser->ranges > RANGES_MAX)
        bw_regex_fail_memory(parser);
}

void bw_regex_add_range(struct parser *parser, struct set *set, uint32_t lo, uint32_t hi)
{
    if (bw_set_add(parser->arena, set, lo, hi))
        bw_regex_fail_memory(parser);
}

/* --- escapes --- */

static bool is_octal(const struct parser *parser)
{
    return !at_end(parser) && *parser->p >= '0' && *parser->p <= '7';
}

/* {10FFFF}, behind \x. */
static bool read_hex_braced(struct parser *parser, uint32_t *ret_rune)
{
    uint32_t value = 0, digits = 0;
    for (parser->p++; !at_end(parser); digits++) {
        uint32_t c = next_rune(parser);
        if (c == '}') {
            *ret_rune = value;
            return digits > 0;
        }
        if (bw_cel_hex_digit(c) < 0)
            return false;
        value = value * 16 + (uint32_t)bw_cel_hex_digit(c);
        if (value > RUNE_MAX)
            return false;
    }
    return false;
}

/* Or two digits. */
static bool read_hex(struct parser *parser, uint32_t *ret_rune)
{
    if (looking_at(parser, "{"))
        return read_hex_braced(parser, ret_rune);
    int digits[2] = {-1, -1};
    for (unsigned i = 0; i < 2 && !at_end(parser); i++)
        digits[i] = bw_cel_hex_digit(next_rune(parser));
    *ret_rune = (uint32_t)(digits[0] * 16 + digits[1]);
    return digits[0] >= 0 && digits[1] >= 0;
}

static uint32_t read_octal(struct parser *parser, uint32_t first)
{
    uint32_t value = first - '0';
    for (unsigned i = 0; i < 2 && is_octal(parser); i++)
        value = value * 8 + (uint32_t)(*parser->p++ - '0');
    return value;
}

/* Behind the backslash. */
static bool read_escaped(struct parser *parser, uint32_t *ret_rune)
{
    static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
    uint32_t c = next_rune(parser);
    const char *letter = c && c < 128 ? strchr(letters, (int)c) : NULL;
    if (letter)
        c = (uint32_t)meant[letter - letters];
    else if (c == '0' || (c >= '1' && c <= '7' && is_octal(parser)))
        c = read_octal(parser, c);
    else if (c == 'x')
        return read_hex(parser, ret_rune);
    else if (c >= 128 || is_digit(c) || is_letter(c))
        return false;
    *ret_rune = c;
    return true;
}

uint32_t bw_regex_escape(struct parser *parser)
{
    const char *begin = parser->p++;
    uint32_t rune = 0;
    if (at_end(parser))
        bw_regex_fail(parser, "trailing backslash at end of expression", begin, begin);
    else if (!read_escaped(parser, &rune))
        bw_regex_fail(parser, "invalid escape sequence", begin, parser->p);
    return rune;
}

/* --- classes --- */

/* Adds a class that has a name, with the other cases and turned round before it is joined. 1: there
 * is none of that name. */
static int join_class(struct parser *parser, struct set *set, struct set class, int rc,
                      bool negated)
{
    if (rc > 0)
        return 1;
    if (rc == 0 && parser->flags & FLAG_FOLD)
        rc = bw_set_fold(parser->arena, &class);
    bw_set_clean(&class);
    if (rc == 0 && negated)
        rc = bw_set_negate(parser->arena, &class);
    if (rc || bw_set_join(parser->arena, set, &class))
        bw_regex_fail_memory(parser);
    bw_regex_count_ranges(parser, &class);
    return 0;
}

/* \d \D \s \S \w \W */
bool bw_regex_perl(struct parser *parser, struct set *set)
{
    if (parser->end - parser->p < 2 || parser->p[0] != '\\' || !is_letter((uint8_t)parser->p[1]))
        return false;
    char name = (char)(parser->p[1] | 32);
    struct set class = {0};
    int rc = bw_set_add_perl(parser->arena, &class, name);
    if (join_class(parser, set, class, rc, parser->p[1] != name))
        return false;
    parser->p += 2;
    return true;
}

/* \pL \p{Greek} \P{^Greek}; committed once it has begun. */
bool bw_regex_unicode(struct parser *parser, struct set *set)
{
    const char *begin = parser->p;
    if (!looking_at(parser, "\\p") && !looking_at(parser, "\\P"))
        return false;
    bool negated = parser->p[1] == 'P';
    parser->p += 2;
    if (at_end(parser)) {
        bw_regex_fail(parser, "invalid character class range", begin, parser->p);
        return true;
    }
    const char *name = parser->p, *name_end;
    if (next_rune(parser) == '{') {
        size_t close = bw_str_find(bw_str_n(name, (size_t)(parser->end - name)), '}');
        if (close == SIZE_MAX) {
            bw_regex_fail(parser, "invalid character class range", begin, parser->end);
            return true;
        }
        name_end = name++ + close;
        parser->p = name_end + 1;
    } else {
        name_end = parser->p;
    }
    if (name < name_end && *name == '^') {
        negated = !negated;
        name++;
    }
    struct set class = {0};
    int rc = bw_set_add_unicode(parser->arena, &class, bw_str_n(name, (size_t)(name_end - name)));
    if (join_class(parser, set, class, rc, negated))
        bw_regex_fail(parser, "invalid character class range", begin, parser->p);
    return true;
}

/* [:alpha:] [:^alpha:] */
static bool read_posix(struct parser *parser, struct set *set)
{
    struct bw_str rest = bw_str_n(parser->p, (size_t)(parser->end - parser->p));
    if (rest.n <= 2 || !looking_at(parser, "[:"))
        return false;
    size_t close = bw_str_find_str(bw_str_from(rest, 2), BW_STR(":]"));
    if (close == SIZE_MAX)
        return false;
    struct bw_str name = bw_str_take(bw_str_from(rest, 2), close);
    bool negated = bw_str_starts(name, BW_STR("^"));
    struct set class = {0};
    int rc = bw_set_add_posix(parser->arena, &class, bw_str_from(name, negated));
    if (join_class(parser, set, class, rc, negated))
        bw_regex_fail(parser, "invalid character class range", parser->p, parser->p + close + 4);
    parser->p += close + 4;
    return true;
}

static uint32_t read_class_rune(struct parser *parser, const char *begin)
{
    if (at_end(parser)) {
        bw_regex_fail(parser, "missing closing ]", begin, parser->end);
        return 0;
    }
    return *parser->p == '\\' ? bw_regex_escape(parser) : next_rune(parser);
}

static void read_class_range(struct parser *parser, struct set *set, const char *begin)
{
    const char *from = parser->p;
    uint32_t lo = read_class_rune(parser, begin), hi = lo;
    if (parser->end - parser->p >= 2 && parser->p[0] == '-' && parser->p[1] != ']') {
        parser->p++;
        hi = read_class_rune(parser, begin);
        if (hi < lo)
            bw_regex_fail(parser, "invalid character class range", from, parser->p);
    }
    if (!parser->rc)
        bw_regex_add_range(parser, set, lo, hi);
}

void bw_regex_class(struct parser *parser, struct set *ret_set, bool *ret_negated)
{
    const char *begin = parser->p++;
    struct set set = {0};
    bool negated = looking_at(parser, "^"), first = true;
    parser->p += negated;
    while (!parser->rc && (first || at_end(parser) || *parser->p != ']')) {
        first = false;
        if (!read_posix(parser, &set) && !bw_regex_unicode(parser, &set) &&
            !bw_regex_perl(parser, &set))
            read_class_range(parser, &set, begin);
    }
    parser->p += !parser->rc;
    *ret_set = set;
    *ret_negated = negated;
}
