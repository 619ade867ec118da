/*
 * Programs that a text file of theirs gives the version of: what was unpacked by hand and is no ELF
 * file, or knows its version only there. The products and literals are as in product.h.
 */
#include "extract/package-fact.h"
#include "extract/product.h"

#define WHAT     "the version of a program"
#define TEXT_MAX ((size_t)4 << 20)

#define LIT(s)                                                                                     \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }
#define V(before)                                                                                  \
    {                                                                                              \
        BW_FORM_VERSION, LIT(before), LIT("")                                                      \
    }
#define WHOLE                                                                                      \
    {                                                                                              \
        .form = BW_FORM_WHOLE                                                                      \
    }
#define JAVA                                                                                       \
    {                                                                                              \
        BW_FORM_JAVA, LIT("JAVA_VERSION=\""), LIT("")                                              \
    }

static const char *const paths[] = {
    "**/release",
    "**/go/VERSION",
    "**/releases/*/OTP_VERSION",
    "**/wp-includes/version.php",
    "**/core/lib/Drupal.php",
    "**/version.php",
    "**/libraries/classes/Version.php",
    "**/gitlab-rails/VERSION",
    "**/tomcat*/RELEASE-NOTES",
    NULL,
};

static const struct bw_product products[] = {
    {"java", {"**/release"}, {JAVA}},
    {"golang", {"**/go/VERSION"}, {V("go")}},
    {"erlang", {"**/releases/*/OTP_VERSION"}, {WHOLE}},
    {"wordpress", {"**/wp-includes/version.php"}, {V("$wp_version = '")}},
    {"drupal", {"**/core/lib/Drupal.php"}, {V("const VERSION = '")}},
    {"nextcloud", {"**/version.php"}, {V("$OC_VersionString = '")}},
    {"moodle", {"**/version.php"}, {V("\n$release  = '"), V("\n$release = '")}},
    {"phpmyadmin", {"**/libraries/classes/Version.php"}, {V("const VERSION = '")}},
    {"gitlab", {"**/gitlab-rails/VERSION"}, {WHOLE}},
    {"tomcat", {"**/tomcat*/RELEASE-NOTES"}, {V("Apache Tomcat Version ")}},
    {NULL, {NULL}, {{.form = BW_FORM_VERSION}}},
};

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct bw_record_gaps gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)};
    size_t found;
    int rc = bw_product_send(products, bw_str_n(p, n), &gaps, &found, err);
    bw_record_gaps_end(&gaps);
    return rc;
}

const struct bw_parser bw_parser_program_files = {
    .name = "program-files",
    .what = WHAT,
    .paths = paths,
    .max = TEXT_MAX,
    .parse = parse,
};
