/*
 * Ignore files: our own and .trivyignore, as lines and as YAML.
 */
#include "base/clock.h"
#include "decide/waiver-state.h"
#include "wrap/yaml.h"

static int bad(struct bw_err *err, uint32_t line, const char *why)
{
    return bw_err_set(err, BW_EFORMAT, "line %u: %s", line, why);
}

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for waivers");
}

/* "CVE-2023-2650 exp:2024-03-01 # why": an id, and blanks between it and the rest. */
static int read_line(struct bw_waivers *waivers, struct bw_str file, uint32_t number,
                     struct bw_str line, struct bw_err *err)
{
    struct bw_str comment = {0}, rest, word, id = {0};
    size_t hash = bw_str_find(line, '#');
    if (hash != SIZE_MAX)
        comment = bw_str_trim(bw_str_from(line, hash + 1));
    rest = bw_str_trim(bw_str_take(line, hash));
    if (!rest.n)
        return 0;
    struct bw_waiver_rule *rule = bw_waivers_add(waivers, file, number, err);
    if (!rule)
        return BW_ELIMIT;
    while (bw_str_split(&rest, ' ', &word)) {
        word = bw_str_trim(word);
        if (!word.n)
            continue;
        if (bw_str_starts(word, BW_STR("exp:"))) {
            if (!bw_waiver_date(bw_str_from(word, 4), &rule->waiver.expires))
                return bad(err, number, "exp: takes a date such as 2027-01-31");
        } else if (id.n) {
            return bad(err, number, "more than one id");
        } else {
            id = word;
        }
    }
    if (!id.n)
        return bad(err, number, "no id");
    rule->waiver.reason = bw_waivers_copy(waivers, comment);
    return rule->waiver.reason.p ? bw_waivers_one(waivers, id, &rule->ids, err) : no_memory(err);
}

int bw_waivers_read_ignore_lines(struct bw_waivers *waivers, struct bw_str file, struct bw_str text,
                                 struct bw_err *err)
{
    struct bw_str rest = text, line;
    uint32_t number = 0;
    int rc = 0;
    if (!bw_str_is_utf8(text))
        return bw_err_set(err, BW_EFORMAT, "not UTF-8");
    while (rc == 0 && bw_str_line(&rest, &line))
        rc = read_line(waivers, file, ++number, line, err);
    return rc;
}

/* --- YAML --- */

static int copy_text(struct bw_waivers *waivers, const struct bw_yaml *value, struct bw_str *ret,
                     struct bw_err *err)
{
    if (bw_yaml_type(value) != BW_YAML_SCALAR)
        return bad(err, bw_yaml_line(value), "a text is expected");
    *ret = bw_waivers_copy(waivers, bw_yaml_text(value));
    return ret->p ? 0 : no_memory(err);
}

/* A list of texts, or one alone. None at all would be as good as any. */
static int copy_list(struct bw_waivers *waivers, const struct bw_yaml *value, struct bw_strs *ret,
                     struct bw_err *err)
{
    size_t n = bw_yaml_type(value) == BW_YAML_SEQUENCE ? bw_yaml_size(value) : 1;
    ret->v = bw_arena_array(waivers->arena, n, sizeof *ret->v);
    ret->n = 0;
    if (!ret->v)
        return no_memory(err);
    if (n == 0)
        return bad(err, bw_yaml_line(value),
                   "an empty list: leave the member out, or name something");
    if (bw_yaml_type(value) == BW_YAML_SCALAR)
        return copy_text(waivers, value, &ret->v[ret->n++], err);
    if (bw_yaml_type(value) != BW_YAML_SEQUENCE)
        return bad(err, bw_yaml_line(value), "a list of texts is expected");
    struct bw_yaml_iter it = bw_yaml_iter(value);
    int rc = 0;
    for (const struct bw_yaml *item; rc == 0 && (item = bw_yaml_next(&it));)
        rc = copy_text(waivers, item, &ret->v[ret->n++], err);
    return rc;
}

static int read_kind(struct bw_waiver_rule *rule, const struct bw_yaml *value, struct bw_err *err)
{
    for (int kind = 0; kind < BW_FINDING_KIND_COUNT; kind++)
        if (bw_str_eq(bw_yaml_text(value),
                      bw_str(bw_finding_kind_name((enum bw_finding_kind)kind)))) {
            rule->kind = kind;
            return 0;
        }
    return bad(err, bw_yaml_line(value), "kind is vulnerability, secret, file, licence or policy");
}

