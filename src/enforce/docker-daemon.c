#include "enforce/docker-daemon.h"

#include "acquire/docker-api.h"
#include "wrap/json.h"

#define PATH_MAX_BYTES 512u
#define INFO_MAX       ((size_t)4 << 20)
#define ARENA_MAX      ((size_t)64 << 10)

static const struct {
    const char *before, *after;
    bool reference; /* of an image or plugin, which may have a host and a tag */
} questions[] = {
    {"/volumes/", "", false},    {"/containers/", "/json", false}, {"/exec/", "/json", false},
    {"/images/", "/json", true}, {"/networks/", "", false},        {"/plugins/", "/json", true},
};

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* No part is "." or "..", which would lead elsewhere: each begins with a letter or digit. */
static bool is_name(struct bw_str name, bool reference)
{
    bool begins = true;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool apart = reference && (c == '/' || c == ':' || c == '@');
        bool inner = c == '_' || c == '.' || c == '-' || apart;
        if (!is_alphanumeric(c) && (begins || !inner))
            return false;
        begins = apart;
    }
    return name.n && !begins;
}

bool bw_docker_daemon_may_ask(struct bw_str path)
{
    if (path.n > PATH_MAX_BYTES)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(questions); i++) {
        struct bw_str before = bw_str(questions[i].before), after = bw_str(questions[i].after);
        if (!bw_str_starts(path, before) || path.n < before.n + after.n ||
            !bw_str_ends(path, after))
            continue;
        struct bw_str name = bw_str_n(path.p + before.n, path.n - before.n - after.n);
        if (is_name(name, questions[i].reference))
            return true;
    }
    return false;
}

/* A client of its own for each question: they come on several threads, and seldom. */
static int get(const char *host, const char *path, struct bw_buf *answer, struct bw_err *err)
{
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_docker_api *api BW_CLEANUP(bw_docker_api_closep) = NULL;
    if (!arena)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = bw_docker_api_open_at(arena, host, BW_DOCKER_DAEMON_DEADLINE_MS, &api, err);
    return rc ? rc : bw_docker_api_get(api, path, answer, err);
}

int bw_docker_daemon_ask(const char *host, struct bw_str path, struct bw_buf *answer,
                         struct bw_err *err)
{
    char text[PATH_MAX_BYTES + 1];
    if (!bw_docker_daemon_may_ask(path))
        return bw_err_set(err, BW_EUSAGE, "the daemon is not asked for %" BW_STR_F,
                          BW_STR_A(bw_str_take(path, 100)));
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    return get(host, text, answer, err);
}

static bool is_ours(struct bw_str name, struct bw_str program)
{
    size_t slash = bw_str_rfind(program, '/');
    struct bw_str last = slash == SIZE_MAX ? program : bw_str_from(program, slash + 1);
    return bw_str_eq(program.n ? last : name, BW_STR("bulwark-runtime"));
}

int bw_docker_daemon_info_has_runtime_gate(struct bw_str info, bool *ret_has, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, info, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "the daemon's /info");
    const struct bw_json *root = bw_json_root(doc);
    struct bw_str name = bw_json_string(bw_json_get(root, BW_STR("DefaultRuntime")));
    if (!name.p)
        return bw_err_set(err, BW_EFORMAT, "the daemon's /info names no default runtime");
    const struct bw_json *runtime = bw_json_get(bw_json_get(root, BW_STR("Runtimes")), name);
    *ret_has = is_ours(name, bw_json_string(bw_json_get(runtime, BW_STR("path"))));
    return 0;
}

int bw_docker_daemon_has_runtime_gate(const char *host, bool *ret_has, struct bw_err *err)
{
    struct bw_buf info BW_CLEANUP(bw_buf_free) = BW_BUF(INFO_MAX);
    int rc = get(host, "/info", &info, err);
    return rc ? rc : bw_docker_daemon_info_has_runtime_gate(bw_buf_slice(&info), ret_has, err);
}
