/*
 * Feeds every file below the given directories to a fuzz target once: the corpus as a test.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"

#define REPLAY_FILE_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replay_file(const char *path)
{
    struct bw_err err = {0};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(REPLAY_FILE_MAX);
    if (bw_fd_slurp_path(path, &buf, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    /* An exact copy on the heap, so that a read past the end is seen. */
    uint8_t *copy = malloc(buf.n ? buf.n : 1);
    if (!copy)
        exit(1);
    if (buf.n)
        memcpy(copy, buf.p, buf.n);
    LLVMFuzzerTestOneInput(copy, buf.n);
    free(copy);
    return 1;
}

static size_t replay_directory(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        perror(path);
        exit(1);
    }
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        char file[4096];
        struct stat st;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
            n += replay_file(file);
    }
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        n += replay_directory(argv[i]);
    printf("%zu inputs replayed\n", n);
    return n ? 0 : 1;
}
