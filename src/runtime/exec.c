#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/object.h"
#include "model/value-json.h"
#include "runtime/act.h"
#include "runtime/bundle.h"
#include "wrap/json.h"

/* Descriptors below are what engines hand over (--preserve-fds). */
#define FIRST_DESCRIPTOR 200

int bw_runtime_memory_file(const char *name, struct bw_str bytes, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || bw_fd_write_full(fd, bytes.p, bytes.n) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        bw_err_errno(err, "a file in memory");
        return -1;
    }
    int kept = fcntl(fd, F_DUPFD, FIRST_DESCRIPTOR);
    if (kept < 0)
        bw_err_errno(err, "a file in memory");
    return kept;
}

int bw_runtime_check_object(struct bw_str json, const char *what, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", what);
    return bw_json_type(bw_json_root(doc)) == BW_JSON_OBJECT
               ? 0
               : bw_err_set(err, BW_EFORMAT, "%s: no object", what);
}

/* The container's own specification, and the same with another process. */
struct executing {
    struct bw_runtime_call *call;
    struct bw_bundle bundle;
    struct bw_runtime_spec after;
    struct bw_str path, process;
    struct bw_buf text; /* of the process, as the file had it */
};

static int read_process(const char *path, struct bw_buf *text, struct bw_err *err)
{
    int fd BW_CLEANUP(bw_fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return bw_err_errno(err, "the process %s", path);
    int rc = bw_fd_slurp(fd, text, err);
    return rc ? bw_err_prefix(err, rc, "the process %s", path) : 0;
}

/* The container's specification with a process, as it is written, in the place of its own. Members
 * that stand twice stay, so that the reader finds them. */
static int place(struct executing *x, struct bw_err *err)
{
    struct bw_buf operations BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUNTIME_SPEC_MAX);
    struct bw_buf out BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_RUNTIME_SPEC_MAX);
    int rc = bw_runtime_check_object(x->process, "the process", err);
    if (rc)
        return rc;
    bw_buf_str(&operations, BW_STR("[{\"op\":\"add\",\"path\":\"/process\",\"value\":"));
    bw_buf_str(&operations, x->process);
    bw_buf_str(&operations, BW_STR("}]"));
    rc = bw_json_patch(bw_buf_slice(&x->bundle.text), bw_buf_slice(&operations), &out, err);
    if (rc)
        return bw_err_prefix(err, rc, "the process");
    struct bw_str text = bw_arena_str(x->call->arena, bw_buf_slice(&out));
    if (!text.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the process");
    return bw_runtime_spec_read(x->call->arena, x->path, text, &x->after, err);
}

/* --- a process that the command line describes --- */

static void add_capability(struct bw_value_maker *make, struct bw_value *process, const char *name)
{
    static const char *const sets[] = {"bounding", "effective", "permitted", "ambient"};
    struct bw_value old = bw_value_get(*process, BW_STR("capabilities"));
    struct bw_value all = bw_value_map(make, 5);
    for (uint32_t i = 0; old.kind == BW_VALUE_MAP && i < old.map->n; i++)
        bw_value_put(make, &all, old.map->v[i].key, old.map->v[i].value);
    for (size_t i = 0; i < BW_ARRAY_LEN(sets); i++) {
        struct bw_value set = bw_value_get(all, bw_str(sets[i]));
        struct bw_value more = bw_value_list(make, bw_value_count(set) + 1);
        for (uint32_t j = 0; set.kind == BW_VALUE_LIST && j < set.list->n; j++)
            bw_value_add(make, &more, set.list->v[j]);
        bw_value_add(make, &more, bw_value_string(make, bw_str(name)));
        bw_value_set(make, &all, sets[i], more);
    }
    bw_value_set(make, process, "capabilities", all);
}

/* UID[:GID]; a name is looked up in the container, and may be root. */
static void set_user(struct bw_value_maker *make, struct bw_value *process, const char *text)
{
    struct bw_str rest = bw_str(text), part;
    struct bw_value user = bw_value_map(make, 2);
    const char *const names[] = {"uid", "gid"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names) && bw_str_split(&rest, ':', &part); i++) {
        uint64_t number = 0;
        if (!bw_str_to_u64(part, &number) || number > UINT32_MAX)
            number = 0;
        bw_value_set(make, &user, names[i], bw_value_int((int64_t)number));
    }
    bw_value_set(make, process, "user", user);
}

static bool is_off(const char *text)
{
    return strcmp(text, "0") == 0 || (text[0] | 0x20) == 'f';
}

static void set_option(struct bw_value_maker *make, struct bw_value *process,
                       const struct bw_runtime_option *option)
{
    if (option->slot == BW_RUNTIME_CAPABILITY)
        add_capability(make, process, option->value);
    else if (option->slot == BW_RUNTIME_USER)
        set_user(make, process, option->value);
    else if (option->slot == BW_RUNTIME_NO_NEW_PRIVILEGES)
        bw_value_set(make, process, "noNewPrivileges", bw_value_bool(!is_off(option->value)));
    else if (option->slot == BW_RUNTIME_APPARMOR)
        bw_value_set(make, process, "apparmorProfile",
                     bw_value_string(make, bw_str(option->value)));
    else if (option->slot == BW_RUNTIME_SELINUX)
        bw_value_set(make, process, "selinuxLabel", bw_value_string(make, bw_str(option->value)));
}