static int read_member(struct bw_waivers *waivers, struct bw_waiver_rule *rule, struct bw_str key,
                       const struct bw_yaml *value, struct bw_err *err)
{
    if (bw_str_eq(key, BW_STR("id")) || bw_str_eq(key, BW_STR("fingerprint")))
        return copy_list(waivers, value, &rule->ids, err);
    if (bw_str_eq(key, BW_STR("reason")) || bw_str_eq(key, BW_STR("statement")))
        return copy_text(waivers, value, &rule->waiver.reason, err);
    if (bw_str_eq(key, BW_STR("owner")))
        return copy_text(waivers, value, &rule->waiver.owner, err);
    if (bw_str_eq(key, BW_STR("paths")) || bw_str_eq(key, BW_STR("path")))
        return copy_list(waivers, value, &rule->paths, err);
    if (bw_str_eq(key, BW_STR("packages")) || bw_str_eq(key, BW_STR("package")) ||
        bw_str_eq(key, BW_STR("purls")))
        return copy_list(waivers, value, &rule->packages, err);
    if (bw_str_eq(key, BW_STR("kind")))
        return read_kind(rule, value, err);
    if (bw_str_eq(key, BW_STR("expires")) || bw_str_eq(key, BW_STR("expired_at")))
        return bw_waiver_date(bw_yaml_text(value), &rule->waiver.expires)
                   ? 0
                   : bad(err, bw_yaml_line(value), "a date such as 2027-01-31 is expected");
    /* An entry with a word that is not understood might be meant for less than it seems. */
    return bw_err_set(err, BW_EFORMAT,
                      "line %u: '%" BW_STR_F "' is no member of a waiver; there are id, "
                      "fingerprint, reason, owner, expires, paths, packages and kind",
                      bw_yaml_line(value), BW_STR_A(bw_str_take(key, 60)));
}

static int read_entry(struct bw_waivers *waivers, struct bw_str file, const struct bw_yaml *entry,
                      int kind, bool reason, struct bw_err *err)
{
    uint32_t line = bw_yaml_line(entry);
    if (bw_yaml_type(entry) != BW_YAML_MAPPING)
        return bad(err, line, "an entry with id and reason is expected");
    struct bw_waiver_rule *rule = bw_waivers_add(waivers, file, line, err);
    if (!rule)
        return BW_ELIMIT;
    rule->kind = kind;
    struct bw_yaml_iter it = bw_yaml_iter(entry);
    int rc = 0;
    for (const struct bw_yaml *value; rc == 0 && (value = bw_yaml_next(&it));)
        rc = read_member(waivers, rule, bw_yaml_text(it.key), value, err);
    if (rc == 0 && rule->ids.n == 0)
        return bad(err, line, "the entry has no id");
    if (rc == 0 && reason && !rule->waiver.reason.n)
        return bad(err, line, "the entry has no reason: say why it may stand");
    return rc;
}

static int read_list(struct bw_waivers *waivers, struct bw_str file, const struct bw_yaml *list,
                     int kind, bool reason, struct bw_err *err)
{
    int rc = 0;
    if (bw_yaml_type(list) != BW_YAML_SEQUENCE)
        return bad(err, bw_yaml_line(list), "a list of entries is expected");
    struct bw_yaml_iter it = bw_yaml_iter(list);
    for (const struct bw_yaml *entry; rc == 0 && (entry = bw_yaml_next(&it));)
        rc = read_entry(waivers, file, entry, kind, reason, err);
    return rc;
}

/* The sections of .trivyignore.yaml. */
static int read_sections(struct bw_waivers *waivers, struct bw_str file, const struct bw_yaml *root,
                         struct bw_err *err)
{
    static const struct {
        const char *name;
        int kind;
    } sections[] = {
        {"vulnerabilities", BW_FINDING_VULNERABILITY},
        {"secrets", BW_FINDING_SECRET},
        {"licenses", BW_FINDING_LICENCE},
        {"misconfigurations", BW_FINDING_POLICY},
    };
    struct bw_yaml_iter it = bw_yaml_iter(root);
    int rc = 0;
    for (const struct bw_yaml *value; rc == 0 && (value = bw_yaml_next(&it));) {
        size_t i = 0;
        while (i < BW_ARRAY_LEN(sections) &&
               !bw_str_eq(bw_yaml_text(it.key), bw_str(sections[i].name)))
            i++;
        if (i == BW_ARRAY_LEN(sections))
            return bad(err, bw_yaml_line(value), "an unknown section");
        rc = read_list(waivers, file, value, sections[i].kind, false, err);
    }
    return rc;
}

int bw_waivers_read_ignore_yaml(struct bw_waivers *waivers, struct bw_str file, struct bw_str text,
                                struct bw_err *err)
{
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    int rc = bw_yaml_parse(&stream, text, err);
    if (rc)
        return rc;
    const struct bw_yaml *root = bw_yaml_first(stream);
    if (!root)
        return 0;
    return bw_yaml_type(root) == BW_YAML_MAPPING ? read_sections(waivers, file, root, err)
                                                 : read_list(waivers, file, root, -1, true, err);
}
