/*
 * rpm-header.h: an RPM header blob, as the databases of rpm store one a package: format V3/V4,
 * "Header Structure" without its magic (rpm.org, RPM V4 package format; LSB Core 22.2.3).
 *
 *   uint32 entries, uint32 bytes of data          (all numbers big-endian)
 *   entries of 16 bytes: tag, type, offset, count
 *   data
 *
 * The first entry may be a region (HEADERIMMUTABLE, HEADERIMAGE or HEADERSIGNATURES): its trailer
 * says which of the entries the package was built and signed with. Entries behind the region were
 * added when the package was installed, and replace the region's of the same tag. Headers of
 * rpm 3 have no region.
 *
 * As rpm does, entries must lie in the data one after the other without overlap, which also keeps
 * the work proportional to the size. A tag that is read here and stands twice in the same part is
 * BW_EFORMAT: rpm leaves open which one counts.
 */
#ifndef BW_EXTRACT_RPM_HEADER_H
#define BW_EXTRACT_RPM_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "extract/path-list.h"

/* rpm's own limits (headerMaxbytes, HEADER_TAGS_MAX); a blob may be smaller by ours. */
#define BW_RPM_HEADER_MAX  ((size_t)64 << 20)
#define BW_RPM_ENTRIES_MAX 65535u

/* An array as it stands in the data. */
struct bw_rpm_array {
    const uint8_t *p;
    size_t n; /* bytes */
    uint32_t count;
};

/* Slices point into the blob; what a header does not have is empty. */
struct bw_rpm_header {
    struct bw_str name, version, release, arch; /* 1000, 1001, 1002, 1022 */
    struct bw_str vendor, licence;              /* 1011, 1014 */
    struct bw_str source_rpm;                   /* 1044 */
    struct bw_str module;                       /* 5096 */
    uint32_t epoch;                             /* 1003; 0 where there is none */
    struct bw_rpm_array dir_indexes;            /* 1116: of uint32 */
    struct bw_rpm_array base_names, dir_names;  /* 1117, 1118: of strings */
    struct bw_rpm_array file_modes;             /* 1030: of uint16, st_mode */
    struct bw_rpm_array file_names;             /* 1027, rpm 3: of strings */
    struct bw_rpm_array file_digests;           /* 1035: of strings, hexadecimal or empty */
    struct bw_rpm_array file_flags;             /* 1037: of uint32, RPMFILE_... */
    struct bw_rpm_array file_verify;            /* 1045: of uint32, RPMVERIFY_... */
    struct bw_rpm_array file_states;            /* 1029: of int8, RPMFILE_STATE_... */
    struct bw_rpm_array file_capabilities;      /* 5010: of strings, as cap_to_text(3) has them */
    uint32_t digest_algorithm;                  /* 5011: of OpenPGP (RFC 4880 9.4); 0: MD5 */
};

/* BW_EFORMAT names the entry. BW_ELIMIT for more than BW_RPM_HEADER_MAX bytes. */
int bw_rpm_header_parse(const uint8_t *p, size_t n, struct bw_rpm_header *ret_header,
                        struct bw_err *err) BW_MUST_USE;

/*
 * Adds the files that the package owns, as `rpm -ql` lists them, with their records and without
 * the directories. A record has a checksum only where `rpm -V` would compare it: not of a ghost,
 * not where the package excludes it, not of a file that the installation left out or that another
 * package replaced. Of an attribute that has not one value for each file nothing is believed.
 * Entries whose directory index points nowhere are BW_EFORMAT; BW_ELIMIT as bw_path_list_add. What
 * was added before a failure stays.
 */
int bw_rpm_header_files(const struct bw_rpm_header *header, struct bw_path_list *to,
                        struct bw_err *err) BW_MUST_USE;

#endif
