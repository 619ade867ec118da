/*
 * document.h: targets that are one document; private to src/scan.
 */
#ifndef BW_SCAN_DOCUMENT_H
#define BW_SCAN_DOCUMENT_H

#include "scan/target.h"

/* BW_FORM_DOCUMENT: fills the subject with what a bill of materials lists, as if the thing itself
 * had been examined. A document that is of no use as a whole is an error. */
int bw_target_read_document(struct bw_target *target, struct bw_subject *subject,
                            struct bw_err *err) BW_MUST_USE;

#endif
