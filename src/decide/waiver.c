#include "decide/waiver.h"

#include "base/clock.h"
#include "decide/waiver-state.h"

#define IDS_MAX   (4u * BW_WAIVER_RULES_MAX)
#define DAY       86400
#define PURL_SIZE 4096u

struct bw_waivers bw_waivers(struct bw_arena *arena)
{
    return (struct bw_waivers){.arena = arena};
}

void bw_waivers_free(struct bw_waivers *waivers)
{
    BW_VEC_FREE(waivers);
}

static int full(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "no room for more than %u waivers", BW_WAIVER_RULES_MAX);
}

struct bw_str bw_waivers_copy(struct bw_waivers *waivers, struct bw_str s)
{
    return bw_arena_str(waivers->arena, s);
}

int bw_waivers_one(struct bw_waivers *waivers, struct bw_str s, struct bw_strs *ret,
                   struct bw_err *err)
{
    struct bw_str *v = bw_arena_alloc(waivers->arena, sizeof *v);
    struct bw_str copy = v ? bw_waivers_copy(waivers, s) : (struct bw_str){0};
    if (!v || !copy.p)
        return full(err);
    *v = copy;
    *ret = (struct bw_strs){v, 1};
    return 0;
}

struct bw_waiver_rule *bw_waivers_add(struct bw_waivers *waivers, struct bw_str file, uint32_t line,
                                      struct bw_err *err)
{
    struct bw_waiver_rule *rule = BW_VEC_PUSH(waivers, BW_WAIVER_RULES_MAX);
    if (!rule) {
        full(err);
        return NULL;
    }
    rule->waiver.source = file;
    rule->waiver.line = line;
    rule->kind = -1;
    return rule;
}

bool bw_waiver_date(struct bw_str text, int64_t *ret_expires)
{
    int64_t begins;
    if (!bw_clock_parse(text, &begins))
        return false;
    *ret_expires = text.n == sizeof "2027-01-31" - 1 ? begins + DAY : begins;
    return true;
}

/* --- reading --- */

static int read_json(struct bw_waivers *waivers, struct bw_str file, struct bw_str bytes,
                     struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, bytes, NULL, 0, err);
    if (rc)
        return rc;
    const struct bw_json *root = bw_json_root(doc);
    struct bw_str context = bw_json_string(bw_json_get(root, BW_STR("@context")));
    if (bw_str_find_str(context, BW_STR("openvex")) != SIZE_MAX)
        return bw_waivers_read_openvex(waivers, file, root, err);
    if (bw_str_eq(bw_json_string(bw_json_get(root, BW_STR("bomFormat"))), BW_STR("CycloneDX")))
        return bw_waivers_read_cyclonedx(waivers, file, root, err);
    if (bw_json_get(bw_json_get(root, BW_STR("document")), BW_STR("csaf_version")))
        return bw_waivers_read_csaf(waivers, file, root, err);
    return bw_err_set(err, BW_EFORMAT, "neither OpenVEX nor CycloneDX nor CSAF");
}

static bool looks_like_yaml(struct bw_str file, struct bw_str bytes)
{
    if (bw_str_ends(file, BW_STR(".yaml")) || bw_str_ends(file, BW_STR(".yml")))
        return true;
    struct bw_str rest = bytes, line;
    while (bw_str_line(&rest, &line)) {
        line = bw_str_trim(line);
        if (line.n && line.p[0] != '#')
            return bw_str_starts(line, BW_STR("- ")) || line.p[line.n - 1] == ':';
    }
    return false;
}

