#include "runtime/find.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"

static const char *const places[] = {
    "/usr/bin/runc",
    "/usr/sbin/runc",
    "/usr/local/bin/runc",
    "/usr/local/sbin/runc",
    "/usr/lib/cri-o-runc/sbin/runc",
    "/usr/bin/crun",
    "/usr/sbin/crun",
    "/usr/local/bin/crun",
};

static bool is_self(const char *path)
{
    struct stat it, self;
    return stat(path, &it) == 0 && stat("/proc/self/exe", &self) == 0 && it.st_dev == self.st_dev &&
           it.st_ino == self.st_ino;
}

/* What this program was put in the place of. */
static bool find_diverted(char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return false;
    self[n] = '\0';
    return snprintf(path, PATH_MAX, "%s.real", self) < PATH_MAX && access(path, X_OK) == 0 &&
           !is_self(path);
}

int bw_runtime_find(const char *configured, char ret_path[PATH_MAX], struct bw_err *err)
{
    if (configured && is_self(configured))
        return bw_err_set(err, BW_EUSAGE, "the runtime %s is bulwark-runtime itself", configured);
    if (configured) {
        if (snprintf(ret_path, PATH_MAX, "%s", configured) >= PATH_MAX)
            return bw_err_set(err, BW_ELIMIT, "the path of the runtime is too long");
        return 0;
    }
    if (find_diverted(ret_path))
        return 0;
    for (size_t i = 0; i < 2 * BW_ARRAY_LEN(places); i++) {
        const char *place = places[i % BW_ARRAY_LEN(places)];
        snprintf(ret_path, PATH_MAX, "%s%s", place, i < BW_ARRAY_LEN(places) ? ".real" : "");
        if (access(ret_path, X_OK) == 0 && !is_self(ret_path))
            return 0;
    }
    return bw_err_set(err, BW_ENOENT,
                      "neither runc nor crun is installed: name one as \"runtime\"");
}
