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
 * an addition with carry, and no branch to predict wrongly. LANES walks side by side hide the memory's latency: the
 * LANES trees of a single row, or the LANES rows of a single tree. A single row takes only as many levels of a tree as
 * most rows need; the few walks that are not at a leaf then go on together.
 *
 * Missing values cost nothing in the walk: a column is a feature together with what stands for a missing value, minus
 * infinity where the node sends it left and infinity where it sends it right.
 *
 * Sums keep the library's own order of trees and its own width (XGBoost adds in single precision), so that a vote of
 * exactly one half falls on the same side.
 */
#define _DEFAULT_SOURCE /* for madvise */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CACHE_LINE = 64,
    HUGE_PAGE = 2 << 20,
    LANES = 16,               /* more than registers hold, which costs less than the memory's latency does */
    BLOCK = 8 * LANES,        /* rows that go through one tree before the next: it then stays in the first cache */
    LEVELS_AT_ONCE = 4,       /* of the walks that go on, before those at a leaf leave them */
    TURN = 40,                /* leaves that a member's sum takes before the next member's */
    ROWS_IN_BLOCKS = 16,      /* fewer rows are walked one at a time */
    ROWS_WITHOUT_GIL = 64,    /* fewer rows are scored sooner than another thread would start */
    SET_BIT = 0x8000,         /* of a node's column: the split asks for membership in a set of codes */
    MAX_COLUMNS = 0x7ffe
};

/* A loop over the lanes. They live in registers only where it is unrolled early. */
#define EACH_LANE(lane) _Pragma("GCC unroll LANES") for (int lane = 0; lane < LANES; lane++)

/* A float as a whole number, in the same order, in the upper half; never NaN. */
typedef uint64_t Key;
static const uint32_t SIGN = 0x80000000u;

/* 32 bits of threshold (half a key; the number of a set; the place of a leaf's value in `leaves`), 16 of offset, 16 of
 * column. */
typedef uint64_t Node;

/* A feature of the input row and what stands for its missing values, and for those that count as zero. */
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

/* A tree's place, and the number of the node where its walk is. */
typedef struct {
    uint32_t place;
    uint32_t at;
} Walk;

typedef struct {
    PyObject_HEAD
    Py_ssize_t features, column_count, node_count, leaf_count, set_count, word_count, tree_count, term_count,
        code_weight_count, member_count;
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
    /* Of the one row that is walked now; who holds the GIL walks. */
    Key *row;
    Walk *pending;     /* not at a leaf yet */
    uint32_t *reached; /* by the trees' places (behind them, of no tree), the places of their leaves' values */
} Table;

/* ------------------------------------------------------------------------------------------------ the walk */

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

/* `at` is the number of a node, and so is what comes back. The row's keys lie `apart` from each other. `apart` and
 * `has_sets` are constants at each call, so that the plain loop holds no trace of sets. */
static inline uint64_t step(const Table *table, uint64_t at, const Key *row, size_t apart, int has_sets)
{
    const Node node = table->nodes[at];
    if (has_sets && column_of(node) & SET_BIT) {
        const float value = value_of(row[(column_of(node) & ~SET_BIT) * apart]);
        return at + offset_of(node) + !in_set(table, threshold_of(node), value);
    }
#ifdef __x86_64__
    /* What the line below says. Compilers often make a flag, its widening and two additions of it. */
    __asm__("cmpq %[key], %[node]\n\tadcq %[offset], %[at]"
            : [at] "+r"(at)
            : [key] "m"(row[column_of(node) * apart]), [node] "r"(node), [offset] "r"(offset_of(node))
            : "cc");
    return at;
#else
    return at + offset_of(node) + (node < row[column_of(node) * apart]);
#endif
}

/* Says where a walk has come to and gives how many are pending now. Both are always written, and the second is only
 * counted where the walk has to go on: no branch here either. */
static inline size_t arrive(const Table *table, uint32_t place, uint64_t at, size_t pending)
{
    const Node node = table->nodes[at];
    table->reached[place] = threshold_of(node);
    table->pending[pending] = (Walk){place, (uint32_t)at};
    return pending + (offset_of(node) != 0);
}

