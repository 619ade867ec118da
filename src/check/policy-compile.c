/*
 * policy-compile: compiles the library of policies, when bulwark is built.
 *
 *     policy-compile DIR SET.bin SET.c DEPFILE
 *
 * Reads DIR/TOPIC/ID.yaml, but ID.examples.yaml. SET.bin is the set; SET.c takes it in. DEPFILE
 * names what was read, for the build to know when to do it again.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "check/policy-state.h"

#define PATHS_MAX 100000u

struct paths {
    BW_VEC(char *);
};

static BW_NORETURN void fail(const char *what, const char *why)
{
    fprintf(stderr, "policy-compile: %s: %s\n", what, why);
    exit(1);
}

static char *join(const char *directory, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        fail(directory, "out of memory");
    return path;
}

static bool is_hidden_or_other(const char *name)
{
    return name[0] == '.' || strcmp(name, "schema") == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries of a directory, sorted, so that a set does not depend on the file system. */
static struct paths list(const char *directory)
{
    struct paths paths = {0};
    DIR *dir = opendir(directory);
    if (!dir)
        fail(directory, "cannot be read");
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (is_hidden_or_other(entry->d_name))
            continue;
        char **slot = BW_VEC_PUSH(&paths, PATHS_MAX);
        if (!slot)
            fail(directory, "too many entries");
        *slot = join(directory, entry->d_name);
    }
    closedir(dir);
    if (paths.n)
        qsort(paths.v, paths.n, sizeof *paths.v, by_name);
    return paths;
}

static void free_paths(struct paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        free(paths->v[i]);
    BW_VEC_FREE(paths);
}

static void on_problem(void *ctx, const struct bw_policy_problem *problem)
{
    struct bw_err err;
    (void)ctx;
    bw_policy_problem_text(problem, &err);
    fprintf(stderr, "%s\n", err.msg);
}

/* A policy is called as it is called within DIR: the program names it so, wherever it was built. */
static void load(struct bw_policy_loader *loader, const char *path, size_t prefix)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    struct bw_err err = {0};
    if (bw_fd_slurp_path(path, &text, &err))
        fail(path, err.msg);
    int rc = bw_policy_load(loader, bw_str(path + prefix), bw_buf_slice(&text), &err);
    if (rc && rc != BW_EFORMAT)
        fail(path, err.msg);
}

static bool is_policy(struct bw_str path)
{
    return bw_str_ends(path, BW_STR(".yaml")) && !bw_str_ends(path, BW_STR(".examples.yaml"));
}

static void load_topic(struct bw_policy_loader *loader, const char *directory, size_t prefix,
                       FILE *dependencies)
{
    struct paths files = list(directory);
    fprintf(dependencies, " %s", directory);
    for (size_t i = 0; i < files.n; i++) {
        if (!is_policy(bw_str(files.v[i])))
            continue;
        fprintf(dependencies, " %s", files.v[i]);
        load(loader, files.v[i], prefix);
    }
    free_paths(&files);
}

static void load_all(struct bw_policy_loader *loader, const char *directory, FILE *dependencies)
{
    struct paths topics = list(directory);
    size_t prefix = strlen(directory) - strlen("policies");
    fprintf(dependencies, " %s", directory);
    for (size_t i = 0; i < topics.n; i++)
        if (!bw_str_ends(bw_str(topics.v[i]), BW_STR(".md")))
            load_topic(loader, topics.v[i], prefix, dependencies);
    free_paths(&topics);
}

static void write_set(const char *path, struct bw_str bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes.p, 1, bytes.n, file) != bytes.n || fclose(file))
        fail(path, "cannot write");
}

static void write_source(const char *path, const char *set_path)
{
    char *full = realpath(set_path, NULL);
    FILE *file = full ? fopen(path, "w") : NULL;
    if (!file)
        fail(path, "cannot write");
    fprintf(file, "__asm__(\".section .rodata\\n.balign 64\\n\"\n");
    fprintf(file, "        \".globl bw_policy_library\\n.hidden bw_policy_library\\n\"\n");
    fprintf(file, "        \"bw_policy_library:\\n\"\n");
    fprintf(file, "        \".incbin \\\"%s\\\"\\n.Llibrary_end:\\n.balign 8\\n\"\n", full);
    fprintf(file,
            "        \".globl bw_policy_library_size\\n.hidden bw_policy_library_size\\n\"\n");
    fprintf(file, "        \"bw_policy_library_size: .8byte .Llibrary_end - bw_policy_library\\n"
                  ".text\\n\");\n\nextern int bw_policy_library_is_there;\n");
    if (fclose(file))
        fail(path, "cannot write");
    free(full);
}

int main(int argc, char **argv)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = NULL;
    struct bw_err err = {0};
    if (argc != 5 || !bw_str_ends(bw_str(argv[1]), BW_STR("policies"))) {
        fprintf(stderr, "usage: policy-compile .../policies SET.bin SET.c DEPFILE\n");
        return 2;
    }
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(on_problem, NULL, &err);
    FILE *dependencies = fopen(argv[4], "w");
    if (!loader || !dependencies)
        fail(argv[4], "cannot write");
    fprintf(dependencies, "%s:", argv[2]);
    load_all(loader, argv[1], dependencies);
    fputc('\n', dependencies);
    if (fclose(dependencies))
        fail(argv[4], "cannot write");
    if (bw_policy_set_build_as(loader, BW_STR(""), &set, &err))
        fail(argv[1], err.msg);
    struct bw_str bytes = bw_policy_set_bytes(set);
    write_set(argv[2], bytes);
    write_source(argv[3], argv[2]);
    printf("%zu policies, %zu bytes\n", bw_policy_count(set), bytes.n);
    return 0;
}
