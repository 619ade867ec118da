#include <string.h>

#include "cli/database.h"
#include "cli/diff-changes.h"
#include "cli/target-options.h"
#include "cli/terminal.h"
#include "decide/verdict.h"
#include "report/text.h"
#include "wrap/json.h"

/* Lists are cut here unless --verbose is given. */
#define LISTED_MAX  25u
#define ELEMENT_MAX ((size_t)64 << 20)
#define INDENT      10u

enum {
    OPTION_FAIL_ON = 100,
    OPTION_DATABASE,
};

static const struct bw_option options[] = {
    {BW_OPTION_FORMAT, 'f', "format", "NAME", "table (default, for people) or json"},
    {OPTION_FAIL_ON, 0, "fail-on", "LIST",
     "exit with 1 where a finding is new that LIST names: as for 'bulwark scan'"},
    {OPTION_DATABASE, 0, "db", "FILE", "the advisory database; default: see 'bulwark db status'"},
    BW_TARGET_OPTIONS,
    {0},
};

struct choice {
    struct bw_target_options targets;
    struct bw_verdict_rules rules;
    const char *database;
};

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct choice *choice = ctx;
    if (id == OPTION_FAIL_ON)
        return bw_verdict_parse(value, &choice->rules, err);
    choice->database = value;
    return 0;
}

/* --- json --- */

static void put_setting(struct bw_json_writer *w, const struct bw_setting_change *change)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "change", bw_str(bw_change_name(change->kind)));
    bw_json_member_str(w, "name", change->name);
    bw_json_member_str(w, "before", change->before);
    bw_json_member_str(w, "after", change->after);
    bw_json_end(w);
}

static void put_finding(struct bw_json_writer *w, const struct bw_finding_change *change)
{
    const struct bw_finding *f = change->after ? change->after : change->before;
    bw_json_begin_object(w);
    bw_json_member_str(w, "change", bw_str(bw_change_name(change->kind)));
    bw_json_member_str(w, "kind", bw_str(bw_finding_kind_name(f->kind)));
    bw_json_member_str(w, "id", f->id);
    bw_json_member_str(w, "severity", bw_str(bw_severity_name(f->severity)));
    bw_json_member_str(w, "fingerprint", f->fingerprint);
    bw_json_member_str(w, "path", f->location.path);
    if (f->package) {
        bw_json_member_str(w, "package", f->package->name);
        bw_json_member_str(w, "version", f->package->version);
    }
    if (f->fixed_version.n)
        bw_json_member_str(w, "fixed_version", f->fixed_version);
    bw_json_end(w);
}

static void put_package(struct bw_json_writer *w, const struct bw_package_change *change)
{
    const struct bw_package *p = (change->after ? change->after : change->before)->package;
    bw_json_begin_object(w);
    bw_json_member_str(w, "change", bw_str(bw_change_name(change->kind)));
    bw_json_member_str(w, "type", bw_str(bw_package_type_name(p->type)));
    bw_json_member_str(w, "name", p->name);
    if (change->before)
        bw_json_member_str(w, "before", change->before->package->version);
    if (change->after)
        bw_json_member_str(w, "after", change->after->package->version);
    bw_json_end(w);
}

static void put_file(struct bw_json_writer *w, const struct bw_file_change *change)
{
    const struct bw_listed_file *f = change->after ? change->after : change->before;
    bw_json_begin_object(w);
    bw_json_member_str(w, "change", bw_str(bw_change_name(change->kind)));
    bw_json_member_str(w, "path", f->path);
    if (change->before)
        bw_json_member_u64(w, "size_before", change->before->file->size);
    if (change->after)
        bw_json_member_u64(w, "size_after", change->after->file->size);
    bw_json_end(w);
}

static void begin(struct bw_json_writer *w, const char *key)
{
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
}