int bw_waivers_read(struct bw_waivers *waivers, struct bw_str file, struct bw_str bytes,
                    struct bw_err *err)
{
    size_t before = waivers->n, at = 0;
    if (bytes.n > BW_WAIVER_FILE_MAX)
        return bw_err_set(err, BW_ELIMIT, "%" BW_STR_F ": more than the limit of %zu bytes",
                          BW_STR_A(file), BW_WAIVER_FILE_MAX);
    struct bw_str name = bw_waivers_copy(waivers, file);
    if (!name.p)
        return full(err);
    while (at < bytes.n && strchr(" \t\r\n", bytes.p[at]) && bytes.p[at])
        at++;
    int rc;
    if (at < bytes.n && bytes.p[at] == '{')
        rc = read_json(waivers, name, bytes, err);
    else if (looks_like_yaml(file, bytes))
        rc = bw_waivers_read_ignore_yaml(waivers, name, bytes, err);
    else
        rc = bw_waivers_read_ignore_lines(waivers, name, bytes, err);
    if (rc)
        waivers->n = before;
    return rc ? bw_err_prefix(err, rc, "%" BW_STR_F, BW_STR_A(file)) : 0;
}

/* --- matching --- */

/* "**" is anything, "*" anything but '/', '?' one byte but '/'. Of two stars only the last is ever
 * retried but "**" may take over from a "*": linear in the path for each "**". */
bool bw_waiver_path_matches(struct bw_str pattern, struct bw_str path)
{
    size_t i = 0, j = 0, star = SIZE_MAX, star_at = 0, deep = SIZE_MAX, deep_at = 0;
    while (j < path.n) {
        if (i + 1 < pattern.n && pattern.p[i] == '*' && pattern.p[i + 1] == '*') {
            deep = i += 2;
            if (deep < pattern.n && pattern.p[deep] == '/')
                deep = ++i;
            deep_at = j;
            star = SIZE_MAX;
        } else if (i < pattern.n && pattern.p[i] == '*') {
            star = ++i;
            star_at = j;
        } else if (i < pattern.n &&
                   (pattern.p[i] == path.p[j] || (pattern.p[i] == '?' && path.p[j] != '/'))) {
            i++;
            j++;
        } else if (star != SIZE_MAX && path.p[star_at] != '/') {
            i = star;
            j = ++star_at;
        } else if (deep != SIZE_MAX) {
            i = deep;
            j = ++deep_at;
            star = SIZE_MAX;
        } else {
            return false;
        }
    }
    while (i < pattern.n && pattern.p[i] == '*')
        i++;
    return i == pattern.n;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoded bytes decoded, so that "%2B" and "+" are one. The empty slice where it does not
 * fit. */
static struct bw_str decode(struct bw_str s, char out[PURL_SIZE])
{
    size_t n = 0;
    if (s.n > PURL_SIZE)
        return (struct bw_str){0};
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high << 4 | low) : s.p[i];
        i += low >= 0 ? 2 : 0;
    }
    return bw_str_n(out, n);
}

static bool equal_decoded(struct bw_str a, struct bw_str b)
{
    char one[PURL_SIZE], two[PURL_SIZE];
    struct bw_str x = decode(a, one), y = decode(b, two);
    return x.n && bw_str_eq(x, y);
}

/* pkg:TYPE/NAMESPACE/NAME, the version, the qualifiers (ECMA-427). */
struct purl {
    struct bw_str base, version, qualifiers;
};

static struct purl split_purl(struct bw_str s)
{
    struct purl purl = {0};
    s = bw_str_take(s, bw_str_find(s, '#'));
    size_t question = bw_str_find(s, '?');
    if (question != SIZE_MAX)
        purl.qualifiers = bw_str_from(s, question + 1);
    s = bw_str_take(s, question);
    size_t at = bw_str_rfind(s, '@'), slash = bw_str_rfind(s, '/');
    bool versioned = at != SIZE_MAX && (slash == SIZE_MAX || at > slash + 1);
    purl.base = versioned ? bw_str_take(s, at) : s;
    purl.version = versioned ? bw_str_from(s, at + 1) : BW_STR("");
    return purl;
}

