#include "enforce/seccomp-profile.h"

#include <errno.h>

#include "wrap/json.h"

/* What fails because the table does not know it. */
#define UNKNOWN_CALL ENOSYS

/* By their names in Go, which Docker and the OCI image specification use; `also` is the ABI of
 * programs of 32 bits. x32 is not among them: hardly a kernel has it. */
static const struct {
    const char *go, *native, *also;
} arches[] = {
    {"amd64", "SCMP_ARCH_X86_64", "SCMP_ARCH_X86"},
    {"arm64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"},
    {"386", "SCMP_ARCH_X86", NULL},
    {"arm", "SCMP_ARCH_ARM", NULL},
    {"ppc64le", "SCMP_ARCH_PPC64LE", NULL},
    {"s390x", "SCMP_ARCH_S390X", NULL},
    {"riscv64", "SCMP_ARCH_RISCV64", NULL},
    {"loong64", "SCMP_ARCH_LOONGARCH64", NULL},
};

static const char *own_arch(void)
{
#if defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#elif defined(__i386__)
    return "386";
#elif defined(__arm__)
    return "arm";
#elif defined(__powerpc64__)
    return "ppc64le";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__riscv)
    return "riscv64";
#elif defined(__loongarch__)
    return "loong64";
#else
    return "";
#endif
}

static bool has_word(const char *words, struct bw_str wanted)
{
    struct bw_str rest = bw_str(words), word;
    while (bw_str_split(&rest, ' ', &word))
        if (bw_str_eq(word, wanted))
            return true;
    return false;
}

static void put_words(struct bw_json_writer *w, const char *key, const char *words)
{
    struct bw_str rest = bw_str(words), word;
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    while (bw_str_split(&rest, ' ', &word))
        bw_json_put_str(w, word);
    bw_json_end(w);
}

/* --- what both forms share --- */

static void begin_profile(struct bw_json_writer *w)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "defaultAction", BW_STR("SCMP_ACT_ERRNO"));
    bw_json_member_u64(w, "defaultErrnoRet", UNKNOWN_CALL);
}

static void put_argument(struct bw_json_writer *w, const struct bw_seccomp_group *g, uint64_t value)
{
    static const char *const ops[] = {
        [BW_SECCOMP_IS] = "SCMP_CMP_EQ",
        [BW_SECCOMP_OVER] = "SCMP_CMP_GT",
        [BW_SECCOMP_HAS] = "SCMP_CMP_MASKED_EQ",
        [BW_SECCOMP_LACKS] = "SCMP_CMP_MASKED_EQ",
    };
    bw_json_key(w, BW_STR("args"));
    bw_json_begin_array(w);
    bw_json_begin_object(w);
    bw_json_member_u64(w, "index", g->argument);
    bw_json_member_u64(w, "value", value);
    if (g->test == BW_SECCOMP_HAS)
        bw_json_member_u64(w, "valueTwo", value);
    else if (g->test == BW_SECCOMP_LACKS)
        bw_json_member_u64(w, "valueTwo", 0);
    bw_json_member_str(w, "op", bw_str(ops[g->test]));
    bw_json_end(w);
    bw_json_end(w);
}

/* The members of a rule but for its conditions. */
static void put_rule(struct bw_json_writer *w, const struct bw_seccomp_group *g, int answer,
                     const uint64_t *value)
{
    put_words(w, "names", g->names);
    bw_json_member_str(w, "action", answer ? BW_STR("SCMP_ACT_ERRNO") : BW_STR("SCMP_ACT_ALLOW"));
    if (answer)
        bw_json_member_u64(w, "errnoRet", (uint64_t)answer);
    if (value)
        put_argument(w, g, *value);
}

static size_t rules_of(const struct bw_seccomp_group *g)
{
    return g->test == BW_SECCOMP_ANY ? 1 : g->values_n;
}

static const uint64_t *value_of(const struct bw_seccomp_group *g, size_t i)
{
    return g->test == BW_SECCOMP_ANY ? NULL : &g->values[i];
}

/* --- Docker's form --- */

/* "includes" wants all of its capabilities, "excludes" none of them. */
static void put_condition(struct bw_json_writer *w, const char *key, struct bw_str capability,
                          const char *capabilities, const char *of_arches)
{
    if (!capability.n && !capabilities && !of_arches)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_object(w);
    if (capability.n) {
        bw_json_key(w, BW_STR("caps"));
        bw_json_begin_array(w);
        bw_json_put_str(w, capability);
        bw_json_end(w);
    } else if (capabilities) {
        put_words(w, "caps", capabilities);
    }
    if (of_arches)
        put_words(w, "arches", of_arches);
    bw_json_end(w);
}

