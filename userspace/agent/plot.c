// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plots failures by class over time: one bar for each slot, with the most serious class
 * at the bottom.  All bars of a class are one path of SVG, drawn with a broad pen: a
 * rectangle for each of them would not fit into an answer when every slot has all classes.
 */
#include "agent/status.h"
#include "agent/tally.h"
#include "causes.h"

/* In units of the drawing. */
#define WIDTH		720.0
#define HEIGHT		120.0
#define LEAST		2.0	/* one failure beside thousands is visible */

/* Distinguishable without red-green vision, on white and on black. */
static const char * const colours[FORKFAIL_NR_CLASSES] = {
	[FORKFAIL_CLASS_LIMIT] = "#d55e00",
	[FORKFAIL_CLASS_MEMORY] = "#cc79a7",
	[FORKFAIL_CLASS_POLICY] = "#0072b2",
	[FORKFAIL_CLASS_REQUEST] = "#999999",
	[FORKFAIL_CLASS_TRANSIENT] = "#56b4e9",
	[FORKFAIL_CLASS_KERNEL] = "#e69f00",
};

/**
 * plot_style() - write the colours as CSS rules
 * @b: where they go
 */
void plot_style(struct buf *b)
{
	enum forkfail_class i;

	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		buf_add(b, ".%s{stroke:%s;background:%s}\n", class_name(i), colours[i],
			colours[i]);
}

/**
 * plot_legend() - write which colour stands for which class
 * @b: where it goes
 */
void plot_legend(struct buf *b)
{
	enum forkfail_class i;

	buf_add(b, "<p class=\"legend\">");
	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		buf_add(b, "<span><i class=\"%s\"></i>%s</span> ", class_name(i),
			class_name(i));
	buf_add(b, "</p>\n");
}

static u64 sum_of(const u64 *slot)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		sum = sum + slot[i] < sum ? ~0ull : sum + slot[i];
	return sum;
}

/* How high a class is in the bar of a slot. */
static double height_of(const u64 *slot, enum forkfail_class class, double most)
{
	double rest = HEIGHT;
	enum forkfail_class i;

	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		if (slot[i])
			rest -= LEAST;
	return slot[class] ? (double)slot[class] / most * rest + LEAST : 0;
}

static void bars(struct buf *b, enum forkfail_class class, const u64 *slots, size_t nr,
		 double step, double most)
{
	const u64 *slot = slots;
	enum forkfail_class below;
	double y;
	size_t i;

	buf_add(b, "<path class=\"%s\" stroke-width=\"%.1f\" d=\"", class_name(class), step - 1);
	for (i = 0; i < nr; i++, slot += FORKFAIL_NR_CLASSES) {
		if (!slot[class])
			continue;
		y = HEIGHT;
		for (below = 0; below < class; below++)
			y -= height_of(slot, below, most);
		buf_add(b, "M%.1f %.1fv-%.1f", ((double)i + 0.5) * step, y,
			height_of(slot, class, most));
	}
	buf_add(b, "\"/>");
}

/**
 * plot_write() - write a plot
 * @b: where it goes
 * @title: what it shows
 * @from: the label of its left end
 * @slot: how long a slot is
 * @slots: counts by class, slot after slot
 * @nr: how many slots
 */
void plot_write(struct buf *b, const char *title, const char *from, const char *slot,
		const u64 *slots, size_t nr)
{
	double step = WIDTH / (double)nr;
	u64 most = 1, sum, all = 0;
	enum forkfail_class class;
	size_t i;

	for (i = 0; i < nr; i++) {
		sum = sum_of(slots + i * FORKFAIL_NR_CLASSES);
		all = all + sum < all ? ~0ull : all + sum;
		if (sum > most)
			most = sum;
	}
	/* no text inside: the drawing is stretched */
	buf_add(b, "<h3>%s: %llu</h3>\n<p class=\"scale\">", title, all);
	if (all)
		buf_add(b, "most in %s: %llu", slot, most);
	buf_add(b, "</p>\n<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s: %llu failure%s\">",
		WIDTH, HEIGHT, title, all, all == 1 ? "" : "s");
	for (class = 0; class < FORKFAIL_NR_CLASSES; class++)
		bars(b, class, slots, nr, step, (double)most);
	buf_add(b, "</svg>\n<p class=\"scale\"><span>%s</span><span>now</span></p>\n", from);
}
