#include "model/licence-name.h"

#include <stdio.h>
#include <string.h>

#include "model/licence-table.h"

#define REF     "LicenseRef-"
#define REF_MAX 64u

/* Longest first where one starts another. */
static const struct family {
    const char *word, *id;
    const char *versions; /* that SPDX lists */
} families[] = {
    {"lessergeneralpublic", "LGPL", "2.0 2.1 3.0"},
    {"librarygeneralpublic", "LGPL", "2.0 2.1 3.0"},
    {"lesserlibrarygeneralpublic", "LGPL", "2.0 2.1 3.0"},
    {"libraryorlessergeneralpublic", "LGPL", "2.0 2.1 3.0"},
    {"lesserpublic", "LGPL", "2.0 2.1 3.0"},
    {"lgpl", "LGPL", "2.0 2.1 3.0"},
    {"afferogeneralpublic", "AGPL", "1.0 3.0"},
    {"afferogpl", "AGPL", "1.0 3.0"},
    {"agpl", "AGPL", "1.0 3.0"},
    {"generalpublic", "GPL", "1.0 2.0 3.0"},
    {"gpl", "GPL", "1.0 2.0 3.0"},
    {"freedocumentation", "GFDL", "1.1 1.2 1.3"},
    {"gfdl", "GFDL", "1.1 1.2 1.3"},
    {"fdl", "GFDL", "1.1 1.2 1.3"},
};

