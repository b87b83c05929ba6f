// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/oncard.h"

#define ON_SLOT \
	"  --slot N        where there is more than one card\n" \
	"  --trace FILE    every command to the card and its answer\n"
#define ON_CARD \
	"  --card          what is on the card itself\n" ON_SLOT
#define TO_FDN \
	"  --list fdn      fixed dialling numbers: asks for PIN2; nothing else writes them\n"
#define WHICH \
	"  WHICH           the last digits of its ICCID, or its nickname\n"
#define ON_ESIM \
	WHICH "  --refresh       by a REFRESH of the card, not by a reset\n" ON_SLOT

static const struct cmd_entry table[] = {
	{ "status", "[--json]", "slots, cards, the last run, what waits",
	  NULL, cmd_status, NULL },
	{ "sync", "[--verbose] [--json]", "sync now",
	  "  --verbose    each item, not only how many\n", cmd_sync, NULL },
	{ "plan", "[--json]", "what sync would do and which rule makes it; touches nothing",
	  NULL, cmd_plan, NULL },
	{ "unlock", "[--no-sync]", "prove that it is you; enrolled SIMs sync by themselves until power-off",
	  "  --no-sync    do not sync now\n"
	  "  --pam        from pam_exec in the shell's unlock stack\n",
	  NULL, client_unlock },
	{ "card list", "[--json]", "enrolled SIMs", NULL, cmd_card_list, NULL },
	{ "card enroll", "[SLOT] [--policy both|fill|pull|ignore] [--no-sync]",
	  "let a SIM be synced from now on",
	  "  both     keep it and the phone the same\n"
	  "  fill     only write the phone's contacts to it\n"
	  "  pull     only read it, never write it\n"
	  "  ignore   leave it alone\n",
	  NULL, NULL },
	{ "card forget", "DIGITS", "read this SIM no more (last digits of its ICCID)",
	  NULL, NULL, NULL },
	{ "card check", "[--free] [--slot N] [--json]",
	  "what on a card cannot be read, and what no contact uses",
	  "  --free     free the records of numbers and addresses left behind\n"
	  ON_SLOT, cmd_card_check, client_trace },
	{ "card restore", "DIGITS [--json]",
	  "what a card or a deleted profile held goes back into the phone",
	  "  DIGITS   last digits of its ICCID\n", cmd_card_restore, NULL },
	{ "info set", "[--number N] [--languages \"de en\"] [--networks \"26201:C000 ...\"] [--json]",
	  "what on the SIM is your own: number, languages, networks to prefer",
	  "  --networks      MCC and MNC, colon, access technologies (TS 31.102 4.2.5)\n"
	  "  An empty value removes it.\n" ON_SLOT, cmd_info_set, client_trace },
	{ "info list", "[--json]", "what the phone knows of each SIM, in a slot or not", NULL,
	  cmd_info_list, NULL },
	{ "info edit", "DIGITS [--label TEXT] [--nickname TEXT] [--number N] [--languages \"de en\"] [--networks \"26201:C000 ...\"] [--json]",
	  "change what of it is your own; it reaches the SIM when that is in",
	  "  DIGITS     last digits of its ICCID\n"
	  "  --label    your own name for the SIM\n"
	  "  --nickname an eSIM profile's name, kept on the eUICC\n"
	  "  An empty value removes it.\n", cmd_info_edit, NULL },
	{ "info", "[--slot N] [--json]", "what the SIM says of itself", ON_SLOT,
	  cmd_info, client_trace },
	{ "contacts list", "[WORDS] [--card [--list NAME]] [--json]", "contacts of the phone",
	  ON_CARD "  --list NAME     fdn, sdn, lnd (dialled), ici (incoming) or oci (outgoing)\n",
	  cmd_contacts_list, client_trace },
	{ "contacts show", "WHO [--card] [--json]", "one contact: name, number or UID",
	  ON_CARD, cmd_contacts_show, client_trace },
	{ "contacts add", "NAME [--phone N]... [--email E]... [--group G]... [--note T] [--card [--list fdn]] [--json]",
	  "a new contact", ON_CARD TO_FDN, cmd_contacts_add, client_trace },
	{ "contacts edit", "WHO [--name NAME] [--phone N]... [--email E]... [--group G]... [--note T] [--card [--list fdn]] [--json]",
	  "change a contact",
	  "  What is given replaces what was there of its kind (all numbers, all\n"
	  "  addresses); an empty value removes it. The rest stays as it is.\n"
	  ON_CARD TO_FDN,
	  cmd_contacts_edit, client_trace },
	{ "contacts rm", "WHO [--card [--list fdn]] [--json]", "remove a contact",
	  ON_CARD TO_FDN, cmd_contacts_rm, client_trace },
	{ "contacts import", "FILE [--card] [--json]", "contacts from a file of vCards",
	  "  --card          onto the card; what is there already is not doubled\n"
	  "  --slot N        where there is more than one card\n",
	  cmd_contacts_import, client_file },
	{ "contacts export", "[WORDS] [--card [--list NAME]] [--json]", "contacts as vCards, on standard output",
	  ON_CARD "  --list NAME     fdn, sdn, lnd, ici or oci: into the phone with\n"
		  "                  contacts export --card --list NAME | contacts import -\n",
	  cmd_contacts_export, client_trace },
	{ "folder sync", "[FOLDER] [--quiet] [--json]",
	  "the phone's contacts and a folder of vCards: made the same, once",
	  "  FOLDER     ~/.local/share/simsync/contacts when not given\n"
	  "  --quiet    say something only where something changed\n",
	  cmd_folder, client_folder },
	{ "folder watch", "[FOLDER]",
	  "the same whenever one of them changes (systemctl --user enable --now simsync-folder)",
	  NULL, NULL, client_watch },
	{ "sms list", "[WORDS] [--card] [--json]", "messages of the phone", ON_CARD,
	  cmd_sms_list, client_trace },
	{ "sms show", "REF [--card] [--json]", "one message", ON_CARD, cmd_sms_show,
	  client_trace },
	{ "sms mark", "REF read|unread [--card] [--json]",
	  "mark a message that came, with all its parts", ON_CARD, cmd_sms_mark,
	  client_trace },
	{ "sms rm", "REF [--card] [--json]", "remove a message, with all its parts",
	  ON_CARD, cmd_sms_rm, client_trace },
	{ "sms import", "FILE [--card] [--json]", "messages from a file of sms export",
	  "  --card          onto the card, while max(5, 25 %) of its records stay free\n"
	  "  --slot N        where there is more than one card\n",
	  cmd_sms_import, client_file },
	{ "sms export", "[WORDS] [--card]", "messages on standard output, one JSON object a line",
	  ON_CARD, cmd_sms_export, client_trace },
	{ "esim list", "[--slot N] [--json]", "profiles of the eUICC, its EID and room",
	  ON_SLOT, cmd_esim_list, client_trace },
	{ "esim enable", "WHICH [--refresh] [--slot N]", "switch to that profile",
	  ON_ESIM, cmd_esim_enable, client_trace },
	{ "esim disable", "WHICH [--refresh] [--slot N]", "switch that profile off",
	  ON_ESIM, cmd_esim_disable, client_trace },
	{ "esim delete", "WHICH [--slot N]", "delete a profile for good; asks",
	  WHICH ON_SLOT, cmd_esim_delete, client_trace },
	{ "esim nickname", "WHICH NAME [--slot N]", "your own name for a profile",
	  WHICH ON_SLOT, cmd_esim_nickname, client_trace },
	{ "esim notifications", "[--remove N|all] [--slot N] [--json]",
	  "what operators' servers are still to be told", ON_SLOT,
	  cmd_esim_notifications, client_trace },
	{ "apdu", "HEX... [--aid HEX] [--slot N] [--json]",
	  "commands by hand, on a channel of their own", ON_SLOT, cmd_apdu,
	  client_trace },
	{ "remote add", "[CONTACTS-URL] [--webdav URL] [--user NAME] [--ca FILE] [--device NAME] [--key HEX] [--identifiers] [--plain] [--force]",
	  "the server: CardDAV for contacts, WebDAV for messages and SIM information",
	  "  --user NAME      asks for the password\n"
	  "  --ca FILE        certificates to trust instead of the system's\n"
	  "  --key HEX        the key of your other phone (simsync remote show --key)\n"
	  "  --identifiers    ICCID, IMSI and EID go there as they are\n"
	  "  --plain          allow http:// beyond this machine\n"
	  "  --force          keep it although it did not answer\n",
	  cmd_remote_add, NULL },
	{ "remote show", "[--key] [--json]", "the server as configured",
	  "  --key    also the key, for a second phone\n", cmd_remote_show, NULL },
	{ "remote test", "[--json]", "ask the server for all that a run needs", NULL,
	  cmd_remote_test, NULL },
	{ "rules check", "[FILE]", "errors of a rule file, with their line", NULL,
	  cmd_rules_check, client_file },
	{ "rules list", "[--json]", "rules in force", NULL, cmd_rules_list, NULL },
	{ "rules explain", "[--json]",
	  "what goes from where to where by which rule, with the places there are",
	  NULL, cmd_rules_explain, NULL },
	{ "history", "[--json]", "past runs", NULL, cmd_history, NULL },
	{ "show", "RUN [--json]", "what a run found and did (simsync history)", NULL,
	  cmd_show, NULL },
	{ "conflicts list", "[--json]", "fields that two sides changed", NULL,
	  cmd_conflicts_list, NULL },
	{ "held list", "[--json]", "what the guards hold back", NULL, cmd_held_list,
	  NULL },
	{ "held show", "NO [--json]", "one of these in full, and what apply and restore do",
	  NULL, cmd_held_show, NULL },
	{ "held apply", "[REPLICA]", "let it happen in the next run", NULL,
	  cmd_held_apply, NULL },
	{ "held restore", "[REPLICA]", "put it back where it was deleted or edited",
	  NULL, cmd_held_restore, NULL },
	{ "conflicts show", "NO [--json]", "each side's version of the field",
	  NULL, cmd_conflicts_show, NULL },
	{ "conflicts resolve", "NO WHERE",
	  "one side's version for all: its name or a part of it (phone, server, ...4711)",
	  NULL, cmd_conflicts_resolve, NULL },
	{ "duplicates list", "[--json]", "contacts that may be one person", NULL,
	  cmd_duplicates_list, NULL },
	{ "join", "NO NO", "two contacts are one person; the first one's name stays",
	  NULL, cmd_join, NULL },
	{ "split", "NO NO", "two contacts are two people", NULL, cmd_split, NULL },
	{ "undo", "RUN", "take back what a run brought in (simsync history)", NULL,
	  cmd_undo, NULL },
	{ "run", "", NULL, NULL, cmd_run, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

const struct cmd_entry *cmd_table(void)
{
	return table;
}

const struct cmd_entry *cmd_find(int argc, char *const *argv, int *words)
{
	const struct cmd_entry *t;

	for (t = table; argc > 0 && t->name; t++) {
		size_t n = strcspn(t->name, " ");

		*words = t->name[n] ? 2 : 1;
		if (strlen(argv[0]) != n || strncmp(argv[0], t->name, n))
			continue;
		if (*words == 1 ||
		    (argc > 1 && !strcmp(argv[1], t->name + n + 1)))
			return t;
	}
	return NULL;
}

/* Of `contacts list` the group is contacts. */
static bool in_group(const struct cmd_entry *t, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(t->name, group, n) && t->name[n] == ' ';
}

bool cmd_is_group(const char *word)
{
	for (const struct cmd_entry *t = table; t->name; t++)
		if (in_group(t, word))
			return true;
	return false;
}

void cmd_help(const struct cmd_entry *only, const char *group)
{
	const struct cmd_entry *t;

	if (only) {
		printf("simsync %s %s\n\n%s.\n", only->name, only->args,
		       only->help ? only->help : "started by udev");
		if (only->more)
			printf("\n%s", only->more);
		return;
	}
	puts("simsync COMMAND [--json] [--help]\n");
	for (t = table; t->name; t++)
		if (t->help && (!group || in_group(t, group)))
			printf("  %-18s %s\n", t->name, t->help);
	if (group)
		return;
	puts("  monitor            start runs when something happens (simsync-monitor.service)\n"
	     "  events             what the kernel says of its slots, as it says it\n\n"
	     "  --json    for programs\n"
	     "  --stdin   passwords and PINs are lines of standard input\n\n"
	     "man simsync says more.");
}
