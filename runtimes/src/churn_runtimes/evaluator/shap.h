/* How much each feature of a row has moved the sum of one member's trees: path-dependent TreeSHAP (Lundberg et al., From
 * local explanations to global understanding with explainable AI for trees, 2020), with a quadrature for its weights.
 *
 * The value of a set of features is the tree's mean over the training rows where only they are known: at a split by any
 * other feature both children count, by their shares of the rows that came by. A leaf then counts, of each feature i on
 * its path, o_i (1 where the row takes all of its splits there, else 0) where i is known, and z_i, the product of the
 * shares, where it is not. A feature's Shapley value is the integral over t from 0 to 1 of
 *     sum over leaves: value * (o_i - z_i) * product over the other features j: (t * o_j + (1 - t) * z_j)
 * (Owen, Multilinear extensions of games, 1972), a polynomial in t of lower degree than there are features on the path.
 * Gauss and Legendre's rule of `points` points is exact up to degree 2 * points - 1. So one walk over all nodes with a
 * number for each point gives all features at once, where the usual recursion takes the square of the depth for a leaf.
 */
#ifndef FLAT_TREES_SHAP_H
#define FLAT_TREES_SHAP_H

#include "score.h"

enum {
    SIDE_BY_SIDE = 4, /* points: their number is a multiple */
    DEEPEST = 1000    /* levels that are explained: each is a call on the stack */
};

/* A point of the rule between 0 and 1. */
typedef struct {
    const double *t;
    const double *weight;
    const double *unknown; /* (o - z) / (t * o + (1 - t) * z) where o is 0: -1 / (1 - t) */
    const double *ones;
    size_t count;
} Points;

/* What the path so far says of a feature: o, z and, where o is 1, by point one divided by t + (1 - t) * z. */
typedef struct {
    int known;
    double share;
    const double *inverse;
} Path;

typedef struct {
    const Table *table;
    const float *covers; /* of each node, how much of the training rows came by */
    Points points;
    Path *paths;         /* by feature */
    double *room;        /* for each level, of a child: see Level */
    const Key *row;
    double *moved;       /* by feature: the result */
} Explanation;

#define EACH_POINT(explanation, point)                                                                                 \
    for (size_t first = 0; first < (explanation)->points.count; first += SIDE_BY_SIDE)                                 \
        for (size_t point = first; point < first + SIDE_BY_SIDE; point++)

/* By point, at a child: the leaves' products, their sums below, and `inverse` of a Path. */
typedef struct {
    double *products;
    double *sums;
    double *inverse;
} Level;

static inline Level level_at(const Explanation *explanation, uint32_t number)
{
    const size_t count = explanation->points.count;
    double *room = explanation->room + 3 * count * number;
    return (Level){room, room + count, room + 2 * count};
}

/* What becomes of the leaves' products when a feature's state does. */
static inline void change_products(const Explanation *explanation, Path from, Path to, const double *products,
                                   Level level)
{
    const double *t = explanation->points.t;
    if (!from.known) {
        const double ratio = to.share / from.share;
        EACH_POINT(explanation, i)
            level.products[i] = products[i] * ratio;
    } else if (!to.known) {
        EACH_POINT(explanation, i)
            level.products[i] = products[i] * from.inverse[i] * ((1 - t[i]) * to.share);
    } else {
        EACH_POINT(explanation, i) {
            const double factor = t[i] + (1 - t[i]) * to.share;
            level.inverse[i] = 1 / factor;
            level.products[i] = products[i] * from.inverse[i] * factor;
        }
    }
}

/* What the leaves below add to the feature that was known: for its new state, less for its old one. */
static inline double moved_by(const Explanation *explanation, Path from, Path to, Level level)
{
    const Points points = explanation->points;
    double moved = 0.0;
    if (to.known) {
        EACH_POINT(explanation, i)
            moved += points.weight[i] * level.sums[i] *
                     ((1 - to.share) * level.inverse[i] - (1 - from.share) * from.inverse[i]);
    } else {
        EACH_POINT(explanation, i)
            moved += points.weight[i] * level.sums[i] * (points.unknown[i] - (1 - from.share) * from.inverse[i]);
    }
    return moved;
}

/* Adds to `sums`, for each point, the values of the leaves below times their products. */
static void explain_below(const Explanation *explanation, uint64_t at, uint32_t level, const double *products,
                          double *sums)
{
    const Table *table = explanation->table;
    const Node node = table->nodes[at];
    if (offset_of(node) == 0) {
        const double value = table->leaves[threshold_of(node)];
        EACH_POINT(explanation, i)
            sums[i] += value * products[i];
        return;
    }
    const Level below = level_at(explanation, level);
    const uint32_t feature = table->columns[(column_of(node) & ~SET_BIT) - 1].feature;
    const Path from = explanation->paths[feature];
    const uint64_t taken = step(table, at, explanation->row, 1);
    const float cover = explanation->covers[at];
    for (uint64_t child = at + offset_of(node); child <= at + offset_of(node) + 1; child++) {
        const double share = cover > 0.0f ? (double)explanation->covers[child] / cover : 0.0;
        const Path to = {from.known && child == taken, from.share * share, below.inverse};
        if (!to.known && to.share == 0.0)
            continue; /* no set of features leads there */
        change_products(explanation, from, to, products, below);
        memset(below.sums, 0, explanation->points.count * sizeof *below.sums);
        explanation->paths[feature] = to;
        explain_below(explanation, child, level + 1, below.products, below.sums);
        if (from.known)
            explanation->moved[feature] += moved_by(explanation, from, to, below);
        EACH_POINT(explanation, i)
            sums[i] += below.sums[i];
    }
    explanation->paths[feature] = from;
}

/* The member's trees; `moved` is by feature and begins at 0. */
static void explain_row(const Explanation *explanation, const Member *member)
{
    const Level roots = level_at(explanation, 0);
    for (Py_ssize_t i = 0; i < explanation->table->features; i++)
        explanation->paths[i] = (Path){1, 1.0, explanation->points.ones};
    for (uint32_t i = 0; i < member->count; i++)
        explain_below(explanation, explanation->table->trees[member->first + i].root, 1, explanation->points.ones, roots.sums);
}

static uint32_t deepest_tree(const Table *table, const Member *member)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < member->count; i++) {
        const uint32_t depth = table->trees[member->first + i].depth;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* `count` rows into `moved` [count, features], which begins at 0; -1 where there is no memory. */
static int explain_rows(const Table *table, const Member *member, Explanation explanation, const float *matrix,
                        npy_intp count)
{
    const size_t levels = (size_t)deepest_tree(table, member) + 2;
    Key *row = malloc((table->column_count + 1) * sizeof *row);
    explanation.paths = malloc(table->features * sizeof *explanation.paths);
    explanation.room = calloc(levels * 3 * explanation.points.count, sizeof *explanation.room);
    double *constants = malloc(2 * explanation.points.count * sizeof *constants);
    const int enough = row && explanation.paths && explanation.room && constants;
    for (size_t i = 0; enough && i < explanation.points.count; i++) {
        constants[i] = 1.0;
        constants[explanation.points.count + i] = -1 / (1 - explanation.points.t[i]);
    }
    explanation.points.ones = constants;
    explanation.points.unknown = constants + explanation.points.count;
    explanation.row = row;
    for (npy_intp i = 0; enough && i < count; i++) {
        fill_columns(table, matrix + i * table->features, row);
        explain_row(&explanation, member);
        explanation.moved += table->features;
    }
    free(constants);
    free(row);
    free(explanation.paths);
    free(explanation.room);
    return enough ? 0 : -1;
}

#endif
