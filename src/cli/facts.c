/*
 * What bulwark finds, before anything is judged: the packages of each target, with the layer that
 * brought each and the files it owns.
 */
#include <stdio.h>
#include <string.h>

#include "cli/facts-objects.h"
#include "cli/target-options.h"
#include "cli/terminal.h"
#include "decide/verdict.h"
#include "wrap/json.h"

#define ELEMENT_MAX ((size_t)1 << 30)

enum {
    OPTION_OBJECTS = 100,
};

static const struct bw_option options[] = {
    {BW_OPTION_FORMAT, 'f', "format", "json|table",
     "table (default): one line a package, or an object"},
    {OPTION_OBJECTS, 0, "objects", NULL,
     "the objects that policies judge (Dockerfiles, manifests, compose files, ...), also of a "
     "directory"},
    BW_TARGET_OPTIONS,
    {0},
};

struct printer {
    struct bw_output_file file;
    struct bw_buf buf;
    struct bw_json_writer json;
};

static int flush(struct printer *printer, struct bw_err *err)
{
    if (bw_buf_failed(&printer->buf))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the output");
    int rc = bw_output_sink_write(&printer->file, printer->buf.p, printer->buf.n, err);
    bw_buf_clear(&printer->buf);
    return rc;
}

static void put_strings(struct bw_json_writer *w, const char *key, const struct bw_strs *strings)
{
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    for (size_t i = 0; i < strings->n; i++)
        bw_json_put_str(w, strings->v[i]);
    bw_json_end(w);
}

static void put_layer(struct bw_json_writer *w, const struct bw_subject *subject, uint32_t layer)
{
    bw_json_key(w, BW_STR("layer"));
    bw_json_begin_object(w);
    bw_json_member_u64(w, "index", layer);
    if (layer < subject->layers_n) {
        bw_json_member_str(w, "digest", subject->layers[layer].digest);
        bw_json_member_str(w, "diff_id", subject->layers[layer].diff_id);
    }
    bw_json_end(w);
}

