/*
 * var/lib/rpmmanifest/container-manifest-2: what the distroless images of CBL-Mariner and Azure
 * Linux have in place of an rpm database. A line a package, its fields apart by tabs, as rpm's
 * query format prints them:
 *   NAME, VERSION-RELEASE, INSTALLTIME, BUILDTIME, VENDOR, EPOCH, SIZE, ARCH, EPOCHNUM, SOURCERPM
 * with "(none)" for what is not there. A line with fewer fields is a blocking gap. Files are not
 * listed.
 */
#include "extract/rpm-packages.h"

#define WHAT         "packages (rpm manifest)"
#define MANIFEST_MAX ((size_t)16 << 20)

static const char *const paths[] = {"var/lib/rpmmanifest/container-manifest-2", NULL};

enum field {
    NAME,
    VERSION,
    INSTALLED,
    BUILT,
    VENDOR,
    EPOCH,
    SIZE,
    ARCH,
    EPOCH_NUMBER,
    SOURCE
};
#define FIELDS (SOURCE + 1)

static struct bw_str field(struct bw_str s)
{
    return bw_str_eq(s, BW_STR("(none)")) ? (struct bw_str){NULL, 0} : s;
}

static bool make_version(struct bw_buf *text, struct bw_str epoch, struct bw_str version)
{
    uint64_t number = 0;
    if (epoch.n && (!bw_str_to_u64(epoch, &number) || number > UINT32_MAX))
        return false;
    bw_buf_clear(text);
    if (number)
        bw_buf_printf(text, "%u:", (unsigned)number);
    bw_buf_str(text, version);
    return true;
}

static int read_line(struct bw_rpm_packages *to, uint32_t number, struct bw_str line,
                     struct bw_err *err)
{
    struct bw_str fields[FIELDS] = {0}, part;
    size_t n = 0;
    while (n < FIELDS && bw_str_split(&line, '\t', &part))
        fields[n++] = field(part);
    if (n < FIELDS || !bw_record_is_word(fields[NAME]) || !bw_record_is_word(fields[VERSION]) ||
        !make_version(&to->text, fields[EPOCH], fields[VERSION])) {
        bw_record_gap(&to->gaps, BW_GAP_BLOCKING, number, "the line does not describe a package");
        return 0;
    }
    if (bw_str_eq(fields[NAME], BW_STR("gpg-pubkey")))
        return 0;
    if (bw_buf_failed(&to->text))
        return bw_err_set(err, BW_ENOMEM, "no memory for a package's version");
    struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = to->gaps.path, .line = number},
        .package =
            {
                .type = BW_PACKAGE_RPM,
                .name = fields[NAME],
                .version = bw_buf_slice(&to->text),
                .arch = bw_record_text(fields[ARCH]),
                .vendor = bw_record_text(fields[VENDOR]),
            },
    };
    bw_rpm_set_source(&fact.package, fields[SOURCE]);
    return to->sink->fact(to->sink->ctx, &fact, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_rpm_packages to = bw_rpm_packages(path, BW_STR(WHAT), sink);
    struct bw_str rest = bw_str_n(p, n), line;
    uint32_t number = 0;
    int rc = 0;
    while (!rc && bw_str_line(&rest, &line)) {
        number++;
        if (line.n == 0)
            continue;
        if (to.n++ == BW_EXTRACT_PACKAGES_MAX) {
            bw_record_gap(&to.gaps, BW_GAP_BLOCKING, number,
                          "more than %u packages: the rest was left out", BW_EXTRACT_PACKAGES_MAX);
            break;
        }
        rc = read_line(&to, number, line, err);
    }
    return bw_rpm_packages_end(&to, rc);
}

const struct bw_parser bw_parser_rpm_manifest = {
    .name = "rpm-manifest",
    .what = WHAT,
    .paths = paths,
    .max = MANIFEST_MAX,
    .parse = parse,
};
