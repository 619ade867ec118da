/*
 * How fast a compressed layer is unpacked: inflate alone, with its tar entries, with SHA-256 of the
 * plain bytes, and with that of the compressed bytes too; each in MB/s of plain bytes, with the CPU
 * time that all threads took.
 *
 *     bench-unpack LAYER.tar.gz [rounds]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "unpack/prepare.h"
#include "unpack/stream.h"
#include "unpack/tar.h"

struct work {
    const char *name;
    bool tar, blob_digest, diff_digest, threaded;
};

static const struct work works[] = {
    {.name = "inflate"},
    {.name = "inflate, tar", .tar = true},
    {.name = "inflate, tar, sha256", .tar = true, .diff_digest = true},
    {.name = "inflate, tar, sha256 on a thread",
     .tar = true,
     .diff_digest = true,
     .threaded = true},
    {.name = "blob sha256 on a thread, inflate, tar",
     .tar = true,
     .blob_digest = true,
     .threaded = true},
    {.name = "both sha256 on threads, inflate, tar",
     .tar = true,
     .blob_digest = true,
     .diff_digest = true,
     .threaded = true},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void check(int r, const struct bw_err *err)
{
    if (r >= 0)
        return;
    fprintf(stderr, "bench-unpack: %s\n", err->msg);
    exit(1);
}

static void *made(void *p)
{
    if (!p) {
        fprintf(stderr, "bench-unpack: no memory\n");
        exit(1);
    }
    return p;
}

static uint64_t entries_of(struct bw_stream *stream)
{
    struct bw_err err;
    struct bw_tar *tar BW_CLEANUP(bw_tar_freep) = made(bw_tar_new(stream, BW_TAR_ENTRIES_MAX));
    struct bw_tar_entry entry;
    uint64_t n = 0;
    int r;
    while ((r = bw_tar_next(tar, &entry, &err)) > 0)
        n++;
    check(r, &err);
    return n;
}

static uint64_t drained(struct bw_stream *stream)
{
    struct bw_err err;
    const uint8_t *p;
    size_t n;
    uint64_t total = 0;
    do {
        check(bw_stream_next(stream, &p, &n, &err), &err);
        total += n;
    } while (n);
    return total;
}

static uint64_t run(const struct work *work, int fd, uint64_t size, uint64_t *ret_entries)
{
    struct bw_err err;
    struct bw_inflate_limits limits = {UINT64_MAX, (uint32_t)128 << 20};
    enum bw_compression compression;
    struct bw_stream *stream = made(bw_stream_range(fd, 0, size));
    if (work->blob_digest)
        stream = made(bw_stream_sha256(stream, work->threaded));
    check(bw_stream_inflate(stream, &limits, &stream, &compression, &err), &err);
    if (work->diff_digest)
        stream = made(bw_stream_sha256(stream, work->threaded));
    if (work->tar)
        *ret_entries = entries_of(stream);
    uint64_t total = drained(stream);
    bw_stream_free(stream);
    return total;
}

int main(int argc, char **argv)
{
    struct bw_err err;
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "usage: bench-unpack LAYER.tar.gz [rounds]\n");
        return 2;
    }
    check(bw_unpack_prepare(&err), &err);
    uint64_t entries = 0, plain = run(&works[0], fd, (uint64_t)st.st_size, &entries);
    for (size_t i = 0; i < BW_ARRAY_LEN(works); i++) {
        double wall = 1e9, used = 1e9;
        for (int k = 0; k < rounds; k++) {
            double wall_0 = now(), used_0 = cpu();
            run(&works[i], fd, (uint64_t)st.st_size, &entries);
            wall = now() - wall_0 < wall ? now() - wall_0 : wall;
            used = cpu() - used_0 < used ? cpu() - used_0 : used;
        }
        printf("%-40s %6.0f MB/s  %.3f s wall  %.3f s CPU\n", works[i].name,
               (double)plain / wall / 1e6, wall, used);
    }
    printf("%llu entries, %llu bytes\n", (unsigned long long)entries, (unsigned long long)plain);
    bw_fd_closep(&fd);
    return 0;
}
