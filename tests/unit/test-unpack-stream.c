#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include "base/fd.h"
#include "crumbs.h"
#include "unpack/prepare.h"
#include "unpack/stream.h"
#include "wrap/sha256.h"

struct bytes {
    uint8_t *p;
    size_t n;
};

static struct bytes bytes_new(size_t n)
{
    struct bytes b = {malloc(n ? n : 1), n};
    assert_non_null(b.p);
    return b;
}

static struct bytes joined(const void *a, size_t a_n, const void *b, size_t b_n)
{
    struct bytes all = bytes_new(a_n + b_n);
    memcpy(all.p, a, a_n);
    memcpy(all.p + a_n, b, b_n);
    return all;
}

/* Half repetition, half noise, so that every kind of block appears. */
static struct bytes sample(size_t n)
{
    struct bytes b = bytes_new(n);
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        b.p[i] = (i >> 14) & 1 ? (uint8_t)(x >> 24) : (uint8_t) "the layers of an image\n"[i % 23];
    }
    return b;
}

static struct bytes pack_gzip(struct bytes plain)
{
    struct isal_zstream *z = calloc(1, sizeof *z);
    assert_non_null(z);
    struct bytes out = bytes_new(plain.n + plain.n / 8 + 1024);
    isal_deflate_stateless_init(z);
    z->gzip_flag = IGZIP_GZIP;
    z->end_of_stream = 1;
    z->next_in = plain.p;
    z->avail_in = (uint32_t)plain.n;
    z->next_out = out.p;
    z->avail_out = (uint32_t)out.n;
    assert_int_equal(isal_deflate_stateless(z), COMP_OK);
    out.n = z->total_out;
    free(z);
    return out;
}

static struct bytes pack_zstd_window(struct bytes plain, int window_log)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    assert_non_null(c);
    struct bytes out = bytes_new(ZSTD_compressBound(plain.n));
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
    if (window_log)
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
    ZSTD_inBuffer in = {plain.p, plain.n, 0};
    ZSTD_outBuffer to = {out.p, out.n, 0};
    while (ZSTD_compressStream2(c, &to, &in, in.pos < in.size ? ZSTD_e_continue : ZSTD_e_end) ||
           in.pos < in.size)
        ;
    assert_int_equal(ZSTD_compressStream2(c, &to, &in, ZSTD_e_end), 0);
    out.n = to.pos;
    ZSTD_freeCCtx(c);
    return out;
}

static struct bytes pack_zstd(struct bytes plain)
{
    return pack_zstd_window(plain, 0);
}

static struct bytes pack_xz_preset(struct bytes plain, uint32_t preset)
{
    struct bytes out = bytes_new(lzma_stream_buffer_bound(plain.n));
    size_t at = 0;
    assert_int_equal(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, NULL, plain.p, plain.n,
                                             out.p, &at, out.n),
                     LZMA_OK);
    out.n = at;
    return out;
}

static struct bytes pack_xz(struct bytes plain)
{
    return pack_xz_preset(plain, 1);
}

static struct bytes pack_none(struct bytes plain)
{
    return joined(plain.p, plain.n, "", 0);
}

static const struct packer {
    enum bw_compression compression;
    struct bytes (*pack)(struct bytes);
    size_t magic; /* bytes it is recognised by */
} packers[] = {
    {BW_COMPRESSION_NONE, pack_none, 0},
    {BW_COMPRESSION_GZIP, pack_gzip, 3},
    {BW_COMPRESSION_ZSTD, pack_zstd, 4},
    {BW_COMPRESSION_XZ, pack_xz, 6},
};

static struct bw_stream *crumbs(struct bytes from, size_t size)
{
    struct bw_stream *stream = crumbs_new(from.p, from.n, size);
    assert_non_null(stream);
    return stream;
}

static const struct bw_inflate_limits wide = {UINT64_MAX, 256u << 20};

static struct bw_stream *inflate(struct bw_stream *inner)
{
    struct bw_stream *stream = NULL;
    enum bw_compression compression;
    struct bw_err err;
    assert_non_null(inner);
    assert_int_equal(bw_stream_inflate(inner, &wide, &stream, &compression, &err), 0);
    return stream;
}

static void expect(struct bw_stream *stream, struct bytes plain)
{
    size_t at = 0, n;
    const uint8_t *p;
    struct bw_err err = {0};
    do {
        assert_int_equal(bw_stream_next(stream, &p, &n, &err), 0);
        assert_true(n <= BW_STREAM_BLOCK && n <= plain.n - at);
        if (n)
            assert_memory_equal(p, plain.p + at, n);
        at += n;
    } while (n);
    assert_int_equal(at, plain.n);
    assert_int_equal(bw_stream_next(stream, &p, &n, &err), 0);
    assert_int_equal(n, 0);
    bw_stream_free(stream);
}

