// SPDX-License-Identifier: MIT
/*
 * pbfind.c - what EF_PBR says there is (TS 31.102 4.4.2.1), or 6F3A without it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/phonebook.h"
#include "card/tlv.h"

#define FID_PBR 0x4f30

static const char *const names[] = {
	"EF_ADN", "EF_IAP", "EF_EXT1", "EF_SNE", "EF_ANR", "EF_PBC", "EF_GRP",
	"EF_AAS", "EF_GAS", "EF_UID", "EF_EMAIL", "EF_CCP1",
};

/* The smallest record that holds what the standard puts into it. */
static const uint8_t least[] = {
	ADN_TAIL, 1, EXT_LEN, 1, ANR_MIN, 2, 1, 1, 1, 2, 1, 15,
};

static struct pb_file *known(struct phonebook *pb, const uint16_t *path,
			     size_t depth)
{
	for (size_t i = 0; i < pb->nfile; i++)
		if (pb->file[i].ef.depth == depth &&
		    !memcmp(pb->file[i].ef.path, path, depth * sizeof(*path)))
			return &pb->file[i];
	return NULL;
}

/* Refused for the moment? Then it is there at the second time. */
static int select_twice(struct card *c, const uint16_t *path, size_t depth,
			const char *name, struct fs_ef *ef, struct sim_err *e)
{
	int ret = fs_select(c, path, depth, name, ef, e);

	if (ret > 0 && !fs_sw_lasting(c->sw))
		ret = fs_select(c, path, depth, name, ef, e);
	return ret;
}

static int find_file(struct card *c, struct phonebook *pb, uint8_t tag,
		     const uint16_t *path, size_t depth, struct pb_file **out,
		     struct sim_err *e)
{
	struct pb_file *f = known(pb, path, depth);
	const char *name = names[tag - PB_ADN];
	struct fs_ef ef;
	int ret;

	*out = f;
	if (f)
		return f->tag == tag ? 0 : 1;
	if (pb->nfile == PB_FILES)
		return 1;
	ret = select_twice(c, path, depth, name, &ef, e);
	if (ret < 0)
		return -1;
	/* Refused for now is not absent: its fields would look deleted. */
	if (ret && c->sw != 0x9000 && c->sw != 0x6a82 && c->sw != 0x9404)
		return sim_fail_in(e, "the phonebook cannot be read whole");
	if (ret) {
		card_problem(c, "EF_PBR names %s %04X, which cannot be had: %s; the rest is read",
			     name, path[depth - 1], fs_sw_text(c->sw));
		return 1;
	}
	if (ef.form != FS_LINEAR || ef.rec_len < least[tag - PB_ADN]) {
		card_problem(c, "%s %04X is not a file of such records (%u bytes each); it is left alone",
			     name, path[depth - 1], ef.rec_len);
		return 1;
	}
	if (ef.off) {
		card_problem(c, "%s %04X is deactivated: what it holds is not available now",
			     name, path[depth - 1]);
		return 1;
	}
	f = &pb->file[pb->nfile];
	f->data = malloc((size_t)ef.nrec * ef.rec_len);
	if (!f->data)
		return sim_fail(e, EX_OSERR, "out of memory");
	memset(f->data, 0xff, (size_t)ef.nrec * ef.rec_len);
	f->tag = tag;
	f->ef = ef;
	snprintf(f->name, sizeof(f->name), "%s", name);
	pb->nfile++;
	*out = f;
	return 0;
}

