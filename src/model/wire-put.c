#include "model/wire.h"

static void put_u64(struct bw_buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bw_buf_byte(buf, (uint8_t)(value | 0x80));
    bw_buf_byte(buf, (uint8_t)value);
}

static void put_str(struct bw_buf *buf, struct bw_str s)
{
    put_u64(buf, s.n);
    bw_buf_str(buf, s);
}

/* A list the reader would refuse fails here, where its cause is at hand. */
static void put_count(struct bw_buf *buf, size_t n)
{
    if (n > BW_WIRE_LIST_MAX)
        buf->failed = true;
    put_u64(buf, n);
}

static void put_strs(struct bw_buf *buf, struct bw_strs strs)
{
    put_count(buf, strs.n);
    for (size_t i = 0; i < strs.n && !buf->failed; i++)
        put_str(buf, strs.v[i]);
}

static void put_file_digest(struct bw_buf *buf, const struct bw_digest *digest)
{
    put_u64(buf, digest->algorithm);
    bw_buf_add(buf, digest->bytes, bw_digest_size(digest->algorithm));
}

/* A boolean, then as many records as there are files. */
static void put_file_records(struct bw_buf *buf, const struct bw_file_record *records, size_t n)
{
    bw_buf_byte(buf, records != NULL);
    for (size_t i = 0; records && i < n && !buf->failed; i++) {
        put_file_digest(buf, &records[i].digest);
        put_u64(buf, records[i].mode);
        bw_buf_byte(buf, records[i].config);
    }
}

static void put_file(struct bw_buf *buf, const struct bw_file *file)
{
    put_u64(buf, file->type);
    put_str(buf, file->link);
    put_u64(buf, file->size);
    put_u64(buf, file->offset);
    bw_buf_byte(buf, file->read);
    bw_buf_byte(buf, file->examined);
    bw_buf_byte(buf, file->has_mode);
    put_u64(buf, file->mode);
    put_u64(buf, file->uid);
    put_u64(buf, file->gid);
    put_u64(buf, file->capabilities);
    put_file_digest(buf, &file->digest);
}

static void put_distribution(struct bw_buf *buf, const struct bw_distribution *d)
{
    put_str(buf, d->id);
    put_str(buf, d->id_like);
    put_str(buf, d->version_id);
    put_str(buf, d->codename);
    put_str(buf, d->name);
    put_str(buf, d->pretty_name);
    put_str(buf, d->variant_id);
    put_str(buf, d->cpe);
}

static void put_package(struct bw_buf *buf, const struct bw_package *p)
{
    put_u64(buf, p->type);
    put_str(buf, p->name);
    put_str(buf, p->version);
    put_str(buf, p->arch);
    put_str(buf, p->source_name);
    put_str(buf, p->source_version);
    put_str(buf, p->module);
    put_str(buf, p->vendor);
    put_str(buf, p->licence);
    put_strs(buf, p->files);
    put_file_records(buf, p->records, p->files.n);
    bw_buf_byte(buf, p->locked);
    bw_buf_byte(buf, p->development);
    put_str(buf, p->checksum);
    put_strs(buf, p->depends);
}

static void put_ownership(struct bw_buf *buf, const struct bw_ownership *o)
{
    put_u64(buf, o->type);
    put_str(buf, o->package);
    put_strs(buf, o->files);
    put_file_records(buf, o->records, o->files.n);
}

static void put_secret(struct bw_buf *buf, const struct bw_secret *s)
{
    put_str(buf, s->rule);
    put_str(buf, s->title);
    put_str(buf, s->remedy);
    put_str(buf, s->match);
    put_u64(buf, s->severity);
    put_u64(buf, s->column);
    put_u64(buf, s->count);
    bw_buf_byte(buf, s->encoded);
}

static void put_elf(struct bw_buf *buf, const struct bw_elf *e)
{
    put_u64(buf, e->machine);
    bw_buf_byte(buf, e->executable);
    bw_buf_byte(buf, e->pie);
    bw_buf_byte(buf, e->nx);
    bw_buf_byte(buf, e->stack_protector);
    bw_buf_byte(buf, e->fortified);
    bw_buf_byte(buf, e->is_static);
    bw_buf_byte(buf, e->compiled_go);
    put_u64(buf, e->relro);
}

