// SPDX-License-Identifier: MIT
/* kmod_rig.c - see kmod_rig.h */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kmod_rig.h"

/* ---- TAP ------------------------------------------------------------------ */

static int tests, failures;

void ok(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
	va_end(ap);
	failures += !good;
}

int tap_done(void)
{
	printf("1..%d\n", tests);
	return failures != 0;
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- netlink -------------------------------------------------------------- */

static uint16_t family;
static uint32_t group;

struct msg {
	struct nlmsghdr n;
	struct genlmsghdr g;
	char buf[64];
};

static const struct nlattr *attr_next(const struct nlattr *a, int *left)
{
	int step = (a->nla_len + 3) & ~3;

	*left -= step;
	return (const void *)((const char *)a + step);
}

static bool attr_ok(const struct nlattr *a, int left)
{
	return left >= (int)sizeof(*a) && a->nla_len >= sizeof(*a) &&
	       a->nla_len <= left;
}

static void put(struct msg *m, int type, const void *data, int len)
{
	struct nlattr *a = (void *)((char *)m + ((m->n.nlmsg_len + 3) & ~3));

	a->nla_type = type;
	a->nla_len = sizeof(*a) + len;
	memcpy(a + 1, data, len);
	m->n.nlmsg_len = ((m->n.nlmsg_len + 3) & ~3) + ((a->nla_len + 3) & ~3);
}

static int nl_socket(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (void *)&sa, sizeof(sa)))
		die("netlink socket");
	return fd;
}

static void resolve(void)
{
	struct msg m = {
		.n = { .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
		       .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST },
		.g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
	};
	char buf[8192];
	const struct nlattr *a, *b, *c;
	int fd, left, l2, l3;

	if (family)
		return;
	fd = nl_socket();
	put(&m, CTRL_ATTR_FAMILY_NAME, SIMSLOT_FAMILY_NAME,
	    sizeof(SIMSLOT_FAMILY_NAME));
	if (send(fd, &m, m.n.nlmsg_len, 0) < 0)
		die("ctrl");
	left = recv(fd, buf, sizeof(buf), 0);
	left -= NLMSG_HDRLEN + GENL_HDRLEN;
	a = (void *)(buf + NLMSG_HDRLEN + GENL_HDRLEN);
	for (; attr_ok(a, left); a = attr_next(a, &left)) {
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&family, a + 1, 2);
		if ((a->nla_type & 0x3fff) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		l2 = a->nla_len - 4;
		for (b = a + 1; attr_ok(b, l2); b = attr_next(b, &l2)) {
			l3 = b->nla_len - 4;
			for (c = b + 1; attr_ok(c, l3); c = attr_next(c, &l3))
				if (c->nla_type == CTRL_ATTR_MCAST_GRP_ID)
					memcpy(&group, c + 1, 4);
		}
	}
	close(fd);
	if (!family || !group)
		die("no family simslot");
}

int nl_open(int rcvbuf)
{
	int fd;

	resolve();
	fd = nl_socket();
	if (rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)))
		die("membership");
	return fd;
}

static void parse(const struct nlmsghdr *h, struct note *n)
{
	int left = h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	const struct nlattr *a = (void *)((char *)h + NLMSG_HDRLEN +
					  GENL_HDRLEN);
	int len;

	memset(n, 0, sizeof(*n));
	for (; attr_ok(a, left); a = attr_next(a, &left)) {
		const void *d = a + 1;

		len = a->nla_len - 4;
		switch (a->nla_type) {
		case SIMSLOT_A_SLOT: memcpy(&n->slot, d, 4); break;
		case SIMSLOT_A_EVENT: memcpy(&n->event, d, 4); break;
		case SIMSLOT_A_STATE: memcpy(&n->state, d, 4); break;
		case SIMSLOT_A_REASON: memcpy(&n->reason, d, 4); break;
		case SIMSLOT_A_CAPS: memcpy(&n->caps, d, 4); break;
		case SIMSLOT_A_SW: memcpy(&n->sw, d, 4); break;
		case SIMSLOT_A_SEQ: memcpy(&n->seq, d, 8); break;
		case SIMSLOT_A_EPOCH: memcpy(&n->epoch, d, 8); break;
		case SIMSLOT_A_TIME: memcpy(&n->time, d, 8); break;
		case SIMSLOT_A_SOFT: n->soft = true; break;
		case SIMSLOT_A_ATR: n->atr_len = len; break;
		case SIMSLOT_A_ICCID: snprintf(n->iccid, 32, "%s", (char *)d); break;
		case SIMSLOT_A_DRIVER: snprintf(n->driver, 32, "%s", (char *)d); break;
		}
	}
}

int nl_next(int fd, struct note *n, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[8192];

	if (poll(&p, 1, ms) <= 0)
		return -ETIME;
	if (recv(fd, buf, sizeof(buf), 0) < 0)
		return -errno;
	parse((void *)buf, n);
	return 0;
}

