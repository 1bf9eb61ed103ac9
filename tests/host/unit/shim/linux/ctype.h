/* SPDX-License-Identifier: GPL-2.0-only */
/* As the kernel's: its isprint() knows Latin-1, unlike the host's. */
#ifndef SHIM_CTYPE_H
#define SHIM_CTYPE_H

#define isascii(c)	((unsigned char)(c) <= 0x7f)
#define isprint(c)	(((unsigned char)(c) >= 0x20 && (unsigned char)(c) < 0x7f) || \
			 (unsigned char)(c) >= 0xa0)

#endif
