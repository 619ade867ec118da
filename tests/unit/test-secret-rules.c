/*
 * Every secret rule against its samples, tests/unit/data/secret-samples.txt:
 *
 *     [rule-id] or [rule-id path/of/the/file]
 *     + text in which the rule finds exactly one value
 *     - text in which it finds none
 *
 * A rule without both fails. So that the repository holds nothing that looks like a credential, the
 * random part of a sample is described, and made when the test runs:
 *
 *     {hex:N} {HEX:N} {dig:N} {low:N} (a-z0-9) {up:N} (A-Z0-9) {b62:N} {b32:N} (A-Z2-7)
 *     {low32:N} (a-z2-7) {let:N} (A-Za-z) {url:N} (A-Za-z0-9_-) {b64:N} (A-Za-z0-9+/)
 *     {b58:N} (Bitcoin's)                N random letters
 *     {uuid} {agekey}                    a UUID; what follows "AGE-SECRET-KEY-1"
 *     {crc}                              the checksum of the 30 letters before, as GitHub's and
 *                                        npm's tokens have it
 *     {base64:TEXT} {base64url:TEXT}     TEXT encoded; it may hold the above
 *     {der:N} {derline:N}                base64 of a DER sequence of N bytes, in lines or in one
 *     {b:HEX} {nl} {empty}               bytes, a newline, nothing (to cut a prefix in two)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fd.h"
#include "extract/secret-rule.h"
#include "extract/secret.h"
#include "wrap/crc32.h"

#define SAMPLES "tests/unit/data/secret-samples.txt"
#define SET_MAX 512

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define BASE64 UPPER LOWER DIGITS "+/"
#define BASE62 DIGITS UPPER LOWER

static const struct {
    const char *name, *letters;
} alphabets[] = {
    {"hex:", "0123456789abcdef"},
    {"HEX:", "0123456789ABCDEF"},
    {"dig:", DIGITS},
    {"low:", LOWER DIGITS},
    {"up:", UPPER DIGITS},
    {"b62:", BASE62},
    {"b32:", UPPER "234567"},
    {"let:", UPPER LOWER},
    {"url:", UPPER LOWER DIGITS "_-"},
    {"b64:", BASE64},
    {"low32:", LOWER "234567"},
    {"b58:", "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
};

static uint64_t seed = 88172645463325252u;

/* xorshift64: the same in every run. */
static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % n;
}

/* Random letters with no two alike beside each other, and a digit in five where digits are among
 * the letters, as what a generator makes has by chance. */
static void put_random(struct bw_buf *out, const char *letters, uint64_t n)
{
    size_t count = strlen(letters);
    char last = 0;
    for (uint64_t i = 0; i < n; i++) {
        char c = letters[random_below((uint32_t)count)];
        if (i % 5 == 2 && strchr(letters, '7'))
            c = (char)('2' + random_below(6));
        if (c == last)
            c = letters[(size_t)(strchr(letters, c) - letters + 1) % count];
        bw_buf_byte(out, (uint8_t)c);
        last = c;
    }
}

static void put_base64(struct bw_buf *out, const uint8_t *p, size_t n, size_t line)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
                        (i + 2 < n ? p[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            bw_buf_byte(out, i + k <= n ? (uint8_t)BASE64[bits >> (18 - 6 * k) & 63] : '=');
        if (line && (i + 3) % (line / 4 * 3) == 0)
            bw_buf_byte(out, '\n');
    }
}

static void put_crc(struct bw_buf *out)
{
    assert_true(out->n >= 30);
    uint32_t crc = bw_crc32(0, out->p + out->n - 30, 30);
    char sum[7] = "";
    for (int i = 5; i >= 0; i--, crc /= 62)
        sum[i] = BASE62[crc % 62];
    bw_buf_str(out, bw_str(sum));
}

static void put_der(struct bw_buf *out, uint64_t n, size_t line)
{
    uint8_t bytes[4096] = {0x30, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
    assert_true(n + 4 <= sizeof bytes);
    for (size_t i = 4; i < n + 4; i++)
        bytes[i] = (uint8_t)random_below(256);
    put_base64(out, bytes, n + 4, line);
}

static void expand(struct bw_str text, struct bw_buf *out);

static void put_encoded(struct bw_buf *out, struct bw_str text, bool url)
{
    struct bw_buf plain BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    size_t start = out->n;
    expand(text, &plain);
    put_base64(out, plain.p, plain.n, 0);
    for (size_t i = start; i < out->n && url; i++) {
        if (out->p[i] == '=')
            out->n = i;
        else
            out->p[i] = out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i];
    }
}

