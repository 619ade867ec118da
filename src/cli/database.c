#include "cli/database.h"

#include <stdlib.h>

#include "know/store.h"

int bw_cli_open_database(const char *path, struct bw_know **ret_know, struct bw_err *err)
{
    char *at = NULL;
    int rc = path ? 0 : bw_store_default_path(&at, err);
    if (rc)
        return rc;
    struct bw_err why = {0};
    rc = bw_know_open(path ? path : at, ret_know, &why);
    if (rc == BW_ENOENT && !path) {
        *ret_know = NULL;
        rc = 0;
    } else if (rc) {
        *err = why;
    }
    free(at);
    return rc;
}
