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
 *
 * Most nodes of deep trees split by a feature that the row has left further up. Below it o is 0 whatever the row has, so
 * such a split only shares what comes by: one number for all points, and no work for each of them.
 */
#ifndef FLAT_TREES_SHAP_H
#define FLAT_TREES_SHAP_H

#include "derive.h"
#include "score.h"

enum {
    SIDE_BY_SIDE = 4, /* points: a rule has whole groups of them */
    MOST_GROUPS = 250,
    DEEPEST = 1000 /* levels that are explained: each is a call on the stack */
};

/* One group of points, computed with as a whole. */
typedef double Four __attribute__((vector_size(SIDE_BY_SIDE * sizeof(double)), aligned(SIDE_BY_SIDE * sizeof(double))));

/* Rules of 1, 2, … groups one after the other; `ones` and `zeros` are as long as the longest. */
typedef struct {
    Four *t;
    Four *weight;
    Four *rest; /* 1 - t */
    Four *fall; /* 1 / (1 - t): less is (o - z) / (t * o + (1 - t) * z) where o is 0 */
    Four *ones;
    Four *zeros;
} Rules;

/* What the path so far says of a feature that the row has not left: z, and by point 1 / (t + (1 - t) * z) and that times
 * 1 - z. Of one that it has left, both are NULL. */
typedef struct {
    double share;
    const Four *inverse;
    const Four *gain;
} Path;

/* The rule of one tree. */
typedef struct {
    const Four *t, *weight, *rest, *fall;
    uint32_t count;
} Rule;

typedef struct {
    const Table *table;
    const double *shares;  /* of each node, the share of the training rows of its parent that came to it */
    const uint8_t *groups; /* of each tree of the member, how many its rule has */
    Rules rules;
    Path *paths; /* by feature */
    Four *room;  /* for each level: see Level */
    const Key *row;
    double *moved; /* by feature: the result */
    Rule rule;     /* of the tree that is walked now */
} Explanation;

/* By group of points, at a node whose feature the row has not left: what its children need. */
typedef struct {
    Four *products;
    Four *taken_sums;
    Four *other_sums;
    Four *inverse; /* both of the taken child's Path */
    Four *gain;
} Level;

enum { FOURS_OF_A_LEVEL = 5 };

static inline Level level_at(const Explanation *explanation, uint32_t number)
{
    const size_t count = explanation->rule.count;
    Four *room = explanation->room + FOURS_OF_A_LEVEL * count * number;
    return (Level){room, room + count, room + 2 * count, room + 3 * count, room + 4 * count};
}

/* What the leaves below add to the feature of a split: for its state at each child, less for the one before. */
static inline double moved_by(Rule rule, Path from, Level level)
{
    Four moved = {0};
    for (uint32_t i = 0; i < rule.count; i++)
        moved += rule.weight[i] * (level.taken_sums[i] * (level.gain[i] - from.gain[i]) -
                                   level.other_sums[i] * (rule.fall[i] + from.gain[i]));
    return (moved[0] + moved[1]) + (moved[2] + moved[3]);
}

static double explain_split(const Explanation *explanation, uint64_t at, uint32_t level, double factor,
                            const Four *products, Four *sums);

/* The leaves below add their values times their products to `sums`, for each point, or, where their products differ by
 * one factor from `products`, their values times this factor to what comes back; `factor` is that of the node. */
static inline double explain_below(const Explanation *explanation, uint64_t at, uint32_t level, double factor,
                                   const Four *products, Four *sums)
{
    const Table *table = explanation->table;
    const Node node = table->nodes[at];
    if (offset_of(node) == 0)
        return factor * table->leaves[threshold_of(node)];
    return explain_split(explanation, at, level, factor, products, sums);
}

