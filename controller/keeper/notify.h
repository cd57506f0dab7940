/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guest's service manager says of itself, by the protocol of sd_notify(3). */
#pragma once

#include "controller/keeper/keeper.h"

bool notify_watch(Keeper *keeper, GError **error);
