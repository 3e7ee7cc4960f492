/* Many rows at once: a tree takes a block of rows before the next one does, so it is in the first cache for most of them.
 *
 * What is nearest to the root of a tree, down to EXITS ways out, is its top. A top is not walked: each of its splits is
 * asked of all rows of the block, whose values are neighbours in memory, so that a register holds several. A split that
 * sends a row to the right excludes the ways out on its left, and the first one that nothing excludes is the row's
 * (Lucchese et al., QuickScorer: a fast algorithm to rank documents with additive ensembles of regression trees, 2015).
 * A shallow tree is nothing but a top. Below that of a deep one rows walk as in walk.h, LANES of them side by side.
 *
 * Leaves are the same and are added in the same order as one row's, so a row's score is the same to the last bit.
 */
#ifndef FLAT_TREES_BLOCKS_H
#define FLAT_TREES_BLOCKS_H

#include "score.h"

enum {
    FEWEST_ROWS = 22, /* that are no slower as a block, which is always a whole one, than one by one */
    EIGHT = 8,        /* rows in a register */
    EIGHTS = BLOCK_ROWS / EIGHT
};

typedef int32_t Eight __attribute__((vector_size(EIGHT * sizeof(int32_t)), aligned(EIGHT * sizeof(int32_t))));

#define EACH_EIGHT(i) _Pragma("GCC unroll 8") for (int i = 0; i < EIGHTS; i++)
#define EACH_ROW(row) _Pragma("GCC unroll 8") for (uint32_t row = 0; row < BLOCK_ROWS; row++)

FOR_WIDE_REGISTERS static void fill_column(const Column column, const float *values, Key *keys, int32_t *ordered)
{
    for (int row = 0; row < BLOCK_ROWS; row++) {
        keys[row] = column_key(column, values[row]);
        ordered[row] = ordered_of(keys[row]);
    }
}

/* Column 0 stays the leaves'. Rows that there are not are as the first. */
static void fill_block(const Table *table, const float *rows, Py_ssize_t count, const Block *block)
{
    float values[BLOCK_ROWS];
    for (Py_ssize_t i = 0; i < table->column_count; i++) {
        const Column column = table->columns[i];
        for (Py_ssize_t row = 0; row < BLOCK_ROWS; row++)
            values[row] = rows[(row < count ? row : 0) * table->width + column.feature];
        const Py_ssize_t first = (i + 1) * BLOCK_ROWS;
        fill_column(column, values, block->walks.keys + first, block->ordered + first);
    }
}

/* By row, the ways out that no split of the top excludes. */
FOR_WIDE_REGISTERS static void ask_top(const Split *splits, uint32_t count, const int32_t *ordered, uint32_t *open)
{
    Eight left[EIGHTS];
    EACH_EIGHT(i)
        left[i] = (Eight){0} - 1;
    for (const Split *split = splits; split < splits + count; split++) {
        const Eight *values = (const Eight *)(ordered + (size_t)split->column * BLOCK_ROWS);
        const Eight threshold = (Eight){0} + split->threshold, excluded = (Eight){0} + (int32_t)split->excluded;
        EACH_EIGHT(i)
            left[i] &= ~((values[i] > threshold) & excluded);
    }
    EACH_EIGHT(i)
        ((Eight *)open)[i] = left[i];
}

static inline uint32_t first_open(uint32_t open)
{
    return (uint32_t)__builtin_ctz(open);
}

/* The walks of one tree by neighbouring rows, from the ways out of its top. */
typedef struct {
    const uint32_t *exits;
    const uint32_t *open;
    const Key *keys;
    uint32_t first_place;
} Neighbours;

/* Like walk_group, which has to look up each walk's row. */
static inline size_t walk_neighbours(const Table *table, const Scratch *scratch, Neighbours rows, uint32_t levels,
                                     size_t pending, int has_sets)
{
    uint64_t at[LANES];
    EACH_LANE(lane)
        at[lane] = rows.exits[first_open(rows.open[lane])];
    for (; levels > 0; levels--)
        EACH_LANE(lane)
            at[lane] = step(table, at[lane], rows.keys + lane, BLOCK_ROWS, has_sets);
    EACH_LANE(lane)
        pending = record_or_keep(table, scratch, rows.first_place + lane, at[lane], pending);
    return pending;
}

/* Takes all rows to their leaves, or through the tree's usual levels; gives how many walks are pending then. */
static size_t enter_tree(const Table *table, const Top *top, const Block *block, uint32_t first_place, size_t pending)
{
    const uint32_t *exits = table->exits + top->first_exit;
    ask_top(table->splits + top->first_split, top->splits, block->ordered, block->open);
    if (top->is_whole) {
        EACH_ROW(row)
            block->walks.leaf_of_walk[first_place + row] = exits[first_open(block->open[row])];
        return pending;
    }
    for (uint32_t row = 0; row < BLOCK_ROWS; row += LANES) {
        const Neighbours rows = {exits, block->open + row, block->walks.keys + row, first_place + row};
        if (top->has_sets)
            pending = walk_neighbours(table, &block->walks, rows, top->levels, pending, 1);
        else
            pending = walk_neighbours(table, &block->walks, rows, top->levels, pending, 0);
    }
    return pending;
}

static void find_leaves(const Table *table, const Top *tops, uint32_t count, const Block *block)
{
    size_t pending = 0;
    for (uint32_t tree = 0; tree < count; tree++)
        pending = enter_tree(table, tops + tree, block, tree * BLOCK_ROWS, pending);
    end_all_walks(table, &block->walks, pending, BLOCK_ROWS);
}

/* In the member's own width, whose sums are exact in float64. */
static void add_trees(const Table *table, const Member *member, uint32_t count, const uint32_t *leaf_of_walk, double *sums)
{
    for (uint32_t tree = 0; tree < count; tree++, leaf_of_walk += BLOCK_ROWS)
        if (member->kind == TREES_SINGLE)
            EACH_ROW(row)
                sums[row] = (float)sums[row] + (float)table->leaves[leaf_of_walk[row]];
        else
            EACH_ROW(row)
                sums[row] += table->leaves[leaf_of_walk[row]];
}

static void sum_trees(const Table *table, const Member *member, const Block *block, double *sums)
{
    for (uint32_t first = 0; first < member->count; first += TREES_AT_ONCE) {
        const uint32_t left = member->count - first, count = left < TREES_AT_ONCE ? left : TREES_AT_ONCE;
        find_leaves(table, table->tops + member->first + first, count, block);
        add_trees(table, member, count, block->walks.leaf_of_walk, sums);
    }
}

/* At most BLOCK_ROWS rows as members score them. */
static void score_block(const Table *table, const Block *block, const float *rows, Py_ssize_t count, double *scores)
{
    fill_block(table, rows, count, block);
    for (Py_ssize_t i = 0; i < table->member_count; i++) {
        const Member *member = table->members + i;
        double sums[BLOCK_ROWS];
        for (Py_ssize_t row = 0; row < BLOCK_ROWS; row++)
            sums[row] = first_sum(member);
        if (member->kind != LINEAR)
            sum_trees(table, member, block, sums);
        for (Py_ssize_t row = 0; row < count; row++) {
            const double sum = member->kind == LINEAR ? linear_sum(table, member, rows + row * table->width) : sums[row];
            scores[row * table->member_count + i] = member_score(member, sum);
        }
    }
}

#endif