/* The same at a node that is no leaf. */
FOR_WIDE_REGISTERS
static double explain_split(const Explanation *explanation, uint64_t at, uint32_t level, double factor,
                            const Four *products, Four *sums)
{
    const Table *table = explanation->table;
    const Node node = table->nodes[at];
    const uint64_t left = at + offset_of(node);
    const uint32_t feature = table->columns[(column_of(node) & ~SET_BIT) - 1].feature;
    const double *shares = explanation->shares;
    const Path from = explanation->paths[feature];
    if (!from.inverse)
        return explain_below(explanation, left, level, factor * shares[left], products, sums) +
               explain_below(explanation, left + 1, level, factor * shares[left + 1], products, sums);
    const Level below = level_at(explanation, level);
    const Rule rule = explanation->rule;
    const uint64_t taken = step(table, at, explanation->row, 1, 1), other = 2 * left + 1 - taken;
    const double share = from.share * shares[taken];
    for (uint32_t i = 0; i < rule.count; i++) {
        const Four now = rule.t[i] + rule.rest[i] * share;
        below.products[i] = products[i] * from.inverse[i] * now;
        below.inverse[i] = 1 / now;
        below.gain[i] = (1 - share) * below.inverse[i];
        below.taken_sums[i] = below.other_sums[i] = explanation->rules.zeros[i];
    }
    explanation->paths[feature] = (Path){share, below.inverse, below.gain};
    double alike = explain_below(explanation, taken, level + 1, factor, below.products, below.taken_sums);
    for (uint32_t i = 0; i < rule.count; i++) {
        below.taken_sums[i] += alike * below.products[i];
        below.products[i] = products[i] * from.inverse[i] * rule.rest[i];
    }
    explanation->paths[feature] = (Path){0, NULL, NULL};
    const double other_factor = factor * from.share * shares[other];
    alike = explain_below(explanation, other, level + 1, other_factor, below.products, below.other_sums);
    explanation->paths[feature] = from;
    for (uint32_t i = 0; i < rule.count; i++) {
        below.other_sums[i] += alike * below.products[i];
        sums[i] += below.taken_sums[i] + below.other_sums[i];
    }
    explanation->moved[feature] += moved_by(rule, from, below);
    return 0.0;
}

static inline Rule rule_of(const Rules *rules, uint32_t groups)
{
    const size_t first = (size_t)groups * (groups - 1) / 2;
    return (Rule){rules->t + first, rules->weight + first, rules->rest + first, rules->fall + first, groups};
}

/* The member's trees; `moved` is by feature and begins at 0. */
static void explain_row(Explanation *explanation, const Member *member)
{
    const Rules *rules = &explanation->rules;
    for (Py_ssize_t i = 0; i < explanation->table->width; i++)
        explanation->paths[i] = (Path){1.0, rules->ones, rules->zeros};
    for (uint32_t i = 0; i < member->count; i++) {
        const uint32_t root = explanation->table->trees[member->first + i].root;
        explanation->rule = rule_of(rules, explanation->groups[i]);
        explain_below(explanation, root, 1, 1.0, rules->ones, level_at(explanation, 0).products);
    }
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

static Four *fours(size_t count)
{
    void *memory;
    return posix_memalign(&memory, CACHE_LINE, (count + 1) * sizeof(Four)) == 0 ? memory : NULL;
}

/* From points and weights in the order of `Rules`, the longest rule having `groups`; NULL where there is no memory. The
 * caller frees it. */
static Four *fill_rules(Rules *rules, const double *points, const double *weights, size_t groups)
{
    const size_t count = groups * (groups + 1) / 2;
    Four *memory = fours(4 * count + 2 * groups);
    if (!memory)
        return NULL;
    *rules = (Rules){memory, memory + count, memory + 2 * count, memory + 3 * count, memory + 4 * count,
                     memory + 4 * count + groups};
    memcpy(rules->t, points, count * sizeof(Four));
    memcpy(rules->weight, weights, count * sizeof(Four));
    for (size_t i = 0; i < count; i++) {
        rules->rest[i] = 1 - rules->t[i];
        rules->fall[i] = 1 / rules->rest[i];
    }
    for (size_t i = 0; i < groups; i++) {
        rules->zeros[i] = (Four){0};
        rules->ones[i] = 1 - rules->zeros[i];
    }
    return memory;
}

/* `count` rows into `moved` [count, width], which begins at 0; `groups` are those of the longest rule; -1 where there
 * is no memory. */
static int explain_rows(const Member *member, Explanation explanation, size_t groups, const float *matrix,
                        npy_intp count)
{
    const Table *table = explanation.table;
    const size_t levels = (size_t)deepest_tree(table, member) + 2;
    Key *row = malloc((table->column_count + 1) * sizeof *row);
    float *wide = malloc(table->width * sizeof *wide);
    explanation.paths = malloc(table->width * sizeof *explanation.paths);
    explanation.room = fours(levels * FOURS_OF_A_LEVEL * groups);
    explanation.row = row;
    const int enough = row && wide && explanation.paths && explanation.room;
    if (enough)
        memset(explanation.room, 0, FOURS_OF_A_LEVEL * groups * sizeof(Four));
    for (npy_intp i = 0; enough && i < count; i++) {
        fill_columns(table, derive_rows(table, matrix + i * table->features, 1, wide), row);
        explain_row(&explanation, member);
        explanation.moved += table->width;
    }
    free(row);
    free(wide);
    free(explanation.paths);
    free(explanation.room);
    return enough ? 0 : -1;
}

#endif
