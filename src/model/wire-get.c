#include "model/wire-parts.h"

void bw_wire_refuse(struct bw_wire_cursor *c, const char *why)
{
    if (!c->status)
        c->status = bw_err_set(c->err, BW_EFORMAT, "malformed record: %s at byte %zu", why, c->at);
}

static void bw_wire_refuse_end(struct bw_wire_cursor *c)
{
    if (c->status)
        return;
    if (c->cut)
        c->status = bw_err_set(c->err, BW_ELIMIT, "a record is longer than the limit of %zu bytes",
                               BW_WIRE_RECORD_MAX);
    else
        bw_wire_refuse(c, "it ends early");
}

uint8_t bw_take_byte(struct bw_wire_cursor *c)
{
    if (c->status)
        return 0;
    if (c->at == c->n) {
        bw_wire_refuse_end(c);
        return 0;
    }
    return c->p[c->at++];
}

/* One form a number: what was written is what is written again. */
uint64_t bw_take_u64(struct bw_wire_cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bw_take_byte(c);
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
    bw_wire_refuse(c, "bad number");
    return 0;
}

uint64_t bw_take_below(struct bw_wire_cursor *c, uint64_t limit, const char *why)
{
    uint64_t value = bw_take_u64(c);
    if (value >= limit)
        bw_wire_refuse(c, why);
    return c->status ? 0 : value;
}

uint32_t bw_take_u32(struct bw_wire_cursor *c)
{
    return (uint32_t)bw_take_below(c, (uint64_t)UINT32_MAX + 1, "number out of range");
}

bool bw_take_bool(struct bw_wire_cursor *c)
{
    uint8_t byte = bw_take_byte(c);
    if (byte > 1)
        bw_wire_refuse(c, "bad boolean");
    return byte == 1;
}

struct bw_str bw_take_str(struct bw_wire_cursor *c)
{
    uint64_t n = bw_take_u64(c);
    if (!c->status && n > c->n - c->at)
        bw_wire_refuse_end(c);
    if (c->status)
        return (struct bw_str){NULL, 0};
    struct bw_str s = bw_str_n(c->p + c->at, (size_t)n);
    c->at += (size_t)n;
    return s;
}

/* A count whose elements take at least `element_min` bytes each. */
size_t bw_take_count(struct bw_wire_cursor *c, size_t element_min)
{
    uint64_t n = bw_take_below(c, (uint64_t)BW_WIRE_LIST_MAX + 1, "list too long");
    if (!c->status && n > (c->n - c->at) / element_min)
        bw_wire_refuse_end(c);
    return c->status ? 0 : (size_t)n;
}

/* NULL in the first pass, for an empty list, and where the arena is full. */
void *bw_take_array(struct bw_wire_cursor *c, size_t n, size_t size)
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

struct bw_str bw_take_path(struct bw_wire_cursor *c)
{
    struct bw_str path = bw_take_str(c);
    if (!c->status && !path_is_clean(path))
        bw_wire_refuse(c, "bad path");
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

static struct bw_str take_digest(struct bw_wire_cursor *c)
{
    struct bw_str digest = bw_take_str(c);
    if (!c->status && !digest_is_clean(digest))
        bw_wire_refuse(c, "bad digest");
    return digest;
}

static struct bw_strs take_checked_strs(struct bw_wire_cursor *c, bool (*is_clean)(struct bw_str),
                                        const char *why)
{
    size_t n = bw_take_count(c, 1);
    struct bw_strs strs = {.v = bw_take_array(c, n, sizeof *strs.v), .n = n};
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_str s = bw_take_str(c);
        if (is_clean && !c->status && !is_clean(s))
            bw_wire_refuse(c, why);
        if (strs.v)
            strs.v[i] = s;
    }
    return strs;
}

struct bw_strs bw_take_strs(struct bw_wire_cursor *c)
{
    return take_checked_strs(c, NULL, NULL);
}

