/*
 * Dangers of files: programs with rights of their own, places that anybody may write to, files that
 * are not what their package shipped or that no package owns, and what serves an intruder.
 *
 * What a distribution ships with such rights is told, and rated low: it is the distribution's
 * choice, and for most containers needless all the same. How programs are built is asked only of
 * those that no package owns.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"
#include "check/baseline.h"
#include "check/capability.h"
#include "check/check.h"

#define MATCH_MAX        256u
#define NAMES_IN_A_TITLE 12u

struct judging {
    const struct bw_check_input *input;
    const struct bw_check_output *output;
    const struct bw_check *check; /* at hand */
    struct bw_map products;       /* path -> the package that a program was recognised as */
};

/* A danger: its check, the files it is about, and how one of them becomes a finding. */
struct danger {
    struct bw_check check;
    uint32_t flag;
    bool needs_owners, needs_checksums;
    int (*add)(struct judging *j, const struct bw_notable_file *file, struct bw_err *err);
    int (*add_groups)(struct judging *j, struct bw_err *err); /* or NULL */
};

static struct bw_finding finding_of(const struct judging *j, const struct bw_notable_file *file,
                                    enum bw_severity severity, const char *title)
{
    return (struct bw_finding){
        .kind = BW_FINDING_FILE,
        .id = bw_str(j->check->id),
        .severity = severity,
        .location = file->place,
        .title = bw_str(title),
        .remedy = bw_str(j->check->remedy),
        .package = file->owner,
    };
}

