/*
 * The credential helpers: programs that keep passwords, asked over pipes.
 */
#include <stdio.h>

#include "acquire/command.h"
#include "acquire/registry-credentials.h"

#define NAME_MAX_BYTES 64u

/* It becomes a part of a program's name: it must not lead to another folder. */
static bool is_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

int bw_credential_helper(const char *name, struct bw_str host, struct bw_buf *buf,
                         struct bw_err *err)
{
    char program[NAME_MAX_BYTES + 32];
    const char *const argv[] = {program, "get", NULL};
    const struct bw_command command = {
        .argv = argv, .input = host, .timeout_ms = BW_CREDENTIALS_HELPER_MS, .output = buf};
    int code;
    if (!is_name(name))
        return bw_err_set(err, BW_EUSAGE, "\"%.60s\" is no name of a credential helper", name);
    snprintf(program, sizeof program, "docker-credential-%s", name);
    int rc = bw_command_run(&command, &code, err);
    if (rc || code == 0)
        return rc;
    /* The protocol's own words (credentials/error.go). */
    bool unknown = bw_str_find_str(bw_buf_slice(buf), BW_STR("credentials not found")) != SIZE_MAX;
    return bw_err_set(err, unknown ? BW_ENOENT : BW_EACCESS, "%s failed: %.*s", program,
                      BW_STR_A(bw_str_take(bw_str_trim(bw_buf_slice(buf)), 150)));
}
