/* A Java archive in memory; its members are read, and archives within it one level deep. */
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int member(void *ctx, struct bw_str path, const uint8_t *p, size_t n, struct bw_err *err)
{
    const struct bw_extract_sink sink = {.fact = fuzz_fact, .gap = fuzz_gap};
    (void)ctx;
    fuzz_read(path);
    fuzz_read(bw_str_n(p, n));
    const struct bw_parser *parser = bw_parser_for(path, true);
    if (!parser || (!bw_str_eq(bw_str(parser->name), BW_STR("java-archive"))))
        return 0;
    (void)!parser->parse(path, p, n, &sink, err);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"app/spring-core-5.3.17.jar", "a.zip"};
    const struct bw_extract_sink sink = {.fact = fuzz_fact, .gap = fuzz_gap, .member = member};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++) {
        struct bw_err err = {0};
        const struct bw_parser *parser = bw_parser_for(bw_str(names[i]), true);
        if (parser->parse(bw_str(names[i]), data, size, &sink, &err) && !err.msg[0])
            abort();
    }
    return 0;
}