static void set_command(struct bw_value_maker *make, const struct bw_runtime_args *args,
                        struct bw_value *process)
{
    struct bw_value words = bw_value_list(make, 8);
    for (int i = args->command; i < args->argc; i++)
        if (bw_str_is_utf8(bw_str(args->argv[i])))
            bw_value_add(make, &words, bw_value_string(make, bw_str(args->argv[i])));
    if (bw_value_count(words))
        bw_value_set(make, process, "args", words);
}

static int describe(struct executing *x, struct bw_err *err)
{
    const struct bw_runtime_args *args = x->call->args;
    struct bw_value_maker make = {.arena = x->call->arena};
    struct bw_value process = bw_value_map(&make, 8), spec = {0};
    int rc = bw_value_from_json(&make, bw_buf_slice(&x->bundle.text), &spec, err);
    if (rc)
        return rc;
    struct bw_value own = bw_value_get(spec, BW_STR("process"));
    for (uint32_t i = 0; own.kind == BW_VALUE_MAP && i < own.map->n; i++)
        bw_value_put(&make, &process, own.map->v[i].key, own.map->v[i].value);
    for (size_t i = 0; i < args->options_n; i++)
        set_option(&make, &process, &args->options[i]);
    set_command(&make, args, &process);
    bw_object_json(process, false, &x->text);
    return make.failed || bw_buf_failed(&x->text)
               ? bw_err_set(err, BW_ELIMIT, "the process has more than finds room")
               : 0;
}

/* --- a process in a file --- */

/* What the site takes from the containers' first processes it takes from the others, too. */
static int mend(struct executing *x, struct bw_err *err)
{
    const struct bw_harden *harden = &x->call->config->harden;
    struct bw_value_maker make = {.arena = x->call->arena};
    struct bw_value operations = bw_value_list(&make, 4), spec = {0}, process = {0};
    if (!harden->no_new_privileges && !harden->drop_capabilities)
        return 0;
    int rc = bw_value_from_json(&make, bw_buf_slice(&x->bundle.text), &spec, err);
    if (rc == 0)
        rc = bw_value_from_json(&make, x->process, &process, err);
    if (rc)
        return bw_err_prefix(err, rc, "the process");
    bw_harden_process(harden, spec, process, &make, &operations);
    if (make.failed)
        return bw_err_set(err, BW_ELIMIT, "the process has more than can be mended");
    x->call->mended = operations;
    return bw_runtime_patched(x->call->arena, x->process, operations, &x->process, err);
}

static int hand_over(struct executing *x, const struct bw_runtime_option *option,
                     struct bw_err *err)
{
    char path[64];
    int fd = bw_runtime_memory_file("process.json", x->process, err);
    if (fd < 0)
        return BW_EIO;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return bw_runtime_args_replace(x->call->args, option, path, err);
}

static int judge(struct executing *x, struct bw_err *err)
{
    struct bw_gate_decision decision = {0};
    int rc = bw_runtime_decide_change(x->call->judge, x->call->arena, bw_buf_slice(&x->bundle.text),
                                      &x->after, bw_str(x->call->args->id), &decision, err);
    x->call->given = x->process;
    if (rc == 0)
        bw_runtime_settle(x->call, &decision);
    return rc;
}

static int execute(struct executing *x, struct bw_err *err)
{
    const struct bw_runtime_option *file = bw_runtime_option(x->call->args, BW_RUNTIME_PROCESS);
    char bundle[PATH_MAX];
    int rc = bw_bundle_of(x->call->args, bundle, err);
    if (rc == 0)
        rc = bw_bundle_open(bundle, "config.json", &x->bundle, err);
    x->path = bw_arena_printf(x->call->arena, "%s/config.json", x->call->args->id);
    bw_runtime_judge_place(x->call->judge, x->bundle.path);
    if (rc == 0)
        rc = file ? read_process(file->value, &x->text, err) : describe(x, err);
    x->process = bw_buf_slice(&x->text);
    if (rc == 0 && file)
        rc = mend(x, err);
    if (rc == 0)
        rc = place(x, err);
    if (rc == 0)
        rc = judge(x, err);
    if (rc == 0 && file && !x->call->reason.n)
        rc = hand_over(x, file, err);
    return rc;
}

int bw_runtime_exec(struct bw_runtime_call *call, struct bw_err *err)
{
    struct executing x = {.call = call, .bundle = BW_BUNDLE(), .text = BW_BUF(BW_RUNTIME_SPEC_MAX)};
    int rc = execute(&x, err);
    bw_runtime_spec_free(&x.after);
    bw_bundle_close(&x.bundle);
    bw_buf_free(&x.text);
    return rc;
}
