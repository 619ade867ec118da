#include "enforce/run-points.h"

#include <stdio.h>
#include <string.h>

static const struct bw_run_point all[] = {
    {"root", "the program runs as root", BW_RUN_ROOT,
     "run-as-root-user run-as-non-root run-as-root-group"},
    {"writable-root", "the files of the image can be changed", BW_RUN_WRITABLE_ROOT,
     "root-filesystem-writable"},
    {"capabilities", "it has the capabilities that the engine gives", BW_RUN_CAPABILITIES,
     "capabilities-not-dropped"},
    {"new-privileges", "programs with setuid bits gain rights", BW_RUN_NEW_PRIVILEGES,
     "privilege-escalation"},
    {"engine-seccomp", "the engine's own seccomp profile is used", BW_RUN_SECCOMP, NULL},
    {"unlimited", "memory, processors and processes have no limit", BW_RUN_UNLIMITED,
     "memory-limit-missing cpu-limit-missing container-pids-limit container-swap-unlimited"},
    {"host-paths", "directories of the host are mounted, as the options say", BW_RUN_HOST_PATHS,
     "host-path-volume host-path-writable"},
};

const struct bw_run_point *bw_run_point_at(size_t i)
{
    return i < BW_ARRAY_LEN(all) ? &all[i] : NULL;
}

static int loosen_one(struct bw_str word, unsigned *points, struct bw_err *err)
{
    char names[256] = "";
    for (size_t i = 0; i < BW_ARRAY_LEN(all); i++) {
        size_t n = strlen(names);
        if (bw_str_eq(word, bw_str(all[i].name))) {
            *points |= all[i].point;
            return 0;
        }
        snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", all[i].name);
    }
    return bw_err_set(err, BW_EUSAGE,
                      "'%" BW_STR_F "' is nothing that can be allowed; there are %s",
                      BW_STR_A(word), names);
}

int bw_run_loosen(struct bw_str list, unsigned *points, struct bw_err *err)
{
    struct bw_str word;
    unsigned more = 0;
    while (bw_str_split(&list, ',', &word)) {
        int rc = loosen_one(bw_str_trim(word), &more, err);
        if (rc)
            return rc;
    }
    *points |= more;
    return 0;
}