static struct bw_digest take_file_digest(struct bw_wire_cursor *c)
{
    struct bw_digest digest = {.algorithm = (enum bw_digest_algorithm)bw_take_below(
                                   c, BW_DIGEST_ALGORITHM_COUNT, "unknown checksum")};
    size_t n = bw_digest_size(digest.algorithm);
    if (!c->status && n > c->n - c->at)
        bw_wire_refuse_end(c);
    if (c->status)
        return (struct bw_digest){0};
    memcpy(digest.bytes, c->p + c->at, n);
    c->at += n;
    return digest;
}

static struct bw_file_record *take_file_records(struct bw_wire_cursor *c, size_t n)
{
    if (!bw_take_bool(c))
        return NULL;
    struct bw_file_record *records = bw_take_array(c, n, sizeof *records);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_file_record record = {.digest = take_file_digest(c)};
        record.mode = bw_take_u32(c);
        record.config = bw_take_bool(c);
        record.capabilities = bw_take_bool(c);
        if (records)
            records[i] = record;
    }
    return records;
}

void bw_take_file(struct bw_wire_cursor *c, struct bw_file *file)
{
    file->type = (enum bw_file_type)bw_take_below(c, BW_FILE_TYPE_COUNT, "unknown file type");
    file->link = file->type == BW_FILE_HARDLINK ? bw_take_path(c) : bw_take_str(c);
    file->size = bw_take_u64(c);
    file->offset = bw_take_u64(c);
    file->read = bw_take_bool(c);
    file->examined = bw_take_bool(c);
    file->has_mode = bw_take_bool(c);
    file->mode = bw_take_u32(c);
    file->uid = bw_take_u32(c);
    file->gid = bw_take_u32(c);
    file->capabilities = bw_take_u64(c);
    file->digest = take_file_digest(c);
}

void bw_take_distribution(struct bw_wire_cursor *c, struct bw_distribution *d)
{
    d->id = bw_take_str(c);
    d->id_like = bw_take_str(c);
    d->version_id = bw_take_str(c);
    d->codename = bw_take_str(c);
    d->name = bw_take_str(c);
    d->pretty_name = bw_take_str(c);
    d->variant_id = bw_take_str(c);
    d->cpe = bw_take_str(c);
}

static enum bw_package_type take_package_type(struct bw_wire_cursor *c)
{
    return (enum bw_package_type)bw_take_below(c, BW_PACKAGE_TYPE_COUNT, "unknown package type");
}

void bw_take_package(struct bw_wire_cursor *c, struct bw_package *p)
{
    p->type = take_package_type(c);
    p->name = bw_take_str(c);
    p->version = bw_take_str(c);
    p->arch = bw_take_str(c);
    p->source_name = bw_take_str(c);
    p->source_version = bw_take_str(c);
    p->module = bw_take_str(c);
    p->vendor = bw_take_str(c);
    p->licence = bw_take_str(c);
    p->files = bw_take_strs(c);
    p->records = take_file_records(c, p->files.n);
    p->locked = bw_take_bool(c);
    p->development = bw_take_bool(c);
    p->checksum = bw_take_str(c);
    p->depends = bw_take_strs(c);
}

static void take_ownership(struct bw_wire_cursor *c, struct bw_ownership *o)
{
    o->type = take_package_type(c);
    o->package = bw_take_str(c);
    o->files = bw_take_strs(c);
    o->records = take_file_records(c, o->files.n);
    o->licence = bw_take_str(c);
}

void bw_take_secret(struct bw_wire_cursor *c, struct bw_secret *s)
{
    s->rule = bw_take_str(c);
    s->title = bw_take_str(c);
    s->remedy = bw_take_str(c);
    s->match = bw_take_str(c);
    s->severity = (enum bw_severity)bw_take_below(c, BW_SEVERITY_COUNT, "unknown severity");
    s->column = bw_take_u32(c);
    s->count = bw_take_u32(c);
    s->encoded = bw_take_bool(c);
}

