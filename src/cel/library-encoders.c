/*
 * The extension "encoders" of cel-go: base64 (RFC 4648, section 4), read with or without padding.
 */
#include "base/base64.h"
#include "cel/function-text.h"
#include "cel/text.h"

static struct bw_value encode(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str bytes = bw_value_text(args[0]);
    struct bw_cel_text text = BW_CEL_TEXT(call);
    if (!bw_cel_charge_bytes(call, bytes.n))
        return bw_cel_fail_budget();
    bw_base64_write(bytes.p, bytes.n, &text.buf);
    return bw_cel_text_end(&text);
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The digits without their padding; false where that is wrong. Line ends count for nothing. */
static bool take_digits(struct bw_str s, struct bw_buf *digits)
{
    size_t padding = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\r' || s.p[i] == '\n')
            continue;
        int digit = digit_of(s.p[i]);
        padding += s.p[i] == '=';
        if (digit >= 0 && !padding)
            bw_buf_byte(digits, (uint8_t)digit);
        else if (s.p[i] != '=')
            return false;
    }
    return digits->n % 4 != 1 && padding <= 2 && (!padding || (digits->n + padding) % 4 == 0);
}

static void decode_digits(const struct bw_buf *digits, struct bw_buf *bytes)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < digits->n; i++) {
        bits = bits << 6 | digits->p[i];
        if (i % 4)
            bw_buf_byte(bytes, (uint8_t)(bits >> (6 - 2 * (i % 4)) & 0xff));
    }
}

static struct bw_value decode(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str s = bw_value_text(args[0]);
    if (!bw_cel_charge_bytes(call, s.n))
        return bw_cel_fail_budget();
    struct bw_buf digits BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CEL_TEXT_MAX);
    struct bw_buf bytes BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CEL_TEXT_MAX);
    if (!take_digits(s, &digits))
        return bw_cel_fail(call, "illegal base64 data");
    decode_digits(&digits, &bytes);
    if (bw_buf_failed(&digits) || bw_buf_failed(&bytes))
        return bw_cel_fail(call, "string too long");
    return bw_value_bytes(&call->make, bw_buf_slice(&bytes));
}

static const struct bw_cel_overload overloads[] = {
    {"base64.encode(bytes): string", encode},
    {"base64.decode(string): bytes", decode},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_encoders = {
    .name = "encoders",
    .dialects = BW_CEL_IN_SPEC,
    .overloads = overloads,
};