static void put_descriptor(struct bw_buf *buf, const struct bw_descriptor *d)
{
    put_str(buf, d->media_type);
    put_str(buf, d->digest);
    put_u64(buf, d->size);
    put_str(buf, d->os);
    put_str(buf, d->architecture);
    put_str(buf, d->variant);
    put_str(buf, d->ref_name);
    bw_buf_byte(buf, d->attestation);
    put_strs(buf, d->paths);
    put_strs(buf, d->tags);
}

static void put_config(struct bw_buf *buf, const struct bw_image_config *c)
{
    put_str(buf, c->user);
    put_str(buf, c->working_dir);
    put_str(buf, c->stop_signal);
    put_strs(buf, c->entrypoint);
    put_strs(buf, c->cmd);
    put_strs(buf, c->shell);
    put_strs(buf, c->env);
    put_strs(buf, c->label_keys);
    put_strs(buf, c->label_values);
    put_strs(buf, c->exposed_ports);
    put_strs(buf, c->volumes);
    put_strs(buf, c->on_build);
    put_strs(buf, c->health_check);
}

static void put_document(struct bw_buf *buf, const struct bw_image_document *d)
{
    put_u64(buf, d->kind);
    put_str(buf, d->os);
    put_str(buf, d->architecture);
    put_str(buf, d->variant);
    put_str(buf, d->created);
    put_descriptor(buf, &d->config);
    put_count(buf, d->items_n);
    for (size_t i = 0; i < d->items_n && !buf->failed; i++)
        put_descriptor(buf, &d->items[i]);
    put_strs(buf, d->diff_ids);
    put_count(buf, d->history_n);
    for (size_t i = 0; i < d->history_n && !buf->failed; i++) {
        put_str(buf, d->history[i].created_by);
        bw_buf_byte(buf, d->history[i].empty_layer);
    }
    put_config(buf, &d->run);
    put_strs(buf, d->annotation_keys);
    put_strs(buf, d->annotation_values);
    put_str(buf, d->id);
    put_str(buf, d->driver);
    put_str(buf, d->upper_dir);
    put_str(buf, d->lower_dir);
    put_strs(buf, d->tags);
    put_strs(buf, d->repo_digests);
}

/* Takes a record back that did not fit, so that those before it stay readable. */
static void end_record(struct bw_buf *buf, size_t start)
{
    if (buf->n - start > BW_WIRE_RECORD_MAX)
        buf->failed = true;
    if (buf->failed)
        buf->n = start;
}

void bw_wire_put_fact(struct bw_buf *buf, const struct bw_fact *fact)
{
    size_t start = buf->n;
    bw_buf_byte(buf, BW_RECORD_FACT);
    put_u64(buf, fact->kind);
    put_u64(buf, fact->place.layer);
    put_str(buf, fact->place.path);
    put_str(buf, fact->place.inner);
    put_u64(buf, fact->place.line);
    switch (fact->kind) {
    case BW_FACT_FILE:
        put_file(buf, &fact->file);
        break;
    case BW_FACT_DISTRIBUTION:
        put_distribution(buf, &fact->distribution);
        break;
    case BW_FACT_PACKAGE:
        put_package(buf, &fact->package);
        break;
    case BW_FACT_OWNERSHIP:
        put_ownership(buf, &fact->ownership);
        break;
    case BW_FACT_DOCUMENT:
        put_document(buf, &fact->document);
        break;
    case BW_FACT_SECRET:
        put_secret(buf, &fact->secret);
        break;
    case BW_FACT_ELF:
        put_elf(buf, &fact->elf);
        break;
    }
    end_record(buf, start);
}

void bw_wire_put_gap(struct bw_buf *buf, const struct bw_gap *gap)
{
    size_t start = buf->n;
    bw_buf_byte(buf, BW_RECORD_GAP);
    put_u64(buf, gap->class);
    put_str(buf, gap->where);
    put_str(buf, gap->what);
    put_str(buf, gap->why);
    end_record(buf, start);
}
