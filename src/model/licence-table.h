/*
 * licence-table.h: the licences that SPDX lists, and by what other names they go; private to the
 * licence files of src/model.
 */
#ifndef BW_MODEL_LICENCE_TABLE_H
#define BW_MODEL_LICENCE_TABLE_H

#include <stddef.h>

struct bw_licence_alias {
    const char *key;        /* see bw_licence_key */
    const char *expression; /* in the form that licence.h gives back, or the exception's id */
};

/* Sorted, the ids without regard to case; NULL behind the last. */
extern const char *const bw_licence_ids[];
extern const size_t bw_licence_ids_n;
extern const char *const bw_licence_exceptions[];
extern const size_t bw_licence_exceptions_n;
extern const struct bw_licence_alias bw_licence_aliases[];
extern const size_t bw_licence_aliases_n;
extern const struct bw_licence_alias bw_licence_exception_aliases[];
extern const size_t bw_licence_exception_aliases_n;

#endif