static int add_use(struct card *c, struct phonebook *pb, struct pb_set *s,
		   const uint16_t *df, size_t depth, enum pb_link link,
		   uint8_t iap, const struct tlv *t, struct sim_err *e)
{
	uint16_t path[FS_DEPTH];
	struct pb_file *f;
	int ret;

	if (t->tag < PB_ADN || t->tag > PB_CCP1)
		return 0;
	/* EF_PBR as a file of the book would be read as entries, and written. */
	if (t->len < 2 || s->nuse == PB_USES ||
	    (t->v[0] << 8 | t->v[1]) == FID_PBR) {
		card_problem(c, "EF_PBR record %u: a reference to %s makes no sense; it is left alone",
			     s->pbr, names[t->tag - PB_ADN]);
		return 0;
	}
	memcpy(path, df, depth * sizeof(*path));
	path[depth] = (uint16_t)(t->v[0] << 8 | t->v[1]);
	ret = find_file(c, pb, (uint8_t)t->tag, path, depth + 1, &f, e);
	if (ret)
		return ret < 0 ? -1 : 0;
	s->use[s->nuse++] = (struct pb_use){ f, link, iap };
	/* The entries are a master file's (4.4.2.1): linked ones have no owner. */
	if (t->tag == PB_ADN && link == PB_SAME && !s->adn)
		s->adn = f;
	return 0;
}

static bool same_adn(const struct phonebook *pb, const struct pb_file *adn)
{
	for (size_t i = 0; i < pb->nset; i++)
		if (pb->set[i].adn == adn)
			return true;
	return false;
}

static int parse_pbr(struct card *c, struct phonebook *pb, struct pb_set *s,
		     const uint16_t *df, size_t depth, const uint8_t *p,
		     size_t len, struct sim_err *e)
{
	struct tlv_iter outer = { p, len }, inner;
	struct tlv group, t;
	enum pb_link link;
	int more, in;
	uint8_t iap;

	while ((more = tlv_next(&outer, &group)) == 1) {
		if (group.tag < 0xa8 || group.tag > 0xaa)
			continue;
		link = (enum pb_link)(group.tag - 0xa8);
		inner = (struct tlv_iter){ group.v, group.len };
		for (iap = 0; (in = tlv_next(&inner, &t)) == 1; iap++)
			if (add_use(c, pb, s, df, depth, link, iap, &t, e))
				return -1;
		if (in < 0)
			more = -1;
		if (more < 0)
			break;
	}
	if (more < 0)
		card_problem(c, "EF_PBR record %u: malformed at byte %zu; what stands before is used",
			     s->pbr, (size_t)(outer.p - p) + 1);
	return 0;
}

static void drop_unlinked(struct card *c, struct pb_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nuse; i++) {
		if (s->use[i].link == PB_POINTED && !pb_find(s, PB_IAP, 0)) {
			card_problem(c, "EF_PBR record %u: %s is linked through EF_IAP, which is not there; it is left alone",
				     s->pbr, s->use[i].file->name);
			continue;
		}
		s->use[n++] = s->use[i];
	}
	s->nuse = n;
}

/* All of EF_PBR before any file it names: it is found once. */
static int read_pbr(struct card *c, struct phonebook *pb,
		    const struct fs_ef *ef, uint8_t *all, struct fs_set *had,
		    struct sim_err *e)
{
	struct sim_err why;
	uint8_t *rec;
	int ret;

	for (unsigned int i = 1; i <= ef->nrec; i++) {
		rec = all + (size_t)(i - 1) * ef->rec_len;
		ret = fs_read_sure(c, ef, "EF_PBR", i, rec, &why);
		if (ret > 0 && !fs_sw_lasting(c->sw))
			ret = fs_read_sure(c, ef, "EF_PBR", i, rec, &why);
		if (!ret) {
			fs_add(had, i);
			continue;
		}
		if (e)
			*e = why;
		if (ret < 0)
			return -1;
		card_problem(c, "%s", why.text);
		pb->partial = true;
		pb->passing |= fs_sw_passing(c->sw);
		/* PIN: the others would say the same. */
		if (c->sw == 0x6982)
			break;
	}
	return 0;
}

static int find_set(struct card *c, struct phonebook *pb, bool local,
		    unsigned int rec, const uint8_t *p, size_t len,
		    struct sim_err *e)
{
	uint16_t df[] = { local ? FS_ADF : FS_TELECOM, FS_PHONEBOOK };
	struct pb_set *s = &pb->set[pb->nset];

