# SPDX-License-Identifier: GPL-2.0-only
#
# make help lists what can be made.
#
# The kernel's build system does not read this file: it finds Kbuild first.
#
#   KDIR=DIR      build directory of the kernel to build for
#                 (default: /lib/modules/$(KVER)/build)
#   KVER=RELEASE  the kernel to build for (default: that of KDIR, else the
#                 running one)
#   DESTDIR=DIR   install below DIR instead of /, and run no depmod
#   PREFIX=DIR    for the reader, manual pages and headers (default: /usr/local)
#   KEY=FILE      the private key for make sign (default: DKMS's key)
#   CERT=FILE     its certificate
#   KERNELS=LIST  for make kmod-packages: releases whose headers are installed
#   KERNEL=NAME   for make soak, as for tests/vm/run -k (default: 6.1)
#   SECONDS=N     for make soak (default: 600)
#   V=1           show the commands of the kernel's build system

SHELL := /bin/bash

# The reader, the agent and the manual page are built in one directory, each by its own parallel
# make.  Two of these at the same time would write the same objects.
.NOTPARALLEL:

ifdef KDIR
KDIR_GIVEN := yes
# What `uname -r` prints on that kernel; Debian's kernel.release has something else.
KVER	?= $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"$$/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
else
KVER	?= $(shell uname -r)
KDIR	:= /lib/modules/$(KVER)/build
endif

VERSION		:= $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
PREFIX		?= /usr/local
SBINDIR		?= $(PREFIX)/sbin
MANDIR		?= $(PREFIX)/share/man
INCLUDEDIR	?= $(PREFIX)/include
COMPLETIONDIR	?= $(PREFIX)/share/bash-completion/completions
MODDIR		:= $(DESTDIR)/lib/modules/$(KVER)/updates
READER		:= userspace/build/forkfail
MAN		:= $(wildcard man/forkfail.[458] man/forkfail-incidents.7) userspace/build/forkfail-causes.7
AGENT		:= userspace/build/forkfail-agent
UNITDIR		?= /lib/systemd/system
CATALOGDIR	?= /usr/lib/systemd/catalog
COMPLETION	:= $(wildcard contrib/forkfail.bash)

# For make soak.
KERNEL		?= 6.1
SECONDS		?= 600

