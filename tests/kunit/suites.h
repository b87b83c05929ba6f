/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SUITES_H
#define SUITES_H

/* simslot_slot_kunit.c; registered with the others in simslot_kunit.c */
extern struct kunit_suite simslot_identity_suite;
extern struct kunit_suite simslot_state_suite;

#endif
