/*
 * Programs and libraries (ELF): how they are built, and what they were built from, as far as the
 * bytes tell. Go programs name their modules, Rust programs built with cargo-auditable their
 * crates; of others a product is recognised by file name and literals (product.h).
 *
 * Object files and cores are not wanted, and files of debugging symbols alone say nothing. A file
 * that no kernel would load is a note: it is not run, and there is nothing in it to protect.
 */
#include "extract/elf-hardening.h"
#include "extract/elf-reader.h"
#include "extract/go-build-info.h"
#include "extract/package-fact.h"
#include "extract/product.h"
#include "extract/rust-audit.h"

#define WHAT    "what a program was built from"
#define ELF_MAX ((size_t)512 << 20)

/* Where the packer UPX writes its mark: within the first page. */
#define UPX_WITHIN 4096u

static const char *const paths[] = {NULL};

/* The debugging symbols of a program keep its headers, not its content. */
static bool is_debug_file(const struct bw_elf_file *file)
{
    struct bw_elf_section section;
    return bw_elf_find_section(file, BW_STR(".text"), &section) &&
           section.type == BW_ELF_SHT_NOBITS;
}

static int send_hardening(const struct bw_elf_file *file, bool compiled_go,
                          struct bw_record_gaps *gaps, struct bw_err *err)
{
    struct bw_fact fact = {
        .kind = BW_FACT_ELF, .place = {.path = gaps->path}, .elf = bw_elf_hardening(file)};
    fact.elf.compiled_go = compiled_go;
    return gaps->sink->fact(gaps->sink->ctx, &fact, err);
}

/* Whether an import path is below another, by whole components: "a/b" and "a/b/v2". */
static bool is_below(struct bw_str path, struct bw_str base)
{
    return bw_str_starts(path, base) && (path.n == base.n || path.p[base.n] == '/');
}

static int send_go_product(const struct bw_go_main *main, struct bw_record_gaps *gaps,
                           size_t *ret_n, struct bw_err *err)
{
    struct bw_str version = main->version;
    if (version.n > 1 && version.p[0] == 'v')
        version = bw_str_from(version, 1);
    for (const struct bw_go_product *it = bw_go_products; version.n && it->import; it++)
        if (is_below(main->module, bw_str(it->import))) {
            *ret_n = 1;
            return bw_product_send_known(it->name, version, gaps, err);
        }
    return 0;
}

static int send_go(const struct bw_elf_file *file, const struct bw_go_build *build,
                   struct bw_record_gaps *gaps, struct bw_err *err)
{
    struct bw_go_main main = {0};
    size_t products = 0;
    int rc = bw_go_build_send(build, gaps, &main, err);
    if (!rc)
        rc = send_go_product(&main, gaps, &products, err);
    if (!rc && !products)
        rc = bw_product_send(bw_binary_products, bw_str_n(file->p, file->n), gaps, &products, err);
    if (!rc && !products && main.module.n && !main.version.n)
        bw_record_gap(gaps, BW_GAP_NOTE, 0,
                      "the Go program %" BW_STR_F " does not tell its own version",
                      BW_STR_A(bw_str_take(main.module, BW_GO_VERSION_MAX)));
    return rc;
}

static int send_other(const struct bw_elf_file *file, struct bw_record_gaps *gaps,
                      struct bw_err *err)
{
    size_t products;
    struct bw_str content = bw_str_n(file->p, file->n);
    int rc = bw_rust_audit_send(file, gaps, err);
    if (!rc)
        rc = bw_product_send(bw_binary_products, content, gaps, &products, err);
    if (!rc && bw_str_find_str(bw_str_take(content, UPX_WITHIN), BW_STR("UPX!")) != SIZE_MAX)
        bw_record_gap(gaps, BW_GAP_NOTE, 0, "packed by UPX, which hides what is in it");
    return rc;
}

static int send_all(const struct bw_elf_file *file, struct bw_record_gaps *gaps, struct bw_err *err)
{
    struct bw_go_build build;
    bool has_build = bw_go_build_find(file, &build);
    bool go = has_build || bw_go_is_compiled(file);
    int rc = send_hardening(file, go, gaps, err);
    if (rc)
        return rc;
    if (has_build)
        return send_go(file, &build, gaps, err);
    if (go)
        bw_record_gap(gaps, BW_GAP_NOTE, 0,
                      "a Go program without a readable build info: its modules are unknown");
    return send_other(file, gaps, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_record_gaps gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)};
    struct bw_elf_file file;
    struct bw_err why = {0};
    int rc = bw_elf_open(p, n, &file, &why);
    if (rc == BW_ELIMIT)
        return bw_err_set(err, rc, "%s", why.msg);
    if (rc) {
        bw_record_gap(&gaps, BW_GAP_NOTE, 0, "an ELF file that cannot be loaded: %s", why.msg);
        return 0;
    }
    rc = is_debug_file(&file) ? 0 : send_all(&file, &gaps, err);
    bw_record_gaps_end(&gaps);
    return rc;
}

const struct bw_parser bw_parser_elf = {
    .name = "elf",
    .what = WHAT,
    .paths = paths,
    .sniff = bw_elf_is_loadable,
    .max = ELF_MAX,
    .parse = parse,
};
