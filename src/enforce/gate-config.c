#include "enforce/gate-config.h"

#include <stdlib.h>

#include "base/fd.h"
#include "enforce/gate-state.h"
#include "scan/policy-files.h"

/* --- options --- */

struct bw_gate_options bw_gate_options(void)
{
    return (struct bw_gate_options){
        .log = {.rotate_bytes = BW_GATE_LOG_ROTATE_DEFAULT, .keep = BW_GATE_LOG_KEEP_DEFAULT}};
}

void bw_gate_options_free(struct bw_gate_options *options)
{
    BW_VEC_FREE(&options->profiles);
    BW_VEC_FREE(&options->only);
    BW_VEC_FREE(&options->except);
    BW_VEC_FREE(&options->policies);
    BW_VEC_FREE(&options->exceptions);
    BW_VEC_FREE(&options->watch);
}

static int add_word(struct bw_gate_words *words, const char *word, struct bw_err *err)
{
    const char **slot = *word ? BW_VEC_PUSH(words, BW_GATE_OPTION_WORDS_MAX) : NULL;
    if (!*word)
        return bw_err_set(err, BW_EUSAGE, "an option has an empty word");
    if (!slot)
        return bw_err_set(err, BW_EUSAGE, "an option is given more than %u times",
                          BW_GATE_OPTION_WORDS_MAX);
    *slot = word;
    return 0;
}

static int take_log(struct bw_gate_options *options, int id, const char *value, struct bw_err *err)
{
    uint64_t number;
    switch (id) {
    case BW_GATE_OPTION_LOG:
        options->log.path = value;
        return 0;
    case BW_GATE_OPTION_LOG_REQUIRED:
        options->log_required = true;
        return 0;
    case BW_GATE_OPTION_LOG_SYNC:
        options->log.sync = true;
        return 0;
    case BW_GATE_OPTION_LOG_ROTATE:
        if (!bw_str_to_size(bw_str(value), &options->log.rotate_bytes))
            return bw_err_set(err, BW_EUSAGE, "--log-rotate: '%s' is no size (64M)", value);
        return 0;
    default:
        if (!bw_str_to_u64(bw_str(value), &number) || number < 1 || number > 9999)
            return bw_err_set(err, BW_EUSAGE, "--log-keep: '%s' is no number from 1 to 9999",
                              value);
        options->log.keep = (unsigned)number;
        return 0;
    }
}

int bw_gate_options_take(struct bw_gate_options *options, int id, const char *value,
                         struct bw_err *err)
{
    switch (id) {
    case BW_GATE_OPTION_PROFILE:
        return add_word(&options->profiles, value, err);
    case BW_GATE_OPTION_POLICY:
        return add_word(&options->policies, value, err);
    case BW_GATE_OPTION_ONLY:
        return add_word(&options->only, value, err);
    case BW_GATE_OPTION_EXCEPT:
        return add_word(&options->except, value, err);
    case BW_GATE_OPTION_EXCEPTIONS:
        return add_word(&options->exceptions, value, err);
    case BW_GATE_OPTION_CONFIG:
        if (options->config)
            return bw_err_set(err, BW_EUSAGE, "--config is given twice");
        options->config = value;
        return 0;
    case BW_GATE_OPTION_NO_LIBRARY:
        options->no_library = true;
        return 0;
    case BW_GATE_OPTION_WARN_ONLY:
        options->warn_only = true;
        return 0;
    default:
        return id >= BW_GATE_OPTION_LOG && id <= BW_GATE_OPTION_LOG_SYNC
                   ? take_log(options, id, value, err)
                   : bw_err_set(err, BW_EINTERNAL, "an option without meaning");
    }
}

int bw_gate_options_check(const struct bw_gate_options *options, struct bw_err *err)
{
    if (options->log_required && !options->log.path)
        return bw_err_set(err, BW_EUSAGE, "--log-required needs a log: add --log FILE");
    if (options->only.n && options->profiles.n)
        return bw_err_set(err, BW_EUSAGE,
                          "--only names policies by themselves: leave out --profile");
    if (options->no_library && (options->only.n || options->profiles.n))
        return bw_err_set(err, BW_EUSAGE,
                          "--profile and --only choose from the library, which --no-library "
                          "leaves out");
    return 0;
}

/* --- loading --- */