/* LANES walks over one row; gives how many walks are pending then. `group` may lie in `pending` itself: what it writes
 * there it has read before. */
static inline size_t walk_group(const Table *table, const Walk *group, uint32_t levels, size_t pending, int has_sets)
{
    uint64_t at[LANES];
    EACH_LANE(lane)
        at[lane] = group[lane].at;
    for (; levels > 0; levels--)
        EACH_LANE(lane)
            at[lane] = step(table, at[lane], table->row, 1, has_sets);
    EACH_LANE(lane)
        pending = arrive(table, group[lane].place, at[lane], pending);
    return pending;
}

/* Each tree's usual levels; gives how many walks are not at a leaf then. */
static size_t begin_walks(const Table *table)
{
    size_t pending = 0;
    Py_ssize_t i = 0;
    for (; i < table->plain_groups; i++)
        pending = walk_group(table, table->starts + i * LANES, table->levels[i], pending, 0);
    for (; i < table->groups; i++)
        pending = walk_group(table, table->starts + i * LANES, table->levels[i], pending, 1);
    return pending;
}

/* Each round takes every pending walk nearer to its leaf; the last group is filled up with walks that are at one. */
static inline void end_walks(const Table *table, size_t pending, int has_sets)
{
    const Walk ended = {(uint32_t)table->tree_count, (uint32_t)table->node_count};
    while (pending > 0) {
        const size_t before = pending;
        pending = 0;
        EACH_LANE(lane)
            table->pending[before + lane] = ended;
        for (size_t first = 0; first < before; first += LANES)
            pending = walk_group(table, table->pending + first, LEVELS_AT_ONCE, pending, has_sets);
    }
}

/* LANES rows down one tree; `rows` holds LANES keys of each column. */
static inline void walk_rows(const Table *table, const Tree *tree, const Key *rows, double *values, int has_sets)
{
    uint64_t at[LANES];
    EACH_LANE(lane)
        at[lane] = tree->root;
    for (uint32_t level = tree->depth; level > 0; level--)
        EACH_LANE(lane)
            at[lane] = step(table, at[lane], rows + lane, LANES, has_sets);
    EACH_LANE(lane)
        values[lane] = table->leaves[threshold_of(table->nodes[at[lane]])];
}

/* ----------------------------------------------------------------------------------- from values to scores */

/* The row as the nodes read it, its keys `apart` from each other: column 0 is the leaves', then come `columns`. */
static void fill_columns(const Table *table, const float *features, Key *row, size_t apart)
{
    row[0] = 0;
    for (Py_ssize_t i = 0; i < table->column_count; i++) {
        const Column column = table->columns[i];
        float value = features[column.feature];
        if (fabsf(value) <= column.zero_radius)
            value = column.when_zero;
        row[(i + 1) * apart] = key_of(isnan(value) ? column.when_missing : value);
    }
}

static double linear_sum(const Table *table, const Member *member, const float *features)
{
    double sum = 0.0;
    const Term *term = table->terms + member->first;
    for (const Term *end = term + member->count; term < end; term++) {
        const float value = features[term->feature];
        if (term->codes == 0) {
            const float centred = (isnan(value) ? term->fill : value) - term->mean;
            sum += (double)(centred / term->scale) * term->weight;
        } else if (isnan(value)) {
            sum += term->weight;
        } else if (value >= 0.0f && value < (float)term->codes && value == (float)(uint32_t)value) {
            sum += table->code_weights[term->first + (uint32_t)value];
        }
    }
    return sum;
}

/* XGBoost's own sigmoid, in single precision. */
static double logistic_single(float margin)
{
    const float bounded = -margin < 88.7f ? -margin : 88.7f;
    return 1.0f / (expf(bounded) + 1.0f + 1e-16f);
}

static double member_score(const Member *member, double sum)
{
    if (member->kind == TREES_SINGLE)
        return member->link == LOGISTIC ? logistic_single((float)sum) : sum;
    const double value = (member->start + sum) / member->divisor * member->factor + member->offset;
    return member->link == LOGISTIC ? 1.0 / (1.0 + exp(-value)) : value;
}

