#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/licence-name.h"
#include "model/licence-table.h"
#include "model/licence.h"

#define ARENA_MAX ((size_t)16 << 20)

static struct bw_arena *arena;

static struct bw_licence read(const char *text, const struct bw_licence_rules *rules)
{
    struct bw_licence licence = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_licence_read(bw_str(text), rules, arena, &licence, &err), 0);
    return licence;
}

/* '!' in front: SPDX does not list all of it. */
static void expect(const char *text, const char *want)
{
    bool listed = *want != '!';
    struct bw_licence licence = read(text, NULL);
    struct bw_str wanted = bw_str(want + !listed);
    if (!bw_str_eq(licence.expression, wanted))
        fail_msg("%s: %.*s and not %.*s", text, BW_STR_A(licence.expression), BW_STR_A(wanted));
    if (licence.listed != listed)
        fail_msg("%s: listed %d", text, licence.listed);
}

static void expressions_are_normalised(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"MIT", "MIT"},
        {"mit", "MIT"},
        {" apache-2.0 ", "Apache-2.0"},
        {"MIT OR Apache-2.0", "MIT OR Apache-2.0"},
        {"MIT or Apache-2.0 and ISC", "MIT OR Apache-2.0 AND ISC"},
        {"(MIT OR Apache-2.0) AND ISC", "(MIT OR Apache-2.0) AND ISC"},
        {"((MIT))", "MIT"},
        {"(MIT AND BSD-3-Clause) AND (ISC)", "MIT AND BSD-3-Clause AND ISC"},
        {"MIT AND mit AND ISC AND MIT", "MIT AND ISC"},
        {"MIT AND (ISC AND MIT) AND (ISC AND Zlib)", "MIT AND ISC AND Zlib"},
        {"MIT OR (ISC OR (MIT OR Zlib))", "MIT OR ISC OR Zlib"},
        {"MIT AND ((ISC OR Zlib) AND MIT)", "MIT AND (ISC OR Zlib)"},
        {"GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"},
        {"gpl-2.0+ with classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"},
        {"Apache-2.0 WITH LLVM-exception OR MIT", "Apache-2.0 WITH LLVM-exception OR MIT"},
        {"LicenseRef-Foo.1 AND MIT", "!LicenseRef-Foo.1 AND MIT"},
        {"DocumentRef-a:LicenseRef-b", "!DocumentRef-a:LicenseRef-b"},
        {"Apache-1.1+", "Apache-1.1+"},
        {"MIT & ISC | Zlib", "MIT AND ISC OR Zlib"},
        {"MIT&&ISC||Zlib", "MIT AND ISC OR Zlib"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++)
        expect(cases[i][0], cases[i][1]);
}

