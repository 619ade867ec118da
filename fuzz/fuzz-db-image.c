/* A database file from elsewhere: the checks of an import, and then questions to it, which it may
 * also be asked without them (BULWARK_DB names any file). */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "know/advisories.h"
#include "know/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct bw_know *know, struct bw_arena *arena)
{
    static const struct bw_distribution debian = {
        .id = {"debian", 6}, .version_id = {"12", 2}, .codename = {"bookworm", 8}};
    static const struct bw_package packages[] = {
        {.type = BW_PACKAGE_DEB,
         .name = {"p", 1},
         .version = {"1.0-1", 5},
         .source_name = {"p", 1},
         .source_version = {"1.0-1", 5}},
        {.type = BW_PACKAGE_PYPI, .name = {"P", 1}, .version = {"1.0", 3}},
    };
    const struct bw_match *matches;
    size_t n;
    struct bw_database_info info;
    struct bw_matcher *matcher = NULL;
    struct bw_err err;
    uint64_t unreadable;
    if (bw_know_info(know, arena, &info, &err) || bw_know_unreadable(know, &unreadable, &err))
        return;
    int rc = bw_matcher_new(know, arena, &matcher, &err);
    if (rc == 0)
        rc = bw_matcher_set_distribution(matcher, &debian, &err);
    for (size_t i = 0; rc == 0 && i < BW_ARRAY_LEN(packages); i++) {
        rc = bw_matcher_match(matcher, &packages[i], &matches, &n, &err);
        for (size_t k = 0; rc == 0 && k < n; k++)
            if (!matches[k].advisory || (matches[k].others_n && !matches[k].others))
                abort();
    }
    bw_matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd BW_CLEANUP(bw_fd_closep) = memfd_create("db", MFD_CLOEXEC);
    struct bw_arena *arena = bw_arena_new((size_t)64 << 20);
    char path[32];
    struct bw_know *know = NULL;
    struct bw_err err;
    if (fd < 0 || !arena || bw_fd_write_full(fd, data, size)) {
        bw_arena_free(arena);
        return 0;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (bw_exchange_check(path, &err) && err.code == BW_EINTERNAL)
        abort();
    if (bw_know_open(path, &know, &err) == 0)
        ask(know, arena);
    bw_know_close(know);
    bw_arena_free(arena);
    return 0;
}
