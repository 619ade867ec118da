/*
 * Logs of decisions that somebody else wrote: verified, then gone on with, and verified again. What
 * a gate appends must then be found where its file was taken for a log.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "enforce/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void put(const uint8_t *data, size_t size)
{
    if (!path[0]) {
        char directory[] = "/tmp/bulwark-fuzz-evidence-XXXXXX";
        if (!mkdtemp(directory))
            abort();
        snprintf(path, sizeof path, "%s/log", directory);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || bw_fd_write_full(fd, data, size))
        abort();
    close(fd);
}

static void remove_all(void)
{
    char *slash = strrchr(path, '/');
    unlink(path);
    *slash = '\0';
    rmdir(path);
    path[0] = '\0';
}

static void verify(struct bw_evidence_verdict *verdict)
{
    struct bw_evidence_question question = {.path = path};
    struct bw_err err;
    if (bw_evidence_verify(&question, verdict, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_evidence_options options;
    struct bw_evidence_verdict before, after;
    struct bw_evidence *evidence;
    struct bw_err err;
    put(data, size);
    options = (struct bw_evidence_options){.path = path, .keep = 1};
    verify(&before);
    if (bw_evidence_open(&options, &evidence, &err) == 0) {
        if (bw_evidence_append(evidence, BW_STR("\"a\":1"), &err))
            abort();
        bw_evidence_close(evidence);
        verify(&after);
        if (after.lines < before.lines + 1)
            abort();
    }
    remove_all();
    return 0;
}