static void put_docker_rules(struct bw_json_writer *w, const struct bw_seccomp_group *g, int answer,
                             struct bw_str with, const char *without)
{
    if (answer == BW_SECCOMP_ABSENT)
        return;
    for (size_t i = 0; i < rules_of(g); i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "comment", bw_str(g->purpose));
        put_rule(w, g, answer, value_of(g, i));
        put_condition(w, "includes", with, NULL, g->arches);
        put_condition(w, "excludes", BW_STR(""), without, g->not_arches);
        bw_json_end(w);
    }
}

static void put_docker_group(struct bw_json_writer *w, const struct bw_seccomp_group *g)
{
    struct bw_str rest = bw_str(g->with), capability;
    if (!g->with)
        put_docker_rules(w, g, g->answer, BW_STR(""), g->without);
    while (bw_str_split(&rest, ' ', &capability))
        put_docker_rules(w, g, g->answer, capability, g->without);
    if (g->with)
        put_docker_rules(w, g, g->otherwise, BW_STR(""), g->with);
}

void bw_seccomp_profile_docker(struct bw_buf *buf)
{
    struct bw_json_writer w = bw_json_writer(buf, true);
    begin_profile(&w);
    bw_json_key(&w, BW_STR("archMap"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < BW_ARRAY_LEN(arches); i++) {
        bw_json_begin_object(&w);
        bw_json_member_str(&w, "architecture", bw_str(arches[i].native));
        bw_json_key(&w, BW_STR("subArchitectures"));
        bw_json_begin_array(&w);
        if (arches[i].also)
            bw_json_put_str(&w, bw_str(arches[i].also));
        bw_json_end(&w);
        bw_json_end(&w);
    }
    bw_json_end(&w);
    bw_json_key(&w, BW_STR("syscalls"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < bw_seccomp_groups_n; i++)
        put_docker_group(&w, &bw_seccomp_groups[i]);
    bw_json_end(&w);
    bw_json_end(&w);
}

/* --- the OCI runtime's form --- */

static bool has_any(const struct bw_seccomp_container *container, const char *capabilities)
{
    for (size_t i = 0; i < container->capabilities_n; i++)
        if (has_word(capabilities, container->capabilities[i]))
            return true;
    return false;
}

static void put_oci_group(struct bw_json_writer *w, const struct bw_seccomp_group *g,
                          const struct bw_seccomp_container *container, struct bw_str arch)
{
    if ((g->arches && !has_word(g->arches, arch)) ||
        (g->not_arches && has_word(g->not_arches, arch)) ||
        (g->without && has_any(container, g->without)))
        return;
    int answer = !g->with || has_any(container, g->with) ? g->answer : g->otherwise;
    for (size_t i = 0; answer != BW_SECCOMP_ABSENT && i < rules_of(g); i++) {
        bw_json_begin_object(w);
        put_rule(w, g, answer, value_of(g, i));
        bw_json_end(w);
    }
}

int bw_seccomp_profile_oci(const struct bw_seccomp_container *container, struct bw_buf *buf,
                           struct bw_err *err)
{
    struct bw_str arch = container->arch.n ? container->arch : bw_str(own_arch());
    size_t at = 0;
    while (at < BW_ARRAY_LEN(arches) && !bw_str_eq(bw_str(arches[at].go), arch))
        at++;
    if (at == BW_ARRAY_LEN(arches))
        return bw_err_set(err, BW_EUNSUPPORTED,
                          "the seccomp profile has no architecture '%" BW_STR_F "'",
                          BW_STR_A(arch));
    struct bw_json_writer w = bw_json_writer(buf, false);
    begin_profile(&w);
    bw_json_key(&w, BW_STR("architectures"));
    bw_json_begin_array(&w);
    bw_json_put_str(&w, bw_str(arches[at].native));
    if (arches[at].also)
        bw_json_put_str(&w, bw_str(arches[at].also));
    bw_json_end(&w);
    bw_json_key(&w, BW_STR("syscalls"));
    bw_json_begin_array(&w);
    for (size_t i = 0; i < bw_seccomp_groups_n; i++)
        put_oci_group(&w, &bw_seccomp_groups[i], container, arch);
    bw_json_end(&w);
    bw_json_end(&w);
    return bw_buf_failed(buf)
               ? bw_err_set(err, BW_ENOMEM, "there is no room for the seccomp profile")
               : 0;
}
