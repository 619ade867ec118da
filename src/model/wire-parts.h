/*
 * wire-parts.h: the pieces that records in the form of wire.h are made of; private to src/model.
 *
 * What is read is read twice. The first pass has no arena: it checks everything and finds the end,
 * so that a hostile count costs nothing. Then the bytes are copied once, and the second pass makes
 * slices of the copy and the arrays, whose sizes are by then backed by bytes.
 */
#ifndef BW_MODEL_WIRE_PARTS_H
#define BW_MODEL_WIRE_PARTS_H

#include "model/wire.h"

void bw_put_u64(struct bw_buf *buf, uint64_t value);
void bw_put_str(struct bw_buf *buf, struct bw_str s);
void bw_put_count(struct bw_buf *buf, size_t n);
void bw_put_strs(struct bw_buf *buf, struct bw_strs strs);
void bw_put_place(struct bw_buf *buf, const struct bw_place *place);
void bw_put_file(struct bw_buf *buf, const struct bw_file *file);
void bw_put_distribution(struct bw_buf *buf, const struct bw_distribution *d);
void bw_put_package(struct bw_buf *buf, const struct bw_package *p);
void bw_put_config(struct bw_buf *buf, const struct bw_image_config *c);
void bw_put_secret(struct bw_buf *buf, const struct bw_secret *s);
void bw_put_elf(struct bw_buf *buf, const struct bw_elf *e);

struct bw_wire_cursor {
    const uint8_t *p;
    size_t n, at;
    struct bw_arena *arena; /* NULL in the first pass */
    bool cut;               /* p is a part of what there is: BW_WIRE_RECORD_MAX */
    int status;             /* the first failure; everything read after it is zero */
    struct bw_err *err;
};

void bw_wire_refuse(struct bw_wire_cursor *c, const char *why);

uint8_t bw_take_byte(struct bw_wire_cursor *c);
uint64_t bw_take_u64(struct bw_wire_cursor *c);
uint64_t bw_take_below(struct bw_wire_cursor *c, uint64_t limit, const char *why);
uint32_t bw_take_u32(struct bw_wire_cursor *c);
bool bw_take_bool(struct bw_wire_cursor *c);
struct bw_str bw_take_str(struct bw_wire_cursor *c);
struct bw_str bw_take_path(struct bw_wire_cursor *c);
struct bw_strs bw_take_strs(struct bw_wire_cursor *c);

/* A count whose elements take at least `element_min` bytes each. */
size_t bw_take_count(struct bw_wire_cursor *c, size_t element_min);

/* NULL in the first pass, for an empty list, and where the arena is full. */
void *bw_take_array(struct bw_wire_cursor *c, size_t n, size_t size);

/* Keys and as many values. */
void bw_take_pairs(struct bw_wire_cursor *c, struct bw_strs *keys, struct bw_strs *values);

void bw_take_place(struct bw_wire_cursor *c, struct bw_place *place);
void bw_take_file(struct bw_wire_cursor *c, struct bw_file *file);
void bw_take_distribution(struct bw_wire_cursor *c, struct bw_distribution *d);
void bw_take_package(struct bw_wire_cursor *c, struct bw_package *p);
void bw_take_config(struct bw_wire_cursor *c, struct bw_image_config *config);
void bw_take_secret(struct bw_wire_cursor *c, struct bw_secret *s);
void bw_take_elf(struct bw_wire_cursor *c, struct bw_elf *e);

#endif
