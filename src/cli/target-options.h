/*
 * target-options.h: the options of every verb that examines targets (scan, facts).
 */
#ifndef BW_CLI_TARGET_OPTIONS_H
#define BW_CLI_TARGET_OPTIONS_H

#include "base/vec.h"
#include "cli/cli.h"
#include "scan/scan.h"

/* Option ids below 100 are these; a verb's own start at 100. */
enum {
    BW_OPTION_FORMAT = 1,
    BW_OPTION_OUTPUT,
    BW_OPTION_QUIET,
    BW_OPTION_VERBOSE,
    BW_OPTION_PLATFORM,
    BW_OPTION_VERIFY,
    BW_OPTION_TIMEOUT,
    BW_OPTION_LAYER_SIZE,
    BW_OPTION_ENTRIES,
    BW_OPTION_WORKERS,
    BW_OPTION_ALL_LOCAL,
    BW_OPTION_SCANNERS,
    BW_OPTION_ARCHIVE_SIZE,
    BW_OPTION_LOCKS,
    BW_OPTION_CACHE,
    BW_OPTION_NO_CACHE,
    BW_OPTION_CACHED,
    BW_OPTION_REGISTRY_CA,
    BW_OPTION_INSECURE_REGISTRY,
    BW_OPTION_REGISTRY_MIRROR,
};

/* Their descriptions, to be put into a verb's table. */
#define BW_TARGET_OPTIONS                                                                          \
    {BW_OPTION_OUTPUT, 'o', "output", "FILE",                                                      \
     "write the result to FILE instead of standard "                                               \
     "output"},                                                                                    \
        {BW_OPTION_QUIET, 'q', "quiet", NULL, "no progress, no warnings, a short result"},         \
        {BW_OPTION_VERBOSE, 'v', "verbose", NULL, "more detail in the result and on the way"},     \
        {BW_OPTION_ALL_LOCAL, 0, "all-local", NULL,                                                \
         "also every image of the local Docker daemon and of the containerd and Podman stores"},   \
        {BW_OPTION_REGISTRY_CA, 0, "registry-ca", "FILE",                                          \
         "certificates (PEM) of authorities to trust registries by"},                              \
        {BW_OPTION_INSECURE_REGISTRY, 0, "insecure-registry", "HOST[:PORT]",                       \
         "take any certificate from this registry, or plain HTTP; repeatable"},                    \
        {BW_OPTION_REGISTRY_MIRROR, 0, "registry-mirror", "URL",                                   \
         "ask this mirror before docker.io; repeatable"},                                          \
        {BW_OPTION_PLATFORM, 0, "platform", "OS/ARCH[/VARIANT]",                                   \
         "which image of a multi-platform index; the default is this machine's"},                  \
        {BW_OPTION_VERIFY, 0, "verify", "blobs|full",                                              \
         "blobs (default): compare the digest of each blob; full: compare diff IDs as well"},      \
        {BW_OPTION_TIMEOUT, 0, "timeout", "TIME",                                                  \
         "give up after TIME (90s, 10m, 2h; 0 is never); what is missing then is a gap. "          \
         "Default 30m"},                                                                           \
        {BW_OPTION_SCANNERS, 0, "scanners", "LIST",                                                \
         "what to look at besides packages, separated by commas: secret, file; or none. "          \
         "Default: all"},                                                                          \
        {BW_OPTION_LOCKS, 0, "locks", NULL,                                                        \
         "believe lock files (package-lock.json, Cargo.lock, ...) in images too, where what is "   \
         "installed counts otherwise"},                                                            \
        {BW_OPTION_CACHE, 0, "cache", "FILE",                                                      \
         "where to keep what was found in layers; default: $BULWARK_CACHE, /var/cache/bulwark or " \
         "~/.cache/bulwark"},                                                                      \
        {BW_OPTION_CACHED, 0, "cached", NULL,                                                      \
         "also every image that the cache knows, judged anew without reading it"},                 \
        {BW_OPTION_NO_CACHE, 0, "no-cache", NULL, "neither read nor write a cache"},               \
        {BW_OPTION_ARCHIVE_SIZE, 0, "max-archive-size", "SIZE",                                    \
         "bytes that the members of one archive within an image may unpack to. Default 4G"},       \
        {BW_OPTION_LAYER_SIZE, 0, "max-layer-size", "SIZE",                                        \
         "bytes one layer may unpack to (512M, 64G). Default 32G"},                                \
        {BW_OPTION_ENTRIES, 0, "max-entries", "N", "entries one layer may have. Default 5000000"}, \
    {                                                                                              \
        BW_OPTION_WORKERS, 0, "workers", "N",                                                      \
            "layers parsed at a time. Default: processors, at "                                    \
            "most 8"                                                                               \
    }

struct bw_target_options {
    struct bw_scan_options scan;
    BW_VEC_TYPE(bw_target_names, const char *) targets;
    struct bw_target_names insecure, mirrors; /* of registries */
    const char *format, *output;
    bool quiet, verbose, all_local, cached, no_cache;
    bool documents; /* a path is documents for policies; an image needs its prefix, or is a name */
    struct bw_read_options read; /* of documents */
    char *cache;                 /* the default place */
};

struct bw_target_options bw_target_options(void);
void bw_target_options_free(struct bw_target_options *options);

/* Reads all arguments; what is not common goes to `own` (which returns 0 or BW_EUSAGE). -1 to go
 * on, else the exit code: help was printed, or the use was wrong. */
int bw_target_options_read(struct bw_target_options *options, const struct bw_verb *verb, int argc,
                           char **argv,
                           int (*own)(void *ctx, int id, const char *value, struct bw_err *err),
                           void *ctx);

/* Examines all targets. One that fails is an error when it is the only one, else a gap. */
int bw_target_options_run(const struct bw_target_options *options, struct bw_scan *scan,
                          struct bw_err *err) BW_MUST_USE;

#endif
