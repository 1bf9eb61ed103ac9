// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plots failures by class over time: one bar of SVG for each slot, with the most
 * serious class at the bottom.
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
		buf_add(b, ".%s{fill:%s;background:%s}\n", class_name(i), colours[i],
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

static void bar(struct buf *b, const u64 *slot, double x, double width, double most)
{
	double y = HEIGHT, height, rest = HEIGHT;
	enum forkfail_class i;

	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		if (slot[i])
			rest -= LEAST;
	for (i = 0; i < FORKFAIL_NR_CLASSES; i++) {
		if (!slot[i])
			continue;
		height = (double)slot[i] / most * rest + LEAST;
		y -= height;
		buf_add(b, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
			class_name(i), x, y, width, height);
	}
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
	buf_add(b, "</p>\n<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s: %llu failures\">",
		WIDTH, HEIGHT, title, all);
	for (i = 0; i < nr; i++)
		bar(b, slots + i * FORKFAIL_NR_CLASSES, (double)i * step + 0.5, step - 1,
		    (double)most);
	buf_add(b, "</svg>\n<p class=\"scale\"><span>%s</span><span>now</span></p>\n", from);
}
