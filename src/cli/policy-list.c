/*
 * policy list, policy explain.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/policy-print.h"
#include "cli/policy.h"

enum {
    OPTION_PROFILE = 100,
    OPTION_SEVERITY,
    OPTION_RESOURCE,
    OPTION_FIXABLE,
};

const struct bw_option bw_policy_list_options[] = {
    {OPTION_PROFILE, 'p', "profile", "NAME",
     "only policies of this profile (hosting, baseline, restricted, cis-docker, strict); may be "
     "repeated"},
    {OPTION_SEVERITY, 0, "severity", "WORD", "only this severity and worse"},
    {OPTION_RESOURCE, 0, "resource", "NAME",
     "only what looks at such objects: pods, dockerfiles, composeservices, images, ..."},
    {OPTION_FIXABLE, 0, "fixable", NULL, "only what 'bulwark check --fix' may mend"},
    BW_POLICY_OPTION_POLICY_ROW,
    {BW_POLICY_OPTION_FORMAT, 'f', "format", "NAME", "table (default, for people) or json"},
    {BW_POLICY_OPTION_OUTPUT, 'o', "output", "FILE", "write to FILE, not to standard output"},
    {0},
};

const struct bw_option bw_policy_explain_options[] = {
    BW_POLICY_OPTION_POLICY_ROW,
    {BW_POLICY_OPTION_FORMAT, 'f', "format", "NAME", "text (default, for people) or json"},
    {BW_POLICY_OPTION_OUTPUT, 'o', "output", "FILE", "write to FILE, not to standard output"},
    {0},
};

struct listing {
    struct bw_policy_arguments arguments;
    struct bw_policy_files files;
    struct bw_policy_words profiles;
    enum bw_severity at_least;
    const char *resource;
    bool fixable;
    BW_VEC_TYPE(chosen, size_t) chosen;
};

static void free_listing(struct listing *listing)
{
    bw_policy_arguments_free(&listing->arguments);
    bw_policy_files_close(&listing->files);
    BW_VEC_FREE(&listing->profiles);
    BW_VEC_FREE(&listing->chosen);
}

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct listing *listing = ctx;
    switch (id) {
    case OPTION_PROFILE:
        return bw_policy_add_word(&listing->profiles, value, err);
    case OPTION_SEVERITY:
        if (!bw_severity_parse(bw_str(value), &listing->at_least))
            return bw_err_set(err, BW_EUSAGE,
                              "'%s' is no severity: negligible, low, medium, high or critical",
                              value);
        return 0;
    case OPTION_FIXABLE:
        listing->fixable = true;
        return 0;
    default:
        listing->resource = value;
        return 0;
    }
}

/* --- which --- */

static bool holds(struct bw_str text, struct bw_str word)
{
    for (size_t i = 0; i + word.n <= text.n; i++)
        if (bw_str_eq_nocase(bw_str_n(text.p + i, word.n), word))
            return true;
    return false;
}

static bool mentions(const struct bw_policy *policy, struct bw_str word)
{
    if (holds(policy->id, word) || holds(bw_str(policy->check.title), word))
        return true;
    for (size_t i = 0; i < policy->aliases.n; i++)
        if (holds(policy->aliases.v[i], word))
            return true;
    for (const char *const *reference = policy->check.references; *reference; reference++)
        if (holds(bw_str(*reference), word))
            return true;
    return false;
}

static bool looks_at(const struct bw_policy *policy, const char *resource)
{
    for (size_t i = 0; resource && i < policy->resources.n; i++) {
        struct bw_str name = policy->resources.v[i];
        size_t slash = bw_str_find(name, '/');
        if (bw_str_eq(name, bw_str(resource)) ||
            (slash != SIZE_MAX && bw_str_eq(bw_str_from(name, slash + 1), bw_str(resource))))
            return true;
    }
    return !resource;
}

static bool is_wanted(const struct listing *listing, const struct bw_policy *policy)
{
    if (!looks_at(policy, listing->resource) || (listing->fixable && !policy->fixable))
        return false;
    for (size_t i = 0; i < listing->arguments.operands.n; i++)
        if (!mentions(policy, bw_str(listing->arguments.operands.v[i])))
            return false;
    return true;
}

