// SPDX-License-Identifier: MIT
/*
 * National language shift tables, row by row as TS 23.038 annex A prints them
 * (codes n0 to nF), and messages that name them (TS 23.040 9.2.3.24.15, .16).
 * A space is a place without a character; ~ stands for the escape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "card/gsm7.h"
#include "card/text.h"
#include "card/tpdu.h"

static const struct {
	const char *clause;
	uint8_t lang;
	uint8_t row;
	const char *text;
} locking[] = {
	{ "A.3.1 Turkish", 1, 0, "@£$¥€éùıòÇ\nĞğ\rÅå" },
	{ "A.3.1 Turkish", 1, 1, "Δ_ΦΓΛΩΠΨΣΘΞ~ŞşßÉ" },
	{ "A.3.1 Turkish", 1, 4, "İABCDEFGHIJKLMNO" },
	{ "A.3.1 Turkish", 1, 6, "çabcdefghijklmno" },
	{ "A.3.2 void: the default alphabet", 2, 0, "@£$¥èéùìòÇ\nØø\rÅå" },
	{ "A.3.3 Portuguese", 3, 0, "@£$¥êéúíóç\nÔô\rÁá" },
	{ "A.3.3 Portuguese", 3, 1, "Δ_ªÇÀ∞^\\€Ó|~ÂâÊÉ" },
	{ "A.3.3 Portuguese", 3, 2, " !\"#º%&'()*+,-./" },
	{ "A.3.3 Portuguese", 3, 4, "ÍABCDEFGHIJKLMNO" },
	{ "A.3.3 Portuguese", 3, 5, "PQRSTUVWXYZÃÕÚÜ§" },
	{ "A.3.3 Portuguese", 3, 7, "pqrstuvwxyzãõ`üà" },
	{ "A.3.4 Bengali", 4, 0, "\u0981\u0982\u0983\u0985\u0986\u0987\u0988\u0989\u098a\u098b\n\u098c \r \u098f" },
	{ "A.3.4 Bengali", 4, 1, "\u0990  \u0993\u0994\u0995\u0996\u0997\u0998\u0999\u099a~\u099b\u099c\u099d\u099e" },
	{ "A.3.4 Bengali", 4, 2, " !\u099f\u09a0\u09a1\u09a2\u09a3\u09a4)(\u09a5\u09a6,\u09a7.\u09a8" },
	{ "A.3.4 Bengali", 4, 3, "0123456789:; \u09aa\u09ab?" },
	{ "A.3.4 Bengali", 4, 4, "\u09ac\u09ad\u09ae\u09af\u09b0 \u09b2   \u09b6\u09b7\u09b8\u09b9\u09bc\u09bd" },
	{ "A.3.4 Bengali", 4, 5, "\u09be\u09bf\u09c0\u09c1\u09c2\u09c3\u09c4  \u09c7\u09c8  \u09cb\u09cc\u09cd" },
	{ "A.3.4 Bengali", 4, 6, "\u09ceabcdefghijklmno" },
	{ "A.3.4 Bengali", 4, 7, "pqrstuvwxyz\u09d7\u09dc\u09dd\u09f0\u09f1" },
	{ "A.3.5 Gujarati", 5, 0, "\u0a81\u0a82\u0a83\u0a85\u0a86\u0a87\u0a88\u0a89\u0a8a\u0a8b\n\u0a8c\u0a8d\r \u0a8f" },
	{ "A.3.5 Gujarati", 5, 1, "\u0a90\u0a91 \u0a93\u0a94\u0a95\u0a96\u0a97\u0a98\u0a99\u0a9a~\u0a9b\u0a9c\u0a9d\u0a9e" },
	{ "A.3.5 Gujarati", 5, 4, "\u0aac\u0aad\u0aae\u0aaf\u0ab0 \u0ab2\u0ab3 \u0ab5\u0ab6\u0ab7\u0ab8\u0ab9\u0abc\u0abd" },
	{ "A.3.5 Gujarati", 5, 5, "\u0abe\u0abf\u0ac0\u0ac1\u0ac2\u0ac3\u0ac4\u0ac5 \u0ac7\u0ac8\u0ac9 \u0acb\u0acc\u0acd" },
	{ "A.3.5 Gujarati", 5, 7, "pqrstuvwxyz\u0ae0\u0ae1\u0ae2\u0ae3\u0af1" },
	{ "A.3.6 Hindi", 6, 0, "\u0901\u0902\u0903\u0905\u0906\u0907\u0908\u0909\u090a\u090b\n\u090c\u090d\r\u090e\u090f" },
	{ "A.3.6 Hindi", 6, 1, "\u0910\u0911\u0912\u0913\u0914\u0915\u0916\u0917\u0918\u0919\u091a~\u091b\u091c\u091d\u091e" },
	{ "A.3.6 Hindi", 6, 2, " !\u091f\u0920\u0921\u0922\u0923\u0924)(\u0925\u0926,\u0927.\u0928" },
	{ "A.3.6 Hindi", 6, 3, "0123456789:;\u0929\u092a\u092b?" },
	{ "A.3.6 Hindi", 6, 4, "\u092c\u092d\u092e\u092f\u0930\u0931\u0932\u0933\u0934\u0935\u0936\u0937\u0938\u0939\u093c\u093d" },
	{ "A.3.6 Hindi", 6, 5, "\u093e\u093f\u0940\u0941\u0942\u0943\u0944\u0945\u0946\u0947\u0948\u0949\u094a\u094b\u094c\u094d" },
	{ "A.3.6 Hindi", 6, 6, "\u0950abcdefghijklmno" },
	{ "A.3.6 Hindi", 6, 7, "pqrstuvwxyz\u0972\u097b\u097c\u097e\u097f" },
	{ "A.3.7 Kannada", 7, 0, " \u0c82\u0c83\u0c85\u0c86\u0c87\u0c88\u0c89\u0c8a\u0c8b\n\u0c8c \r\u0c8e\u0c8f" },
	{ "A.3.7 Kannada", 7, 1, "\u0c90 \u0c92\u0c93\u0c94\u0c95\u0c96\u0c97\u0c98\u0c99\u0c9a~\u0c9b\u0c9c\u0c9d\u0c9e" },
	{ "A.3.7 Kannada", 7, 4, "\u0cac\u0cad\u0cae\u0caf\u0cb0\u0cb1\u0cb2\u0cb3 \u0cb5\u0cb6\u0cb7\u0cb8\u0cb9\u0cbc\u0cbd" },
	{ "A.3.7 Kannada", 7, 5, "\u0cbe\u0cbf\u0cc0\u0cc1\u0cc2\u0cc3\u0cc4 \u0cc6\u0cc7\u0cc8 \u0cca\u0ccb\u0ccc\u0ccd" },
	{ "A.3.7 Kannada", 7, 7, "pqrstuvwxyz\u0cd6\u0ce0\u0ce1\u0ce2\u0ce3" },
	{ "A.3.8 Malayalam", 8, 0, " \u0d02\u0d03\u0d05\u0d06\u0d07\u0d08\u0d09\u0d0a\u0d0b\n\u0d0c \r\u0d0e\u0d0f" },
	{ "A.3.8 Malayalam", 8, 4, "\u0d2c\u0d2d\u0d2e\u0d2f\u0d30\u0d31\u0d32\u0d33\u0d34\u0d35\u0d36\u0d37\u0d38\u0d39 \u0d3d" },
	{ "A.3.8 Malayalam", 8, 5, "\u0d3e\u0d3f\u0d40\u0d41\u0d42\u0d43\u0d44 \u0d46\u0d47\u0d48 \u0d4a\u0d4b\u0d4c\u0d4d" },
	{ "A.3.8 Malayalam", 8, 6, "\u0d57abcdefghijklmno" },
	{ "A.3.8 Malayalam", 8, 7, "pqrstuvwxyz\u0d60\u0d61\u0d62\u0d63\u0d79" },
	{ "A.3.9 Oriya", 9, 0, "\u0b01\u0b02\u0b03\u0b05\u0b06\u0b07\u0b08\u0b09\u0b0a\u0b0b\n\u0b0c \r \u0b0f" },
	{ "A.3.9 Oriya", 9, 1, "\u0b10  \u0b13\u0b14\u0b15\u0b16\u0b17\u0b18\u0b19\u0b1a~\u0b1b\u0b1c\u0b1d\u0b1e" },
	{ "A.3.9 Oriya", 9, 4, "\u0b2c\u0b2d\u0b2e\u0b2f\u0b30 \u0b32\u0b33 \u0b35\u0b36\u0b37\u0b38\u0b39\u0b3c\u0b3d" },
	{ "A.3.9 Oriya", 9, 5, "\u0b3e\u0b3f\u0b40\u0b41\u0b42\u0b43\u0b44  \u0b47\u0b48  \u0b4b\u0b4c\u0b4d" },
	{ "A.3.9 Oriya", 9, 7, "pqrstuvwxyz\u0b57\u0b60\u0b61\u0b62\u0b63" },
	{ "A.3.10 Punjabi", 10, 0, "\u0a01\u0a02\u0a03\u0a05\u0a06\u0a07\u0a08\u0a09\u0a0a \n  \r \u0a0f" },
	{ "A.3.10 Punjabi", 10, 1, "\u0a10  \u0a13\u0a14\u0a15\u0a16\u0a17\u0a18\u0a19\u0a1a~\u0a1b\u0a1c\u0a1d\u0a1e" },
	{ "A.3.10 Punjabi", 10, 4, "\u0a2c\u0a2d\u0a2e\u0a2f\u0a30 \u0a32\u0a33 \u0a35\u0a36 \u0a38\u0a39\u0a3c " },
	{ "A.3.10 Punjabi", 10, 5, "\u0a3e\u0a3f\u0a40\u0a41\u0a42    \u0a47\u0a48  \u0a4b\u0a4c\u0a4d" },
	{ "A.3.10 Punjabi", 10, 7, "pqrstuvwxyz\u0a70\u0a71\u0a72\u0a73\u0a74" },
	{ "A.3.11 Tamil", 11, 0, " \u0b82\u0b83\u0b85\u0b86\u0b87\u0b88\u0b89\u0b8a \n  \r\u0b8e\u0b8f" },
	{ "A.3.11 Tamil", 11, 1, "\u0b90 \u0b92\u0b93\u0b94\u0b95   \u0b99\u0b9a~ \u0b9c \u0b9e" },
	{ "A.3.11 Tamil", 11, 2, " !\u0b9f   \u0ba3\u0ba4)(  , .\u0ba8" },
	{ "A.3.11 Tamil", 11, 3, "0123456789:;\u0ba9\u0baa ?" },
	{ "A.3.11 Tamil", 11, 4, "  \u0bae\u0baf\u0bb0\u0bb1\u0bb2\u0bb3\u0bb4\u0bb5\u0bb6\u0bb7\u0bb8\u0bb9  " },
	{ "A.3.11 Tamil", 11, 5, "\u0bbe\u0bbf\u0bc0\u0bc1\u0bc2   \u0bc6\u0bc7\u0bc8 \u0bca\u0bcb\u0bcc\u0bcd" },
	{ "A.3.11 Tamil", 11, 7, "pqrstuvwxyz\u0bd7\u0bf0\u0bf1\u0bf2\u0bf9" },
	{ "A.3.12 Telugu", 12, 0, "\u0c01\u0c02\u0c03\u0c05\u0c06\u0c07\u0c08\u0c09\u0c0a\u0c0b\n\u0c0c \r\u0c0e\u0c0f" },
	{ "A.3.12 Telugu", 12, 4, "\u0c2c\u0c2d\u0c2e\u0c2f\u0c30\u0c31\u0c32\u0c33 \u0c35\u0c36\u0c37\u0c38\u0c39 \u0c3d" },
	{ "A.3.12 Telugu", 12, 5, "\u0c3e\u0c3f\u0c40\u0c41\u0c42\u0c43\u0c44 \u0c46\u0c47\u0c48 \u0c4a\u0c4b\u0c4c\u0c4d" },
	{ "A.3.12 Telugu", 12, 6, "\u0c55abcdefghijklmno" },
	{ "A.3.12 Telugu", 12, 7, "pqrstuvwxyz\u0c56\u0c60\u0c61\u0c62\u0c63" },
	{ "A.3.13 Urdu", 13, 0, "\u0627\u0622\u0628\u067b\u0680\u067e\u06a6\u062a\u06c2\u067f\n\u0679\u067d\r\u067a\u067c" },
	{ "A.3.13 Urdu", 13, 1, "\u062b\u062c\u0681\u0684\u0683\u0685\u0686\u0687\u062d\u062e\u062f~\u068c\u0688\u0689\u068a" },
	{ "A.3.13 Urdu", 13, 2, " !\u068f\u068d\u0630\u0631\u0691\u0693)(\u0699\u0632,\u0696.\u0698" },
	{ "A.3.13 Urdu", 13, 3, "0123456789:;\u069a\u0633\u0634?" },
	{ "A.3.13 Urdu", 13, 4, "\u0635\u0636\u0637\u0638\u0639\u0641\u0642\u06a9\u06aa\u06ab\u06af\u06b3\u06b1\u0644\u0645\u0646" },
	{ "A.3.13 Urdu", 13, 5, "\u06ba\u06bb\u06bc\u0648\u06c4\u06d5\u06c1\u06be\u0621\u06cc\u06d0\u06d2\u064d\u0650\u064f\u0657" },
	{ "A.3.13 Urdu", 13, 7, "pqrstuvwxyz\u0655\u0651\u0653\u0656\u0670" },
	{ "6.2.1.2.4.1 reserved identifier: the default alphabet", 14, 4, "¡ABCDEFGHIJKLMNO" },
}, single[] = {
	{ "A.2.1 Turkish", 1, 4, "|      Ğ İ      " },
	{ "A.2.1 Turkish", 1, 5, "   Ş            " },
	{ "A.2.1 Turkish", 1, 6, "   ç € ğ ı      " },
	{ "A.2.1 Turkish", 1, 7, "   ş            " },
	{ "A.2.2 Spanish", 2, 4, "|Á       Í     Ó" },
	{ "A.2.2 Spanish", 2, 5, "     Ú          " },
	{ "A.2.2 Spanish", 2, 6, " á   €   í     ó" },
	{ "A.2.2 Spanish", 2, 7, "     ú          " },
	{ "A.2.3 Portuguese", 3, 1, "  ΦΓ^ΩΠΨΣΘ     Ê" },
	{ "A.2.3 Portuguese", 3, 4, "|À       Í     Ó" },
	{ "A.2.3 Portuguese", 3, 5, "     Ú     ÃÕ   " },
	{ "A.2.3 Portuguese", 3, 6, " Â   €   í     ó" },
	{ "A.2.3 Portuguese", 3, 7, "     ú     ãõ  â" },
	{ "A.2.4 Bengali", 4, 1, "<=>¡^¡_#*\u09e6\u09e7 \u09e8\u09e9\u09ea\u09eb" },
	{ "A.2.4 Bengali", 4, 2, "\u09ec\u09ed\u09ee\u09ef\u09df\u09e0\u09e1\u09e2{}\u09e3\u09f2\u09f3\u09f4\u09f5\\" },
	{ "A.2.4 Bengali", 4, 3, "\u09f6\u09f7\u09f8\u09f9\u09fa       [~] " },
	{ "A.2.5 Gujarati", 5, 1, "<=>¡^¡_#*\u0964\u0965 \u0ae6\u0ae7\u0ae8\u0ae9" },
	{ "A.2.5 Gujarati", 5, 2, "\u0aea\u0aeb\u0aec\u0aed\u0aee\u0aef  {}     \\" },
	{ "A.2.6 Hindi", 6, 1, "<=>¡^¡_#*\u0964\u0965 \u0966\u0967\u0968\u0969" },
	{ "A.2.6 Hindi", 6, 2, "\u096a\u096b\u096c\u096d\u096e\u096f\u0951\u0952{}\u0953\u0954\u0958\u0959\u095a\\" },
	{ "A.2.6 Hindi", 6, 3, "\u095b\u095c\u095d\u095e\u095f\u0960\u0961\u0962\u0963\u0970\u0971 [~] " },
	{ "A.2.6 Hindi", 6, 4, "|ABCDEFGHIJKLMNO" },
	{ "A.2.6 Hindi", 6, 5, "PQRSTUVWXYZ     " },
	{ "A.2.6 Hindi", 6, 6, "     €          " },
	{ "A.2.7 Kannada", 7, 2, "\u0cea\u0ceb\u0cec\u0ced\u0cee\u0cef\u0cde\u0cf1{}\u0cf2    \\" },
	{ "A.2.8 Malayalam", 8, 2, "\u0d6a\u0d6b\u0d6c\u0d6d\u0d6e\u0d6f\u0d70\u0d71{}\u0d72\u0d73\u0d74\u0d75\u0d7a\\" },
	{ "A.2.8 Malayalam", 8, 3, "\u0d7b\u0d7c\u0d7d\u0d7e\u0d7f       [~] " },
	{ "A.2.9 Oriya", 9, 2, "\u0b6a\u0b6b\u0b6c\u0b6d\u0b6e\u0b6f\u0b5c\u0b5d{}\u0b5f\u0b70\u0b71  \\" },
	{ "A.2.10 Punjabi", 10, 2, "\u0a6a\u0a6b\u0a6c\u0a6d\u0a6e\u0a6f\u0a59\u0a5a{}\u0a5b\u0a5c\u0a5e\u0a75 \\" },
	{ "A.2.11 Tamil", 11, 1, "<=>¡^¡_#*\u0964\u0965 \u0be6\u0be7\u0be8\u0be9" },
	{ "A.2.11 Tamil", 11, 2, "\u0bea\u0beb\u0bec\u0bed\u0bee\u0bef\u0bf3\u0bf4{}\u0bf5\u0bf6\u0bf7\u0bf8\u0bfa\\" },
	{ "A.2.12 Telugu", 12, 1, "<=>¡^¡_#*   \u0c66\u0c67\u0c68\u0c69" },
	{ "A.2.12 Telugu", 12, 2, "\u0c6a\u0c6b\u0c6c\u0c6d\u0c6e\u0c6f\u0c58\u0c59{}\u0c78\u0c79\u0c7a\u0c7b\u0c7c\\" },
	{ "A.2.12 Telugu", 12, 3, "\u0c7d\u0c7e\u0c7f         [~] " },
	{ "A.2.13 Urdu", 13, 1, "<=>¡^¡_#*\u0600\u0601 \u06f0\u06f1\u06f2\u06f3" },
	{ "A.2.13 Urdu", 13, 2, "\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9\u060c\u060d{}\u060e\u060f\u0610\u0611\u0612\\" },
	{ "A.2.13 Urdu", 13, 3, "\u0613\u0614\u061b\u061f\u0640\u0652\u0658\u066b\u066c\u0672\u0673\u06cd[~]\u06d4" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void locking_shift_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(locking); i++) {
		char text[128] = "";
		size_t at = 0;

		for (uint8_t c = 0; c < 16; c++) {
			uint8_t code = (uint8_t)(locking[i].row << 4 | c);

			at = text_put(text, sizeof(text), at,
				      code == GSM7_ESC ? '~' :
				      gsm7_locked(locking[i].lang, code));
		}
		if (strcmp(text, locking[i].text))
			fail_msg("%s row %u:\n%s\n%s", locking[i].clause,
				 locking[i].row, text, locking[i].text);
	}
}

static void single_shift_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(single); i++) {
		char text[128] = "";
		size_t at = 0;

		for (uint8_t c = 0; c < 16; c++) {
			uint16_t u = gsm7_shifted(single[i].lang,
						  (uint8_t)(single[i].row << 4 |
							    c));

			at = text_put(text, sizeof(text), at, u ? u : ' ');
		}
		if (strcmp(text, single[i].text))
			fail_msg("%s row %u:\n%s\n%s", single[i].clause,
				 single[i].row, text, single[i].text);
	}
}

/*
 * SMS-DELIVER from 12 with DCS 00; user data: header, then septets from the next
 * boundary. A header of 3 + 1 bytes is 32 bits, so that text starts at septet 5,
 * bit 35; two septets more make 49 bits, 7 bytes. Worked by hand.
 */
