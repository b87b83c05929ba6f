// SPDX-License-Identifier: MIT
/*
 * desktop.c - Desktop Notifications Specification 1.2, over sd-bus. The library
 * is loaded when there is something to say: it would cost every start else.
 */
#include "cmd/notify.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<systemd/sd-bus.h>)
#include <systemd/sd-bus.h>
#define HAVE_BUS 1
#elif __has_include(<elogind/sd-bus.h>)
#include <elogind/sd-bus.h>
#define HAVE_BUS 1
#elif __has_include(<basu/sd-bus.h>)
#include <basu/sd-bus.h>
#define HAVE_BUS 1
#endif

#ifdef HAVE_BUS

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

/* The same functions under whoever's name they come. */
static const char *const libraries[] = {
	"libsystemd.so.0", "libelogind.so.0", "libbasu.so.0",
};

#define FUNCTIONS(X)                                                           \
	X(sd_bus_open_user)                                                    \
	X(sd_bus_set_method_call_timeout)                                      \
	X(sd_bus_call_method)                                                  \
	X(sd_bus_error_free)                                                   \
	X(sd_bus_flush_close_unref)

struct bus_lib {
	void *handle;
#define X(name) __typeof__(&name) name;
	FUNCTIONS(X)
#undef X
};

static int load(struct bus_lib *b)
{
	static const char *const names[] = {
#define X(name) #name,
		FUNCTIONS(X)
#undef X
	};
	void **const at[] = {
#define X(name) (void **)&b->name,
		FUNCTIONS(X)
#undef X
	};
	size_t i;

	for (i = 0; !b->handle && i < sizeof(libraries) / sizeof(*libraries);
	     i++)
		b->handle = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
	for (i = 0; b->handle && i < sizeof(names) / sizeof(*names); i++) {
		*at[i] = dlsym(b->handle, names[i]);
		if (*at[i])
			continue;
		dlclose(b->handle);
		b->handle = NULL;
	}
	return b->handle ? 0 : -1;
}

/* The specification's body may have mark-up. */
static char *plain(const char *text)
{
	char *out = malloc(5 * strlen(text) + 1), *to = out;

	for (; out && *text; text++) {
		if (*text == '&')
			to = stpcpy(to, "&amp;");
		else if (*text == '<')
			to = stpcpy(to, "&lt;");
		else if (*text == '>')
			to = stpcpy(to, "&gt;");
		else
			*to++ = *text;
	}
	if (out)
		*to = '\0';
	return out;
}

int desktop_notify(const char *summary, const char *body, struct sim_err *e)
{
	enum { PATIENCE_US = 5000000, URGENCY_NORMAL = 1, FOR_EVER = 0 };
	sd_bus_error why = SD_BUS_ERROR_NULL;
	struct bus_lib b = { 0 };
	sd_bus *bus = NULL;
	char *text;
	int r;

	if (load(&b) < 0)
		return sim_fail(e, EX_UNAVAILABLE,
				"no library for the session bus");
	text = plain(body);
	if (!text) {
		dlclose(b.handle);
		return sim_fail(e, EX_OSERR, "out of memory");
	}
	r = b.sd_bus_open_user(&bus);
	if (r >= 0)
		r = b.sd_bus_set_method_call_timeout(bus, PATIENCE_US);
	/* It waits for the person: held things do not go by themselves. */
	if (r >= 0)
		r = b.sd_bus_call_method(bus, NAME, PATH, NAME, "Notify", &why,
					 NULL, "susssasa{sv}i", "simsync", 0U,
					 "dialog-warning", summary, text, 0U,
					 2U, "urgency", "y", URGENCY_NORMAL,
					 "desktop-entry", "s", "simsync",
					 FOR_EVER);
	if (r < 0)
		sim_fail(e, EX_UNAVAILABLE, "session bus: %s",
			 why.message ? why.message : strerror(-r));
	b.sd_bus_error_free(&why);
	if (bus)
		b.sd_bus_flush_close_unref(bus);
	free(text);
	dlclose(b.handle);
	return r < 0 ? -1 : 0;
}

#else

int desktop_notify(const char *summary, const char *body, struct sim_err *e)
{
	(void)summary;
	(void)body;
	return sim_fail(e, EX_UNAVAILABLE, "built without a session bus");
}

#endif
