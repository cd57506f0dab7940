/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guest read from disks and wrote to them. */
#pragma once

#include "controller/view/view.h"

bool disks_stat(View *view, GString *text);