struct loading {
    const struct bw_gate_options *options;
    struct bw_arena *arena;
    struct bw_gate_configuration configuration;
    struct bw_err *err;
};

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for the gate's configuration");
}

static int read_file(const struct loading *loading, const char *path, bool is_exceptions,
                     struct bw_gate_configuration *configuration)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_FILE_MAX);
    int rc = bw_fd_slurp_path(path, &text, loading->err);
    return rc ? rc
              : bw_gate_yaml_read(bw_str(path), bw_buf_slice(&text), is_exceptions, loading->arena,
                                  configuration, loading->err);
}

static int add_exceptions(struct loading *loading, const char *path)
{
    struct bw_gate_configuration more = {0};
    int rc = read_file(loading, path, true, &more);
    for (size_t i = 0; rc == 0 && i < more.exceptions.n; i++) {
        struct bw_gate_exception *slot =
            BW_VEC_PUSH(&loading->configuration.exceptions, BW_GATE_EXCEPTIONS_MAX);
        if (slot)
            *slot = more.exceptions.v[i];
        else
            rc = bw_err_set(loading->err, BW_ELIMIT, "%s: more than %u exceptions in all", path,
                            BW_GATE_EXCEPTIONS_MAX);
    }
    bw_gate_configuration_free(&more);
    return rc;
}

/* Words of the command line behind those of a file. */
static int add_words(struct loading *loading, struct bw_strs *words,
                     const struct bw_gate_words *more)
{
    struct bw_str *v = bw_arena_array(loading->arena, words->n + more->n, sizeof *v);
    if (!v)
        return no_memory(loading->err);
    for (size_t i = 0; i < words->n; i++)
        v[i] = words->v[i];
    for (size_t i = 0; i < more->n; i++)
        v[words->n + i] = bw_str(more->v[i]);
    *words = (struct bw_strs){v, words->n + more->n};
    return 0;
}

/* "off" is the empty list. */
static int set_profiles(struct loading *loading)
{
    const struct bw_gate_words *profiles = &loading->options->profiles;
    bool off = profiles->n == 1 && bw_str_eq(bw_str(profiles->v[0]), BW_STR("off"));
    loading->configuration.profiles = (struct bw_strs){0};
    return off ? 0 : add_words(loading, &loading->configuration.profiles, profiles);
}

static void weaken(enum bw_policy_action *enforce)
{
    if (*enforce == BW_POLICY_DENY)
        *enforce = BW_POLICY_WARN;
}

/* As add_words, of words that are the program's own. */
static int add_own(struct loading *loading, struct bw_strs *words, const char *const *own, size_t n)
{
    struct bw_gate_words more = {.n = n};
    if (!n)
        return 0;
    more.v = bw_arena_array(loading->arena, n, sizeof *more.v);
    if (!more.v)
        return no_memory(loading->err);
    memcpy(more.v, own, n * sizeof *more.v);
    return add_words(loading, words, &more);
}

/* What the gate itself says, beside whoever runs it. Without the library what must always be in
 * force is all of it. */
static int apply_own(struct loading *loading)
{
    const struct bw_gate_options *options = loading->options;
    struct bw_gate_configuration *configuration = &loading->configuration;
    if (!configuration->library && options->always_n) {
        configuration->library = true;
        configuration->profiles = configuration->policies = (struct bw_strs){0};
    }
    int rc = add_own(loading, &configuration->mended, options->mended, options->mended_n);
    return rc ? rc : add_own(loading, &configuration->policies, options->always, options->always_n);
}

/* What the command line says wins. */
static int apply_options(struct loading *loading)
{
    const struct bw_gate_options *options = loading->options;
    struct bw_gate_configuration *configuration = &loading->configuration;
    int rc = 0;
    if (options->profiles.n)
        rc = set_profiles(loading);
    if (rc == 0 && options->only.n) {
        configuration->profiles = configuration->policies = (struct bw_strs){0};
        rc = add_words(loading, &configuration->policies, &options->only);
    }
    if (rc == 0)
        rc = add_words(loading, &configuration->except, &options->except);
    if (options->no_library)
        configuration->library = false;
    if (options->warn_only) {
        weaken(&configuration->enforce);
        for (size_t i = 0; i < configuration->scopes.n; i++)
            weaken(&configuration->scopes.v[i].enforce);
    }
    return rc;
}

