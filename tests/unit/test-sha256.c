#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wrap/sha256.h"

static void sha256_is_fips_180(void **state)
{
    (void)state;
    uint8_t digest[BW_SHA256_SIZE], parsed[BW_SHA256_SIZE];
    char hex[BW_SHA256_HEX_SIZE];
    assert_int_equal(bw_sha256("abc", 3, digest), 0);
    bw_sha256_hex(digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(bw_sha256_parse(bw_str(hex), parsed));
    assert_memory_equal(parsed, digest, sizeof digest);
    assert_false(bw_sha256_parse(bw_str_n(hex, 63), parsed));
    hex[5] = 'A';
    assert_false(bw_sha256_parse(bw_str(hex), parsed));
    struct bw_sha256 *sha BW_CLEANUP(bw_sha256_freep) = bw_sha256_new();
    assert_non_null(sha);
    for (int i = 0; i < 2; i++) { /* anew after each end */
        bw_sha256_update(sha, "a", 1);
        bw_sha256_update(sha, NULL, 0);
        bw_sha256_update(sha, "bc", 2);
        assert_int_equal(bw_sha256_final(sha, parsed), 0);
        assert_memory_equal(parsed, digest, sizeof digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_fips_180),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
