/*
 * rpm-packages.h: from the header blobs of an rpm database, whatever its format, to package facts.
 *
 * The key entries ("gpg-pubkey-...", which `rpm -qa` lists) stand for keys that were imported, not
 * for software: they own no file, were built from no source and can have no vulnerability. They
 * are left out. A header that cannot be read is a blocking gap, and the rest goes on.
 */
#ifndef BW_EXTRACT_RPM_PACKAGES_H
#define BW_EXTRACT_RPM_PACKAGES_H

#include "base/buf.h"
#include "extract/parser.h"
#include "extract/path-list.h"
#include "extract/record.h"

struct bw_rpm_packages {
    const struct bw_extract_sink *sink;
    struct bw_record_gaps gaps;
    struct bw_path_list files;
    struct bw_buf text; /* the versions of one package */
    uint32_t n;         /* blobs so far */
    bool full;          /* there was one too many, and a gap says so */
};

/* path and what are borrowed. */
struct bw_rpm_packages bw_rpm_packages(struct bw_str path, struct bw_str what,
                                       const struct bw_extract_sink *sink);

/* One header blob; `number` is its key in the database, for gaps. Non-zero stops the parser, which
 * hands it to bw_rpm_packages_end. */
int bw_rpm_packages_blob(struct bw_rpm_packages *to, uint64_t number, const uint8_t *p, size_t n,
                         struct bw_err *err) BW_MUST_USE;

/* "name-version-release.src.rpm" into its name and "version-release"; .nosrc.rpm too. false for
 * anything else. */
bool bw_rpm_split_source(struct bw_str source_rpm, struct bw_str *ret_name,
                         struct bw_str *ret_version);

/*
 * Fills source_name and source_version of a package whose name and version are set. A SOURCERPM has
 * no epoch. Where its version and release are the package's own, so is its epoch, and stands in
 * source_version too; where they differ (a subpackage with a version of its own) it is unknown and
 * left out.
 */
void bw_rpm_set_source(struct bw_package *package, struct bw_str source_rpm);

/* Ends the gaps, frees what the calls above have used, and returns what the parser returns: rc, or
 * 0 where the only failure was more than BW_EXTRACT_PACKAGES_MAX packages, for which there is a
 * gap. */
int bw_rpm_packages_end(struct bw_rpm_packages *to, int rc) BW_MUST_USE;

#endif
