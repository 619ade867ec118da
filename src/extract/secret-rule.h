/*
 * secret-rule.h: what a rule of the secret scanner is.
 *
 * A rule is constant data in one of the tables secret-rules-TOPIC.c. Its pattern is compiled twice:
 * by Vectorscan together with all others, when bulwark is built, for the one pass over the bytes;
 * and by PCRE2 alone, when it first hits, to find where the value begins and ends. So a pattern
 * is what both understand alike: Perl syntax without look-around, back references, anchors and
 * '\b', every repetition bounded. What stands around a value is looked at afterwards, in C.
 *
 * The pass is as fast as the patterns are good: each holds a literal of three bytes or more that
 * is rare in files, and begins with it where it can. Where only a minimum length is known, the
 * pattern takes the minimum and BW_SECRET_EXTENDS finds the end.
 *
 * Every rule has true and false samples in tests/unit/data/secret-samples.txt, which the unit test
 * demands.
 */
#ifndef BW_EXTRACT_SECRET_RULE_H
#define BW_EXTRACT_SECRET_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "model/severity.h"

/* Bytes of the longest match of a pattern. */
#define BW_SECRET_SPAN_MAX 2048u

/* Bytes behind the start of a match that a check gets to see: a private key of 16,384 bits fits. */
#define BW_SECRET_AHEAD ((size_t)16 << 10)

enum bw_secret_proof {
    BW_SECRET_REJECTED,  /* no secret */
    BW_SECRET_DOUBTFUL,  /* may be a word of a sample: silent in what a package manager installs */
    BW_SECRET_PLAUSIBLE, /* nothing speaks against it */
    BW_SECRET_PROVEN,    /* a checksum or a structure that does not come about by chance */
    BW_SECRET_LOCKED,    /* proven, and protected by a passphrase: a lower severity */
};

/* All slices are borrowed from the bytes at hand. */
struct bw_secret_candidate {
    struct bw_str value; /* what the first group matched, else the whole match */
    struct bw_str match; /* the whole match */
    struct bw_str rest;  /* from the start of the match, at most BW_SECRET_AHEAD */
    /* What tells this secret from another, where the value itself does not: a check may set it to
     * the first eight bytes of a SHA-256, big-endian. 0: the value does. */
    uint64_t identity;
};

/* Must be linear in what it reads. */
typedef enum bw_secret_proof bw_secret_check(struct bw_secret_candidate *candidate);

enum bw_secret_rule_flag {
    /* Low confidence: a name that sounds like a secret and a value that looks random. Only in text;
     * silent in documentation and in tests (secret-allow.h). */
    BW_SECRET_GENERIC = 1u << 0,
    /* The pattern begins with a word ("heroku") that gives the value its meaning: only in text, and
     * the word must not be the end of another. */
    BW_SECRET_NAMED = 1u << 1,
    /* The value goes on behind the match over [A-Za-z0-9_-], or with EXTENDS_64 also [+/=.]. */
    BW_SECRET_EXTENDS = 1u << 2,
    BW_SECRET_EXTENDS_64 = 1u << 3,
    /* Any byte may stand before and behind the value: the pattern holds its delimiters. */
    BW_SECRET_DELIMITED = 1u << 4,
    /* Real ones lie in the tests of installed libraries by the hundred, where they guard nothing.
     */
    BW_SECRET_SAMPLED = 1u << 5,
    /* A rule with paths that also applies to variables, labels and build steps. */
    BW_SECRET_VARIABLE = 1u << 6,
    /* The value may be a word that a person chose: no test for words that stand for a value. */
    BW_SECRET_CHOSEN = 1u << 7,
    /* Of no rule: what bw_secret_quiet() says of paths where doubtful values are silent. */
    BW_SECRET_DOUBTS = 1u << 8,
};

struct bw_secret_rule {
    const char *id;      /* "github-token"; stable for ever */
    const char *title;   /* "GitHub personal access token" */
    const char *remedy;  /* what to do once it has leaked */
    const char *pattern; /* at most one capturing group: the secret itself */
    enum bw_severity severity;
    uint16_t flags;
    uint8_t keep;    /* leading bytes of the value that every such value has: shown unmasked */
    uint8_t entropy; /* least entropy of the value in tenths of a bit a byte; 0: any */
    bw_secret_check *check; /* NULL: none */
    /* Only in files whose path fits one of these (as in struct bw_parser), searched by PCRE2 alone;
     * such a pattern may begin with '^'. NULL: in every file. */
    const char *const *paths;
};

struct bw_secret_table {
    const struct bw_secret_rule *rules;
    size_t n;
};

/* At the end of a table's file, whose rules are called `rules`. */
#define BW_SECRET_TABLE(topic)                                                                     \
    const struct bw_secret_table bw_secret_rules_##topic = {rules, BW_ARRAY_LEN(rules)}

/* All tables, NULL at the end: generated from the list in meson.build. A rule's index over all of
 * them is its id within the compiled set. */
extern const struct bw_secret_table *const bw_secret_tables[];

size_t bw_secret_rules_count(void);
/* index < bw_secret_rules_count() */
const struct bw_secret_rule *bw_secret_rule_at(size_t index);

/* The compiled set of the rules without paths, generated by secret-compile.c. */
extern const uint8_t bw_secret_set[];
extern const size_t bw_secret_set_size;
/* Bytes of the longest match, for each rule; 0 for a rule with paths. */
extern const uint16_t bw_secret_spans[];

#endif