/* What unpacking ends with; 0 or a code. */
static int outcome(struct bytes packed, uint64_t output_max, size_t window_max, struct bw_err *err)
{
    struct bw_inflate_limits limits = {output_max, (uint32_t)window_max};
    struct bw_stream *stream;
    enum bw_compression compression;
    int r = bw_stream_inflate(bw_stream_memory(packed.p, packed.n), &limits, &stream, &compression,
                              err);
    if (r)
        return r;
    r = bw_stream_drain(stream, err);
    if (r) {
        struct bw_err again = {0};
        assert_int_equal(bw_stream_drain(stream, &again), r);
        assert_string_equal(again.msg, err->msg);
    }
    bw_stream_free(stream);
    return r;
}

static int file_of(struct bytes b)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(bw_fd_write_full(fd, b.p, b.n), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void every_format_unpacks_from_every_source(void **state)
{
    (void)state;
    struct bytes plain = sample(3 * BW_STREAM_BLOCK + 12345);
    for (size_t i = 0; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes packed = packers[i].pack(plain);
        struct bw_stream *stream;
        enum bw_compression compression = BW_COMPRESSION_NONE;
        struct bw_err err;
        assert_int_equal(bw_stream_inflate(bw_stream_memory(packed.p, packed.n), &wide, &stream,
                                           &compression, &err),
                         0);
        assert_int_equal(compression, packers[i].compression);
        expect(stream, plain);
        expect(inflate(crumbs(packed, 1021)), plain);
        struct bytes within = joined("front", 5, packed.p, packed.n);
        int fd = file_of(packed), fd_within = file_of(within);
        expect(inflate(bw_stream_fd(fd)), plain);
        expect(inflate(bw_stream_range(fd_within, 5, packed.n)), plain);
        bw_fd_closep(&fd);
        bw_fd_closep(&fd_within);
        free(packed.p);
        free(within.p);
    }
    free(plain.p);
}

static void single_bytes_are_enough(void **state)
{
    (void)state;
    struct bytes plain = sample(20000);
    for (size_t i = 0; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes packed = packers[i].pack(plain);
        for (size_t size = 1; size < 8; size++)
            expect(inflate(crumbs(packed, size)), plain);
        free(packed.p);
    }
    free(plain.p);
    for (size_t n = 0; n < 6; n++)
        expect(inflate(crumbs((struct bytes){(uint8_t *)"\xfd"
                                                        "7zXZ",
                                             n},
                              2)),
               (struct bytes){(uint8_t *)"\xfd"
                                         "7zXZ",
                              n});
}

/* RFC 1952, 2.3: FEXTRA, FNAME, FCOMMENT, FHCRC, and a stored block. */
static const uint8_t dressed[] = {
    0x1f, 0x8b, 8,   0x1e, 1,    2,   3,   4,    0,    3, /* */
    4,    0,    'a', 'b',  0,    0,   'n', 'a',  'm',  'e',
    0,    'c',  0,   0xf5, 0x13, /* header checksum */
    1,    2,    0,   0xfd, 0xff, 'h', 'i', 0xac, 0x2a, 0x93,
    0xd8, 2,    0,   0,    0,
};

static void gzip_header_fields_are_skipped(void **state)
{
    (void)state;
    struct bytes plain = {(uint8_t *)"hi", 2};
    struct bytes packed = joined(dressed, sizeof dressed, "", 0);
    for (size_t size = 1; size <= sizeof dressed; size++)
        expect(inflate(crumbs(packed, size)), plain);
    struct bw_err err = {0};
    packed.p[17] ^= 1; /* the name, which the header's checksum covers */
    assert_int_equal(outcome(packed, 100, 0, &err), BW_EFORMAT);
    free(packed.p);
}

static void members_follow_each_other(void **state)
{
    (void)state;
    struct bytes plain = sample(70000), twice = joined(plain.p, plain.n, plain.p, plain.n);
    static const uint8_t zeros[1024];
    struct bw_err err = {0};
    for (size_t i = 1; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes one = packers[i].pack(plain), two = joined(one.p, one.n, one.p, one.n);
        expect(inflate(crumbs(two, 333)), twice);
        struct bytes padded = joined(two.p, two.n, zeros, sizeof zeros);
        expect(inflate(crumbs(padded, 333)), twice);
        struct bytes garbage = joined(padded.p, padded.n, "x", 1);
        assert_int_equal(outcome(garbage, UINT64_MAX, 1 << 27, &err), BW_EFORMAT);
        free(garbage.p);
        garbage = joined(two.p, two.n, "junk after it", 13);
        assert_int_equal(outcome(garbage, UINT64_MAX, 1 << 27, &err), BW_EFORMAT);
        free(garbage.p);
        free(padded.p);
        free(two.p);
        free(one.p);
    }
    free(twice.p);
    free(plain.p);
}

static void zstd_skips_skippable_frames(void **state)
{
    (void)state;
    static const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    struct bytes plain = sample(1000), frame = pack_zstd(plain);
    struct bytes packed = joined(skippable, sizeof skippable, frame.p, frame.n);
    struct bytes more = joined(packed.p, packed.n, skippable, sizeof skippable);
    expect(inflate(crumbs(more, 5)), plain);
    free(more.p);
    free(packed.p);
    free(frame.p);
    free(plain.p);
}

static void cut_off_is_never_an_end(void **state)
{
    (void)state;
    struct bytes plain = sample(700);
    struct bw_err err = {0};
    for (size_t i = 1; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes packed = packers[i].pack(plain);
        for (size_t n = packers[i].magic; n < packed.n; n++) {
            assert_int_equal(outcome((struct bytes){packed.p, n}, UINT64_MAX, 1 << 27, &err),
                             BW_EFORMAT);
            assert_non_null(strstr(err.msg, "cut off"));
        }
        assert_int_equal(outcome(packed, UINT64_MAX, 1 << 27, &err), 0);
        free(packed.p);
    }
    free(plain.p);
}

/* Every changed byte is seen, or the plain bytes are the same (a time in a gzip header). */
static void checksums_are_verified(void **state)
{
    (void)state;
    struct bytes plain = sample(700);
    for (size_t i = 1; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes packed = packers[i].pack(plain);
        for (size_t at = packers[i].magic; at < packed.n; at++) {
            struct bw_err err = {0};
            packed.p[at] ^= 0x11;
            int r = outcome(packed, 1 << 20, 1 << 27, &err);
            if (r == 0)
                expect(inflate(bw_stream_memory(packed.p, packed.n)), plain);
            packed.p[at] ^= 0x11;
        }
        struct bw_err err = {0};
        packed.p[packed.n - 1] ^= 1;
        assert_int_equal(outcome(packed, 1 << 20, 1 << 27, &err), BW_EFORMAT);
        free(packed.p);
    }
    free(plain.p);
}

/* What came before the damage is still handed out. */
static void bytes_before_damage_are_given(void **state)
{
    (void)state;
    struct bytes plain = sample(100000), packed = pack_gzip(plain);
    struct bw_stream *stream = inflate(bw_stream_memory(packed.p, packed.n - 1));
    const uint8_t *p;
    size_t n;
    struct bw_err err;
    assert_int_equal(bw_stream_next(stream, &p, &n, &err), 0);
    assert_int_equal(n, plain.n);
    assert_int_equal(bw_stream_next(stream, &p, &n, &err), BW_EFORMAT);
    assert_int_equal(n, plain.n); /* untouched */
    bw_stream_free(stream);
    free(packed.p);
    free(plain.p);
}

static void bombs_hit_the_limit(void **state)
{
    (void)state;
    struct bytes plain = {calloc(1, 32 << 20), 32 << 20};
    assert_non_null(plain.p);
    for (size_t i = 0; i < BW_ARRAY_LEN(packers); i++) {
        struct bytes packed = packers[i].pack(plain);
        struct bw_err err = {0};
        assert_int_equal(outcome(packed, plain.n - 1, 1 << 27, &err), BW_ELIMIT);
        assert_non_null(strstr(err.msg, "--max-layer-size"));
        assert_int_equal(outcome(packed, 1 << 20, 1 << 27, &err), BW_ELIMIT);
        assert_int_equal(outcome(packed, plain.n, 1 << 27, &err), 0);
        free(packed.p);
    }
    free(plain.p);
}

static void history_has_a_limit(void **state)
{
    (void)state;
    struct bytes plain = sample(2 << 20);
    struct bytes zstd = pack_zstd_window(plain, 24), xz = pack_xz_preset(plain, 9);
    struct bw_err err = {0};
    assert_int_equal(outcome(zstd, UINT64_MAX, 1 << 23, &err), BW_ELIMIT);
    assert_non_null(strstr(err.msg, "8388608"));
    assert_int_equal(outcome(zstd, UINT64_MAX, 1 << 24, &err), 0);
    assert_int_equal(outcome(xz, UINT64_MAX, 1 << 23, &err), BW_ELIMIT);
    assert_int_equal(outcome(xz, UINT64_MAX, 1 << 26, &err), 0);
    free(zstd.p);
    free(xz.p);
    free(plain.p);
}

static void short_files_are_cut_off(void **state)
{
    (void)state;
    struct bytes b = sample(1000);
    int fd = file_of(b);
    struct bw_err err = {0};
    struct bw_stream *stream BW_CLEANUP(bw_stream_freep) = bw_stream_range(fd, 100, 901);
    assert_int_equal(bw_stream_drain(stream, &err), BW_EFORMAT);
    assert_non_null(strstr(err.msg, "cut off"));
    bw_fd_closep(&fd);
    struct bw_stream *closed BW_CLEANUP(bw_stream_freep) = bw_stream_fd(-1);
    assert_int_equal(bw_stream_drain(closed, &err), BW_EIO);
    free(b.p);
}

static void digest_of(struct bw_stream *stream, struct bytes plain)
{
    uint8_t want[BW_SHA256_SIZE], got[BW_SHA256_SIZE];
    struct bw_err err = {0};
    assert_int_equal(bw_sha256(plain.p, plain.n, want), 0);
    assert_int_equal(bw_stream_sha256_final(stream, got, &err), BW_EINTERNAL);
    assert_int_equal(bw_stream_drain(stream, &err), 0);
    assert_int_equal(bw_stream_sha256_final(stream, got, &err), 0);
    assert_memory_equal(got, want, sizeof want);
    bw_stream_free(stream);
}

static void digests_are_of_all_that_passed(void **state)
{
    (void)state;
    struct bytes plain = sample(12 * BW_STREAM_BLOCK + 77), packed = pack_gzip(plain);
    struct bytes empty = {(uint8_t *)"", 0};
    int fd = file_of(plain);
    for (int threaded = 0; threaded < 2; threaded++) {
        digest_of(bw_stream_sha256(bw_stream_memory(plain.p, plain.n), threaded), plain);
        digest_of(bw_stream_sha256(crumbs(plain, BW_STREAM_BLOCK), threaded), plain);
        digest_of(bw_stream_sha256(crumbs(plain, 4099), threaded), plain);
        digest_of(bw_stream_sha256(bw_stream_range(fd, 0, plain.n), threaded), plain);
        digest_of(bw_stream_sha256(bw_stream_memory("", 0), threaded), empty);
        struct bw_stream *blob = bw_stream_sha256(bw_stream_memory(packed.p, packed.n), threaded);
        digest_of(bw_stream_sha256(inflate(blob), threaded), plain);
        blob = bw_stream_sha256(inflate(bw_stream_memory(packed.p, packed.n)), threaded);
        digest_of(bw_stream_sha256(blob, threaded), plain);
        /* Left in the middle. */
        bw_stream_free(bw_stream_sha256(bw_stream_range(fd, 0, plain.n), threaded));
    }
    bw_fd_closep(&fd);
    free(packed.p);
    free(plain.p);
}

static void a_stack_is_checked_once(void **state)
{
    (void)state;
    struct bw_stream *stream = NULL;
    enum bw_compression compression;
    struct bw_err err = {0};
    assert_int_equal(
        bw_stream_inflate(bw_stream_sha256(NULL, true), &wide, &stream, &compression, &err),
        BW_ENOMEM);
    assert_null(stream);
}

static void a_process_can_be_prepared(void **state)
{
    (void)state;
    struct bw_err err = {0};
    assert_int_equal(bw_unpack_prepare(&err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_unpacks_from_every_source),
        cmocka_unit_test(single_bytes_are_enough),
        cmocka_unit_test(gzip_header_fields_are_skipped),
        cmocka_unit_test(members_follow_each_other),
        cmocka_unit_test(zstd_skips_skippable_frames),
        cmocka_unit_test(cut_off_is_never_an_end),
        cmocka_unit_test(checksums_are_verified),
        cmocka_unit_test(bytes_before_damage_are_given),
        cmocka_unit_test(bombs_hit_the_limit),
        cmocka_unit_test(history_has_a_limit),
        cmocka_unit_test(short_files_are_cut_off),
        cmocka_unit_test(digests_are_of_all_that_passed),
        cmocka_unit_test(a_stack_is_checked_once),
        cmocka_unit_test(a_process_can_be_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
