/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups as the guest sees them. */
#pragma once

#include "controller/launcher/launch.h"

/* Creates the groups below launch->group with their limits, and opens what init needs of them. */
bool groups_make(Launch *launch, GError **error);

/* The same and launch->group itself, which nobody else makes, and moves the launcher there. */
bool groups_make_own(Launch *launch, GError **error);

/* Moves the launcher to the supervisor's group, in the hierarchies of v1. */
bool groups_enter_supervisor(Launch *launch, GError **error);

/* Whether the guest gets to see its control groups. */
bool groups_are_shown(const Launch *launch);

/* group-view.c: the group behind @directory as a mount of its own, -1 with error. */
int group_view_open(int directory, GError **error);

/* Mounts the guest's view of the control groups on @destination. */
bool groups_mount_view(Launch *launch, const ContainerMount *mount, GError **error);
