// SPDX-License-Identifier: MIT
/*
 * status.c - what a status word means
 */
#include "card/fs.h"

/* TS 102 221 10.2.1 and, for class A0, 51.011 9.4. */
static const struct {
	uint16_t sw;
	uint16_t mask;
	const char *text;
} meanings[] = {
	{ 0x6281, 0xffff, "the card says its data may be corrupt" },
	{ 0x6282, 0xffff, "nothing found" },
	{ 0x6283, 0xffff, "the file is deactivated" },
	{ 0x6300, 0xff00, "refused" },
	{ 0x6581, 0xffff, "the card's memory failed" },
	{ 0x6700, 0xff00, "wrong length" },
	{ 0x6881, 0xffff, "the card has no logical channels" },
	{ 0x6981, 0xffff, "not a file of that structure" },
	{ 0x6982, 0xffff, "not allowed without the PIN" },
	{ 0x6983, 0xffff, "the PIN is blocked" },
	{ 0x6984, 0xffff, "the file is deactivated" },
	{ 0x6985, 0xffff, "not allowed now" },
	{ 0x6986, 0xffff, "no file is selected" },
	{ 0x6a80, 0xffff, "the card takes the data for wrong" },
	{ 0x6a81, 0xffff, "the card does not support this" },
	{ 0x6a82, 0xffff, "there is no such file" },
	{ 0x6a83, 0xffff, "there is no such record" },
	{ 0x6a84, 0xffff, "the card is full" },
	{ 0x6a86, 0xffff, "the card does not know these parameters" },
	{ 0x6b00, 0xff00, "the card does not know these parameters" },
	{ 0x6d00, 0xff00, "the card does not know this command" },
	{ 0x6e00, 0xff00, "the card does not know this class" },
	{ 0x6f00, 0xff00, "the card had an internal error" },
	{ 0x9240, 0xffff, "the card's memory failed" },
	{ 0x9300, 0xffff, "the card is busy with its own applications" },
	{ 0x9400, 0xffff, "no file is selected" },
	{ 0x9402, 0xffff, "there is no such record" },
	{ 0x9404, 0xffff, "there is no such file" },
	{ 0x9408, 0xffff, "not a file of that structure" },
	{ 0x9804, 0xffff, "not allowed without the PIN" },
	{ 0x9810, 0xffff, "the file is invalidated" },
	{ 0x9840, 0xffff, "the PIN is blocked" },
};

const char *fs_sw_text(uint16_t sw)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if ((sw & meanings[i].mask) == meanings[i].sw)
			return meanings[i].text;
	return "an answer the standards do not know";
}

/* These say nothing of the file: it may be just as it was. */
bool fs_sw_of_no_file(uint16_t sw)
{
	static const uint16_t not[] = { 0x6982, 0x9804, 0x6581, 0x9240, 0x9300 };

	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (sw == not[i])
			return true;
	return sw >> 8 == 0x6d || sw >> 8 == 0x6e || sw >> 8 == 0x6f;
}

bool fs_sw_passing(uint16_t sw)
{
	return sw >> 8 == 0x6f || sw == 0x6581 || sw == 0x6281 ||
	       sw == 0x9300 || sw == 0x9240;
}

bool fs_sw_lasting(uint16_t sw)
{
	static const uint16_t yes[] = { 0x9000, 0x6a82, 0x9404, 0x6982, 0x9804 };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (sw == yes[i])
			return true;
	return false;
}
