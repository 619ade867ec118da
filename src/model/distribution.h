/*
 * distribution.h: which operating system an image holds, from os-release(5).
 */
#ifndef BW_MODEL_DISTRIBUTION_H
#define BW_MODEL_DISTRIBUTION_H

#include "base/str.h"

/* Fields as os-release names them, unquoted; empty where absent. Where /etc/os-release is missing,
 * /etc/alpine-release, /etc/redhat-release and their kind fill what they can. */
struct bw_distribution {
    struct bw_str id;         /* "debian", "alpine", "rhel"; lower case */
    struct bw_str id_like;    /* space-separated */
    struct bw_str version_id; /* "12", "3.19.1", "9.3" */
    struct bw_str codename;   /* VERSION_CODENAME */
    struct bw_str name;       /* NAME */
    struct bw_str pretty_name;
    struct bw_str variant_id;
    struct bw_str cpe; /* CPE_NAME */
};

#endif