static bool has_qualifier(struct bw_str qualifiers, struct bw_str wanted)
{
    struct bw_str part;
    while (bw_str_split(&qualifiers, '&', &part))
        if (equal_decoded(part, wanted))
            return true;
    return false;
}

bool bw_purl_matches(struct bw_str pattern, struct bw_str s)
{
    struct purl wanted = split_purl(pattern), purl = split_purl(s);
    struct bw_str part;
    if (!equal_decoded(wanted.base, purl.base) ||
        (wanted.version.n && !equal_decoded(wanted.version, purl.version)))
        return false;
    while (wanted.qualifiers.n && bw_str_split(&wanted.qualifiers, '&', &part))
        if (part.n && !has_qualifier(purl.qualifiers, part))
            return false;
    return true;
}

static bool is_purl(struct bw_str s)
{
    return bw_str_starts(s, BW_STR("pkg:"));
}

/* "pkg:oci/NAME@sha256:DIGEST" against the names and the digest of an image. */
static bool is_image(struct bw_str product, const struct bw_subject *subject)
{
    char decoded[PURL_SIZE];
    struct purl purl = split_purl(product);
    struct bw_str version = decode(purl.version, decoded);
    if (!bw_str_starts(product, BW_STR("pkg:oci/")))
        return false;
    if (version.n)
        return subject->digest.n && bw_str_eq(version, subject->digest);
    struct bw_str name = bw_str_from(purl.base, sizeof "pkg:oci/" - 1);
    for (size_t i = 0; i <= subject->tags.n; i++) {
        struct bw_str tag = i < subject->tags.n ? subject->tags.v[i] : subject->name;
        size_t slash = bw_str_rfind(tag, '/');
        tag = slash == SIZE_MAX ? tag : bw_str_from(tag, slash + 1);
        if (bw_str_eq(bw_str_take(tag, bw_str_find(tag, ':')), name))
            return true;
    }
    return false;
}

static bool is_product(struct bw_str product, const struct bw_subject *subject,
                       const struct bw_finding *finding)
{
    if (!is_purl(product))
        return bw_str_eq(product, subject->name) ||
               (subject->digest.n && bw_str_eq(product, subject->digest));
    return is_image(product, subject) ||
           (finding->purl.n && bw_purl_matches(product, finding->purl));
}

static bool is_package(struct bw_str wanted, const struct bw_finding *finding)
{
    if (is_purl(wanted))
        return finding->purl.n && bw_purl_matches(wanted, finding->purl);
    return finding->package && (bw_str_eq(wanted, finding->package->name) ||
                                bw_str_eq(wanted, finding->package->source_name));
}

static bool applies(const struct bw_waiver_rule *rule, const struct bw_subject *subject,
                    const struct bw_finding *finding)
{
    bool path = rule->paths.n == 0, package = rule->packages.n == 0,
         product = rule->products.n == 0;
    if (rule->kind >= 0 && finding->kind != (enum bw_finding_kind)rule->kind)
        return false;
    for (size_t i = 0; !path && i < rule->paths.n; i++)
        path = bw_waiver_path_matches(rule->paths.v[i], finding->location.path);
    for (size_t i = 0; !package && i < rule->packages.n; i++)
        package = is_package(rule->packages.v[i], finding);
    for (size_t i = 0; !product && i < rule->products.n; i++)
        product = is_product(rule->products.v[i], subject, finding);
    return path && package && product;
}

/* Rules by id: each id leads to a list of those that name it. */
struct link {
    uint32_t rule;
    struct link *next;
};

struct index {
    const struct bw_waivers *waivers;
    struct bw_map by_id;
    struct bw_report *report;
    int64_t now;
    void (*expired)(void *ctx, const struct bw_waiver_rule *rule);
    void *ctx;
    bool *told;                    /* by rule: that it expired */
    const struct bw_waiver **kept; /* by rule: what findings point to, in the arena */
};

