#include "model/finding.h"

#include "base/buf.h"
#include "wrap/sha256.h"

#define FINGERPRINT_DIGITS 32u

/* Longest text a fingerprint is made of: names and paths of hostile databases. */
#define FINGERPRINT_TEXT_MAX ((size_t)64 << 20)

const char *bw_finding_kind_name(enum bw_finding_kind kind)
{
    static const char *const names[BW_FINDING_KIND_COUNT] = {
        [BW_FINDING_VULNERABILITY] = "vulnerability",
        [BW_FINDING_SECRET] = "secret",
        [BW_FINDING_FILE] = "file",
        [BW_FINDING_LICENCE] = "licence",
        [BW_FINDING_POLICY] = "policy",
    };
    return (unsigned)kind < BW_FINDING_KIND_COUNT ? names[kind] : "unknown";
}

const char *bw_policy_action_name(enum bw_policy_action action)
{
    static const char *const names[BW_POLICY_ACTION_COUNT] = {"Deny", "Warn", "Audit"};
    return (unsigned)action < BW_POLICY_ACTION_COUNT ? names[action] : "unknown";
}

/* A NUL ends each part: "ab" + "c" must not be "a" + "bc". */
static void put_part(struct bw_buf *buf, struct bw_str part)
{
    bw_buf_str(buf, part);
    bw_buf_byte(buf, 0);
}

struct bw_str bw_finding_fingerprint(const struct bw_finding *finding, struct bw_arena *arena)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(FINGERPRINT_TEXT_MAX);
    const struct bw_package *package = finding->package;
    put_part(&buf, bw_str(bw_finding_kind_name(finding->kind)));
    put_part(&buf, finding->id);
    put_part(&buf, bw_str(package ? bw_package_type_name(package->type) : ""));
    put_part(&buf, package ? package->name : BW_STR(""));
    put_part(&buf, finding->location.path);
    if (finding->kind != BW_FINDING_VULNERABILITY) {
        put_part(&buf, finding->location.inner);
        put_part(&buf, finding->match);
        if (finding->kind == BW_FINDING_POLICY)
            put_part(&buf, finding->object);
    }
    uint8_t digest[BW_SHA256_SIZE];
    if (bw_buf_failed(&buf) || bw_sha256(buf.p, buf.n, digest))
        return (struct bw_str){NULL, 0};
    char hex[BW_SHA256_HEX_SIZE];
    bw_sha256_hex(digest, hex);
    return bw_arena_str(arena, bw_str_n(hex, FINGERPRINT_DIGITS));
}
