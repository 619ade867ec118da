/*
 * Python's order: PEP 440 (packaging.version), and below all of its versions those that it does not
 * know, in the order that setuptools had for them before (packaging's LegacyVersion).
 */
#include "know/version-rules.h"

/* What is not there has p NULL. */
struct parts {
    struct bw_str epoch, release; /* "1.0" */
    char pre;                     /* 'a', 'b', 'c' (rc); 0 without */
    bool post, dev;
    struct bw_str pre_n, post_n, dev_n; /* digits; empty is 0 */
    struct bw_str local;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static bool is_number_or_dot(char c)
{
    return bw_version_is_digit(c) || c == '.';
}

/* Takes one of the words off, behind a separator or none. */
static bool take_word(struct bw_str *rest, const char *const *words, const char **ret_word)
{
    struct bw_str s = *rest;
    if (s.n && is_separator(s.p[0]))
        s = bw_str_from(s, 1);
    for (; *words; words++) {
        struct bw_str word = bw_str(*words);
        if (!bw_str_eq_nocase(bw_str_take(s, word.n), word))
            continue;
        *ret_word = *words;
        *rest = bw_str_from(s, word.n);
        return true;
    }
    return false;
}

/* The number behind a word: [-_.]?[0-9]* */
static struct bw_str take_number(struct bw_str *rest)
{
    if (rest->n && is_separator(rest->p[0]))
        *rest = bw_str_from(*rest, 1);
    return bw_version_cut(rest, bw_version_is_digit);
}

static void take_pre(struct bw_str *rest, struct parts *parts)
{
    /* Longer words before those they begin with. */
    static const char *const words[] = {"alpha", "a",       "beta", "b", "rc",
                                        "c",     "preview", "pre",  NULL};
    const char *word;
    if (!take_word(rest, words, &word))
        return;
    parts->pre = *word == 'a' || *word == 'b' ? *word : 'c';
    parts->pre_n = take_number(rest);
}

static void take_post(struct bw_str *rest, struct parts *parts)
{
    static const char *const words[] = {"post", "rev", "r", NULL};
    const char *word;
    bool bare = rest->n > 1 && rest->p[0] == '-' && bw_version_is_digit(rest->p[1]);
    if (bare || take_word(rest, words, &word)) {
        parts->post = true;
        parts->post_n = take_number(rest);
    }
}

static void take_dev(struct bw_str *rest, struct parts *parts)
{
    static const char *const words[] = {"dev", NULL};
    const char *word;
    if (!take_word(rest, words, &word))
        return;
    parts->dev = true;
    parts->dev_n = take_number(rest);
}

/* [a-z0-9]+([-_.][a-z0-9]+)* */
static bool is_local(struct bw_str s)
{
    if (s.n == 0)
        return false;
    while (s.n) {
        if (bw_version_cut(&s, bw_version_is_alnum).n == 0)
            return false;
        if (s.n == 0)
            return true;
        if (!is_separator(s.p[0]))
            return false;
        s = bw_str_from(s, 1);
    }
    return false;
}

static bool take_release(struct bw_str *rest, struct parts *parts)
{
    struct bw_str s = *rest;
    struct bw_str number = bw_version_cut(&s, bw_version_is_digit);
    if (number.n && s.n && s.p[0] == '!') {
        parts->epoch = number;
        *rest = bw_str_from(s, 1);
    }
    s = *rest;
    struct bw_str release = bw_version_cut(&s, is_number_or_dot);
    /* A final dot belongs to what follows: "1.dev1". */
    if (release.n && release.p[release.n - 1] == '.')
        release.n--;
    if (release.n == 0 || release.p[0] == '.' || release.p[release.n - 1] == '.' ||
        bw_str_find_str(release, BW_STR("..")) != SIZE_MAX)
        return false;
    parts->release = release;
    *rest = bw_str_from(*rest, release.n);
    return true;
}

/* The regular expression of PEP 440, appendix B. False: a legacy version. */
static bool parse(struct bw_str s, struct parts *parts)
{
    *parts = (struct parts){.pre = 0};
    s = bw_str_trim(s);
    if (s.n && lower(s.p[0]) == 'v')
        s = bw_str_from(s, 1);
    if (!take_release(&s, parts))
        return false;
    take_pre(&s, parts);
    take_post(&s, parts);
    take_dev(&s, parts);
    if (s.n == 0)
        return true;
    parts->local = bw_str_from(s, 1);
    return s.p[0] == '+' && is_local(parts->local);
}

/* Zeros at the end do not count. */
static int compare_releases(struct bw_str a, struct bw_str b)
{
    int c = 0;
    while (!c && (a.p || b.p)) {
        struct bw_str number_a = {NULL, 0}, number_b = {NULL, 0};
        bw_str_split(&a, '.', &number_a);
        bw_str_split(&b, '.', &number_b);
        c = bw_version_numbers(number_a, number_b);
    }
    return c;
}

/* Without a pre-release: before all of them where only ".dev" stands, else behind. */
static int pre_rank(const struct parts *parts)
{
    if (parts->pre)
        return parts->pre;
    return parts->dev && !parts->post ? 0 : 'z';
}

static struct bw_str next_local(struct bw_str *rest)
{
    struct bw_str part = bw_version_cut(rest, bw_version_is_alnum);
    *rest = bw_str_from(*rest, 1);
    return part;
}

/* Numbers after words, the longer list after its beginning. */
static int compare_locals(struct bw_str a, struct bw_str b)
{
    while (a.n && b.n) {
        struct bw_str part_a = next_local(&a), part_b = next_local(&b);
        bool number_a = bw_version_all(part_a, bw_version_is_digit);
        bool number_b = bw_version_all(part_b, bw_version_is_digit);
        if (number_a != number_b)
            return number_a ? 1 : -1;
        int c =
            number_a ? bw_version_numbers(part_a, part_b) : bw_version_texts_nocase(part_a, part_b);
        if (c)
            return c;
    }
    return (a.n > 0) - (b.n > 0);
}

static int compare_ints(int a, int b)
{
    return (a > b) - (a < b);
}

static int compare_pep440(const struct parts *a, const struct parts *b)
{
    int c = bw_version_numbers(a->epoch, b->epoch);
    if (!c)
        c = compare_releases(a->release, b->release);
    if (!c)
        c = compare_ints(pre_rank(a), pre_rank(b));
    if (!c)
        c = bw_version_numbers(a->pre_n, b->pre_n);
    if (!c)
        c = compare_ints(a->post, b->post);
    if (!c)
        c = bw_version_numbers(a->post_n, b->post_n);
    if (!c)
        c = compare_ints(b->dev, a->dev);
    if (!c)
        c = bw_version_numbers(a->dev_n, b->dev_n);
    return c ? c : compare_locals(a->local, b->local);
}

/* --- legacy versions --- */

/* Numbers, words, hyphens, and what stands between; dots only cut. "pre", "preview" and "rc" are
 * "c", "dev" is "@", a hyphen is "final-"; "final" ends the list. Hyphens directly before a word
 * older than "final", and zeros directly before a word, do not count. */
struct legacy {
    struct bw_str rest;
    bool ended;
    const char *kept; /* zeros, or hyphens, that begin before were looked at, and count */
};

static const struct bw_str FINAL = {"final", 5};
static const struct bw_str HYPHEN = {"final-", 6};

static bool is_other(char c)
{
    return !bw_version_is_alnum(c) && c != '.' && c != '-';
}

static bool is_dot(char c)
{
    return c == '.';
}

static struct bw_str replaced(struct bw_str word)
{
    static const struct {
        struct bw_str from, to;
    } WORDS[] = {
        {{"pre", 3}, {"c", 1}},
        {{"preview", 7}, {"c", 1}},
        {{"rc", 2}, {"c", 1}},
        {{"dev", 3}, {"@", 1}},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(WORDS); i++)
        if (bw_str_eq_nocase(word, WORDS[i].from))
            return WORDS[i].to;
    return word;
}

/* The next part, FINAL as the last one; false behind it. */
static bool cut_part(struct legacy *l, struct bw_str *ret_part)
{
    bw_version_cut(&l->rest, is_dot);
    if (l->rest.n == 0) {
        bool last = !l->ended;
        l->ended = true;
        *ret_part = FINAL;
        return last;
    }
    if (l->rest.p[0] == '-') {
        l->rest = bw_str_from(l->rest, 1);
        *ret_part = HYPHEN;
        return true;
    }
    struct bw_str part = bw_version_cut(&l->rest, bw_version_is_digit);
    if (part.n == 0) {
        part = bw_version_cut(&l->rest, bw_version_is_alpha);
        part = part.n ? replaced(part) : bw_version_cut(&l->rest, is_other);
    }
    *ret_part = part;
    return true;
}

static bool is_number(struct bw_str part)
{
    return bw_version_is_digit(part.p[0]);
}

static bool is_zero(struct bw_str part)
{
    return is_number(part) && bw_version_numbers(part, BW_STR("")) == 0;
}

static bool is_hyphen(struct bw_str part)
{
    return part.p == HYPHEN.p;
}

static bool is_droppable(struct bw_str part)
{
    return is_zero(part) || is_hyphen(part);
}

/* Whether a zero or hyphen is dropped for what follows its like; then the like is passed over. Each
 * stretch is looked at once. */
static bool drop(struct legacy *l, struct bw_str part)
{
    struct legacy ahead = *l, last;
    struct bw_str next;
    do {
        last = ahead;
        cut_part(&ahead, &next);
    } while (is_zero(part) ? is_zero(next) : is_hyphen(next));
    bool dropped = !is_number(next);
    if (is_hyphen(part))
        dropped = dropped && bw_version_texts_nocase(next, FINAL) < 0;
    if (dropped)
        *l = last;
    else
        l->kept = last.rest.p;
    return dropped;
}

static bool next_part(struct legacy *l, struct bw_str *ret_part)
{
    for (;;) {
        const char *at = l->rest.p;
        if (!cut_part(l, ret_part))
            return false;
        if (!is_droppable(*ret_part) || (l->kept && at < l->kept) || !drop(l, *ret_part))
            return true;
    }
}

static int compare_legacy(struct bw_str a, struct bw_str b)
{
    struct legacy la = {.rest = a}, lb = {.rest = b};
    for (;;) {
        struct bw_str part_a, part_b;
        bool more_a = next_part(&la, &part_a), more_b = next_part(&lb, &part_b);
        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        bool number_a = is_number(part_a), number_b = is_number(part_b);
        if (number_a != number_b)
            return number_a ? 1 : -1;
        int c =
            number_a ? bw_version_numbers(part_a, part_b) : bw_version_texts_nocase(part_a, part_b);
        if (c)
            return c;
    }
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct parts pa, pb;
    bool new_a = parse(a, &pa), new_b = parse(b, &pb);
    if (new_a && new_b)
        return compare_pep440(&pa, &pb);
    return new_a == new_b ? compare_legacy(a, b) : (int)new_a - (int)new_b;
}

static bool valid(struct bw_str s)
{
    struct parts parts;
    return parse(s, &parts);
}

const struct bw_version_rules bw_version_rules_pypi = {"pypi", compare, valid};
