/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests about which files there are, and none about what is in them. The launcher answers these
 * while it binds the files over the guest's; the server, which starts later, answers all.
 */
#pragma once

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/wire/view.h"

/* Node 1 is the directory; file N of view_files is node N + VIEW_FIRST_FILE. */
#define VIEW_FIRST_FILE 2

typedef struct {
    int connection; /* /dev/fuse */
    const ViewSession *session;
    const struct fuse_in_header *header;
    const void *argument; /* behind the header */
    size_t length;        /* of it */
} ViewRequest;

/*
 * Takes the next request from the kernel into the session, where it stays open until somebody has
 * answered it and calls view_request_done(). False: there is nobody left who could ask; a request
 * without header: there was none.
 */
bool view_request_read(int connection, ViewSession *session, ViewRequest *request);

/* The one that is open in @session; false: none is. */
bool view_request_open(int connection, const ViewSession *session, ViewRequest *request);
void view_request_done(ViewSession *session);

/* @error 0 or an errno */
void view_answer(const ViewRequest *request, int error, const void *data, size_t length);

/* Mode and owner of file @node, or of the directory; size 0. */
void view_attributes(const ViewSession *session, uint64_t node, struct fuse_attr *attributes);

/* Answers @request; false when it is not about the directory. */
bool view_directory_answer(const ViewRequest *request);