static int put_package(struct printer *printer, const struct bw_subject *subject, size_t i,
                       struct bw_arena *arena, struct bw_err *err)
{
    struct bw_json_writer *w = &printer->json;
    const struct bw_package *p = subject->packages[i].package;
    struct bw_str purl = bw_package_purl(p, &subject->distribution, arena);
    if (!purl.p)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the output");
    bw_json_begin_object(w);
    bw_json_member_str(w, "subject", subject->name);
    bw_json_member_str(w, "type", bw_str(bw_package_type_name(p->type)));
    bw_json_member_str(w, "name", p->name);
    bw_json_member_str(w, "version", p->version);
    bw_json_member_str(w, "arch", p->arch);
    bw_json_member_str(w, "purl", purl);
    bw_json_key(w, BW_STR("source"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", p->source_name);
    bw_json_member_str(w, "version", p->source_version);
    bw_json_end(w);
    bw_json_member_str(w, "module", p->module);
    bw_json_member_str(w, "vendor", p->vendor);
    bw_json_member_str(w, "licence", p->licence);
    put_layer(w, subject, subject->packages[i].layer);
    bw_json_member_str(w, "path", subject->packages[i].path);
    put_strings(w, "files", &p->files);
    bw_json_end(w);
    return flush(printer, err);
}

static void put_subject(struct bw_json_writer *w, const struct bw_subject *subject)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "name", subject->name);
    bw_json_member_str(w, "kind", bw_str(bw_subject_kind_name(subject->kind)));
    bw_json_member_str(w, "source", subject->source);
    bw_json_member_str(w, "digest", subject->digest);
    bw_json_member_str(w, "platform", subject->platform);
    bw_json_key(w, BW_STR("distribution"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "id", subject->distribution.id);
    bw_json_member_str(w, "version_id", subject->distribution.version_id);
    bw_json_member_str(w, "codename", subject->distribution.codename);
    bw_json_end(w);
    bw_json_member_u64(w, "layers", subject->layers_n);
    bw_json_member_u64(w, "packages", subject->packages_n);
    bw_json_end(w);
}

static void put_gap(struct bw_json_writer *w, const struct bw_report *report,
                    const struct bw_gap *gap)
{
    bw_json_begin_object(w);
    bw_json_member_str(w, "class", bw_str(bw_gap_class_name(gap->class)));
    if (gap->subject < report->subjects_n)
        bw_json_member_str(w, "subject", report->subjects[gap->subject].name);
    bw_json_member_str(w, "where", gap->where);
    bw_json_member_str(w, "what", gap->what);
    bw_json_member_str(w, "why", gap->why);
    bw_json_end(w);
}

static int print_json(struct printer *printer, const struct bw_report *report,
                      const struct bw_objects *objects, struct bw_arena *arena, struct bw_err *err)
{
    struct bw_json_writer *w = &printer->json;
    bw_json_begin_object(w);
    bw_json_key(w, BW_STR("subjects"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < report->subjects_n; i++)
        put_subject(w, &report->subjects[i]);
    bw_json_end(w);
    bw_json_key(w, BW_STR("packages"));
    bw_json_begin_array(w);
    for (size_t s = 0; s < report->subjects_n; s++) {
        for (size_t i = 0; i < report->subjects[s].packages_n; i++) {
            int rc = put_package(printer, &report->subjects[s], i, arena, err);
            if (rc)
                return rc;
        }
    }
    bw_json_end(w);
    bw_facts_put_objects(w, objects);
    bw_json_key(w, BW_STR("gaps"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < report->gaps_n; i++)
        put_gap(w, report, &report->gaps[i]);
    bw_json_end(w);
    bw_json_end(w);
    return flush(printer, err);
}

static int print_table(struct printer *printer, const struct bw_report *report,
                       const struct bw_objects *objects, struct bw_err *err)
{
    for (size_t s = 0; s < report->subjects_n; s++) {
        const struct bw_subject *subject = &report->subjects[s];
        for (size_t i = 0; i < subject->packages_n; i++) {
            const struct bw_package *p = subject->packages[i].package;
            const struct bw_str columns[] = {bw_str(bw_package_type_name(p->type)),
                                             p->name,
                                             p->version,
                                             p->arch,
                                             p->source_name,
                                             p->source_version};
            for (size_t c = 0; c < BW_ARRAY_LEN(columns); c++) {
                if (c)
                    bw_buf_byte(&printer->buf, '\t');
                bw_facts_put_clean(&printer->buf, columns[c]);
            }
            bw_buf_byte(&printer->buf, '\n');
            int rc = flush(printer, err);
            if (rc)
                return rc;
        }
    }
    bw_facts_list_objects(&printer->buf, objects);
    return flush(printer, err);
}

static int print(const struct bw_target_options *chosen, const struct bw_report *report,
                 const struct bw_objects *objects, struct bw_arena *arena, struct bw_err *err)
{
    struct printer printer = {.buf = BW_BUF(ELEMENT_MAX)};
    int rc = bw_output_open(&printer.file, chosen->output, err);
    if (rc)
        return rc;
    printer.json = bw_json_writer(&printer.buf, true);
    if (chosen->format && strcmp(chosen->format, "json") == 0)
        rc = print_json(&printer, report, objects, arena, err);
    else
        rc = print_table(&printer, report, objects, err);
    bw_buf_free(&printer.buf);
    int closed = bw_output_close(&printer.file, rc == 0, rc ? NULL : err);
    return rc ? rc : closed;
}

static void warn_of_gaps(const struct bw_report *report)
{
    for (size_t i = 0; i < report->gaps_n; i++) {
        const struct bw_gap *gap = &report->gaps[i];
        fprintf(stderr, "bulwark: %s gap: %" BW_STR_F ": %" BW_STR_F ": %" BW_STR_F "\n",
                bw_gap_class_name(gap->class), BW_STR_A(gap->where), BW_STR_A(gap->what),
                BW_STR_A(gap->why));
    }
}

static int examine(const struct bw_target_options *chosen, struct bw_arena *arena,
                   struct bw_err *err)
{
    struct bw_report report = {0};
    struct bw_scan *scan = bw_scan_new(&chosen->scan, arena, err);
    int rc = scan ? bw_target_options_run(chosen, scan, err) : (int)err->code;
    if (rc == 0)
        rc = bw_scan_report(scan, &report, err);
    if (rc == 0) {
        struct bw_objects objects = bw_scan_objects(scan);
        rc = print(chosen, &report, &objects, arena, err);
    }
    bw_scan_free(scan);
    if (rc)
        return bw_cli_error(err);
    if (!chosen->quiet)
        warn_of_gaps(&report);
    return bw_verdict_has_blocking_gap(&report) ? BW_EXIT_GAP : BW_EXIT_FINE;
}

static int own_option(void *ctx, int id, const char *value, struct bw_err *err)
{
    struct bw_target_options *chosen = ctx;
    (void)value;
    if (id != OPTION_OBJECTS)
        return bw_err_set(err, BW_EINTERNAL, "an option without meaning");
    chosen->documents = chosen->scan.objects = true;
    return 0;
}

static int run(const struct bw_verb *verb, int argc, char **argv)
{
    struct bw_err err = {0};
    struct bw_target_options chosen = bw_target_options();
    int code = bw_target_options_read(&chosen, verb, argc, argv, own_option, &chosen);
    if (code < 0 && chosen.format && strcmp(chosen.format, "json") != 0 &&
        strcmp(chosen.format, "table") != 0) {
        bw_err_set(&err, BW_EUSAGE, "--format takes json or table, not '%s'", chosen.format);
        code = bw_cli_usage_error(verb, &err);
    }
    if (code < 0) {
        chosen.scan.want_files = true;
        struct bw_arena *arena = bw_arena_new(BW_SCAN_FACTS_MAX);
        bw_err_set(&err, BW_ENOMEM, "out of memory");
        code = arena ? examine(&chosen, arena, &err) : bw_cli_error(&err);
        bw_arena_free(arena);
    }
    bw_target_options_free(&chosen);
    return code;
}

const struct bw_verb bw_verb_facts = {
    .name = "facts",
    .summary = "print what targets hold, unjudged: packages, objects for policies",
    .operands = "TARGET...",
    .about = "Prints the facts that checks work on. The table has a line a package with the\n"
             "columns type, name, version, architecture, source name, source version,\n"
             "separated by tabs; json adds the layer, the package URL and the owned files.\n"
             "Targets are named as for 'bulwark scan'.\n"
             "With --objects a path is documents, as for 'bulwark check'; the table has a line\n"
             "an object with the columns syntax, kind, name, place, and 'view' for what is\n"
             "presented as a Pod. Values that the document leaves open are {\"$unknown\": WHY}.",
    .examples = "  bulwark facts debian:12\n"
                "  bulwark facts --format json image.tar | jq '.packages[].purl'\n"
                "  bulwark facts --objects --format json compose.yaml | jq '.objects[].object'",
    .options = options,
    .run = run,
};