static int choose(struct listing *listing, struct bw_err *err)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    const struct bw_policy_set *set = listing->files.set;
    struct bw_str *profiles = calloc(listing->profiles.n + 1, sizeof *profiles);
    struct bw_policy_choice choice = {.profiles = {profiles, listing->profiles.n},
                                      .at_least = listing->at_least};
    int rc = profiles ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < listing->profiles.n; i++)
        profiles[i] = bw_str(listing->profiles.v[i]);
    if (rc == 0)
        rc = bw_policy_select(set, &choice, &selection, err);
    for (size_t i = 0; rc == 0 && i < bw_policy_count(set); i++) {
        if (!bw_policy_is_selected(selection, i) || !is_wanted(listing, bw_policy_at(set, i)))
            continue;
        size_t *slot = BW_VEC_PUSH(&listing->chosen, BW_POLICY_POLICIES_MAX);
        if (slot)
            *slot = i;
        else
            rc = bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    free(profiles);
    return rc;
}

/* --- the table --- */

#define SEVERITY_COLUMNS 12u
#define ACTION_COLUMNS   7u
#define GAP_COLUMNS      2u

static void print_row(struct bw_text *text, const struct bw_policy *policy, unsigned id_columns)
{
    unsigned title = id_columns + SEVERITY_COLUMNS + ACTION_COLUMNS;
    bw_text_put(text, BW_STYLE_STRONG, policy->id);
    bw_text_tab(text, id_columns);
    bw_text_put(text, bw_style_of_severity(policy->severity),
                bw_str(bw_severity_name(policy->severity)));
    bw_text_tab(text, id_columns + SEVERITY_COLUMNS);
    bw_text_put(text, BW_STYLE_FAINT, bw_str(bw_policy_does(policy)));
    bw_text_tab(text, title);
    bw_text_flow(text, BW_STYLE_PLAIN, bw_str(policy->check.title), title);
    bw_text_newline(text);
}

static int print_table(const struct listing *listing, struct bw_output_file *file,
                       struct bw_err *err)
{
    const struct bw_output_options options = bw_policy_print_options(file);
    const struct bw_output_sink sink = {file, bw_output_sink_write};
    struct bw_text text = bw_text_begin(&options, &sink, err);
    const struct bw_policy_set *set = listing->files.set;
    unsigned columns = 0;
    for (size_t i = 0; i < listing->chosen.n; i++) {
        unsigned n = bw_text_measure(&text, bw_policy_at(set, listing->chosen.v[i])->id);
        columns = n > columns ? n : columns;
    }
    for (size_t i = 0; i < listing->chosen.n; i++)
        print_row(&text, bw_policy_at(set, listing->chosen.v[i]), columns + GAP_COLUMNS);
    if (listing->chosen.n != 1) {
        bw_text_printf(&text, BW_STYLE_FAINT, "%zu policies of %zu", listing->chosen.n,
                       bw_policy_count(set));
        bw_text_newline(&text);
    }
    return bw_text_end(&text);
}

static int with_output(const struct listing *listing,
                       int (*print)(const struct listing *listing, struct bw_output_file *file,
                                    struct bw_err *err))
{
    struct bw_output_file file;
    struct bw_err err = {0}, closing = {0};
    if (bw_output_open(&file, listing->arguments.output, &err))
        return bw_cli_error(&err);
    int rc = print(listing, &file, &err);
    int closed = bw_output_close(&file, rc == 0, &closing);
    if (rc)
        return bw_cli_error(&err);
    return closed ? bw_cli_error(&closing) : BW_EXIT_FINE;
}

static int print_json(const struct listing *listing, struct bw_output_file *file,
                      struct bw_err *err)
{
    return bw_policy_print_json(file, listing->files.set, listing->chosen.v, listing->chosen.n,
                                false, err);
}