# The same hash and key that DKMS signs with: its own, or what its configuration names.
dkms_conf	= $(shell kernelver=$(KVER); \
	for f in /etc/dkms/framework.conf /etc/dkms/framework.conf.d/*.conf; do [ ! -r "$$f" ] || . "$$f"; done; \
	echo "$${$(1)}")
KEY		?= $(or $(call dkms_conf,mok_signing_key),/var/lib/dkms/mok.key)
CERT		?= $(or $(call dkms_conf,mok_certificate),/var/lib/dkms/mok.pub)
SIGN_FILE	= $(KDIR)/scripts/sign-file
SIGN_HASH	= $(or $(shell sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"$$/\1/p' $(KDIR)/.config),sha256)

DKMS		?= dkms
# Where DKMS looks for sources; make dkms-install puts only what the module needs there.
DKMS_SRC	:= $(DESTDIR)/usr/src/forkfail-$(VERSION)

KBUILD = $(MAKE) --no-print-directory -C $(KDIR) M=$(CURDIR)
# What modules_install cannot do with headers alone: run depmod without a System.map
# (this file does that), and sign without the kernel's own key.
KBUILD_NO = cmd_depmod=: quiet_cmd_depmod= \
	$(if $(wildcard $(KDIR)/certs/signing_key.pem),,CONFIG_MODULE_SIG_ALL=)

.DEFAULT_GOAL := all

##@ Build

all: module reader ## the module and the reader

module: need-headers ## forkfail.ko for the running kernel, or for KDIR= or KVER=
	+$(KBUILD) modules

reader: need-smartcols ## the command forkfail, in userspace/build
	+$(MAKE) --no-print-directory -C userspace VERSION=$(VERSION)

agent: need-microhttpd ## the resident agent, forkfail-agent, in userspace/build
	+$(MAKE) --no-print-directory -C userspace agent VERSION=$(VERSION)

man-causes: # the manual page that is made from the table of causes
	+$(MAKE) --no-print-directory -C userspace man VERSION=$(VERSION)

reader-static: ## one static binary for a rescue disk, in userspace/build
	+$(MAKE) --no-print-directory -C userspace static VERSION=$(VERSION)

clean: ## remove everything that was built
	@# Kbuild's own clean needs headers; what it leaves has fixed names.
	rm -f forkfail.ko forkfail.mod forkfail.mod.c forkfail.o forkfail.mod.o
	rm -f Module.symvers modules.order .*.cmd .module-common.o
	find module \( -name '*.o' -o -name '.*.cmd' \) -delete
	rm -rf .tmp_versions build
	+$(MAKE) --no-print-directory -C userspace clean
	+$(MAKE) --no-print-directory -C tests/guest/provoke clean

sign: forkfail.ko need-key ## sign forkfail.ko for Secure Boot, with KEY= and CERT=
	$(SIGN_FILE) $(SIGN_HASH) $(KEY) $(CERT) forkfail.ko

forkfail.ko:
	+$(MAKE) --no-print-directory module

##@ Install

install: install-module install-reader install-man ## the module, the reader and the manual pages
	@echo
	@echo "Load it now:      modprobe forkfail"
	@echo "Load it at boot:  echo forkfail >/etc/modules-load.d/forkfail.conf"
	@echo "Read it:          forkfail, or in a shell that cannot fork:"
	@echo '                  disown -a   # in bash'
	@echo '                  while IFS= read -r l; do printf "%s\n" "$$l"; done </proc/forkfail'

install-module: module need-compressor ## forkfail.ko into /lib/modules/RELEASE/updates
	+$(KBUILD) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates $(KBUILD_NO) modules_install
	$(if $(DESTDIR),,depmod $(KVER))

install-reader: reader ## the command forkfail, its completion and a unit for its self-test
	install -D -m 755 $(READER) $(DESTDIR)$(SBINDIR)/forkfail
	install -d $(DESTDIR)$(UNITDIR)
	sed 's,/usr/sbin/,$(SBINDIR)/,' contrib/forkfail-selftest.service \
		>$(DESTDIR)$(UNITDIR)/forkfail-selftest.service
	chmod 644 $(DESTDIR)$(UNITDIR)/forkfail-selftest.service
	$(if $(COMPLETION),install -D -m 644 $(COMPLETION) $(DESTDIR)$(COMPLETIONDIR)/forkfail)

install-man: man-causes ## the manual pages
	@set -e; for m in $(MAN); do \
		echo "install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}"; \
		install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; \
	done

install-agent: agent ## the agent, its units, its message catalogue and its manual page
	install -D -m 755 $(AGENT) $(DESTDIR)$(SBINDIR)/forkfail-agent
	install -d $(DESTDIR)$(UNITDIR)
	sed 's,/usr/sbin/,$(SBINDIR)/,' contrib/agent/forkfail-agent.service \
		>$(DESTDIR)$(UNITDIR)/forkfail-agent.service
	chmod 644 $(DESTDIR)$(UNITDIR)/forkfail-agent.service
	install -D -m 644 contrib/agent/forkfail-agent.socket $(DESTDIR)$(UNITDIR)/forkfail-agent.socket
	install -D -m 644 contrib/agent/forkfail.catalog $(DESTDIR)$(CATALOGDIR)/forkfail.catalog
	[ -e $(DESTDIR)/etc/default/forkfail-agent ] || \
		install -D -m 644 contrib/agent/forkfail-agent.default $(DESTDIR)/etc/default/forkfail-agent
	install -D -m 644 man/forkfail-agent.8 $(DESTDIR)$(MANDIR)/man8/forkfail-agent.8
	install -d $(DESTDIR)$(PREFIX)/share/forkfail-agent
	install -m 644 contrib/fleet/* contrib/node-problem-detector.json $(DESTDIR)$(PREFIX)/share/forkfail-agent/

install-headers: ## the headers that define the text format, for other readers
	install -D -m 644 uapi/forkfail.h $(DESTDIR)$(INCLUDEDIR)/forkfail/forkfail.h
	install -D -m 644 uapi/causes.def $(DESTDIR)$(INCLUDEDIR)/forkfail/causes.def
	install -D -m 644 uapi/advice.h $(DESTDIR)$(INCLUDEDIR)/forkfail/advice.h
	install -D -m 644 uapi/template.h $(DESTDIR)$(INCLUDEDIR)/forkfail/template.h
	install -D -m 644 uapi/advice.def $(DESTDIR)$(INCLUDEDIR)/forkfail/advice.def

uninstall: ## remove what the install targets installed
	@$(if $(KVER),,echo "which kernel? give KVER=RELEASE or KDIR=DIR" >&2; exit 1)
	rm -f $(MODDIR)/forkfail.ko $(MODDIR)/forkfail.ko.*
	$(if $(DESTDIR),,[ ! -d /lib/modules/$(KVER) ] || depmod $(KVER))
	rm -f $(DESTDIR)$(SBINDIR)/forkfail $(DESTDIR)$(COMPLETIONDIR)/forkfail
	rm -f $(foreach s,4 5 8,$(DESTDIR)$(MANDIR)/man$(s)/forkfail.$(s))
	rm -f $(foreach p,causes incidents,$(DESTDIR)$(MANDIR)/man7/forkfail-$(p).7)
	rm -f $(DESTDIR)$(SBINDIR)/forkfail-agent $(DESTDIR)$(MANDIR)/man8/forkfail-agent.8
	rm -f $(DESTDIR)$(UNITDIR)/forkfail-{agent.service,agent.socket,selftest.service} \
		$(DESTDIR)$(CATALOGDIR)/forkfail.catalog
	rm -f $(DESTDIR)$(INCLUDEDIR)/forkfail/{forkfail.h,causes.def,advice.h,template.h,advice.def}
	rm -rf $(DESTDIR)$(PREFIX)/share/forkfail-agent
	[ ! -d $(DESTDIR)$(INCLUDEDIR)/forkfail ] || rmdir $(DESTDIR)$(INCLUDEDIR)/forkfail

dkms-install: dkms-source ## install with DKMS, which rebuilds the module for every new kernel
	@command -v $(DKMS) >/dev/null || { \
		echo "dkms is not installed: apt-get install dkms" >&2; exit 1; }
	@# Replace this version if it is there already.
	[ ! -d /var/lib/dkms/forkfail/$(VERSION) ] || $(DKMS) remove -m forkfail -v $(VERSION) --all
	$(DKMS) add -m forkfail -v $(VERSION)
	$(DKMS) install -m forkfail -v $(VERSION) -k $(KVER) $(if $(KDIR_GIVEN),--kernelsourcedir $(KDIR))

dkms-source: # the sources in /usr/src, not registered
	install -d $(DKMS_SRC)/uapi
	install -m 644 dkms.conf Kbuild COPYING $(DKMS_SRC)/
	@for f in module/*.[ch] module/*/*.[ch]; do install -D -m 644 $$f $(DKMS_SRC)/$$f; done
	install -m 644 uapi/*.h uapi/*.def $(DKMS_SRC)/uapi/

dkms-remove: ## remove the module, for every kernel, and its sources from DKMS
	-$(DKMS) remove -m forkfail -v $(VERSION) --all
	rm -rf $(DKMS_SRC)

deb: ## Debian packages, in build/deb
	@debian/build-deb build/deb

rpm: ## RPM packages, in build/rpm
	@rpm/build-rpm build/rpm

kmod-packages: ## built modules as deb and rpm, for the kernels of KERNELS=, in build/kmod
	@KEY=$(if $(filter file,$(origin KEY)),,$(KEY)) CERT=$(if $(filter file,$(origin CERT)),,$(CERT)) \
		kmod/build-packages build/kmod $(KERNELS)

##@ Try and test

demo: ## boot a kernel in a VM, run into a limit there, read why; loads nothing here
	@demo/run

check: ## all tests, on every kernel; with FAST=1 the quick ones, on one (three minutes)
	@tests/check $(if $(filter-out 0,$(FAST)),--fast)

check-all: ## all tests, on every kernel, in their long forms
	@tests/check --long

results: ## write the results of the last make check into docs/RESULTS.md
	@tests/results

bench: ## print a table of costs on every kernel; see PERFORMANCE.md
	@tests/guest/bench/run -k all

check-debug: ## the tests on kernels with KASAN, lockdep, kmemleak or KCSAN (an hour or two)
	@tests/check --debug

debug-kernel: ## build the kernels for check-debug from Debian's sources (5 to 30 minutes each)
	@tests/vm/run --prepare -k "$$(tests/vm/run -l debug | paste -sd,)"

soak: ## stress-ng and trinity for 10 minutes, or SECONDS=, on 6.1, or KERNEL=
	@tests/guest/soak/run -k $(KERNEL) -s $(SECONDS)

check-install: ## the packages on whole Debian systems of every release (half an hour or more)
	@tests/system/install/check

check-fleet: ## the agent, and a fleet of thousands of hosts with the real Prometheus (half an hour)
	@tests/check --long agent fleet agent-vm agent-cost incident

check-style: ## only the style checks
	@tests/host/style/run

unit: ## unit tests, on this machine
	@tests/host/unit/run

fuzz: ## five minutes of fuzzing, on this machine
	@tests/host/fuzz/run 300

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@sed -n 's/^#   \([A-Z]\)/  \1/p; s/^#     \( *[a-z(]\)/    \1/p' Makefile

# ---- what is missing, reported before the compiler fails ---------------------

need-headers:
	@[ -e $(KDIR)/Makefile ] || { \
		echo "No kernel headers in $(KDIR)." >&2; \
		echo "On Debian: apt-get install linux-headers-$(or $(KVER),RELEASE)" >&2; \
		echo "For another kernel: make KVER=RELEASE, or KDIR=its build directory" >&2; \
		exit 1; }

need-key:
	@[ -x $(SIGN_FILE) ] || { echo "No $(SIGN_FILE): it comes with the kernel's headers." >&2; exit 1; }
	@[ -r $(KEY) ] && [ -r $(CERT) ] || { \
		echo "No key in $(KEY) or no certificate in $(CERT): give KEY=FILE CERT=FILE." >&2; \
		echo "To make them: openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 \\" >&2; \
		echo "  -subj /CN=forkfail/ -outform DER -keyout mok.key -out mok.pub" >&2; \
		exit 1; }

# modules_install compresses the module in the same way as the kernel's own.
need-compressor:
	@for c in XZ:xz:xz-utils ZSTD:zstd:zstd GZIP:gzip:gzip; do \
		IFS=: read -r config command package <<<"$$c"; \
		! grep -qs "^CONFIG_MODULE_COMPRESS_$$config=y" $(KDIR)/.config || \
		command -v $$command >/dev/null || { \
			echo "This kernel's modules are compressed with $$command." >&2; \
			echo "On Debian: apt-get install $$package" >&2; \
			exit 1; }; \
	done

need-smartcols:
	@echo '#include <libsmartcols/libsmartcols.h>' | \
		$(CC) $$(pkg-config --cflags smartcols 2>/dev/null) -E - >/dev/null 2>&1 || { \
		echo "The reader needs a C compiler and libsmartcols." >&2; \
		echo "On Debian: apt-get install gcc libc6-dev libsmartcols-dev" >&2; \
		echo "Without the reader: make module, make install-module" >&2; \
		exit 1; }

need-microhttpd:
	@printf '#include <%s>\n' microhttpd.h gnutls/gnutls.h | \
		$(CC) $$(pkg-config --cflags libmicrohttpd gnutls 2>/dev/null) -E - >/dev/null 2>&1 || { \
		echo "The agent needs a C compiler, libmicrohttpd and GnuTLS." >&2; \
		echo "On Debian: apt-get install gcc libc6-dev libmicrohttpd-dev libgnutls28-dev" >&2; \
		exit 1; }

.PHONY: all module reader agent install-agent need-microhttpd man-causes clean install install-module install-reader install-man \
	install-headers uninstall dkms-install dkms-source dkms-remove deb rpm kmod-packages demo check \
	check-all check-install check-fleet results soak bench check-debug debug-kernel check-style unit fuzz help \
	need-headers need-key need-compressor \
	need-smartcols
