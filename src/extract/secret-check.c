#include "extract/secret-check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "extract/base64.h"
#include "wrap/crc32.h"
#include "wrap/json.h"

unsigned bw_secret_entropy(struct bw_str value)
{
    uint16_t counts[256] = {0};
    size_t n = value.n < UINT16_MAX ? value.n : UINT16_MAX;
    double bits = 0;
    for (size_t i = 0; i < n; i++)
        counts[(uint8_t)value.p[i]]++;
    for (size_t i = 0; i < n; i++) {
        uint16_t *count = &counts[(uint8_t)value.p[i]];
        double share = (double)*count / (double)n;
        bits -= *count ? share * log2(share) : 0;
        *count = 0;
    }
    return (unsigned)(bits * 10);
}

/* --- checksums --- */

enum bw_secret_proof bw_secret_check_crc62(struct bw_secret_candidate *candidate)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    struct bw_str value = candidate->value;
    size_t prefix = bw_str_find(value, '_') + 1;
    char sum[6];
    if (prefix == 0 || value.n - prefix < 36)
        return BW_SECRET_REJECTED;
    /* Longer ones of newer kinds carry no checksum of this form. */
    if (value.n - prefix > 36)
        return BW_SECRET_PLAUSIBLE;
    uint32_t crc = bw_crc32(0, value.p + prefix, 30);
    for (size_t i = sizeof sum; i-- > 0; crc /= 62)
        sum[i] = digits[crc % 62];
    return memcmp(value.p + prefix + 30, sum, sizeof sum) == 0 ? BW_SECRET_PROVEN
                                                               : BW_SECRET_REJECTED;
}

static int base32_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

enum bw_secret_proof bw_secret_check_aws_id(struct bw_secret_candidate *candidate)
{
    struct bw_str value = candidate->value;
    uint64_t bits = 0;
    /* Those of the time before are AKIAI… and AKIAJ…. */
    if (value.n < 20 || value.p[4] == 'I' || value.p[4] == 'J')
        return BW_SECRET_PLAUSIBLE;
    /* Ten letters of base 32 hold 50 bits: one that is set, 40 of the account, nine others. */
    for (size_t i = 4; i < 14; i++) {
        int digit = base32_value(value.p[i]);
        if (digit < 0)
            return BW_SECRET_REJECTED;
        bits = bits << 5 | (uint64_t)digit;
    }
    uint64_t account = bits >> 9 & 0xffffffffffu;
    return account < 1000000000000u ? BW_SECRET_PLAUSIBLE : BW_SECRET_REJECTED;
}

static uint32_t bech32_step(uint32_t sum, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; i++)
        sum ^= top >> i & 1 ? generator[i] : 0;
    return sum;
}

enum bw_secret_proof bw_secret_check_bech32(struct bw_secret_candidate *candidate)
{
    static const char alphabet[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    struct bw_str value = candidate->value;
    size_t split = bw_str_rfind(value, '1');
    uint32_t sum = 1;
    if (split == SIZE_MAX)
        return BW_SECRET_REJECTED;
    for (size_t i = 0; i < split; i++)
        sum = bech32_step(sum, (uint8_t)((value.p[i] | 0x20) >> 5));
    sum = bech32_step(sum, 0);
    for (size_t i = 0; i < split; i++)
        sum = bech32_step(sum, (value.p[i] | (value.p[i] >= 'A' ? 0x20 : 0)) & 31);
    for (size_t i = split + 1; i < value.n; i++) {
        const char *at = memchr(alphabet, value.p[i], sizeof alphabet - 1);
        if (!at)
            return BW_SECRET_REJECTED;
        sum = bech32_step(sum, (uint8_t)(at - alphabet));
    }
    return sum == 1 ? BW_SECRET_PROVEN : BW_SECRET_REJECTED;
}

/* --- the kinds of letters --- */

struct kinds {
    size_t lower, upper, digits, others;
    size_t longest_word; /* letters of one case in a row */
    size_t in_words;     /* letters in such rows of four or more */
};

static struct kinds kinds_of(struct bw_str value)
{
    struct kinds kinds = {0};
    size_t word = 0;
    char last = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        char kind = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : 0;
        kinds.lower += kind == 'a';
        kinds.upper += kind == 'A';
        kinds.digits += c >= '0' && c <= '9';
        kinds.others += !kind && (c < '0' || c > '9');
        word = !kind ? 0 : kind == last ? word + 1 : 1;
        last = kind;
        kinds.in_words += word == 4 ? 4 : word > 4;
        kinds.longest_word = word > kinds.longest_word ? word : kinds.longest_word;
    }
    return kinds;
}

