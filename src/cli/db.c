#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/db.h"
#include "cli/terminal.h"
#include "know/exchange.h"
#include "know/import.h"
#include "know/store-writer.h"
#include "know/store.h"
#include "sandbox/confine.h"

#define ECOSYSTEMS_MAX 1000
#define OPERANDS_MAX   10000

enum {
    OPTION_FROM = 1,
    OPTION_ECOSYSTEM,
    OPTION_KEV,
    OPTION_EPSS,
    OPTION_DATABASE,
    OPTION_QUIET,
};

#define OPTIONS_COMMON                                                                             \
    {OPTION_KEV, 0, "kev", "FILE|URL", "CISA's Known Exploited Vulnerabilities, in JSON"},         \
        {OPTION_EPSS, 0, "epss", "FILE|URL", "FIRST's EPSS scores, in CSV, or that in gzip"},      \
        {OPTION_DATABASE, 0, "db", "FILE", "the database, instead of the usual place"},            \
    {                                                                                              \
        OPTION_QUIET, 'q', "quiet", NULL, "no progress, and no summary"                            \
    }

static const struct bw_option update_options[] = {
    {OPTION_FROM, 0, "from", "DIR|URL",
     "where the advisories are: a folder or a URL in the layout "
     "of the OSV bucket (ECOSYSTEM/all.zip). Default: "
     "$BULWARK_ADVISORIES, else the public OSV bucket"},
    {OPTION_ECOSYSTEM, 'e', "ecosystem", "NAME",
     "only this one (Debian, Alpine, ...); may be repeated; 'all' "
     "for all there are. Default: all of a folder or a mirror; "
     "of the public bucket those that images are made of"},
    OPTIONS_COMMON,
    {0},
};

static const struct bw_option import_options[] = {OPTIONS_COMMON, {0}};

static const struct bw_option export_options[] = {
    {OPTION_DATABASE, 0, "db", "FILE", "the database, instead of the usual place"},
    {0},
};

/* A list beside the advisories: a file or a URL. */
struct list {
    const char *where;
    bool is_extra; /* nobody asked for it by name: without it the rest still counts */
};

struct choice {
    const char *from, *database;
    struct list kev, epss;
    BW_VEC_TYPE(bw_db_ecosystems, struct bw_str) ecosystems;
    BW_VEC_TYPE(bw_db_operands, const char *) operands;
    bool quiet;
};

