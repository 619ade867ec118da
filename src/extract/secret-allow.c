#include "extract/secret-allow.h"

#include <string.h>

#include "extract/parser.h"
#include "extract/secret-rule.h"

/* --- values --- */

/* Words that no generator of tokens writes in time and every author of samples does. */
static const char *const sample_words[] = {
    "example",  "sample",   "changeme",   "change_me", "change-me", "placeholder", "redacted",
    "replace",  "dummy",    "foobar",     "deadbeef",  "notreal",   "yourtoken",   "your_",
    "your-",    "yourkey",  "yoursecret", "my_secret", "mysecret",  "insert_",     "todo",
    "abcdefgh", "abcd1234", "12345678",   "01234567",  "87654321",  "fakekey",     "faketoken",
    "${",       "$(",       "{{",         "<%",        "%(",        "...",         "***",
    "qwerty",   "password", "lorem",      "testtest",
};

/* Bytes of a value in which the words are looked for. */
#define SAMPLE_SEEN_MAX 256u

static bool holds_sample_word(struct bw_str value)
{
    char lower[SAMPLE_SEEN_MAX];
    size_t n = value.n < sizeof lower ? value.n : sizeof lower;
    bool holds = false;
    for (size_t i = 0; i < n; i++)
        lower[i] = value.p[i] >= 'A' && value.p[i] <= 'Z' ? (char)(value.p[i] | 0x20) : value.p[i];
    for (size_t i = 0; i < BW_ARRAY_LEN(sample_words) && !holds; i++)
        holds = memmem(lower, n, sample_words[i], strlen(sample_words[i])) != NULL;
    explicit_bzero(lower, n);
    return holds;
}

/* Bytes that are the same in a row, of the shortest row that stands for "some bytes". */
#define ROW_MIN 6

/* Values that RFC 6749, RFC 6750, RFC 7617 and the manual of Ruby print, and everybody after them.
 */
static const char *const printed[] = {
    "2YotnFZFEjr1zCsicMWpAA",       "tGzv3JOkF0XG5Qx2TlKWIA",
    "czZCaGRSa3F0MzpnWDFmQmF0M2JW", "gX1fBat3bV",
    "7Fjfp0ZBr1KtDRbnfVdmIw",       "mF_9.B5f-4.1JqM",
    "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "V3ry_S3nsit1ve",
    "SplxlOBeZQQYbYS6WxSbIA",       "not-re%40l",
};

bool bw_secret_is_placeholder(struct bw_str value)
{
    size_t row = 1;
    for (size_t i = 1; i < value.n; i++) {
        row = value.p[i] == value.p[i - 1] ? row + 1 : 1;
        if (row >= ROW_MIN)
            return true;
    }
    if (value.n && ((value.p[0] == '<' && value.p[value.n - 1] == '>') || value.p[0] == '$'))
        return true;
    for (size_t i = 0; i < BW_ARRAY_LEN(printed); i++) {
        if (bw_str_eq(value, bw_str(printed[i])))
            return true;
    }
    return holds_sample_word(value);
}

/* --- published keys --- */

/* The identities (of the decoded bytes) of keys that everybody has. */
static const uint64_t published[] = {
    /* The self-tests of GnuTLS (lib/crypto-selftests-pk.c), within libgnutls. */
    0x803fc9d7eb40ea13,
    0x323a1e2a6917c061,
    0x87e288dc7dbc29a2,
    0xd245e52c341a7664,
    0x0294b4406902e33b,
    0x60c323abe4854b03,
    0x995b8d5b08ac126a,
    0x09416ba3e0782523,
    0x7e38af7715bbb425,
    0x458022ddcb5598b3,
    0x09f1c1a4680df80b,
    0x2859ff03b44c8f0e,
    /* Go: crypto/x509/platform_root_key.pem. */
    0xec5fa9904554f5f4,
};

bool bw_secret_is_published(uint64_t identity)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(published) && identity; i++) {
        if (published[i] == identity)
            return true;
    }
    return false;
}

/* --- paths --- */

