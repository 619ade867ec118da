/* The table of system calls: complete, known to libseccomp and to the kernel, and rendered as the
 * file that is installed. */
#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "enforce/seccomp-profile.h"
#include "wrap/json.h"

#define NAME_MAX_ 64

/* Calls that the oldest libseccomp which bulwark is built with (2.5.4, Linux 5.17) does not know.
 */
static const char newer[] =
    "cachestat fchmodat2 map_shadow_stack futex_wait futex_wake futex_requeue statmount listmount "
    "lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal uretprobe uprobe getxattrat "
    "setxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr listns "
    "rseq_slice_yield riscv_hwprobe";

static bool has_word(const char *words, struct bw_str wanted)
{
    struct bw_str rest = bw_str(words), word;
    while (bw_str_split(&rest, ' ', &word))
        if (bw_str_eq(word, wanted))
            return true;
    return false;
}

static bool in_table(struct bw_str name)
{
    for (size_t i = 0; i < bw_seccomp_groups_n; i++)
        if (has_word(bw_seccomp_groups[i].names, name))
            return true;
    return false;
}

static void resolves(const char *name)
{
    if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR && !has_word(newer, bw_str(name)))
        fail_msg("libseccomp knows no system call '%s'", name);
}

static void test_names_are_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < bw_seccomp_groups_n; i++) {
        struct bw_str rest = bw_str(bw_seccomp_groups[i].names), word;
        while (bw_str_split(&rest, ' ', &word)) {
            char name[NAME_MAX_];
            assert_in_range(word.n, 1, sizeof name - 1);
            snprintf(name, sizeof name, "%" BW_STR_F, BW_STR_A(word));
            resolves(name);
        }
    }
}

/* Conditions split a call among groups; without one, a name stands in one group. */
static void test_names_stand_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < bw_seccomp_groups_n; i++) {
        struct bw_str rest = bw_str(bw_seccomp_groups[i].names), word;
        while (bw_str_split(&rest, ' ', &word))
            for (size_t j = 0; j < bw_seccomp_groups_n; j++) {
                struct bw_str split[] = {BW_STR("socket"), BW_STR("clone")};
                if (j != i && !bw_str_eq(word, split[0]) && !bw_str_eq(word, split[1]) &&
                    has_word(bw_seccomp_groups[j].names, word))
                    fail_msg("'%" BW_STR_F "' stands in two groups", BW_STR_A(word));
            }
    }
}

static void expect_in_table(struct bw_str name, const char *where, unsigned *missing)
{
    if (in_table(name))
        return;
    print_error("%s has a system call '%" BW_STR_F "' of which the table says nothing\n", where,
                BW_STR_A(name));
    (*missing)++;
}

/* Every call of the headers that this was compiled with. */
static void test_headers(void **state)
{
    static const char *const headers[] = {
        "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
        "/usr/include/x86_64-linux-gnu/asm/unistd_32.h",
        "/usr/include/aarch64-linux-gnu/asm/unistd_64.h",
        "/usr/include/asm-generic/unistd.h",
    };
    unsigned missing = 0, seen = 0;
    (void)state;
    for (size_t i = 0; i < BW_ARRAY_LEN(headers); i++) {
        char line[512], name[NAME_MAX_];
        FILE *file = fopen(headers[i], "r");
        while (file && fgets(line, sizeof line, file)) {
            if (sscanf(line, "#define __NR_%63[a-z0-9_] ", name) != 1)
                continue;
            /* Of asm-generic/unistd.h: no calls, and _llseek's name there. */
            if (has_word("syscalls arch_specific_syscall llseek", bw_str(name)))
                continue;
            seen++;
            expect_in_table(bw_str(name), headers[i], &missing);
        }
        if (file)
            fclose(file);
    }
    if (seen == 0) {
        print_message("SKIP no header of the kernel's system calls is installed\n");
        skip();
    }
    assert_int_equal(missing, 0);
}

/* What the kernel calls the functions of calls whose names are others. */
static bool is_variant(struct bw_str name)
{
    static const char others[] =
        "newstat newfstat newlstat newuname mmap_pgoff llseek ni_syscall old_getrlimit old_msgctl "
        "old_readdir old_select old_semctl old_shmctl old_mmap oldumount s390_ipc gethostname "
        "chown16 fchown16 lchown16 getegid16 geteuid16 getgid16 getgroups16 getresgid16 "
        "getresuid16 getuid16 setfsgid16 setfsuid16 setgid16 setgroups16 setregid16 setresgid16 "
        "setresuid16 setreuid16 setuid16";
    return has_word(others, name) || bw_str_starts(name, BW_STR("ia32_")) ||
           bw_str_ends(name, BW_STR("_time32")) || bw_str_ends(name, BW_STR("time32")) ||
           bw_str_ends(name, BW_STR("adjtime32")) || bw_str_ends(name, BW_STR("gettime32")) ||
           bw_str_ends(name, BW_STR("settime32"));
}

