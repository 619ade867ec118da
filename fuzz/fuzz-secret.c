/*
 * The secret scanner: base64, checks, windows and path rules. The first byte chooses the path, the
 * second the size of the blocks. What is found must not depend on the blocks where nothing was left
 * out, and no more of a value may be told than a mask shows.
 *
 * So that the corpus holds nothing that looks like a credential, and values of a length are found
 * fast, bytes 1 to 3 with a count behind them stand for that many letters of [A-Za-z0-9], of base
 * 16, of base64.
 */
#include <stdlib.h>
#include <string.h>

#include "extract/secret.h"
#include "sink.h"

static const char *const paths[] = {
    "srv/app/config",
    "root/.docker/config.json",
    "root/.netrc",
    "root/.pgpass",
    "root/.npmrc",
    "etc/shadow",
    "srv/.env",
    "srv/terraform.tfstate",
    "root/.kube/config",
    "root/.m2/settings.xml",
    "etc/krb5.keytab",
    "srv/wp-config.php",
    "usr/share/doc/x/y",
    "etc/postfix/sasl_passwd",
    "etc/redis/redis.conf",
    "srv/inventory",
};

struct told {
    uint64_t sum;
    unsigned facts, gaps;
};

static int on_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct told *told = ctx;
    const struct bw_secret *s = &fact->secret;
    (void)err;
    if (fact->kind != BW_FACT_SECRET || !s->rule.n || !s->title.n || !s->remedy.n ||
        s->match.n > 64 || s->count == 0 || fact->place.line == 0)
        abort();
    fuzz_read(s->match);
    told->sum = told->sum * 31 + bw_str_hash(s->rule) + fact->place.line * 7u + s->column;
    told->facts++;
    return 0;
}

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct told *told = ctx;
    fuzz_gap(NULL, class, where, what, why);
    told->gaps++;
}

static struct told scan(struct bw_secret_scanner *scanner, const char *path, const uint8_t *p,
                        size_t n, size_t block)
{
    struct told told = {0};
    const struct bw_extract_sink sink = {.ctx = &told, .fact = on_fact, .gap = on_gap};
    struct bw_err err = {0};
    bw_secret_begin(scanner, bw_str(path), n);
    for (size_t i = 0; i < n; i += block) {
        if (bw_secret_feed(scanner, p + i, n - i < block ? n - i : block, &err))
            abort();
    }
    if (bw_secret_end(scanner, &sink, &err))
        abort();
    if (told.facts > BW_SECRET_FINDINGS_MAX)
        abort();
    return told;
}

static void put_letters(struct bw_buf *out, uint8_t kind, uint8_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/0123456789abcdef";
    uint32_t state = n;
    for (unsigned i = 0; i < n; i++) {
        state = state * 1103515245u + 12345u + i;
        uint32_t value = state >> 16;
        bw_buf_byte(out, (uint8_t)letters[kind == 1   ? value % 62
                                          : kind == 2 ? 64 + value % 16
                                                      : value % 64]);
    }
}

static void expand(const uint8_t *p, size_t n, struct bw_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] >= 1 && p[i] <= 3 && i + 1 < n) {
            put_letters(out, p[i], p[i + 1]);
            i++;
        } else {
            bw_buf_byte(out, p[i]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bw_secret_scanner *scanner;
    struct bw_err err = {0};
    if (!scanner && bw_secret_scanner_new(&scanner, &err))
        abort();
    if (size < 2)
        return 0;
    const char *path = paths[data[0] % BW_ARRAY_LEN(paths)];
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)1 << 20);
    expand(data + 2, size - 2, &buf);
    struct told whole = scan(scanner, path, buf.p, buf.n, buf.n + 1);
    struct told parts = scan(scanner, path, buf.p, buf.n, (size_t)data[1] + 1);
    if (whole.facts != parts.facts || whole.sum != parts.sum || whole.gaps != parts.gaps)
        abort();
    struct told told = {0};
    const struct bw_extract_sink sink = {.ctx = &told, .fact = on_fact, .gap = on_gap};
    if (bw_secret_text(scanner, BW_STR("environment"), bw_buf_slice(&buf), NULL, &sink, &err))
        abort();
    return 0;
}
