#include "cli/fix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/map.h"
#include "extract/document.h"
#include "report/edits.h"
#include "wrap/yaml.h"

#define DIFF_MAX ((size_t)256 << 20)

void bw_fixes_free(struct bw_fixes *fixes)
{
    BW_VEC_FREE(fixes);
}

void bw_fixes_take(void *ctx, const struct bw_judge_policies *policies,
                   const struct bw_finding *finding, size_t policy,
                   const struct bw_document *document, const struct bw_object *object)
{
    struct bw_fixes *fixes = ctx;
    if (!bw_policy_mends(policies->set, policy, object) || document->file >= document->files_n)
        return;
    struct bw_fix *fix = BW_VEC_PUSH(fixes, BW_FIXES_MAX);
    if (fix)
        *fix = (struct bw_fix){policies,
                               policy,
                               document,
                               object,
                               finding->fingerprint,
                               {document->file, finding->location.line, finding->column}};
    else
        fixes->lost = true;
}

struct fixing {
    struct bw_arena *arena;
    BW_VEC_TYPE(fixing_seen, uint64_t) seen; /* hashes of the texts that were shown, by file */
    struct bw_map waived;                    /* fingerprints */
    struct bw_policy_judge *judge;
    const struct bw_judge_policies *judge_of;
    size_t files, changes, left_out;
    bool quiet; /* what is refused has been said */
};

static const char *path_of(const struct bw_fix *fix)
{
    return fix->document->files[fix->document->file].p;
}

static bool is_input(const char *path)
{
    return bw_str_eq(bw_str(path), BW_STR("-"));
}

/* What is a file that can be written: neither a pipe nor what a program made. */
static bool is_file(const struct bw_fix *fix)
{
    const char *path = path_of(fix);
    return !is_input(path) && !bw_str_ends(bw_str(path), BW_STR("(helm template)"));
}

static int use_judge(struct fixing *f, const struct bw_judge_policies *policies, struct bw_err *err)
{
    if (f->judge && f->judge_of == policies)
        return 0;
    bw_policy_judge_free(f->judge);
    f->judge = bw_policy_judge_new(policies->set, policies->selection, err);
    f->judge_of = policies;
    return f->judge ? 0 : (int)err->code;
}

static void refuse(const struct fixing *f, const struct bw_fix *fix, const struct bw_err *why)
{
    const struct bw_policy *policy = bw_policy_at(fix->policies->set, fix->policy);
    if (f->quiet)
        return;
    fprintf(stderr, "bulwark: %s:%u: %s is not fixed: %s\n", path_of(fix), fix->at.line,
            policy->check.id, why->msg);
}

/* Not only that a change is not made. */
static bool is_serious(int rc)
{
    return rc && rc != BW_EUNSUPPORTED && rc != BW_EFORMAT;
}

static int add_changes(struct fixing *f, const struct bw_fix *fix, struct bw_edits *edits,
                       struct bw_err *err)
{
    struct bw_value changes = {0};
    struct bw_err why = {0};
    int rc = use_judge(f, fix->policies, err);
    if (rc)
        return rc;
    rc = bw_policy_fix(f->judge, fix->policy, fix->document, fix->object, &fix->at, &changes, &why);
    for (uint32_t i = 0; !is_serious(rc) && i < bw_value_count(changes); i++) {
        int added = bw_edits_add(edits, bw_value_index(changes, i), &why);
        rc = added ? added : rc;
    }
    if (rc && !is_serious(rc))
        refuse(f, fix, &why);
    if (is_serious(rc))
        *err = why;
    return is_serious(rc) ? rc : 0;
}

/* --- one file --- */

/* Where a path leads, so that a symbolic link stays one. */
static int write_file(const char *path, const struct bw_buf *text, struct bw_err *err)
{
    struct stat st;
    char *real = realpath(path, NULL);
    if (!real || stat(real, &st)) {
        free(real);
        return bw_err_errno(err, "cannot write %s", path);
    }
    int rc = bw_fd_replace_file(real, text->p, text->n, st.st_mode & 07777, err);
    if (rc == 0 && lchown(real, st.st_uid, st.st_gid) && errno != EPERM)
        rc = bw_err_errno(err, "cannot give %s back to its owner", path);
    free(real);
    return rc;
}

/* What is written is what was shown. */
static int check_unchanged(struct fixing *f, size_t file, const char *path, struct bw_str text,
                           bool write, struct bw_err *err)
{
    uint64_t hash = bw_str_hash(text);
    if (write)
        return f->seen.v[file] == hash
                   ? 0
                   : bw_err_set(err, BW_EFORMAT, "%s has changed meanwhile: it is left as it is",
                                path);
    uint64_t *slot = BW_VEC_PUSH(&f->seen, BW_FIXES_MAX);
    if (!slot)
        return bw_err_set(err, BW_ENOMEM, "out of memory for the changes of %s", path);
    *slot = hash;
    return 0;
}

/* Whether YAML is still YAML: a net for what no test has thought of. */
static bool is_sound(enum bw_syntax syntax, struct bw_str before, struct bw_str after)
{
    struct bw_yaml_stream *old BW_CLEANUP(bw_yaml_freep) = NULL;
    struct bw_yaml_stream *new BW_CLEANUP(bw_yaml_freep) = NULL;
    return syntax == BW_SYNTAX_DOCKERFILE || bw_yaml_parse(&old, before, NULL) ||
           bw_yaml_parse(&new, after, NULL) == 0;
}