static int add(struct judging *j, struct bw_finding *finding, const char *match, struct bw_err *err)
{
    finding->match = bw_arena_str(j->output->arena, bw_str(match));
    if (!finding->match.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more findings");
    return bw_check_add_finding(j->input, j->output, finding, err);
}

/* "mode 4755, root:root", "mode 2755, root:42". */
static void describe_mode(const struct bw_file *file, char match[MATCH_MAX])
{
    char user[16] = "root", group[16] = "root";
    if (file->uid)
        snprintf(user, sizeof user, "%u", file->uid);
    if (file->gid)
        snprintf(group, sizeof group, "%u", file->gid);
    snprintf(match, MATCH_MAX, "mode %04o, %s:%s", file->mode, user, group);
}

static int add_with_mode(struct judging *j, const struct bw_notable_file *file,
                         enum bw_severity severity, const char *title, struct bw_err *err)
{
    char match[MATCH_MAX];
    struct bw_finding finding = finding_of(j, file, severity, title);
    describe_mode(file->file, match);
    return add(j, &finding, match, err);
}

static int add_setuid(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    if (file->flags & BW_FILE_BASELINE)
        return add_with_mode(j, file, BW_SEVERITY_LOW, "A setuid program, as its package ships it",
                             err);
    return add_with_mode(j, file, file->file->uid ? BW_SEVERITY_MEDIUM : BW_SEVERITY_HIGH,
                         file->owner ? "A setuid program that its package does not ship as one"
                                     : "A setuid program that no package owns",
                         err);
}

static int add_setgid(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    if (file->flags & BW_FILE_BASELINE)
        return add_with_mode(j, file, BW_SEVERITY_LOW, "A setgid program, as its package ships it",
                             err);
    return add_with_mode(j, file, file->file->gid ? BW_SEVERITY_MEDIUM : BW_SEVERITY_HIGH,
                         file->owner ? "A setgid program that its package does not ship as one"
                                     : "A setgid program that no package owns",
                         err);
}

static int add_capabilities(struct judging *j, const struct bw_notable_file *file,
                            struct bw_err *err)
{
    uint64_t capabilities = file->file->capabilities;
    bool baseline = file->flags & BW_FILE_BASELINE;
    struct bw_finding finding =
        finding_of(j, file,
                   baseline                              ? BW_SEVERITY_LOW
                   : bw_capability_is_root(capabilities) ? BW_SEVERITY_HIGH
                                                         : BW_SEVERITY_MEDIUM,
                   baseline ? "A program with capabilities, as its package ships it"
                            : "A program with capabilities");
    struct bw_str names = bw_capability_names(capabilities, j->output->arena);
    if (!names.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more findings");
    return add(j, &finding, names.p, err);
}

static int add_writable(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    bool directory = file->file->type == BW_FILE_DIRECTORY;
    bool program = !directory && (file->file->mode & 0111);
    return add_with_mode(j, file, program ? BW_SEVERITY_HIGH : BW_SEVERITY_MEDIUM,
                         directory ? "A directory that everybody may write to, without sticky bit"
                         : program ? "A program that everybody may overwrite"
                                   : "A file that everybody may overwrite",
                         err);
}

static int add_changed(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    struct bw_finding finding =
        finding_of(j, file, BW_SEVERITY_HIGH, "A file differs from what its package shipped");
    return add(j, &finding, "its checksum is not that of the package", err);
}

/* The package manager alone puts files there. */
static bool is_of_the_system(struct bw_str path)
{
    static const char *const dirs[] = {"bin/",     "sbin/",      "lib/",
                                       "lib64/",   "usr/bin/",   "usr/sbin/",
                                       "usr/lib/", "usr/lib64/", "usr/libexec/"};
    for (size_t i = 0; i < BW_ARRAY_LEN(dirs); i++)
        if (bw_str_starts(path, bw_str(dirs[i])))
            return true;
    return false;
}

static struct bw_str directory_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return bw_str_take(path, slash == SIZE_MAX ? 0 : slash);
}

static struct bw_str name_of(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
}

static int add_unowned(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    if (!file->elf || !file->elf->executable)
        return 0;
    struct bw_finding finding = finding_of(
        j, file, is_of_the_system(file->place.path) ? BW_SEVERITY_MEDIUM : BW_SEVERITY_LOW,
        "A program that no package owns");
    finding.package = bw_map_get(&j->products, file->place.path);
    return add(j, &finding, "ELF program", err);
}

/* Libraries come in crowds: one finding for each directory of them. Files are sorted by path, but
 * what is in a directory need not stand together: "a/x", "a/x/y", "a/z". */
static int add_unowned_libraries(struct judging *j, struct bw_err *err)
{
    const struct bw_subject *subject = j->input->subject;
    struct bw_map dirs BW_CLEANUP(bw_map_free) = BW_MAP(subject->files_n);
    for (size_t i = 0; i < subject->files_n; i++) {
        const struct bw_notable_file *file = &subject->files[i];
        if (!(file->flags & BW_FILE_UNOWNED) || file->elf->executable)
            continue;
        struct bw_map_item *item = bw_map_at(&dirs, directory_of(file->place.path));
        if (!item)
            return bw_err_set(err, BW_ENOMEM, "out of memory for findings");
        item->value = (void *)((uintptr_t)item->value + 1);
    }
    int rc = 0;
    for (size_t i = 0; i < subject->files_n && rc == 0; i++) {
        const struct bw_notable_file *file = &subject->files[i];
        struct bw_str dir = directory_of(file->place.path);
        if (!(file->flags & BW_FILE_UNOWNED) || file->elf->executable || !bw_map_get(&dirs, dir))
            continue;
        struct bw_map_item *item = bw_map_at(&dirs, dir);
        size_t n = item ? (uintptr_t)item->value : 0;
        struct bw_finding finding = finding_of(
            j, file, is_of_the_system(file->place.path) ? BW_SEVERITY_MEDIUM : BW_SEVERITY_LOW,
            "A library that no package owns");
        if (n > 1) {
            finding.title = bw_arena_printf(j->output->arena,
                                            "%zu libraries of a directory that no package owns", n);
            finding.location.path = dir;
        }
        if (item)
            item->value = NULL;
        rc = finding.title.p ? add(j, &finding, n > 1 ? "ELF libraries" : "ELF library", err)
                             : bw_err_set(err, BW_ELIMIT, "no room for more findings");
    }
    return rc;
}

static int add_weak(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    const struct bw_elf *elf = file->elf;
    char match[MATCH_MAX];
    if (!elf)
        return 0;
    bool pie = elf->pie || !elf->executable;
    bool relro = elf->relro != BW_RELRO_NONE || elf->compiled_go;
    bool protector = elf->stack_protector || elf->compiled_go;
    snprintf(match, sizeof match, "%s%s%s%s", elf->nx ? "" : "executable stack, ",
             pie ? "" : "no PIE, ", relro ? "" : "no RELRO, ",
             protector ? "" : "no stack protector, ");
    if (strlen(match) > 2)
        match[strlen(match) - 2] = 0;
    struct bw_finding finding = finding_of(j, file,
                                           !elf->nx         ? BW_SEVERITY_MEDIUM
                                           : !pie || !relro ? BW_SEVERITY_LOW
                                                            : BW_SEVERITY_NEGLIGIBLE,
                                           elf->executable ? "A program built without protection"
                                                           : "A library built without protection");
    finding.package = bw_map_get(&j->products, file->place.path);
    return add(j, &finding, match, err);
}

/* One finding for each kind of tool, with the names. */
static int add_surface_of(struct judging *j, const char *kind, const char *plural,
                          enum bw_severity severity, struct bw_err *err)
{
    /* "Shells", and of one "Shell". */
    int heading = (int)strlen(plural) - 1;
    const struct bw_subject *subject = j->input->subject;
    struct bw_buf title BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)NAMES_IN_A_TITLE * 512);
    const struct bw_notable_file *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < subject->files_n; i++) {
        const struct bw_notable_file *file = &subject->files[i];
        if (!(file->flags & BW_FILE_SURFACE) || !bw_str_eq(file->what, bw_str(kind)))
            continue;
        first = first ? first : file;
        if (n++ < NAMES_IN_A_TITLE)
            bw_buf_printf(&title, "%s%" BW_STR_F, n > 1 ? ", " : "",
                          BW_STR_A(bw_str_take(name_of(file->place.path), 256)));
    }
    if (!n)
        return 0;
    if (n > NAMES_IN_A_TITLE)
        bw_buf_printf(&title, " and %zu more", n - NAMES_IN_A_TITLE);
    struct bw_finding finding = finding_of(j, first, severity, "");
    finding.package = n == 1 ? first->owner : NULL;
    finding.title =
        bw_arena_printf(j->output->arena, "%.*s: %" BW_STR_F, n > 1 ? heading + 1 : heading, plural,
                        BW_STR_A(bw_buf_slice(&title)));
    if (bw_buf_failed(&title) || !finding.title.p)
        return bw_err_set(err, BW_ELIMIT, "no room for more findings");
    return add(j, &finding, kind, err);
}

