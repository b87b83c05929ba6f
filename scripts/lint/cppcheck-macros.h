/* SPDX-License-Identifier: MIT */
/* What cppcheck has to know of macros whose headers it does not read. */
#define list_for_each_entry(pos, head, member) \
	for (pos = (void *)(head)->next; pos; pos = (void *)pos->member.next)
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = (void *)(head)->next, n = (void *)(head)->next; pos; pos = n)
#define json_array_foreach(array, index, value) \
	for (index = 0; (value = json_array_get(array, index)); index++)
#define json_object_foreach(object, key, value) \
	for (key = json_object_iter_key(object); (value = json_object_get(object, key));)
#define SET_SYSTEM_SLEEP_PM_OPS(suspend_fn, resume_fn) \
	.suspend = suspend_fn, .resume = resume_fn,
#define SET_RUNTIME_PM_OPS(suspend_fn, resume_fn, idle_fn) \
	.runtime_suspend = suspend_fn, .runtime_resume = resume_fn, .runtime_idle = idle_fn,
