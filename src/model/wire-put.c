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

static void put_file(struct bw_buf *buf, const struct bw_file *file)
{
    put_u64(buf, file->type);
    put_str(buf, file->link);
    put_u64(buf, file->size);
    put_u64(buf, file->offset);
    bw_buf_byte(buf, file->read);
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
}

static void put_ownership(struct bw_buf *buf, const struct bw_ownership *o)
{
    put_u64(buf, o->type);
    put_str(buf, o->package);
    put_strs(buf, o->files);
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
