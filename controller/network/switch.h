/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of Open vSwitch, through its own tool. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/interface.h"

/* Makes the host's end of @interface a port of its switch, or what a port of it should be. */
bool switch_enter(const ContainerInterface *interface, GError **error);

/* A port that is gone is no error. */
bool switch_leave(const ContainerInterface *interface, GError **error);
