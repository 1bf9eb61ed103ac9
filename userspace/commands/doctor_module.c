// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail doctor: is there a module for this kernel, and may it be loaded?
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "commands/doctor.h"
#include "proc.h"
#include "text.h"

/* Not autoinstall: the Debian package keeps forkfail out of that. */
#define DKMS_INSTALL	"dkms install -m forkfail -v " FORKFAIL_VERSION

/* DKMS's log: of the last failed build, or of this kernel's. */
static char *dkms_log(const struct doctor *doctor)
{
	char *pattern[2], *found = NULL;
	glob_t matches;
	size_t i;

	pattern[0] = proc_path("/var/lib/dkms/forkfail/*/%s/*/log/make.log", doctor->release);
	pattern[1] = proc_path("/var/lib/dkms/forkfail/*/build/make.log");
	for (i = 0; i < ARRAY_SIZE(pattern); i++) {
		if (!found && !glob(pattern[i], 0, NULL, &matches)) {
			found = xstrdup(matches.gl_pathv[0]);
			globfree(&matches);
		}
		free(pattern[i]);
	}
	return found;
}

/* The first line of a log with "error" in it, escaped; NULL if there is none. */
static char *first_error(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512], *error = NULL;

	while (f && !error && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcasestr(line, "error"))
			error = text_escape(line);
	}
	if (f)
		fclose(f);
	return error;
}

#define GET_HEADERS	"install them (linux-headers, kernel-devel), then "
#define GET_MODULE	"the package forkfail-dkms, or in the sources: make && make install"

/* There is one thing to do first: without headers nothing can be built. */
static void check_dkms(struct doctor *doctor)
{
	char *log = dkms_log(doctor), *error = log ? first_error(log) : NULL;
	char *build = xasprintf("/lib/modules/%s/build", doctor->release);
	bool dkms = doctor_exists("/var/lib/dkms/forkfail"), headers = doctor_exists(build);

	doctor_find(doctor, "built", BROKEN,
		    xasprintf("there is no module for kernel %s", doctor->release),
		    headers && !log && !dkms ? "install " GET_MODULE : NULL);
	if (error)
		doctor_find(doctor, "dkms", BROKEN, xasprintf("%s: %s", log, error),
			    headers ? "read that file, fix it, then: " DKMS_INSTALL : NULL);
	else if (log)
		doctor_find(doctor, "dkms", NOTICE, xasprintf("%s has no error", log),
			    headers ? "dkms status -m forkfail; " DKMS_INSTALL : NULL);
	else if (dkms)
		doctor_find(doctor, "dkms", NOTICE, xstrdup("DKMS has not built the module for this kernel"),
			    headers ? DKMS_INSTALL : NULL);
	if (!headers)
		doctor_find(doctor, "headers", BROKEN,
			    xasprintf("there are no headers for kernel %s", doctor->release),
			    dkms ? GET_HEADERS DKMS_INSTALL : GET_HEADERS GET_MODULE);
	free(error);
	free(log);
	free(build);
}

/**
 * doctor_find_built() - look for a module that was built for this kernel
 * @doctor: the doctor; its built is set
 */
void doctor_find_built(struct doctor *doctor)
{
	char *text, *line;

	text = proc_read("/lib/modules/%s/modules.dep", doctor->release);
	for (line = text; line && *line && !doctor->built; line = strchr(line, '\n')) {
		line += *line == '\n';
		/* Its own line: "updates/dkms/forkfail.ko.xz: ..." */
		if (strcspn(line, ":\n") > 11 &&
		    memmem(line, strcspn(line, ":\n"), "/forkfail.ko", 12)) {
			line[strcspn(line, ":\n")] = '\0';
			doctor->built = text_escape(line);
		}
	}
	free(text);
}

/**
 * doctor_check_built() - where no module is loaded, is there one, and if not, why
 * @doctor: the doctor
 */
void doctor_check_built(struct doctor *doctor)
{
	if (doctor->loaded)
		return;
	if (doctor->built)
		doctor_find(doctor, "built", FINE, xasprintf("%s for kernel %s", doctor->built,
							     doctor->release), NULL);
	else
		check_dkms(doctor);
}

/**
 * doctor_check_signature() - what does the kernel demand of modules?
 * @doctor: the doctor
 */
void doctor_check_signature(struct doctor *doctor)
{
	char *lockdown = doctor_line("/sys/kernel/security/lockdown");
	bool locked = lockdown && !strstr(lockdown, "[none]");
	bool enforced = doctor_line_begins("/sys/module/module/parameters/sig_enforce", "Y");

	if (doctor_line_begins("/proc/sys/kernel/modules_disabled", "1"))
		doctor_find(doctor, "modules", doctor->loaded ? NOTICE : BROKEN,
			    xstrdup("kernel.modules_disabled is 1: no module can be loaded until the next boot"),
			    "reboot, and load forkfail before it is set");
	if (lockdown && strstr(lockdown, "[confidentiality]"))
		doctor_find(doctor, "lockdown", BROKEN,
			    xstrdup("confidentiality mode, which does not allow kprobes"),
			    "boot with lockdown=integrity");
	else if (!doctor->loaded && (locked || enforced))
		doctor_find(doctor, "signature", NOTICE,
			    xasprintf("%s: the kernel loads only modules with a signature that it trusts",
				      locked ? "lockdown" : "module.sig_enforce"),
			    "mokutil --import /var/lib/dkms/mok.pub, and reboot; see SIGNATURES in forkfail(4)");
	free(lockdown);
}
