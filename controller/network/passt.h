/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of type user: a program (pasta, of passt) translates between the guest and sockets of
 * the host. */
#pragma once

#include "controller/network/interface.h"

/*
 * Starts the program as a child of the caller, with which it ends unless the container runs
 * already, and waits until the interface is there. It outlives an execve().
 */
bool passt_start(const Network *network, const ContainerInterface *interface, GError **error);

/* Ends the program that was started for the interface, and the interface with it; one that is gone
 * is no error. */
bool passt_stop(const Network *network, const ContainerInterface *interface, GError **error);
