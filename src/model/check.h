/*
 * check.h: constant data about something bulwark looks for.
 */
#ifndef BW_MODEL_CHECK_H
#define BW_MODEL_CHECK_H

#include <stdbool.h>

#include "model/severity.h"

struct bw_check {
    const char *id;    /* "vulnerability"; stable for ever */
    const char *title; /* one line for a person */
    const char *remedy;
    const char *const *references; /* "NIST SP 800-190 3.1.1", ...; NULL at the end */
    bool policy;                   /* one of many policies: people are told how many, not each */
};

#endif