enum bw_secret_proof bw_secret_check_mixed(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(candidate->value);
    return kinds.lower && kinds.upper && kinds.digits ? BW_SECRET_PLAUSIBLE : BW_SECRET_REJECTED;
}

enum bw_secret_proof bw_secret_check_digits(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(candidate->value);
    return kinds.lower + kinds.upper >= 2 && kinds.digits >= 2 ? BW_SECRET_PLAUSIBLE
                                                               : BW_SECRET_REJECTED;
}

enum bw_secret_proof bw_secret_check_random(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(candidate->value);
    /* Of 36 or 62 letters ten are digits; a word is no part of what is random. */
    if (kinds.digits * 20 < candidate->value.n || kinds.lower + kinds.upper == 0 ||
        kinds.longest_word > 7 || kinds.in_words * 10 > candidate->value.n * 6 ||
        kinds.others * 6 > candidate->value.n)
        return BW_SECRET_REJECTED;
    return BW_SECRET_PLAUSIBLE;
}

static bool is_reference(struct bw_str value)
{
    static const char marks[] = "${}<>()[]|\\`";
    for (size_t i = 0; i < value.n; i++) {
        if (memchr(marks, value.p[i], sizeof marks - 1))
            return true;
    }
    return value.n &&
           (value.p[0] == '%' || value.p[0] == '@' || value.p[0] == '/' || value.p[0] == '.');
}

enum bw_secret_proof bw_secret_check_password(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(candidate->value);
    int n = !!kinds.lower + !!kinds.upper + !!kinds.digits + !!kinds.others;
    return n >= 3 && kinds.digits && !is_reference(candidate->value) && kinds.longest_word < 9
               ? BW_SECRET_PLAUSIBLE
               : BW_SECRET_REJECTED;
}

enum bw_secret_proof bw_secret_check_quoted_password(struct bw_secret_candidate *candidate)
{
    char before = candidate->value.p > candidate->match.p ? candidate->value.p[-1] : 0;
    return before == '"' || before == '\'' ? bw_secret_check_password(candidate)
                                           : BW_SECRET_REJECTED;
}

enum bw_secret_proof bw_secret_check_variable(struct bw_secret_candidate *candidate)
{
    struct bw_str value = candidate->value;
    struct kinds kinds = kinds_of(value);
    bool word = kinds.digits == 0 && kinds.others * 4 < value.n && (!kinds.lower || !kinds.upper);
    bool number = kinds.lower + kinds.upper == 0 && kinds.others == 0;
    if (word || number || is_reference(value) || bw_str_find_str(value, BW_STR("://")) != SIZE_MAX)
        return BW_SECRET_REJECTED;
    return BW_SECRET_PLAUSIBLE;
}

enum bw_secret_proof bw_secret_check_phrase(struct bw_secret_candidate *candidate)
{
    bool shipped = bw_str_eq(candidate->value, BW_STR("put your unique phrase here")) ||
                   bw_str_ends(candidate->value, BW_STR("_here"));
    return shipped ? BW_SECRET_REJECTED : BW_SECRET_PLAUSIBLE;
}

enum bw_secret_proof bw_secret_check_stripe(struct bw_secret_candidate *candidate)
{
    struct bw_str body = bw_str_from(candidate->value, sizeof "sk_live_" - 1);
    size_t hex = 0;
    while (hex < body.n && strchr("0123456789abcdef", body.p[hex]))
        hex++;
    return body.n == 40 && hex == 40 ? BW_SECRET_REJECTED : BW_SECRET_PLAUSIBLE;
}

