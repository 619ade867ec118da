/*
 * image-object.h: an image that was scanned, as an object for policies; private to src/scan.
 */
#ifndef BW_SCAN_IMAGE_OBJECT_H
#define BW_SCAN_IMAGE_OBJECT_H

#include "scan/target.h"

/* Adds a document for the subject of that index: the native object of kind Image, with what was
 * found in the image, and its view as a Pod. BW_ELIMIT, BW_ENOMEM. */
int bw_image_object_add(struct bw_scan *scan, uint32_t subject, struct bw_err *err) BW_MUST_USE;

#endif
