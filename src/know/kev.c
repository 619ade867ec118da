#include "know/kev.h"

#include "know/fields.h"
#include "know/osv.h"
#include "wrap/json.h"

static int take_entry(const struct bw_json *object, struct bw_arena *arena,
                      struct bw_kev_entry *entry, struct bw_err *err)
{
    struct bw_field f[] = {
        {BW_STR("cveID"), BW_JSON_STRING, NULL},
        {BW_STR("dateAdded"), BW_JSON_STRING, NULL},
        {BW_STR("knownRansomwareCampaignUse"), BW_JSON_STRING, NULL},
    };
    int rc = bw_fields_read(object, f, BW_ARRAY_LEN(f), "vulnerabilities[]", err);
    if (rc)
        return rc;
    struct bw_str cve = bw_json_string(f[0].value), added = bw_json_string(f[1].value);
    if (!bw_osv_is_cve(cve))
        return bw_err_set(err, BW_EFORMAT, "an exploited vulnerability without a CVE id");
    if (added.n > 32 || bw_fields_has_control(added))
        return bw_err_set(err, BW_EFORMAT, "\"dateAdded\" is no date");
    entry->cve = bw_arena_str(arena, cve);
    entry->added = bw_arena_str(arena, added);
    entry->ransomware = bw_str_eq(bw_json_string(f[2].value), BW_STR("Known"));
    return entry->cve.p && entry->added.p ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
}

int bw_kev_parse(struct bw_str json, struct bw_arena *arena, struct bw_kev_entry **ret_entries,
                 size_t *ret_n, struct bw_err *err)
{
    if (json.n > BW_KEV_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "a catalog of more than %zu bytes", BW_KEV_TEXT_MAX);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    struct bw_field f[] = {{BW_STR("vulnerabilities"), BW_JSON_ARRAY, NULL}};
    rc = bw_fields_read(bw_json_root(doc), f, BW_ARRAY_LEN(f), "the catalog", err);
    if (rc == 0 && !f[0].value)
        rc = bw_err_set(err, BW_EFORMAT, "no catalog of exploited vulnerabilities");
    if (rc == 0 && bw_json_size(f[0].value) > BW_KEV_ENTRIES_MAX)
        rc = bw_err_set(err, BW_ELIMIT, "more than %d exploited vulnerabilities",
                        BW_KEV_ENTRIES_MAX);
    if (rc)
        return rc;
    struct bw_kev_entry *entries = bw_arena_array(arena, bw_json_size(f[0].value), sizeof *entries);
    if (!entries)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    size_t n = 0;
    struct bw_json_iter it = bw_json_iter(f[0].value);
    for (const struct bw_json *object; rc == 0 && (object = bw_json_next(&it));)
        rc = take_entry(object, arena, &entries[n++], err);
    if (rc)
        return rc;
    *ret_entries = entries;
    *ret_n = n;
    return 0;
}
