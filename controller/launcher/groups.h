/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups as the guest sees them. */
#pragma once

#include "controller/launcher/launch.h"

/* Mounts the guest's view of the control groups on @destination. */
bool groups_mount_view(Launch *launch, const ContainerMount *mount, GError **error);
