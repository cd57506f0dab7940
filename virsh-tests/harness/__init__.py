# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private stock libvirtd with the plugin under test, and what tests need around it."""