static bool put_letters(struct bw_buf *out, struct bw_str word, uint64_t n)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(alphabets); i++) {
        if (bw_str_starts(word, bw_str(alphabets[i].name))) {
            put_random(out, alphabets[i].letters, n);
            return true;
        }
    }
    return false;
}

/* A secret key of age: 32 bytes in bech32 (BIP 173). */
static void put_age_key(struct bw_buf *out)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    static const char prefix[] = "age-secret-key-";
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint8_t values[15 + 1 + 15 + 52 + 6] = {0};
    size_t n = 0;
    uint32_t sum = 1;
    for (size_t i = 0; i < 15; i++)
        values[n++] = (uint8_t)prefix[i] >> 5;
    n++;
    for (size_t i = 0; i < 15; i++)
        values[n++] = prefix[i] & 31;
    for (size_t i = 0; i < 52; i++)
        values[n++] = (uint8_t)random_below(i == 51 ? 1 : 32);
    for (size_t i = 0; i < n + 6; i++) {
        uint32_t top = sum >> 25;
        sum = (sum & 0x1ffffff) << 5 ^ values[i];
        for (size_t k = 0; k < 5; k++)
            sum ^= top >> k & 1 ? generator[k] : 0;
    }
    sum ^= 1;
    for (size_t i = 0; i < 6; i++)
        values[n++] = sum >> (25 - 5 * i) & 31;
    for (size_t i = 31; i < n; i++)
        bw_buf_byte(out, (uint8_t)(alphabet[values[i]] & ~(alphabet[values[i]] >= 'a' ? 0x20 : 0)));
}

static void put_bytes(struct bw_buf *out, struct bw_str hex)
{
    for (size_t i = 0; i + 2 <= hex.n; i += 2) {
        char pair[3] = {hex.p[i], hex.p[i + 1], 0};
        bw_buf_byte(out, (uint8_t)strtoul(pair, NULL, 16));
    }
}

/* false: the word is none, and stands for itself. */
static bool put_word(struct bw_str word, struct bw_buf *out)
{
    size_t colon = bw_str_find(word, ':');
    struct bw_str argument = bw_str_from(word, colon == SIZE_MAX ? word.n : colon + 1);
    uint64_t n = 0;
    bw_str_to_u64(argument, &n);
    if (bw_str_eq(word, BW_STR("nl")))
        bw_buf_byte(out, '\n');
    else if (bw_str_eq(word, BW_STR("crc")))
        put_crc(out);
    else if (bw_str_eq(word, BW_STR("agekey")))
        put_age_key(out);
    else if (bw_str_eq(word, BW_STR("uuid")))
        expand(BW_STR("{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"), out);
    else if (bw_str_starts(word, BW_STR("der:")))
        put_der(out, n, 64);
    else if (bw_str_starts(word, BW_STR("derline:")))
        put_der(out, n, 0);
    else if (bw_str_starts(word, BW_STR("b:")))
        put_bytes(out, argument);
    else if (bw_str_starts(word, BW_STR("base64:")) || bw_str_starts(word, BW_STR("base64url:")))
        put_encoded(out, argument, bw_str_starts(word, BW_STR("base64url:")));
    else
        return bw_str_eq(word, BW_STR("empty")) || put_letters(out, word, n);
    return true;
}

/* The index behind the brace that closes the one at `at`. */
static size_t closing(struct bw_str text, size_t at)
{
    int depth = 0;
    for (; at < text.n; at++) {
        depth += text.p[at] == '{';
        depth -= text.p[at] == '}';
        if (depth == 0)
            return at + 1;
    }
    return SIZE_MAX;
}

static void expand(struct bw_str text, struct bw_buf *out)
{
    for (size_t i = 0; i < text.n;) {
        size_t end = text.p[i] == '{' ? closing(text, i) : SIZE_MAX;
        if (end != SIZE_MAX && put_word(bw_str_n(text.p + i + 1, end - i - 2), out))
            i = end;
        else
            bw_buf_byte(out, (uint8_t)text.p[i++]);
    }
}

/* --- the scan --- */

struct seen {
    struct bw_str rule; /* the one asked about */
    unsigned hits;
    char others[1024];
};