/* Text for people, and programs' own samples. */
static bool is_documentation(struct bw_str path, struct bw_str name)
{
    static const char *const folders[] = {
        "usr/share/doc/",      "usr/share/man/",       "usr/share/info/",      "usr/share/locale/",
        "usr/share/i18n/",     "usr/share/help/",      "usr/share/gtk-doc/",   "usr/share/perl/",
        "usr/share/zoneinfo/", "usr/share/icons/",     "usr/lib/locale/",      "usr/share/mime/",
        "usr/share/vim/",      "usr/local/share/doc/", "usr/local/share/man/",
    };
    static const char *const ends[] = {".md", ".rst", ".adoc", ".po", ".pot", ".markdown", ".mdx"};
    static const char *const names[] = {"README", "CHANGELOG", "CHANGES", "HISTORY",
                                        "NEWS",   "LICENSE",   "COPYING", "examples-"};
    for (size_t i = 0; i < BW_ARRAY_LEN(folders); i++) {
        if (bw_str_starts(path, bw_str(folders[i])))
            return true;
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++) {
        if (bw_str_ends(name, bw_str(ends[i])))
            return true;
    }
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        if (bw_str_starts(name, bw_str(names[i])))
            return true;
    }
    return bw_str_find_str(name, BW_STR(".examples.")) != SIZE_MAX ||
           bw_str_ends(path, BW_STR("-info/METADATA")) || bw_str_eq(name, BW_STR("PKG-INFO"));
}

static bool is_word_of(struct bw_str word, const char *const *words)
{
    for (; *words; words++) {
        if (bw_str_eq_nocase(word, bw_str(*words)))
            return true;
    }
    return false;
}

/* Whether a folder on the way is one of the words. */
static bool has_folder(struct bw_str path, const char *const *words)
{
    struct bw_str rest = path, part;
    while (bw_str_split(&rest, '/', &part)) {
        if (rest.p && is_word_of(part, words))
            return true;
    }
    return false;
}

static const char *const test_folders[] = {
    "test",     "tests",     "__tests__", "testdata",
    "testing",  "test-data", "test_data", "fixture",
    "fixtures", "spec",      "specs",     "__mocks__",
    "mocks",    "testsuite", "vectors",   "cryptography_vectors",
    NULL,
};

static const char *const sample_folders[] = {
    "doc", "docs", "example", "examples", "sample", "samples", "demo", "demos", "man", NULL,
};

static bool is_test(struct bw_str path, struct bw_str name)
{
    static const char *const ends[] = {
        "_test.go", "_test_data.go", ".test.js", ".spec.js",  ".test.ts",  ".spec.ts", ".test.tsx",
        "_test.py", "_spec.rb",      "_test.rb", ".test.mjs", ".test.cjs", "Test.java"};
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++) {
        if (bw_str_ends(name, bw_str(ends[i])))
            return true;
    }
    return bw_str_starts(name, BW_STR("test_")) || bw_str_starts(name, BW_STR("test.")) ||
           bw_str_starts(name, BW_STR("tests.")) || has_folder(path, test_folders);
}

/* Where package managers put libraries. */
static bool is_library(struct bw_str path)
{
    static const char *const folders[] = {"node_modules", "site-packages", "dist-packages",
                                          "gems",         "vendor",        NULL};
    static const char *const starts[] = {
        "usr/share/",   "usr/lib/python",  "usr/local/lib/python", "usr/lib/ruby/",
        "usr/lib/go-",  "usr/local/go/",   "usr/local/lib/ruby/",  "usr/lib/go/",
        "usr/lib/node", "usr/lib/perl",    "usr/lib/php",          "usr/lib/erlang/",
        "usr/lib/jvm/", "usr/lib/rustlib", "usr/local/share/perl", "root/go/pkg/mod/",
        "go/pkg/mod/",
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        if (bw_str_starts(path, bw_str(starts[i])))
            return true;
    }
    /* Wherever the interpreter lives: pyenv, conda, /usr/local. */
    static const char *const within[] = {"lib/python", "lib/ruby/", "lib/perl5/", "go/pkg/mod/"};
    for (size_t i = 0; i < BW_ARRAY_LEN(within); i++) {
        if (bw_str_find_str(path, bw_str(within[i])) != SIZE_MAX)
            return true;
    }
    return has_folder(path, folders);
}

unsigned bw_secret_quiet(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    bool sample =
        is_documentation(path, name) || is_test(path, name) || has_folder(path, sample_folders);
    bool library = is_library(path);
    return (sample ? BW_SECRET_GENERIC : 0u) | (sample && library ? BW_SECRET_SAMPLED : 0u) |
           (sample || library ? BW_SECRET_DOUBTS : 0u);
}