/* churn_models.combine, in its order of additions. */
static double combined_score(const Table *table, const double *members)
{
    double total = 0.0;
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        double value = members[i];
        if (table->combine == VOTE) {
            value = value >= 0.5;
        } else if (table->combine == STACK) {
            value = value < 1e-6 ? 1e-6 : value > 1 - 1e-6 ? 1 - 1e-6 : value;
            value = log(value / (1 - value));
        }
        total += value * table->weights[i];
    }
    return table->combine == STACK ? 1.0 / (1.0 + exp(-(total + table->intercept))) : total;
}

static double first_sum(const Member *member)
{
    return member->kind == TREES_SINGLE ? member->start : 0.0;
}

static double add(const Member *member, double sum, double value)
{
    return member->kind == TREES_SINGLE ? (double)((float)sum + (float)value) : sum + value;
}

/* The sum after one turn of a member's leaves. */
static double add_leaves(const Table *table, const Member *member, uint32_t first, double sum)
{
    const uint32_t *reached = table->reached + member->first + first;
    const uint32_t *end = reached + (member->count - first < TURN ? member->count - first : TURN);
    if (member->kind == TREES_SINGLE) {
        float single = (float)sum;
        for (; reached < end; reached++)
            single += (float)table->leaves[*reached];
        return single;
    }
    for (; reached < end; reached++)
        sum += table->leaves[*reached];
    return sum;
}

/* An addition waits for the one before it, but not for another member's: so the members take turns. */
static void sum_leaves(const Table *table, double *sums)
{
    uint32_t left = 1;
    for (uint32_t first = 0; left > 0; first += TURN) {
        left = 0;
        for (Py_ssize_t i = 0; i < table->member_count; i++) {
            const Member *member = table->members + i;
            if (member->kind != LINEAR && first < member->count) {
                sums[i] = add_leaves(table, member, first, sums[i]);
                left += member->count - first > TURN;
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------- one row, a block */

static void score_row(Table *table, const float *features, double *scores)
{
    fill_columns(table, features, table->row, 1);
    const size_t pending = begin_walks(table);
    if (table->plain_groups < table->groups)
        end_walks(table, pending, 1);
    else
        end_walks(table, pending, 0);
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        scores[i] = member->kind == LINEAR ? linear_sum(table, member, features) : first_sum(member);
    }
    sum_leaves(table, scores);
    for (Py_ssize_t i = 0; i < table->member_count; i++)
        scores[i] = member_score(table->members + i, scores[i]);
}

static void add_tree(const Table *table, const Member *member, const Tree *tree, const Key *rows, Py_ssize_t count,
                     double *sums)
{
    double values[LANES];
    for (Py_ssize_t first = 0; first < count; first += LANES) {
        if (tree->has_sets)
            walk_rows(table, tree, rows + first * (table->column_count + 1), values, 1);
        else
            walk_rows(table, tree, rows + first * (table->column_count + 1), values, 0);
        EACH_LANE(lane)
            sums[first + lane] = add(member, sums[first + lane], values[lane]);
    }
}

/* At most BLOCK rows. What follows the last one in `rows` is walked in its group of LANES and ignored. */
static void score_block(const Table *table, const float *matrix, Py_ssize_t count, Key *rows, double *sums,
                        double *scores)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        const Py_ssize_t lane = i % LANES;
        fill_columns(table, matrix + i * table->features, rows + (i - lane) * (table->column_count + 1) + lane, LANES);
    }
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        for (Py_ssize_t k = 0; k < BLOCK; k++)
            sums[k] = first_sum(member);
        if (member->kind == LINEAR) {
            for (Py_ssize_t k = 0; k < count; k++)
                sums[k] = linear_sum(table, member, matrix + k * table->features);
        } else {
            for (uint32_t k = 0; k < member->count; k++)
                add_tree(table, member, table->trees + member->first + k, rows, count, sums);
        }
        for (Py_ssize_t k = 0; k < count; k++)
            scores[k * table->member_count + i] = member_score(member, sums[k]);
    }
}