static int print_json(const struct bw_report *report, const struct bw_changes *c,
                      struct bw_output_file *file, struct bw_err *err)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)2 << 30);
    struct bw_json_writer w = bw_json_writer(&buf, true);
    bw_json_begin_object(&w);
    bw_json_member_u64(&w, "schema_version", 1);
    bw_json_member_str(&w, "before", report->subjects[0].name);
    bw_json_member_str(&w, "after", report->subjects[1].name);
    begin(&w, "findings");
    for (size_t i = 0; i < c->findings_n; i++)
        put_finding(&w, &c->findings[i]);
    bw_json_end(&w);
    begin(&w, "packages");
    for (size_t i = 0; i < c->packages_n; i++)
        put_package(&w, &c->packages[i]);
    bw_json_end(&w);
    begin(&w, "files");
    for (size_t i = 0; i < c->files_n; i++)
        put_file(&w, &c->files[i]);
    bw_json_end(&w);
    begin(&w, "settings");
    for (size_t i = 0; i < c->settings_n; i++)
        put_setting(&w, &c->settings[i]);
    bw_json_end(&w);
    begin(&w, "gaps");
    for (size_t i = 0; i < report->gaps_n; i++) {
        bw_json_begin_object(&w);
        bw_json_member_str(&w, "class", bw_str(bw_gap_class_name(report->gaps[i].class)));
        bw_json_member_str(&w, "where", report->gaps[i].where);
        bw_json_member_str(&w, "what", report->gaps[i].what);
        bw_json_member_str(&w, "why", report->gaps[i].why);
        bw_json_end(&w);
    }
    bw_json_end(&w);
    bw_json_end(&w);
    if (bw_buf_failed(&buf))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the result");
    return bw_output_sink_write(file, buf.p, buf.n, err);
}

/* --- text --- */

static enum bw_style style_of(enum bw_change_kind kind)
{
    return kind == BW_CHANGE_NEW    ? BW_STYLE_BAD
           : kind == BW_CHANGE_GONE ? BW_STYLE_GOOD
                                    : BW_STYLE_WARN;
}

/* "new       ": what went from the findings was fixed. */
static void put_kind(struct bw_text *t, enum bw_change_kind kind, bool finding)
{
    const char *name = finding && kind == BW_CHANGE_GONE ? "fixed" : bw_change_name(kind);
    bw_text_put(t, finding ? style_of(kind) : BW_STYLE_STRONG, bw_str(name));
    bw_text_tab(t, INDENT);
}

static void print_finding(struct bw_text *t, const struct bw_finding_change *change)
{
    const struct bw_finding *f = change->after ? change->after : change->before;
    put_kind(t, change->kind, true);
    bw_text_put(t, bw_style_of_severity(f->severity), bw_str(bw_severity_name(f->severity)));
    bw_text_tab(t, INDENT + 12);
    bw_text_flow(t, BW_STYLE_STRONG, f->id, INDENT + 12);
    if (f->package) {
        bw_text_flow(t, BW_STYLE_PLAIN, BW_STR("  "), INDENT + 12);
        bw_text_flow(t, BW_STYLE_PLAIN, f->package->name, INDENT + 12);
        bw_text_flow(t, BW_STYLE_PLAIN, BW_STR(" "), INDENT + 12);
        bw_text_flow(t, BW_STYLE_FAINT, f->package->version, INDENT + 12);
    } else {
        bw_text_flow(t, BW_STYLE_PLAIN, BW_STR("  "), INDENT + 12);
        bw_text_flow(t, BW_STYLE_PLAIN, f->location.path.n ? f->location.path : f->location.inner,
                     INDENT + 12);
    }
    bw_text_newline(t);
}

static void print_package(struct bw_text *t, const struct bw_package_change *change)
{
    const struct bw_package *p = (change->after ? change->after : change->before)->package;
    put_kind(t, change->kind, false);
    bw_text_put(t, BW_STYLE_FAINT, bw_str(bw_package_type_name(p->type)));
    bw_text_tab(t, INDENT + 12);
    bw_text_flow(t, BW_STYLE_PLAIN, p->name, INDENT + 12);
    bw_text_put(t, BW_STYLE_PLAIN, BW_STR(" "));
    if (change->before)
        bw_text_flow(t, BW_STYLE_FAINT, change->before->package->version, INDENT + 12);
    if (change->before && change->after)
        bw_text_put(t, BW_STYLE_PLAIN, bw_text_either(t, " → ", " -> "));
    if (change->after)
        bw_text_flow(t, BW_STYLE_PLAIN, change->after->package->version, INDENT + 12);
    bw_text_newline(t);
}

static void print_file(struct bw_text *t, const struct bw_file_change *change)
{
    const struct bw_listed_file *f = change->after ? change->after : change->before;
    put_kind(t, change->kind, false);
    bw_text_flow(t, BW_STYLE_PLAIN, f->path, INDENT);
    bw_text_newline(t);
}

static void print_setting(struct bw_text *t, const struct bw_setting_change *change)
{
    put_kind(t, change->kind, false);
    bw_text_flow(t, BW_STYLE_STRONG, change->name, INDENT);
    bw_text_put(t, BW_STYLE_PLAIN, BW_STR("  "));
    bw_text_flow(t, BW_STYLE_FAINT, change->before, INDENT);
    if (change->before.n && change->after.n)
        bw_text_put(t, BW_STYLE_PLAIN, bw_text_either(t, " → ", " -> "));
    bw_text_flow(t, BW_STYLE_PLAIN, change->after, INDENT);
    bw_text_newline(t);
}