/* As dpkg, rpm, apk, npm, PyPI, Cargo, Maven and CRAN have them. */
static void names_of_the_field_are_known(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"GPL-2", "GPL-2.0-only"},
        {"GPL-2+", "GPL-2.0-or-later"},
        {"GPLv2", "GPL-2.0-only"},
        {"GPLv2+", "GPL-2.0-or-later"},
        {"GPL v3 or later", "GPL-3.0-or-later"},
        {"GPL+", "GPL-1.0-or-later"},
        {"GPL-3.0", "GPL-3.0-only"},
        {"LGPL-2.1+", "LGPL-2.1-or-later"},
        {"LGPLv2+", "LGPL-2.0-or-later"},
        {"AGPLv3", "AGPL-3.0-only"},
        {"GFDL-1.3+", "GFDL-1.3-or-later"},
        {"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"},
        {"GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"},
        {"License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)",
         "LGPL-2.0-or-later"},
        {"License :: OSI Approved :: MIT License", "MIT"},
        {"License :: OSI Approved :: Apache Software License", "Apache-2.0"},
        {"License :: OSI Approved :: BSD License", "BSD-3-Clause"},
        {"License :: OSI Approved :: Python Software Foundation License", "PSF-2.0"},
        {"License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"},
        {"License :: Other/Proprietary License", "!LicenseRef-proprietary"},
        {"The Apache Software License, Version 2.0", "Apache-2.0"},
        {"Apache License, Version 2.0", "Apache-2.0"},
        {"Apache 2", "Apache-2.0"},
        {"ASL 2.0", "Apache-2.0"},
        {"MIT License", "MIT"},
        {"The MIT License (MIT)", "MIT"},
        {"Expat", "MIT"},
        {"BSD", "BSD-3-Clause"},
        {"BSD-3-clause", "BSD-3-Clause"},
        {"BSD with advertising", "BSD-4-Clause"},
        {"3-Clause BSD License", "BSD-3-Clause"},
        {"MIT/Apache-2.0", "MIT OR Apache-2.0"},
        {"MIT/X11", "MIT"},
        {"zlib/libpng", "Zlib"},
        {"MIT, BSD", "MIT AND BSD-3-Clause"},
        {"GPLv2+ and LGPLv2+ and BSD", "GPL-2.0-or-later AND LGPL-2.0-or-later AND BSD-3-Clause"},
        {"LGPLv2+ with exceptions", "LGPL-2.0-or-later"},
        {"GPL-2+ with OpenSSL exception", "GPL-2.0-or-later"},
        {"GPL-3+-WITH-BISON-EXCEPTION", "GPL-3.0-or-later WITH Bison-exception-2.2"},
        {"GPL-2-with-something-odd", "GPL-2.0-only"},
        {"(GPL-2+ or Artistic) AND Expat", "(GPL-2.0-or-later OR Artistic-1.0-Perl) AND MIT"},
        {"GPL+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"},
        {"Perl_5", "GPL-1.0-or-later OR Artistic-1.0-Perl"},
        {"Perl_5 AND MIT", "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT"},
        {"GPL (>= 2)", "GPL-2.0-or-later"},
        {"GPL (>= 2) | file LICENSE", "!GPL-2.0-or-later OR NOASSERTION"},
        {"Public Domain", "!LicenseRef-public-domain"},
        {"public-domain", "!LicenseRef-public-domain"},
        {"UNLICENSED", "!LicenseRef-proprietary"},
        {"Unlicense", "Unlicense"},
        {"CC0", "CC0-1.0"},
        {"GPL2 w/ CPE", "GPL-2.0-only WITH Classpath-exception-2.0"},
        {"SEE LICENSE IN LICENSE.md", "!NOASSERTION"},
        {"UNKNOWN", "!NOASSERTION"},
        {"", "!NOASSERTION"},
        {"\n", "!NOASSERTION"},
        {"MIT License\n\nCopyright (c) 2020", "MIT"},
        {"Some Odd Licence 1.0", "!LicenseRef-Some-Odd-Licence-1.0"},
        {"MIT AND Odd (v1)", "!MIT AND LicenseRef-Odd-v1"},
        {"MIT with advertising", "!LicenseRef-MIT-with-advertising"},
        {"***", "!NOASSERTION"},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++)
        expect(cases[i][0], cases[i][1]);
}

static void broken_expressions_are_one_name(void **state)
{
    (void)state;
    expect("MIT AND", "!LicenseRef-MIT-AND");
    expect("(MIT OR ISC", "!LicenseRef-MIT-OR-ISC");
    expect("MIT) AND ISC", "!LicenseRef-MIT-AND-ISC");
    expect("AND", "!LicenseRef-AND");
    expect("MIT WITH", "!LicenseRef-MIT-WITH");
    expect("()", "!NOASSERTION");
    expect("((((((((((((((((((MIT|ISC))))))))))))))))))", "!LicenseRef-MIT-ISC");
    char *text = malloc(BW_LICENCE_TEXT_MAX + 2);
    assert_non_null(text);
    memset(text, 'a', BW_LICENCE_TEXT_MAX + 1);
    text[BW_LICENCE_TEXT_MAX + 1] = 0;
    assert_false(read(text, NULL).listed);
    for (size_t i = 0; i + 4 < BW_LICENCE_TEXT_MAX; i += 4)
        memcpy(text + i, "a&b|", 4);
    assert_int_equal(bw_str_find_str(read(text, NULL).expression, BW_STR("LicenseRef-")), 0);
    free(text);
}

/* What one run gives back, the next understands. */
static void normal_forms_stay(void **state)
{
    (void)state;
    for (size_t i = 0; bw_licence_ids[i]; i++)
        expect(bw_licence_ids[i], bw_licence_ids[i]);
    for (size_t i = 0; i < bw_licence_aliases_n; i++) {
        const char *expression = bw_licence_aliases[i].expression;
        struct bw_licence licence = read(expression, NULL);
        assert_true(bw_str_eq(licence.expression, bw_str(expression)));
    }
}

static void tables_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < bw_licence_aliases_n; i++) {
        struct bw_str key = bw_str(bw_licence_aliases[i].key);
        if (i)
            assert_true(bw_str_cmp(bw_str(bw_licence_aliases[i - 1].key), key) < 0);
    }
    for (size_t i = 1; i < bw_licence_ids_n; i++)
        assert_true(strcasecmp(bw_licence_ids[i - 1], bw_licence_ids[i]) < 0);
    for (size_t i = 1; i < bw_licence_exceptions_n; i++)
        assert_true(strcasecmp(bw_licence_exceptions[i - 1], bw_licence_exceptions[i]) < 0);
    for (size_t i = 0; i < bw_licence_exception_aliases_n; i++)
        assert_true(bw_licence_exception(bw_str(bw_licence_exception_aliases[i].key)).n > 0);
}