static void score_one_by_one(Table *table, const float *matrix, Py_ssize_t count, double *scores)
{
    for (Py_ssize_t i = 0; i < count; i++)
        score_row(table, matrix + i * table->features, scores + i * table->member_count);
}

/* `rows` is room for the keys of a block. */
static void score_blocks(const Table *table, const float *matrix, Py_ssize_t count, Key *rows, double *scores)
{
    double sums[BLOCK];
    for (Py_ssize_t first = 0; first < count; first += BLOCK)
        score_block(table, matrix + first * table->features, count - first < BLOCK ? count - first : BLOCK, rows, sums,
                    scores + first * table->member_count);
}

static void combine_scores(const Table *table, Py_ssize_t count, const double *scores, double *ensemble)
{
    for (Py_ssize_t i = 0; i < count; i++)
        ensemble[i] = combined_score(table, scores + i * table->member_count);
}

/* ------------------------------------------------------------------------- the checks that make a walk safe */

static int refuse(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}

/* Children lie behind their parent and inside the tree, so every walk ends; the depth is worked out here, so that it
 * ends at a leaf. */
static int check_tree(Table *table, const TreeSpan span, Tree *tree)
{
    if (span.nodes == 0 || span.root > table->node_count || span.nodes > table->node_count - span.root)
        return refuse("a tree lies outside the nodes");
    uint32_t *depths = calloc(span.nodes, sizeof *depths);
    if (!depths) {
        PyErr_NoMemory();
        return -1;
    }
    const char *fault = NULL;
    tree->root = span.root;
    for (uint32_t i = 0; i < span.nodes && !fault; i++) {
        const Node node = table->nodes[span.root + i];
        const uint16_t column = column_of(node) & ~SET_BIT;
        const uint64_t offset = offset_of(node);
        if (offset == 0) {
            if (column_of(node) != 0 || threshold_of(node) >= (uint32_t)table->leaf_count)
                fault = "a leaf without a value";
            continue;
        }
        if (column == 0 || column > table->column_count)
            fault = "a node asks for a column that is none";
        else if (i + offset + 1 >= span.nodes)
            fault = "a node's child lies outside its tree";
        else if (column_of(node) & SET_BIT && threshold_of(node) >= (uint32_t)table->set_count)
            fault = "a node asks for a set that is none";
        else {
            const uint32_t depth = depths[i] + 1;
            for (int child = 0; child < 2; child++)
                if (depths[i + offset + child] < depth)
                    depths[i + offset + child] = depth;
            if (depth > tree->depth)
                tree->depth = depth;
            tree->has_sets |= (column_of(node) & SET_BIT) != 0;
        }
    }
    free(depths);
    tree->usual_levels = span.usual_levels < tree->depth ? span.usual_levels : tree->depth;
    return fault ? refuse(fault) : 0;
}