/* Whether the i-th of n still fits; says how many do not. */
static bool fits(struct bw_text *t, size_t i, size_t n)
{
    if (t->options->detail == BW_OUTPUT_VERBOSE || i < LISTED_MAX)
        return true;
    bw_text_tab(t, INDENT);
    bw_text_printf(t, BW_STYLE_FAINT, "and %zu more (--verbose lists all)", n - i);
    bw_text_newline(t);
    return false;
}

static void print_findings(struct bw_text *t, const struct bw_changes *c)
{
    size_t count[4] = {0}, listed = 0;
    for (size_t i = 0; i < c->findings_n; i++)
        count[c->findings[i].kind]++;
    size_t n = count[BW_CHANGE_NEW] + count[BW_CHANGE_GONE];
    bw_text_rule(t, BW_STYLE_STRONG, BW_STR("Findings"));
    for (size_t i = 0; i < c->findings_n && t->options->detail != BW_OUTPUT_QUIET; i++) {
        if (c->findings[i].kind == BW_CHANGE_SAME)
            continue;
        if (!fits(t, listed++, n))
            break;
        print_finding(t, &c->findings[i]);
    }
    bw_text_printf(t, BW_STYLE_STRONG, "%zu new, %zu fixed, %zu the same", count[BW_CHANGE_NEW],
                   count[BW_CHANGE_GONE], count[BW_CHANGE_SAME]);
    bw_text_newline(t);
}

#define PRINT_ALL(t, title, list, n, print)                                                        \
    do {                                                                                           \
        bw_text_newline(t);                                                                        \
        bw_text_rule(t, BW_STYLE_STRONG, BW_STR(title));                                           \
        for (size_t i = 0; i < (n) && (t)->options->detail != BW_OUTPUT_QUIET && fits(t, i, (n));  \
             i++)                                                                                  \
            print(t, &(list)[i]);                                                                  \
        bw_text_printf(t, BW_STYLE_STRONG, (n) == 1 ? "%zu change" : "%zu changes", (n));          \
        bw_text_newline(t);                                                                        \
    } while (0)

static int print_text(const struct bw_report *report, const struct bw_changes *c,
                      const struct bw_output_options *how, struct bw_output_file *file,
                      struct bw_err *err)
{
    struct bw_output_sink sink = {.ctx = file, .write = bw_output_sink_write};
    struct bw_text t = bw_text_begin(how, &sink, err);
    bw_text_put(&t, BW_STYLE_STRONG, BW_STR("from "));
    bw_text_flow(&t, BW_STYLE_PLAIN, report->subjects[0].name, 5);
    bw_text_newline(&t);
    bw_text_put(&t, BW_STYLE_STRONG, BW_STR("to   "));
    bw_text_flow(&t, BW_STYLE_PLAIN, report->subjects[1].name, 5);
    bw_text_newline(&t);
    bw_text_newline(&t);
    print_findings(&t, c);
    PRINT_ALL(&t, "Packages", c->packages, c->packages_n, print_package);
    PRINT_ALL(&t, "Configuration", c->settings, c->settings_n, print_setting);
    PRINT_ALL(&t, "Files", c->files, c->files_n, print_file);
    for (size_t i = 0; i < report->gaps_n; i++) {
        const struct bw_gap *gap = &report->gaps[i];
        bw_text_put(&t, BW_STYLE_WARN, bw_str(bw_gap_class_name(gap->class)));
        bw_text_tab(&t, INDENT);
        bw_text_flow(&t, BW_STYLE_PLAIN, gap->where, INDENT);
        bw_text_put(&t, BW_STYLE_PLAIN, BW_STR(": "));
        bw_text_flow(&t, BW_STYLE_PLAIN, gap->why, INDENT);
        bw_text_newline(&t);
    }
    return bw_text_end(&t);
}

/* --- */

