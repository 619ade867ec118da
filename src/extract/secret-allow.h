/*
 * secret-allow.h: what looks like a secret and is known to be none.
 *
 * Silence must not read as clean, so this list is short and each kind of silence has its reason:
 *
 * - A value that says of itself that it is a sample ("AKIAIOSFODNN7EXAMPLE", "changeme",
 *   "xxxxxxxx", "${TOKEN}", "<token>", "{{ token }}"), unless a checksum proves it.
 * - Keys that were published as samples or self-tests and are compiled into libraries: by the
 *   digest of the key, whatever file holds it.
 * - By path, for two kinds of rules alone: rules of low confidence (BW_SECRET_GENERIC) are silent
 *   in documentation, translations and tests; private keys, tokens and addresses with passwords
 *   (BW_SECRET_SAMPLED) are silent in the documentation and the tests of *installed libraries*,
 *   which ship such keys by the hundred. A password that is a mere word ("scott:tiger") is silent
 *   in installed libraries, whose comments are full of them. Every other rule speaks everywhere.
 */
#ifndef BW_EXTRACT_SECRET_ALLOW_H
#define BW_EXTRACT_SECRET_ALLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Whether the value stands for one: a sample, a placeholder, a reference. */
bool bw_secret_is_placeholder(struct bw_str value);

/* Whether the key with this identity (struct bw_secret_candidate) is a published one. */
bool bw_secret_is_published(uint64_t identity);

/* Which rules a path silences, as flags of struct bw_secret_rule. */
unsigned bw_secret_quiet(struct bw_str path);

#endif
