#include "model/wire.h"

/*
 * A record is read twice. The first pass has no arena: it checks everything and finds the end, so
 * that a hostile count costs nothing. Then the record's bytes are copied once, and the second pass
 * makes slices of the copy and the arrays, whose sizes are by then backed by bytes.
 */
struct cursor {
    const uint8_t *p;
    size_t n, at;
    struct bw_arena *arena; /* NULL in the first pass */
    bool cut;               /* p is a part of what there is: BW_WIRE_RECORD_MAX */
    int status;             /* the first failure; everything read after it is zero */
    struct bw_err *err;
};

static void refuse(struct cursor *c, const char *why)
{
    if (!c->status)
        c->status = bw_err_set(c->err, BW_EFORMAT, "malformed record: %s at byte %zu", why, c->at);
}

static void refuse_end(struct cursor *c)
{
    if (c->status)
        return;
    if (c->cut)
        c->status = bw_err_set(c->err, BW_ELIMIT, "a record is longer than the limit of %zu bytes",
                               BW_WIRE_RECORD_MAX);
    else
        refuse(c, "it ends early");
}

static uint8_t take_byte(struct cursor *c)
{
    if (c->status)
        return 0;
    if (c->at == c->n) {
        refuse_end(c);
        return 0;
    }
    return c->p[c->at++];
}

/* One form a number: what was written is what is written again. */
static uint64_t take_u64(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_byte(c);
        if (c->status)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (byte == 0 && shift > 0)
            break;
        return value;
    }
    refuse(c, "bad number");
    return 0;
}

static uint64_t take_below(struct cursor *c, uint64_t limit, const char *why)
{
    uint64_t value = take_u64(c);
    if (value >= limit)
        refuse(c, why);
    return c->status ? 0 : value;
}

static uint32_t take_u32(struct cursor *c)
{
    return (uint32_t)take_below(c, (uint64_t)UINT32_MAX + 1, "number out of range");
}

static bool take_bool(struct cursor *c)
{
    uint8_t byte = take_byte(c);
    if (byte > 1)
        refuse(c, "bad boolean");
    return byte == 1;
}

static struct bw_str take_str(struct cursor *c)
{
    uint64_t n = take_u64(c);
    if (!c->status && n > c->n - c->at)
        refuse_end(c);
    if (c->status)
        return (struct bw_str){NULL, 0};
    struct bw_str s = bw_str_n(c->p + c->at, (size_t)n);
    c->at += (size_t)n;
    return s;
}

/* A count whose elements take at least `element_min` bytes each. */
static size_t take_count(struct cursor *c, size_t element_min)
{
    uint64_t n = take_below(c, (uint64_t)BW_WIRE_LIST_MAX + 1, "list too long");
    if (!c->status && n > (c->n - c->at) / element_min)
        refuse_end(c);
    return c->status ? 0 : (size_t)n;
}

/* NULL in the first pass, for an empty list, and where the arena is full. */
static void *take_array(struct cursor *c, size_t n, size_t size)
{
    if (!c->arena || !n || c->status)
        return NULL;
    void *array = bw_arena_array(c->arena, n, size);
    if (!array)
        c->status = bw_err_set(c->err, bw_arena_is_full(c->arena) ? BW_ELIMIT : BW_ENOMEM,
                               "no memory left for a list of %zu", n);
    return array;
}

/* As struct bw_place says; the empty path is the root itself. */
static bool path_is_clean(struct bw_str path)
{
    if (!path.n)
        return true;
    if (bw_str_find(path, '\0') != SIZE_MAX)
        return false;
    struct bw_str rest = path, part;
    while (bw_str_split(&rest, '/', &part))
        if (!part.n || bw_str_eq(part, BW_STR(".")) || bw_str_eq(part, BW_STR("..")))
            return false;
    return true;
}

static struct bw_str take_path(struct cursor *c)
{
    struct bw_str path = take_str(c);
    if (!c->status && !path_is_clean(path))
        refuse(c, "bad path");
    return path;
}

static bool digest_is_clean(struct bw_str digest)
{
    size_t colon = bw_str_find(digest, ':');
    if (colon == SIZE_MAX)
        return digest.n == 0;
    struct bw_str algorithm = bw_str_take(digest, colon), hex = bw_str_from(digest, colon + 1);
    for (size_t i = 0; i < hex.n; i++)
        if (!strchr("0123456789abcdef", hex.p[i]) || !hex.p[i])
            return false;
    return (bw_str_eq(algorithm, BW_STR("sha256")) && hex.n == 64) ||
           (bw_str_eq(algorithm, BW_STR("sha512")) && hex.n == 128);
}

static struct bw_str take_digest(struct cursor *c)
{
    struct bw_str digest = take_str(c);
    if (!c->status && !digest_is_clean(digest))
        refuse(c, "bad digest");
    return digest;
}

static struct bw_strs take_checked_strs(struct cursor *c, bool (*is_clean)(struct bw_str),
                                        const char *why)
{
    size_t n = take_count(c, 1);
    struct bw_strs strs = {.v = take_array(c, n, sizeof *strs.v), .n = n};
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_str s = take_str(c);
        if (is_clean && !c->status && !is_clean(s))
            refuse(c, why);
        if (strs.v)
            strs.v[i] = s;
    }
    return strs;
}