static int print_whole_json(const struct listing *listing, struct bw_output_file *file,
                            struct bw_err *err)
{
    return bw_policy_print_json(file, listing->files.set, listing->chosen.v, listing->chosen.n,
                                true, err);
}

/* "json", or the form for people by its name. */
static int read_format(const struct listing *listing, const char *people, bool *ret_json,
                       struct bw_err *err)
{
    const char *format = listing->arguments.format ? listing->arguments.format : people;
    *ret_json = strcmp(format, "json") == 0;
    if (!*ret_json && strcmp(format, people) != 0)
        return bw_err_set(err, BW_EUSAGE, "there is no format '%s'; there are %s and json", format,
                          people);
    return 0;
}

static int open_set(struct listing *listing, struct bw_err *err)
{
    return bw_policy_files_open(&listing->files, listing->arguments.paths.v,
                                listing->arguments.paths.n, err);
}

int bw_policy_list(const struct bw_verb *verb, int argc, char **argv)
{
    struct listing listing BW_CLEANUP(free_listing) = {0};
    struct bw_err err = {0};
    bool json = false;
    int code = bw_policy_arguments_read(&listing.arguments, verb, argc, argv, own_option, &listing);
    if (code >= 0)
        return code;
    int rc = read_format(&listing, "table", &json, &err);
    if (rc)
        return bw_cli_usage_error(verb, &err);
    rc = open_set(&listing, &err);
    if (rc == BW_EFORMAT && listing.arguments.paths.n)
        return BW_EXIT_USAGE; /* the problems were printed */
    if (rc == 0)
        rc = choose(&listing, &err);
    if (rc)
        return bw_cli_error(&err);
    return with_output(&listing, json ? print_json : print_table);
}

/* --- explain --- */

#define LABEL 13u

/* The lines of a value flow together. */
static void line(struct bw_text *text, const char *name, struct bw_str value)
{
    struct bw_str rest = value, one;
    if (!value.n)
        return;
    bw_text_put(text, BW_STYLE_FAINT, bw_str(name));
    bw_text_tab(text, LABEL);
    while (bw_str_line(&rest, &one)) {
        bw_text_flow(text, BW_STYLE_PLAIN, bw_str_trim(one), LABEL);
        if (rest.p)
            bw_text_flow(text, BW_STYLE_PLAIN, BW_STR(" "), LABEL);
    }
    bw_text_newline(text);
}

static void words(struct bw_text *text, const char *name, struct bw_strs list)
{
    if (!list.n)
        return;
    bw_text_put(text, BW_STYLE_FAINT, bw_str(name));
    bw_text_tab(text, LABEL);
    for (size_t i = 0; i < list.n; i++) {
        if (i)
            bw_text_flow(text, BW_STYLE_PLAIN, BW_STR(", "), LABEL);
        bw_text_flow(text, BW_STYLE_PLAIN, list.v[i], LABEL);
    }
    bw_text_newline(text);
}

/* An expression keeps its lines: it was laid out to be read. */
static void print_source(struct bw_text *text, struct bw_str source)
{
    struct bw_str rest = source, one;
    while (bw_str_line(&rest, &one)) {
        bw_text_tab(text, LABEL);
        bw_text_put(text, BW_STYLE_PLAIN, one);
        bw_text_newline(text);
    }
}

static void print_part(struct bw_text *text, const struct bw_policy_part *part)
{
    static const char *const names[] = {"if", "where", "must hold", "audit", "change", "mended by"};
    bw_text_newline(text);
    bw_text_put(text, BW_STYLE_FAINT, bw_str(names[part->kind]));
    bw_text_tab(text, LABEL);
    if (part->name.n) {
        bw_text_put(text, BW_STYLE_STRONG, part->name);
        bw_text_put(text, BW_STYLE_PLAIN, BW_STR(" ="));
        bw_text_newline(text);
    }
    print_source(text, part->source);
    if (part->message.n) {
        bw_text_put(text, BW_STYLE_FAINT, BW_STR("  else"));
        print_source(text, part->message);
    }
}

