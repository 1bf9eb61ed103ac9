/* SPDX-License-Identifier: GPL-2.0-only */
/* A test that needs some of it has that itself. */
