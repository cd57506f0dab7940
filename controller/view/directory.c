/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory without subdirectories, whose files can only be read. */
#include "controller/view/directory.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Names and what they mean never change. Attributes of files do: at first use they are asked for.
 */
#define FOREVER (UINT64_C(1) << 32)

bool
view_request_open(int connection, const ViewSession *session, ViewRequest *request)
{
    const struct fuse_in_header *header = (const struct fuse_in_header *)session->request;

    *request =
        (ViewRequest){ connection, session, header, header + 1, header->len - sizeof(*header) };
    return header->unique != 0;
}

bool
view_request_read(int connection, ViewSession *session, ViewRequest *request)
{
    ssize_t n = read(connection, session->request, VIEW_REQUEST_SIZE);

    *request = (ViewRequest){ .header = NULL };
    if (n < 0)
        return errno == EINTR || errno == EAGAIN || errno == ENOENT;
    view_request_open(connection, session, request);
    return n >= (ssize_t)sizeof(*request->header) && request->header->len == n;
}

void
view_request_done(ViewSession *session)
{
    ((struct fuse_in_header *)session->request)->unique = 0;
}

void
view_answer(const ViewRequest *request, int error, const void *data, size_t length)
{
    struct fuse_out_header header = {
        .len = sizeof(header) + length,
        .error = -error,
        .unique = request->header->unique,
    };
    struct iovec parts[] = { { &header, sizeof(header) }, { (void *)data, length } };
    ssize_t n;

    do
        n = writev(request->connection, parts, length ? 2 : 1);
    while (n < 0 && errno == EINTR);
    /* ENOENT: who asked is gone */
    if (n < 0 && errno != ENOENT && errno != ENODEV)
        fprintf(stderr, "view: cannot answer a request of kind %u: %s\n", request->header->opcode,
                g_strerror(errno));
}

void
view_attributes(const ViewSession *session, uint64_t node, struct fuse_attr *attributes)
{
    *attributes = (struct fuse_attr){
        .ino = node,
        .mode = node == FUSE_ROOT_ID ? S_IFDIR | 0555 : S_IFREG | 0444,
        .nlink = node == FUSE_ROOT_ID ? 2 : 1,
        .uid = session->uid,
        .gid = session->gid,
        .blksize = 4096,
    };
}

static struct fuse_entry_out
entry_of(const ViewSession *session, unsigned number)
{
    struct fuse_entry_out entry = { .nodeid = number + VIEW_FIRST_FILE, .entry_valid = FOREVER };

    view_attributes(session, entry.nodeid, &entry.attr);
    return entry;
}

static bool
answer_init(const ViewRequest *request)
{
    const struct fuse_init_in *in = request->argument;
    struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION };

    if (request->length < offsetof(struct fuse_init_in, flags) + sizeof(in->flags)) {
        view_answer(request, EPROTO, NULL, 0);
        return true;
    }
    out.minor = MIN(out.minor, in->minor);
    out.max_readahead = in->max_readahead;
    out.max_write = 4096;
    out.time_gran = 1;
    out.flags = in->flags & (FUSE_ASYNC_READ | FUSE_AUTO_INVAL_DATA | FUSE_PARALLEL_DIROPS |
                             FUSE_DO_READDIRPLUS | FUSE_NO_OPENDIR_SUPPORT);
    view_answer(request, 0, &out, sizeof(out));
    return true;
}

static bool
answer_lookup(const ViewRequest *request)
{
    const char *name = request->argument;
    unsigned i;

    for (i = 0; request->header->nodeid == FUSE_ROOT_ID && i < view_files_count; i++) {
        size_t length = strlen(view_files[i].name) + 1;

        if (length <= request->length && memcmp(view_files[i].name, name, length) == 0) {
            struct fuse_entry_out entry = entry_of(request->session, i);

            view_answer(request, 0, &entry, sizeof(entry));
            return true;
        }
    }
    view_answer(request, ENOENT, NULL, 0);
    return true;
}

static bool
answer_getattr(const ViewRequest *request)
{
    struct fuse_attr_out out = { .attr_valid = FOREVER };

    if (request->header->nodeid != FUSE_ROOT_ID)
        return false;
    view_attributes(request->session, FUSE_ROOT_ID, &out.attr);
    view_answer(request, 0, &out, sizeof(out));
    return true;
}

/* All names at once, each with its node, so that none is looked up afterwards. */
static bool
answer_readdirplus(const ViewRequest *request)
{
    const struct fuse_read_in *in = request->argument;
    union {
        struct fuse_direntplus entry;
        char bytes[4096];
    } out = { 0 };
    size_t length = 0;
    unsigned i;

    if (request->length < sizeof(*in)) {
        view_answer(request, EPROTO, NULL, 0);
        return true;
    }
    for (i = in->offset; i < view_files_count; i++) {
        struct fuse_direntplus *entry = (struct fuse_direntplus *)(out.bytes + length);
        size_t name = strlen(view_files[i].name);
        size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS + name);

        if (length + size > MIN(sizeof(out), in->size))
            break;
        entry->entry_out = entry_of(request->session, i);
        entry->dirent = (struct fuse_dirent){
            .ino = entry->entry_out.nodeid,
            .off = i + 1,
            .namelen = name,
            .type = S_IFREG >> 12,
        };
        memcpy(out.bytes + length + FUSE_NAME_OFFSET_DIRENTPLUS, view_files[i].name, name);
        length += size;
    }
    view_answer(request, 0, out.bytes, length);
    return true;
}

static bool
answer_statfs(const ViewRequest *request)
{
    struct fuse_statfs_out out = { .st = { .bsize = 4096, .frsize = 4096, .namelen = 255 } };

    view_answer(request, 0, &out, sizeof(out));
    return true;
}

/* Every node is a row of a table: there is nothing to forget. And each request is answered before
 * the next one is read, so there is nothing to interrupt. */
static bool
need_no_answer(const ViewRequest *request)
{
    return true;
}

static bool
refuse(const ViewRequest *request)
{
    view_answer(request, EACCES, NULL, 0);
    return true;
}

/* What is not implemented the kernel remembers: it asks for it no second time. */
static bool
deny(const ViewRequest *request)
{
    view_answer(request, ENOSYS, NULL, 0);
    return true;
}

/* For a file only the server knows how it is. */
static bool
leave(const ViewRequest *request)
{
    return false;
}

static bool (*const answers[])(const ViewRequest *) = {
    [FUSE_INIT] = answer_init,       [FUSE_LOOKUP] = answer_lookup,
    [FUSE_GETATTR] = answer_getattr, [FUSE_READDIRPLUS] = answer_readdirplus,
    [FUSE_STATFS] = answer_statfs,   [FUSE_READ] = leave,
    [FUSE_FORGET] = need_no_answer,  [FUSE_INTERRUPT] = need_no_answer,
    [FUSE_DESTROY] = need_no_answer, [FUSE_BATCH_FORGET] = need_no_answer,
    [FUSE_SETATTR] = refuse,         [FUSE_WRITE] = refuse,
};

bool
view_directory_answer(const ViewRequest *request)
{
    uint32_t kind = request->header->opcode;

    return kind < G_N_ELEMENTS(answers) && answers[kind] ? answers[kind](request) : deny(request);
}