static int print(const struct choice *choice, const struct bw_report *report,
                 const struct bw_changes *changes, struct bw_err *err)
{
    struct bw_output_file file;
    bool to_file = choice->targets.output && strcmp(choice->targets.output, "-") != 0;
    struct bw_output_options how = {
        .width = to_file ? 0 : bw_terminal_width(1),
        .colour = !to_file && bw_terminal_colour(1),
        .unicode = bw_terminal_unicode(),
        .detail = choice->targets.quiet     ? BW_OUTPUT_QUIET
                  : choice->targets.verbose ? BW_OUTPUT_VERBOSE
                                            : BW_OUTPUT_NORMAL,
    };
    bool json = choice->targets.format && strcmp(choice->targets.format, "json") == 0;
    int rc = bw_output_open(&file, choice->targets.output, err);
    if (rc)
        return rc;
    rc = json ? print_json(report, changes, &file, err)
              : print_text(report, changes, &how, &file, err);
    int closed = bw_output_close(&file, rc == 0, rc ? NULL : err);
    return rc ? rc : closed;
}

/* The verdict over what is new alone. */
static int decide(const struct choice *choice, struct bw_report *report,
                  const struct bw_changes *changes, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_report new = *report;
    new.findings = bw_arena_array(arena, changes->findings_n, sizeof *new.findings);
    new.findings_n = 0;
    if (!new.findings)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < changes->findings_n; i++)
        if (changes->findings[i].kind == BW_CHANGE_NEW)
            new.findings[new.findings_n++] = *changes->findings[i].after;
    int rc = bw_verdict_decide(&new, &choice->rules, arena, err);
    report->verdict = new.verdict;
    return rc;
}

static int examine(struct choice *choice, struct bw_arena *arena, struct bw_report *report,
                   struct bw_err *err)
{
    struct bw_know *know BW_CLEANUP(bw_know_closep) = NULL;
    struct bw_scan *scan = bw_scan_new(&choice->targets.scan, arena, err);
    int rc = scan ? bw_target_options_run(&choice->targets, scan, err) : (int)err->code;
    if (rc == 0)
        rc = bw_cli_open_database(choice->database, &know, err);
    if (rc == 0)
        rc = bw_scan_judge(scan, know, NULL, report, err);
    bw_scan_free(scan);
    return rc;
}

static int run_diff(struct choice *choice, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_report report = {0};
    struct bw_changes changes = {0};
    choice->targets.scan.all_files = true;
    int rc = examine(choice, arena, &report, err);
    if (rc == 0)
        rc = bw_changes_make(&report, 0, 1, arena, &changes, err);
    if (rc == 0)
        rc = print(choice, &report, &changes, err);
    if (rc == 0)
        rc = decide(choice, &report, &changes, arena, err);
    if (rc)
        return bw_cli_error(err);
    if (report.verdict == BW_VERDICT_FAIL)
        return BW_EXIT_VERDICT;
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    struct choice choice = {.targets = bw_target_options()};
    int code = bw_target_options_read(&choice.targets, verb, argc, argv, own_option, &choice);
    const char *format = choice.targets.format;
    if (code < 0 &&
        (choice.targets.targets.n != 2 || choice.targets.all_local || choice.targets.cached)) {
        bw_err_set(&err, BW_EUSAGE, "name two targets: the one before and the one after");
        code = bw_cli_usage_error(verb, &err);
    } else if (code < 0 && format && strcmp(format, "json") != 0 && strcmp(format, "table") != 0) {
        bw_err_set(&err, BW_EUSAGE, "--format takes json or table, not '%s'", format);
        code = bw_cli_usage_error(verb, &err);
    }
    if (code < 0) {
        struct bw_arena *arena = bw_arena_new(BW_SCAN_FACTS_MAX);
        bw_err_set(&err, BW_ENOMEM, "out of memory");
        code = arena ? run_diff(&choice, arena, &err) : bw_cli_error(&err);
        bw_arena_free(arena);
    }
    bw_target_options_free(&choice.targets);
    return code;
}

const struct bw_verb bw_verb_diff = {
    .name = "diff",
    .summary = "compare two targets: findings, packages, files, configuration",
    .operands = "BEFORE AFTER",
    .about = "Examines two targets and tells what is new in the second, what was fixed and\n"
             "what stayed: findings, packages and their versions, the configuration of the\n"
             "image, and files by size, mode, owner and checksum. Targets are named as for\n"
             "'bulwark scan'. A finding is the same whatever the version of its package, so\n"
             "that a rebuild does not make it new.\n"
             "\n"
             "Exit codes: 0 fine; 1 a finding is new that --fail-on names; 2 wrong use; 3 a\n"
             "blocking gap; 4 internal error.",
    .examples = "  bulwark diff app:1.4 app:1.5\n"
                "  bulwark diff --fail-on high old.tar new.tar\n"
                "  bulwark diff --format json ./layout-before ./layout-after",
    .options = options,
    .run = run,
};
