#include "extract/package-list.h"

#include <stdio.h>

#define ARENA_MAX   ((size_t)64 << 20)
#define LICENCE_MAX ((size_t)BW_EXTRACT_TEXT_MAX)

struct algorithm {
    const char *name;
    size_t bytes;
};

/* From the weakest to the strongest. */
static const struct algorithm algorithms[] = {
    {"md5", 16}, {"sha1", 20}, {"sha256", 32}, {"sha384", 48}, {"sha512", 64}};
#define DIGEST_MAX 64u

void bw_package_list_init(struct bw_package_list *list, const struct bw_parser *parser,
                          enum bw_package_type type, struct bw_str path,
                          const struct bw_extract_sink *sink)
{
    *list = (struct bw_package_list){
        .gaps = {.sink = sink, .path = path, .what = bw_str(parser->what)},
        .type = type,
        .locked = parser->lock,
        .arena = bw_arena_new(ARENA_MAX),
        .seen = BW_MAP(2 * BW_EXTRACT_PACKAGES_MAX),
        .licence = BW_BUF(LICENCE_MAX),
    };
}

void bw_package_list_free(struct bw_package_list *list)
{
    bw_arena_free(list->arena);
    bw_map_free(&list->seen);
    BW_VEC_FREE(&list->depends);
    bw_buf_free(&list->licence);
}

void bw_package_list_depend(struct bw_package_list *list, struct bw_str name)
{
    size_t n = list->depends.n;
    /* One for each of several conditions, one behind the other. */
    if (!bw_record_is_word(name) || (n && bw_str_eq(list->depends.v[n - 1], name)))
        return;
    struct bw_str *slot = BW_VEC_PUSH(&list->depends, BW_PACKAGE_DEPENDS_MAX);
    if (slot)
        *slot = name;
}

void bw_package_list_licence(struct bw_package_list *list, struct bw_str licence)
{
    licence = bw_str_trim(licence);
    if (!licence.n)
        return;
    if (list->licence.n)
        bw_buf_str(&list->licence, BW_STR(" OR "));
    bw_buf_str(&list->licence, licence);
}