static int take_option(struct choice *choice, int id, const char *value, struct bw_err *err)
{
    switch (id) {
    case BW_ARG_OPERAND: {
        const char **slot = BW_VEC_PUSH(&choice->operands, OPERANDS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many operands");
        *slot = value;
        return 0;
    }
    case OPTION_ECOSYSTEM: {
        struct bw_str *slot = BW_VEC_PUSH(&choice->ecosystems, ECOSYSTEMS_MAX);
        if (!slot)
            return bw_err_set(err, BW_EUSAGE, "too many ecosystems");
        *slot = bw_str(value);
        return 0;
    }
    case OPTION_FROM:
        choice->from = value;
        return 0;
    case OPTION_KEV:
        choice->kev.where = value;
        return 0;
    case OPTION_EPSS:
        choice->epss.where = value;
        return 0;
    case OPTION_DATABASE:
        choice->database = value;
        return 0;
    default:
        choice->quiet = true;
        return 0;
    }
}

static void free_choice(struct choice *choice)
{
    BW_VEC_FREE(&choice->ecosystems);
    BW_VEC_FREE(&choice->operands);
}

/* BW_EXIT_FINE to go on; *ret_done where help was shown or the use was wrong. */
static int parse(const struct bw_verb *verb, int argc, char **argv, struct choice *choice,
                 bool *ret_done)
{
    struct bw_args args = {.verb = verb, .argc = argc, .argv = argv, .at = 1};
    struct bw_err err = {0};
    const char *value;
    int id;
    *ret_done = true;
    while ((id = bw_args_next(&args, &value, &err)) != BW_ARG_END) {
        if (id == BW_ARG_HELP) {
            bw_cli_help(verb);
            return BW_EXIT_FINE;
        }
        if (id == BW_ARG_WRONG || take_option(choice, id, value, &err))
            return bw_cli_usage_error(verb, &err);
    }
    *ret_done = false;
    return BW_EXIT_FINE;
}

/* --- what the person sees --- */

struct shown {
    bool quiet;
    /* Two, so that another source is another pointer, by which the bar starts anew. */
    char labels[2][200];
    unsigned at;
};

static bool on_progress(void *ctx, const struct bw_import_progress *p)
{
    struct shown *shown = ctx;
    char label[200];
    snprintf(label, sizeof label, "%s %" BW_STR_F, p->download ? "Fetching" : "Importing",
             BW_STR_A(bw_str_take(p->source, 120)));
    if (strcmp(label, shown->labels[shown->at]) != 0) {
        shown->at ^= 1;
        memcpy(shown->labels[shown->at], label, sizeof label);
    }
    bw_progress_show(shown->labels[shown->at], 0, 0, p->done, p->total);
    return false;
}

static void on_note(void *ctx, bool warning, const char *text)
{
    (void)ctx;
    bw_log(warning ? BW_LOG_WARN : BW_LOG_INFO, "%s", text);
}

static void on_waiting(void *ctx)
{
    const char *path = ctx;
    bw_log(BW_LOG_WARN, "another bulwark changes the advisories; waiting for it (%s.lock)", path);
}

static void print_summary(const struct bw_import *import, bool begun)
{
    if (import->records || import->removed)
        printf("%llu records of %llu %s: %llu new or changed, %llu removed, %llu unchanged\n",
               (unsigned long long)import->records, (unsigned long long)import->sources,
               import->sources == 1 ? "source" : "sources", (unsigned long long)import->changed,
               (unsigned long long)import->removed, (unsigned long long)import->unchanged);
    else if (begun)
        puts("The list was taken in");
    if (import->left_out)
        printf("%llu errata without security matter were left out\n",
               (unsigned long long)import->left_out);
    if (import->unreadable)
        printf("%llu records could not be read: `bulwark db status` names them\n",
               (unsigned long long)import->unreadable);
    if (!begun)
        puts("Nothing changed; the database was left as it is");
}

/* --- update and import --- */

static int import_one(struct bw_import *import, const char *operand, struct bw_err *err)
{
    if (strncmp(operand, "http://", 7) == 0 || strncmp(operand, "https://", 8) == 0 ||
        strncmp(operand, "file://", 7) == 0)
        return bw_import_url(import, operand, err);
    return bw_import_path(import, operand, err);
}

/* Where a list is only the usual extra of an update, that it cannot be had is told and counted, and
 * the advisories are kept. */
static int import_list(struct bw_import *import, const struct list *list, const char *name,
                       int (*take)(struct bw_import *import, const char *where, struct bw_err *err),
                       struct bw_err *err)
{
    struct bw_err why = {0};
    int rc = list->where ? take(import, list->where, &why) : 0;
    if (rc == 0)
        return 0;
    bool passing = rc != BW_ENOMEM && rc != BW_EIO && rc != BW_EINTERNAL && !import->stopped;
    if (!list->is_extra || !passing) {
        *err = why;
        return rc;
    }
    bw_log(BW_LOG_WARN, "the %s was not imported: %s", name, why.msg);
    import->sources_failed++;
    return 0;
}

static int import_all(struct bw_import *import, const struct choice *choice, struct bw_err *err)
{
    int rc = 0;
    const struct bw_strs ecosystems = {choice->ecosystems.v, choice->ecosystems.n};
    if (choice->from)
        rc = bw_import_bucket(import, choice->from, ecosystems, err);
    for (size_t i = 0; rc == 0 && i < choice->operands.n; i++)
        rc = import_one(import, choice->operands.v[i], err);
    if (rc == 0)
        rc = import_list(import, &choice->kev, "list of exploited vulnerabilities", bw_import_kev,
                         err);
    if (rc == 0)
        rc = import_list(import, &choice->epss, "list of EPSS scores", bw_import_epss, err);
    return rc;
}

static int run_import(struct bw_writer *writer, const struct choice *choice)
{
    struct shown shown = {.quiet = choice->quiet};
    struct bw_import import = {
        .writer = writer, .progress = on_progress, .note = on_note, .ctx = &shown};
    struct bw_err err = {0};
    bw_progress_start(choice->quiet);
    int rc = import_all(&import, choice, &err);
    bool begun = bw_writer_begun(writer);
    if (rc == 0 && begun)
        bw_progress_show("Settling", 0, 0, 0, 0);
    if (rc == 0)
        rc = bw_writer_commit(writer, &err);
    bw_progress_clear();
    bw_import_end(&import);
    if (rc)
        return bw_cli_error(&err);
    if (!choice->quiet)
        print_summary(&import, begun);
    return import.sources_failed ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static int take_export(struct bw_writer *writer, const struct choice *choice)
{
    struct bw_err err = {0};
    if (bw_exchange_import(writer, choice->operands.v[0], &err))
        return bw_cli_error(&err);
    if (!choice->quiet)
        printf("%s is the advisory database now\n", choice->operands.v[0]);
    return BW_EXIT_FINE;
}

/* What a server or a stranger's file says is read by this process: from here on it can change
 * nothing but the folder of the database. */
static int confine(const char *path, struct bw_err *err)
{
    bool landlock;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int rc = bw_confine(folder, &landlock, err);
    free(folder);
    return rc;
}

static int with_writer(const struct choice *choice,
                       int (*run)(struct bw_writer *writer, const struct choice *choice))
{
    struct bw_writer *writer BW_CLEANUP(bw_writer_freep) = NULL;
    struct bw_err err = {0};
    char *path = NULL;
    int rc = bw_db_path(choice->database, &path, &err);
    if (rc == 0)
        rc = bw_writer_open(path, on_waiting, path, &writer, &err);
    if (rc == 0)
        rc = confine(path, &err);
    int code = rc ? bw_cli_error(&err) : run(writer, choice);
    free(path);
    return code;
}

int bw_db_path(const char *given, char **ret_path, struct bw_err *err)
{
    if (!given)
        return bw_store_default_path(ret_path, err);
    *ret_path = strdup(given);
    return *ret_path ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
}

static void choose_list(struct list *list, const char *set, const char *public)
{
    if (list->where)
        return;
    list->where = set && *set ? set : public;
    list->is_extra = true;
}

/* A mirror has the lists beside the advisories; the public bucket has none. */
static void choose_lists(struct choice *choice)
{
    bool public = strcmp(choice->from, BW_IMPORT_PUBLIC_BUCKET) == 0;
    choose_list(&choice->kev, getenv("BULWARK_KEV"), public ? BW_IMPORT_PUBLIC_KEV : NULL);
    choose_list(&choice->epss, getenv("BULWARK_EPSS"), public ? BW_IMPORT_PUBLIC_EPSS : NULL);
}

static int run_update(const struct bw_verb *verb, int argc, char **argv)
{
    struct choice choice = {0};
    bool done;
    int code = parse(verb, argc, argv, &choice, &done);
    const char *usual = getenv("BULWARK_ADVISORIES");
    if (!done && !choice.from)
        choice.from = usual && *usual ? usual : BW_IMPORT_PUBLIC_BUCKET;
    if (!done)
        choose_lists(&choice);
    if (!done && choice.operands.n) {
        struct bw_err err = {0};
        bw_err_set(&err, BW_EUSAGE, "update takes no operands: did you mean --from %s?",
                   choice.operands.v[0]);
        code = bw_cli_usage_error(verb, &err);
    } else if (!done) {
        code = with_writer(&choice, run_import);
    }
    free_choice(&choice);
    return code;
}

static int import_or_take(const struct choice *choice, const struct bw_verb *verb)
{
    struct bw_err err = {0};
    size_t exports = 0;
    for (size_t i = 0; i < choice->operands.n; i++)
        exports += bw_exchange_is(choice->operands.v[i]);
    if (choice->operands.n == 0 && !choice->kev.where && !choice->epss.where)
        bw_err_set(&err, BW_EUSAGE, "what shall be imported?");
    else if (exports && (choice->operands.n > 1 || choice->kev.where || choice->epss.where))
        bw_err_set(&err, BW_EUSAGE, "an export replaces everything: import it alone");
    if (err.code)
        return bw_cli_usage_error(verb, &err);
    return with_writer(choice, exports ? take_export : run_import);
}

static int run_import_verb(const struct bw_verb *verb, int argc, char **argv)
{
    struct choice choice = {0};
    bool done;
    int code = parse(verb, argc, argv, &choice, &done);
    if (!done)
        code = import_or_take(&choice, verb);
    free_choice(&choice);
    return code;
}

static int export_to(const struct choice *choice)
{
    struct bw_err err = {0};
    char *path = NULL, checksum[65];
    int rc = bw_db_path(choice->database, &path, &err);
    if (rc == 0)
        rc = bw_exchange_export(path, choice->operands.v[0], checksum, &err);
    free(path);
    if (rc)
        return bw_cli_error(&err);
    printf("%s: checksum %s\n", choice->operands.v[0], checksum);
    return BW_EXIT_FINE;
}

static int run_export(const struct bw_verb *verb, int argc, char **argv)
{
    struct choice choice = {0};
    struct bw_err err = {0};
    bool done;
    int code = parse(verb, argc, argv, &choice, &done);
    if (!done && choice.operands.n != 1) {
        bw_err_set(&err, BW_EUSAGE, "export takes one file to write");
        code = bw_cli_usage_error(verb, &err);
    } else if (!done) {
        code = export_to(&choice);
    }
    free_choice(&choice);
    return code;
}

static const struct bw_verb verbs[] = {
    {
        .name = "update",
        .summary = "fetch what changed since the last time",
        .operands = "",
        .about = "Brings the advisory database up to date. Only what changed is fetched and read;\n"
                 "a transfer that was cut off goes on where it stopped. The new database takes\n"
                 "the place of the old one at the very end: who reads meanwhile, and who kills\n"
                 "it, keeps the old one.\n\n"
                 "The database is $BULWARK_DB, else for root /var/lib/bulwark/advisories.db,\n"
                 "else $XDG_DATA_HOME/bulwark/advisories.db (~/.local/share).",
        .examples = "  bulwark db update\n"
                    "  bulwark db update --from /mnt/osv -e Debian -e Alpine\n"
                    "  bulwark db update --from https://mirror.example/osv",
        .options = update_options,
        .run = run_update,
    },
    {
        .name = "import",
        .summary = "take in advisories from files",
        .operands = "PATH|URL...",
        .about = "Takes in OSV advisories: a folder in the layout of the OSV bucket, a folder of\n"
                 "JSON files, a ZIP archive of them, one JSON file, CISA's list of exploited\n"
                 "vulnerabilities, FIRST's EPSS scores (CSV, also in gzip), or a URL of one of\n"
                 "the files. Importing the same again\n"
                 "replaces what it gave before, and changes nothing where nothing changed.\n\n"
                 "A file made by 'bulwark db export' replaces the whole database.",
        .examples = "  bulwark db import /mnt/osv\n"
                    "  bulwark db import Debian/all.zip my-own-advisories/\n"
                    "  bulwark db import --kev known_exploited_vulnerabilities.json",
        .options = import_options,
        .run = run_import_verb,
    },
    {
        .name = "export",
        .summary = "write the database to one file for another machine",
        .operands = "FILE",
        .about = "Writes a compact copy of the database with a checksum, for 'bulwark db import'\n"
                 "on a machine without a network. It is a SQLite file.",
        .examples = "  bulwark db export advisories.db",
        .options = export_options,
        .run = run_export,
    },
    {
        .name = "status",
        .summary = "what the database holds, and how old it is",
        .operands = "",
        .about = "Shows the sources, ecosystems and counts of the database, and the records that\n"
                 "could not be read.",
        .examples = "  bulwark db status\n  bulwark db status --format json",
        .options = bw_db_status_options,
        .run = bw_db_status,
    },
    {
        .name = "compare",
        .summary = "order two versions as an ecosystem does",
        .operands = "ECOSYSTEM [A B]",
        .about = "Prints <, = or > for two versions in the order of an OSV ecosystem (Debian,\n"
                 "Alpine, AlmaLinux, ...) or of a package manager (dpkg, apk, rpm, semver).\n"
                 "Without A and B it reads pairs from standard input, a line each, and prints a\n"
                 "line each.",
        .examples = "  bulwark db compare Debian 1.0~rc1-1 1.0-1\n"
                    "  bulwark db compare rpm < pairs.txt",
        .options = NULL,
        .run = bw_db_compare,
    },
    {0},
};

const struct bw_verb bw_verb_db = {
    .name = "db",
    .summary = "the advisory database: update, import, export, status, compare",
    .operands = "update|import|export|status|compare",
    .about = "Keeps the advisories that packages are compared with.",
    .verbs = verbs,
};