static int add_surface(struct judging *j, struct bw_err *err)
{
    static const struct {
        const char *kind, *plural;
        enum bw_severity severity;
    } kinds[] = {
        {"shell", "Shells", BW_SEVERITY_NEGLIGIBLE},
        {"package manager", "Package managers", BW_SEVERITY_LOW},
        {"compiler", "Compilers", BW_SEVERITY_LOW},
        {"debugger", "Debuggers", BW_SEVERITY_LOW},
        {"network tool", "Network tools", BW_SEVERITY_LOW},
    };
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(kinds) && rc == 0; i++)
        rc = add_surface_of(j, kinds[i].kind, kinds[i].plural, kinds[i].severity, err);
    return rc;
}

static bool is_host_key(const struct bw_notable_file *file)
{
    return bw_str_ends(file->place.path, BW_STR("_key"));
}

static int add_authorized(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    if (is_host_key(file))
        return 0;
    return add_with_mode(j, file, BW_SEVERITY_HIGH, "Keys that may log in are part of the image",
                         err);
}

static int add_host_key(struct judging *j, const struct bw_notable_file *file, struct bw_err *err)
{
    if (!is_host_key(file))
        return 0;
    return add_with_mode(j, file, BW_SEVERITY_HIGH,
                         "Every container of the image has the same SSH host key", err);
}

