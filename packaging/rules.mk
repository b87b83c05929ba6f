# SPDX-License-Identifier: MIT
# make install DESTDIR= PREFIX=/usr [SYSTEMD=no] [OPENRC=yes]

SYSCONFDIR ?= /etc
UDEVDIR    ?= /usr/lib/udev
UNITDIR    ?= /usr/lib/systemd/system
USERUNITDIR ?= /usr/lib/systemd/user
SYSTEMD    ?= yes
OPENRC     ?= no
# Without common-auth the stack is spelled out.
PAMFILE    ?= $(if $(wildcard /etc/pam.d/common-auth),simsync,simsync.pam_unix)
INSTALL    ?= install

# Tools of the module, which need nothing of the helper.
SLOT_TOOLS := $(B)/simslot-attach $(B)/simslot-vpcd

## tools        simslot-attach (readers on a tty), simslot-vpcd (software cards)
.PHONY: tools
tools: $(SLOT_TOOLS)

$(B)/simslot-%: helper/bridge/%.c kmod/uapi/linux/simslot.h
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(HARDEN) -Ikmod/uapi -pie -o $@ $<

MAN := $(wildcard docs/man/*.[1-8])

## install      the helper, its units, udev rule, PAM service and man pages
.PHONY: install install-systemd install-openrc
install: helper tools $(if $(filter yes,$(SYSTEMD)),install-systemd) $(if $(filter yes,$(OPENRC)),install-openrc)
	$(INSTALL) -D -m 0755 $(B)/simsync $(DESTDIR)$(PREFIX)/bin/simsync
	$(INSTALL) -D -m 0755 $(B)/simslot-attach $(DESTDIR)$(PREFIX)/bin/simslot-attach
	$(INSTALL) -D -m 0755 $(B)/simslot-vpcd $(DESTDIR)$(PREFIX)/bin/simslot-vpcd
	$(INSTALL) -D -m 0755 udev/simsync-launch $(DESTDIR)$(UDEVDIR)/simsync-launch
	$(INSTALL) -D -m 0644 udev/60-simslot.rules $(DESTDIR)$(UDEVDIR)/rules.d/60-simslot.rules
	$(INSTALL) -D -m 0644 packaging/pam.d/$(PAMFILE) $(DESTDIR)$(SYSCONFDIR)/pam.d/simsync
	test -e $(DESTDIR)$(SYSCONFDIR)/simsync/simsync.conf || \
		$(INSTALL) -D -m 0644 packaging/simsync.conf $(DESTDIR)$(SYSCONFDIR)/simsync/simsync.conf
	$(INSTALL) -d -m 0755 $(DESTDIR)/var/lib/simsync
	for m in $(MAN); do \
		$(INSTALL) -D -m 0644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; \
	done

install-systemd:
	for u in simsync-broker.socket simsync-broker.service simsync.service simsync.path \
		simsync-monitor.service \
		simslot-attach@.service; do \
		$(INSTALL) -D -m 0644 packaging/systemd/$$u $(DESTDIR)$(UNITDIR)/$$u || exit 1; \
	done
	$(INSTALL) -D -m 0644 packaging/systemd/user/simsync-folder.service $(DESTDIR)$(USERUNITDIR)/simsync-folder.service
	# On by themselves: a SIM that is put in is synced without a set-up step.
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)/sockets.target.wants $(DESTDIR)$(UNITDIR)/paths.target.wants
	ln -sf ../simsync-broker.socket $(DESTDIR)$(UNITDIR)/sockets.target.wants/simsync-broker.socket
	ln -sf ../simsync.path $(DESTDIR)$(UNITDIR)/paths.target.wants/simsync.path
	$(INSTALL) -D -m 0644 packaging/systemd/sysusers.conf $(DESTDIR)/usr/lib/sysusers.d/simsync.conf
	$(INSTALL) -D -m 0644 packaging/systemd/tmpfiles.conf $(DESTDIR)/usr/lib/tmpfiles.d/simsync.conf

install-openrc:
	$(INSTALL) -D -m 0755 packaging/openrc/simsync $(DESTDIR)$(SYSCONFDIR)/init.d/simsync
	$(INSTALL) -D -m 0755 packaging/openrc/simsync-monitor $(DESTDIR)$(SYSCONFDIR)/init.d/simsync-monitor

# A software card as a slot without a wire, for tests/board/t_broker.sh.
$(B)/board/proxycard: tests/board/proxycard.c $(CARD_SRC)
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(INC) -o $@ $^ -lm