static int check_table(Table *table)
{
    if (table->leaf_count > UINT32_MAX || table->set_count > UINT32_MAX || table->column_count > MAX_COLUMNS ||
        table->node_count >= UINT32_MAX)
        return refuse("more than a table can number");
    for (Py_ssize_t i = 0; i < table->column_count; i++)
        if (table->columns[i].feature >= table->features)
            return refuse("a column of a feature that is none");
    for (Py_ssize_t i = 0; i < table->set_count; i++)
        if ((uint64_t)table->sets[i].first + table->sets[i].words > (uint64_t)table->word_count)
            return refuse("a set outside its words");
    for (Py_ssize_t i = 0; i < table->term_count; i++) {
        const Term *term = table->terms + i;
        if (term->feature >= table->features ||
            (uint64_t)term->first + term->codes > (uint64_t)table->code_weight_count)
            return refuse("a term of a feature or of weights that are none");
    }
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        const Py_ssize_t known = member->kind == LINEAR ? table->term_count : table->tree_count;
        if (member->kind > LINEAR || member->link > LOGISTIC || (uint64_t)member->first + member->count > (uint64_t)known)
            return refuse("a member of an unknown kind, or of trees or terms that are none");
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------- the type */

static int by_sets_and_levels(const void *left, const void *right)
{
    const Tree *a = left, *b = right;
    if (a->has_sets != b->has_sets)
        return a->has_sets - b->has_sets;
    return a->usual_levels < b->usual_levels ? -1 : a->usual_levels > b->usual_levels;
}

/* Trees of like depth walk side by side, as many levels as the last of the group. The first group is filled up with
 * walks of no tree, which are at a leaf. */
static void group_walks(Table *table, Tree *trees)
{
    const Py_ssize_t missing = table->groups * LANES - table->tree_count;
    qsort(trees, table->tree_count, sizeof *trees, by_sets_and_levels);
    for (Py_ssize_t i = 0; i < missing; i++)
        table->starts[i] = (Walk){(uint32_t)table->tree_count, (uint32_t)table->node_count};
    for (Py_ssize_t i = 0; i < table->tree_count; i++)
        table->starts[missing + i] = (Walk){trees[i].place, trees[i].root};
    for (Py_ssize_t i = 0; i < table->groups; i++) {
        const Tree *last = trees + (i + 1) * LANES - 1 - missing;
        table->levels[i] = last->usual_levels;
        table->plain_groups += !last->has_sets;
    }
}

static int order_walks(Table *table)
{
    table->groups = (table->tree_count + LANES - 1) / LANES;
    table->starts = calloc(table->groups * LANES + 1, sizeof *table->starts);
    table->levels = calloc(table->groups + 1, sizeof *table->levels);
    table->reached = calloc(table->tree_count + 1, sizeof *table->reached);
    table->pending = calloc((table->groups + 1) * LANES, sizeof *table->pending);
    table->row = calloc(table->column_count + 1, sizeof *table->row);
    Tree *trees = malloc((table->tree_count + 1) * sizeof *trees);
    const int enough = table->starts && table->levels && table->reached && table->pending && table->row && trees;
    if (enough) {
        memcpy(trees, table->trees, table->tree_count * sizeof *trees);
        group_walks(table, trees);
    } else {
        PyErr_NoMemory();
    }
    free(trees);
    return enough ? 0 : -1;
}

static int link_trees(Table *table, const TreeSpan *spans)
{
    table->trees = calloc(table->tree_count + 1, sizeof *table->trees);
    if (!table->trees) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < table->tree_count; i++) {
        table->trees[i].place = (uint32_t)i;
        if (check_tree(table, spans[i], table->trees + i) < 0)
            return -1;
    }
    return order_walks(table);
}

/* A copy of the buffer's items; NULL with an exception set when it does not hold whole ones. */
static void *copy_items(const Py_buffer *buffer, size_t size, Py_ssize_t *count)
{
    if (buffer->len % (Py_ssize_t)size) {
        refuse("an array of another item size");
        return NULL;
    }
    *count = buffer->len / (Py_ssize_t)size;
    void *copy = malloc(buffer->len + size);
    if (!copy)
        PyErr_NoMemory();
    else
        memcpy(copy, buffer->buf, buffer->len);
    return copy;
}

/* Nodes begin at a cache line, so that two children never lie in two of them. Many nodes lie in a huge page where the
 * kernel has one: over small pages it is chance how many of their lines compete for one place of the second cache, and
 * a row takes up to a tenth longer in one process than in the next. */