static const char *const rights[] = {"CIS Docker Benchmark 1.6.0 4.8", "NIST SP 800-190 3.1.2",
                                     "MITRE ATT&CK T1548.001", NULL};
static const char *const configuration[] = {"NIST SP 800-190 3.1.2", "MITRE ATT&CK T1222.002",
                                            NULL};
static const char *const integrity[] = {"NIST SP 800-190 3.1.3", "MITRE ATT&CK T1554", NULL};
static const char *const origin[] = {"NIST SP 800-190 3.1.5", "CIS Docker Benchmark 1.6.0 4.11",
                                     NULL};
static const char *const building[] = {"CWE-693", NULL};
static const char *const needless[] = {"CIS Docker Benchmark 1.6.0 4.3", "NIST SP 800-190 4.1.2",
                                       "MITRE ATT&CK T1059.004", NULL};
static const char *const login[] = {"NIST SP 800-190 3.1.4", "MITRE ATT&CK T1098.004", NULL};
static const char *const host[] = {"NIST SP 800-190 3.1.4", "CWE-321", NULL};

static const struct danger dangers[] = {
    {.check = {"setuid-file", "No program is setuid beyond what its package ships",
               "Take the bit away (chmod u-s), or remove the program; run containers with "
               "no-new-privileges",
               rights, false},
     .flag = BW_FILE_SETUID,
     .add = add_setuid},
    {.check = {"setgid-file", "No program is setgid beyond what its package ships",
               "Take the bit away (chmod g-s), or remove the program; run containers with "
               "no-new-privileges",
               rights, false},
     .flag = BW_FILE_SETGID,
     .add = add_setgid},
    {.check = {"file-capabilities", "No program gains capabilities beyond what its package ships",
               "Take them away (setcap -r), or remove the program; run containers with "
               "no-new-privileges",
               rights, false},
     .flag = BW_FILE_CAPABILITIES,
     .add = add_capabilities},
    {.check = {"world-writable", "Nothing can be overwritten by everybody",
               "Take the right away (chmod o-w), or set the sticky bit of a directory (chmod +t)",
               configuration, false},
     .flag = BW_FILE_WORLD_WRITABLE,
     .add = add_writable},
    {.check = {"changed-file", "Files are what their packages shipped",
               "Find out which step changed it, and install the package again", integrity, false},
     .flag = BW_FILE_CHANGED,
     .needs_owners = true,
     .needs_checksums = true,
     .add = add_changed},
    {.check = {"unowned-binary", "Every program and library belongs to a package",
               "Install it from a package, so that it is updated and its advisories are known",
               origin, false},
     .flag = BW_FILE_UNOWNED,
     .needs_owners = true,
     .add = add_unowned,
     .add_groups = add_unowned_libraries},
    {.check =
         {"weak-binary", "Programs that no package owns are built with protection",
          "Build it with -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack -fstack-protector-strong",
          building, false},
     .flag = BW_FILE_WEAK_ELF,
     .add = add_weak},
    {.check = {"attack-surface", "No tools are there that serve an intruder",
               "Remove what the application does not need, or build on a base image without it",
               needless, false},
     .flag = BW_FILE_SURFACE,
     .add_groups = add_surface},
    {.check = {"authorized-keys", "No key may log in",
               "Remove the file; containers are not logged in to", login, false},
     .flag = BW_FILE_KEY,
     .add = add_authorized},
    {.check = {"host-keys", "No SSH host key is part of the image",
               "Remove the keys, and let each container make its own", host, false},
     .flag = BW_FILE_KEY,
     .add = add_host_key},
};

static const struct bw_check *const checks[] = {
    &dangers[0].check,
    &dangers[1].check,
    &dangers[2].check,
    &dangers[3].check,
    &dangers[4].check,
    &dangers[5].check,
    &dangers[6].check,
    &dangers[7].check,
    &dangers[8].check,
    &dangers[9].check,
    NULL,
};

