/*
 * The lock file of the Swift package manager: Package.resolved, versions 1 (`object.pins`) to 3
 * (`pins`). A package is named by the address of its repository, "github.com/apple/swift-nio"; one
 * of a registry by its identity. A pin without version is a branch or a commit.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)16 << 20)

extern const struct bw_parser bw_parser_swift_resolved;

static const char *const paths[] = {
    "**/Package.resolved",
    NULL,
};

/* "https://github.com/apple/swift-nio.git", "git@github.com:apple/swift-nio": without scheme, user
 * and ending, the host in lower case. p is NULL where memory is short. */
static struct bw_str name_of_address(struct bw_package_list *list, struct bw_str address)
{
    size_t scheme = bw_str_find_str(address, BW_STR("://"));
    bool scp = scheme == SIZE_MAX;
    address = bw_str_from(address, scp ? 0 : scheme + 3);
    size_t host_end = bw_str_find(address, scp ? ':' : '/');
    size_t at = bw_str_rfind(bw_str_take(address, host_end), '@');
    if (at != SIZE_MAX)
        address = bw_str_from(address, at + 1);
    if (bw_str_ends(address, BW_STR("/")))
        address.n--;
    if (bw_str_ends(address, BW_STR(".git")))
        address.n -= 4;
    if (address.n > BW_EXTRACT_WORD_MAX)
        return address;
    struct bw_str copy = list->arena ? bw_arena_str(list->arena, address) : (struct bw_str){0};
    host_end = bw_str_find(copy, scp ? ':' : '/');
    char *p = (char *)(uintptr_t)copy.p; /* the copy is ours */
    for (size_t i = 0; i < copy.n && i < host_end; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    if (scp && host_end < copy.n)
        p[host_end] = '/';
    return copy;
}

static int read_pin(struct bw_package_list *list, struct bw_json_text *text,
                    const struct bw_json *pin, struct bw_err *err)
{
    struct bw_str kind = bw_json_string_at(pin, "kind");
    struct bw_str address = bw_json_string_at(pin, "location");
    struct bw_str version = bw_json_string_at(bw_json_get(pin, BW_STR("state")), "version");
    if (!address.n)
        address = bw_json_string_at(pin, "repositoryURL");
    bool registry = bw_str_eq(kind, BW_STR("registry"));
    if (!version.n || bw_str_eq(kind, BW_STR("localSourceControl")) ||
        bw_str_starts(address, BW_STR("/")) || bw_str_starts(address, BW_STR("file:"))) {
        bw_package_list_leave_out(list);
        return 0;
    }
    const struct bw_package package = {
        .name = registry ? bw_json_string_at(pin, "identity") : name_of_address(list, address),
        .version = version,
    };
    if (!registry && !package.name.p)
        return bw_err_set(err, BW_ELIMIT, "too many packages");
    return bw_package_list_add(list, &package, bw_json_text_line(text, version), err);
}

static int read_lock(struct bw_package_list *list, struct bw_json_text *text, struct bw_err *err)
{
    const struct bw_json *pins = bw_json_get(text->root, BW_STR("pins"));
    if (!pins)
        pins = bw_json_get(bw_json_get(text->root, BW_STR("object")), BW_STR("pins"));
    struct bw_json_iter it = bw_json_iter(pins);
    int rc = 0;
    if (bw_json_type(pins) != BW_JSON_ARRAY)
        return bw_err_set(err, BW_EFORMAT, "no lock file of Swift: no pins");
    for (const struct bw_json *pin; !rc && (pin = bw_json_next(&it));)
        rc = read_pin(list, text, pin, err);
    return rc;
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_swift_resolved, BW_PACKAGE_SWIFT, path,
                                       bw_str_n(p, n), sink};
    return bw_package_job_json(&job, 0, read_lock, err);
}

const struct bw_parser bw_parser_swift_resolved = {
    .name = "swift-resolved",
    .what = "packages (Swift lock file)",
    .paths = paths,
    .max = FILE_MAX,
    .lock = true,
    .parse = parse,
};