static int collect(struct fixing *f, const struct bw_fix *fixes, size_t n, struct bw_edits *edits,
                   struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        if (!bw_map_get(&f->waived, fixes[i].fingerprint))
            rc = add_changes(f, &fixes[i], edits, err);
    return rc;
}

/* All fixes of one file stand together. */
static int fix_file(struct fixing *f, size_t file, const struct bw_fix *fixes, size_t n, bool write,
                    struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_READER_TEXT_MAX);
    struct bw_buf fixed BW_CLEANUP(bw_buf_free) = BW_BUF(2 * BW_READER_TEXT_MAX);
    struct bw_buf diff BW_CLEANUP(bw_buf_free) = BW_BUF(DIFF_MAX);
    const struct bw_document *document = fixes[0].document;
    const char *path = path_of(&fixes[0]);
    int rc = bw_fd_slurp_path(path, &text, err);
    struct bw_edits edits BW_CLEANUP(bw_edits_free) = {.text = bw_buf_slice(&text),
                                                       .file = document->file,
                                                       .places = document->places,
                                                       .places_n = document->places_n,
                                                       .arena = f->arena};
    if (rc == 0)
        rc = check_unchanged(f, file, path, edits.text, write, err);
    if (rc == 0)
        rc = collect(f, fixes, n, &edits, err);
    if (rc || !edits.n)
        return rc;
    f->left_out += bw_edits_apply(&edits, &fixed);
    bw_edits_diff(bw_str(path), edits.text, bw_buf_slice(&fixed), &diff);
    if (bw_buf_failed(&fixed) || bw_buf_failed(&diff))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the changes of %s", path);
    if (!is_sound(document->syntax, edits.text, bw_buf_slice(&fixed))) {
        fprintf(stderr, "bulwark: %s is not fixed: it could not be read any more\n", path);
        return 0;
    }
    f->files++;
    f->changes += edits.n;
    if (write)
        return write_file(path, &fixed, err);
    fwrite(diff.p, 1, diff.n, stdout);
    return 0;
}

/* --- all --- */

static int by_file(const void *left, const void *right)
{
    const struct bw_fix *a = left, *b = right;
    if (a->document->file != b->document->file)
        return a->document->file < b->document->file ? -1 : 1;
    return (a->policy > b->policy) - (a->policy < b->policy);
}

static int pass(struct fixing *f, const struct bw_fixes *fixes, bool write, struct bw_err *err)
{
    int rc = 0;
    size_t file = 0;
    f->files = f->changes = f->left_out = 0;
    f->quiet = write;
    for (size_t from = 0, to; from < fixes->n && rc == 0; from = to) {
        const struct bw_fix *first = &fixes->v[from];
        for (to = from + 1; to < fixes->n; to++)
            if (fixes->v[to].document->file != first->document->file)
                break;
        if (is_file(first))
            rc = fix_file(f, file++, first, to - from, write, err);
        else if (!write)
            fprintf(stderr, "bulwark: %s is not fixed: it is no file that can be written\n",
                    is_input(path_of(first)) ? "standard input" : path_of(first));
    }
    return rc;
}

static bool is_wanted(bool yes, size_t changes, size_t files)
{
    char answer[16] = "";
    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        fprintf(stderr, "bulwark: nothing was written: run with --yes to make these changes\n");
        return false;
    }
    fflush(stdout);
    fprintf(stderr, "Make %zu %s to %zu %s? [y/N] ", changes, changes == 1 ? "change" : "changes",
            files, files == 1 ? "file" : "files");
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static void mark_waived(struct fixing *f, const struct bw_report *report)
{
    for (size_t i = 0; i < report->findings_n; i++) {
        if (!report->findings[i].waiver)
            continue;
        struct bw_map_item *item = bw_map_at(&f->waived, report->findings[i].fingerprint);
        if (item)
            item->value = item;
    }
}

static int apply(struct fixing *f, struct bw_fixes *fixes, bool yes, struct bw_err *err)
{
    int rc = pass(f, fixes, false, err);
    if (rc)
        return rc;
    if (!f->changes) {
        fprintf(stderr, "bulwark: there is nothing to change mechanically\n");
        return 0;
    }
    if (!is_wanted(yes, f->changes, f->files))
        return 0;
    rc = pass(f, fixes, true, err);
    fixes->written = rc == 0;
    if (rc == 0)
        fprintf(stderr, "bulwark: %zu %s written%s\n", f->files, f->files == 1 ? "file" : "files",
                f->left_out ? "; some changes meet others: run again for the rest" : "");
    return rc;
}

int bw_fixes_apply(struct bw_fixes *fixes, const struct bw_report *report, struct bw_arena *arena,
                   bool yes, struct bw_err *err)
{
    struct fixing f = {.arena = arena, .waived = BW_MAP(BW_FIXES_MAX)};
    if (fixes->lost)
        return bw_err_set(err, BW_ELIMIT, "more than %u findings to fix", BW_FIXES_MAX);
    mark_waived(&f, report);
    if (fixes->n)
        qsort(fixes->v, fixes->n, sizeof *fixes->v, by_file);
    int rc = apply(&f, fixes, yes, err);
    bw_policy_judge_free(f.judge);
    bw_map_free(&f.waived);
    BW_VEC_FREE(&f.seen);
    return rc;
}
