/*
 * dpkg-stanza.h: the stanzas of dpkg's status files (deb822(5), deb-control(5), dpkg(1) "package
 * states"), as both var/lib/dpkg/status and var/lib/dpkg/status.d/ hold them.
 *
 * A package counts as installed when the third word of its Status says that its files are on disk:
 * installed, unpacked, half-configured, triggers-awaited, triggers-pending; also where there is no
 * Status at all (status.d has none). "not-installed" and "config-files" (removed, settings kept) do
 * not count. "half-installed" does not either, and is a note gap: dpkg itself does not know which
 * of its files are there.
 *
 * The Conffiles of a package become an OWNERSHIP fact of their own, with their checksums as dpkg
 * installed them and marked as meant to be changed.
 *
 * A stanza without Package or Version, with one of the fields read here twice, with another
 * Status, or with a line that is neither field nor continuation is a blocking gap at its line; in
 * the last case the package still counts.
 */
#ifndef BW_EXTRACT_DPKG_STANZA_H
#define BW_EXTRACT_DPKG_STANZA_H

#include "extract/parser.h"

/* The parse function of both parsers; `what` is the parser's. A package fact has the line at which
 * its stanza starts. More than BW_EXTRACT_PACKAGES_MAX stanzas: a blocking gap, the rest is left
 * out. */
int bw_dpkg_stanzas_parse(struct bw_str path, const uint8_t *p, size_t n,
                          const struct bw_extract_sink *sink, struct bw_str what,
                          struct bw_err *err) BW_MUST_USE;

#endif