static int request(int slot, int flags, struct note *out, int max)
{
	struct msg m = {
		.n = { .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
		       .nlmsg_flags = NLM_F_REQUEST | flags },
		.g = { .cmd = SIMSLOT_CMD_GET, .version = 1 },
	};
	int fd, got = 0, err = 0;
	bool more = true;
	char buf[32768];
	uint32_t v = slot;

	resolve();
	m.n.nlmsg_type = family;
	fd = nl_socket();
	if (slot >= 0)
		put(&m, SIMSLOT_A_SLOT, &v, 4);
	if (send(fd, &m, m.n.nlmsg_len, 0) < 0)
		die("send");
	while (more) {
		int len = recv(fd, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (void *)buf;

		if (len < 0)
			die("recv");
		for (; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE) {
				more = false;
			} else if (h->nlmsg_type == NLMSG_ERROR) {
				err = *(int *)NLMSG_DATA(h);
				more = false;
			} else {
				if (got < max)
					parse(h, &out[got]);
				got++;
				more = flags & NLM_F_DUMP;
			}
		}
	}
	close(fd);
	return err ? err : got;
}

int nl_get(int slot, struct note *n)
{
	int got = request(slot, 0, n, 1);

	return got < 0 ? got : got == 1 ? 0 : -EPROTO;
}

int nl_dump(struct note *n, int max)
{
	return request(-1, NLM_F_DUMP, n, max);
}

/* ---- the card ------------------------------------------------------------- */

/* Debian's smartcard_list.txt: T=0, shortest (ISO 7816-3 8). */
static const uint8_t ATR[] = { 0x3b, 0x82, 0x00, 0x55, 0x18 };

static void reply(struct rig *r, uint32_t id, int err, const void *data,
		  int len)
{
	struct {
		struct simslot_proxy_hdr h;
		int32_t err;
		uint8_t data[512];
	} __attribute__((packed)) m = {
		.h = { .type = SIMSLOT_P_DONE, .version = SIMSLOT_PROXY_VERSION,
		       .len = 4 + len, .id = id },
		.err = err,
	};

	memcpy(m.data, data, len);
	if (write(r->fd, &m, sizeof(m.h) + 4 + len) < 0)
		printf("# DONE: %s\n", strerror(errno));
}

/* A USIM of which nothing works but MANAGE CHANNEL, SELECT and EF_ICCID. */
static int answer(struct rig *r, const uint8_t *c, int len, uint8_t *out)
{
	int n = 0;
	uint16_t sw = r->sw91 ? r->sw91 : 0x9000;

	if (r->gsm && c[0] != 0xa0) {
		sw = 0x6e00;
	} else if (c[1] == 0x70 && c[2] == 0) {
		out[n++] = 1;
		sw = 0x9000;
	} else if (c[1] == 0xa4 && len >= 7 && c[5] == 0x2f && c[6] == 0xe2) {
		if (r->iccid_len < 0)
			sw = 0x6a82;
		else if (r->gsm)
			sw = 0x9f0f;
	} else if (c[1] == 0xb0) {
		memcpy(out, r->iccid, 10);
		n = 10;
	} else if (c[1] == 0xcb) {	/* 61xx first */
		sw = 0x6103;
	} else if (c[1] == 0xc0) {
		memcpy(out, "abc", 3);
		n = 3;
	}
	out[n++] = sw >> 8;
	out[n++] = sw;
	return n;
}

static void serve(struct rig *r, const struct simslot_proxy_hdr *h,
		  const uint8_t *body)
{
	uint8_t out[64];
	uint32_t word = 0;

	if (h->len >= 4)
		memcpy(&word, body, 4);
	switch (h->type) {
	case SIMSLOT_P_APDU:
		r->apdus++;
		r->last_len = h->len - 4 < 64 ? h->len - 4 : 64;
		memcpy(r->last, body + 4, r->last_len);
		if (!r->hold)
			reply(r, h->id, 0, out,
			      answer(r, body + 4, h->len - 4, out));
		break;
	case SIMSLOT_P_OPEN:
		r->opens++;
		reply(r, h->id, 0, "\x02\x90\x00", 3);
		break;
	case SIMSLOT_P_CLOSE:
		r->closes++;
		reply(r, h->id, 0, "", 0);
		break;
	case SIMSLOT_P_RESET:
		r->resets++;
		reply(r, h->id, r->mute ? -EIO : 0, ATR,
		      r->mute ? 0 : sizeof(ATR));
		break;
	case SIMSLOT_P_POWER:
		r->powers++;
		reply(r, h->id, 0, ATR, word ? sizeof(ATR) : 0);
		break;
	case SIMSLOT_P_IDENTIFY:
		r->identifies++;
		reply(r, h->id, 0, r->iccid, r->iccid_len < 0 ? 0 : 10);
		break;
	case SIMSLOT_P_CANCEL:
		r->cancels++;
		break;
	}
}

