/*
 * edits.h: small changes to a text that a person wrote, which leave all else as it is.
 *
 * What to change is told by values that know where they were written (base/value.h). Nothing is
 * changed that does not stand there as it was read: then the edit is refused with the reason, and
 * the rest goes on.
 */
#ifndef BW_REPORT_EDITS_H
#define BW_REPORT_EDITS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"
#include "base/vec.h"
#include "model/object.h"

/* Changes to one text, and how deep a value that is set may be. */
#define BW_EDITS_MAX       10000u
#define BW_EDIT_DEPTH_MAX  8u
#define BW_EDIT_COLUMN_MAX 4096u /* what stands further behind in its line is left alone */
#define BW_EDIT_INSERT_MAX ((size_t)64 << 10)

struct bw_edit {
    size_t at, remove;    /* bytes of the text */
    struct bw_str insert; /* in the arena */
    uint32_t group;       /* of edits that are made together or not at all */
};

struct bw_edits {
    struct bw_str text; /* borrowed */
    uint32_t file;      /* places of other files are refused */
    const struct bw_value_place *places;
    size_t places_n;
    struct bw_arena *arena;
    BW_VEC(struct bw_edit);
    uint32_t group;                            /* the last one */
    BW_VEC_TYPE(bw_edits_lines, size_t) lines; /* where they begin; found when first asked for */
    bool looked;
};

void bw_edits_free(struct bw_edits *edits); /* also for BW_CLEANUP; the arena stays */

/*
 * One change as an expression tells it:
 *   {"at": VALUE, "replace": TEXT}      in the place of a scalar
 *   {"at": VALUE, "before": TEXT}       before it
 *   {"at": VALUE, "after": TEXT}        behind it
 *   {"at": MAP, "set": {KEY: VALUE}}    members of a YAML mapping: one that is missing is added, a
 *                                       scalar that is there is replaced, maps are merged
 *   {"at": MAP, "rename": {KEY: NEW}}   a member gets another key
 *   {"at": MAP, "remove": KEY}          a member goes whose value is a scalar
 *   {"at": LIST, "append": VALUE}       one more scalar behind those of a YAML sequence
 * or a list of these, which are made together or not at all. Mappings and sequences are those that
 * stand in block style: JSON, and what an anchor or another file brings, is left alone.
 * BW_EUNSUPPORTED where it cannot be done safely, with the reason; BW_EFORMAT where `change` is
 * none of these; BW_ELIMIT.
 */
int bw_edits_add(struct bw_edits *edits, struct bw_value change, struct bw_err *err) BW_MUST_USE;

/* The text with all changes. Of two that touch each other the later one is left out, with what it
 * is made together with, and the number of those is returned: a second run does them. */
size_t bw_edits_apply(struct bw_edits *edits, struct bw_buf *ret_text);

/* The changes as a unified diff (as `diff -u` prints it), with three lines around each. */
void bw_edits_diff(struct bw_str path, struct bw_str before, struct bw_str after,
                   struct bw_buf *ret_diff);

#endif