static Node *allocate_nodes(size_t count)
{
    const size_t size = count * sizeof(Node);
    const size_t alignment = size < HUGE_PAGE / 4 ? CACHE_LINE : HUGE_PAGE;
    const size_t whole = (size + alignment - 1) / alignment * alignment;
    void *memory;
    if (posix_memalign(&memory, alignment, whole) != 0) {
        PyErr_NoMemory();
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (alignment == HUGE_PAGE)
        madvise(memory, whole, MADV_HUGEPAGE);
#endif
    return memory;
}

/* Behind them follows a leaf for walks of no tree. */
static int copy_nodes(Table *table, const Py_buffer *buffer)
{
    if (buffer->len % (Py_ssize_t)sizeof(Node))
        return refuse("an array of another item size");
    table->node_count = buffer->len / (Py_ssize_t)sizeof(Node);
    if (!(table->nodes = allocate_nodes(table->node_count + 1)))
        return -1;
    memcpy(table->nodes, buffer->buf, buffer->len);
    table->nodes[table->node_count] = 0;
    return 0;
}

enum { COLUMNS, NODES, SPANS, LEAVES, SETS, SET_WORDS, TERMS, CODE_WEIGHTS, MEMBERS, WEIGHTS, ARRAYS };

static int fill_table(Table *table, const Py_buffer *arrays)
{
    Py_ssize_t weight_count, span_count;
    if (!(table->columns = copy_items(arrays + COLUMNS, sizeof(Column), &table->column_count)) ||
        !(table->leaves = copy_items(arrays + LEAVES, sizeof(double), &table->leaf_count)) ||
        !(table->sets = copy_items(arrays + SETS, sizeof(Set), &table->set_count)) ||
        !(table->set_words = copy_items(arrays + SET_WORDS, sizeof(uint32_t), &table->word_count)) ||
        !(table->terms = copy_items(arrays + TERMS, sizeof(Term), &table->term_count)) ||
        !(table->code_weights = copy_items(arrays + CODE_WEIGHTS, sizeof(double), &table->code_weight_count)) ||
        !(table->members = copy_items(arrays + MEMBERS, sizeof(Member), &table->member_count)) ||
        !(table->weights = copy_items(arrays + WEIGHTS, sizeof(double), &weight_count)) ||
        copy_nodes(table, arrays + NODES) < 0)
        return -1;
    if (table->combine != NO_COMBINE && weight_count != table->member_count)
        return refuse("one weight per member is expected");
    if (table->leaf_count < 1)
        return refuse("at least one leaf value is expected");
    TreeSpan *spans = copy_items(arrays + SPANS, sizeof *spans, &span_count);
    if (!spans)
        return -1;
    table->tree_count = span_count;
    const int result = check_table(table) < 0 ? -1 : link_trees(table, spans);
    free(spans);
    return result;
}

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"columns", "nodes", "trees", "leaves", "sets", "set_words", "terms", "code_weights",
                            "members", "weights", "features", "combine", "intercept", NULL};
    Py_buffer arrays[ARRAYS];
    Py_ssize_t features;
    int combine;
    double intercept;
    memset(arrays, 0, sizeof arrays);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*y*y*y*y*y*y*y*y*nid", names, arrays, arrays + 1, arrays + 2,
                                     arrays + 3, arrays + 4, arrays + 5, arrays + 6, arrays + 7, arrays + 8,
                                     arrays + 9, &features, &combine, &intercept))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Table *table = (Table *)allocate(type, 0);
    int result = -1;
    if (table) {
        table->features = features;
        table->combine = combine;
        table->intercept = intercept;
        if (features < 1 || features > UINT32_MAX || combine < NO_COMBINE || combine > STACK)
            refuse("no features, or an unknown combine rule");
        else
            result = fill_table(table, arrays);
    }
    for (int i = 0; i < ARRAYS; i++)
        PyBuffer_Release(arrays + i);
    if (result < 0)
        Py_CLEAR(table);
    return (PyObject *)table;
}

