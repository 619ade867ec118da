/* A program: its tables, Go's build info, Rust's list of crates, and every product of the table. */
#include "extract/product.h"
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_as(const struct bw_parser *parser, const char *path, const uint8_t *data,
                     size_t size)
{
    const struct bw_extract_sink sink = {.fact = fuzz_fact, .gap = fuzz_gap};
    struct bw_err err = {0};
    if (parser->parse(bw_str(path), data, size, &sink, &err) && !err.msg[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A name of each way to find a version; the last two by the content as a whole. */
    static const char *const names[] = {"usr/sbin/nginx", "redis-server",    "libpython3.11.so.1.0",
                                        "minio",          "libsqlite3.so.0", "sshd"};
    const struct bw_parser *parser = bw_parser_named(BW_STR("elf"));
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        parse_as(parser, names[i], data, size);
    parse_as(bw_parser_named(BW_STR("program-files")), "opt/jdk/release", data, size);
    return 0;
}