/* Every call of the kernel that runs: its symbols tell, also where it is newer than the headers. */
static void test_running_kernel(void **state)
{
    char line[512];
    unsigned missing = 0, seen = 0;
    FILE *file = fopen("/proc/kallsyms", "r");
    (void)state;
    while (file && fgets(line, sizeof line, file)) {
        static const char *const prefixes[] = {" __x64_sys_", " __arm64_sys_"};
        for (size_t i = 0; i < BW_ARRAY_LEN(prefixes); i++) {
            const char *at = strstr(line, prefixes[i]);
            if (!at)
                continue;
            at += strlen(prefixes[i]);
            struct bw_str name = bw_str_n(at, strcspn(at, "\t\n ."));
            seen++;
            if (!is_variant(name))
                expect_in_table(name, "the running kernel", &missing);
        }
    }
    if (file)
        fclose(file);
    if (seen == 0) {
        print_message("SKIP /proc/kallsyms does not tell the kernel's system calls\n");
        skip();
    }
    assert_int_equal(missing, 0);
}

/* --- the renderings --- */

static struct bw_buf read_file(const char *path)
{
    struct bw_buf buf = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    uint8_t *room = bw_buf_reserve(&buf, BW_SECCOMP_PROFILE_MAX);
    assert_non_null(room);
    buf.n = fread(room, 1, BW_SECCOMP_PROFILE_MAX, file);
    fclose(file);
    return buf;
}

/* The other way: `bulwark run --seccomp-profile > packaging/seccomp/bulwark.json`. */
static void test_installed_file(void **state)
{
    struct bw_buf made = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    (void)state;
    bw_seccomp_profile_docker(&made);
    assert_false(bw_buf_failed(&made));
    struct bw_buf file = read_file("packaging/seccomp/bulwark.json");
    if (!bw_str_eq(bw_buf_slice(&made), bw_buf_slice(&file)))
        fail_msg("packaging/seccomp/bulwark.json is not what the table says: make it anew with "
                 "'bulwark run --seccomp-profile'");
    bw_buf_free(&made);
    bw_buf_free(&file);
}

/* The rules of an OCI profile for a call, as one text: "allow", "1", "38", with "if" before it
 * where arguments are looked at; each answer once, "" where there is none. */
static const char *answers(const struct bw_json *profile, const char *call)
{
    static char text[256];
    text[0] = '\0';
    struct bw_json_iter rules = bw_json_iter(bw_json_get(profile, BW_STR("syscalls")));
    for (const struct bw_json *rule; (rule = bw_json_next(&rules));) {
        struct bw_json_iter names = bw_json_iter(bw_json_get(rule, BW_STR("names")));
        for (const struct bw_json *name; (name = bw_json_next(&names));) {
            if (!bw_str_eq(bw_json_string(name), bw_str(call)))
                continue;
            char one[64] = "allow";
            uint64_t number;
            if (bw_json_u64(bw_json_get(rule, BW_STR("errnoRet")), &number))
                snprintf(one, sizeof one, "%u", (unsigned)number);
            if (bw_json_get(rule, BW_STR("args")))
                snprintf(one + strlen(one), sizeof one - strlen(one), "?");
            if (!strstr(text, one))
                snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                         text[0] ? " " : "", one);
        }
    }
    return text;
}

static struct bw_json_doc *profile_for(const char *const *capabilities, const char *arch)
{
    struct bw_str list[8];
    struct bw_err err;
    struct bw_seccomp_container container = {.capabilities = list, .arch = bw_str(arch)};
    struct bw_buf buf = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    struct bw_json_doc *doc = NULL;
    for (; *capabilities; capabilities++)
        list[container.capabilities_n++] = bw_str(*capabilities);
    assert_int_equal(bw_seccomp_profile_oci(&container, &buf, &err), 0);
    assert_int_equal(bw_json_parse(&doc, bw_buf_slice(&buf), NULL, 0, &err), 0);
    bw_buf_free(&buf);
    return doc;
}

static void expect(const char *const *capabilities, const char *arch, const char *call,
                   const char *want)
{
    struct bw_json_doc *doc = profile_for(capabilities, arch);
    const char *got = answers(bw_json_root(doc), call);
    if (strcmp(got, want) != 0)
        fail_msg("%s on %s: got '%s', wanted '%s'", call, arch, got, want);
    bw_json_free(doc);
}

