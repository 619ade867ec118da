/*
 * The order of Alpine's apk: apk-package(5), "pkgver", as apk-tools 2.14.2 and 3 compute it:
 *
 *     number{.number}...{letter}{_suffix{number}}...{~hash}{-rN}
 *
 * A version is a row of tokens. The first differing token decides; where the kinds of two tokens
 * differ, the kind that may come earlier in a version is the newer one (1.2.1 > 1.2a > 1.2_p1 >
 * 1.2-r1 > 1.2), but for a suffix that marks a pre-release, which is older than all.
 */
#include "know/version-rules.h"

/* In the order in which they may stand in a version; the order of the values has a meaning. */
enum kind {
    FIRST_NUMBER,
    NUMBER,
    LETTER,
    SUFFIX,
    SUFFIX_NUMBER,
    HASH,
    REVISION,
    END,
    INVALID,
};

/* Those below FINAL are pre-releases. In their order. */
enum suffix {
    NO_SUFFIX,
    ALPHA,
    BETA,
    PRE,
    RC,
    FINAL,
    CVS,
    SVN,
    GIT,
    HG,
    P
};

struct token {
    enum kind kind;
    enum suffix suffix;   /* of SUFFIX */
    struct bw_str value;  /* the text that counts; of INVALID all that is left */
    struct bw_str behind; /* what follows the token */
};

static enum suffix suffix_of(struct bw_str name)
{
    static const struct {
        const char *name;
        enum suffix suffix;
    } KNOWN[] = {
        {"alpha", ALPHA}, {"beta", BETA}, {"pre", PRE}, {"rc", RC}, {"cvs", CVS},
        {"svn", SVN},     {"git", GIT},   {"hg", HG},   {"p", P},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(KNOWN); i++)
        if (bw_str_eq(name, bw_str(KNOWN[i].name)))
            return KNOWN[i].suffix;
    return NO_SUFFIX;
}

static bool is_hex(char c)
{
    return bw_version_is_digit(c) || (c >= 'a' && c <= 'f');
}

static struct token invalid_token(struct bw_str rest)
{
    return (struct token){.kind = INVALID, .value = rest};
}

static struct token number_token(enum kind kind, struct bw_str rest, size_t skip)
{
    struct token token = {.kind = kind, .behind = bw_str_from(rest, skip)};
    token.value = bw_version_cut(&token.behind, bw_version_is_digit);
    return token.value.n > 0 ? token : invalid_token(rest);
}

static struct token suffix_token(struct bw_str rest)
{
    struct token token = {.kind = SUFFIX, .behind = bw_str_from(rest, 1)};
    token.value = bw_version_cut(&token.behind, bw_version_is_lower);
    token.suffix = suffix_of(token.value);
    return token.suffix != NO_SUFFIX ? token : invalid_token(rest);
}

static struct token hash_token(struct bw_str rest)
{
    struct token token = {.kind = HASH, .behind = bw_str_from(rest, 1)};
    token.value = bw_version_cut(&token.behind, is_hex);
    return token.value.n > 0 ? token : invalid_token(rest);
}

/* "-r" with nothing before the end or the next '-' is a revision without digits: apk-tools 2 reads
 * it as 0. "-ruff" is not a revision at all. */
static struct token revision_token(struct bw_str rest)
{
    if (!bw_str_starts(rest, BW_STR("-r")))
        return invalid_token(rest);
    struct token token = {.kind = REVISION, .behind = bw_str_from(rest, 2)};
    token.value = bw_version_cut(&token.behind, bw_version_is_digit);
    bool cut_short = token.behind.n == 0 || token.behind.p[0] == '-';
    return token.value.n > 0 || cut_short ? token : invalid_token(rest);
}

static struct token next_token(const struct token *last)
{
    struct bw_str rest = last->behind;
    if (rest.n == 0)
        return (struct token){.kind = END};
    char c = rest.p[0];
    if (bw_version_is_lower(c) && last->kind <= NUMBER)
        return (struct token){LETTER, NO_SUFFIX, bw_str_take(rest, 1), bw_str_from(rest, 1)};
    if (c == '.' && last->kind <= NUMBER)
        return number_token(NUMBER, rest, 1);
    if (bw_version_is_digit(c) && last->kind == SUFFIX)
        return number_token(SUFFIX_NUMBER, rest, 0);
    if (c == '_' && last->kind <= SUFFIX_NUMBER)
        return suffix_token(rest);
    if (c == '~' && last->kind < HASH)
        return hash_token(rest);
    if (c == '-' && last->kind < REVISION)
        return revision_token(rest);
    return invalid_token(rest);
}

static bool starts(struct bw_str s, char c)
{
    return s.n > 0 && s.p[0] == c;
}

static int compare_byte(char a, char b)
{
    unsigned char ua = (unsigned char)a, ub = (unsigned char)b;
    return (ua > ub) - (ua < ub);
}

/* By bytes, but runs of digits as numbers. What begins with '-' says nothing to apk. */
static int compare_rest(struct bw_str a, struct bw_str b)
{
    if (starts(a, '-') && starts(b, '-'))
        return 0;
    while (a.n > 0 && b.n > 0) {
        int c;
        if (bw_version_is_digit(a.p[0]) && bw_version_is_digit(b.p[0])) {
            struct bw_str na = bw_version_cut(&a, bw_version_is_digit);
            struct bw_str nb = bw_version_cut(&b, bw_version_is_digit);
            c = bw_version_numbers(na, nb);
        } else {
            c = compare_byte(a.p[0], b.p[0]);
            a = bw_str_from(a, 1);
            b = bw_str_from(b, 1);
        }
        if (c)
            return c;
    }
    return (a.n > 0) - (b.n > 0);
}

/* Of the same kind. A number after the first that has a leading zero is a decimal fraction, as in
 * Gentoo: 1.01 < 1.1. */
static int compare_same(const struct token *a, const struct token *b)
{
    switch (a->kind) {
    case NUMBER:
        if (starts(a->value, '0') || starts(b->value, '0'))
            return bw_version_texts(a->value, b->value);
        return bw_version_numbers(a->value, b->value);
    case FIRST_NUMBER:
    case SUFFIX_NUMBER:
    case REVISION:
        return bw_version_numbers(a->value, b->value);
    case SUFFIX:
        return (a->suffix > b->suffix) - (a->suffix < b->suffix);
    case LETTER:
    case HASH:
        return bw_version_texts(a->value, b->value);
    case INVALID:
        return compare_rest(a->value, b->value);
    case END:
        break;
    }
    return 0;
}

static bool is_prerelease(const struct token *token)
{
    return token->kind == SUFFIX && token->suffix < FINAL;
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct token ta = number_token(FIRST_NUMBER, a, 0);
    struct token tb = number_token(FIRST_NUMBER, b, 0);
    while (ta.kind == tb.kind) {
        int c = compare_same(&ta, &tb);
        if (c || ta.kind >= END)
            return c;
        ta = next_token(&ta);
        tb = next_token(&tb);
    }
    if (is_prerelease(&ta))
        return -1;
    if (is_prerelease(&tb))
        return 1;
    return ta.kind < tb.kind ? 1 : -1;
}

static bool valid(struct bw_str s)
{
    struct token token = number_token(FIRST_NUMBER, s, 0);
    while (token.kind < END) {
        if (token.kind == REVISION && token.value.n == 0)
            return false;
        token = next_token(&token);
    }
    return token.kind == END;
}

const struct bw_version_rules bw_version_rules_apk = {"apk", compare, valid};
