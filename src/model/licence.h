/*
 * licence.h: what packages say of their licence, as SPDX licence expressions (SPDX 2.3 Annex D),
 * and whether lists of licences allow them.
 *
 * A text is read as people write it: "GPLv2+", "Apache License, Version 2.0 or MIT", "BSD and
 * (GPL-2+ or Artistic)", a classifier of PyPI. AND, OR and WITH in any case, '&' and '|'; ',' and
 * ';' between names that are known are AND (all apply: the stricter reading), '/' is OR, as Cargo
 * has it. What is left after the lists of licence-table.c stands as LicenseRef-; a text that says
 * nothing
 * ("UNKNOWN", "see LICENSE") is NOASSERTION. Of a text of several lines the first counts. An
 * exception that SPDX does not list is left out behind a GNU licence, as the licence without it is
 * the stricter.
 */
#ifndef BW_MODEL_LICENCE_H
#define BW_MODEL_LICENCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/package.h"

/* A longer text, or one whose parentheses go deeper, is one LicenseRef- as a whole. */
#define BW_LICENCE_TEXT_MAX  16384u
#define BW_LICENCE_DEPTH_MAX 16u

/* Licences in one list of a person's. */
#define BW_LICENCE_LIST_MAX 1000u

/* The lists a licence is held against. Elements are SPDX ids, '*' in them stands for any
 * characters, case does not matter. What is denied is so even where it is allowed too. An empty
 * list of the allowed allows all. */
struct bw_licence_rules {
    struct bw_strs allow, deny;
};

/* The worst counts last: AND has the worse of its sides, OR the better. */
enum bw_licence_standing {
    BW_LICENCE_ALLOWED,
    BW_LICENCE_UNKNOWN,     /* not listed by SPDX, and on neither list */
    BW_LICENCE_NOT_ALLOWED, /* not on the list of the allowed */
    BW_LICENCE_DENIED,
};

struct bw_licence {
    struct bw_str expression; /* never empty: "NOASSERTION" */
    bool listed;              /* every licence in it is on the SPDX list */
    enum bw_licence_standing standing;
};

/* Reads a text. rules may be NULL. BW_ELIMIT when the arena is full. */
int bw_licence_read(struct bw_str text, const struct bw_licence_rules *rules,
                    struct bw_arena *arena, struct bw_licence *ret_licence,
                    struct bw_err *err) BW_MUST_USE;

/* Adds "MIT,Apache-2.0,GPL-*" to a list, the names in the arena. Other names of a licence are
 * understood; "GPL-2.0", which SPDX has given up, stands for "GPL-2.0-*". One that is neither a
 * pattern nor known is BW_EUSAGE. */
int bw_licence_list_add(struct bw_strs *list, struct bw_str text, struct bw_arena *arena,
                        struct bw_err *err) BW_MUST_USE;

#endif