static int index_products(struct judging *j, struct bw_err *err)
{
    const struct bw_subject *subject = j->input->subject;
    for (size_t i = 0; i < subject->packages_n; i++) {
        const struct bw_installed_package *p = &subject->packages[i];
        if (p->package->type != BW_PACKAGE_BITNAMI || p->inner.n)
            continue;
        struct bw_map_item *item = bw_map_at(&j->products, p->path);
        if (!item)
            return bw_err_set(err, BW_ENOMEM, "out of memory for findings");
        item->value = (void *)(uintptr_t)p->package;
    }
    return 0;
}

static bool has_packages(const struct bw_subject *subject)
{
    return subject->packages_n && bw_package_is_os(subject->packages[0].package->type);
}

/* Why the files say nothing for this check, or NULL. */
static const char *why_not(const struct danger *danger, const struct bw_subject *subject,
                           enum bw_status *ret_status)
{
    *ret_status = BW_STATUS_NOT_APPLICABLE;
    if (subject->kind == BW_SUBJECT_SBOM)
        return "a bill of materials holds no files";
    if (!subject->looked_at_files)
        return "files were not looked at";
    if ((danger->needs_owners || danger->needs_checksums) && !has_packages(subject))
        return "there is no package of an operating system that could own files";
    *ret_status = BW_STATUS_NOT_EVALUATED;
    if (danger->needs_owners && subject->files_owned == 0)
        return "the database of packages does not list their files";
    if (danger->needs_checksums && subject->files_checked == 0)
        return "the database of packages has no checksums that could be compared";
    return NULL;
}

static uint32_t clamp(uint64_t n)
{
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static int judge(struct judging *j, const struct danger *danger, struct bw_result *result,
                 struct bw_err *err)
{
    const struct bw_subject *subject = j->input->subject;
    size_t from = j->output->findings->n;
    int rc = danger->add_groups ? danger->add_groups(j, err) : 0;
    for (size_t i = 0; danger->add && i < subject->files_n && rc == 0; i++)
        if (subject->files[i].flags & danger->flag)
            rc = danger->add(j, &subject->files[i], err);
    result->findings = (uint32_t)(j->output->findings->n - from);
    result->evaluated =
        clamp(danger->needs_checksums ? subject->files_checked : subject->files_seen);
    result->status = result->findings ? BW_STATUS_FAIL : BW_STATUS_PASS;
    result->evidence = danger->needs_checksums ? BW_STR("compared with the checksums of packages")
                                               : BW_STR("looked at the files of the topmost view");
    return rc;
}

static int run_danger(struct judging *j, const struct danger *danger, struct bw_err *err)
{
    struct bw_result result = {.check = &danger->check, .subject = j->input->subject_index};
    const char *why = why_not(danger, j->input->subject, &result.status);
    j->check = &danger->check;
    int rc = 0;
    if (!why)
        rc = judge(j, danger, &result, err);
    else
        result.evidence = bw_str(why);
    if (rc == 0 && result.status == BW_STATUS_NOT_EVALUATED)
        j->output->gap(j->output->gap_ctx, BW_GAP_NOTE, BW_STR("the database of packages"),
                       bw_str(danger->needs_checksums ? "whether files were changed"
                                                      : "which programs no package owns"),
                       bw_str(why));
    return rc ? rc : bw_check_add_result(j->output, &result, err);
}

static int run(const struct bw_check_input *input, const struct bw_check_output *output,
               struct bw_err *err)
{
    struct judging j = {
        .input = input, .output = output, .products = BW_MAP(input->subject->packages_n)};
    size_t from = output->findings->n;
    int rc = index_products(&j, err);
    for (size_t i = 0; i < BW_ARRAY_LEN(dangers) && rc == 0; i++)
        rc = run_danger(&j, &dangers[i], err);
    if (rc == 0)
        bw_check_sort(output->findings, from);
    bw_map_free(&j.products);
    return rc;
}

const struct bw_check_suite bw_check_suite_file = {
    .name = "file",
    .checks = checks,
    .run = run,
};