static int add_to_index(struct index *index, uint32_t rule, struct bw_err *err)
{
    const struct bw_waiver_rule *r = &index->waivers->v[rule];
    for (size_t i = 0; i < r->ids.n; i++) {
        struct bw_map_item *item = bw_map_at(&index->by_id, r->ids.v[i]);
        struct link *link = item ? bw_arena_alloc(index->waivers->arena, sizeof *link) : NULL;
        if (!link)
            return full(err);
        *link = (struct link){rule, item->value};
        item->value = link;
    }
    return 0;
}

/* The first rule, in the order they were read, that is for a finding under one of its names. */
static void try_id(struct index *index, const struct bw_finding *finding, struct bw_str id,
                   uint32_t *best)
{
    if (!id.n)
        return;
    const struct bw_subject *subject = &index->report->subjects[finding->subject];
    for (const struct link *l = bw_map_get(&index->by_id, id); l; l = l->next) {
        const struct bw_waiver_rule *rule = &index->waivers->v[l->rule];
        if (l->rule >= *best || !applies(rule, subject, finding))
            continue;
        if (!rule->waiver.expires || index->now < rule->waiver.expires) {
            *best = l->rule;
        } else if (index->expired && !index->told[l->rule]) {
            index->told[l->rule] = true;
            index->expired(index->ctx, rule);
        }
    }
}

static void try_advisory(struct index *index, const struct bw_finding *finding,
                         const struct bw_advisory *advisory, uint32_t *best)
{
    try_id(index, finding, advisory->id, best);
    for (size_t i = 0; i < advisory->aliases.n; i++)
        try_id(index, finding, advisory->aliases.v[i], best);
    /* An erratum that mends several vulnerabilities is waived by its own name, or by the name of
     * the only one. */
    for (size_t i = 0; advisory->cves.n == 1 && i < advisory->cves.n; i++)
        try_id(index, finding, advisory->cves.v[i], best);
}

/* The list of rules may be freed before the report is. */
static const struct bw_waiver *keep(struct index *index, uint32_t rule)
{
    if (!index->kept[rule]) {
        struct bw_waiver *copy = bw_arena_alloc(index->waivers->arena, sizeof *copy);
        if (copy)
            *copy = index->waivers->v[rule].waiver;
        index->kept[rule] = copy;
    }
    return index->kept[rule];
}

static int apply(struct index *index, struct bw_finding *finding, struct bw_err *err)
{
    uint32_t best = UINT32_MAX;
    try_id(index, finding, finding->fingerprint, &best);
    try_id(index, finding, finding->id, &best);
    if (finding->advisory)
        try_advisory(index, finding, finding->advisory, &best);
    for (size_t i = 0; i < finding->others_n; i++)
        try_advisory(index, finding, finding->others[i], &best);
    if (best == UINT32_MAX)
        return 0;
    finding->waiver = keep(index, best);
    index->report->waived++;
    return finding->waiver ? 0 : full(err);
}

int bw_waivers_apply(const struct bw_waivers *waivers, struct bw_report *report, int64_t now,
                     void (*expired)(void *ctx, const struct bw_waiver_rule *rule), void *ctx,
                     struct bw_err *err)
{
    struct index index = {.waivers = waivers,
                          .by_id = BW_MAP(IDS_MAX),
                          .report = report,
                          .now = now,
                          .expired = expired,
                          .ctx = ctx};
    index.told = bw_arena_array(waivers->arena, waivers->n, sizeof *index.told);
    index.kept = bw_arena_array(waivers->arena, waivers->n, sizeof *index.kept);
    int rc = index.told && index.kept ? 0 : full(err);
    for (uint32_t i = 0; rc == 0 && i < waivers->n; i++)
        rc = add_to_index(&index, i, err);
    for (size_t i = 0; rc == 0 && waivers->n && i < report->findings_n; i++)
        rc = apply(&index, &report->findings[i], err);
    bw_map_free(&index.by_id);
    return rc;
}
