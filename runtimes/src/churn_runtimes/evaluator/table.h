/* The members of one ensemble as one table, and the one pass that scores rows with it.
 *
 * churn_runtimes.evaluator.node_table builds the arrays, evaluator.py calls `Table.evaluate`.
 *
 * A node is one number of 8 bytes, threshold, offset and column from high to low: go to `offset` nodes further on when
 * the column's value is at most the threshold, else one further than that. So the two children are neighbours, and
 * always behind their parent. A leaf has offset 0 and column 0, which holds the least key: it goes to itself, and a
 * walk of the tree's depth ends at a leaf without ever asking where it is. Values and thresholds are compared as keys,
 * whole numbers in the order of the floats, and a row's key is as wide as a node, with nothing below: the node as a
 * whole is less than the key if and only if its threshold is. A step is then two loads, a comparison with memory and
 * an addition with carry, and no branch to predict wrongly. LANES walks side by side hide the memory's latency: one row
 * walks down LANES trees, of many rows (blocks.h) LANES walk down one tree. A row takes only as many levels of a tree as
 * most rows need; the few walks that are not at a leaf then go on together.
 *
 * Missing values cost nothing in the walk: a column is a feature together with what stands for a missing value, minus
 * infinity where the node sends it left and infinity where it sends it right.
 *
 * Sums keep the library's own order of trees and its own width (XGBoost adds in single precision), so that a vote of
 * exactly one half falls on the same side.
 */
#ifndef FLAT_TREES_TABLE_H
#define FLAT_TREES_TABLE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    CACHE_LINE = 64,
    HUGE_PAGE = 2 << 20,
    LANES = 16,               /* more than registers hold, which costs less than the memory's latency does */
    LEVELS_AT_ONCE = 4,       /* of the walks that go on, before those at a leaf leave them */
    BLOCK_ROWS = 32,          /* of many rows, that a tree takes before the next does */
    TREES_AT_ONCE = 32,       /* that a block walks before their leaves are added */
    EXITS = 32,               /* ways out of the top of a tree, as many as a number has bits */
    TURN = 40,                /* leaves that a member's sum takes before the next member's */
    ROWS_WITHOUT_GIL = 64,    /* fewer rows are scored sooner than another thread would start */
    SET_BIT = 0x8000,         /* of a node's column: the split asks for membership in a set of codes */
    MAX_COLUMNS = 0x7ffe,
    MOST_DERIVED = 1024
};

/* Where the C library can choose at load time, a function is there for wider registers too. Both give the same bits. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_WIDE_REGISTERS __attribute__((target_clones("avx2", "default")))
#else
#define FOR_WIDE_REGISTERS
#endif

/* A loop over the lanes. They live in registers only where it is unrolled early. */
#define EACH_LANE(lane) _Pragma("GCC unroll LANES") for (int lane = 0; lane < LANES; lane++)

/* A float as a whole number, in the same order, in the upper half; never NaN. */
typedef uint64_t Key;
static const uint32_t SIGN = 0x80000000u;

/* 32 bits of threshold (half a key; the number of a set; the place of a leaf's value in `leaves`), 16 of offset, 16 of
 * column. */
typedef uint64_t Node;

/* `target` becomes the operation of columns `first` and `second`, and of `length` values from `begin` on: derive.h. */
typedef struct {
    uint32_t operation;
    uint32_t target;
    uint32_t first;
    uint32_t second;
    uint32_t begin; /* of `step_values` */
    uint32_t length;
} Step;

/* A feature of the row as members score it and what stands for its missing values, and for those that count as zero. */
typedef struct {
    uint32_t feature;
    float when_missing;
    float when_zero;
    float zero_radius; /* negative: no value counts as zero */
} Column;

typedef struct {
    uint32_t first; /* of `set_words` */
    uint32_t words;
} Set;

/* What node_table gives of a tree. */
typedef struct {
    uint32_t root;
    uint32_t nodes;
    uint32_t usual_levels; /* after which most rows are at a leaf */
} TreeSpan;

typedef struct {
    uint32_t root;
    uint32_t depth;
    uint32_t usual_levels;
    uint32_t place; /* among all trees, in the library's order */
    int has_sets;
} Tree;

/* A split of a top. */
typedef struct {
    int32_t threshold; /* as `ordered_of` gives it */
    uint32_t excluded; /* a bit for each way out on its left, which a row that goes to the right does not take */
    uint32_t column;
} Split;

/* What of a tree many rows are asked at once. */
typedef struct {
    uint32_t first_split;
    uint32_t splits;
    uint32_t first_exit;
    uint32_t exits;
    uint32_t levels; /* that most rows have below it */
    int is_whole;    /* no levels at all */
    int has_sets;
} Top;