static void print_references(struct bw_text *text, const char *const *references)
{
    for (size_t i = 0; references[i]; i++)
        line(text, i ? "" : "references", bw_str(references[i]));
}

static void print_policy(struct bw_text *text, const struct bw_policy_set *set, size_t i)
{
    const struct bw_policy *policy = bw_policy_at(set, i);
    struct bw_policy_part part;
    bw_text_put(text, BW_STYLE_STRONG, policy->id);
    bw_text_put(text, BW_STYLE_PLAIN, BW_STR(": "));
    bw_text_flow(text, BW_STYLE_PLAIN, bw_str(policy->check.title), 2);
    bw_text_newline(text);
    bw_text_newline(text);
    bw_text_put(text, BW_STYLE_FAINT, BW_STR("severity"));
    bw_text_tab(text, LABEL);
    bw_text_put(text, bw_style_of_severity(policy->severity),
                bw_str(bw_severity_name(policy->severity)));
    bw_text_newline(text);
    line(text, "action", bw_str(bw_policy_does(policy)));
    words(text, "looks at", policy->resources);
    words(text, "profiles", policy->profiles);
    line(text, "remedy", bw_str(policy->check.remedy));
    line(text, "with docker", policy->docker);
    line(text, "hardened by", policy->harden);
    line(text, "mended by", policy->fixable ? BW_STR("bulwark check --fix") : BW_STR(""));
    print_references(text, policy->check.references);
    words(text, "also called", policy->aliases);
    line(text, "file", policy->file);
    for (size_t j = 0; bw_policy_part_at(set, i, j, &part); j++)
        print_part(text, &part);
}

static int print_explanation(const struct listing *listing, struct bw_output_file *file,
                             struct bw_err *err)
{
    const struct bw_output_options options = bw_policy_print_options(file);
    const struct bw_output_sink sink = {file, bw_output_sink_write};
    struct bw_text text = bw_text_begin(&options, &sink, err);
    for (size_t i = 0; i < listing->chosen.n; i++) {
        if (i)
            bw_text_newline(&text);
        print_policy(&text, listing->files.set, listing->chosen.v[i]);
    }
    return bw_text_end(&text);
}

/* All that go by one of the names. */
static int choose_named(struct listing *listing, struct bw_err *err)
{
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    const struct bw_policy_words *names = &listing->arguments.operands;
    struct bw_str *ids = calloc(names->n + 1, sizeof *ids);
    if (!ids)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    for (size_t i = 0; i < names->n; i++)
        ids[i] = bw_str(names->v[i]);
    struct bw_policy_choice choice = {.only = {ids, names->n}};
    int rc = bw_policy_select(listing->files.set, &choice, &selection, err);
    for (size_t i = 0; rc == 0 && i < bw_policy_count(listing->files.set); i++) {
        size_t *slot = bw_policy_is_selected(selection, i)
                           ? BW_VEC_PUSH(&listing->chosen, BW_POLICY_POLICIES_MAX)
                           : NULL;
        if (slot)
            *slot = i;
    }
    free(ids);
    return rc;
}

int bw_policy_explain_verb(const struct bw_verb *verb, int argc, char **argv)
{
    struct listing listing BW_CLEANUP(free_listing) = {0};
    struct bw_err err = {0};
    bool json = false;
    int code = bw_policy_arguments_read(&listing.arguments, verb, argc, argv, NULL, NULL);
    if (code >= 0)
        return code;
    int rc = read_format(&listing, "text", &json, &err);
    if (rc == 0 && !listing.arguments.operands.n)
        rc = bw_err_set(&err, BW_EUSAGE, "which policy? 'bulwark policy list' names them");
    if (rc)
        return bw_cli_usage_error(verb, &err);
    rc = open_set(&listing, &err);
    if (rc == BW_EFORMAT && listing.arguments.paths.n)
        return BW_EXIT_USAGE;
    if (rc == 0)
        rc = choose_named(&listing, &err);
    if (rc)
        return bw_cli_error(&err);
    return with_output(&listing, json ? print_whole_json : print_explanation);
}
