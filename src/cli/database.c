#include "cli/database.h"

int bw_cli_open_database(const char *path, struct bw_know **ret_know, struct bw_err *err)
{
    struct bw_err why = {0};
    int rc = bw_know_open(path, ret_know, &why);
    if (rc == BW_ENOENT && !path)
        return bw_know_open_builtin(ret_know, err);
    if (rc)
        *err = why;
    return rc;
}