static struct bw_strs list(const char *text)
{
    struct bw_strs list = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_licence_list_add(&list, bw_str(text), arena, &err), 0);
    return list;
}

static void lists_decide(void **state)
{
    (void)state;
    static const struct {
        const char *allow, *deny, *text;
        enum bw_licence_standing standing;
    } cases[] = {
        {"", "", "GPL-3.0-only", BW_LICENCE_ALLOWED},
        {"MIT", "", "MIT", BW_LICENCE_ALLOWED},
        {"mit", "", "MIT", BW_LICENCE_ALLOWED},
        {"MIT", "", "ISC", BW_LICENCE_NOT_ALLOWED},
        {"MIT", "", "ISC OR MIT", BW_LICENCE_ALLOWED},
        {"MIT", "", "ISC AND MIT", BW_LICENCE_NOT_ALLOWED},
        {"MIT", "", "Odd", BW_LICENCE_UNKNOWN},
        {"MIT", "", "Odd OR MIT", BW_LICENCE_ALLOWED},
        {"MIT", "", "Odd AND ISC", BW_LICENCE_NOT_ALLOWED},
        {"", "GPL-*", "GPL-2.0-only", BW_LICENCE_DENIED},
        {"", "GPL-*", "LGPL-2.1-only", BW_LICENCE_ALLOWED},
        {"", "*GPL-*", "LGPL-2.1-only", BW_LICENCE_DENIED},
        {"", "GPL-*", "GPL-2.0-only OR MIT", BW_LICENCE_ALLOWED},
        {"", "GPL-*", "GPL-2.0-only AND MIT", BW_LICENCE_DENIED},
        {"", "GPL-*", "GPL-2.0-only WITH Classpath-exception-2.0", BW_LICENCE_DENIED},
        {"", "GPL-2.0", "GPL-2.0-or-later", BW_LICENCE_DENIED},
        {"", "GPLv2+", "GPL-2.0-or-later", BW_LICENCE_DENIED},
        {"", "GPLv2+", "GPL-2.0-only", BW_LICENCE_ALLOWED},
        {"", "GPL-*", "Odd", BW_LICENCE_UNKNOWN},
        {"GPL-2.0-only", "GPL-*", "GPL-2.0-only", BW_LICENCE_DENIED},
        {"GPL-2.0-only WITH Classpath-exception-2.0", "",
         "GPL-2.0-only WITH Classpath-exception-2.0", BW_LICENCE_ALLOWED},
        {"GPL-2.0-only WITH Classpath-exception-2.0", "", "GPL-2.0-only", BW_LICENCE_NOT_ALLOWED},
        {"LicenseRef-public-domain", "", "Public Domain", BW_LICENCE_ALLOWED},
        {"Artistic-1.0-Perl", "", "Perl", BW_LICENCE_ALLOWED},
        {"MIT, Apache 2, , BSD-*", "", "Apache-2.0 AND BSD-3-Clause", BW_LICENCE_ALLOWED},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        const struct bw_licence_rules rules = {list(cases[i].allow), list(cases[i].deny)};
        enum bw_licence_standing standing = read(cases[i].text, &rules).standing;
        if (standing != cases[i].standing)
            fail_msg("%s against +%s -%s: %d", cases[i].text, cases[i].allow, cases[i].deny,
                     standing);
    }
    struct bw_strs wrong = {0};
    struct bw_err err = {0};
    assert_int_equal(bw_licence_list_add(&wrong, BW_STR("MIT,GLP-3.0"), arena, &err), BW_EUSAGE);
    assert_string_equal(err.msg, "SPDX lists no licence 'GLP-3.0'");
    assert_int_equal(wrong.n, 0);
}

static void keys_are_what_is_compared(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"The Apache Software License, Version 2.0", "apache2"},
        {"GPLv2.0+", "gpl2+"},
        {"v1.0.5 of X.", "1.0.5ofx"},
        {"GPL (>= 2.1)", "gpl2.1+"},
        {"LaTeX version 1.3c", "latex1.3c"},
        {"vim", "vim"},
        {"  ", ""},
    };
    char buffer[BW_LICENCE_NAME_MAX + 2];
    for (size_t i = 0; i < BW_ARRAY_LEN(cases); i++) {
        struct bw_str key = bw_licence_key(bw_str(cases[i][0]), buffer);
        if (!bw_str_eq(key, bw_str(cases[i][1])))
            fail_msg("%s: %.*s", cases[i][0], BW_STR_A(key));
    }
}

static int begin(void **state)
{
    (void)state;
    arena = bw_arena_new(ARENA_MAX);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    bw_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_are_normalised),
        cmocka_unit_test(names_of_the_field_are_known),
        cmocka_unit_test(broken_expressions_are_one_name),
        cmocka_unit_test(normal_forms_stay),
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(keys_are_what_is_compared),
        cmocka_unit_test(lists_decide),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
