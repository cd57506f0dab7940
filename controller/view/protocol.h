/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's side of FUSE, spoken directly. libfuse starts a session with the kernel's first
 * message and so cannot go on with one that another process began; a server that dies must be
 * replaced without the guest's mounts noticing.
 */
#pragma once

#include "controller/view/view.h"

/* Answers the request that a server before this one has left open, if any. */
void protocol_resume(View *view);

/* Takes one request from the kernel and answers it. False: there is nobody left who could ask. */
bool protocol_serve(View *view);
