/*
 * secret.h: credentials in plain sight, in the content of files and in short texts.
 *
 * One pass of all patterns (secret-rule.h) over the bytes; what hits is confirmed by the rule's own
 * expression within a small window, by entropy, by what the value itself proves (checksums, the
 * structure of a token, a key that decodes), and by what is known to be a sample (secret-allow.h).
 * Base64 is decoded one level deep and looked at in the same way.
 *
 * A file is fed in blocks; what reaches over from one block to the next is found as well. Time is
 * linear in the bytes, memory is constant (about 1 MiB and the patterns): the number of candidates
 * and of findings of a file is bounded, and what was not looked at because of that is a gap.
 *
 * The values found never leave this module: facts carry them masked, errors and gaps not at all,
 * and copies are overwritten at the end of a file.
 */
#ifndef BW_EXTRACT_SECRET_H
#define BW_EXTRACT_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "extract/parser.h"

/* Different secrets told of one file; then a gap. */
#define BW_SECRET_FINDINGS_MAX 100u

/* Hits of patterns that are looked at more closely in one file; then a gap. */
#define BW_SECRET_CANDIDATES_MAX 250000u

/* Bytes at the start of a file in which the rules for certain paths search; then a gap. */
#define BW_SECRET_PATH_BYTES_MAX ((uint64_t)4 << 20)

/* The size of a file that nobody knows. */
#define BW_SECRET_SIZE_UNKNOWN UINT64_MAX

/* One a worker, for any number of files one after the other. Not thread-safe. */
struct bw_secret_scanner;

/* BW_EUNSUPPORTED where this processor cannot run the patterns, BW_ENOMEM. */
int bw_secret_scanner_new(struct bw_secret_scanner **ret_scanner, struct bw_err *err) BW_MUST_USE;
void bw_secret_scanner_free(struct bw_secret_scanner *scanner); /* takes NULL */
void bw_secret_scanner_freep(struct bw_secret_scanner **scanner);

/* A file begins; one that was begun and not ended is forgotten. The path is copied; it is the
 * normalised path within the root, or within an archive. size: the bytes that will be fed; where
 * they come in one block they are not copied. */
void bw_secret_begin(struct bw_secret_scanner *scanner, struct bw_str path, uint64_t size);

/* The next bytes, in blocks of any size, valid during the call. After a failure the file is at its
 * end: BW_ENOMEM, BW_EINTERNAL. */
int bw_secret_feed(struct bw_secret_scanner *scanner, const uint8_t *p, size_t n,
                   struct bw_err *err) BW_MUST_USE;

/* The file is complete: its facts (BW_FACT_SECRET, in the order of their lines; place.path is the
 * path of begin) and gaps go to the sink. What the sink's fact() returns, or as feed. */
int bw_secret_end(struct bw_secret_scanner *scanner, const struct bw_extract_sink *sink,
                  struct bw_err *err) BW_MUST_USE;

/* A text that is no file: "NAME=value" of a variable or a label, a build step. Begins and ends on
 * its own; place.path is `name`, and the rules for assignments without quotes apply. `redacted`, a
 * copy of the text or NULL, has its values overwritten with '*', wherever they stand in it: what a
 * report may show of the text. */
int bw_secret_text(struct bw_secret_scanner *scanner, struct bw_str name, struct bw_str text,
                   char *redacted, const struct bw_extract_sink *sink,
                   struct bw_err *err) BW_MUST_USE;

/* How many rules there are. */
size_t bw_secret_rules_count(void);

#endif
