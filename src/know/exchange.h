/*
 * exchange.h: carrying a whole store to another machine in one file.
 *
 * The file is a compacted store (SQLite) with one row more in meta: 'checksum', the SHA-256 of
 * every value of every other row. It may come over any road, so taking it in trusts nothing: its
 * tables must be this build's own to the letter (no views, no triggers), SQLite must find its pages
 * sound, every text must be UTF-8 without control characters, and the checksum must hold.
 */
#ifndef BW_KNOW_EXCHANGE_H
#define BW_KNOW_EXCHANGE_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "know/store-writer.h"

/* Longest file taken in. */
#define BW_EXCHANGE_MAX ((uint64_t)16 << 30)

/* Writes the store at `store` to a new file `to`, which appears whole or not at all. The checksum
 * is copied to ret_checksum (64 hexadecimal digits and a NUL). */
int bw_exchange_export(const char *store, const char *to, char ret_checksum[65],
                       struct bw_err *err) BW_MUST_USE;

/* True where a file begins as a SQLite database does. */
bool bw_exchange_is(const char *path);

/* Checks a file and puts it in place of the writer's store. Nothing is changed on failure. */
int bw_exchange_import(struct bw_writer *writer, const char *from, struct bw_err *err) BW_MUST_USE;

/* The checks alone. BW_EFORMAT, BW_EUNSUPPORTED, BW_EDIGEST, BW_ELIMIT. */
int bw_exchange_check(const char *path, struct bw_err *err) BW_MUST_USE;

#endif