/* One addend of a linear member. Numeric (codes == 0): weight * ((x, or `fill`) - mean) / scale, in sklearn's single
 * precision up to the weight. Categorical: the code's weight, `weight` for a missing value, 0 for any other. */
typedef struct {
    uint32_t feature;
    uint32_t codes;
    uint32_t first; /* of `code_weights` */
    float fill;
    float mean;
    float scale;
    double weight;
} Term;

enum { TREES_DOUBLE = 0, TREES_SINGLE = 1, LINEAR = 2 };
enum { IDENTITY = 0, LOGISTIC = 1 };

/* P(churn) = link(factor * (start + sum) / divisor + offset) of `count` trees or terms from `first` on. */
typedef struct {
    uint32_t kind;
    uint32_t link;
    uint32_t first;
    uint32_t count;
    double start;
    double divisor;
    double factor;
    double offset;
} Member;

enum { NO_COMBINE = 0, AVERAGE = 1, VOTE = 2, STACK = 3 };

/* Its place (a tree's, for one row), and the number of the node where its walk is. */
typedef struct {
    uint32_t place;
    uint32_t at;
} Walk;

/* Of the rows that are walked now: one, or BLOCK_ROWS. */
typedef struct {
    Key *keys;              /* by column, one for each row */
    Walk *pending;          /* not at a leaf yet */
    uint32_t nowhere;       /* the place of a walk of no tree */
    uint32_t *leaf_of_walk; /* by the walks' places, the places of their leaves' values */
} Scratch;

/* For BLOCK_ROWS rows: a walk's place is that of its tree, times BLOCK_ROWS, and its row. */
typedef struct {
    Scratch walks;
    int32_t *ordered; /* the keys as `ordered_of` gives them */
    uint32_t *open;   /* by row, a bit for each way out that is not excluded */
} Block;

/* What one call needs besides its rows. */
typedef struct {
    Scratch row;
    Block block;
    float *wide; /* BLOCK_ROWS rows with their derived features */
} Workspace;

typedef struct {
    PyObject_HEAD
    Py_ssize_t features, column_count, node_count, leaf_count, set_count, word_count, tree_count, term_count,
        code_weight_count, member_count, step_count, step_value_count;
    Py_ssize_t width; /* the features and the derived ones: a row as members score it */
    Step *steps;
    float *step_values;
    Column *columns;
    Node *nodes;
    double *leaves;
    Set *sets;
    uint32_t *set_words;
    Tree *trees;      /* in the library's order, for batches */
    Walk *starts;     /* of one row, in groups of LANES, those without sets first */
    uint32_t *levels; /* that each group takes */
    Py_ssize_t groups, plain_groups;
    Term *terms;
    double *code_weights;
    Member *members;
    double *weights;
    int combine;
    double intercept;
    Split *splits;
    Top *tops; /* of the trees in the library's order */
    uint32_t *exits; /* behind the ways out of a top, the nodes; of a whole one, the places of the leaves' values */
    Workspace own;   /* of calls that keep the GIL */
    Py_ssize_t not_scores; /* rows of the ensemble that were not finite or out of range so far; under the GIL */
} Table;

static inline uint16_t column_of(Node node)
{
    return (uint16_t)node;
}

static inline uint64_t offset_of(Node node)
{
    return (uint32_t)node >> 16;
}

static inline uint32_t threshold_of(Node node)
{
    return (uint32_t)(node >> 32);
}

static inline Key key_of(float value)
{
    /* Minus zero equals zero. */
    const float one_zero = value + 0.0f;
    uint32_t bits;
    memcpy(&bits, &one_zero, sizeof bits);
    return (Key)(bits ^ (-(bits >> 31) | SIGN)) << 32;
}

static inline int32_t ordered_of(Key key)
{
    return (int32_t)((uint32_t)(key >> 32) ^ SIGN);
}

static inline float value_of(Key key)
{
    const uint32_t ordered = (uint32_t)(key >> 32);
    const uint32_t bits = ordered & SIGN ? ordered & ~SIGN : ~ordered;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline int in_set(const Table *table, uint32_t number, float value)
{
    const Set set = table->sets[number];
    /* Codes are cut towards zero, as LightGBM does; a missing value stands as -1. */
    if (!(value > -1.0f && value < (float)set.words * 32.0f))
        return 0;
    const uint32_t code = (uint32_t)value;
    return table->set_words[set.first + code / 32] >> (code % 32) & 1;
}

#endif