static int load_configuration(struct loading *loading, struct bw_buf *json)
{
    const struct bw_gate_options *options = loading->options;
    int rc = options->config
                 ? read_file(loading, options->config, false, &loading->configuration)
                 : bw_gate_configuration_read(BW_STR("{}"), loading->arena, &loading->configuration,
                                              NULL, loading->err);
    for (size_t i = 0; rc == 0 && i < options->exceptions.n; i++)
        rc = add_exceptions(loading, options->exceptions.v[i]);
    if (rc == 0)
        rc = apply_options(loading);
    if (rc == 0)
        rc = apply_own(loading);
    if (rc == 0)
        bw_gate_configuration_json(&loading->configuration, json);
    if (rc == 0 && json->failed)
        rc = bw_err_set(loading->err, BW_ELIMIT,
                        "the gate's configuration is longer than %zu bytes", BW_GATE_CONFIG_MAX);
    return rc;
}

static int load_set(const struct bw_gate_options *options, struct bw_buf *set, struct bw_err *err)
{
    struct bw_policy_files files BW_CLEANUP(bw_policy_files_close) = {0};
    if (!options->policies.n)
        return 0;
    int rc = bw_policy_files_open(&files, options->policies.v, options->policies.n, err);
    if (rc)
        return rc;
    bw_buf_str(set, bw_policy_set_bytes(files.set));
    return set->failed ? no_memory(err) : 0;
}

/* --- trying --- */

static bool find_in(const char *path, struct bw_str word, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_FILE_MAX);
    if (bw_fd_slurp_path(path, &text, NULL))
        return false;
    uint32_t line = bw_gate_yaml_find(bw_buf_slice(&text), word);
    if (line)
        bw_err_prefix(err, BW_EUSAGE, "%s:%u", path, line);
    return line > 0;
}

/* Where a word that no policy has was written, unless on the command line. */
static void find_word(const struct bw_gate_options *options, struct bw_str word, struct bw_err *err)
{
    if (options->config && find_in(options->config, word, err))
        return;
    for (size_t i = 0; i < options->exceptions.n; i++)
        if (find_in(options->exceptions.v[i], word, err))
            return;
}

/* Whether rules come of it: a gate that is told so at a request has refused everything by then. */
static int try_rules(const struct bw_gate_options *options, const struct bw_buf *configuration,
                     const struct bw_buf *set, struct bw_err *err)
{
    struct bw_gate_rules *rules BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_str bytes = bw_buf_slice(set);
    struct bw_gate_fault fault = {0};
    int rc = bw_gate_rules_open_telling(bw_buf_slice(configuration), &bytes, set->n > 0, &fault,
                                        &rules, err);
    if (rc == BW_EUSAGE && fault.member[0])
        find_word(options, bw_str(fault.member), err);
    return rc;
}

int bw_gate_options_load(const struct bw_gate_options *options, struct bw_buf *ret_configuration,
                         struct bw_buf *ret_set, struct bw_err *err)
{
    struct bw_buf configuration = BW_BUF(BW_GATE_CONFIG_MAX), set = BW_BUF(BW_POLICY_SET_MAX);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(BW_GATE_RULES_MAX);
    struct loading loading = {.options = options, .arena = arena, .err = err};
    int rc = arena ? load_configuration(&loading, &configuration) : no_memory(err);
    bw_gate_configuration_free(&loading.configuration);
    if (rc == 0)
        rc = load_set(options, &set, err);
    if (rc == 0)
        rc = try_rules(options, &configuration, &set, err);
    if (rc) {
        bw_buf_free(&configuration);
        bw_buf_free(&set);
        return rc;
    }
    *ret_configuration = configuration;
    *ret_set = set;
    return 0;
}

/* --- what to watch --- */

static bool watch(struct bw_gate_options *options, const char *path)
{
    const char **slot = BW_VEC_PUSH(&options->watch, 2 * BW_GATE_OPTION_WORDS_MAX + 2);
    if (slot)
        *slot = path;
    return slot;
}

const char *const *bw_gate_options_watch(struct bw_gate_options *options)
{
    options->watch.n = 0;
    bool all = !options->config || watch(options, options->config);
    for (size_t i = 0; i < options->exceptions.n; i++)
        all &= watch(options, options->exceptions.v[i]);
    for (size_t i = 0; i < options->policies.n; i++)
        all &= watch(options, options->policies.v[i]);
    return watch(options, NULL) && all ? options->watch.v : NULL;
}