static void *play(void *arg)
{
	struct rig *r = arg;
	static __thread uint8_t buf[sizeof(struct simslot_proxy_hdr) + 70000];
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	bool deaf;
	int n;

	while (!r->stop) {
		pthread_mutex_lock(&r->lock);
		deaf = r->deaf;
		pthread_mutex_unlock(&r->lock);
		if (deaf || poll(&p, 1, 20) <= 0) {
			if (deaf)
				usleep(1000);
			continue;
		}
		pthread_mutex_lock(&r->lock);
		if (!r->deaf) {
			n = read(r->fd, buf, sizeof(buf));
			if (n >= (int)sizeof(struct simslot_proxy_hdr))
				serve(r, (void *)buf,
				      buf + sizeof(struct simslot_proxy_hdr));
		}
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

int rig_tell(struct rig *r, int type, const void *body, int len)
{
	struct {
		struct simslot_proxy_hdr h;
		uint8_t body[64];
	} m = { .h = { .type = type, .version = SIMSLOT_PROXY_VERSION,
		       .len = len } };

	memcpy(m.body, body, len);
	return write(r->fd, &m, sizeof(m.h) + len) < 0 ? -errno : 0;
}

struct rig *rig_new(uint32_t caps, const char *name)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct simslot_proxy_create c = { .caps = caps };
	struct {
		struct simslot_proxy_hdr h;
		struct simslot_proxy_create c;
	} echo;

	snprintf(c.name, sizeof(c.name), "%s", name);
	r->fd = open("/dev/simslot-proxy", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		die("/dev/simslot-proxy");
	pthread_mutex_init(&r->lock, NULL);
	if (rig_tell(r, SIMSLOT_P_CREATE, &c, sizeof(c)))
		die("CREATE");
	if (read(r->fd, &echo, sizeof(echo)) != sizeof(echo))
		die("CREATE echo");
	r->index = echo.c.index;
	r->caps = echo.c.caps;
	rig_iccid(r, "8949010000000000012");
	pthread_create(&r->thread, NULL, play, r);
	return r;
}

void rig_free(struct rig *r)
{
	r->stop = true;
	pthread_join(r->thread, NULL);
	close(r->fd);
	free(r);
}

/* TS 102 221 13.2: two digits a byte, the first in the low nibble, F fills. */
static void bcd(uint8_t out[10], const char *digits)
{
	int i;

	memset(out, 0xff, 10);
	for (i = 0; digits[i] && i < 20; i++) {
		int d = digits[i] - '0';

		if (i & 1)
			out[i / 2] = (out[i / 2] & 0x0f) | d << 4;
		else
			out[i / 2] = 0xf0 | d;
	}
}

void rig_iccid(struct rig *r, const char *digits)
{
	pthread_mutex_lock(&r->lock);
	r->iccid_len = digits ? 10 : -1;
	bcd(r->iccid, digits ? digits : "");
	pthread_mutex_unlock(&r->lock);
}

int rig_identity(struct rig *r, const char *digits)
{
	uint8_t ef[10];

	rig_iccid(r, digits);
	bcd(ef, digits ? digits : "");
	return rig_tell(r, SIMSLOT_P_IDENTITY, ef, digits ? 10 : 0);
}

int rig_insert(struct rig *r)
{
	return rig_tell(r, SIMSLOT_P_INSERT, ATR, sizeof(ATR));
}

int rig_remove(struct rig *r)
{
	return rig_tell(r, SIMSLOT_P_REMOVE, "", 0);
}

void rig_set(struct rig *r, bool *flag, bool value)
{
	pthread_mutex_lock(&r->lock);
	*flag = value;
	pthread_mutex_unlock(&r->lock);
}

int rig_get(struct rig *r, const int *counter)
{
	int v;

	pthread_mutex_lock(&r->lock);
	v = *counter;
	pthread_mutex_unlock(&r->lock);
	return v;
}

/* ---- the slot ------------------------------------------------------------- */

int slot_open(int index, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/simslot%d", index);
	fd = open(path, O_RDWR | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

int slot_channel(int fd, uint32_t flags, struct simslot_channel *ch)
{
	struct simslot_channel own;

	if (!ch)
		ch = &own;
	memset(ch, 0, sizeof(*ch));
	ch->flags = flags;
	return ioctl(fd, SIMSLOT_IOC_CHANNEL_OPEN, ch) ? -errno : 0;
}

int slot_apdu(int fd, const void *cmd, int len, void *resp, int max)
{
	int n = write(fd, cmd, len);

	if (n < 0)
		return -errno;
	n = read(fd, resp, max);
	return n < 0 ? -errno : n;
}

int slot_sysfs(int index, const char *attr, char *buf, int max)
{
	char path[128];
	int fd, n;

	snprintf(path, sizeof(path), "/sys/class/simslot/simslot%d/%s", index,
		 attr);
	fd = open(path, O_RDONLY);
	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, buf, max - 1);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int slot_write_sysfs(int index, const char *attr, const char *value)
{
	char path[128];
	int fd, n;

	snprintf(path, sizeof(path), "/sys/class/simslot/simslot%d/%s", index,
		 attr);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}