#define CAPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_without_capabilities(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"openat", "allow"},
        {"ptrace", "allow"},
        {"clone", "allow? 1?"},
        {"clone3", "38"},
        {"mount", "1"},
        {"unshare", "1"},
        {"bpf", "1"},
        {"keyctl", "1"},
        {"io_uring_setup", "1"},
        {"userfaultfd", "1"},
        {"kexec_load", "1"},
        {"socket", "allow? 97?"},
        {"personality", "allow?"},
        {"memfd_secret", ""},
        {"clock_settime", "1"},
        {"chroot", "1"},
        {"open_by_handle_at", "1"},
        {"fsopen", "1"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(wanted); i++)
        expect(CAPS(NULL), "amd64", wanted[i][0], wanted[i][1]);
}

static void test_with_capabilities(void **state)
{
    (void)state;
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "mount", "allow");
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "clone", "allow");
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "clone3", "allow");
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "bpf", "allow");
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "keyctl", "1");
    expect(CAPS("CAP_SYS_ADMIN"), "amd64", "io_uring_setup", "1");
    expect(CAPS("CAP_CHOWN", "CAP_BPF"), "amd64", "bpf", "allow");
    expect(CAPS("CAP_BPF"), "amd64", "mount", "1");
    expect(CAPS("CAP_SYS_CHROOT"), "amd64", "chroot", "allow");
    expect(CAPS("CAP_SYS_TIME"), "arm64", "clock_settime", "allow");
}

static void test_architectures(void **state)
{
    struct bw_err err;
    struct bw_buf buf = BW_BUF(BW_SECCOMP_PROFILE_MAX);
    (void)state;
    expect(CAPS(NULL), "s390x", "clone", "allow? 1?");
    struct bw_seccomp_container vax = {.arch = BW_STR("vax")};
    assert_int_equal(bw_seccomp_profile_oci(&vax, &buf, &err), BW_EUNSUPPORTED);
    assert_int_equal(buf.n, 0);
    struct bw_seccomp_container own = {0};
    assert_int_equal(bw_seccomp_profile_oci(&own, &buf, &err), 0);
    bw_buf_free(&buf);
    struct bw_buf small = BW_BUF(1000);
    assert_int_equal(bw_seccomp_profile_oci(&own, &small, &err), BW_ENOMEM);
    bw_buf_free(&small);
}

/* --- what the kernel makes of it --- */

static uint32_t action_of(const struct bw_json *rule, const char *name)
{
    uint64_t number = 0;
    if (bw_str_eq(bw_json_string(bw_json_get(rule, bw_str(name))), BW_STR("SCMP_ACT_ALLOW")))
        return SCMP_ACT_ALLOW;
    const char *errno_of = strcmp(name, "action") == 0 ? "errnoRet" : "defaultErrnoRet";
    assert_true(bw_json_u64(bw_json_get(rule, bw_str(errno_of)), &number));
    return SCMP_ACT_ERRNO((uint32_t)number);
}

static struct scmp_arg_cmp comparison_of(const struct bw_json *argument)
{
    struct bw_str op = bw_json_string(bw_json_get(argument, BW_STR("op")));
    uint64_t index = 0, value = 0, second = 0;
    assert_true(bw_json_u64(bw_json_get(argument, BW_STR("index")), &index));
    assert_true(bw_json_u64(bw_json_get(argument, BW_STR("value")), &value));
    bw_json_u64(bw_json_get(argument, BW_STR("valueTwo")), &second);
    struct scmp_arg_cmp compare = {.arg = (unsigned)index, .datum_a = value, .datum_b = second};
    compare.op = bw_str_eq(op, BW_STR("SCMP_CMP_EQ"))   ? SCMP_CMP_EQ
                 : bw_str_eq(op, BW_STR("SCMP_CMP_GT")) ? SCMP_CMP_GT
                                                        : SCMP_CMP_MASKED_EQ;
    return compare;
}

/* As runtimes do it. */
static void add_rule(scmp_filter_ctx filter, const struct bw_json *rule)
{
    uint32_t action = action_of(rule, "action");
    struct bw_json_iter names = bw_json_iter(bw_json_get(rule, BW_STR("names")));
    struct bw_json_iter arguments = bw_json_iter(bw_json_get(rule, BW_STR("args")));
    const struct bw_json *argument = bw_json_next(&arguments);
    for (const struct bw_json *name; (name = bw_json_next(&names));) {
        int number = seccomp_syscall_resolve_name(bw_json_string(name).p);
        if (number == __NR_SCMP_ERROR)
            continue;
        struct scmp_arg_cmp compare = {0};
        if (argument)
            compare = comparison_of(argument);
        int rc = seccomp_rule_add_array(filter, action, number, argument ? 1 : 0, &compare);
        if (rc)
            fail_msg("libseccomp refuses a rule of %s: %s", bw_json_string(name).p, strerror(-rc));
    }
}

