#include "cli/target-options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acquire/choose.h"
#include "base/log.h"
#include "cli/terminal.h"
#include "scan/cache.h"

/* Times an option may be given that takes a name each time. */
#define NAMES_MAX 16u

struct bw_target_options bw_target_options(void)
{
    return (struct bw_target_options){.scan = bw_scan_options()};
}

void bw_target_options_free(struct bw_target_options *options)
{
    BW_VEC_FREE(&options->targets);
    free(options->cache);
    BW_VEC_FREE(&options->insecure);
    BW_VEC_FREE(&options->mirrors);
}

static int read_verify(struct bw_target_options *options, const char *value, struct bw_err *err)
{
    if (strcmp(value, "full") == 0)
        options->scan.verify_full = true;
    else if (strcmp(value, "blobs") != 0)
        return bw_err_set(err, BW_EUSAGE, "--verify takes blobs or full, not '%s'", value);
    return 0;
}

static int read_scanners(struct bw_target_options *options, const char *value, struct bw_err *err)
{
    struct bw_str rest = bw_str(value), word;
    options->scan.secrets = options->scan.files = false;
    while (bw_str_split(&rest, ',', &word)) {
        if (bw_str_eq(word, BW_STR("secret")) || bw_str_eq(word, BW_STR("secrets")))
            options->scan.secrets = true;
        else if (bw_str_eq(word, BW_STR("file")) || bw_str_eq(word, BW_STR("files")))
            options->scan.files = true;
        else if (!bw_str_eq(word, BW_STR("none")))
            return bw_err_set(err, BW_EUSAGE,
                              "--scanners takes secret, file or none, not '%" BW_STR_F "'",
                              BW_STR_A(word));
    }
    return 0;
}

/* A cache that has no place is none: it was not asked for by name. */
static void choose_cache(struct bw_target_options *options)
{
    struct bw_err err = {0};
    if (options->no_cache)
        options->scan.cache = NULL;
    else if (!options->scan.cache && bw_cache_default_path(&options->cache, &err) == 0)
        options->scan.cache = options->cache;
}

static int read_limit(struct bw_target_options *options, int id, const char *value,
                      struct bw_err *err)
{
    uint64_t n = 0;
    if (id == BW_OPTION_TIMEOUT) {
        if (!bw_cli_parse_duration(value, &options->scan.timeout_ms))
            return bw_err_set(err, BW_EUSAGE,
                              "--timeout takes a time such as 90s, 10m or 2h, not "
                              "'%s'",
                              value);
        return 0;
    }
    if (!bw_cli_parse_size(value, &n) || n == 0)
        return bw_err_set(err, BW_EUSAGE,
                          "%s takes a number above 0 (such as 5000, 512M, 16G), not '%s'",
                          id == BW_OPTION_LAYER_SIZE     ? "--max-layer-size"
                          : id == BW_OPTION_ARCHIVE_SIZE ? "--max-archive-size"
                          : id == BW_OPTION_ENTRIES      ? "--max-entries"
                                                         : "--workers",
                          value);
    if (id == BW_OPTION_ARCHIVE_SIZE)
        options->scan.archive_size_max = n;
    else if (id == BW_OPTION_LAYER_SIZE)
        options->scan.layer_size_max = n;
    else if (id == BW_OPTION_ENTRIES)
        options->scan.entries_max = n;
    else
        options->scan.workers = n > 8 ? 8 : (unsigned)n;
    return 0;
}

static int add_name(struct bw_target_names *names, const char *value, struct bw_err *err)
{
    const char **slot = BW_VEC_PUSH(names, NAMES_MAX);
    if (!slot)
        return bw_err_set(err, BW_EUSAGE, "an option is given more than %u times", NAMES_MAX);
    *slot = value;
    return 0;
}

static int read_registry_option(struct bw_target_options *options, int id, const char *value,
                                struct bw_err *err)
{
    struct bw_registry_options *registry = &options->scan.registry;
    int rc = 0;
    if (id == BW_OPTION_REGISTRY_CA)
        registry->ca_file = value;
    else
        rc = add_name(id == BW_OPTION_REGISTRY_MIRROR ? &options->mirrors : &options->insecure,
                      value, err);
    registry->mirrors = options->mirrors.v;
    registry->mirrors_n = options->mirrors.n;
    registry->insecure = options->insecure.v;
    registry->insecure_n = options->insecure.n;
    return rc;
}