enum bw_secret_proof bw_secret_check_mixed_tail(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(bw_str_from(candidate->value, 21));
    return bw_str_find(candidate->value, '%') != SIZE_MAX && kinds.lower && kinds.upper &&
                   kinds.digits
               ? BW_SECRET_PROVEN
               : BW_SECRET_REJECTED;
}

/* --- encodings --- */

static enum bw_secret_proof base64_of(struct bw_str value, size_t want)
{
    uint8_t bytes[128];
    size_t n = bw_base64_decode(value, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    return n == want ? BW_SECRET_PLAUSIBLE : BW_SECRET_REJECTED;
}

enum bw_secret_proof bw_secret_check_base64_64(struct bw_secret_candidate *candidate)
{
    return base64_of(candidate->value, 64);
}

enum bw_secret_proof bw_secret_check_base64_32(struct bw_secret_candidate *candidate)
{
    return base64_of(candidate->value, 32);
}

enum bw_secret_proof bw_secret_check_basic_auth(struct bw_secret_candidate *candidate)
{
    char text[512];
    size_t n = bw_base64_decode(candidate->value, (uint8_t *)text, sizeof text);
    size_t colon = bw_str_find(bw_str_n(text, n), ':');
    bool good = colon != SIZE_MAX && colon > 0 && colon + 1 < n;
    for (size_t i = 0; i < n && good; i++)
        good = text[i] >= 0x20 && text[i] < 0x7f;
    good = good && !is_reference(bw_str_n(text + colon + 1, n - colon - 1));
    explicit_bzero(text, sizeof text);
    return good ? BW_SECRET_PLAUSIBLE : BW_SECRET_REJECTED;
}

/* --- tokens --- */

static size_t run_length(struct bw_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '+' && s.p[n] != '/' && bw_base64_is((uint8_t)s.p[n]))
        n++;
    return n;
}

/* A JSON object in base64; with `member`, one that has it as a string. */
static bool is_json_object(struct bw_str part, const char *member, bool *ret_none)
{
    uint8_t *bytes = malloc(part.n + 1);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_err why;
    size_t n = bytes ? bw_base64_decode(part, bytes, part.n) : 0;
    bool good = n && bw_json_parse(&doc, bw_str_n(bytes, n), NULL, 0, &why) == 0 &&
                bw_json_type(bw_json_root(doc)) == BW_JSON_OBJECT;
    if (good && member) {
        struct bw_str value = bw_json_string(bw_json_get(bw_json_root(doc), bw_str(member)));
        *ret_none = bw_str_eq_nocase(value, BW_STR("none"));
        good = value.n > 0;
    }
    if (bytes)
        explicit_bzero(bytes, part.n);
    free(bytes);
    return good;
}

enum bw_secret_proof bw_secret_check_jwt(struct bw_secret_candidate *candidate)
{
    struct bw_str rest = candidate->rest;
    size_t header = run_length(rest);
    struct bw_str second = bw_str_from(rest, header + 1);
    size_t payload = run_length(second);
    struct bw_str third = bw_str_from(second, payload + 1);
    size_t signature = run_length(third);
    bool none = false;
    if (header + 1 >= rest.n || rest.p[header] != '.' || payload + 1 >= second.n ||
        second.p[payload] != '.' || signature < 20)
        return BW_SECRET_REJECTED;
    /* The sample of jwt.io ("sub": "1234567890"), which stands in every manual. */
    if (bw_str_starts(second, BW_STR("eyJzdWIiOiIxMjM0NTY3ODkwI")))
        return BW_SECRET_REJECTED;
    if (!is_json_object(bw_str_take(rest, header), "alg", &none) || none ||
        !is_json_object(bw_str_take(second, payload), NULL, NULL))
        return BW_SECRET_REJECTED;
    candidate->value = bw_str_take(rest, header + 1 + payload + 1 + signature);
    return BW_SECRET_PROVEN;
}

