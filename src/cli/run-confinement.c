#include "cli/run-confinement.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/seccomp-profile.h"

#define LOADED_MAX ((size_t)4 << 20)

static bool has_content(const char *path, struct bw_str wanted)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    return bw_fd_slurp_path(path, &text, NULL) == 0 && bw_str_eq(bw_buf_slice(&text), wanted);
}

/* PREFIX/share/bulwark/seccomp.json of PREFIX/bin/bulwark. */
static const char *installed(struct bw_arena *arena, struct bw_str profile)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own);
    struct bw_str path = n > 0 ? bw_str_n(own, (size_t)n) : BW_STR("");
    for (int up = 0; up < 2; up++) {
        size_t slash = bw_str_rfind(path, '/');
        path = bw_str_take(path, slash == SIZE_MAX ? 0 : slash);
    }
    struct bw_str file =
        bw_arena_printf(arena, "%" BW_STR_F "/share/bulwark/seccomp.json", BW_STR_A(path));
    return file.p && has_content(file.p, profile) ? file.p : NULL;
}

/* Where a file may lie that the engine's program reads. p is NULL where there is no such place. */
static struct bw_str own_directory(struct bw_arena *arena)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (geteuid() == 0)
        return BW_STR("/run/bulwark");
    if (runtime && *runtime == '/')
        return bw_arena_printf(arena, "%s/bulwark", runtime);
    if (cache && *cache == '/')
        return bw_arena_printf(arena, "%s/bulwark", cache);
    if (home && *home == '/')
        return bw_arena_printf(arena, "%s/.cache/bulwark", home);
    return (struct bw_str){0};
}

static int write_own(struct bw_arena *arena, struct bw_str profile, const char **ret_path,
                     struct bw_err *err)
{
    struct bw_str directory = own_directory(arena);
    if (!directory.p)
        return bw_err_set(err, BW_ENOENT,
                          "there is no place for the seccomp profile: neither "
                          "XDG_RUNTIME_DIR nor HOME is set");
    struct bw_str path = bw_arena_printf(arena, "%s/seccomp.json", directory.p);
    if (!path.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = 0;
    if (!has_content(path.p, profile)) {
        rc = bw_fd_make_dirs(directory.p, 0755, err);
        if (rc == 0)
            rc = bw_fd_replace_file(path.p, profile.p, profile.n, 0644, err);
    }
    if (rc == 0)
        *ret_path = path.p;
    return rc;
}

int bw_run_seccomp_file(struct bw_arena *arena, const char **ret_path, struct bw_err *err)
{
    struct bw_buf profile BW_CLEANUP(bw_buf_free) = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    bw_seccomp_profile_docker(&profile);
    if (bw_buf_failed(&profile))
        return bw_err_set(err, BW_ENOMEM, "no room for the seccomp profile");
    const char *path = installed(arena, bw_buf_slice(&profile));
    if (!path)
        return write_own(arena, bw_buf_slice(&profile), ret_path, err);
    *ret_path = path;
    return 0;
}

bool bw_run_has_apparmor(void)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(LOADED_MAX);
    if (bw_fd_slurp_path("/sys/kernel/security/apparmor/profiles", &text, NULL))
        return false;
    struct bw_str rest = bw_buf_slice(&text), line;
    while (bw_str_line(&rest, &line))
        if (bw_str_starts(line, BW_STR(BW_RUN_APPARMOR " (enforce)")))
            return true;
    return false;
}
