#include "runtime/docker-name.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "base/fd.h"
#include "runtime/config.h"
#include "wrap/json.h"

/* Labels and environment are in it. */
#define CONFIG_MAX ((size_t)16 << 20)

/* The directory of ".../containers/ID/hosts", which is mounted at /etc/hosts; 0: there is none. */
static int find_directory(struct bw_value spec, struct bw_str id, char path[PATH_MAX])
{
    struct bw_value mounts = bw_value_get(spec, BW_STR("mounts"));
    char tail[PATH_MAX];
    int n = snprintf(tail, sizeof tail, "/containers/%" BW_STR_F "/hosts", BW_STR_A(id));
    for (uint32_t i = 0; i < bw_value_count(mounts) && n < PATH_MAX; i++) {
        struct bw_value mount = bw_value_index(mounts, i);
        struct bw_str source = bw_value_text(bw_value_get(mount, BW_STR("source")));
        if (bw_value_is(bw_value_get(mount, BW_STR("destination")), "/etc/hosts") &&
            bw_str_ends(source, bw_str(tail)) && source.n < PATH_MAX)
            return snprintf(path, PATH_MAX, "%.*s", (int)(source.n - strlen("/hosts")), source.p);
    }
    return 0;
}

struct bw_str bw_docker_name(struct bw_value spec, struct bw_str id, struct bw_arena *arena)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(CONFIG_MAX);
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    char directory[PATH_MAX], path[PATH_MAX + 32];
    if (!find_directory(spec, id, directory))
        return BW_STR("");
    snprintf(path, sizeof path, "%s/config.v2.json", directory);
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || bw_runtime_check_owner(fd, path, CONFIG_MAX, NULL) ||
        bw_fd_slurp(fd, &text, NULL) || bw_json_parse(&doc, bw_buf_slice(&text), NULL, 0, NULL))
        return BW_STR("");
    struct bw_str name = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("Name")));
    if (bw_str_starts(name, BW_STR("/")))
        name = bw_str_from(name, 1);
    return name.n ? bw_arena_str(arena, name) : BW_STR("");
}
