/*
 * err.h: how a function says that it failed.
 *
 * A function that can fail returns int: 0, or a negative enum bw_code. Its last parameter is a
 * `struct bw_err *` owned by the caller; it may be NULL where the text is not wanted. On failure
 * every other output is untouched. Filling an error never allocates.
 *
 * A message is one line for a person, without a final full stop or newline; it names the thing
 * that failed and, where there is one, the remedy ("run `bulwark db update`").
 */
#ifndef BW_BASE_ERR_H
#define BW_BASE_ERR_H

#include <stdarg.h>

#include "base/compiler.h"

enum bw_code {
    BW_OK = 0,
    BW_EUSAGE = -1,       /* wrong use by the person: option, argument */
    BW_ENOMEM = -2,       /* the allocator has no more */
    BW_ELIMIT = -3,       /* a named maximum of ours was reached */
    BW_EFORMAT = -4,      /* the bytes are not what their format demands: corrupt or hostile */
    BW_EIO = -5,          /* the operating system failed to read or write */
    BW_ENOENT = -6,       /* the thing is not there */
    BW_EACCESS = -7,      /* the thing is there, permission is not */
    BW_ENET = -8,         /* the network or the peer failed */
    BW_EUNSUPPORTED = -9, /* known, and not handled by this build */
    BW_ETIMEOUT = -10,    /* a deadline passed */
    BW_EDIGEST = -11,     /* bytes do not have the digest they are known by */
    BW_EINTERNAL = -12,   /* a state that should not be: a crashed worker, a broken invariant */
};

#define BW_ERR_MSG_MAX 512

struct bw_err {
    enum bw_code code;
    char msg[BW_ERR_MSG_MAX]; /* NUL-terminated, cut with "..." where longer */
};

/* Fills *err (when not NULL) and returns code, so that `return bw_err_set(...)` reads well. */
int bw_err_set(struct bw_err *err, enum bw_code code, const char *fmt, ...) BW_PRINTF(3, 4);

/* As bw_err_set, and appends ": " and the text of errno as it was at the call. The code is derived
 * from errno: ENOENT, ENOTDIR -> BW_ENOENT; EACCES, EPERM -> BW_EACCESS; ENOMEM -> BW_ENOMEM;
 * else BW_EIO. */
int bw_err_errno(struct bw_err *err, const char *fmt, ...) BW_PRINTF(2, 3);

/* Puts "PREFIX: " in front of a message already set. Returns err->code, or `code` if err is NULL.
 */
int bw_err_prefix(struct bw_err *err, int code, const char *fmt, ...) BW_PRINTF(3, 4);

/* The name of a code for logs: "format", "limit" ... Never NULL. */
const char *bw_code_name(int code);

#endif
