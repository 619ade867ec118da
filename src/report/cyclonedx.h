/*
 * cyclonedx.h: what the two halves of the CycloneDX output share; private to src/report.
 */
#ifndef BW_REPORT_CYCLONEDX_H
#define BW_REPORT_CYCLONEDX_H

#include "report/gatherer.h"
#include "report/materials.h"
#include "wrap/json.h"

struct bw_cyclonedx {
    struct bw_json_writer w;
    struct bw_gatherer stream;
    struct bw_materials materials;
};

/* The member "vulnerabilities": one for each advisory, severity and waiver, with all packages it
 * affects; left out where nothing was found. BW_ENOMEM. */
int bw_cyclonedx_vulnerabilities(struct bw_cyclonedx *c, struct bw_err *err) BW_MUST_USE;

/* A member that is left out where it is empty. */
void bw_cyclonedx_text(struct bw_json_writer *w, const char *key, struct bw_str value);
void bw_cyclonedx_property(struct bw_json_writer *w, const char *name, struct bw_str value);

#endif
