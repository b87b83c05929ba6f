// SPDX-License-Identifier: GPL-2.0-only
/*
 * stranger.c - holds an object of sysfs, as any part of the kernel may: from its
 * loading to its unloading, whatever becomes of the object's maker
 */
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/namei.h>

static char *path = "";
module_param(path, charp, 0400);
MODULE_PARM_DESC(path, "Folder in sysfs");

static struct kobject *held;

static int __init stranger_init(void)
{
	struct kernfs_node *node;
	struct path found;
	int err;

	err = kern_path(path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &found);
	if (err)
		return err;
	node = d_inode(found.dentry)->i_private;
	held = kobject_get(node->priv);
	path_put(&found);
	return 0;
}

static void __exit stranger_exit(void)
{
	kobject_put(held);
}

module_init(stranger_init);
module_exit(stranger_exit);

MODULE_DESCRIPTION("Holds an object of sysfs, for tests");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
