/*
 * kev.h: CISA's catalog of Known Exploited Vulnerabilities, JSON form.
 *
 * An object with an array "vulnerabilities", whose elements have "cveID", "dateAdded" and
 * "knownRansomwareCampaignUse". The bytes may be hostile; a pure function, as bw_osv_parse.
 */
#ifndef BW_KNOW_KEV_H
#define BW_KNOW_KEV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

#define BW_KEV_TEXT_MAX    ((size_t)64 << 20)
#define BW_KEV_ENTRIES_MAX 200000

struct bw_kev_entry {
    struct bw_str cve;
    struct bw_str added; /* "2021-11-03" */
    bool ransomware;     /* known to be used in ransomware campaigns */
};

/* Slices live in the arena. BW_EFORMAT where the text is no such catalog, or an entry has no CVE
 * id; BW_ELIMIT. */
int bw_kev_parse(struct bw_str json, struct bw_arena *arena, struct bw_kev_entry **ret_entries,
                 size_t *ret_n, struct bw_err *err) BW_MUST_USE;

#endif
