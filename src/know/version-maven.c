/*
 * Maven's order, as its POM reference states it ("Version Order Specification").
 *
 * A version is a list of tokens: numbers and words, cut at '.', '-' and between digit and letter,
 * where no joint stands and a hyphen is meant. Each hyphen begins a series; at the end of each
 * series what says nothing (0, "", "final", "ga", "release") is dropped, so that 1.0-rc1 and 1-rc-1
 * are one. Tokens compare by kind, .word < -word < -number < .number, then by value; a list that
 * ends goes on with the other's joint and nothing (0, or the empty word, which is that of a
 * release).
 *
 * With a word behind a dot this goes in a circle (1.0 < 1.0-1 < 1.0.rc < 1.0), as in Maven up to
 * 3.8; without, it is transitive.
 */
#include "know/version-rules.h"

enum kind {
    DOT_WORD,
    HYPHEN_WORD,
    HYPHEN_NUMBER,
    DOT_NUMBER,
};

struct token {
    enum kind kind;
    struct bw_str text;
    bool number_follows; /* directly: "a1", where 'a' is "alpha" */
};

struct tokens {
    struct bw_str rest;
    char joint;       /* what stands before rest: '.', '-' */
    bool done;        /* nothing is left, not even an empty token */
    const char *kept; /* tokens that begin before are not at the end of their series */
};

static bool is_word(char c)
{
    return !bw_version_is_digit(c) && c != '.' && c != '-';
}

/* The next token as it stands; an empty one is 0. */
static bool cut_token(struct tokens *t, struct token *ret_token)
{
    if (t->done)
        return false;
    bool dot = t->joint == '.';
    struct token token = {.kind = dot ? DOT_NUMBER : HYPHEN_NUMBER};
    token.text = bw_version_cut(&t->rest, bw_version_is_digit);
    if (token.text.n == 0) {
        token.text = bw_version_cut(&t->rest, is_word);
        if (token.text.n)
            token.kind = dot ? DOT_WORD : HYPHEN_WORD;
        token.number_follows = t->rest.n > 0 && bw_version_is_digit(t->rest.p[0]);
    }
    t->done = t->rest.n == 0;
    t->joint = '-';
    if (!t->done && (t->rest.p[0] == '.' || t->rest.p[0] == '-')) {
        t->joint = t->rest.p[0];
        t->rest = bw_str_from(t->rest, 1);
    }
    *ret_token = token;
    return true;
}

/* The words with a place of their own; every other one is newer than these. */
static const struct {
    struct bw_str word;
    int rank;
} RANKS[] = {
    {{"alpha", 5}, 0}, {{"beta", 4}, 1},     {{"milestone", 9}, 2}, {{"rc", 2}, 3},
    {{"cr", 2}, 3},    {{"snapshot", 8}, 4}, {{"", 0}, 5},          {{"final", 5}, 5},
    {{"ga", 2}, 5},    {{"release", 7}, 5},  {{"sp", 2}, 6},
};
#define RANK_EMPTY 5
#define RANK_OTHER 7

static int rank_of(const struct token *token)
{
    if (token->number_follows && token->text.n == 1) {
        static const char letters[] = "abm";
        for (int i = 0; letters[i]; i++)
            if ((token->text.p[0] | 0x20) == letters[i])
                return i;
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(RANKS); i++)
        if (bw_str_eq_nocase(token->text, RANKS[i].word))
            return RANKS[i].rank;
    return RANK_OTHER;
}

static bool is_number(const struct token *token)
{
    return token->kind == DOT_NUMBER || token->kind == HYPHEN_NUMBER;
}

static bool has_dot(const struct token *token)
{
    return token->kind == DOT_NUMBER || token->kind == DOT_WORD;
}

static bool says_nothing(const struct token *token)
{
    if (!is_number(token))
        return rank_of(token) == RANK_EMPTY;
    return bw_version_numbers(token->text, BW_STR("")) == 0;
}

/* Whether only empty tokens stand between here and the next series. Each stretch is looked at
 * once: where it is followed by a token that counts, `kept` says how far. */
static bool ends_series(struct tokens *t)
{
    struct tokens ahead = *t;
    struct token token;
    for (;;) {
        const char *at = ahead.rest.p;
        if (!cut_token(&ahead, &token) || !has_dot(&token))
            return true;
        if (!says_nothing(&token)) {
            t->kept = at;
            return false;
        }
    }
}

static bool next_token(struct tokens *t, struct token *ret_token)
{
    for (;;) {
        const char *at = t->rest.p;
        if (!cut_token(t, ret_token))
            return false;
        if (!says_nothing(ret_token) || (t->kept && at < t->kept) || !ends_series(t))
            return true;
        /* The rest of the stretch says nothing either. */
        struct tokens ahead = *t;
        struct token token;
        while (cut_token(&ahead, &token) && has_dot(&token))
            *t = ahead;
    }
}

static struct token padding_for(const struct token *other)
{
    return (struct token){.kind = other->kind == HYPHEN_NUMBER ? HYPHEN_WORD : other->kind};
}

static int compare_tokens(const struct token *a, const struct token *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (is_number(a))
        return bw_version_numbers(a->text, b->text);
    int rank_a = rank_of(a), rank_b = rank_of(b);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    return rank_a == RANK_OTHER ? bw_version_texts_nocase(a->text, b->text) : 0;
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct tokens ta = {.rest = a, .joint = '.', .done = a.n == 0};
    struct tokens tb = {.rest = b, .joint = '.', .done = b.n == 0};
    for (;;) {
        struct token token_a, token_b;
        bool more_a = next_token(&ta, &token_a), more_b = next_token(&tb, &token_b);
        if (!more_a && !more_b)
            return 0;
        if (!more_a)
            token_a = padding_for(&token_b);
        if (!more_b)
            token_b = padding_for(&token_a);
        int c = compare_tokens(&token_a, &token_b);
        if (c)
            return c;
    }
}

static bool is_maven(char c)
{
    return bw_version_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '+';
}

/* Maven refuses nothing; this is what a repository's path can hold, beginning with a number. */
static bool valid(struct bw_str s)
{
    return bw_version_all(s, is_maven) && bw_version_is_digit(s.p[0]);
}

const struct bw_version_rules bw_version_rules_maven = {"maven", compare, valid};
