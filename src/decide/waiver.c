#include "decide/waiver.h"

#include "base/clock.h"
#include "decide/waiver-state.h"

#define IDS_MAX (4u * BW_WAIVER_RULES_MAX)
#define DAY     86400

/* What a finding is looked up by, and the links of one rule. */
#define ASPECTS_MAX    9u
#define RULE_LINKS_MAX 65536u

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

static bool is_purl(struct bw_str s)
{
    return bw_str_starts(s, BW_STR("pkg:"));
}

/* "pkg:oci/NAME@sha256:DIGEST" against the names and the digest of an image. */
static bool is_image(struct bw_str product, const struct bw_subject *subject)
{
    char decoded[BW_PURL_DECODED_MAX];
    struct bw_purl_parts purl = bw_purl_split(product);
    struct bw_str version = bw_purl_decode(purl.version, decoded);
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

/* Rules by id, and those of one id by what else must be met: one vulnerability may be waived for
 * each of a hundred thousand products. */
struct link {
    uint32_t rule;
    struct link *next;
};

/* In the order they were read. */
struct list {
    struct link *first;
};

struct group {
    struct bw_map by_aspect; /* -> struct list; "" for rules that have no aspect */
};

struct index {
    const struct bw_waivers *waivers;
    struct bw_map by_id; /* -> struct group */
    struct bw_report *report;
    int64_t now;
    void (*expired)(void *ctx, const struct bw_waiver_rule *rule);
    void *ctx;
    bool *told;                    /* by rule: that it expired */
    const struct bw_waiver **kept; /* by rule: what findings point to, in the arena */
};

/* What a finding is looked up by beside its ids. */
struct looked_at {
    const struct bw_finding *finding;
    struct bw_str v[ASPECTS_MAX];
    size_t n;
    char purl[BW_PURL_DECODED_MAX], versioned[BW_PURL_DECODED_MAX];
};

/* Type, namespace and name of a package URL, with its version where it has one and is to have. */
static struct bw_str purl_aspect(struct bw_str s, bool versioned, char out[BW_PURL_DECODED_MAX])
{
    struct bw_purl_parts purl = bw_purl_split(s);
    return bw_purl_decode(
        versioned && purl.version.n ? bw_str_n(s.p, purl.base.n + 1 + purl.version.n) : purl.base,
        out);
}

/* The list of a rule of which one must be met. */
static struct bw_strs alternatives_of(const struct bw_waiver_rule *rule)
{
    struct bw_strs list = rule->packages.n   ? rule->packages
                          : rule->products.n ? rule->products
                                             : rule->paths;
    return rule->ids.n * list.n > RULE_LINKS_MAX ? (struct bw_strs){0} : list;
}

static bool is_pattern(struct bw_str path)
{
    return bw_str_find(path, '*') != SIZE_MAX || bw_str_find(path, '?') != SIZE_MAX;
}

static struct bw_str last_component(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

/* What each finding that meets an alternative has among what it is looked up by; "" where there is
 * no such thing. p is NULL where memory is short. */
static struct bw_str aspect_of(struct index *index, struct bw_str alternative, bool path)
{
    char decoded[BW_PURL_DECODED_MAX];
    if (path && is_pattern(alternative))
        alternative = last_component(alternative);
    if (path)
        return is_pattern(alternative) ? BW_STR("") : alternative;
    if (bw_str_starts(alternative, BW_STR("pkg:oci/")))
        return BW_STR("");
    return is_purl(alternative)
               ? bw_arena_str(index->waivers->arena, purl_aspect(alternative, true, decoded))
               : alternative;
}

static int add_link(struct index *index, struct group *group, struct bw_str aspect, uint32_t rule,
                    struct bw_err *err)
{
    struct bw_arena *arena = index->waivers->arena;
    struct bw_map_item *item = aspect.p ? bw_map_at(&group->by_aspect, aspect) : NULL;
    struct link *link = item ? bw_arena_alloc(arena, sizeof *link) : NULL;
    if (item && !item->value)
        item->value = bw_arena_alloc(arena, sizeof(struct list));
    if (!link || !item->value)
        return full(err);
    struct list *list = item->value;
    *link = (struct link){rule, list->first};
    list->first = link;
    return 0;
}

static struct group *group_of(struct index *index, struct bw_str id)
{
    struct bw_map_item *item = bw_map_at(&index->by_id, id);
    if (item && !item->value) {
        struct group *group = bw_arena_alloc(index->waivers->arena, sizeof *group);
        if (group)
            *group = (struct group){.by_aspect = BW_MAP(BW_WAIVER_RULES_MAX)};
        item->value = group;
    }
    return item ? item->value : NULL;
}

static int add_to_index(struct index *index, uint32_t rule, struct bw_err *err)
{
    const struct bw_waiver_rule *r = &index->waivers->v[rule];
    struct bw_strs list = alternatives_of(r);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->ids.n; i++) {
        struct group *group = group_of(index, r->ids.v[i]);
        if (!group)
            return full(err);
        if (list.n == 0)
            rc = add_link(index, group, BW_STR(""), rule, err);
        for (size_t j = 0; rc == 0 && j < list.n; j++)
            rc = add_link(index, group, aspect_of(index, list.v[j], list.v == r->paths.v), rule,
                          err);
    }
    return rc;
}

static void free_index(struct index *index)
{
    for (size_t i = 0; i < index->by_id.n; i++) {
        struct group *group = index->by_id.items[i].value;
        if (group)
            bw_map_free(&group->by_aspect);
    }
    bw_map_free(&index->by_id);
}

static void look_at(const struct index *index, const struct bw_finding *finding,
                    struct looked_at *at)
{
    const struct bw_subject *subject = &index->report->subjects[finding->subject];
    at->finding = finding;
    at->n = 0;
    at->v[at->n++] = BW_STR("");
    at->v[at->n++] = finding->location.path;
    at->v[at->n++] = last_component(finding->location.path);
    at->v[at->n++] = subject->name;
    at->v[at->n++] = subject->digest;
    if (finding->package) {
        at->v[at->n++] = finding->package->name;
        at->v[at->n++] = finding->package->source_name;
    }
    if (finding->purl.n) {
        at->v[at->n++] = purl_aspect(finding->purl, false, at->purl);
        at->v[at->n++] = purl_aspect(finding->purl, true, at->versioned);
    }
}

/* The first rule of a list that is for a finding. One that was told to have expired is for nothing
 * more, and taken out. */
static void try_list(struct index *index, const struct bw_finding *finding, struct list *list,
                     uint32_t *best)
{
    const struct bw_subject *subject = &index->report->subjects[finding->subject];
    for (struct link **at = &list->first, *l; (l = *at) && l->rule < *best;) {
        const struct bw_waiver_rule *rule = &index->waivers->v[l->rule];
        if (index->told[l->rule]) {
            *at = l->next;
            continue;
        }
        at = &l->next;
        if (!applies(rule, subject, finding))
            continue;
        if (!rule->waiver.expires || index->now < rule->waiver.expires) {
            *best = l->rule;
        } else {
            index->told[l->rule] = true;
            if (index->expired)
                index->expired(index->ctx, rule);
        }
    }
}

/* The first rule, in the order they were read, that is for a finding under one of its names. */
static void try_id(struct index *index, const struct looked_at *at, struct bw_str id,
                   uint32_t *best)
{
    const struct group *group = id.n ? bw_map_get(&index->by_id, id) : NULL;
    if (!group)
        return;
    for (size_t i = 0; i < at->n; i++) {
        struct list *list = bw_map_get(&group->by_aspect, at->v[i]);
        if (list)
            try_list(index, at->finding, list, best);
    }
}

static void try_advisory(struct index *index, const struct looked_at *at,
                         const struct bw_advisory *advisory, uint32_t *best)
{
    try_id(index, at, advisory->id, best);
    for (size_t i = 0; i < advisory->aliases.n; i++)
        try_id(index, at, advisory->aliases.v[i], best);
    /* An erratum that mends several vulnerabilities is waived by its own name, or by the name of
     * the only one. */
    for (size_t i = 0; advisory->cves.n == 1 && i < advisory->cves.n; i++)
        try_id(index, at, advisory->cves.v[i], best);
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
    struct looked_at at;
    uint32_t best = UINT32_MAX;
    look_at(index, finding, &at);
    try_id(index, &at, finding->fingerprint, &best);
    try_id(index, &at, finding->id, &best);
    for (size_t i = 0; i < finding->aliases.n; i++)
        try_id(index, &at, finding->aliases.v[i], &best);
    if (finding->advisory)
        try_advisory(index, &at, finding->advisory, &best);
    for (size_t i = 0; i < finding->others_n; i++)
        try_advisory(index, &at, finding->others[i], &best);
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
    index.kept = bw_arena_array(waivers->arena, waivers->n, sizeof(void *));
    int rc = index.told && index.kept ? 0 : full(err);
    /* Each goes before those behind it. */
    for (size_t i = waivers->n; rc == 0 && i-- > 0;)
        rc = add_to_index(&index, (uint32_t)i, err);
    for (size_t i = 0; rc == 0 && i < report->findings_n; i++) {
        if (report->findings[i].waiver)
            report->waived++; /* by the document it is about */
        else if (waivers->n)
            rc = apply(&index, &report->findings[i], err);
    }
    free_index(&index);
    return rc;
}