static int read_option(struct bw_target_options *options, int id, const char *value,
                       struct bw_err *err)
{
    struct bw_platform platform;
    switch (id) {
    case BW_OPTION_FORMAT:
        options->format = value;
        return 0;
    case BW_OPTION_OUTPUT:
        options->output = value;
        return 0;
    case BW_OPTION_QUIET:
        options->quiet = true;
        return 0;
    case BW_OPTION_VERBOSE:
        options->verbose = true;
        return 0;
    case BW_OPTION_ALL_LOCAL:
        options->all_local = true;
        return 0;
    case BW_OPTION_PLATFORM:
        options->scan.platform = value;
        return bw_platform_parse(value, &platform, err);
    case BW_OPTION_VERIFY:
        return read_verify(options, value, err);
    case BW_OPTION_SCANNERS:
        return read_scanners(options, value, err);
    case BW_OPTION_LOCKS:
        options->scan.locks = true;
        return 0;
    case BW_OPTION_CACHE:
        options->scan.cache = value;
        return 0;
    case BW_OPTION_CACHED:
        options->cached = true;
        return 0;
    case BW_OPTION_NO_CACHE:
        options->no_cache = true;
        return 0;
    case BW_OPTION_REGISTRY_CA:
    case BW_OPTION_INSECURE_REGISTRY:
    case BW_OPTION_REGISTRY_MIRROR:
        return read_registry_option(options, id, value, err);
    default:
        return read_limit(options, id, value, err);
    }
}

static int read_all(struct bw_target_options *options, struct bw_args *args,
                    int (*own)(void *ctx, int id, const char *value, struct bw_err *err), void *ctx,
                    struct bw_err *err)
{
    const char *value;
    for (int got; (got = bw_args_next(args, &value, err)) != BW_ARG_END;) {
        int rc = 0;
        if (got == BW_ARG_HELP || got == BW_ARG_WRONG)
            return got;
        if (got == BW_ARG_OPERAND) {
            const char **slot = BW_VEC_PUSH(&options->targets, BW_SCAN_TARGETS_MAX);
            if (!slot)
                return bw_err_set(err, BW_EUSAGE, "more than %u targets", BW_SCAN_TARGETS_MAX);
            *slot = value;
        } else {
            rc = got < 100 ? read_option(options, got, value, err) : own(ctx, got, value, err);
        }
        if (rc)
            return rc;
    }
    if (options->targets.n == 0 && !options->all_local && !options->cached)
        return bw_err_set(err, BW_EUSAGE, "name a target: an image, an archive or a directory");
    return 0;
}

int bw_target_options_read(struct bw_target_options *options, const struct bw_verb *verb, int argc,
                           char **argv,
                           int (*own)(void *ctx, int id, const char *value, struct bw_err *err),
                           void *ctx)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    int rc = read_all(options, &args, own, ctx, &err);
    if (rc == BW_ARG_HELP && err.code == 0) {
        bw_cli_help(verb);
        return BW_EXIT_FINE;
    }
    if (rc)
        return bw_cli_usage_error(verb, &err);
    choose_cache(options);
    bw_log_set_level(options->quiet ? BW_LOG_ERROR : options->verbose ? BW_LOG_INFO : BW_LOG_WARN);
    bw_progress_start(options->quiet);
    return -1;
}

static bool is_path(const char *target)
{
    return strcmp(target, "-") == 0 || access(target, F_OK) == 0 || strchr(target, '/') == target;
}

static int run_one(const struct bw_target_options *options, struct bw_scan *scan,
                   const char *target, bool alone, struct bw_err *err)
{
    struct bw_err why = {0};
    int rc = options->documents && is_path(target)
                 ? bw_scan_documents(scan, target, &options->read, &why)
                 : bw_scan_target(scan, target, &why);
    bool input = rc == BW_EFORMAT || rc == BW_EDIGEST || rc == BW_ELIMIT || rc == BW_EUNSUPPORTED ||
                 rc == BW_ETIMEOUT;
    if (rc && (input || !alone))
        return bw_scan_failed_target(scan, target, &why, err);
    if (rc)
        *err = why;
    return rc;
}

int bw_target_options_run(const struct bw_target_options *options, struct bw_scan *scan,
                          struct bw_err *err)
{
    struct bw_strs local = {0};
    int rc = options->all_local ? bw_scan_local_images(scan, &local, err) : 0;
    bool alone = options->targets.n + local.n == 1;
    bw_scan_expect(scan, options->targets.n + local.n);
    for (size_t i = 0; i < options->targets.n && rc == 0; i++)
        rc = run_one(options, scan, options->targets.v[i], alone, err);
    for (size_t i = 0; i < local.n && rc == 0; i++)
        rc = run_one(options, scan, local.v[i].p, false, err);
    if (rc == 0 && options->cached)
        rc = bw_scan_cached(scan, err);
    bw_progress_clear();
    return rc;
}
