/* Requests to Docker's API: the bytes as the JSON that a plugin is sent, or a person wrote; and as
 * what a client sent: "METHOD URI", and on the next lines the body, which reach every part behind
 * that JSON. */
#include "base/buf.h"
#include "reader.h"
#include "wrap/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a JSON string: what has no escape of its own is a blank. */
static void put_text(struct bw_buf *json, struct bw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bw_buf_printf(json, c == '"' || c == '\\' ? "\\%c" : "%c", c < 0x20 || c > 0x7e ? ' ' : c);
    }
}

static void as_sent(struct bw_str bytes)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)8 << 20);
    struct bw_str line = {0}, method = {0};
    if (!bw_str_split(&bytes, '\n', &line) || !bw_str_split(&line, ' ', &method))
        return;
    bw_buf_printf(&json, "{\"RequestMethod\":\"");
    put_text(&json, method);
    bw_buf_printf(&json, "\",\"RequestUri\":\"");
    put_text(&json, line);
    bw_buf_printf(&json, "\",\"RequestHeaders\":{\"Content-Type\":\"application/json\"},"
                         "\"RequestBody\":\"");
    bw_base64_write(bytes.p, bytes.n, &json);
    bw_buf_printf(&json, "\"}");
    if (!bw_buf_failed(&json))
        fuzz_reader("docker-request", "a.json", bw_buf_slice(&json));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_reader("docker-request", "a.json", bw_str_n(data, size));
    as_sent(bw_str_n(data, size));
    return 0;
}
