#include "model/wire-parts.h"

void bw_put_u64(struct bw_buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bw_buf_byte(buf, (uint8_t)(value | 0x80));
    bw_buf_byte(buf, (uint8_t)value);
}

void bw_put_str(struct bw_buf *buf, struct bw_str s)
{
    bw_put_u64(buf, s.n);
    bw_buf_str(buf, s);
}

/* A list the reader would refuse fails here, where its cause is at hand. */
void bw_put_count(struct bw_buf *buf, size_t n)
{
    if (n > BW_WIRE_LIST_MAX)
        buf->failed = true;
    bw_put_u64(buf, n);
}

void bw_put_strs(struct bw_buf *buf, struct bw_strs strs)
{
    bw_put_count(buf, strs.n);
    for (size_t i = 0; i < strs.n && !buf->failed; i++)
        bw_put_str(buf, strs.v[i]);
}

static void put_file_digest(struct bw_buf *buf, const struct bw_digest *digest)
{
    bw_put_u64(buf, digest->algorithm);
    bw_buf_add(buf, digest->bytes, bw_digest_size(digest->algorithm));
}

/* A boolean, then as many records as there are files. */
static void put_file_records(struct bw_buf *buf, const struct bw_file_record *records, size_t n)
{
    bw_buf_byte(buf, records != NULL);
    for (size_t i = 0; records && i < n && !buf->failed; i++) {
        put_file_digest(buf, &records[i].digest);
        bw_put_u64(buf, records[i].mode);
        bw_buf_byte(buf, records[i].config);
        bw_buf_byte(buf, records[i].capabilities);
    }
}

void bw_put_file(struct bw_buf *buf, const struct bw_file *file)
{
    bw_put_u64(buf, file->type);
    bw_put_str(buf, file->link);
    bw_put_u64(buf, file->size);
    bw_put_u64(buf, file->offset);
    bw_buf_byte(buf, file->read);
    bw_buf_byte(buf, file->examined);
    bw_buf_byte(buf, file->has_mode);
    bw_put_u64(buf, file->mode);
    bw_put_u64(buf, file->uid);
    bw_put_u64(buf, file->gid);
    bw_put_u64(buf, file->capabilities);
    put_file_digest(buf, &file->digest);
}

void bw_put_distribution(struct bw_buf *buf, const struct bw_distribution *d)
{
    bw_put_str(buf, d->id);
    bw_put_str(buf, d->id_like);
    bw_put_str(buf, d->version_id);
    bw_put_str(buf, d->codename);
    bw_put_str(buf, d->name);
    bw_put_str(buf, d->pretty_name);
    bw_put_str(buf, d->variant_id);
    bw_put_str(buf, d->cpe);
}

void bw_put_package(struct bw_buf *buf, const struct bw_package *p)
{
    bw_put_u64(buf, p->type);
    bw_put_str(buf, p->name);
    bw_put_str(buf, p->version);
    bw_put_str(buf, p->arch);
    bw_put_str(buf, p->source_name);
    bw_put_str(buf, p->source_version);
    bw_put_str(buf, p->module);
    bw_put_str(buf, p->vendor);
    bw_put_str(buf, p->licence);
    bw_put_strs(buf, p->files);
    put_file_records(buf, p->records, p->files.n);
    bw_buf_byte(buf, p->locked);
    bw_buf_byte(buf, p->development);
    bw_put_str(buf, p->checksum);
    bw_put_strs(buf, p->depends);
}

static void put_ownership(struct bw_buf *buf, const struct bw_ownership *o)
{
    bw_put_u64(buf, o->type);
    bw_put_str(buf, o->package);
    bw_put_strs(buf, o->files);
    put_file_records(buf, o->records, o->files.n);
    bw_put_str(buf, o->licence);
}

void bw_put_secret(struct bw_buf *buf, const struct bw_secret *s)
{
    bw_put_str(buf, s->rule);
    bw_put_str(buf, s->title);
    bw_put_str(buf, s->remedy);
    bw_put_str(buf, s->match);
    bw_put_u64(buf, s->severity);
    bw_put_u64(buf, s->column);
    bw_put_u64(buf, s->count);
    bw_buf_byte(buf, s->encoded);
}

void bw_put_elf(struct bw_buf *buf, const struct bw_elf *e)
{
    bw_put_u64(buf, e->machine);
    bw_buf_byte(buf, e->executable);
    bw_buf_byte(buf, e->pie);
    bw_buf_byte(buf, e->nx);
    bw_buf_byte(buf, e->stack_protector);
    bw_buf_byte(buf, e->fortified);
    bw_buf_byte(buf, e->is_static);
    bw_buf_byte(buf, e->compiled_go);
    bw_put_u64(buf, e->relro);
}

