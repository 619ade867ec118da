#include "extract/rpm-packages.h"

#include "extract/rpm-header.h"

struct bw_rpm_packages bw_rpm_packages(struct bw_str path, struct bw_str what,
                                       const struct bw_extract_sink *sink)
{
    return (struct bw_rpm_packages){
        .sink = sink,
        .gaps = {.sink = sink, .path = path, .what = what},
        .files = BW_PATH_LIST,
        .text = BW_BUF(4 * (size_t)BW_EXTRACT_WORD_MAX),
    };
}

int bw_rpm_packages_end(struct bw_rpm_packages *to, int rc)
{
    bw_record_gaps_end(&to->gaps);
    bw_path_list_free(&to->files);
    bw_buf_free(&to->text);
    return to->full ? 0 : rc;
}

/* Cuts the piece behind the last '-' off *s. */
static bool cut_last(struct bw_str *s, struct bw_str *ret_piece)
{
    size_t dash = bw_str_rfind(*s, '-');
    if (dash == SIZE_MAX || dash == 0 || dash + 1 == s->n)
        return false;
    *ret_piece = bw_str_from(*s, dash + 1);
    *s = bw_str_take(*s, dash);
    return true;
}

bool bw_rpm_split_source(struct bw_str source_rpm, struct bw_str *ret_name,
                         struct bw_str *ret_version)
{
    const struct bw_str endings[] = {BW_STR(".nosrc.rpm"), BW_STR(".src.rpm")};
    for (size_t i = 0; i < BW_ARRAY_LEN(endings); i++) {
        if (!bw_str_ends(source_rpm, endings[i]))
            continue;
        struct bw_str name = bw_str_take(source_rpm, source_rpm.n - endings[i].n);
        struct bw_str all = name, release, version;
        if (!cut_last(&name, &release) || !cut_last(&name, &version))
            return false;
        *ret_name = name;
        *ret_version = bw_str_from(all, name.n + 1);
        return true;
    }
    return false;
}

void bw_rpm_set_source(struct bw_package *package, struct bw_str source_rpm)
{
    package->source_name = package->name;
    package->source_version = package->version;
    struct bw_str name, version;
    if (!bw_record_is_word(source_rpm) || !bw_rpm_split_source(source_rpm, &name, &version))
        return;
    package->source_name = name;
    size_t colon = bw_str_find(package->version, ':');
    struct bw_str own =
        colon == SIZE_MAX ? package->version : bw_str_from(package->version, colon + 1);
    if (!bw_str_eq(own, version))
        package->source_version = version;
}

/* "[epoch:]version-release" in to->text. */
static struct bw_str make_version(struct bw_rpm_packages *to, const struct bw_rpm_header *header)
{
    bw_buf_clear(&to->text);
    if (header->epoch)
        bw_buf_printf(&to->text, "%u:", header->epoch);
    bw_buf_str(&to->text, header->version);
    bw_buf_byte(&to->text, '-');
    bw_buf_str(&to->text, header->release);
    return bw_buf_slice(&to->text);
}

static int read_files(struct bw_rpm_packages *to, const struct bw_rpm_header *header,
                      struct bw_err *err)
{
    bw_path_list_clear(&to->files);
    struct bw_err why = {0};
    int rc = bw_rpm_header_files(header, &to->files, &why);
    if (rc == BW_EFORMAT || rc == BW_ELIMIT) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0,
                      "the files of %" BW_STR_F " are not all known: %s", BW_STR_A(header->name),
                      why.msg);
        return 0;
    }
    return rc ? bw_err_set(err, rc, "%s", why.msg) : 0;
}

static int emit(struct bw_rpm_packages *to, const struct bw_rpm_header *header, struct bw_err *err)
{
    int rc = read_files(to, header, err);
    struct bw_str version = make_version(to, header);
    if (rc || bw_buf_failed(&to->text))
        return rc ? rc : bw_err_set(err, BW_ENOMEM, "no memory for a package's version");
    struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = to->gaps.path},
        .package =
            {
                .type = BW_PACKAGE_RPM,
                .name = header->name,
                .version = version,
                .arch = bw_record_text(header->arch),
                .module = bw_record_text(header->module),
                .vendor = bw_record_text(header->vendor),
                .licence = bw_record_text(header->licence),
                .files = bw_path_list_get(&to->files),
                .records = bw_path_list_records(&to->files),
            },
    };
    bw_rpm_set_source(&fact.package, header->source_rpm);
    return to->sink->fact(to->sink->ctx, &fact, err);
}

int bw_rpm_packages_blob(struct bw_rpm_packages *to, uint64_t number, const uint8_t *p, size_t n,
                         struct bw_err *err)
{
    if (to->n == BW_EXTRACT_PACKAGES_MAX) {
        to->full = true;
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0, "more than %u packages: the rest was left out",
                      BW_EXTRACT_PACKAGES_MAX);
        return bw_err_set(err, BW_ELIMIT, "more than %u packages", BW_EXTRACT_PACKAGES_MAX);
    }
    to->n++;
    struct bw_rpm_header header;
    struct bw_err why = {0};
    if (bw_rpm_header_parse(p, n, &header, &why)) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0, "record %llu: %s", (unsigned long long)number,
                      why.msg);
        return 0;
    }
    if (bw_str_eq(header.name, BW_STR("gpg-pubkey")))
        return 0;
    if (!bw_record_is_word(header.name) || !bw_record_is_word(header.version) ||
        !bw_record_is_word(header.release)) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, 0,
                      "record %llu: no or a malformed name, version or release",
                      (unsigned long long)number);
        return 0;
    }
    return emit(to, &header, err);
}