enum bw_secret_proof bw_secret_check_jwk(struct bw_secret_candidate *candidate)
{
    struct bw_str object = bw_str_take(candidate->rest, 4096);
    object = bw_str_take(object, bw_str_find(object, '}'));
    size_t at = bw_str_find_str(object, BW_STR("\"d\""));
    if (at == SIZE_MAX)
        at = bw_str_find_str(object, BW_STR("\"k\""));
    struct bw_str value = at == SIZE_MAX ? BW_STR("") : bw_str_trim(bw_str_from(object, at + 3));
    value = bw_str_trim(bw_str_from(value, 1)); /* the colon */
    value = bw_str_from(value, 1);              /* the quote */
    size_t n = run_length(value);
    if (n < 43 || bw_secret_entropy(bw_str_take(value, n)) < 40)
        return BW_SECRET_REJECTED;
    candidate->value = bw_str_take(value, n);
    return BW_SECRET_PROVEN;
}

/* Hosts of documentation (RFC 2606, RFC 5737), or none. */
static bool is_sample_host(struct bw_str after)
{
    static const char *const starts[] = {"hostname",   "your", "192.0.2.", "198.51.100.",
                                         "203.0.113.", "<",    "$",        "{"};
    size_t n = 0;
    while (n < after.n && n < 256 &&
           (after.p[n] == '.' || after.p[n] == '-' || (after.p[n] >= '0' && after.p[n] <= 'z')) &&
           after.p[n] != ':' && after.p[n] != '?')
        n++;
    struct bw_str host = bw_str_take(after, n);
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        if (bw_str_starts(after, bw_str(starts[i])))
            return true;
    }
    return bw_str_starts(host, BW_STR("example.")) ||
           bw_str_find_str(host, BW_STR(".example.")) != SIZE_MAX ||
           bw_str_ends(host, BW_STR(".example"));
}

enum bw_secret_proof bw_secret_check_url(struct bw_secret_candidate *candidate)
{
    static const char *const words[] = {
        "password", "passwd", "pass",     "pwd",      "pw",      "secret",    "user",
        "username", "token",  "foobared", "foobar",   "foo",     "bar",       "baz",
        "test",     "secure", "p4ss",     "passw0rd", "mypass",  "host",      "hunter2",
        "tiger",    "admin",  "p@ssw0rd", "changeit", "repopwd", "proxypass", "pass123",
        "xxx",      "apikey", "api_key",  "password1"};
    struct bw_str value = candidate->value;
    const char *end = value.p + value.n;
    struct bw_str after = bw_str_from(candidate->rest, (size_t)(end - candidate->rest.p));
    struct kinds kinds = kinds_of(value);
    if (value.n < 3 || is_reference(value) || value.p[0] == '*' || value.p[0] == ':' ||
        (bw_str_starts(after, BW_STR("@")) && is_sample_host(bw_str_from(after, 1))))
        return BW_SECRET_REJECTED;
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++) {
        if (bw_str_eq_nocase(value, bw_str(words[i])))
            return BW_SECRET_REJECTED;
    }
    return value.n < 12 && (value.n < 8 || !kinds.digits || kinds.longest_word > 3)
               ? BW_SECRET_DOUBTFUL
               : BW_SECRET_PLAUSIBLE;
}

/* As above for addresses of the web, which are written in comments and tests more often than not.
 */
enum bw_secret_proof bw_secret_check_web(struct bw_secret_candidate *candidate)
{
    struct kinds kinds = kinds_of(candidate->value);
    enum bw_secret_proof proof = bw_secret_check_url(candidate);
    if (proof == BW_SECRET_DOUBTFUL && (candidate->value.n < 6 || !kinds.digits))
        return BW_SECRET_REJECTED;
    return proof;
}

enum bw_secret_proof bw_secret_check_crypt(struct bw_secret_candidate *candidate)
{
    struct bw_str value = candidate->value;
    return value.n >= 20 && value.p[0] == '$' ? BW_SECRET_PLAUSIBLE : BW_SECRET_REJECTED;
}
