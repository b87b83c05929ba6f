/* SPDX-License-Identifier: MIT */
/*
 * servers.h - real servers for one test program: Radicale and Apache mod_dav on
 * loopback in a temporary folder, and a faulty one in front of them
 */
#ifndef TESTS_SERVERS_H
#define TESTS_SERVERS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct servers {
	char dir[64];
	int radicale_port, apache_port;
	pid_t radicale, apache;
};

static inline int free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, n) ||
	    getsockname(fd, (struct sockaddr *)&a, &n))
		abort();
	close(fd);
	return ntohs(a.sin_port);
}

static inline int dial(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline bool comes_up(int port)
{
	int i, fd;

	for (i = 0; i < 600; i++, usleep(100000)) {
		fd = dial(port);
		if (fd >= 0) {
			close(fd);
			return true;
		}
	}
	return false;
}

static inline pid_t spawn(const char *log, char *const argv[])
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	execvp(argv[0], argv);
	_exit(127);
}

static inline void put_file(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static inline bool radicale_start(struct servers *s)
{
	char conf[128], log[128], text[1024];
	char *argv[] = { (char *)"radicale", (char *)"-C", conf, NULL };

	snprintf(text, sizeof(text),
		 "[server]\nhosts = 127.0.0.1:%d\nmax_connections = 40\n"
		 "[auth]\ntype = htpasswd\nhtpasswd_filename = %s/users\n"
		 "htpasswd_encryption = plain\ndelay = 0\n"
		 "[storage]\nfilesystem_folder = %s/radicale\n"
		 "[logging]\nlevel = warning\n",
		 s->radicale_port, s->dir, s->dir);
	put_file(s->dir, "radicale.conf", text);
	put_file(s->dir, "users", "anna:secret\n");
	snprintf(conf, sizeof(conf), "%s/radicale.conf", s->dir);
	snprintf(log, sizeof(log), "%s/radicale.log", s->dir);
	s->radicale = spawn(log, argv);
	return comes_up(s->radicale_port);
}

static inline bool apache_start(struct servers *s)
{
	char conf[128], log[128], text[3000], cmd[400];
	char *argv[] = { (char *)"apache2", (char *)"-X", (char *)"-f", conf,
			 NULL };

	snprintf(cmd, sizeof(cmd),
		 "mkdir -p %s/dav && chmod 777 %s %s/dav && printf 'anna:%%s\\n' \"$(openssl passwd -apr1 secret)\" > %s/htpasswd",
		 s->dir, s->dir, s->dir, s->dir);
	if (system(cmd))
		return false;
	snprintf(text, sizeof(text),
		 "ServerRoot /usr/lib/apache2\nServerName localhost\n"
		 "Listen 127.0.0.1:%d\nPidFile %s/apache.pid\nErrorLog %s/apache.log\n"
		 "LoadModule mpm_event_module modules/mod_mpm_event.so\n"
		 "LoadModule authn_core_module modules/mod_authn_core.so\n"
		 "LoadModule authn_file_module modules/mod_authn_file.so\n"
		 "LoadModule auth_basic_module modules/mod_auth_basic.so\n"
		 "LoadModule authz_core_module modules/mod_authz_core.so\n"
		 "LoadModule authz_user_module modules/mod_authz_user.so\n"
		 "LoadModule dav_module modules/mod_dav.so\n"
		 "LoadModule dav_fs_module modules/mod_dav_fs.so\n"
		 "User nobody\nGroup nogroup\n"
		 "DocumentRoot %s/dav\nDavLockDB %s/lock\n"
		 "<Directory %s/dav>\nDav On\nAuthType Basic\nAuthName x\n"
		 "AuthUserFile %s/htpasswd\nRequire valid-user\n</Directory>\n",
		 s->apache_port, s->dir, s->dir, s->dir, s->dir, s->dir,
		 s->dir);
	put_file(s->dir, "apache.conf", text);
	snprintf(conf, sizeof(conf), "%s/apache.conf", s->dir);
	snprintf(log, sizeof(log), "%s/apache.out", s->dir);
	s->apache = spawn(log, argv);
	return comes_up(s->apache_port);
}

static inline void server_stop(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGTERM);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static inline bool servers_start(struct servers *s)
{
	signal(SIGPIPE, SIG_IGN);
	/* In memory where there is room: Radicale waits for the disk each time. */
	snprintf(s->dir, sizeof(s->dir), "%s/simsync-servers.XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(s->dir))
		return false;
	s->radicale_port = free_port();
	s->apache_port = free_port();
	return radicale_start(s) && apache_start(s);
}

static inline void servers_stop(struct servers *s)
{
	char cmd[100];

	server_stop(&s->radicale);
	server_stop(&s->apache);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", s->dir);
	if (system(cmd))
		fprintf(stderr, "%s stays\n", s->dir);
}

/*
 * The faulty one: passes bytes on to @to, counts them, and breaks in the way it
 * is told. With @canned it answers that itself, whatever it is asked; with @script one
 * after the other, and after a NULL the last one again; with @drip_ms it takes its
 * time, @drip_bytes now and then, for @drip_s seconds at most.
 */
enum fault { FAULT_NONE, FAULT_CUT_UP, FAULT_CUT_DOWN };

struct faulty {
	int port, to, fd;
	pthread_t thread;
	volatile enum fault fault;
	volatile long cut_after;	/* bytes upstream before the cut */
	const char *volatile canned;
	const char *const *script;
	size_t canned_len;	/* 0: it is text */
	int drip_ms, drip_bytes, drip_s;
	volatile long requests;
	volatile bool quit;
	int links;		/* threads that use this */
};

struct faulty_link {
	struct faulty *f;
	int fd;
};

/* The answer as it is to come; after @drip_s seconds what is left, at once. */
static inline bool faulty_say(const struct faulty *f, int fd)
{
	const char *p = f->canned;
	size_t left = f->canned_len ? f->canned_len : strlen(p);
	long waits = f->drip_ms ? 1000L * f->drip_s / f->drip_ms : 0;

	while (left) {
		size_t n = waits-- > 0 && (size_t)f->drip_bytes < left ?
				   (size_t)f->drip_bytes : left;
		ssize_t done = f->quit ? -1 : write(fd, p, n);

		if (done < 0)
			return false;
		p += done;
		left -= (size_t)done;
		if (left)
			usleep((useconds_t)f->drip_ms * 1000);
	}
	return true;
}

static inline void *faulty_serve(void *arg)
{
	struct faulty_link *l = arg;
	struct faulty *f = l->f;
	int up = f->canned ? -1 : dial(f->to);
	long sent = 0;
	char b[65536];

	while (!f->quit) {
		struct pollfd p[2] = { { .fd = l->fd, .events = POLLIN },
				       { .fd = up, .events = POLLIN } };
		ssize_t n;

		if (poll(p, up < 0 ? 1 : 2, 200) <= 0)
			continue;
		if (p[0].revents) {
			n = read(l->fd, b, sizeof(b));
			if (n <= 0)
				break;
			if (f->canned) {
				if (f->script && f->script[f->requests])
					f->canned = f->script[f->requests];
				f->requests++;
				/* Whole of a small request came at once. */
				if (!faulty_say(f, l->fd))
					break;
				shutdown(l->fd, SHUT_WR);
				/* Closing on what was not read would reset. */
				while (poll(p, 1, 2000) > 0 &&
				       read(l->fd, b, sizeof(b)) > 0)
					;
				break;
			}
			if (f->fault == FAULT_CUT_UP && sent + n > f->cut_after) {
				n = f->cut_after - sent;
				if (n > 0 && write(up, b, (size_t)n) < 0)
					break;
				f->fault = FAULT_NONE;
				break;
			}
			sent += n;
			if (write(up, b, (size_t)n) < 0)
				break;
		}
		if (up >= 0 && p[1].revents) {
			n = read(up, b, sizeof(b));
			if (n <= 0)
				break;
			if (f->fault == FAULT_CUT_DOWN) {
				f->fault = FAULT_NONE;
				break;
			}
			if (write(l->fd, b, (size_t)n) < 0)
				break;
		}
	}
	if (up >= 0)
		close(up);
	close(l->fd);
	free(l);
	__atomic_sub_fetch(&f->links, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static inline void *faulty_listen(void *arg)
{
	struct faulty *f = arg;

	while (!f->quit) {
		struct pollfd p = { .fd = f->fd, .events = POLLIN };
		struct faulty_link *l;
		pthread_t t;

		if (poll(&p, 1, 100) <= 0)
			continue;
		l = malloc(sizeof(*l));
		l->f = f;
		l->fd = accept(f->fd, NULL, NULL);
		__atomic_add_fetch(&f->links, 1, __ATOMIC_SEQ_CST);
		pthread_create(&t, NULL, faulty_serve, l);
		pthread_detach(t);
	}
	return NULL;
}

static inline void faulty_start(struct faulty *f, int to)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);

	memset(f, 0, sizeof(*f));
	f->to = to;
	f->fd = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(f->fd, (struct sockaddr *)&a, n) || listen(f->fd, 64) ||
	    getsockname(f->fd, (struct sockaddr *)&a, &n))
		abort();
	f->port = ntohs(a.sin_port);
	pthread_create(&f->thread, NULL, faulty_listen, f);
}

static inline void faulty_stop(struct faulty *f)
{
	f->quit = true;
	pthread_join(f->thread, NULL);
	close(f->fd);
	while (__atomic_load_n(&f->links, __ATOMIC_SEQ_CST))
		usleep(10000);
}

#endif
