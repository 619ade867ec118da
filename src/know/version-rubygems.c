/*
 * Gem::Version's order. A version is a list of numbers and words, cut between digit and letter and
 * at every other character; '-' is ".pre.". Zeros at the end, and before the first word, are
 * dropped; a word (a pre-release) is older than any number, and a list that ends goes on with 0.
 */
#include "know/version-rules.h"

static const struct bw_str PRE = {"pre", 3};

struct segments {
    struct bw_str rest;
    bool in_word_part; /* the first word was met */
    const char *kept;  /* zeros before are followed by a number that counts */
};

static bool is_joint(char c)
{
    return !bw_version_is_alnum(c) && c != '-';
}

/* The empty slice at the end. */
static struct bw_str cut_segment(struct segments *s)
{
    bw_version_cut(&s->rest, is_joint);
    if (s->rest.n && s->rest.p[0] == '-') {
        s->rest = bw_str_from(s->rest, 1);
        return PRE;
    }
    struct bw_str digits = bw_version_cut(&s->rest, bw_version_is_digit);
    return digits.n ? digits : bw_version_cut(&s->rest, bw_version_is_alpha);
}

static bool is_number(struct bw_str segment)
{
    return segment.n == 0 || bw_version_is_digit(segment.p[0]);
}

static bool is_zero(struct bw_str segment)
{
    return segment.n > 0 && bw_version_numbers(segment, BW_STR("")) == 0;
}

/* Passes over zeros that stand before the first word. Each stretch is looked at once. */
static void pass_zeros(struct segments *s)
{
    if (s->in_word_part || (s->kept && s->rest.p < s->kept))
        return;
    struct segments ahead = *s;
    struct bw_str segment;
    struct bw_str from = s->rest;
    do {
        from = ahead.rest;
        segment = cut_segment(&ahead);
    } while (is_zero(segment));
    if (is_number(segment))
        s->kept = ahead.rest.p;
    else
        s->rest = from;
}

static struct bw_str next_segment(struct segments *s)
{
    pass_zeros(s);
    struct bw_str segment = cut_segment(s);
    s->in_word_part = s->in_word_part || !is_number(segment);
    return segment;
}

static int compare(struct bw_str a, struct bw_str b)
{
    struct segments sa = {.rest = a}, sb = {.rest = b};
    for (;;) {
        struct bw_str segment_a = next_segment(&sa), segment_b = next_segment(&sb);
        if (segment_a.n == 0 && segment_b.n == 0)
            return 0;
        bool number_a = is_number(segment_a), number_b = is_number(segment_b);
        if (number_a != number_b)
            return number_a ? 1 : -1;
        int c = number_a ? bw_version_numbers(segment_a, segment_b)
                         : bw_version_texts(segment_a, segment_b);
        if (c)
            return c;
    }
}

/* Gem::Version::VERSION_PATTERN: [0-9]+(.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(.[0-9A-Za-z-]+)*)? */
static bool valid(struct bw_str s)
{
    size_t hyphen = bw_str_find(s, '-');
    struct bw_str main = bw_str_take(s, hyphen), pre = bw_str_from(s, hyphen + 1), part;
    bool first = true;
    for (; bw_str_split(&main, '.', &part); first = false)
        if (!bw_version_all(part, first ? bw_version_is_digit : bw_version_is_alnum))
            return false;
    while (hyphen != SIZE_MAX && bw_str_split(&pre, '.', &part))
        for (size_t i = 0; i <= part.n; i++)
            if (part.n == 0 || (i < part.n && !bw_version_is_alnum(part.p[i]) && part.p[i] != '-'))
                return false;
    return true;
}

const struct bw_version_rules bw_version_rules_rubygems = {"rubygems", compare, valid};
