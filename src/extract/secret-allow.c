#include "extract/secret-allow.h"

#include "extract/parser.h"
#include "extract/secret-rule.h"
#include "wrap/sha256.h"

/* --- values --- */

static bool holds_nocase(struct bw_str s, const char *word)
{
    struct bw_str want = bw_str(word);
    for (size_t i = 0; i + want.n <= s.n; i++) {
        if (bw_str_eq_nocase(bw_str_n(s.p + i, want.n), want))
            return true;
    }
    return false;
}

/* Words that no generator of tokens writes in time and every author of samples does. */
static const char *const sample_words[] = {
    "example",  "sample",   "changeme",   "change_me", "change-me", "placeholder", "redacted",
    "replace",  "dummy",    "foobar",     "deadbeef",  "notreal",   "yourtoken",   "your_",
    "your-",    "yourkey",  "yoursecret", "my_secret", "mysecret",  "insert_",     "todo",
    "abcdefgh", "abcd1234", "12345678",   "01234567",  "87654321",  "fakekey",     "faketoken",
    "${",       "$(",       "{{",         "<%",        "%(",        "...",         "***",
    "qwerty",   "lorem",    "testtest",
};

/* Bytes that are the same in a row, of the shortest row that stands for "some bytes". */
#define ROW_MIN 6

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
    for (size_t i = 0; i < BW_ARRAY_LEN(sample_words); i++) {
        if (holds_nocase(value, sample_words[i]))
            return true;
    }
    return false;
}

/* --- published keys --- */

/* The first eight bytes of the SHA-256 of each identity. */
static const uint64_t published[] = {
    0, /* of nothing: the list ends */
};

bool bw_secret_is_published(struct bw_str identity)
{
    uint8_t digest[BW_SHA256_SIZE];
    uint64_t head = 0;
    if (BW_ARRAY_LEN(published) < 2 || bw_sha256(identity.p, identity.n, digest))
        return false;
    for (size_t i = 0; i < sizeof head; i++)
        head = head << 8 | digest[i];
    for (size_t i = 0; published[i]; i++) {
        if (published[i] == head)
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
    static const char *const ends[] = {".md", ".rst", ".adoc", ".po", ".pot", ".mo",  ".markdown",
                                       ".1",  ".3",   ".5",    ".7",  ".8",   ".gmo", ".mdx"};
    static const char *const names[] = {"README", "CHANGELOG", "CHANGES", "HISTORY",
                                        "NEWS",   "LICENSE",   "COPYING"};
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
    return false;
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
    static const char *const ends[] = {"_test.go", ".test.js",  ".spec.js",  ".test.ts",
                                       ".spec.ts", ".test.tsx", "_test.py",  "_spec.rb",
                                       "_test.rb", ".test.mjs", ".test.cjs", "Test.java"};
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++) {
        if (bw_str_ends(name, bw_str(ends[i])))
            return true;
    }
    return bw_str_starts(name, BW_STR("test_")) || has_folder(path, test_folders);
}

/* Where package managers put libraries. */
static bool is_library(struct bw_str path)
{
    static const char *const folders[] = {
        "node_modules", "site-packages", "dist-packages", "gems", "vendor", "pkg", NULL};
    static const char *const starts[] = {"usr/lib/python", "usr/local/lib/python", "usr/share/",
                                         "usr/lib/go-",    "usr/local/go/",        "usr/lib/node",
                                         "usr/lib/ruby",   "usr/share/perl",       "usr/lib/"};
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++) {
        if (bw_str_starts(path, bw_str(starts[i])))
            return true;
    }
    return has_folder(path, folders);
}

unsigned bw_secret_quiet(struct bw_str path)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    bool documentation = is_documentation(path, name), test = is_test(path, name);
    unsigned quiet =
        documentation || test || has_folder(path, sample_folders) ? BW_SECRET_GENERIC : 0;
    if ((quiet & BW_SECRET_GENERIC) && is_library(path))
        quiet |= BW_SECRET_SAMPLED;
    return quiet;
}