void bw_take_elf(struct bw_wire_cursor *c, struct bw_elf *e)
{
    e->machine = (uint16_t)bw_take_below(c, UINT16_MAX + 1u, "number out of range");
    e->executable = bw_take_bool(c);
    e->pie = bw_take_bool(c);
    e->nx = bw_take_bool(c);
    e->stack_protector = bw_take_bool(c);
    e->fortified = bw_take_bool(c);
    e->is_static = bw_take_bool(c);
    e->compiled_go = bw_take_bool(c);
    e->relro = (enum bw_relro)bw_take_below(c, BW_RELRO_FULL + 1u, "unknown RELRO");
}

/* Four fields of a byte or more each. */
#define LAYER_MIN 4u

static void take_bill(struct bw_wire_cursor *c, struct bw_bill *b)
{
    struct bw_layer scratch;
    b->format = bw_take_str(c);
    b->name = bw_take_str(c);
    b->digest = take_digest(c);
    b->platform = bw_take_str(c);
    b->tags = bw_take_strs(c);
    size_t n = bw_take_count(c, LAYER_MIN);
    b->layers = bw_take_array(c, n, sizeof *b->layers);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_layer *layer = b->layers ? &b->layers[i] : &scratch;
        layer->digest = take_digest(c);
        layer->diff_id = take_digest(c);
        layer->created_by = bw_take_str(c);
        layer->size = bw_take_u64(c);
    }
    b->layers_n = n;
    b->base.name = bw_take_str(c);
    b->base.digest = take_digest(c);
    b->base.how = bw_take_str(c);
    b->base.layers_n = bw_take_u32(c);
}

/* Ten fields of a byte or more each. */
#define DESCRIPTOR_MIN 10u

static void take_descriptor(struct bw_wire_cursor *c, bool archive, struct bw_descriptor *d)
{
    d->media_type = bw_take_str(c);
    d->digest = archive ? bw_take_path(c) : take_digest(c);
    d->size = bw_take_u64(c);
    d->os = bw_take_str(c);
    d->architecture = bw_take_str(c);
    d->variant = bw_take_str(c);
    d->ref_name = bw_take_str(c);
    d->attestation = bw_take_bool(c);
    d->paths = take_checked_strs(c, path_is_clean, "bad path");
    d->tags = bw_take_strs(c);
}

static void take_items(struct bw_wire_cursor *c, struct bw_image_document *d)
{
    struct bw_descriptor scratch;
    size_t n = bw_take_count(c, DESCRIPTOR_MIN);
    d->items = bw_take_array(c, n, sizeof *d->items);
    for (size_t i = 0; i < n && !c->status; i++)
        take_descriptor(c, d->kind == BW_DOCUMENT_ARCHIVE, d->items ? &d->items[i] : &scratch);
    d->items_n = n;
}

static void take_history(struct bw_wire_cursor *c, struct bw_image_document *d)
{
    struct bw_history scratch;
    size_t n = bw_take_count(c, 2);
    d->history = bw_take_array(c, n, sizeof *d->history);
    for (size_t i = 0; i < n && !c->status; i++) {
        struct bw_history *history = d->history ? &d->history[i] : &scratch;
        history->created_by = bw_take_str(c);
        history->empty_layer = bw_take_bool(c);
    }
    d->history_n = n;
}

/* Keys without values, or the reverse, would be read past their end. */
void bw_take_pairs(struct bw_wire_cursor *c, struct bw_strs *keys, struct bw_strs *values)
{
    *keys = bw_take_strs(c);
    *values = bw_take_strs(c);
    if (!c->status && keys->n != values->n)
        bw_wire_refuse(c, "keys and values differ in number");
}

void bw_take_config(struct bw_wire_cursor *c, struct bw_image_config *config)
{
    config->user = bw_take_str(c);
    config->working_dir = bw_take_str(c);
    config->stop_signal = bw_take_str(c);
    config->entrypoint = bw_take_strs(c);
    config->cmd = bw_take_strs(c);
    config->shell = bw_take_strs(c);
    config->env = bw_take_strs(c);
    bw_take_pairs(c, &config->label_keys, &config->label_values);
    config->exposed_ports = bw_take_strs(c);
    config->volumes = bw_take_strs(c);
    config->on_build = bw_take_strs(c);
    config->health_check = bw_take_strs(c);
}

