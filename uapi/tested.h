/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The series of kernels that the module's tests run on.  tests/host/reader compares them
 * with what tests/vm/run -l lists.
 */
#ifndef _UAPI_FORKFAIL_TESTED_H
#define _UAPI_FORKFAIL_TESTED_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#define FORKFAIL_TESTED_SERIES	"5.10 6.1 6.12 7.2"

/**
 * forkfail_is_tested() - do the tests run on kernels of this series?
 * @release: as uname -r prints it: 6.12.107-amd64 belongs to 6.12
 *
 * Return: false also if it is not a release.
 */
static inline bool forkfail_is_tested(const char *release)
{
	const char *series = FORKFAIL_TESTED_SERIES;
	size_t len = strspn(release, "0123456789");

	if (!len || release[len] != '.')
		return false;
	len += 1 + strspn(release + len + 1, "0123456789");
	while (*series) {
		size_t word = strcspn(series, " ");

		if (word == len && !strncmp(series, release, len))
			return true;
		series += word + strspn(series + word, " ");
	}
	return false;
}

#endif /* _UAPI_FORKFAIL_TESTED_H */
