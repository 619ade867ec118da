/*
 * manifest-set.h: all Kubernetes objects of a target as one object, for policies that look at what
 * only a set shows; private to src/scan.
 */
#ifndef BW_SCAN_MANIFEST_SET_H
#define BW_SCAN_MANIFEST_SET_H

#include "scan/target.h"

/* The resources that a set always has a list of, be it empty; others have one where there are any.
 */
extern const char *const bw_manifest_set_resources[];

/* Adds a document with the object of kind ManifestSet (resource "manifestsets") over the documents
 * from `first` on; nothing where these hold no object of Kubernetes. BW_ELIMIT. */
int bw_manifest_set_add(struct bw_scan *scan, size_t first, struct bw_str name,
                        struct bw_err *err) BW_MUST_USE;

#endif