static scmp_filter_ctx filter_of(const struct bw_json *profile)
{
    scmp_filter_ctx filter = seccomp_init(action_of(profile, "defaultAction"));
    assert_non_null(filter);
    struct bw_json_iter rules = bw_json_iter(bw_json_get(profile, BW_STR("syscalls")));
    for (const struct bw_json *rule; (rule = bw_json_next(&rules));)
        if (action_of(rule, "action") != action_of(profile, "defaultAction"))
            add_rule(filter, rule);
    return filter;
}

struct question {
    const char *name;
    long number, a, b;
    int answer; /* errno, or 0 where it passes the filter, whatever comes then */
};

static const struct question questions[] = {
    {"getpid", SYS_getpid, 0, 0, 0},
    {"mount", SYS_mount, 0, 0, EPERM},
    {"unshare", SYS_unshare, 0x10000000, 0, EPERM},
    {"clone with a namespace", SYS_clone, 0x10000000, 0, EPERM},
    {"clone with two", SYS_clone, 0x60000000, 0, EPERM},
    {"clone3", SYS_clone3, 0, 0, ENOSYS},
    {"keyctl", SYS_keyctl, 0, -3, EPERM},
    {"io_uring_setup", SYS_io_uring_setup, 4, 0, EPERM},
    {"bpf", SYS_bpf, 0, 0, EPERM},
    {"personality", SYS_personality, 0xffffffff, 0, 0},
    {"personality without randomisation", SYS_personality, 0x40000, 0, ENOSYS},
    {"socket of UNIX", SYS_socket, 1, 1, 0},
    {"socket of packets", SYS_socket, 17, 3, EAFNOSUPPORT},
    {"socket of VSOCK", SYS_socket, 40, 1, EAFNOSUPPORT},
    {"socket of a late family", SYS_socket, 45, 1, EAFNOSUPPORT},
    {"what no kernel knows", 100000, 0, 0, ENOSYS},
};

/* The index of the first question with another answer, from 1; in a process of its own. */
static int ask_all(scmp_filter_ctx filter)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (seccomp_load(filter))
            _exit(200);
        for (size_t i = 0; i < BW_ARRAY_LEN(questions); i++) {
            const struct question *q = &questions[i];
            errno = 0;
            long rc = syscall(q->number, q->a, q->b, 0, 0, 0, 0);
            if (q->answer ? rc >= 0 || errno != q->answer : rc < 0)
                _exit((int)i + 1);
        }
        _exit(0);
    }
    int status = 0;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 201;
}

static void test_kernel_refuses(void **state)
{
    (void)state;
    struct bw_json_doc *doc = profile_for(CAPS(NULL), "");
    scmp_filter_ctx filter = filter_of(bw_json_root(doc));
    int wrong = ask_all(filter);
    seccomp_release(filter);
    bw_json_free(doc);
    if (wrong >= 200) {
        print_message("SKIP no filter can be loaded here (%d)\n", wrong);
        skip();
    }
    if (wrong)
        fail_msg("%s: another answer than %d", questions[wrong - 1].name,
                 questions[wrong - 1].answer);
}

/* Sets of capabilities whose rules must fit together. */
static void test_rules_fit_together(void **state)
{
    (void)state;
    static const char *const sets[][4] = {{"CAP_SYS_ADMIN"},
                                          {"CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYSLOG"},
                                          {"CAP_NET_RAW", "CAP_CHOWN"},
                                          {"CAP_SYS_ADMIN", "CAP_NET_RAW", "CAP_PERFMON"}};
    for (size_t i = 0; i < BW_ARRAY_LEN(sets); i++) {
        struct bw_json_doc *doc = profile_for(sets[i], "");
        seccomp_release(filter_of(bw_json_root(doc)));
        bw_json_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_calls),   cmocka_unit_test(test_names_stand_once),
        cmocka_unit_test(test_headers),           cmocka_unit_test(test_running_kernel),
        cmocka_unit_test(test_installed_file),    cmocka_unit_test(test_without_capabilities),
        cmocka_unit_test(test_with_capabilities), cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_kernel_refuses),    cmocka_unit_test(test_rules_fit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