static void take_document(struct bw_wire_cursor *c, struct bw_image_document *d)
{
    d->kind = (enum bw_document_kind)bw_take_below(c, BW_DOCUMENT_KIND_COUNT, "unknown document");
    d->os = bw_take_str(c);
    d->architecture = bw_take_str(c);
    d->variant = bw_take_str(c);
    d->created = bw_take_str(c);
    take_descriptor(c, d->kind == BW_DOCUMENT_ARCHIVE, &d->config);
    take_items(c, d);
    d->diff_ids = take_checked_strs(c, digest_is_clean, "bad digest");
    take_history(c, d);
    bw_take_config(c, &d->run);
    bw_take_pairs(c, &d->annotation_keys, &d->annotation_values);
    d->id = take_digest(c);
    d->driver = bw_take_str(c);
    d->upper_dir = bw_take_str(c);
    d->lower_dir = bw_take_str(c);
    d->tags = bw_take_strs(c);
    d->repo_digests = bw_take_strs(c);
}

void bw_take_place(struct bw_wire_cursor *c, struct bw_place *place)
{
    place->layer = bw_take_u32(c);
    place->path = bw_take_path(c);
    place->inner = bw_take_str(c);
    place->line = bw_take_u32(c);
}

static void take_fact(struct bw_wire_cursor *c, struct bw_fact *fact)
{
    fact->kind = (enum bw_fact_kind)bw_take_below(c, BW_FACT_KIND_COUNT, "unknown fact");
    bw_take_place(c, &fact->place);
    switch (fact->kind) {
    case BW_FACT_FILE:
        bw_take_file(c, &fact->file);
        break;
    case BW_FACT_DISTRIBUTION:
        bw_take_distribution(c, &fact->distribution);
        break;
    case BW_FACT_PACKAGE:
        bw_take_package(c, &fact->package);
        break;
    case BW_FACT_OWNERSHIP:
        take_ownership(c, &fact->ownership);
        break;
    case BW_FACT_DOCUMENT:
        take_document(c, &fact->document);
        break;
    case BW_FACT_SECRET:
        bw_take_secret(c, &fact->secret);
        break;
    case BW_FACT_ELF:
        bw_take_elf(c, &fact->elf);
        break;
    case BW_FACT_BILL:
        take_bill(c, &fact->bill);
        break;
    }
}

static void take_record(struct bw_wire_cursor *c, struct bw_record *record)
{
    *record = (struct bw_record){.kind = BW_RECORD_FACT};
    switch (bw_take_byte(c)) {
    case BW_RECORD_FACT:
        take_fact(c, &record->fact);
        break;
    case BW_RECORD_GAP:
        record->kind = BW_RECORD_GAP;
        record->gap.subject = BW_GAP_NO_SUBJECT;
        record->gap.class = (enum bw_gap_class)bw_take_below(c, 2, "unknown class of gap");
        record->gap.where = bw_take_str(c);
        record->gap.what = bw_take_str(c);
        record->gap.why = bw_take_str(c);
        break;
    default:
        bw_wire_refuse(c, "unknown kind");
    }
}

int bw_wire_get(struct bw_str *rest, struct bw_arena *arena, struct bw_record *ret_record,
                struct bw_err *err)
{
    struct bw_record record;
    struct bw_wire_cursor first = {.p = (const uint8_t *)rest->p, .n = rest->n, .err = err};
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
    struct bw_wire_cursor second = {
        .p = (const uint8_t *)copy.p, .n = copy.n, .arena = arena, .err = err};
    take_record(&second, &record);
    if (second.status)
        return second.status;
    *rest = bw_str_from(*rest, first.at);
    *ret_record = record;
    return 0;
}
