// SPDX-License-Identifier: MIT
/*
 * attach.c - simslot-attach: a Phoenix or Smartmouse reader on a tty is a slot
 *
 * A line discipline lives as long as its tty is open: this program opens it,
 * says how the reader is built, and stays until it is told to end or the tty
 * goes away.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sysexits.h>
#include <unistd.h>

/* N_DEVELOPMENT of linux/tty.h since 5.18: the one for modules out of the tree. */
#define LDISC 29

#define SLOT_PATH 256

static const char usage[] =
	"Usage: simslot-attach [OPTIONS] TTY\n"
	"Make the card reader on TTY a SIM slot until this program ends.\n"
	"  --smartmouse         a Smartmouse reader (as --reset-line=-rts)\n"
	"  --reset-line LINE    output wired to RST: rts, dtr or none; -rts or -dtr\n"
	"                       where asserting it ends the reset (default rts)\n"
	"  --detect-line LINE   input of the card switch: cts, dsr, dcd, ri or none;\n"
	"                       with - before it where deasserted means present\n"
	"  --clock HZ           the reader's oscillator (3571200)\n"
	"  --supply MILLIVOLT   1800, 3000 or 5000 (5000)\n"
	"  --no-pps             stay at the speed of the answer to reset\n";

/* An attribute of /sys/class/simslot/simslotN/reader and what it shall be. */
struct setting {
	const char *name;
	const char *value;
};

enum { RESET, DETECT, CLOCK, SUPPLY, PPS, SETTINGS };

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "simslot-attach: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* The folder of the slot that the tty's device has become the parent of. */
static int find_slot(int tty, char *path, size_t size)
{
	static const char *const where[] = {
		"/sys/dev/char/%u:%u/simslot/simslot*",
		"/sys/dev/char/%u:%u/simslot[0-9]*",
	};
	char pattern[96];
	struct stat st;
	size_t i;
	glob_t g;
	int n;

	if (fstat(tty, &st))
		return -1;
	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		snprintf(pattern, sizeof(pattern), where[i], major(st.st_rdev),
			 minor(st.st_rdev));
		if (glob(pattern, 0, NULL, &g))
			continue;
		n = snprintf(path, size, "%s", g.gl_pathv[0]);
		globfree(&g);
		return n > 0 && (size_t)n < size ? 0 : -1;
	}
	errno = ENOENT;
	return -1;
}

static int set(const char *slot, const struct setting *s)
{
	char path[SLOT_PATH + 32];
	ssize_t n;
	int fd;

	if (!s->value)
		return 0;
	snprintf(path, sizeof(path), "%s/reader/%s", slot, s->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, s->value, strlen(s->value));
	if (n < 0)
		say("%s cannot be '%s': %s", s->name, s->value,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Anybody's discipline may have the number: is it ours that has it? */
static bool ours(void)
{
	FILE *f = fopen("/proc/tty/ldiscs", "re");
	char line[64], name[32];
	bool found = false;
	int n;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %d", name, &n) == 2 && n == LDISC)
			found = !strcmp(name, "simslot");
	if (f)
		fclose(f);
	return found;
}

static int attach(const char *path)
{
	int ldisc = LDISC, now, fd;

	if (!ours()) {
		say("line discipline %d is not simslot's: load module simslot-tty",
		    LDISC);
		return -1;
	}

	/* Without a carrier open() would wait for one. */
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		say("%s: %s", path, strerror(errno));
		return -1;
	}
	if (!isatty(fd)) {
		say("%s is not a tty", path);
	} else if (!ioctl(fd, TIOCGETD, &now) && now == LDISC) {
		say("%s is a slot already", path);
	} else if (ioctl(fd, TIOCEXCL) || ioctl(fd, TIOCSETD, &ldisc)) {
		say("%s: %s", path, strerror(errno));
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

/* Until a signal or the tty's end. Return: exit code. */
static int stay(int tty, const char *path)
{
	struct pollfd p[2] = { { .fd = tty }, { .events = POLLIN } };
	sigset_t set;
	int code = EX_OK;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (p[1].fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL)) {
		say("signals: %s", strerror(errno));
		return EX_OSERR;
	}
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (p[0].revents) {
		say("%s has gone", path);
		code = EX_IOERR;
	}
	close(p[1].fd);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "reset-line", required_argument, NULL, RESET },
		{ "detect-line", required_argument, NULL, DETECT },
		{ "clock", required_argument, NULL, CLOCK },
		{ "supply", required_argument, NULL, SUPPLY },
		{ "no-pps", no_argument, NULL, PPS },
		{ "smartmouse", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	/* Card detect last: with it the slot begins to look. */
	static const int order[] = { CLOCK, SUPPLY, PPS, RESET, DETECT };
	struct setting settings[SETTINGS] = {
		[RESET] = { "reset_line", NULL },
		[DETECT] = { "detect_line", NULL },
		[CLOCK] = { "clock", NULL },
		[SUPPLY] = { "supply", NULL },
		[PPS] = { "pps", NULL },
	};
	int c, tty, code = EX_OK, ldisc = 0;
	char slot[SLOT_PATH];
	size_t i;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
		if (c == 's')
			settings[RESET].value = "-rts";
		else if (c >= 0 && c < SETTINGS)
			settings[c].value = c == PPS ? "0" : optarg;
		else
			return fputs(usage, stderr), EX_USAGE;
	}
	if (optind + 1 != argc)
		return fputs(usage, stderr), EX_USAGE;

	tty = attach(argv[optind]);
	if (tty < 0)
		return EX_NOINPUT;
	if (find_slot(tty, slot, sizeof(slot))) {
		say("%s: no slot came of it: %s", argv[optind],
		    strerror(errno));
		code = EX_UNAVAILABLE;
	}
	for (i = 0; code == EX_OK && i < SETTINGS; i++)
		if (set(slot, &settings[order[i]]))
			code = EX_DATAERR;
	if (code == EX_OK) {
		printf("%s\n", strrchr(slot, '/') + 1);
		fflush(stdout);
		code = stay(tty, argv[optind]);
	}
	ioctl(tty, TIOCSETD, &ldisc);
	close(tty);
	return code;
}