static void table_dealloc(PyObject *self)
{
    Table *table = (Table *)self;
    void *owned[] = {table->columns, table->nodes,  table->leaves,       table->sets,    table->set_words,
                     table->trees,   table->starts, table->levels,       table->reached, table->pending,
                     table->row,     table->terms,  table->code_weights, table->members, table->weights};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* The rows to score; NULL with an exception set when `object` is no C-contiguous float32 [rows, features]. */
static const float *get_rows(const Table *table, PyObject *object, npy_intp *count)
{
    PyArrayObject *matrix = (PyArrayObject *)object;
    if (!PyArray_Check(object) || PyArray_TYPE(matrix) != NPY_FLOAT32 || !PyArray_ISNOTSWAPPED(matrix)) {
        PyErr_SetString(PyExc_TypeError, "an array of float32 is expected");
        return NULL;
    }
    if (PyArray_NDIM(matrix) != 2 || PyArray_DIM(matrix, 1) != table->features || !PyArray_IS_C_CONTIGUOUS(matrix) ||
        !PyArray_ISALIGNED(matrix)) {
        PyErr_Format(PyExc_ValueError, "a C-contiguous matrix of %zd features a row is expected", table->features);
        return NULL;
    }
    *count = PyArray_DIM(matrix, 0);
    return PyArray_DATA(matrix);
}

/* Scores `count` rows into `scores` [count, members] and, unless it is NULL, `ensemble` [count]. */
static int score_rows(Table *table, const float *matrix, npy_intp count, double *scores, double *ensemble)
{
    /* Zeros: the lanes behind the last row need a leaf's column 0 like any other. */
    const size_t room = count < BLOCK ? (size_t)count / LANES * LANES + LANES : BLOCK;
    Key *rows = NULL;
    if (count >= ROWS_IN_BLOCKS && !(rows = calloc(room, (table->column_count + 1) * sizeof *rows))) {
        PyErr_NoMemory();
        return -1;
    }
    PyThreadState *thread = count >= ROWS_WITHOUT_GIL ? PyEval_SaveThread() : NULL;
    if (rows)
        score_blocks(table, matrix, count, rows, scores);
    else
        score_one_by_one(table, matrix, count, scores);
    if (ensemble)
        combine_scores(table, count, scores, ensemble);
    if (thread)
        PyEval_RestoreThread(thread);
    free(rows);
    return 0;
}

static PyObject *table_score_members(PyObject *self, PyObject *matrix)
{
    Table *table = (Table *)self;
    npy_intp shape[2] = {0, table->member_count};
    const float *rows = get_rows(table, matrix, shape);
    PyObject *members = rows ? PyArray_SimpleNew(2, shape, NPY_FLOAT64) : NULL;
    if (members && score_rows(table, rows, shape[0], PyArray_DATA((PyArrayObject *)members), NULL) < 0)
        Py_CLEAR(members);
    return members;
}

static PyObject *table_evaluate(PyObject *self, PyObject *matrix)
{
    Table *table = (Table *)self;
    npy_intp shape[2] = {0, table->member_count};
    const float *rows = get_rows(table, matrix, shape);
    if (!rows)
        return NULL;
    if (table->combine == NO_COMBINE) {
        refuse("this table has no combine rule");
        return NULL;
    }
    PyObject *members = PyArray_SimpleNew(2, shape, NPY_FLOAT64);
    PyObject *ensemble = PyArray_SimpleNew(1, shape, NPY_FLOAT64);
    PyObject *both = NULL;
    if (members && ensemble &&
        score_rows(table, rows, shape[0], PyArray_DATA((PyArrayObject *)members),
                   PyArray_DATA((PyArrayObject *)ensemble)) == 0)
        both = PyTuple_Pack(2, ensemble, members);
    Py_XDECREF(ensemble);
    Py_XDECREF(members);
    return both;
}

static PyMethodDef table_methods[] = {
    {"evaluate", table_evaluate, METH_O,
     "evaluate(matrix): the ensemble's scores [rows] and the members' [rows, members] of float32 [rows, features]."},
    {"score_members", table_score_members, METH_O, "score_members(matrix): the members' scores [rows, members] alone."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_tp_doc, "The packed members of one ensemble. The arrays are copied and checked."},
    {Py_tp_new, table_new},
    {Py_tp_dealloc, table_dealloc},
    {Py_tp_methods, table_methods},
    {0, NULL},
};

static PyType_Spec table_spec = {
    .name = "churn_runtimes.evaluator._flat_trees.Table",
    .basicsize = sizeof(Table),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = table_slots,
};

static int add_types(PyObject *module)
{
    import_array1(-1);
    PyObject *type = PyType_FromSpec(&table_spec);
    const int result = type ? PyModule_AddObjectRef(module, "Table", type) : -1;
    Py_XDECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, add_types}, {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_flat_trees", .m_doc = "See _flat_trees.c.", .m_slots = module_slots};

PyMODINIT_FUNC PyInit__flat_trees(void) { return PyModuleDef_Init(&module); }