	*s = (struct pb_set){ .local = local, .pbr = rec };
	if (parse_pbr(c, pb, s, df, 2, p, len, e))
		return -1;
	if (!s->adn) {
		card_problem(c, "EF_PBR record %u: no usable EF_ADN; the entries it describes are not read",
			     rec);
		pb->partial = true;
		return 0;
	}
	if (same_adn(pb, s->adn)) {
		card_problem(c, "EF_PBR record %u: names the same EF_ADN as another one; it is read once",
			     rec);
		return 0;
	}
	drop_unlinked(c, s);
	pb->nset++;
	return 0;
}

int pb_find_sets(struct card *c, struct phonebook *pb, bool local,
		 struct sim_err *e)
{
	uint16_t path[] = { local ? FS_ADF : FS_TELECOM, FS_PHONEBOOK, FID_PBR };
	struct fs_set had = { 0 };
	uint8_t *all, *rec;
	struct fs_ef ef;
	int ret;

	ret = select_twice(c, path, 3, "EF_PBR", &ef, e);
	if (ret < 0)
		return -1;
	if (ret) {
		/* Not there is one thing, not to be had another. */
		pb->partial |= c->sw != 0x6a82;
		pb->passing |= fs_sw_passing(c->sw);
		return 0;
	}
	if (ef.form != FS_LINEAR) {
		pb->partial = true;
		return 0;
	}
	all = calloc(ef.nrec, ef.rec_len);
	if (!all)
		return sim_fail(e, EX_OSERR, "out of memory");
	ret = read_pbr(c, pb, &ef, all, &had, e);
	for (unsigned int i = 1; !ret && i <= ef.nrec && pb->nset < PB_SETS;
	     i++) {
		rec = all + (size_t)(i - 1) * ef.rec_len;
		if (fs_has(&had, i) && !pb_blank(rec, ef.rec_len))
			ret = find_set(c, pb, local, i, rec, ef.rec_len, e);
	}
	free(all);
	return ret;
}

/* A card without EF_PBR: 2G, or a UICC with the GSM phonebook only. */
int pb_find_plain(struct card *c, struct phonebook *pb, struct sim_err *e)
{
	static const uint16_t adn[] = { FS_TELECOM, 0x6f3a };
	static const uint16_t ext[] = { FS_TELECOM, 0x6f4a };
	struct pb_set *s = &pb->set[0];
	struct pb_file *f;
	struct fs_ef ef;
	int ret;

	*s = (struct pb_set){ .pbr = 0 };
	ret = select_twice(c, adn, 2, "EF_ADN", &ef, e);
	if (ret < 0)
		return -1;
	if (ret) {
		pb->partial |= c->sw != 0x6a82 && c->sw != 0x9404;
		pb->passing |= fs_sw_passing(c->sw);
		return 0;
	}
	ret = find_file(c, pb, PB_ADN, adn, 2, &f, e);
	if (ret < 0)
		return -1;
	if (ret) {
		/* With FDN active it is invalidated: unavailable, not empty. */
		pb->partial = true;
		return 0;
	}
	s->adn = f;
	s->use[s->nuse++] = (struct pb_use){ f, PB_SAME, 0 };
	pb->nset = 1;
	ret = select_twice(c, ext, 2, "EF_EXT1", &ef, e);
	if (ret > 0 && !fs_sw_lasting(c->sw))
		return sim_fail_in(e, "the phonebook cannot be read whole");
	if (!ret)
		ret = find_file(c, pb, PB_EXT1, ext, 2, &f, e);
	if (ret)
		return ret < 0 ? -1 : 0;
	s->use[s->nuse++] = (struct pb_use){ f, PB_INDEXED, 0 };
	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		if (pb_fetch(c, f, i, PB_CACHED, e) < 0)
			return -1;
	return 0;
}