static const struct {
	const char *what;
	const char *hex;
	const char *text;
} messages[] = {
	/*
	 * UDHL 03, IE 25 length 1: Turkish locking. Septets 04 (€), 0B (Ğ) from
	 * bit 35 and bit 42: 04 << 3 = 20; 0B << 2 = 2C; nothing in byte 6.
	 */
	{ "9.2.3.24.16 locking shift",
	  "44 02 81 21 00 00 20 80 62 91 73 14 40 07 03 25 01 01 20 2C 00",
	  "€Ğ" },
	/* IE 24: Turkish single. Septets 1B 73: D8, then 73 << 2 = 1CC: CC 01. */
	{ "9.2.3.24.15 single shift",
	  "44 02 81 21 00 00 20 80 62 91 73 14 40 07 03 24 01 01 D8 CC 01",
	  "ş" },
	/* The default's extension stays reachable where single shift is none. */
	{ "6.2.1.1 without any header",
	  "04 02 81 21 00 00 20 80 62 91 73 14 40 02 9B 32", "€" },
};

static size_t bytes(const char *hex, uint8_t *out)
{
	unsigned int v;
	size_t n = 0;

	for (; sscanf(hex, " %2x", &v) == 1; n++) {
		out[n] = (uint8_t)v;
		hex += strspn(hex, " ") + 2;
	}
	return n;
}

static void messages_name_their_tables(void **state)
{
	uint8_t raw[176];
	struct tpdu t;
	size_t bad;

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		if (tpdu_decode(raw, bytes(messages[i].hex, raw), true, &t,
				&bad))
			fail_msg("%s: at %zu", messages[i].what, bad);
		assert_string_equal(t.text, messages[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locking_shift_tables),
		cmocka_unit_test(single_shift_tables),
		cmocka_unit_test(messages_name_their_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
