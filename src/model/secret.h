/*
 * secret.h: a credential in plain sight, as a rule of extract/ recognised it.
 *
 * The value itself is in no record: it is masked before it leaves the worker.
 */
#ifndef BW_MODEL_SECRET_H
#define BW_MODEL_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/severity.h"

struct bw_secret {
    struct bw_str rule;   /* "aws-access-key-id"; stable for ever */
    struct bw_str title;  /* one line for a person: "AWS access key" */
    struct bw_str remedy; /* what to do about it */
    struct bw_str match;  /* masked: "ghp_********" */
    enum bw_severity severity;
    uint32_t column; /* from 1, in bytes; 0 where it has no meaning */
    uint32_t count;  /* how often the same value stands in the file: 1 or more */
    bool encoded;    /* found inside of base64 */
};

#endif
