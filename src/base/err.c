#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void mark_cut(char *msg, int wanted)
{
    if (wanted >= BW_ERR_MSG_MAX)
        memcpy(msg + BW_ERR_MSG_MAX - 4, "...", 4);
}

int bw_err_set(struct bw_err *err, enum bw_code code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    mark_cut(err->msg, n);
    err->code = code;
    return code;
}

static enum bw_code code_of_errno(int e)
{
    switch (e) {
    case ENOENT:
    case ENOTDIR:
        return BW_ENOENT;
    case EACCES:
    case EPERM:
        return BW_EACCESS;
    case ENOMEM:
        return BW_ENOMEM;
    case ETIMEDOUT:
        return BW_ETIMEOUT;
    default:
        return BW_EIO;
    }
}

int bw_err_errno(struct bw_err *err, const char *fmt, ...)
{
    int saved = errno;
    enum bw_code code = code_of_errno(saved);
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    if (n >= 0 && n < BW_ERR_MSG_MAX)
        n += snprintf(err->msg + n, sizeof err->msg - (size_t)n, ": %s", strerror(saved));
    mark_cut(err->msg, n);
    err->code = code;
    return code;
}

int bw_err_prefix(struct bw_err *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    char old[BW_ERR_MSG_MAX];
    memcpy(old, err->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    if (n >= 0 && n < BW_ERR_MSG_MAX)
        n += snprintf(err->msg + n, sizeof err->msg - (size_t)n, ": %s", old);
    mark_cut(err->msg, n);
    return err->code;
}

const char *bw_code_name(int code)
{
    static const char *const names[] = {
        "ok",         "usage",   "no memory",   "limit",   "format", "input/output", "not found",
        "permission", "network", "unsupported", "timeout", "digest", "internal",
    };
    if (code > 0 || code < BW_EINTERNAL)
        return "unknown";
    return names[-code];
}