static void put_bill(struct bw_buf *buf, const struct bw_bill *b)
{
    bw_put_str(buf, b->format);
    bw_put_str(buf, b->name);
    bw_put_str(buf, b->digest);
    bw_put_str(buf, b->platform);
    bw_put_strs(buf, b->tags);
    bw_put_u64(buf, b->layers_n);
    for (size_t i = 0; i < b->layers_n; i++) {
        bw_put_str(buf, b->layers[i].digest);
        bw_put_str(buf, b->layers[i].diff_id);
        bw_put_str(buf, b->layers[i].created_by);
        bw_put_u64(buf, b->layers[i].size);
    }
    bw_put_str(buf, b->base.name);
    bw_put_str(buf, b->base.digest);
    bw_put_str(buf, b->base.how);
    bw_put_u64(buf, b->base.layers_n);
}

static void put_descriptor(struct bw_buf *buf, const struct bw_descriptor *d)
{
    bw_put_str(buf, d->media_type);
    bw_put_str(buf, d->digest);
    bw_put_u64(buf, d->size);
    bw_put_str(buf, d->os);
    bw_put_str(buf, d->architecture);
    bw_put_str(buf, d->variant);
    bw_put_str(buf, d->ref_name);
    bw_buf_byte(buf, d->attestation);
    bw_put_strs(buf, d->paths);
    bw_put_strs(buf, d->tags);
}

void bw_put_config(struct bw_buf *buf, const struct bw_image_config *c)
{
    bw_put_str(buf, c->user);
    bw_put_str(buf, c->working_dir);
    bw_put_str(buf, c->stop_signal);
    bw_put_strs(buf, c->entrypoint);
    bw_put_strs(buf, c->cmd);
    bw_put_strs(buf, c->shell);
    bw_put_strs(buf, c->env);
    bw_put_strs(buf, c->label_keys);
    bw_put_strs(buf, c->label_values);
    bw_put_strs(buf, c->exposed_ports);
    bw_put_strs(buf, c->volumes);
    bw_put_strs(buf, c->on_build);
    bw_put_strs(buf, c->health_check);
}

static void put_document(struct bw_buf *buf, const struct bw_image_document *d)
{
    bw_put_u64(buf, d->kind);
    bw_put_str(buf, d->os);
    bw_put_str(buf, d->architecture);
    bw_put_str(buf, d->variant);
    bw_put_str(buf, d->created);
    put_descriptor(buf, &d->config);
    bw_put_count(buf, d->items_n);
    for (size_t i = 0; i < d->items_n && !buf->failed; i++)
        put_descriptor(buf, &d->items[i]);
    bw_put_strs(buf, d->diff_ids);
    bw_put_count(buf, d->history_n);
    for (size_t i = 0; i < d->history_n && !buf->failed; i++) {
        bw_put_str(buf, d->history[i].created_by);
        bw_buf_byte(buf, d->history[i].empty_layer);
    }
    bw_put_config(buf, &d->run);
    bw_put_strs(buf, d->annotation_keys);
    bw_put_strs(buf, d->annotation_values);
    bw_put_str(buf, d->id);
    bw_put_str(buf, d->driver);
    bw_put_str(buf, d->upper_dir);
    bw_put_str(buf, d->lower_dir);
    bw_put_strs(buf, d->tags);
    bw_put_strs(buf, d->repo_digests);
}

/* Takes a record back that did not fit, so that those before it stay readable. */
static void end_record(struct bw_buf *buf, size_t start)
{
    if (buf->n - start > BW_WIRE_RECORD_MAX)
        buf->failed = true;
    if (buf->failed)
        buf->n = start;
}

void bw_put_place(struct bw_buf *buf, const struct bw_place *place)
{
    bw_put_u64(buf, place->layer);
    bw_put_str(buf, place->path);
    bw_put_str(buf, place->inner);
    bw_put_u64(buf, place->line);
}

void bw_wire_put_fact(struct bw_buf *buf, const struct bw_fact *fact)
{
    size_t start = buf->n;
    bw_buf_byte(buf, BW_RECORD_FACT);
    bw_put_u64(buf, fact->kind);
    bw_put_place(buf, &fact->place);
    switch (fact->kind) {
    case BW_FACT_FILE:
        bw_put_file(buf, &fact->file);
        break;
    case BW_FACT_DISTRIBUTION:
        bw_put_distribution(buf, &fact->distribution);
        break;
    case BW_FACT_PACKAGE:
        bw_put_package(buf, &fact->package);
        break;
    case BW_FACT_OWNERSHIP:
        put_ownership(buf, &fact->ownership);
        break;
    case BW_FACT_DOCUMENT:
        put_document(buf, &fact->document);
        break;
    case BW_FACT_SECRET:
        bw_put_secret(buf, &fact->secret);
        break;
    case BW_FACT_ELF:
        bw_put_elf(buf, &fact->elf);
        break;
    case BW_FACT_BILL:
        put_bill(buf, &fact->bill);
        break;
    }
    end_record(buf, start);
}

void bw_wire_put_gap(struct bw_buf *buf, const struct bw_gap *gap)
{
    size_t start = buf->n;
    bw_buf_byte(buf, BW_RECORD_GAP);
    bw_put_u64(buf, gap->class);
    bw_put_str(buf, gap->where);
    bw_put_str(buf, gap->what);
    bw_put_str(buf, gap->why);
    end_record(buf, start);
}