static int on_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct seen *seen = ctx;
    (void)err;
    assert_int_equal(fact->kind, BW_FACT_SECRET);
    assert_true(fact->secret.match.n > 0);
    assert_true(fact->secret.title.n > 0 && fact->secret.remedy.n > 0);
    if (bw_str_eq(fact->secret.rule, seen->rule)) {
        seen->hits++;
    } else {
        size_t n = strlen(seen->others);
        snprintf(seen->others + n, sizeof seen->others - n, " %" BW_STR_F,
                 BW_STR_A(fact->secret.rule));
    }
    return 0;
}

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx, (void)class, (void)where, (void)what;
    fail_msg("a gap: %" BW_STR_F, BW_STR_A(why));
}

static struct seen scan(struct bw_secret_scanner *scanner, struct bw_str rule, struct bw_str path,
                        struct bw_str text)
{
    struct seen seen = {.rule = rule};
    const struct bw_extract_sink sink = {.ctx = &seen, .fact = on_fact, .gap = on_gap};
    struct bw_err err = {0};
    bw_secret_begin(scanner, path, text.n);
    assert_int_equal(bw_secret_feed(scanner, (const uint8_t *)text.p, text.n, &err), 0);
    assert_int_equal(bw_secret_end(scanner, &sink, &err), 0);
    return seen;
}

struct tally {
    unsigned good, bad;
};

static size_t index_of(struct bw_str id)
{
    for (size_t i = 0; i < bw_secret_rules_count(); i++) {
        if (bw_str_eq(bw_str(bw_secret_rule_at(i)->id), id))
            return i;
    }
    fail_msg("no rule %" BW_STR_F, BW_STR_A(id));
    return 0;
}

static unsigned failures;

static void complain(uint32_t line, struct bw_str rule, const char *what, const struct seen *seen)
{
    print_message("# %s:%u: %" BW_STR_F ": %s (%u hits, others:%s)\n", SAMPLES, line,
                  BW_STR_A(rule), what, seen->hits, seen->others);
    failures++;
}

static void try_sample(struct bw_secret_scanner *scanner, uint32_t at, struct bw_str rule,
                       struct bw_str path, struct bw_str line, struct tally *tally)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(65536);
    expand(bw_str_from(line, 2), &text);
    struct seen seen = scan(scanner, rule, path, bw_buf_slice(&text));
    if (line.p[0] == '+') {
        tally->good++;
        if (seen.hits != 1)
            complain(at, rule, "a true sample was not found", &seen);
        else if (seen.others[0])
            complain(at, rule, "another rule speaks too", &seen);
    } else {
        tally->bad++;
        if (seen.hits)
            complain(at, rule, "a false sample was found", &seen);
    }
}

static void samples_are_told_apart(void **state)
{
    (void)state;
    struct bw_err err = {0};
    struct bw_buf file BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)4 << 20);
    struct bw_secret_scanner *scanner BW_CLEANUP(bw_secret_scanner_freep) = NULL;
    static struct tally tallies[SET_MAX];
    assert_true(bw_secret_rules_count() <= SET_MAX);
    if (bw_fd_slurp_path(SAMPLES, &file, &err) || bw_secret_scanner_new(&scanner, &err))
        fail_msg("%s", err.msg);
    struct bw_str rest = bw_buf_slice(&file), line, rule = {0}, path = {0};
    size_t index = 0;
    for (uint32_t at = 1; bw_str_line(&rest, &line); at++) {
        if (line.n > 2 && line.p[0] == '[') {
            struct bw_str head = bw_str_n(line.p + 1, line.n - 2);
            size_t space = bw_str_find(head, ' ');
            rule = bw_str_take(head, space);
            path = space == SIZE_MAX ? BW_STR("srv/app/config") : bw_str_from(head, space + 1);
            index = index_of(rule);
        } else if (line.n > 2 && (line.p[0] == '+' || line.p[0] == '-')) {
            try_sample(scanner, at, rule, path, line, &tallies[index]);
        }
    }
    for (size_t i = 0; i < bw_secret_rules_count(); i++) {
        if (!tallies[i].good || !tallies[i].bad) {
            print_message("# %s: %u true and %u false samples\n", bw_secret_rule_at(i)->id,
                          tallies[i].good, tallies[i].bad);
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

static void ids_are_distinct(void **state)
{
    (void)state;
    size_t n = bw_secret_rules_count();
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++)
            assert_string_not_equal(bw_secret_rule_at(i)->id, bw_secret_rule_at(k)->id);
    }
    assert_true(n >= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_told_apart),
        cmocka_unit_test(ids_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
