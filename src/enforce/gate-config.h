/*
 * gate-config.h: from what a person writes to the configuration of a gate (gate.h).
 *
 * A person writes YAML: one file with the very members of a configuration (--config), files that
 * are lists of exceptions (--exceptions), and options, which win over the file:
 *
 *     profiles: [baseline]
 *     mended: [pids-limit]
 *     scopes:
 *       - namespaces: [kube-*]
 *         profiles: [off]
 *     exceptions:
 *       - id: [host-namespaces]
 *         namespaces: [monitoring]
 *         images: [registry.example/node-exporter*]
 *         reason: reads the counters of the host's interfaces
 *         owner: ops@example.org
 *         expires: 2027-06-30
 *
 * Files are read afresh at every bw_gate_options_load(), so that a reload has what they say by
 * then. What is wrong is named with file, line and remedy.
 */
#ifndef BW_ENFORCE_GATE_CONFIG_H
#define BW_ENFORCE_GATE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "enforce/evidence.h"
#include "enforce/gate.h"

/* Words of one option, files of one kind. */
#define BW_GATE_OPTION_WORDS_MAX 1000u

/* Bytes of one YAML file. */
#define BW_GATE_FILE_MAX ((size_t)16 << 20)

/* Of the options of a verb: its own ids are less. */
enum {
    BW_GATE_OPTION_PROFILE = 1000,
    BW_GATE_OPTION_POLICY,
    BW_GATE_OPTION_NO_LIBRARY,
    BW_GATE_OPTION_ONLY,
    BW_GATE_OPTION_EXCEPT,
    BW_GATE_OPTION_CONFIG,
    BW_GATE_OPTION_EXCEPTIONS,
    BW_GATE_OPTION_WARN_ONLY,
    BW_GATE_OPTION_LOG,
    BW_GATE_OPTION_LOG_REQUIRED,
    BW_GATE_OPTION_LOG_ROTATE,
    BW_GATE_OPTION_LOG_KEEP,
    BW_GATE_OPTION_LOG_SYNC,
};

/* Rows for the verb's table, which is of struct bw_option (cli/cli.h). */
/* clang-format off */
#define BW_GATE_OPTION_ROWS                                                                        \
    {BW_GATE_OPTION_PROFILE, 0, "profile", "NAME",                                                 \
     "policies of the library: baseline (the default), hosting, restricted, cis-docker, ...; "    \
     "'off' for none of it; may be repeated"},                                                     \
    {BW_GATE_OPTION_POLICY, 0, "policy", "PATH",                                                   \
     "policies of your own beside the library: a file, a directory or a compiled set; may be "    \
     "repeated"},                                                                                  \
    {BW_GATE_OPTION_NO_LIBRARY, 0, "no-library", NULL, "your own policies alone"},                 \
    {BW_GATE_OPTION_ONLY, 0, "only", "ID", "of the library this policy alone; may be repeated"},   \
    {BW_GATE_OPTION_EXCEPT, 0, "except", "ID", "without this policy; may be repeated"},            \
    {BW_GATE_OPTION_CONFIG, 0, "config", "FILE",                                                   \
     "YAML: profiles, policies, except, enforce, mended, scopes, exceptions, ...; options win over it"},\
    {BW_GATE_OPTION_EXCEPTIONS, 0, "exceptions", "FILE",                                           \
     "YAML: a list of exceptions, each with id, scope, reason, owner and last day; may be "       \
     "repeated"},                                                                                  \
    {BW_GATE_OPTION_WARN_ONLY, 0, "warn-only", NULL,                                               \
     "refuse nothing: what would be refused is a warning, and recorded"},                          \
    {BW_GATE_OPTION_LOG, 0, "log", "FILE", "record every decision there ('bulwark guard log')"},   \
    {BW_GATE_OPTION_LOG_REQUIRED, 0, "log-required", NULL,                                         \
     "refuse what cannot be recorded"},                                                            \
    {BW_GATE_OPTION_LOG_ROTATE, 0, "log-rotate", "SIZE",                                           \
     "begin a new file of the log after so many bytes (64M); 0: never"},                           \
    {BW_GATE_OPTION_LOG_KEEP, 0, "log-keep", "N", "rotated files that are kept (10)"},             \
    {BW_GATE_OPTION_LOG_SYNC, 0, "log-sync", NULL,                                                 \
     "answer only when the record is on the disk"}
/* clang-format on */

#define BW_GATE_LOG_ROTATE_DEFAULT ((uint64_t)64 << 20)
#define BW_GATE_LOG_KEEP_DEFAULT   10u

struct bw_gate_words {
    BW_VEC(const char *);
};

/* Strings are the caller's (argv) and outlive it. */
struct bw_gate_options {
    struct bw_gate_words profiles, only, except;
    struct bw_gate_words policies, exceptions; /* paths */
    const char *config;
    bool no_library, warn_only;
    struct bw_evidence_options log; /* path NULL: none */
    bool log_required;
    /* What the gate itself says, not its options: policies of the library that are in force
     * whatever the profile, without the library too, until --except or an exception names them;
     * words for "mended". */
    const char *const *always;
    size_t always_n;
    const char *const *mended;
    size_t mended_n;
    struct bw_gate_words watch; /* made by bw_gate_options_watch */
};

struct bw_gate_options bw_gate_options(void);
void bw_gate_options_free(struct bw_gate_options *options); /* also for BW_CLEANUP */

/* Takes an option by its id; value is NULL for a flag. BW_EUSAGE. */
int bw_gate_options_take(struct bw_gate_options *options, int id, const char *value,
                         struct bw_err *err) BW_MUST_USE;

/* What goes together: a log that is required is named. BW_EUSAGE. */
int bw_gate_options_check(const struct bw_gate_options *options, struct bw_err *err) BW_MUST_USE;

/*
 * Reads the files, compiles the policies, and sees that rules come of it. *ret_configuration is
 * JSON for bw_gate_rules_open, *ret_set the bytes of the set of --policy, or empty; both are made
 * anew, and freed by the caller with bw_buf_free. Problems of policies are printed to standard
 * error, each with its place. BW_EFORMAT, BW_EUSAGE, BW_ENOENT, BW_EACCESS, ... with "FILE:LINE: ".
 */
int bw_gate_options_load(const struct bw_gate_options *options, struct bw_buf *ret_configuration,
                         struct bw_buf *ret_set, struct bw_err *err) BW_MUST_USE;

/* The files and directories that bw_gate_options_load reads, NULL at the end; valid until the
 * options change. NULL when memory is short. */
const char *const *bw_gate_options_watch(struct bw_gate_options *options);

/* A YAML text as the JSON of a configuration, strictly; `file` is for errors. is_exceptions: it is
 * a list of exceptions. For who has texts and no files, and for tests. */
int bw_gate_yaml(struct bw_str file, struct bw_str text, bool is_exceptions, struct bw_buf *json,
                 struct bw_err *err) BW_MUST_USE;

#endif