static struct bw_strs take_strs(struct cursor *c)
{
    return take_checked_strs(c, NULL, NULL);
}

static struct bw_digest take_file_digest(struct cursor *c)
{
    struct bw_digest digest = {.algorithm = (enum bw_digest_algorithm)take_below(
                                   c, BW_DIGEST_ALGORITHM_COUNT, "unknown checksum")};
    size_t n = bw_digest_size(digest.algorithm);
    if (!c->status && n > c->n - c->at)
        refuse_end(c);
    if (c->status)
        return (struct bw_digest){0};
    memcpy(digest.bytes, c->p + c->at, n);
    c->at += n;
    return digest;
}

static struct bw_file_record *take_file_records(struct cursor *c, size_t n)
{
    if (!take_bool(c))
        return NULL;
    struct bw_file_record *records = take_array(c, n, sizeof *records);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_file_record record = {.digest = take_file_digest(c)};
        record.mode = take_u32(c);
        record.config = take_bool(c);
        if (records)
            records[i] = record;
    }
    return records;
}

static void take_file(struct cursor *c, struct bw_file *file)
{
    file->type = (enum bw_file_type)take_below(c, BW_FILE_TYPE_COUNT, "unknown file type");
    file->link = file->type == BW_FILE_HARDLINK ? take_path(c) : take_str(c);
    file->size = take_u64(c);
    file->offset = take_u64(c);
    file->read = take_bool(c);
    file->examined = take_bool(c);
    file->has_mode = take_bool(c);
    file->mode = take_u32(c);
    file->uid = take_u32(c);
    file->gid = take_u32(c);
    file->capabilities = take_u64(c);
    file->digest = take_file_digest(c);
}

static void take_distribution(struct cursor *c, struct bw_distribution *d)
{
    d->id = take_str(c);
    d->id_like = take_str(c);
    d->version_id = take_str(c);
    d->codename = take_str(c);
    d->name = take_str(c);
    d->pretty_name = take_str(c);
    d->variant_id = take_str(c);
    d->cpe = take_str(c);
}

static enum bw_package_type take_package_type(struct cursor *c)
{
    return (enum bw_package_type)take_below(c, BW_PACKAGE_TYPE_COUNT, "unknown package type");
}

static void take_package(struct cursor *c, struct bw_package *p)
{
    p->type = take_package_type(c);
    p->name = take_str(c);
    p->version = take_str(c);
    p->arch = take_str(c);
    p->source_name = take_str(c);
    p->source_version = take_str(c);
    p->module = take_str(c);
    p->vendor = take_str(c);
    p->licence = take_str(c);
    p->files = take_strs(c);
    p->records = take_file_records(c, p->files.n);
    p->locked = take_bool(c);
    p->development = take_bool(c);
    p->checksum = take_str(c);
    p->depends = take_strs(c);
}

static void take_ownership(struct cursor *c, struct bw_ownership *o)
{
    o->type = take_package_type(c);
    o->package = take_str(c);
    o->files = take_strs(c);
    o->records = take_file_records(c, o->files.n);
}

static void take_secret(struct cursor *c, struct bw_secret *s)
{
    s->rule = take_str(c);
    s->title = take_str(c);
    s->remedy = take_str(c);
    s->match = take_str(c);
    s->severity = (enum bw_severity)take_below(c, BW_SEVERITY_COUNT, "unknown severity");
    s->column = take_u32(c);
    s->count = take_u32(c);
    s->encoded = take_bool(c);
}

static void take_elf(struct cursor *c, struct bw_elf *e)
{
    e->machine = (uint16_t)take_below(c, UINT16_MAX + 1u, "number out of range");
    e->executable = take_bool(c);
    e->pie = take_bool(c);
    e->nx = take_bool(c);
    e->stack_protector = take_bool(c);
    e->fortified = take_bool(c);
    e->is_static = take_bool(c);
    e->compiled_go = take_bool(c);
    e->relro = (enum bw_relro)take_below(c, BW_RELRO_FULL + 1u, "unknown RELRO");
}

/* Ten fields of a byte or more each. */
#define DESCRIPTOR_MIN 10u

static void take_descriptor(struct cursor *c, bool archive, struct bw_descriptor *d)
{
    d->media_type = take_str(c);
    d->digest = archive ? take_path(c) : take_digest(c);
    d->size = take_u64(c);
    d->os = take_str(c);
    d->architecture = take_str(c);
    d->variant = take_str(c);
    d->ref_name = take_str(c);
    d->attestation = take_bool(c);
    d->paths = take_checked_strs(c, path_is_clean, "bad path");
    d->tags = take_strs(c);
}

static void take_items(struct cursor *c, struct bw_image_document *d)
{
    struct bw_descriptor scratch;
    size_t n = take_count(c, DESCRIPTOR_MIN);
    d->items = take_array(c, n, sizeof *d->items);
    for (size_t i = 0; i < n && !c->status; i++)
        take_descriptor(c, d->kind == BW_DOCUMENT_ARCHIVE, d->items ? &d->items[i] : &scratch);
    d->items_n = n;
}