static bool is_dropped(struct bw_str word)
{
    static const char *const dropped[] = {"the", "license", "licence", "version", "software"};
    for (size_t i = 0; i < BW_ARRAY_LEN(dropped); i++)
        if (bw_str_eq(word, bw_str(dropped[i])))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of an SPDX idstring, whatever the locale. */
static bool is_plain(char c)
{
    return is_digit(c) || is_letter((char)(c | 0x20)) || c == '.';
}

/* Adds a word of lower case; out has room for it. */
static size_t add_word(struct bw_str word, char *out, size_t n)
{
    while (word.n && word.p[0] == '.')
        word = bw_str_from(word, 1);
    while (word.n && word.p[word.n - 1] == '.')
        word.n--;
    if (is_dropped(word))
        return n;
    for (size_t i = 0; i < word.n; i++) {
        bool before_digit = i + 1 < word.n && is_digit(word.p[i + 1]);
        bool after_digit = i && is_digit(word.p[i - 1]);
        if (word.p[i] == 'v' && before_digit && (i == 0 || is_letter(word.p[i - 1])))
            continue;
        bool zero = i + 1 < word.n && word.p[i] == '.' && word.p[i + 1] == '0' && after_digit;
        if (zero && (i + 2 == word.n || (!is_digit(word.p[i + 2]) && word.p[i + 2] != '.')))
            i++;
        else
            out[n++] = word.p[i];
    }
    return n;
}

struct bw_str bw_licence_key(struct bw_str name, char *out)
{
    char word[BW_LICENCE_NAME_MAX];
    size_t n = 0, word_n = 0;
    if (name.n > BW_LICENCE_NAME_MAX)
        return (struct bw_str){0};
    for (size_t i = 0; i <= name.n; i++) {
        char c = i < name.n ? name.p[i] : ' ';
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if (is_letter(c) || is_digit(c) || c == '.' || c == '+') {
            word[word_n++] = c;
        } else {
            n = add_word(bw_str_n(word, word_n), out, n);
            word_n = 0;
        }
    }
    if (bw_str_find_str(name, BW_STR(">=")) != SIZE_MAX)
        out[n++] = '+';
    return bw_str_n(out, n);
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : (unsigned char)c;
}

static int compare_nocase(struct bw_str a, const char *b)
{
    for (size_t i = 0; i < a.n; i++) {
        int x = lower(a.p[i]), y = lower(b[i]);
        if (x != y || y == 0)
            return x < y ? -1 : 1;
    }
    return b[a.n] ? -1 : 0;
}

static const char *find_id(const char *const *ids, size_t n, struct bw_str name)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = compare_nocase(name, ids[middle]);
        if (c == 0)
            return ids[middle];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const char *find_alias(const struct bw_licence_alias *aliases, size_t n, struct bw_str key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = bw_str_cmp(key, bw_str(aliases[middle].key));
        if (c == 0)
            return aliases[middle].expression;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* "2", "2.1" at the front of *key; the version with its point, or empty. */
static struct bw_str take_version(struct bw_str *key, const char *known, char out[4])
{
    if (!key->n || !is_digit(key->p[0]))
        return (struct bw_str){0};
    bool minor = key->n >= 3 && key->p[1] == '.' && is_digit(key->p[2]);
    snprintf(out, 4, "%c.%c", key->p[0], minor ? key->p[2] : '0');
    if (!strstr(known, out))
        return (struct bw_str){0};
    *key = bw_str_from(*key, minor ? 3 : 1);
    return bw_str_n(out, 3);
}

/* What stands behind the version: nothing, "only", or a way to say "or later"; then perhaps the
 * abbreviation once more, "(LGPLv2+)". */
static const char *read_reach(struct bw_str rest)
{
    static const char *const later[] = {"oranylater", "oranynewer", "orlater",   "ornewer",
                                        "orgreater",  "orhigher",   "orabove",   "andlater",
                                        "andabove",   "andnewer",   "versions+", "+"};
    const char *reach = "only";
    if (bw_str_starts(rest, BW_STR("only")))
        rest = bw_str_from(rest, 4);
    for (size_t i = 0; i < BW_ARRAY_LEN(later); i++) {
        if (!bw_str_starts(rest, bw_str(later[i])))
            continue;
        rest = bw_str_from(rest, strlen(later[i]));
        reach = "or-later";
        break;
    }
    if (bw_str_starts(rest, BW_STR("l")) || bw_str_starts(rest, BW_STR("a")))
        rest = bw_str_from(rest, 1);
    return rest.n == 0 || bw_str_starts(rest, BW_STR("gpl")) ? reach : NULL;
}

/* The GNU licences, whose names vary most and follow one pattern. */
static struct bw_str gnu(struct bw_str key, struct bw_arena *arena)
{
    char text[4];
    if (bw_str_starts(key, BW_STR("gnu")))
        key = bw_str_from(key, 3);
    for (size_t i = 0; i < BW_ARRAY_LEN(families); i++) {
        const struct family *family = &families[i];
        if (!bw_str_starts(key, bw_str(family->word)))
            continue;
        struct bw_str rest = bw_str_from(key, strlen(family->word));
        struct bw_str number = take_version(&rest, family->versions, text);
        const char *reach = number.n ? read_reach(rest) : NULL;
        if (reach)
            return bw_arena_printf(arena, "%s-%" BW_STR_F "-%s", family->id, BW_STR_A(number),
                                   reach);
    }
    return (struct bw_str){0};
}

static bool is_ref(struct bw_str name)
{
    size_t colon = bw_str_find(name, ':');
    if (colon != SIZE_MAX && bw_str_starts(name, BW_STR("DocumentRef-")))
        name = bw_str_from(name, colon + 1);
    if (!bw_str_starts(name, BW_STR(REF)) || name.n == sizeof REF - 1)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_plain(name.p[i]) && name.p[i] != '-')
            return false;
    return true;
}

static bool expression_is_listed(const char *expression)
{
    return strncmp(expression, REF, sizeof REF - 1) != 0 && strcmp(expression, "NOASSERTION") != 0;
}

struct bw_str bw_licence_name(struct bw_str name, struct bw_arena *arena, bool *ret_listed)
{
    char buffer[BW_LICENCE_NAME_MAX + 2];
    *ret_listed = true;
    const char *id = find_id(bw_licence_ids, bw_licence_ids_n, name);
    if (id)
        return bw_str(id);
    struct bw_str key = bw_licence_key(name, buffer);
    const char *alias = key.n ? find_alias(bw_licence_aliases, bw_licence_aliases_n, key) : NULL;
    if (alias) {
        *ret_listed = expression_is_listed(alias);
        return bw_str(alias);
    }
    struct bw_str found = gnu(key, arena);
    if (found.p)
        return found;
    if (bw_str_ends(name, BW_STR("+")))
        id = find_id(bw_licence_ids, bw_licence_ids_n, bw_str_take(name, name.n - 1));
    if (id)
        return bw_arena_printf(arena, "%s+", id);
    *ret_listed = false;
    return is_ref(name) ? bw_arena_str(arena, name) : (struct bw_str){0};
}

struct bw_str bw_licence_exception(struct bw_str name)
{
    char buffer[BW_LICENCE_NAME_MAX + 2];
    const char *id = find_id(bw_licence_exceptions, bw_licence_exceptions_n, name);
    struct bw_str key = bw_licence_key(name, buffer);
    if (!id && key.n)
        id = find_alias(bw_licence_exception_aliases, bw_licence_exception_aliases_n, key);
    return bw_str(id);
}

struct bw_str bw_licence_ref(struct bw_str name, struct bw_arena *arena)
{
    char text[sizeof REF + REF_MAX] = REF;
    size_t n = sizeof REF - 1;
    for (size_t i = 0; i < name.n && n < sizeof text - 1; i++) {
        if (is_plain(name.p[i]))
            text[n++] = name.p[i];
        else if (n > sizeof REF - 1 && text[n - 1] != '-')
            text[n++] = '-';
    }
    while (n > sizeof REF - 1 && text[n - 1] == '-')
        n--;
    return n == sizeof REF - 1 ? BW_STR("NOASSERTION") : bw_arena_str(arena, bw_str_n(text, n));
}