static struct bw_str put_checksum(struct bw_package_list *list, const struct algorithm *algorithm,
                                  const uint8_t *bytes)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = (size_t)snprintf(list->checksum, sizeof list->checksum, "%s:", algorithm->name);
    for (size_t i = 0; i < algorithm->bytes; i++) {
        list->checksum[n++] = digits[bytes[i] >> 4];
        list->checksum[n++] = digits[bytes[i] & 15];
    }
    return bw_str_n(list->checksum, n);
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Whether the text is exactly `want` bytes in base64, with or without its padding. */
static bool decode_base64(struct bw_str text, uint8_t *to, size_t want)
{
    size_t n = 0, i = 0;
    uint32_t bits = 0, have = 0;
    for (; i < text.n && base64_digit(text.p[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)base64_digit(text.p[i]);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (n == want)
            return false;
        to[n++] = (uint8_t)(bits >> have);
    }
    while (i < text.n && text.p[i] == '=')
        i++;
    return n == want && i == text.n;
}

struct bw_str bw_package_list_base64(struct bw_package_list *list, const char *algorithm,
                                     struct bw_str digits)
{
    uint8_t bytes[DIGEST_MAX];
    for (size_t i = 0; i < BW_ARRAY_LEN(algorithms); i++)
        if (strcmp(algorithm, algorithms[i].name) == 0 &&
            decode_base64(digits, bytes, algorithms[i].bytes))
            return put_checksum(list, &algorithms[i], bytes);
    return (struct bw_str){0};
}

struct bw_str bw_package_list_integrity(struct bw_package_list *list, struct bw_str integrity)
{
    struct bw_str rest = integrity, word, found = {0};
    size_t best = 0;
    while (integrity.n && bw_str_split(&rest, ' ', &word)) {
        size_t dash = bw_str_find(word, '-');
        uint8_t bytes[DIGEST_MAX];
        if (dash == SIZE_MAX)
            continue;
        /* Options may follow behind '?'. */
        struct bw_str digits = bw_str_from(word, dash + 1);
        digits = bw_str_take(digits, bw_str_find(digits, '?'));
        for (size_t i = best; i < BW_ARRAY_LEN(algorithms); i++)
            if (bw_str_eq(bw_str_take(word, dash), bw_str(algorithms[i].name)) &&
                decode_base64(digits, bytes, algorithms[i].bytes)) {
                found = put_checksum(list, &algorithms[i], bytes);
                best = i;
            }
    }
    return found;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct bw_str bw_package_list_hex(struct bw_package_list *list, const char *algorithm,
                                  struct bw_str digits)
{
    uint8_t bytes[DIGEST_MAX] = {0};
    if (digits.n > 2 * sizeof bytes)
        return (struct bw_str){0};
    for (size_t i = 0; i < digits.n; i++) {
        int digit = hex_digit(digits.p[i]);
        if (digit < 0)
            return (struct bw_str){0};
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(algorithms); i++)
        if (digits.n == 2 * algorithms[i].bytes &&
            (!*algorithm || strcmp(algorithm, algorithms[i].name) == 0))
            return put_checksum(list, &algorithms[i], bytes);
    return (struct bw_str){0};
}

struct bw_str bw_package_list_tagged(struct bw_package_list *list, struct bw_str hash)
{
    size_t colon = bw_str_find(hash, ':');
    for (size_t i = 0; colon != SIZE_MAX && i < BW_ARRAY_LEN(algorithms); i++)
        if (bw_str_eq(bw_str_take(hash, colon), bw_str(algorithms[i].name)))
            return bw_package_list_hex(list, algorithms[i].name, bw_str_from(hash, colon + 1));
    return (struct bw_str){0};
}

static void clear(struct bw_package_list *list)
{
    list->depends.n = 0;
    bw_buf_clear(&list->licence);
}

/* Whether the package was sent before. Where memory for knowing it ends, it is sent again. */
static bool is_repeated(struct bw_package_list *list, const struct bw_package *package)
{
    struct bw_str name = package->name, version = package->version;
    char *key = list->arena ? bw_arena_alloc(list->arena, name.n + version.n + 2) : NULL;
    if (!key)
        return false;
    memcpy(key, name.p, name.n);
    /* No word holds a newline. */
    key[name.n] = '\n';
    key[name.n + 1] = (char)(2 * (unsigned)list->type + package->development);
    memcpy(key + name.n + 2, version.p, version.n);
    struct bw_map_item *item = bw_map_at(&list->seen, bw_str_n(key, name.n + version.n + 2));
    if (!item)
        return false;
    bool repeated = item->value;
    item->value = list;
    return repeated;
}

/* Whether the name or the version is no word, which is a gap then. */
static bool is_bad(struct bw_package_list *list, const struct bw_package *package, uint32_t line)
{
    bool bad_name = !bw_record_is_word(package->name);
    if (bad_name)
        bw_record_gap(&list->gaps, BW_GAP_BLOCKING, line, "a package has %s name",
                      package->name.n ? "a malformed" : "no");
    else if (!bw_record_is_word(package->version))
        bw_record_gap(&list->gaps, BW_GAP_BLOCKING, line,
                      "the package %" BW_STR_F " has %s version", BW_STR_A(package->name),
                      package->version.n ? "a malformed" : "no");
    else
        return false;
    return true;
}

static int send(struct bw_package_list *list, const struct bw_package *package, uint32_t line,
                struct bw_err *err)
{
    struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = list->gaps.path, .line = line},
        .package = {.type = list->type,
                    .name = package->name,
                    .version = package->version,
                    .source_name = package->name,
                    .source_version = package->version,
                    .licence = bw_record_text(list->licence.n ? bw_buf_slice(&list->licence)
                                                              : bw_str_trim(package->licence)),
                    .locked = list->locked,
                    .development = package->development,
                    .checksum = package->checksum,
                    .depends = {list->depends.v, list->depends.n}},
    };
    list->n++;
    return list->gaps.sink->fact(list->gaps.sink->ctx, &fact, err);
}

int bw_package_list_add(struct bw_package_list *list, const struct bw_package *package,
                        uint32_t line, struct bw_err *err)
{
    int rc = 0;
    if (list->full || is_bad(list, package, line) || is_repeated(list, package)) {
        ;
    } else if (list->n == BW_EXTRACT_PACKAGES_MAX) {
        list->full = true;
        bw_record_gap(&list->gaps, BW_GAP_BLOCKING, line,
                      "more than %u packages: the rest was left out", BW_EXTRACT_PACKAGES_MAX);
    } else {
        rc = send(list, package, line, err);
    }
    clear(list);
    return rc;
}

void bw_package_list_leave_out(struct bw_package_list *list)
{
    list->foreign += list->foreign < UINT32_MAX;
    clear(list);
}

void bw_package_list_end(struct bw_package_list *list)
{
    if (list->foreign)
        bw_record_gap(
            &list->gaps, BW_GAP_NOTE, 0,
            "%u packages come from no registry (directories, repositories, archives): left "
            "out",
            list->foreign);
    bw_record_gaps_end(&list->gaps);
}
