/*
 * service-channel.h: what supervisor, spawner and server say to each other; private to the service.
 *
 * A message is one packet of a SOCK_SEQPACKET pair: a header in host order (all ends are the same
 * build), then at most BW_CHANNEL_INLINE_MAX bytes. What is longer, and all rules and certificates,
 * go as sealed memfds. Descriptors travel towards the server alone: it may be in the hands of
 * whoever sent a request, and what it says is bytes that are checked.
 */
#ifndef BW_ENFORCE_SERVICE_CHANNEL_H
#define BW_ENFORCE_SERVICE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

#define BW_CHANNEL_INLINE_MAX ((size_t)32 << 10)
#define BW_CHANNEL_FDS_MAX    3u

enum bw_channel_type {
    /* supervisor to server */
    BW_CHANNEL_RULES,       /* fds: the configuration, and the sets that there are */
    BW_CHANNEL_CERTIFICATE, /* fds: chain, key, and the clients' CA where there is one */
    BW_CHANNEL_STATUS,      /* code: BW_STATUS_...; bytes: why */
    BW_CHANNEL_ANSWER,      /* id, code; bytes or fd */
    BW_CHANNEL_STOP,        /* let requests end, and end */
    /* server to supervisor */
    BW_CHANNEL_ASK,     /* id; bytes */
    BW_CHANNEL_SERVING, /* connections are accepted */
    BW_CHANNEL_FAILED,  /* code, bytes: rules or a certificate could not be used, or no start */
    /* spawner to supervisor */
    BW_CHANNEL_STARTED, /* id: its pid; fd: the end of a channel to it */
    BW_CHANNEL_ENDED,   /* id: its pid; code: as of waitpid(2) */
    /* supervisor to spawner */
    BW_CHANNEL_KILL, /* the server, if it is still that pid (id) */
};

/* Bits of BW_CHANNEL_STATUS. */
#define BW_STATUS_RULES_STALE       1
#define BW_STATUS_CERTIFICATE_STALE 2

struct bw_channel_message {
    uint32_t type;
    int32_t code;
    uint64_t id;
    struct bw_str bytes;
    int fds[BW_CHANNEL_FDS_MAX]; /* -1: none */
};

#define BW_CHANNEL_MESSAGE(kind) ((struct bw_channel_message){.type = (kind), .fds = {-1, -1, -1}})

/* A pair, both ends close-on-exec. */
int bw_channel_pair(int ret_ends[2], struct bw_err *err) BW_MUST_USE;

/* `wait`: until the peer has room, else BW_ELIMIT where it has none. Descriptors stay the caller's.
 * Any thread. BW_EIO where the peer is gone. */
int bw_channel_send(int socket, const struct bw_channel_message *message, bool wait,
                    struct bw_err *err) BW_MUST_USE;

/* Takes a packet; bytes lie in `room`. take_fds: false closes what descriptors come. *ret_closed:
 * the peer is gone. BW_EFORMAT for a packet that is none of ours. */
int bw_channel_receive(int socket, bool take_fds, char room[BW_CHANNEL_INLINE_MAX],
                       struct bw_channel_message *ret_message, bool *ret_closed,
                       struct bw_err *err) BW_MUST_USE;

void bw_channel_close_fds(struct bw_channel_message *message);

/* A sealed memfd with these bytes (none: an empty one). */
int bw_channel_memory(struct bw_str bytes, int *ret_fd, struct bw_err *err) BW_MUST_USE;

/* Maps it for reading; {NULL, 0} where it is empty. bw_channel_unmap takes that. */
int bw_channel_map(int fd, struct bw_str *ret_bytes, struct bw_err *err) BW_MUST_USE;
void bw_channel_unmap(struct bw_str bytes);

#endif
