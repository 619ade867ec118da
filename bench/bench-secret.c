/*
 * How fast the secret scanner is over real content, and what it finds there.
 *
 *     bench-secret [-v] [-n ROUNDS] PATH...
 *     bench-secret -p FILE...
 *
 * Reads every regular file below the paths in blocks; the clock runs while the scanner works.
 * Prints MB/s of one core and the time to make a scanner; -v also the findings, masked. -p makes
 * the pass of all patterns alone, over the files as they stand: what no secret scanner can do
 * without.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "extract/secret-rule.h"
#include "extract/secret.h"
#include "wrap/vectorscan.h"

#define BLOCK ((size_t)256 << 10)

static struct bw_secret_scanner *scanner;
static const char *root;
static bool verbose;
static double spent;
static uint64_t bytes, files, found, gaps;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(int rc, const struct bw_err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "bench-secret: %s\n", err->msg);
    exit(1);
}

static int on_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    (void)ctx, (void)err;
    found++;
    if (verbose)
        printf("%" BW_STR_F ":%u:%u: %" BW_STR_F " %s %" BW_STR_F "%s x%u\n",
               BW_STR_A(fact->place.path), fact->place.line, fact->secret.column,
               BW_STR_A(fact->secret.rule), bw_severity_name(fact->secret.severity),
               BW_STR_A(fact->secret.match), fact->secret.encoded ? " (base64)" : "",
               fact->secret.count);
    return 0;
}

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    (void)ctx, (void)class, (void)what;
    gaps++;
    if (verbose)
        printf("gap: %" BW_STR_F ": %" BW_STR_F "\n", BW_STR_A(where), BW_STR_A(why));
}

static int on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    static const struct bw_extract_sink sink = {.fact = on_fact, .gap = on_gap};
    static uint8_t block[BLOCK];
    struct bw_err err = {0};
    (void)ftw;
    if (type != FTW_F || !S_ISREG(st->st_mode))
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const char *inner = path + strlen(root);
    double start = now();
    bw_secret_begin(scanner, bw_str(inner + (*inner == '/')), (uint64_t)st->st_size);
    spent += now() - start;
    for (ssize_t n; (n = read(fd, block, sizeof block)) > 0;) {
        start = now();
        check(bw_secret_feed(scanner, block, (size_t)n, &err), &err);
        spent += now() - start;
        bytes += (uint64_t)n;
    }
    start = now();
    check(bw_secret_end(scanner, &sink, &err), &err);
    spent += now() - start;
    files++;
    close(fd);
    return 0;
}

static bool count_match(void *ctx, unsigned id, size_t end)
{
    (void)id, (void)end;
    ++*(uint64_t *)ctx;
    return true;
}

static void pass_alone(const char *path)
{
    static uint8_t block[BLOCK];
    struct bw_vectorscan *set BW_CLEANUP(bw_vectorscan_freep) = NULL;
    struct bw_err err = {0};
    check(bw_vectorscan_load(&set, bw_secret_set, bw_secret_set_size, &err), &err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t n; fd >= 0 && (n = read(fd, block, sizeof block)) > 0; bytes += (uint64_t)n) {
        double start = now();
        check(bw_vectorscan_scan(set, block, (size_t)n, count_match, &found, &err), &err);
        spent += now() - start;
    }
    close(fd);
}

static int run_passes(int argc, char **argv)
{
    for (int i = optind; i < argc; i++)
        pass_alone(argv[i]);
    printf("%.1f MB, %llu matches: %.3f s, %.0f MB/s\n", (double)bytes / 1e6,
           (unsigned long long)found, spent, (double)bytes / 1e6 / spent);
    return 0;
}

int main(int argc, char **argv)
{
    struct bw_err err = {0};
    int rounds = 1, option;
    while ((option = getopt(argc, argv, "pvn:")) != -1) {
        if (option == 'p')
            return run_passes(argc, argv);
        verbose |= option == 'v';
        rounds = option == 'n' ? atoi(optarg) : rounds;
    }
    double start = now();
    check(bw_secret_scanner_new(&scanner, &err), &err);
    double ready = now() - start;
    for (int round = 0; round < rounds; round++) {
        spent = 0;
        bytes = files = found = gaps = 0;
        for (int i = optind; i < argc; i++) {
            root = argv[i];
            nftw(argv[i], on_file, 64, FTW_PHYS | FTW_MOUNT);
        }
        printf("%llu files, %.1f MB, %llu findings, %llu gaps: %.3f s, %.0f MB/s\n",
               (unsigned long long)files, (double)bytes / 1e6, (unsigned long long)found,
               (unsigned long long)gaps, spent, (double)bytes / 1e6 / spent);
    }
    printf("%zu rules; ready after %.2f ms\n", bw_secret_rules_count(), ready * 1e3);
    bw_secret_scanner_free(scanner);
    return 0;
}
