/*
 * sbom.h: bills of materials become facts: CycloneDX 1.2 to 1.7 JSON (ECMA-424), SPDX 2.2 and 2.3
 * JSON, and the JSON of Syft.
 *
 * A package is known by its package URL; what bulwark's own documents say beyond it (model/bill.h)
 * gives back the very facts that they were written from. The properties by which Syft and Trivy
 * name sources, modules and paths are understood.
 */
#ifndef BW_EXTRACT_SBOM_H
#define BW_EXTRACT_SBOM_H

#include "extract/parser.h"

/* Bytes of the largest document. */
#define BW_SBOM_SIZE_MAX ((size_t)128 << 20)

/* Components read; more are a blocking gap. */
#define BW_SBOM_COMPONENTS_MAX 500000u

/* Layers of the thing that is listed, and its names. */
#define BW_SBOM_LAYERS_MAX 1024u
#define BW_SBOM_TAGS_MAX   1024u

/* Deepest nesting of components within components. */
#define BW_SBOM_DEPTH_MAX 64u

/*
 * Facts: packages, at the place where the thing itself has them (layer as the document counts
 * them) or without a path where the document tells none; OWNERSHIP, for a package whose file
 * another package owns; one DISTRIBUTION where there is one; one BILL. The gaps that the document
 * itself tells of are gaps again; components that nothing can be said of are counted in notes.
 *
 * `path` names the document in gaps. BW_EFORMAT for what is no such document, BW_EUNSUPPORTED
 * for another version or form of one, BW_ELIMIT over BW_SBOM_SIZE_MAX, BW_ENOMEM, or what the sink
 * returned.
 */
int bw_sbom_parse(struct bw_str path, const uint8_t *p, size_t n,
                  const struct bw_extract_sink *sink, struct bw_err *err) BW_MUST_USE;

#endif
