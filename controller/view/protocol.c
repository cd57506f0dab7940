/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of the kernel: a directory without subdirectories, whose files can only be read. */
#include "controller/view/protocol.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "controller/view/files.h"

/*
 * For how long the kernel answers by itself. Only readers that come later ask for attributes; a
 * changed time then makes the kernel drop what it has of the file. It is never told to: it would
 * wait for pages that a reader holds who waits for us.
 */
#define TRUST_NANOSECONDS (100 * 1000 * 1000)
#define FOREVER           (UINT64_C(1) << 32)

/* Node 1 is the directory; file N is node N + FIRST_FILE. */
#define FIRST_FILE 2

typedef struct {
    View *view;
    const struct fuse_in_header *header;
    const void *argument; /* behind the header */
    size_t length;        /* of it */
} Call;

typedef void (*Handler)(const Call *call);

static void
answer(const Call *call, int error, const void *data, size_t length)
{
    struct fuse_out_header header = {
        .len = sizeof(header) + length,
        .error = -error,
        .unique = call->header->unique,
    };
    struct iovec parts[] = { { &header, sizeof(header) }, { (void *)data, length } };
    ssize_t n;

    do
        n = writev(call->view->connection, parts, length ? 2 : 1);
    while (n < 0 && errno == EINTR);
    /* ENOENT: who asked is gone */
    if (n < 0 && errno != ENOENT && errno != ENODEV)
        fprintf(stderr, "view: cannot answer a request of kind %u: %s\n", call->header->opcode,
                g_strerror(errno));
}

static const Snapshot *
snapshot_of(const Call *call, bool fresh)
{
    uint64_t node = call->header->nodeid;

    return node < FIRST_FILE ? NULL : files_snapshot(call->view, node - FIRST_FILE, fresh);
}

static void
fill_attributes(const View *view, uint64_t node, const Snapshot *snapshot,
                struct fuse_attr *attributes)
{
    const int64_t second = 1000 * 1000 * 1000;

    *attributes = (struct fuse_attr){
        .ino = node,
        .mode = snapshot ? S_IFREG | 0444 : S_IFDIR | 0555,
        .nlink = snapshot ? 1 : 2,
        .uid = view->session->uid,
        .gid = view->session->gid,
        .blksize = 4096,
    };
    if (!snapshot)
        return;
    attributes->size = snapshot->text->len;
    attributes->atime = attributes->mtime = attributes->ctime = snapshot->changed / second;
    attributes->atimensec = attributes->mtimensec = attributes->ctimensec =
        snapshot->changed % second;
}

static void
do_init(const Call *call)
{
    const struct fuse_init_in *in = call->argument;
    struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION };

    if (call->length < offsetof(struct fuse_init_in, flags) + sizeof(in->flags)) {
        answer(call, EPROTO, NULL, 0);
        return;
    }
    out.minor = MIN(out.minor, in->minor);
    out.max_readahead = in->max_readahead;
    out.max_write = 4096;
    out.time_gran = 1;
    out.flags = in->flags & (FUSE_ASYNC_READ | FUSE_AUTO_INVAL_DATA | FUSE_PARALLEL_DIROPS |
                             FUSE_NO_OPENDIR_SUPPORT);
    answer(call, 0, &out, sizeof(out));
}

static void
do_lookup(const Call *call)
{
    const char *name = call->argument;
    struct fuse_entry_out out = { .entry_valid = FOREVER, .attr_valid_nsec = TRUST_NANOSECONDS };
    int number =
        call->header->nodeid == FUSE_ROOT_ID ? files_find(name, strnlen(name, call->length)) : -1;

    if (number < 0) {
        answer(call, ENOENT, NULL, 0);
        return;
    }
    out.nodeid = number + FIRST_FILE;
    fill_attributes(call->view, out.nodeid, files_snapshot(call->view, number, true), &out.attr);
    answer(call, 0, &out, sizeof(out));
}

static void
do_getattr(const Call *call)
{
    const Snapshot *snapshot = snapshot_of(call, true);
    struct fuse_attr_out out = { .attr_valid_nsec = TRUST_NANOSECONDS };

    if (!snapshot && call->header->nodeid != FUSE_ROOT_ID) {
        answer(call, ENOENT, NULL, 0);
        return;
    }
    fill_attributes(call->view, call->header->nodeid, snapshot, &out.attr);
    answer(call, 0, &out, sizeof(out));
}

/* What the attributes have announced, not something newer of another size. */
static void
do_read(const Call *call)
{
    const struct fuse_read_in *in = call->argument;
    const Snapshot *snapshot = snapshot_of(call, false);
    size_t rest;

    if (!snapshot || call->length < sizeof(*in)) {
        answer(call, EIO, NULL, 0);
        return;
    }
    rest = in->offset < snapshot->text->len ? snapshot->text->len - in->offset : 0;
    answer(call, 0, snapshot->text->str + (rest ? in->offset : 0), MIN(rest, in->size));
}

static void
do_statfs(const Call *call)
{
    struct fuse_statfs_out out = { .st = { .bsize = 4096, .frsize = 4096, .namelen = 255 } };

    answer(call, 0, &out, sizeof(out));
}

/* Every node is a row of a table: there is nothing to forget. And each request is answered before
 * the next one is read, so there is nothing to interrupt. */
static void
do_nothing(const Call *call)
{
}

static void
do_refuse(const Call *call)
{
    answer(call, EACCES, NULL, 0);
}

/* Whatever has no row is not implemented, which the kernel remembers: no open, no close, no
 * extended attributes are asked for a second time. */
static const Handler handlers[] = {
    [FUSE_INIT] = do_init,         [FUSE_LOOKUP] = do_lookup,        [FUSE_GETATTR] = do_getattr,
    [FUSE_READ] = do_read,         [FUSE_STATFS] = do_statfs,        [FUSE_FORGET] = do_nothing,
    [FUSE_INTERRUPT] = do_nothing, [FUSE_SETATTR] = do_refuse,       [FUSE_WRITE] = do_refuse,
    [FUSE_DESTROY] = do_nothing,   [FUSE_BATCH_FORGET] = do_nothing,
};

static void
handle(View *view)
{
    struct fuse_in_header *header = (struct fuse_in_header *)view->session->request;
    Call call = { view, header, header + 1, header->len - sizeof(*header) };

    if (header->opcode < G_N_ELEMENTS(handlers) && handlers[header->opcode])
        handlers[header->opcode](&call);
    else
        answer(&call, ENOSYS, NULL, 0);
    header->unique = 0;
}

void
protocol_resume(View *view)
{
    const struct fuse_in_header *header = (struct fuse_in_header *)view->session->request;

    /* it may have been answered; the kernel then says that nobody waits for it */
    if (header->unique != 0)
        handle(view);
}

bool
protocol_serve(View *view)
{
    const struct fuse_in_header *header = (struct fuse_in_header *)view->session->request;
    ssize_t n = read(view->connection, view->session->request, VIEW_REQUEST_SIZE);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN || errno == ENOENT;
    if (n < (ssize_t)sizeof(*header) || header->len != n)
        return false;
    handle(view);
    return true;
}
