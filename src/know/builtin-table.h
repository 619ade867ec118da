/*
 * builtin-table.h: the advisories of builtin.h as constant data.
 */
#ifndef BW_KNOW_BUILTIN_TABLE_H
#define BW_KNOW_BUILTIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define BW_BUILTIN_FIXES_MAX 16

struct bw_builtin_fix {
    const char *ecosystem, *package; /* NULL after the last one */
    const char *introduced, *fixed;
};

struct bw_builtin_advisory {
    const char *cve, *title;
    const char *vector;    /* CVSS 3.1 */
    const char *exploited; /* since when CISA lists it; "" where it does not */
    bool ransomware;
    struct bw_builtin_fix fixes[BW_BUILTIN_FIXES_MAX];
};

extern const struct bw_builtin_advisory BW_BUILTIN_ADVISORIES[];
extern const size_t BW_BUILTIN_ADVISORIES_N;

#endif
