/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of the kernel about what is in the files. */
#include "controller/view/protocol.h"

#include <errno.h>

#include "controller/view/directory.h"
#include "controller/view/files.h"

/*
 * For how long the kernel answers by itself. Only readers that come later ask for attributes; a
 * changed time then makes the kernel drop what it has of the file. It is never told to: it would
 * wait for pages that a reader holds who waits for us.
 */
#define TRUST_NANOSECONDS (100 * 1000 * 1000)

static const Snapshot *
snapshot_of(View *view, const ViewRequest *request, bool fresh)
{
    uint64_t node = request->header->nodeid;

    return node < VIEW_FIRST_FILE ? NULL : files_snapshot(view, node - VIEW_FIRST_FILE, fresh);
}

static void
answer_getattr(View *view, const ViewRequest *request)
{
    const int64_t second = 1000 * 1000 * 1000;
    const Snapshot *snapshot = snapshot_of(view, request, true);
    struct fuse_attr_out out = { .attr_valid_nsec = TRUST_NANOSECONDS };

    if (!snapshot) {
        view_answer(request, ENOENT, NULL, 0);
        return;
    }
    view_attributes(view->session, request->header->nodeid, &out.attr);
    out.attr.size = snapshot->text->len;
    out.attr.atime = out.attr.mtime = out.attr.ctime = snapshot->changed / second;
    out.attr.atimensec = out.attr.mtimensec = out.attr.ctimensec = snapshot->changed % second;
    view_answer(request, 0, &out, sizeof(out));
}

/* What the attributes have announced, not something newer of another size. */
static void
answer_read(View *view, const ViewRequest *request)
{
    const struct fuse_read_in *in = request->argument;
    const Snapshot *snapshot = snapshot_of(view, request, false);
    size_t rest;

    if (!snapshot || request->length < sizeof(*in)) {
        view_answer(request, EIO, NULL, 0);
        return;
    }
    rest = in->offset < snapshot->text->len ? snapshot->text->len - in->offset : 0;
    view_answer(request, 0, snapshot->text->str + (rest ? in->offset : 0), MIN(rest, in->size));
}

static void
answer(View *view, const ViewRequest *request)
{
    if (!view_directory_answer(request)) {
        if (request->header->opcode == FUSE_GETATTR)
            answer_getattr(view, request);
        else
            answer_read(view, request);
    }
    view_request_done(view->session);
}

void
protocol_resume(View *view)
{
    ViewRequest request;

    /* it may have been answered; the kernel then says that nobody waits for it */
    if (view_request_open(view->connection, view->session, &request))
        answer(view, &request);
}

bool
protocol_serve(View *view)
{
    ViewRequest request;

    if (!view_request_read(view->connection, view->session, &request))
        return false;
    if (request.header)
        answer(view, &request);
    return true;
}
