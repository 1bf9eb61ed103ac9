// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log: why a module was not loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "text.h"

/* About this module, or any module that the kernel has just refused. */
static bool is_about_loading(const char *line)
{
	static const char * const words[] = {
		"forkfail: not loaded", "forkfail: disagrees about version",
		"forkfail: Unknown symbol", "forkfail: version magic",
		"Loading of unsigned module is rejected",
		"Loading of module with unavailable key is rejected",
		"unsigned module loading is restricted",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/**
 * kmsg_last_about_loading() - the last line that says why a module is not loaded
 *
 * Return: the line, escaped, which the caller frees; NULL if there is none or it cannot
 * be read.
 */
char *kmsg_last_about_loading(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char record[8192], *text, *last = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	/* Each read returns a record, or EPIPE where older ones were overwritten. */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && (errno == EPIPE || errno == EINTR))) {
		if (n <= 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || !is_about_loading(text))
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		free(last);
		last = text_escape(text);
	}
	close(fd);
	return last;
}
