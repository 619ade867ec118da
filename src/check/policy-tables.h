/*
 * policy-tables.h: the bytes of a set while they are written; for the files policy-*.c alone.
 *
 * A table is a buffer of entries. What fails (a maximum, memory) shows once, when the whole is laid
 * out.
 */
#ifndef BW_CHECK_POLICY_TABLES_H
#define BW_CHECK_POLICY_TABLES_H

#include "base/buf.h"
#include "base/map.h"
#include "check/policy-load.h"

struct bw_policy_tables {
    struct bw_buf tables[BW_POLICY_TABLES];
    struct bw_map strings; /* to their offset + 1: each stands once */
};

struct bw_policy_tables bw_policy_tables(void);
void bw_policy_tables_free(struct bw_policy_tables *t);

/* Entries so far: the index of the next one. */
uint32_t bw_policy_table_count(const struct bw_policy_tables *t, enum bw_policy_table table);
void bw_policy_put_entry(struct bw_policy_tables *t, enum bw_policy_table table, const void *entry);

/* The text outlives the tables' writing. */
struct bw_policy_run bw_policy_put_string(struct bw_policy_tables *t, struct bw_str s);
struct bw_policy_run bw_policy_put_words(struct bw_policy_tables *t, struct bw_strs words);
struct bw_policy_run
bw_policy_put_requirements(struct bw_policy_tables *t,
                           const struct bw_policy_draft_requirements *requirements);

/* An index of MATCHES, or NONE where nothing is said. */
uint32_t bw_policy_put_match(struct bw_policy_tables *t, const struct bw_policy_draft_match *match);

/* A program, aligned. */
void bw_policy_put_program(struct bw_policy_tables *t, struct bw_str bytes);

/* Everything as one run of bytes. BW_ELIMIT, BW_ENOMEM. */
int bw_policy_lay_out(const struct bw_policy_tables *t, uint32_t memos, struct bw_str build,
                      struct bw_buf *out, struct bw_err *err) BW_MUST_USE;

#endif