static void take_history(struct cursor *c, struct bw_image_document *d)
{
    struct bw_history scratch;
    size_t n = take_count(c, 2);
    d->history = take_array(c, n, sizeof *d->history);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_history *history = d->history ? &d->history[i] : &scratch;
        history->created_by = take_str(c);
        history->empty_layer = take_bool(c);
    }
    d->history_n = n;
}

/* Keys without values, or the reverse, would be read past their end. */
static void take_pairs(struct cursor *c, struct bw_strs *keys, struct bw_strs *values)
{
    *keys = take_strs(c);
    *values = take_strs(c);
    if (!c->status && keys->n != values->n)
        refuse(c, "keys and values differ in number");
}

static void take_config(struct cursor *c, struct bw_image_config *config)
{
    config->user = take_str(c);
    config->working_dir = take_str(c);
    config->stop_signal = take_str(c);
    config->entrypoint = take_strs(c);
    config->cmd = take_strs(c);
    config->shell = take_strs(c);
    config->env = take_strs(c);
    take_pairs(c, &config->label_keys, &config->label_values);
    config->exposed_ports = take_strs(c);
    config->volumes = take_strs(c);
    config->on_build = take_strs(c);
    config->health_check = take_strs(c);
}

static void take_document(struct cursor *c, struct bw_image_document *d)
{
    d->kind = (enum bw_document_kind)take_below(c, BW_DOCUMENT_KIND_COUNT, "unknown document");
    d->os = take_str(c);
    d->architecture = take_str(c);
    d->variant = take_str(c);
    d->created = take_str(c);
    take_descriptor(c, d->kind == BW_DOCUMENT_ARCHIVE, &d->config);
    take_items(c, d);
    d->diff_ids = take_checked_strs(c, digest_is_clean, "bad digest");
    take_history(c, d);
    take_config(c, &d->run);
    take_pairs(c, &d->annotation_keys, &d->annotation_values);
    d->id = take_digest(c);
    d->driver = take_str(c);
    d->upper_dir = take_str(c);
    d->lower_dir = take_str(c);
    d->tags = take_strs(c);
    d->repo_digests = take_strs(c);
}

static void take_fact(struct cursor *c, struct bw_fact *fact)
{
    fact->kind = (enum bw_fact_kind)take_below(c, BW_FACT_KIND_COUNT, "unknown fact");
    fact->place.layer = take_u32(c);
    fact->place.path = take_path(c);
    fact->place.inner = take_str(c);
    fact->place.line = take_u32(c);
    switch (fact->kind) {
    case BW_FACT_FILE:
        take_file(c, &fact->file);
        break;
    case BW_FACT_DISTRIBUTION:
        take_distribution(c, &fact->distribution);
        break;
    case BW_FACT_PACKAGE:
        take_package(c, &fact->package);
        break;
    case BW_FACT_OWNERSHIP:
        take_ownership(c, &fact->ownership);
        break;
    case BW_FACT_DOCUMENT:
        take_document(c, &fact->document);
        break;
    case BW_FACT_SECRET:
        take_secret(c, &fact->secret);
        break;
    case BW_FACT_ELF:
        take_elf(c, &fact->elf);
        break;
    }
}

static void take_record(struct cursor *c, struct bw_record *record)
{
    *record = (struct bw_record){.kind = BW_RECORD_FACT};
    switch (take_byte(c)) {
    case BW_RECORD_FACT:
        take_fact(c, &record->fact);
        break;
    case BW_RECORD_GAP:
        record->kind = BW_RECORD_GAP;
        record->gap.subject = BW_GAP_NO_SUBJECT;
        record->gap.class = (enum bw_gap_class)take_below(c, 2, "unknown class of gap");
        record->gap.where = take_str(c);
        record->gap.what = take_str(c);
        record->gap.why = take_str(c);
        break;
    default:
        refuse(c, "unknown kind");
    }
}

int bw_wire_get(struct bw_str *rest, struct bw_arena *arena, struct bw_record *ret_record,
                struct bw_err *err)
{
    struct bw_record record;
    struct cursor first = {.p = (const uint8_t *)rest->p, .n = rest->n, .err = err};
    if (rest->n > BW_WIRE_RECORD_MAX) {
        first.n = BW_WIRE_RECORD_MAX;
        first.cut = true;
    }
    take_record(&first, &record);
    if (first.status)
        return first.status;
    struct bw_str copy = bw_arena_str(arena, bw_str_take(*rest, first.at));
    if (!copy.p)
        return bw_err_set(err, bw_arena_is_full(arena) ? BW_ELIMIT : BW_ENOMEM,
                          "no memory left for a record of %zu bytes", first.at);
    struct cursor second = {.p = (const uint8_t *)copy.p, .n = copy.n, .arena = arena, .err = err};
    take_record(&second, &record);
    if (second.status)
        return second.status;
    *rest = bw_str_from(*rest, first.at);
    *ret_record = record;
    return 0;
}
